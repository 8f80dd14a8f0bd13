using System.Buffers;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Storage.Sources;

/// <summary>The views of a day as the table has them: JSON of bounded length.</summary>
internal static class SourceDayJson
{
    /// <summary>Most characters; a property of the table holds 32 Ki.</summary>
    public const int MaxLength = 30_000;

    /// <summary>Writes views, those of most events first, as far as there is room.</summary>
    /// <param name="views">The views.</param>
    /// <param name="leftOut">How many there was no room for.</param>
    public static string Write(IEnumerable<SourceDayView> views, out int leftOut)
    {
        var json = new StringBuilder("[");
        leftOut = 0;
        foreach (SourceDayView view in views.OrderByDescending(view => view.Events).ThenBy(view => string.Join(' ', view.LogSources), StringComparer.Ordinal))
        {
            string one = Write(view);
            if (json.Length + one.Length + 2 > MaxLength)
            {
                leftOut++;
                continue;
            }

            json.Append(json.Length > 1 ? "," : "").Append(one);
        }

        return json.Append(']').ToString();
    }

    /// <summary>Reads what <see cref="Write(IEnumerable{SourceDayView}, out int)"/> wrote into a day; what a later version added is passed over.</summary>
    /// <exception cref="FormatException">The text is not of this form.</exception>
    public static void Read(string json, SourceDay day)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (JsonElement one in document.RootElement.EnumerateArray())
            {
                SourceDayView view = day.View(
                [
                    .. one.GetProperty("s").EnumerateArray().Select(source => new LogSource(source[0].GetString(), source[1].GetString(), source[2].GetString())),
                ]);
                view.Add(one.GetProperty("n").GetInt64());
                foreach (JsonProperty field in one.GetProperty("f").EnumerateObject())
                {
                    if (field.Value.ValueKind == JsonValueKind.Array)
                    {
                        view.Add(field.Name, field.Value[0].GetInt64(), field.Value[1].GetInt64());
                    }
                    else
                    {
                        view.Add(field.Name, field.Value.GetInt64(), view.Events);
                    }
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new FormatException("The views of a day are not of their form.", exception);
        }
    }

    private static string Write(SourceDayView view)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("s");
            foreach (LogSource source in view.LogSources)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(source.Category);
                writer.WriteStringValue(source.Product);
                writer.WriteStringValue(source.Service);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteNumber("n", view.Events);
            writer.WriteStartObject("f");
            foreach ((string field, FieldArrivals arrivals) in view.Fields.OrderBy(field => field.Key, StringComparer.Ordinal))
            {
                if (arrivals.Of == view.Events)
                {
                    writer.WriteNumber(field, arrivals.Present);
                    continue;
                }

                writer.WriteStartArray(field);
                writer.WriteNumberValue(arrivals.Present);
                writer.WriteNumberValue(arrivals.Of);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
