using System.Collections.Immutable;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Cli.Storing;

/// <summary>What a correlation detected, for people and tools.</summary>
internal static class CorrelationOutput
{
    private const int MaxEvents = 10;

    // A table is as wide as its widest cell.
    private const int MaxGroup = 160;
    private const int MaxGroupValue = 64;

    // Of a value that was cut when it was stored: its hash.
    private const int EndOfValue = 18;

    /// <summary>The events, with what their own rules recorded.</summary>
    public static ListOutput<CorrelatedDetection> Events(Terminal terminal) => new(
        terminal,
        ["time", "rule", "host", "user", "event", "field", "detection"],
        Cells,
        WriteJson);

    /// <summary>The group in a cell: of long values the beginning and the end, by which those that begin alike are told apart.</summary>
    public static string Group(DetectedCorrelation correlation) =>
        TerminalText.Brief(string.Join(", ", correlation.Group.Select(one => $"{one.Field}={Brief(one.Value)}")), MaxGroup);

    /// <summary>What was counted, and the value, in a cell.</summary>
    public static string Value(DetectedCorrelation correlation) => $"{correlation.Type} {correlation.Value}{(correlation.IsSuperseded ? " (superseded)" : "")}";

    /// <summary>The lines between the others of a detection: names, and values.</summary>
    public static IEnumerable<(string Name, string? Value)> Lines(DetectedCorrelation correlation)
    {
        foreach ((int index, DetectedField one) in correlation.Group.Index())
        {
            yield return (index == 0 ? "group" : "", $"{one.Field} {PrintableText.Of(one.Value)}");
        }

        yield return ("value", $"{correlation.Type} {correlation.Value}{(correlation.IsPartial ? ", or more: there were more matches than are looked at" : "")}");
        yield return ("values", string.Join(", ", correlation.Values.Select(PrintableText.Of)));
        yield return ("first", TerminalText.ExactTime(correlation.First));
        yield return ("last", TerminalText.ExactTime(correlation.Last));
        yield return ("changed", correlation.Revision > 1 ? $"{TerminalText.Plural(correlation.Revision - 1, "time")}, by events that came late" : null);
        yield return ("superseded", correlation.IsSuperseded ? "events that came late have shown that there was nothing to detect" : null);
    }

    /// <summary>The heading of the events, and the first of them.</summary>
    public static async Task WriteEventsAsync(Terminal terminal, DetectedCorrelation correlation)
    {
        int told = Math.Min(MaxEvents, correlation.Events.Length);
        string kept = correlation.Events.Length == correlation.EventCount ? "all" : TerminalText.Number(correlation.Events.Length);
        string all = TerminalText.Number(correlation.EventCount);
        string heading = told == correlation.EventCount ? $"events ({all})" : $"events ({all}, the first {TerminalText.Number(told)}; --events shows {kept})";
        await terminal.Text.WriteLineAsync(heading);
        foreach (DetectedEvent one in correlation.Events.Take(told))
        {
            IEnumerable<string> cells = new[] { TerminalText.ExactTime(one.Time), one.RuleId, one.Host ?? "", one.User ?? "" }.Where(cell => cell.Length > 0);
            await terminal.Text.WriteLineAsync($"  {string.Join("  ", cells.Select(cell => PrintableText.Of(TerminalText.Brief(cell))))}");
        }
    }

    /// <summary>Writes the member of a detection.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="correlation">What was detected.</param>
    /// <param name="hasEvents">Whether the events were read.</param>
    public static void WriteJson(Utf8JsonWriter writer, DetectedCorrelation correlation, bool hasEvents)
    {
        writer.WriteStartObject("correlation");
        writer.WriteString("type", correlation.Type);
        writer.WriteStartArray("group");
        foreach (DetectedField one in correlation.Group)
        {
            writer.WriteStartObject();
            writer.WriteString("field", one.Field);
            writer.WriteString("value", one.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WritePropertyName("value");
        writer.WriteRawValue(correlation.Value);
        writer.WriteString("first", correlation.First);
        writer.WriteString("last", correlation.Last);
        writer.WriteNumber("eventCount", correlation.EventCount);
        if (!correlation.Values.IsEmpty)
        {
            writer.WriteTexts("values", correlation.Values);
        }

        if (correlation.IsPartial)
        {
            writer.WriteBoolean("isPartial", true);
        }

        writer.WriteNumber("revision", correlation.Revision);
        if (correlation.IsSuperseded)
        {
            writer.WriteBoolean("superseded", true);
        }

        if (hasEvents)
        {
            writer.WriteStartArray("events");
            foreach (DetectedEvent one in correlation.Events)
            {
                writer.WriteStartObject();
                WriteMembers(writer, one);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteJson(Utf8JsonWriter writer, CorrelatedDetection one)
    {
        writer.WriteStartObject();
        WriteMembers(writer, one.Event);
        if (one.Detection is { } detection)
        {
            writer.WriteStartObject("detection");
            writer.WriteString("id", detection.Id.Value);
            writer.WriteString("title", detection.RuleTitle);
            if (FieldOf(detection) is { } field)
            {
                writer.WriteString("field", field.Field);
                writer.WriteString("value", field.Value);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static string Brief(string value) =>
        value.Length <= MaxGroupValue ? value : $"{value[..(MaxGroupValue - EndOfValue - 1)]}…{value[^EndOfValue..]}";

    private static void WriteMembers(Utf8JsonWriter writer, DetectedEvent one)
    {
        writer.WriteString("time", one.Time);
        writer.WriteString("rule", one.RuleId);
        writer.WriteString("host", one.Host);
        writer.WriteString("user", one.User);
        writer.WriteString("enqueuedTime", one.Identity.EnqueuedTime);
        writer.WritePropertyName("event");
        HubEventOutput.Json(one.Identity).WriteTo(writer);
    }

    private static string[] Cells(CorrelatedDetection one) =>
    [
        TerminalText.ExactTime(one.Event.Time),
        one.Detection?.RuleTitle ?? one.Event.RuleId,
        one.Event.Host ?? "",
        one.Event.User ?? "",
        HubEventOutput.Brief(one.Event.Identity),
        one.Detection is { } detection && FieldOf(detection) is { } field ? $"{(field.Field.Length == 0 ? "keyword" : field.Field)} {field.Value}" : "",
        one.Detection?.Id.Value ?? "",
    ];

    // What was run says most; else what made the rule match.
    private static DetectedField? FieldOf(Detection detection)
    {
        ImmutableArray<DetectedField> fields = detection.Fields;
        return fields.FirstOrDefault(field => field.Field == "CommandLine") ?? fields.FirstOrDefault();
    }
}

/// <summary>An event of a correlation, and what its own rule recorded of it.</summary>
/// <param name="Event">The event.</param>
/// <param name="Detection">The row; null where there is none: the rule is silent or a correlation, or it was removed.</param>
internal sealed record CorrelatedDetection(DetectedEvent Event, Detection? Detection);
