using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.Cli.Checking;

/// <summary>What the rules can do on a source, for people: a line for each that is blind, and the numbers.</summary>
internal static class VisibilityText
{
    public static void Write(Terminal terminal, SourceReport report, RuleSet rules)
    {
        terminal.Text.WriteLine();
        IEnumerable<(SigmaRule Rule, RuleVisibility Visibility)> blind = rules.Rules
            .Select((rule, i) => (Rule: rule, report.Rules[i]?.Visibility))
            .Where(one => one.Visibility is { Verdict: VisibilityVerdict.Blind })
            .Select(one => (one.Rule, one.Visibility!))
            .OrderBy(one => one.Rule.File, StringComparer.Ordinal)
            .ThenBy(one => one.Rule.Line);
        foreach ((SigmaRule rule, RuleVisibility visibility) in blind)
        {
            terminal.Text.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{rule.File}({rule.Line}): blind on {report.Source.Name}: needs {string.Join(", ", visibility.Needed)}: {rule.Title}"));
        }

        terminal.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Source.Title} ({report.Source.Name}): {report.Count(VisibilityVerdict.Blind)} of {report.Rules.Length - report.NotForSource} rules can never fire, "
            + $"{report.Count(VisibilityVerdict.Weakened)} depend in part on fields that never come; not for this source: {report.NotForSource}"));
    }
}
