using System.Collections.Immutable;
using System.Text.Json;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Events for tests, written as JSON: one view of one log source, and the same values as the event's own.</summary>
internal static class EventText
{
    public static readonly LogSource LogSource = new("process_creation", "windows", "sysmon");

    public static SigmaEvent Parse(string json, LogSource? logSource = null)
    {
        using var document = JsonDocument.Parse(json);
        FieldValue fields = Convert(document.RootElement);
        return new SigmaEvent([new EventView([logSource ?? LogSource], fields.Properties)], [fields]);
    }

    private static FieldValue Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => FieldValue.Null,
        JsonValueKind.True or JsonValueKind.False => FieldValue.FromBoolean(element.GetBoolean()),
        JsonValueKind.Number => FieldValue.FromNumber(element.GetRawText()),
        JsonValueKind.Array => FieldValue.FromItems([.. element.EnumerateArray().Select(Convert)]),
        JsonValueKind.Object => FieldValue.FromProperties(
            element.EnumerateObject().ToImmutableDictionary(property => property.Name, property => Convert(property.Value), StringComparer.Ordinal)),
        _ => FieldValue.FromText(element.GetString()!),
    };
}
