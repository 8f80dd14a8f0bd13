using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>The facts of an event in the row of a detection: a property of JSON, in the form in which alerts have them.</summary>
[JsonSerializable(typeof(EventFacts))]
internal sealed partial class FactsJson : JsonSerializerContext
{
    private const int MaxText = 8_192;

    // Stored text is read by people; quotes and non-ASCII letters stay as they are.
    private static readonly FactsJson Readable = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>What a row holds; texts are cut ever shorter until a property takes it.</summary>
    public static string Write(EventFacts facts)
    {
        string text;
        int longest = MaxText;
        do
        {
            text = JsonSerializer.Serialize(facts.Cut(longest), Readable.EventFacts);
            longest /= 2;
        }
        while (text.Length > DetectionRow.MaxProperty);

        return text;
    }

    /// <summary>What a row holds; null for none.</summary>
    /// <exception cref="FormatException">It is not of its form.</exception>
    public static EventFacts? Read(TableEntity entity)
    {
        if (entity.GetString(nameof(Detection.Facts)) is not { } text)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(text, Readable.EventFacts);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"Row {entity.PartitionKey}/{entity.RowKey}: {nameof(Detection.Facts)} is not JSON of facts.", exception);
        }
    }
}
