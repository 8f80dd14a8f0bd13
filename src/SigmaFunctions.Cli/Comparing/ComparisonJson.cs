using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Comparing;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Cli.Comparing;

/// <summary>
/// A comparison as JSON: <c>added</c> and <c>removed</c>, each a list of <c>{rule,title,level}</c>; <c>changed</c>, a list of those with
/// <c>logic</c>, <c>removedTests</c>, <c>addedTests</c> and <c>attributes</c>; <c>unchanged</c>; the same under <c>correlations</c>, where what
/// differs in logic is <c>differences</c>, and the rules that fall silent as building blocks of correlations or do so no more (<c>silenced</c>,
/// <c>unsilenced</c>); and with events <c>verdicts</c>.
/// </summary>
internal static class ComparisonJson
{
    public static void Write(Utf8JsonWriter writer, RuleSetComparison comparison, VerdictComparison? verdicts)
    {
        writer.WriteStartObject();
        WriteRules(writer, "added", comparison.Added);
        WriteRules(writer, "removed", comparison.Removed);
        writer.WriteStartArray("changed");
        foreach (ChangedRule change in comparison.Changed)
        {
            writer.WriteStartObject();
            WriteRule(writer, change.New);
            writer.WriteBoolean("logic", change.IsLogic);
            writer.WriteTexts("removedTests", change.RemovedPredicates);
            writer.WriteTexts("addedTests", change.AddedPredicates);
            WriteAttributes(writer, "attributes", change.Attributes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("unchanged", comparison.Unchanged);
        WriteCorrelations(writer, comparison.Correlations);
        if (verdicts is not null)
        {
            writer.WriteStartObject("verdicts");
            writer.WriteNumber("events", verdicts.Events);
            writer.WriteNumber("undecoded", verdicts.Undecoded);
            writer.WriteStartArray("changed");
            foreach (ChangedVerdicts change in verdicts.Changes)
            {
                writer.WriteStartObject();
                WriteRule(writer, change.Rule);
                WriteCounts(writer, change.Gained, change.FirstGained, change.Lost, change.FirstLost);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("correlations");
            foreach (ChangedDetections change in verdicts.Detections)
            {
                writer.WriteStartObject();
                WriteIdentity(writer, change.Correlation.Id, change.Correlation.Title, change.Correlation.Level);
                WriteCounts(writer, change.Gained, change.FirstGained, change.Lost, change.FirstLost);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteCorrelations(Utf8JsonWriter writer, CorrelationComparison comparison)
    {
        writer.WriteStartObject("correlations");
        WriteList("added", comparison.Added);
        WriteList("removed", comparison.Removed);
        writer.WriteStartArray("changed");
        foreach (ChangedCorrelation change in comparison.Changed)
        {
            writer.WriteStartObject();
            WriteIdentity(writer, change.New.Id, change.New.Title, change.New.Level);
            writer.WriteBoolean("logic", change.IsLogic);
            WriteAttributes(writer, "differences", change.Logic);
            WriteAttributes(writer, "attributes", change.Attributes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("unchanged", comparison.Unchanged);
        WriteRules(writer, "silenced", comparison.Silenced);
        WriteRules(writer, "unsilenced", comparison.Unsilenced);
        writer.WriteEndObject();

        void WriteList(string name, IEnumerable<SigmaCorrelation> correlations)
        {
            writer.WriteStartArray(name);
            foreach (SigmaCorrelation correlation in correlations)
            {
                writer.WriteStartObject();
                WriteIdentity(writer, correlation.Id, correlation.Title, correlation.Level);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
    }

    private static void WriteAttributes(Utf8JsonWriter writer, string name, IEnumerable<ChangedAttribute> attributes)
    {
        writer.WriteStartArray(name);
        foreach (ChangedAttribute attribute in attributes)
        {
            writer.WriteStartObject();
            writer.WriteString("name", attribute.Name);
            writer.WriteString("old", attribute.Old);
            writer.WriteString("new", attribute.New);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRules(Utf8JsonWriter writer, string name, IEnumerable<SigmaRule> rules)
    {
        writer.WriteStartArray(name);
        foreach (SigmaRule rule in rules)
        {
            writer.WriteStartObject();
            WriteRule(writer, rule);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRule(Utf8JsonWriter writer, SigmaRule rule) => WriteIdentity(writer, rule.Id, rule.Title, rule.Level);

    private static void WriteIdentity(Utf8JsonWriter writer, string id, string title, string? level)
    {
        writer.WriteString("rule", id);
        writer.WriteString("title", title);
        writer.WriteString("level", level);
    }

    private static void WriteCounts(Utf8JsonWriter writer, int gained, EventPlace? firstGained, int lost, EventPlace? firstLost)
    {
        writer.WriteNumber("gained", gained);
        WritePlace(writer, "firstGained", firstGained);
        writer.WriteNumber("lost", lost);
        WritePlace(writer, "firstLost", firstLost);
    }

    private static void WritePlace(Utf8JsonWriter writer, string name, EventPlace? place)
    {
        if (place is { } at)
        {
            writer.WriteStartObject(name);
            writer.WriteNumber("line", at.Line);
            writer.WriteNumber("record", at.Record);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
