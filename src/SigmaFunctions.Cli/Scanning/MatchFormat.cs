using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>A match as it is written.</summary>
/// <param name="Place">Where the event stands.</param>
/// <param name="Event">The event.</param>
/// <param name="Rule">The rule that holds on it.</param>
/// <param name="Evidence">The fields that made it hold; null where they are not asked for.</param>
internal readonly record struct ScanMatch(InputPlace Place, DecodedEvent Event, SigmaRule Rule, RuleMatch? Evidence);

/// <summary>How matches are written. One writer is used by one worker at a time.</summary>
internal interface IMatchWriter : IDisposable
{
    /// <summary>Appends a match.</summary>
    void Write(IBufferWriter<byte> output, ScanMatch match);

    /// <summary>Appends what a correlation detected.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="detection">What was detected.</param>
    /// <param name="places">Where events stand, by their places.</param>
    void Write(IBufferWriter<byte> output, CorrelationDetection detection, IReadOnlyList<InputPlace> places);
}

/// <summary>One JSON object a line.</summary>
internal sealed class NdjsonMatchWriter : IMatchWriter
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, JsonOutput.Options);

    public void Write(IBufferWriter<byte> output, ScanMatch match)
    {
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteNumber("line"u8, match.Place.Line);
        _json.WriteNumber("record"u8, match.Place.Record);
        _json.WriteString("rule"u8, match.Rule.Id);
        _json.WriteString("title"u8, match.Rule.Title);
        _json.WriteString("level"u8, match.Rule.Level);
        _json.WriteString("file"u8, match.Place.File);
        _json.WriteNumber("fileLine"u8, match.Place.FileLine);
        if (match.Event.Time is { } time)
        {
            _json.WriteString("time"u8, time.UtcDateTime);
        }
        else
        {
            _json.WriteNull("time"u8);
        }

        _json.WriteString("host"u8, match.Event.Host);
        if (match.Evidence is { } evidence)
        {
            _json.WriteStartArray("fields"u8);
            foreach (MatchedField field in evidence.Fields)
            {
                _json.WriteStartObject();
                _json.WriteString("field"u8, field.Field);
                _json.WriteString("value"u8, field.Value);
                _json.WriteEndObject();
            }

            _json.WriteEndArray();
            if (evidence.IsEvidencePartial)
            {
                _json.WriteBoolean("partial"u8, true);
            }
        }

        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n"u8);
    }

    public void Write(IBufferWriter<byte> output, CorrelationDetection detection, IReadOnlyList<InputPlace> places)
    {
        SigmaCorrelation correlation = detection.Correlation.Correlation;
        InputPlace place = places[detection.Place];
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteNumber("line"u8, place.Line);
        _json.WriteNumber("record"u8, place.Record);
        _json.WriteString("rule"u8, correlation.Id);
        _json.WriteString("title"u8, correlation.Title);
        _json.WriteString("level"u8, detection.Correlation.Level);
        _json.WriteString("file"u8, place.File);
        _json.WriteNumber("fileLine"u8, place.FileLine);
        _json.WriteStartObject("correlation"u8);
        _json.WriteString("type"u8, correlation.TypeName);
        _json.WriteStartObject("group"u8);
        for (int i = 0; i < correlation.GroupBy.Length; i++)
        {
            _json.WriteString(correlation.GroupBy[i], detection.Group[i]);
        }

        _json.WriteEndObject();
        _json.WritePropertyName("value"u8);
        _json.WriteRawValue(detection.Value.ToString());
        _json.WriteString("first"u8, new DateTime(detection.First, DateTimeKind.Utc));
        _json.WriteString("last"u8, new DateTime(detection.Last, DateTimeKind.Utc));
        _json.WriteStartArray("events"u8);
        foreach (CorrelatedEvent one in detection.Events)
        {
            _json.WriteStartObject();
            _json.WriteNumber("line"u8, places[one.Place].Line);
            _json.WriteNumber("record"u8, places[one.Place].Record);
            _json.WriteString("rule"u8, one.Rule);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        if (detection.EventCount > detection.Events.Length)
        {
            _json.WriteNumber("eventCount"u8, detection.EventCount);
        }

        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n"u8);
    }

    public void Dispose() => _json.Dispose();
}

