using System.Globalization;
using System.Text.Json;
using CsCheck;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Correlations in parts: what they detect in all parts together is what they detect in all matches, and parts know all that they need.</summary>
public sealed class CorrelationTreeTests
{
    private static readonly LogSource Test = new("test");

    [Fact]
    public void All_parts_together_are_the_whole() => Gen.Select(RandomCorrelations.Rules, RandomCorrelations.Event.Array[0, 16]).Sample(
        (text, events) =>
        {
            RuleSet rules = Load(text);
            List<string> whole = Whole(rules, events);
            Assert.Equal(whole, InParts(rules, events));
        },
        iter: 2_000);

    /// <summary>Bounds of what is kept change nothing about which values are equal.</summary>
    [Theory]
    [InlineData(1_024, 'x', 'x', true)]
    [InlineData(1_025, 'x', 'X', true)]
    [InlineData(1_025, 'x', 'y', false)]
    [InlineData(5_000, 'x', 'y', false)]
    public void Long_values_are_kept_short_and_compare_as_before(int length, char left, char right, bool areSame)
    {
        RuleSet rules = Load(
            $"{RandomCorrelations.Bases}\n---\ntitle: O\nid: 00000000-0000-0000-0000-0000000000c2\nname: o\ncorrelation: {{type: event_count, rules: [a], group-by: [g], timespan: 5s, condition: {{gte: 2}}}}");
        string[] events = [.. new[] { left, right }.Select(last => $"{{\"kind\":\"a\",\"time\":1,\"g\":\"{new string('w', length - 1)}{last}\"}}")];
        CorrelationTree tree = Assert.Single(rules.CorrelationPlan.Trees);
        List<CorrelatedMatch> kept = [.. Matches(rules, events).Select(match => match with { Rule = 0, Values = tree.Keep(0, match.Values.Span, out _) })];
        Assert.All(kept, match => Assert.InRange(match.Values.Length, 1, 1_100));
        Assert.Equal(areSame ? 1 : 2, kept.SelectMany(match => tree.PartsOf(0, match.Values)).DistinctBy(part => Convert.ToHexString(part.Span)).Count());
    }

    [Fact]
    public void Lists_are_kept_up_to_a_bound()
    {
        RuleSet rules = Load(
            $"{RandomCorrelations.Bases}\n---\ntitle: O\nid: 00000000-0000-0000-0000-0000000000c2\nname: o\ncorrelation: {{type: event_count, rules: [a], group-by: [g], timespan: 5s, condition: {{gte: 2}}}}");
        string[] events = [$"{{\"kind\":\"a\",\"time\":1,\"g\":[{string.Join(',', Enumerable.Range(0, 1_000).Select(number => $"\"{number:D100}\""))}]}}"];
        CorrelationTree tree = Assert.Single(rules.CorrelationPlan.Trees);
        byte[] kept = tree.Keep(0, Assert.Single(Matches(rules, events)).Values.Span, out bool isCut);
        Assert.True(isCut);
        Assert.InRange(kept.Length, 7_000, 8_192);
    }

    [Theory]
    [InlineData("condition: {gte: 2}", "condition: {gt: 7}", true)]
    [InlineData("title: O", "title: P", true)]
    [InlineData("timespan: 5s", "timespan: 6s", false)]
    [InlineData("group-by: [g]", "group-by: [h]", false)]
    [InlineData("rules: [a]", "rules: [b]", false)]
    [InlineData("rules: [a]", "rules: [a, b]", false)]
    public void What_is_kept_goes_on_where_it_is_of_use(string text, string other, bool goesOn)
    {
        string before = $"{RandomCorrelations.Bases}\n---\ntitle: O\nid: 00000000-0000-0000-0000-0000000000c2\nname: o\ncorrelation: {{type: event_count, rules: [a], group-by: [g], timespan: 5s, condition: {{gte: 2}}}}";
        CorrelationTree one = Assert.Single(Load(before).CorrelationPlan.Trees);
        CorrelationTree two = Assert.Single(Load(before.Replace(text, other, StringComparison.Ordinal)).CorrelationPlan.Trees);
        Assert.Equal(goesOn, one.Key == two.Key);
        Assert.Equal(!text.StartsWith("condition", StringComparison.Ordinal), one.Condition == two.Condition);
    }

    private static RuleSet Load(string text)
    {
        var rules = RuleSet.Load([new RuleFile("c.yml", text)]);
        Assert.True(rules.Rejected == 0, string.Join('\n', rules.Diagnostics.Select(diagnostic => diagnostic.ToString())) + text);
        return rules;
    }

    private static List<CorrelatedMatch> Matches(RuleSet rules, string[] events)
    {
        var detector = new Detector(rules);
        var matcher = new EventMatcher(detector);
        var found = new List<CorrelatedMatch>();
        for (int place = 0; place < events.Length; place++)
        {
            SigmaEvent sigmaEvent = EventText.Parse(events[place], Test);
            EventView view = Assert.Single(sigmaEvent.Views);
            matcher.BeginEvent();
            EventWriter.Write(matcher, detector.RouteOf(view.LogSources), sigmaEvent, view);
            matcher.EndEvent();
            long time = long.Parse(view.Fields["time"].Text, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond;
            for (int match = 0; match < matcher.Correlated.Count; match++)
            {
                found.Add(new CorrelatedMatch(matcher.Correlated.RuleOf(match), place, time, matcher.Correlated.ValuesOf(match).ToArray()));
            }
        }

        return found;
    }

    private static List<string> Whole(RuleSet rules, string[] events)
    {
        var matches = new CorrelationMatches(rules.CorrelationPlan);
        foreach (CorrelatedMatch match in Matches(rules, events))
        {
            matches.Add(match.Rule, match.Time, match.Place, match.Values.Span);
        }

        return [.. matches.Detect().Select(one => Line(one)).Order(StringComparer.Ordinal)];
    }

    private static List<string> InParts(RuleSet rules, string[] events)
    {
        CorrelationPlan plan = rules.CorrelationPlan;
        var parts = new Dictionary<(string, string), (CorrelationTree Tree, ReadOnlyMemory<byte> Part, List<CorrelatedMatch> Matches)>();
        foreach (CorrelatedMatch match in Matches(rules, events))
        {
            foreach ((CorrelationTree tree, int rule) in plan.TreesOf(match.Rule))
            {
                byte[] kept = tree.Keep(rule, match.Values.Span, out _);
                foreach (ReadOnlyMemory<byte> part in tree.PartsOf(rule, kept))
                {
                    (string, string) key = (tree.Key, Convert.ToHexString(part.Span));
                    if (!parts.TryGetValue(key, out (CorrelationTree Tree, ReadOnlyMemory<byte> Part, List<CorrelatedMatch> Matches) known))
                    {
                        parts.Add(key, known = (tree, part, []));
                    }

                    known.Matches.Add(match with { Rule = rule, Values = kept });
                }
            }
        }

        return
        [
            .. parts.Values.SelectMany(part => part.Tree.Evaluate(part.Part.Span, part.Matches, (_, _) => GroupLedger.Empty))
                .Where(firing => firing.Detection is not null).Select(firing => Line(firing.Detection!)).Order(StringComparer.Ordinal),
        ];
    }

    private static string Line(CorrelationDetection one) =>
        $"{one.Correlation.Correlation.Name} {JsonSerializer.Serialize(one.Group)} {one.Value} {one.First} {one.Last} {one.Place} {string.Join(' ', one.Events.Select(e => (e.Place, e.Rule)))}";
}
