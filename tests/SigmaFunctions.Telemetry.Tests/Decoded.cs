using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Short ways to decode and to look at the result.</summary>
internal static class Decoded
{
    public static DecodedBody Body(string body, LogSource? defaultLogSource = null) =>
        new EventDecoder(defaultLogSource).Decode(Encoding.UTF8.GetBytes(body));

    public static DecodedEvent One(string body, LogSource? defaultLogSource = null)
    {
        DecodedBody decoded = Body(body, defaultLogSource);
        Assert.Empty(decoded.Undecoded);
        return Assert.Single(decoded.Events);
    }

    /// <summary>The view that the rules of a log source see.</summary>
    public static EventView View(this DecodedEvent decoded, string? category, string product = "windows", string? service = null) =>
        Assert.Single(
            decoded.Event.Views,
            view => view.LogSources.Any(source => new LogSource(category, product, service).Covers(source)));

    /// <summary>The log sources of all views, as text.</summary>
    public static string[] LogSources(this DecodedEvent decoded) =>
        [.. decoded.Event.Views.SelectMany(view => view.LogSources).Select(source => source.ToString()).Order(StringComparer.Ordinal)];

    /// <summary>A field as text; <c>absent</c> and <c>null</c> where it is that.</summary>
    public static string Field(this EventView view, string name) =>
        !view.Fields.TryGetValue(name, out FieldValue? value) ? "absent" : value.Show();

    /// <summary>A value as text, with the brackets of arrays and objects.</summary>
    public static string Show(this FieldValue value) => value.Kind switch
    {
        FieldValueKind.Null => "null",
        FieldValueKind.Array => $"[{string.Join(',', value.Items.Select(Show))}]",
        FieldValueKind.Object => $"{{{string.Join(',', value.Properties.Select(p => $"{p.Key}:{p.Value.Show()}"))}}}",
        _ => value.Text,
    };
}
