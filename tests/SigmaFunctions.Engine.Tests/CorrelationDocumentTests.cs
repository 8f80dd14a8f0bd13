using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Tests;

/// <summary>What docs/correlation.md shows loads, and its time lines are so.</summary>
public sealed partial class CorrelationDocumentTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "correlation.md"));

    public static TheoryData<string> Examples => [.. Yaml().Matches(Document).Select(match => match.Groups["yaml"].Value)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_loads(string yaml)
    {
        IEnumerable<string> names = RuleNames().Matches(yaml).SelectMany(match => match.Groups["names"].Value.Split([' ', ',', '(', ')'], StringSplitOptions.RemoveEmptyEntries))
            .Except(["and", "not"]).Distinct().Where(name => !yaml.Contains($"name: {name}\n", StringComparison.Ordinal));
        string others = string.Concat(names.Select(name => $"---\ntitle: {name}\nname: {name}\nlogsource: {{category: test}}\ndetection: {{s: {{a: 1}}, condition: s}}\n"));

        var rules = RuleSet.Load([new RuleFile("r.yml", yaml + others)]);

        Assert.Equal("", string.Join('\n', rules.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        Assert.NotEmpty(rules.CorrelationPlan.Correlations);
    }

    [Fact]
    public void There_are_examples_of_every_type() => Assert.All(
        ["event_count", "value_count", "value_sum", "value_percentile", "temporal", "temporal_ordered"],
        type => Assert.Contains($"    type: {type}\n", Document, StringComparison.Ordinal));

    [Theory]
    [InlineData("event_count, condition: {gte: 2}", CorrelationDecision.AtOnce)]
    [InlineData("event_count, condition: {gt: 1, lt: 5}", CorrelationDecision.AfterLateEvents)]
    [InlineData("event_count, condition: {eq: 5}", CorrelationDecision.AfterLateEvents)]
    [InlineData("value_count, condition: {field: f, gt: 5}", CorrelationDecision.AtOnce)]
    [InlineData("value_sum, condition: {field: f, gt: 5}", CorrelationDecision.AtOnce)]
    [InlineData("value_avg, condition: {field: f, gt: 5}", CorrelationDecision.AfterLateEvents)]
    [InlineData("value_median, condition: {field: f, gt: 5}", CorrelationDecision.AfterLateEvents)]
    [InlineData("value_percentile, condition: {field: f, percentile: 5, gt: 5}", CorrelationDecision.AfterLateEvents)]
    [InlineData("temporal", CorrelationDecision.AtOnce)]
    [InlineData("temporal, condition: {gte: 2}", CorrelationDecision.AtOnce)]
    [InlineData("temporal, condition: {neq: 2}", CorrelationDecision.AfterLateEvents)]
    [InlineData("temporal, condition: a or b", CorrelationDecision.AtOnce)]
    [InlineData("temporal, condition: a and not b", CorrelationDecision.AfterTimespan)]
    [InlineData("temporal_ordered", CorrelationDecision.AtOnce)]
    [InlineData("temporal_ordered, condition: a and b", CorrelationDecision.AtOnce)]
    [InlineData("temporal_ordered, condition: a and not b", CorrelationDecision.AfterTimespan)]
    [InlineData("temporal_ordered, condition: not a and b", CorrelationDecision.AfterLateEvents)]
    public void It_is_decided(string type, CorrelationDecision decision)
    {
        const string Rule = "---\ntitle: R\nname: X\nlogsource: {category: test}\ndetection: {s: {a: 1}, condition: s}\n";
        string text = $"title: T\ncorrelation: {{rules: [a, b], timespan: 1m, type: {type}}}\n" + Rule.Replace("X", "a", StringComparison.Ordinal) + Rule.Replace("X", "b", StringComparison.Ordinal);

        Assert.Equal(decision, RuleSet.Load([new RuleFile("r.yml", text)]).CorrelationPlan.Correlations.Single().Logic.Decision);
    }

    [Theory]
    [InlineData(300, "0 60 120 180", "120")]
    [InlineData(300, "0 60 300", "300")]
    [InlineData(300, "0 60 300.0000001", "")]
    [InlineData(300, "0 30 60 120", "60")]
    [InlineData(10, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24", "2 13 24")]
    public void Three_in_a_window_fire_at(int seconds, string events, string firings)
    {
        var logic = new CorrelationLogic(CorrelationType.EventCount, seconds * TimeSpan.TicksPerSecond, 1, [new CorrelationBound(CorrelationOperator.Gte, 3)]);
        GroupResult result = GroupEvaluation.Evaluate(
            logic,
            events.Split(' ').Select((at, place) => new GroupMatch((long)(decimal.Parse(at, System.Globalization.CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond), place, 0, place, [], [])));

        Assert.Equal(firings, string.Join(' ', result.Firings.Select(firing => firing.Time / TimeSpan.TicksPerSecond)));
    }

    [Theory]
    [InlineData(50, "20")]
    [InlineData(75, "30")]
    public void Ranks_are_linear(int percentile, string value)
    {
        var logic = new CorrelationLogic(CorrelationType.ValuePercentile, 10, 1, [new CorrelationBound(CorrelationOperator.Gt, 0)], Rational.Of(percentile));
        GroupResult result = GroupEvaluation.Evaluate(logic, new[] { 40, 10, 20 }.Select((number, place) => new GroupMatch(0, place, 0, place, [], [Rational.Of(number)])));

        Assert.Equal(value, result.Firings.Single().Value.ToString());
    }

    [GeneratedRegex("```yaml\n(?<yaml>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Yaml();

    [GeneratedRegex(@"(rules: \[|condition: )(?<names>[a-z_, ()]+)")]
    private static partial Regex RuleNames();
}
