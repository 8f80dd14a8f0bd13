using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Rules for tests, made from the part that matters.</summary>
internal static class RuleText
{
    private const string Head = """
        title: A rule
        id: 11111111-1111-4111-8111-111111111111
        logsource:
            category: process_creation
            product: windows
        """;

    /// <summary>A rule with the detection given as the lines under <c>detection:</c>.</summary>
    public static string WithDetection(string detection) =>
        Head + "\ndetection:\n" + string.Concat(detection.Split('\n').Select(line => "    " + line + "\n"));

    /// <summary>A rule whose one search identifier is a map of one item, or a flow map or list.</summary>
    public static string WithSelection(string selection) => WithDetection(
        selection.StartsWith('{') || selection.StartsWith('[')
            ? $"selection: {selection}\ncondition: selection"
            : $"selection:\n    {selection}\ncondition: selection");

    public static RuleSet Load(string text, PlaceholderSet? placeholders = null) =>
        RuleSet.Load([new RuleFile("rule.yml", text)], placeholders);

    /// <summary>Whether the rule matches; the rule must load.</summary>
    public static bool Matches(string text, string eventJson, PlaceholderSet? placeholders = null)
    {
        RuleSet ruleSet = Load(text, placeholders);
        Assert.DoesNotContain(ruleSet.Diagnostics, diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        Assert.Single(ruleSet.Rules);
        return new Detector(ruleSet).Match(EventText.Parse(eventJson)).Length == 1;
    }
}
