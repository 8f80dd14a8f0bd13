using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.LocalHost.Live;

/// <summary>What the live view tells of a detection, as JSON.</summary>
internal static class DetectionSummary
{
    private const int MaxFields = 12;
    private const int MaxValue = 500;
    private const int MaxEvents = 10;

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The line of the list: bounded, without the record. The detection is null where its row is missing.</summary>
    public static byte[] Write(Alert alert, Detection? detection) => Json(json =>
    {
        json.WriteString("id", alert.Id);
        json.WriteString("page", "catalog/" + RulePageName.PathOf(alert.Rule.Id));
        json.WriteString("title", alert.Rule.Title);
        json.WriteString("level", alert.Rule.Level);
        json.WriteString("host", alert.Host);
        json.WriteString("user", alert.User);
        if (alert.EventTime is { } time)
        {
            json.WriteString("time", time);
        }

        json.WriteNumber("more", Math.Max(0, (detection?.Fields.Length ?? 0) - MaxFields));
        json.WriteStartArray("fields");
        foreach (DetectedField field in (detection?.Fields ?? []).Take(MaxFields))
        {
            json.WriteStartArray();
            json.WriteStringValue(Cut(field.Field));
            json.WriteStringValue(Cut(field.Value));
            json.WriteEndArray();
        }
        json.WriteEndArray();
        if (detection?.Correlation is { } correlation)
        {
            WriteCorrelation(json, correlation);
        }
    });

    /// <summary>The whole: the record as it came, indented where it is JSON, and the alert.</summary>
    public static byte[] WriteWhole(Detection detection, ReadOnlySpan<byte> alert)
    {
        string alertText = Readable(System.Text.Encoding.UTF8.GetString(alert));
        return Json(json =>
        {
            json.WriteString("original", Readable(detection.Original));
            json.WriteBoolean("cut", detection.OriginalTruncated);
            json.WriteString("alert", alertText);
            if (detection.Correlation is { } correlation)
            {
                WriteEvents(json, correlation, correlation.Events.Length);
            }
        });
    }

    private static void WriteCorrelation(Utf8JsonWriter json, DetectedCorrelation correlation)
    {
        json.WriteStartObject("correlation");
        json.WriteString("value", $"{correlation.Type} {Cut(correlation.Value)}");
        json.WriteString("first", correlation.First.UtcDateTime);
        json.WriteString("last", correlation.Last.UtcDateTime);
        json.WriteStartArray("group");
        foreach (DetectedField one in correlation.Group.Take(MaxFields))
        {
            json.WriteStartArray();
            json.WriteStringValue(Cut(one.Field));
            json.WriteStringValue(Cut(one.Value));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        WriteEvents(json, correlation, MaxEvents);
        json.WriteEndObject();
    }

    /// <summary>The first events in order of time, and how many more there are.</summary>
    private static void WriteEvents(Utf8JsonWriter json, DetectedCorrelation correlation, int maximum)
    {
        int told = Math.Min(maximum, correlation.Events.Length);
        json.WriteStartArray("events");
        foreach (DetectedEvent one in correlation.Events.Take(told))
        {
            json.WriteStartArray();
            json.WriteStringValue(one.Time.UtcDateTime);
            json.WriteStringValue(Cut(one.RuleId));
            json.WriteStringValue(one.Host is null ? null : Cut(one.Host));
            json.WriteStringValue(one.User is null ? null : Cut(one.User));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteNumber("moreEvents", Math.Max(0, correlation.EventCount - told));
    }

    private static string Readable(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer, Indented))
            {
                document.RootElement.WriteTo(json);
            }

            return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static string Cut(string text)
    {
        if (text.Length <= MaxValue)
        {
            return text;
        }

        int length = char.IsHighSurrogate(text[MaxValue - 1]) ? MaxValue - 1 : MaxValue;
        return text[..length] + "…";
    }
}
