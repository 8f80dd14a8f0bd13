using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>Values of a row: within the service's limits where they are written, and there where they are read.</summary>
internal static class RowValues
{
    /// <summary>Longest name, in UTF-16 units.</summary>
    public const int MaxName = 1_024;

    // Stored text is read by people; quotes and non-ASCII letters stay as they are.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly DateTimeOffset EarliestTime = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A text that a row takes.</summary>
    public static string? Text(string? text, int maximum) => text is null ? null : BoundedText.Clean(BoundedText.Cut(text, maximum));

    /// <summary>A time that a row takes: one before 1601 is the nonsense of a source; the original still has it.</summary>
    public static DateTimeOffset? Time(DateTimeOffset? time) => time < EarliestTime ? null : time;

    /// <summary>A value of JSON.</summary>
    public static string Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Readable))
        {
            write(writer);
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>A text that a row must have.</summary>
    /// <exception cref="FormatException">It has not.</exception>
    public static string Required(TableEntity entity, string property) => entity.GetString(property) ?? throw Missing(entity, property);

    /// <summary>The identity's time, which the row's key holds in full.</summary>
    /// <exception cref="FormatException">The key is not one of a detection.</exception>
    public static DateTimeOffset TimeOfKey(TableEntity entity) =>
        entity.RowKey.Length > 19 && long.TryParse(entity.RowKey.AsSpan(0, 19), out long descending)
            && descending <= DateTime.MaxValue.Ticks
            ? new DateTimeOffset(DateTime.MaxValue.Ticks - descending, TimeSpan.Zero)
            : throw new FormatException($"Row {entity.PartitionKey}/{entity.RowKey}: the key is not that of a detection.");

    /// <summary>The id that a row's keys are of.</summary>
    /// <exception cref="FormatException">They are of none.</exception>
    public static DetectionId IdOf(TableEntity entity) => DetectionId.TryOfKeys(entity.PartitionKey, entity.RowKey, out DetectionId id)
        ? id
        : throw new FormatException($"Row {entity.PartitionKey}/{entity.RowKey}: the key is not that of a detection.");

    /// <summary>What to throw for a property that a row must have.</summary>
    public static FormatException Missing(TableEntity entity, string property) =>
        new($"Row {entity.PartitionKey}/{entity.RowKey}: {property} is missing.");
}
