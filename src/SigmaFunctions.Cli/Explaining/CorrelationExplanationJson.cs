using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Cli.Explaining;

/// <summary>
/// Why a correlation fired or did not, as JSON: <c>{"rule","title","type","timespan","condition","detections","groupCount","groups":[…],"left":[…],
/// "leftCount"}</c>. A group is <c>{"group":{…},"fires","best","firings","firingCount","left","leftCount","others"}</c>, its best instant
/// <c>{"time","value","holds","events","eventCount","missing","outOfOrder","unwanted"}</c>, a firing <c>{"time","value","standsFor":[{"time","value"}],"standsForCount"}</c>,
/// an event <c>{"line","record","rule","time"}</c>, and one that is left <c>reason</c> (<c>no time</c>, <c>no field</c>, <c>no value</c>, <c>no number</c>, <c>filtered</c>,
/// <c>same event</c>) and <c>detail</c> besides.
/// </summary>
internal sealed class CorrelationExplanationJson(Utf8JsonWriter writer, CorrelationExplanation explanation, IReadOnlyList<InputPlace> places)
{
    /// <summary>Writes an explanation.</summary>
    public static void Write(Utf8JsonWriter writer, RuleSet rules, CorrelationExplanation explanation, IReadOnlyList<InputPlace> places) =>
        new CorrelationExplanationJson(writer, explanation, places).Write(new CorrelationWords(rules, explanation.Correlation).Condition);

    private void Write(string condition)
    {
        SigmaCorrelation correlation = explanation.Correlation.Correlation;
        writer.WriteStartObject();
        writer.WriteString("rule", correlation.Id);
        writer.WriteString("title", correlation.Title);
        writer.WriteString("type", correlation.TypeName);
        writer.WriteString("timespan", correlation.TimespanText);
        writer.WriteString("condition", condition);
        writer.WriteNumber("detections", explanation.Detections);
        writer.WriteNumber("groupCount", explanation.GroupCount);
        writer.WriteStartArray("groups");
        foreach (ExplainedGroup group in explanation.Groups)
        {
            Write(group);
        }

        writer.WriteEndArray();
        Write(explanation.Left, explanation.LeftCount);
        writer.WriteEndObject();
    }

    private void Write(ExplainedGroup group)
    {
        SigmaCorrelation correlation = explanation.Correlation.Correlation;
        writer.WriteStartObject();
        writer.WriteStartObject("group");
        foreach ((string name, string value) in correlation.GroupBy.Zip(group.Group))
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
        writer.WriteBoolean("fires", group.FiringCount > 0);
        writer.WritePropertyName("best");
        if (group.Best is { } best)
        {
            writer.WriteStartObject();
            Write(best.Time, best.Value);
            writer.WriteBoolean("holds", best.Holds);
            Write("events", best.Events);
            writer.WriteNumber("eventCount", best.EventCount);
            writer.WriteTexts("missing", best.Missing.Select(rule => explanation.Correlation.Parts[rule].Id));
            writer.WriteBoolean("outOfOrder", best.IsOutOfOrder);
            Write("unwanted", best.Unwanted);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNullValue();
        }

        writer.WriteStartArray("firings");
        foreach (ExplainedFiring firing in group.Firings)
        {
            writer.WriteStartObject();
            Write(firing.Time, firing.Value);
            writer.WriteStartArray("standsFor");
            foreach ((long time, Rational value) in firing.StandsFor)
            {
                writer.WriteStartObject();
                Write(time, value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteNumber("standsForCount", firing.StandsForCount);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("firingCount", group.FiringCount);
        Write(group.Left, group.LeftCount);
        writer.WriteNumber("others", group.Others);
        writer.WriteEndObject();
    }

    private void Write(long time, Rational value)
    {
        writer.WriteString("time", new DateTime(time, DateTimeKind.Utc));
        writer.WritePropertyName("value");
        writer.WriteRawValue(value.ToString());
    }

    private void Write(string name, IEnumerable<CorrelatedEvent> events)
    {
        writer.WriteStartArray(name);
        foreach (CorrelatedEvent one in events)
        {
            writer.WriteStartObject();
            WriteEvent(one.Place, one.Rule, one.Time);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void Write(IEnumerable<LeftMatch> left, int count)
    {
        writer.WriteStartArray("left");
        foreach (LeftMatch one in left)
        {
            writer.WriteStartObject();
            WriteEvent(one.Place, one.Rule, one.Time);
            writer.WriteString("reason", one.Reason switch
            {
                LeftReason.NoTime => "no time",
                LeftReason.NoField => "no field",
                LeftReason.NoValue => "no value",
                LeftReason.NoNumber => "no number",
                LeftReason.Filtered => "filtered",
                _ => "same event",
            });
            if (one.Detail.Length > 0)
            {
                writer.WriteString("detail", one.Detail);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("leftCount", count);
    }

    private void WriteEvent(int place, string rule, long? time)
    {
        writer.WriteNumber("line", places[place].Line);
        writer.WriteNumber("record", places[place].Record);
        writer.WriteString("rule", rule);
        if (time is { } ticks)
        {
            writer.WriteString("time", new DateTime(ticks, DateTimeKind.Utc));
        }
        else
        {
            writer.WriteNull("time");
        }
    }
}
