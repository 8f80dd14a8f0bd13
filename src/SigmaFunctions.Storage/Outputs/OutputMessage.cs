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

    /// <summary>The burst that is to be told; null where it is an alert.</summary>
    public OutputBurst? Burst { get; init; }

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
                throw new JsonException();
            }

            return new OutputMessage(Alert.Parse(JsonSerializer.SerializeToUtf8Bytes(root.GetProperty("alert"))), root.GetProperty("since").GetDateTimeOffset())
            {
                Attempts = root.GetProperty("attempts").GetInt32(),
                Burst = root.TryGetProperty("burst", out JsonElement burst)
                    ? new OutputBurst(burst.GetProperty("id").GetString()!, burst.GetProperty("from").GetDateTimeOffset(), burst.GetProperty("until").GetDateTimeOffset())
                    {
                        Alerts = burst.TryGetProperty("alerts", out JsonElement alerts) ? alerts.GetInt32() : 0,
                        HostCount = burst.TryGetProperty("hostCount", out JsonElement hosts) ? hosts.GetInt32() : 0,
                    }
                    : null,
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            // The message of the exception may quote the text.
            throw new FormatException("It is no message of an output, or one of a later version.");
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
                writer.WriteStartObject("burst");
                writer.WriteString("id", Burst.Id);
                writer.WriteString("from", Burst.From);
                writer.WriteString("until", Burst.Until);
                if (Burst.Alerts > 0)
                {
                    writer.WriteNumber("alerts", Burst.Alerts);
                    writer.WriteNumber("hostCount", Burst.HostCount);
                }

                writer.WriteEndObject();
            }

            writer.WritePropertyName("alert");
            writer.WriteRawValue(Alert.ToJson());
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}

/// <summary>A time of which an output is told how many more alerts of a rule there were.</summary>
/// <param name="Id">The id of the alert that opened it, a hyphen and its beginning in seconds since 1970.</param>
/// <param name="From">When it began (UTC).</param>
/// <param name="Until">When it ends (UTC).</param>
public sealed record OutputBurst(string Id, DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>How many there were when the message was put aside; 0 before.</summary>
    public int Alerts { get; init; }

    /// <summary>On how many hosts, then.</summary>
    public int HostCount { get; init; }
}
