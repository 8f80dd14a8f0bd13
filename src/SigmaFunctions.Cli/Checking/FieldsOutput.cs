using System.Globalization;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Engine.Visibility;

namespace SigmaFunctions.Cli.Checking;

/// <summary>What a sample of events came to beside its fields.</summary>
internal sealed record FieldTotals
{
    /// <summary>Events decoded.</summary>
    public long Events { get; set; }

    /// <summary>Of these, events of no log source.</summary>
    public long Unseen { get; set; }

    /// <summary>Records that could not be read.</summary>
    public long Undecoded { get; set; }
}

/// <summary>The outcome of <c>sigmaf fields</c>.</summary>
internal static class FieldsOutput
{
    /// <summary>For people: a block for each log source.</summary>
    public static string Text(FieldTotals totals, FieldCensus census)
    {
        var text = new StringBuilder();
        foreach (LogSourceFields one in census.ToResult())
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{string.Join(" and ", one.LogSources.Select(source => PrintableText.Of(source.ToString())))}: {one.Events} events, {one.Rules} rules\n");
            Append(text, "used by rules, never arrived (rules):", one.NeverArrived);
            Append(text, "arrived, used by no rule (events):", one.Unused);
            text.Append('\n');
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"{totals.Events} events, {totals.Unseen} of them of no log source; {totals.Undecoded} records could not be read; "
            + $"{census.RulesWithoutEvents} rules saw no event\n");
        return text.ToString();
    }

    /// <summary>
    /// For tools: <c>{"events":n,"unseen":n,"undecoded":n,"rulesWithoutEvents":n,"logSources":[{"logSources":["…"],"events":n,"rules":n,
    /// "neverArrived":[{"field":"…","rules":n}],"unused":[{"field":"…","events":n}]}]}</c> and a line end.
    /// </summary>
    public static void WriteJson(Stream output, FieldTotals totals, FieldCensus census)
    {
        using (var writer = new Utf8JsonWriter(output, JsonOutput.Options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("events", totals.Events);
            writer.WriteNumber("unseen", totals.Unseen);
            writer.WriteNumber("undecoded", totals.Undecoded);
            writer.WriteNumber("rulesWithoutEvents", census.RulesWithoutEvents);
            writer.WriteStartArray("logSources");
            foreach (LogSourceFields one in census.ToResult())
            {
                writer.WriteStartObject();
                writer.WriteStartArray("logSources");
                foreach (string logSource in one.LogSources.Select(source => source.ToString()))
                {
                    writer.WriteStringValue(logSource);
                }

                writer.WriteEndArray();
                writer.WriteNumber("events", one.Events);
                writer.WriteNumber("rules", one.Rules);
                WriteCounts(writer, "neverArrived", "rules", one.NeverArrived);
                WriteCounts(writer, "unused", "events", one.Unused);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        output.Write("\n"u8);
        output.Flush();
    }

    private static void Append(StringBuilder text, string heading, IReadOnlyCollection<FieldCount> fields)
    {
        if (fields.Count == 0)
        {
            return;
        }

        text.Append("  ").Append(heading).Append('\n');
        foreach (FieldCount field in fields)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {PrintableText.Of(field.Field)} {field.Count}\n");
        }
    }

    private static void WriteCounts(Utf8JsonWriter writer, string name, string unit, IEnumerable<FieldCount> fields)
    {
        writer.WriteStartArray(name);
        foreach (FieldCount field in fields)
        {
            writer.WriteStartObject();
            writer.WriteString("field", field.Field);
            writer.WriteNumber(unit, field.Count);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