/// <summary>A few lines for people: what, where and when, and the fields; none of them needs a wide window, but for long values.</summary>
/// <param name="titles">By id of a rule or correlation, its title.</param>
internal sealed class TextMatchWriter(IReadOnlyDictionary<string, string> titles) : IMatchWriter
{
    private const int LevelWidth = 13;

    // Of a detection's events: the first and the last half of them.
    private const int MaxEvents = 10;

    private static readonly string Indent = new(' ', LevelWidth + 1);

    public void Write(IBufferWriter<byte> output, ScanMatch match)
    {
        var text = new StringBuilder();
        text.Append(PrintableText.Of(match.Rule.Level ?? "-").PadRight(LevelWidth)).Append(' ').Append(PrintableText.Of(match.Rule.Title)).Append('\n');
        text.Append(Indent).Append(TextOf(match.Place));
        if (match.Event.Time is { } time)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");
        }

        if (match.Event.Host is { } host)
        {
            text.Append("  ").Append(PrintableText.Of(TerminalText.Brief(host)));
        }

        text.Append('\n').Append(Indent).Append(PrintableText.Of(match.Rule.Id)).Append('\n');
        ImmutableArray<MatchedField> fields = match.Evidence?.Fields ?? [];
        int width = fields.IsEmpty ? 0 : fields.Max(field => NameOf(field).Length);
        foreach (MatchedField field in fields)
        {
            text.Append(Indent).Append("  ").Append(NameOf(field).PadRight(width)).Append("  ").Append(PrintableText.Of(TerminalText.Brief(field.Value))).Append('\n');
        }

        if (match.Evidence is { IsEvidencePartial: true })
        {
            text.Append(Indent).Append("  … not all fields that matched are known\n");
        }

        Encoding.UTF8.GetBytes(text.ToString(), output);
    }

    public void Write(IBufferWriter<byte> output, CorrelationDetection detection, IReadOnlyList<InputPlace> places)
    {
        SigmaCorrelation correlation = detection.Correlation.Correlation;
        var text = new StringBuilder();
        text.Append(PrintableText.Of(detection.Correlation.Level ?? "-").PadRight(LevelWidth)).Append(' ').Append(PrintableText.Of(correlation.Title)).Append('\n');
        text.Append(Indent).Append(TextOf(places[detection.Place]))
            .Append(CultureInfo.InvariantCulture, $"  {TimeOf(detection.Last)}  {correlation.TypeName} {detection.Value} within {correlation.TimespanText}\n");
        text.Append(Indent).Append(PrintableText.Of(correlation.Id)).Append('\n');
        int width = correlation.GroupBy.IsEmpty ? 0 : correlation.GroupBy.Max(name => PrintableText.Of(name).Length);
        foreach ((string name, string value) in correlation.GroupBy.Zip(detection.Group))
        {
            text.Append(Indent).Append("  ").Append(PrintableText.Of(name).PadRight(width)).Append("  ").Append(PrintableText.Of(TerminalText.Brief(value))).Append('\n');
        }

        ImmutableArray<CorrelatedEvent> events = detection.Events;
        bool areAll = detection.EventCount <= MaxEvents;
        foreach (CorrelatedEvent one in areAll ? events : events[..(MaxEvents / 2)])
        {
            Append(text, one, places);
        }

        if (!areAll)
        {
            text.Append(Indent).Append(CultureInfo.InvariantCulture, $"  … {detection.EventCount - MaxEvents} more\n");
            foreach (CorrelatedEvent one in events[^(MaxEvents / 2)..])
            {
                Append(text, one, places);
            }
        }

        Encoding.UTF8.GetBytes(text.ToString(), output);
    }

    public void Dispose()
    {
    }

    private void Append(StringBuilder text, CorrelatedEvent one, IReadOnlyList<InputPlace> places) => text
        .Append(Indent).Append("  ").Append(TimeOf(one.Time)).Append("  ").Append(TextOf(places[one.Place]))
        .Append("  ").Append(PrintableText.Of(titles.GetValueOrDefault(one.Rule, one.Rule))).Append('\n');

    private static string TextOf(InputPlace place) =>
        PrintableText.Of(place.ToString()) + (place.Record > 0 ? string.Create(CultureInfo.InvariantCulture, $" record {place.Record}") : "");

    private static string TimeOf(long ticks) => new DateTime(ticks, DateTimeKind.Utc).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string NameOf(MatchedField field) => field.Field.Length == 0 ? "keyword" : PrintableText.Of(field.Field);
}
