using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SigmaFunctions.Storage.Instances;

/// <summary>A batch that an instance has taken and not yet done: it is worked on, or it failed and waits to be tried again.</summary>
/// <param name="EventHub">Event hub.</param>
/// <param name="Partition">Partition id.</param>
/// <param name="OldestEnqueuedTime">When the hub took in its oldest message (UTC).</param>
/// <param name="Since">When the instance first took it (UTC).</param>
/// <param name="Tries">How often it was begun, from 1.</param>
public sealed record BatchInHand(string EventHub, string Partition, DateTimeOffset OldestEnqueuedTime, DateTimeOffset Since, int Tries)
{
    /// <summary>Age of its oldest message; never negative, whatever the clocks say.</summary>
    /// <param name="now">The time (UTC).</param>
    public TimeSpan AgeAt(DateTimeOffset now) => now > OldestEnqueuedTime ? now - OldestEnqueuedTime : TimeSpan.Zero;

    /// <summary>Writes batches as a JSON array, in their order.</summary>
    internal static string Write(IEnumerable<BatchInHand> batches)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (BatchInHand batch in batches)
            {
                writer.WriteStartObject();
                writer.WriteString("hub", batch.EventHub);
                writer.WriteString("partition", batch.Partition);
                writer.WriteString("oldestEnqueuedTime", batch.OldestEnqueuedTime);
                writer.WriteString("since", batch.Since);
                writer.WriteNumber("tries", batch.Tries);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; what a later version added to it is passed over.</summary>
    /// <exception cref="InvalidOperationException">The text is not of this form.</exception>
    internal static ImmutableArray<BatchInHand> Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            // The one empty array: records that hold none are then equal.
            if (document.RootElement.GetArrayLength() == 0)
            {
                return [];
            }

            return
            [
                .. document.RootElement.EnumerateArray().Select(batch => new BatchInHand(
                    batch.GetProperty("hub").GetString()!,
                    batch.GetProperty("partition").GetString()!,
                    batch.GetProperty("oldestEnqueuedTime").GetDateTimeOffset(),
                    batch.GetProperty("since").GetDateTimeOffset(),
                    batch.GetProperty("tries").GetInt32())),
            ];
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{json.Length} characters do not tell of batches."), exception);
        }
    }
}
