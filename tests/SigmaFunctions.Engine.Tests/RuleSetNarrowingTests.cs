using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>What a deployment that leaves rules out leaves of correlations and their building blocks.</summary>
public sealed class RuleSetNarrowingTests
{
    // In one file: a and b are silent under the high correlation d, c under the low e, and d under f. In another file: g with detections of its own, and h over it.
    private static readonly RuleSet Rules = RuleSet.Load(
    [
        new RuleFile("one.yml", string.Join("\n---\n", Rule('a', "low"), Rule('b', "low"), Rule('c', "high"),
            Correlation('d', "high", "a", "b"), Correlation('e', "low", "c"), Correlation('f', "critical", "d"))),
        new RuleFile("two.yml", Rule('0', "medium")),
        new RuleFile("three.yml", Correlation('1', "critical", "0")),
    ]);

    [Theory]
    // levels: rules that are left, correlations that are left, what is lost
    [InlineData("", "0abc", "1def", "")]
    [InlineData("critical", "ab", "df", "1")]
    [InlineData("critical medium", "0ab", "1df", "")]
    [InlineData("low", "c", "e", "")]
    [InlineData("medium", "0", "", "")]
    [InlineData("!critical", "0c", "e", "")]
    public void A_selection_keeps_the_building_blocks_of_what_it_takes(string levels, string rules, string correlations, string lost)
    {
        RuleSet left = Rules.With(new RuleSelection { Levels = [.. levels.Split(' ', StringSplitOptions.RemoveEmptyEntries)] });

        Assert.Equal((rules, correlations, lost), Shown(left));
    }

    [Theory]
    // off: rules that are left, correlations that are left, what is lost
    [InlineData("a", "0c", "1e", "df")]
    [InlineData("d", "0c", "1e", "f")]
    [InlineData("f", "0c", "1e", "")]
    [InlineData("e", "0ab", "1df", "")]
    [InlineData("0", "abc", "def", "1")]
    public void What_is_off_takes_its_correlations_along_and_silent_rules_stay_silent(string off, string rules, string correlations, string lost)
    {
        RuleSet left = Rules.With(RuleOverrides.Parse(new RuleFile("o.yml", $"{Id(off[0])}: {{ enabled: false }}")));

        Assert.Equal((rules, correlations, lost), Shown(left));
        Assert.All(left.Rules.Where(rule => rule.File == "one.yml"), rule => Assert.Contains(rule.Id, left.CorrelationPlan.SilentRules));
    }

    [Fact]
    public void A_correlation_has_the_level_that_a_deployment_gives_it()
    {
        RuleSet changed = Rules.With(RuleOverrides.Parse(new RuleFile("o.yml", $"{Id('f')}: {{ level: low }}\n{Id('a')}: {{ level: critical }}")));

        Assert.Equal("low", changed.CorrelationPlan.Correlations.Single(one => one.Correlation.Id == Id('f')).Level);
        Assert.Equal("high", changed.CorrelationPlan.Correlations.Single(one => one.Correlation.Id == Id('d')).Level);
    }

    private static (string, string, string) Shown(RuleSet set) => (
        string.Concat(set.Rules.Select(rule => rule.Id[^1]).Order()),
        string.Concat(set.Correlations.Select(one => one.Id[^1]).Order()),
        string.Concat(set.Diagnostics.Where(one => one.Code == "SF0502").Select(one => Rules.Correlations.Single(correlation => correlation.File == one.File && correlation.Line == one.Line).Id[^1]).Order()));

    private static string Id(char name) => $"00000000-0000-4000-8000-00000000000{name}";

    private static string Rule(char name, string level) =>
        $"title: A rule\nid: {Id(name)}\nname: {name}{name}\nlevel: {level}\nlogsource: {{category: test}}\ndetection: {{s: {{a: 1}}, condition: s}}\n";

    private static string Correlation(char name, string level, params string[] rules) =>
        $"title: A correlation\nid: {Id(name)}\nname: {name}{name}\nlevel: {level}\n"
        + $"correlation: {{type: temporal, rules: [{string.Join(", ", rules.Select(rule => rule + rule))}], timespan: 1m, condition: {{gte: 1}}}}\n";
}
