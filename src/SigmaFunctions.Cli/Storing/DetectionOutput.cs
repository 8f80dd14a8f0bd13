using System.Globalization;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Cli.Storing;

/// <summary>Detections for people and tools.</summary>
internal static class DetectionOutput
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss'Z'";

    /// <summary>What there is to say of a detection without a record: one of a correlation.</summary>
    public const string NoOriginal = "not kept: the instance that found this did not have the completing event in hand";

    /// <summary>A list of detections.</summary>
    public static ListOutput<Detection> List(Terminal terminal) => new(
        terminal,
        ["enqueued", "level", "rule", "host", "user", "id"],
        Cells,
        (writer, detection) => WriteJson(writer, detection, original: null));

    /// <summary>Writes one detection as JSON.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="detection">The detection.</param>
    /// <param name="original">Its whole record; null leaves the member out.</param>
    public static void WriteJson(Utf8JsonWriter writer, Detection detection, string? original)
    {
        writer.WriteStartObject();
        writer.WriteString("id", detection.Id.Value);
        writer.WriteString("enqueuedTime", detection.Identity.Time);
        writer.WriteTimeOrNull("eventTime", detection.EventTime);
        writer.WriteStartObject("rule");
        writer.WriteString("id", detection.RuleId);
        writer.WriteString("title", detection.RuleTitle);
        writer.WriteString("author", detection.RuleAuthor);
        writer.WriteString("level", detection.Level);
        writer.WriteTexts("tags", detection.Tags);
        writer.WriteEndObject();
        writer.WriteString("host", detection.Host);
        writer.WriteString("user", detection.User);
        writer.WriteString("tenantId", detection.TenantId);
        writer.WritePropertyName("event");
        detection.Identity.ByKind(HubEventOutput.Json).WriteTo(writer);
        writer.WriteStartArray("fields");
        foreach (DetectedField field in detection.Fields)
        {
            writer.WriteStartObject();
            writer.WriteString("field", field.Field);
            writer.WriteString("value", field.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (detection.Facts is { } facts)
        {
            FactsOutput.WriteJson(writer, facts);
        }

        if (detection.Omitted > 0)
        {
            writer.WriteNumber("omitted", detection.Omitted);
        }

        if (detection.Correlation is { } correlation)
        {
            CorrelationOutput.WriteJson(writer, correlation, hasEvents: original is not null);
        }

        if (original is not null)
        {
            writer.WriteString("original", original);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes one detection for people.</summary>
    public static async Task WriteTextAsync(Terminal terminal, Detection detection, string original)
    {
        (string Name, string? Value)[] lines =
        [
            ("rule", $"{detection.RuleTitle} ({detection.RuleId})"),
            ("author", detection.RuleAuthor),
            ("level", detection.Level),
            ("tags", string.Join(", ", detection.Tags)),
            ("event time", detection.EventTime is { } time ? TerminalText.ExactTime(time) : null),
            ("enqueued", TerminalText.ExactTime(detection.Identity.Time)),
            ("host", detection.Host),
            ("user", detection.User),
            ("tenant", detection.TenantId),
            .. detection.Facts is { } facts ? FactsOutput.Lines(facts) : [],
            .. detection.Correlation is null ? [] : CorrelationOutput.Lines(detection.Correlation),
            ("event", detection.Identity.ByKind(HubEventOutput.Text)),
            ("id", detection.Id.Value),
            ("omitted", detection.Omitted == 0
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"{detection.Omitted:N0} further matches of this rule in the same message, counted and not recorded")),
        ];
        foreach ((string name, string? value) in lines)
        {
            if (!string.IsNullOrEmpty(value))
            {
                await terminal.Text.WriteLineAsync($"{name,-10} {value}");
            }
        }

        if (detection.Correlation is { } correlation)
        {
            await CorrelationOutput.WriteEventsAsync(terminal, correlation);
        }

        await terminal.Text.WriteLineAsync("fields");
        foreach (DetectedField field in detection.Fields)
        {
            string name = field.Field.Length == 0 ? "keyword" : field.Field;
            await terminal.Text.WriteLineAsync($"  {name} {field.Value}");
        }

        if (original.Length == 0)
        {
            await terminal.Text.WriteLineAsync($"{"original",-10} {NoOriginal}");
            return;
        }

        await terminal.Text.WriteLineAsync("original");
        await terminal.Output.WriteAsync(Encoding.UTF8.GetBytes(original));
        await terminal.Output.FlushAsync();
        terminal.Text.WriteLine();
    }

    private static string[] Cells(Detection detection) =>
    [
        // By which the list is in order; of a correlation the event may have become another since.
        detection.Id.Time.ToString(TimeFormat, CultureInfo.InvariantCulture),
        detection.Level ?? "",
        detection.RuleTitle,
        detection.Correlation is { } group ? CorrelationOutput.Group(group) : detection.Host ?? "",
        detection.Correlation is { } value ? CorrelationOutput.Value(value) : detection.User ?? "",
        detection.Id.Value,
    ];
}
