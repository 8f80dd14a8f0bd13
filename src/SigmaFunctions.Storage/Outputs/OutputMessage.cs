using System.Buffers;
using System.Text.Json;
using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.Storage.Outputs;

/// <summary>A message on the queue of an output: an alert to deliver, or the request to tell how many more there were of its rule. Only the app reads it.</summary>
/// <param name="Alert">The alert; of a burst, the first that was not told by itself.</param>
/// <param name="Since">When it was first put there (UTC).</param>
public sealed record OutputMessage(Alert Alert, DateTimeOffset Since)
{
    private const int CurrentVersion = 1;

    /// <summary>Tries to deliver it so far, at least 0.</summary>
    public int Attempts { get; init; }

    /// <summary>Id of the burst that is to be told; null where it is an alert.</summary>
    public string? Burst { get; init; }

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none, or one of a later version.</exception>
    public static OutputMessage Parse(ReadOnlySpan<byte> utf8Json)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8Json);
            using var document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            if (root.GetProperty("version").GetInt32() != CurrentVersion)
            {
                throw new FormatException("It is a message of an output of another version.");
            }

            return new OutputMessage(Alert.Parse(JsonSerializer.SerializeToUtf8Bytes(root.GetProperty("alert"))), root.GetProperty("since").GetDateTimeOffset())
            {
                Attempts = root.GetProperty("attempts").GetInt32(),
                Burst = root.TryGetProperty("burst", out JsonElement burst) ? burst.GetString() : null,
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // The message of the exception may quote the text.
            throw new FormatException("It is no message of an output.");
        }
    }

    /// <summary>The message as UTF-8 JSON, a little over <see cref="Alert.MaxSize"/> at most.</summary>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", CurrentVersion);
            writer.WriteNumber("attempts", Attempts);
            writer.WriteString("since", Since);
            if (Burst is not null)
            {
                writer.WriteString("burst", Burst);
            }

            writer.WritePropertyName("alert");
            writer.WriteRawValue(Alert.ToJson());
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
