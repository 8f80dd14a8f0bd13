using System.Text.Json;
using SigmaFunctions.Engine.Comparing;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Cli.Comparing;

/// <summary>
/// A comparison as JSON: <c>added</c> and <c>removed</c>, each a list of <c>{rule,title,level}</c>; <c>changed</c>, a list of those with
/// <c>logic</c>, <c>removedTests</c>, <c>addedTests</c> and <c>attributes</c>; <c>unchanged</c>; and with events <c>verdicts</c>.
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
            writer.WriteStartArray("attributes");
            foreach (ChangedAttribute attribute in change.Attributes)
            {
                writer.WriteStartObject();
                writer.WriteString("name", attribute.Name);
                writer.WriteString("old", attribute.Old);
                writer.WriteString("new", attribute.New);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("unchanged", comparison.Unchanged);
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
                writer.WriteNumber("gained", change.Gained);
                WritePlace(writer, "firstGained", change.FirstGained);
                writer.WriteNumber("lost", change.Lost);
                WritePlace(writer, "firstLost", change.FirstLost);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
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

    private static void WriteRule(Utf8JsonWriter writer, SigmaRule rule)
    {
        writer.WriteString("rule", rule.Id);
        writer.WriteString("title", rule.Title);
        writer.WriteString("level", rule.Level);
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
