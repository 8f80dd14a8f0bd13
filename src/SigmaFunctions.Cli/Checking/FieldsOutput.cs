using System.Globalization;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
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
    public static void WriteText(Terminal terminal, FieldTotals totals, FieldCensus census)
    {
        foreach (LogSourceFields one in census.ToResult())
        {
            terminal.Text.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{string.Join(" and ", one.LogSources)}: {one.Events} events, {one.Rules} rules"));
            Write(terminal, "used by rules, never arrived (rules):", one.NeverArrived);
            Write(terminal, "arrived, used by no rule (events):", one.Unused);
            terminal.Text.WriteLine();
        }

        terminal.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{totals.Events} events, {totals.Unseen} of them of no log source; {totals.Undecoded} records could not be read; "
            + $"{census.RulesWithoutEvents} rules saw no event"));
    }

    /// <summary>
    /// For tools: <c>{"events":n,"unseen":n,"undecoded":n,"rulesWithoutEvents":n,"logSources":[{"logSources":["…"],"events":n,"rules":n,
    /// "neverArrived":[{"field":"…","rules":n}],"unused":[{"field":"…","events":n}]}]}</c>.
    /// </summary>
    public static void WriteJson(Utf8JsonWriter writer, FieldTotals totals, FieldCensus census)
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
            writer.WriteTexts("logSources", one.LogSources.Select(source => source.ToString()));
            writer.WriteNumber("events", one.Events);
            writer.WriteNumber("rules", one.Rules);
            WriteCounts(writer, "neverArrived", "rules", one.NeverArrived);
            WriteCounts(writer, "unused", "events", one.Unused);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Terminal terminal, string heading, IReadOnlyCollection<FieldCount> fields)
    {
        if (fields.Count == 0)
        {
            return;
        }

        terminal.Text.WriteLine("  " + heading);
        foreach (FieldCount field in fields)
        {
            terminal.Text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {TerminalText.Brief(field.Field)} {field.Count}"));
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
