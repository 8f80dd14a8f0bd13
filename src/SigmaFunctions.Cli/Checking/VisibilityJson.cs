using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.Cli.Checking;

/// <summary>
/// What the rules can do on a source: <c>{"source":"…","full":n,"weakened":n,"blind":n,"notForSource":n,"rules":[…]}</c>, where
/// <c>rules</c> are those that are blind or weakened.
/// </summary>
internal static class VisibilityJson
{
    public static void Write(Utf8JsonWriter writer, SourceReport report, RuleSet rules)
    {
        writer.WriteStartObject();
        writer.WriteString("source", report.Source.Name);
        writer.WriteNumber("full", report.Count(VisibilityVerdict.Full));
        writer.WriteNumber("weakened", report.Count(VisibilityVerdict.Weakened));
        writer.WriteNumber("blind", report.Count(VisibilityVerdict.Blind));
        writer.WriteNumber("notForSource", report.NotForSource);
        writer.WriteStartArray("rules");
        for (int rule = 0; rule < rules.Rules.Length; rule++)
        {
            if (report.Rules[rule] is { Visibility.Verdict: not VisibilityVerdict.Full } visibility)
            {
                Write(writer, rules.Rules[rule], visibility);
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, SigmaRule rule, SourceVisibility visibility)
    {
        writer.WriteStartObject();
        writer.WriteString("rule", rule.Id);
        writer.WriteString("title", rule.Title);
        writer.WriteString("file", rule.File);
        writer.WriteNumber("line", rule.Line);
        writer.WriteString("visibility", visibility.Visibility.Verdict.ToString().ToLowerInvariant());
        WriteEffects(writer, visibility.Visibility.Effects);
        writer.WriteTexts("missing", visibility.Visibility.Missing);
        writer.WriteTexts("needed", visibility.Visibility.Needed);
        writer.WriteTexts("events", visibility.Events.Select(one => one.Event.Name).Distinct());
        writer.WriteStartArray("identifiers");
        foreach (IdentifierVisibility identifier in visibility.Visibility.Identifiers)
        {
            writer.WriteStartObject();
            writer.WriteString("name", identifier.Name);
            writer.WriteString("holds", identifier.Outcome.ToString().ToLowerInvariant());
            WriteEffects(writer, identifier.Effects);
            writer.WriteTexts("missing", identifier.Missing);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteEffects(Utf8JsonWriter writer, VisibilityEffects effects) => writer.WriteTexts(
        "effects",
        new[] { VisibilityEffects.Narrows, VisibilityEffects.Widens }
            .Where(effect => effects.HasFlag(effect))
            .Select(effect => effect.ToString().ToLowerInvariant()));
}
