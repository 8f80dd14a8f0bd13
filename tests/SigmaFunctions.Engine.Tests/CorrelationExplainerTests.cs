using System.Globalization;
using System.Text.Json.Nodes;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Why correlations fired and why not.</summary>
public sealed class CorrelationExplainerTests
{
    private static readonly DateTime Start = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private static readonly LogSource Test = new("test");

    private const string Rules = """
        title: A
        id: aaaaaaaa-1111-4111-8111-111111111111
        name: a
        logsource: {category: test}
        detection: {s: {F: a}, condition: s}
        ---
        title: B
        id: bbbbbbbb-1111-4111-8111-111111111111
        name: b
        logsource: {category: test}
        detection: {s: {F: b}, condition: s}
        ---
        title: C
        id: cccccccc-1111-4111-8111-111111111111
        name: c
        logsource: {category: test}
        detection: {s: {F: c}, condition: s}
        ---
        title: Not Eve
        id: ffffffff-1111-4111-8111-111111111111
        logsource: {category: test}
        filter: {rules: [a], selection: {User: eve}, condition: not selection}
        ---
        title: Inner
        id: eeeeeeee-1111-4111-8111-111111111111
        name: inner
        correlation: {type: event_count, rules: [a], group-by: [User], timespan: 1m, condition: {gte: 2}}
        ---

        """;

    private const string Count = "{type: event_count, rules: [a], group-by: [User], timespan: 5m, condition: {gte: 3}}";
    private const string CountBoth = "{type: event_count, rules: [a, b], group-by: [User], timespan: 5m, condition: {gte: 3}}";
    private const string Sum = "{type: value_sum, rules: [a], group-by: [User], timespan: 5m, condition: {field: n, gte: 30}}";
    private const string Distinct = "{type: value_count, rules: [a], group-by: [User], timespan: 5m, condition: {field: n, gte: 2}}";
    private const string All = "{type: temporal, rules: [a, b, c], group-by: [User], timespan: 5m}";
    private const string Ordered = "{type: temporal_ordered, rules: [a, b], group-by: [User], timespan: 5m}";
    private const string Neither = "{type: temporal, condition: a and not b, group-by: [User], timespan: 5m}";
    private const string NotBefore = "{type: temporal_ordered, condition: not b and a, rules: [b, a], group-by: [User], timespan: 5m}";
    private const string Chain = "{type: temporal_ordered, rules: [inner, b], group-by: [User], timespan: 5m}";

    /// <summary>
    /// A section; events, each by its values of F, seconds, user and n, as far as they have any; and what is told. Of a group: its user, + if it fires, where it is
    /// best and the value, the events by place and rule; then what is missing (!), out of order (~), unwanted (^); firings (&gt;) and what they stand for; what
    /// does not count; and the number of matches of other groups (*). Then what is of no group.
    /// </summary>
    public static TheoryData<string, string, string> Cases => new()
    {
        { Count, "a 0, a 60, a 120", "bob+ 120=3 [0a 1a 2a] >120" },
        { Count, "a 0, a 60", "bob 60=2 [0a 1a]" },
        { Count, "a 0, a 60, a 400", "bob 60=2 [0a 1a]" },
        { Count, "b 0", "" },
        { Count, "a 0, a 60, a 120, a 180, a 430, a 440", "bob+ 120=3 [0a 1a 2a] >120(180=4) >440" },
        { Count, "a 0, a 60 ann, a 120 ann", "ann 120=2 [1a 2a] *1; bob 0=1 [0a] *2" },
        { Count, "a 0, a 1 -, a ?, a 2 eve", "bob 0=1 [0a]; none: 1a NoField User, 2a NoTime, 3a Filtered 'Not Eve'" },
        { Count, "b ?, b 1 -", "" },
        { CountBoth, "ab 0, ab 1", "bob 1=2 [0a 1a] left 0b SameEvent, 1b SameEvent" },
        { Sum, "a 0 bob 10, a 1 bob x, a 2 bob 20", "bob+ 2=30 [0a 2a] >2 left 1a NoNumber n" },
        { Sum, "a 0 bob 10, a 400 bob 20.5", "bob 400=20.5 [1a]" },
        { Sum, "a 0 bob x", "bob none left 0a NoNumber n" },
        { Distinct, "a 0 bob 1, a 1, a 2 bob 1", "bob 0=1 [0a] left 1a NoValue n" },
        { All, "b 0, a 200, c 400", "bob 200=2 [0b 1a] !c" },
        { All, "abc 0", "bob+ 0=3 [0a 0b 0c] >0" },
        { Ordered, "b 0, a 10", "bob 0=1 [0b] !a" },
        { Ordered, "ab 0", "bob 0=1 [0a 0b] ~" },
        { Ordered, "a 0, b 5, a 10, b 15", "bob+ 5=2 [0a 1b] >5(10=2 15=2)" },
        { Neither, "a 0, b 10", "bob 0=1 [0a] ^1b" },
        { Neither, "a 0, b 400", "bob+ 0=1 [0a] >0" },
        { Neither, "b 0", "bob none" },
        { NotBefore, "b 0, a 10", "bob 10=1 [1a] ^0b" },
        { Chain, "a 0, a 10, a 20, b 30", "bob+ 30=2 [1e 2e 3b] >30" },
        { "{type: event_count, rules: [inner], group-by: [n], timespan: 5m, condition: {gte: 2}}", "a 0, a 10", "none: 1e NoField n" },
        { Chain, "a 0, b 30", "bob 30=1 [1b] !e" },
        { Chain, "a 0, a ?, a 1 eve, b 30", "bob 30=1 [3b] !e; none: 1a NoTime, 2a Filtered 'Not Eve'" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_a_correlation_came_to_is_told(string section, string events, string expected)
    {
        RuleSet rules = RuleText.Load(Rules + $"title: C\nid: 99999999-9999-4999-8999-999999999999\ncorrelation: {section}\n");
        var explainer = new CorrelationExplainer(rules, PlaceOf(rules));
        var detector = new Detector(rules);
        var unfiltered = new Detector(rules.WithoutFilters()!);
        string[] all = events.Split(", ");
        for (int place = 0; place < all.Length; place++)
        {
            string[] parts = all[place].Split(' ');
            string user = parts.Length < 3 ? "bob" : parts[2];
            SigmaEvent one = EventText.Parse(
                new JsonObject
                {
                    ["category"] = "test",
                    ["F"] = new JsonArray([.. parts[0].Select(rule => JsonValue.Create(rule.ToString()))]),
                    ["User"] = user == "-" ? null : user,
                    ["n"] = parts.Length > 3 ? parts[3] : null,
                }.ToJsonString(),
                Test);
            long? time = parts[1] == "?" ? null : Start.AddSeconds(int.Parse(parts[1], CultureInfo.InvariantCulture)).Ticks;
            string[] matched = [.. detector.Match(one, time is null ? null : explainer.Matches, time ?? 0, place).Select(match => match.Rule.Id)];
            foreach (int rule in Enumerable.Range(0, rules.Rules.Length).Where(rule => time is null && matched.Contains(rules.Rules[rule].Id)))
            {
                explainer.AddWithoutTime(rule, place);
            }

            foreach (string id in unfiltered.Match(one).Select(match => match.Rule.Id).Except(matched))
            {
                explainer.AddFiltered(rules.Rules.IndexOf(rules.Rules.Single(rule => rule.Id == id)), place, time);
            }
        }

        Assert.Equal(expected, TextOf(explainer.Explain()));
    }

    [Fact]
    public void Much_is_told_in_part()
    {
        RuleSet rules = RuleText.Load(Rules + $"title: C\nid: 99999999-9999-4999-8999-999999999999\ncorrelation: {Count}\n");
        var explainer = new CorrelationExplainer(rules, PlaceOf(rules));
        var detector = new Detector(rules);
        int place = 0;
        for (int user = 0; user < 30; user++)
        {
            for (int second = 0; second < (user == 29 ? 200 : 1 + (user % 2)); second++)
            {
                detector.Match(EventText.Parse($$"""{"category":"test","F":"a","User":"u{{user}}"}""", Test), explainer.Matches, Start.AddSeconds(second).Ticks, place++);
            }
        }

        CorrelationExplanation explanation = explainer.Explain();

        Assert.Equal((30, 1, CorrelationExplanation.MaxGroups), (explanation.GroupCount, explanation.Detections, explanation.Groups.Length));
        Assert.Equal(["u29", "u1", "u3"], explanation.Groups.Take(3).Select(group => group.Group.Single()));
        ExplainedFiring firing = Assert.Single(explanation.Groups[0].Firings);
        Assert.Equal((197, ExplainedFiring.MaxInstants), (firing.StandsForCount, firing.StandsFor.Length));
    }

    /// <summary>What is told of examples is what they say that is detected.</summary>
    [Fact]
    public void Examples_fire_where_they_are_detected()
    {
        string path = Corpus.Find("../correlation/examples.jsonl") ?? "";
        Assert.SkipWhen(path.Length == 0, "the examples are absent");
        foreach (JsonNode example in File.ReadLines(path).Select(line => JsonNode.Parse(line)!))
        {
            var rules = RuleSet.Load(example["files"]!.AsObject().Select(file => new RuleFile(file.Key, file.Value!.GetValue<string>())));
            var detector = new Detector(rules);
            foreach ((CompiledCorrelation correlation, int index) in rules.CorrelationPlan.Correlations.Select((one, index) => (one, index)).Where(one => !one.one.IsSilent))
            {
                var explainer = new CorrelationExplainer(rules, index);
                int place = 0;
                foreach (string line in example["lines"]!.AsArray().Select(line => line!.GetValue<string>()))
                {
                    SigmaEvent one = EventText.Parse(line, Test);
                    if (one.Views[0].Fields.TryGetValue("@timestamp", out FieldValue? time))
                    {
                        detector.Match(one, explainer.Matches, DateTimeOffset.Parse(time.Text, CultureInfo.InvariantCulture).UtcTicks, place);
                    }

                    place++;
                }

                Assert.Equal(
                    example["expect"]!.AsArray().Where(one => one!["rule"]!.GetValue<string>() == correlation.Correlation.Id)
                        .Select(one => (DateTimeOffset.Parse(one!["correlation"]!["last"]!.GetValue<string>(), CultureInfo.InvariantCulture).UtcTicks, one["correlation"]!["value"]!.ToJsonString())),
                    explainer.Explain().Groups.SelectMany(group => group.Firings).Select(firing => (firing.Time, firing.Value.ToString())));
            }
        }
    }

    private static int PlaceOf(RuleSet rules) =>
        rules.CorrelationPlan.Correlations.IndexOf(rules.CorrelationPlan.Correlations.Single(one => one.Correlation.Title == "C"));

    private static string TextOf(CorrelationExplanation explanation)
    {
        CompiledCorrelation correlation = explanation.Correlation;
        IEnumerable<string> groups = explanation.Groups.Select(group =>
            $"{string.Join('|', group.Group)}{(group.FiringCount > 0 ? "+" : "")}"
            + (group.Best is { } best ? $" {Seconds(best.Time)}={best.Value} [{string.Join(' ', best.Events.Select(Event))}]"
                + string.Concat(best.Missing.Select(rule => $" !{correlation.Parts[rule].Id[0]}"))
                + (best.IsOutOfOrder ? " ~" : "")
                + string.Concat(best.Unwanted.Select(one => $" ^{Event(one)}")) : " none")
            + string.Concat(group.Firings.Select(firing => $" >{Seconds(firing.Time)}"
                + (firing.StandsFor.IsEmpty ? "" : $"({string.Join(' ', firing.StandsFor.Select(one => $"{Seconds(one.Time)}={one.Value}"))})")))
            + (group.Left.IsEmpty ? "" : $" left {string.Join(", ", group.Left.Select(Left))}")
            + (group.Others > 0 ? $" *{group.Others}" : ""));
        return string.Join("; ", groups.Concat(explanation.Left.IsEmpty ? [] : [$"none: {string.Join(", ", explanation.Left.Select(Left))}"]));

        static long Seconds(long ticks) => (ticks - Start.Ticks) / TimeSpan.TicksPerSecond;

        static string Event(CorrelatedEvent one) => $"{one.Place}{one.Rule[0]}";

        static string Left(LeftMatch one) => $"{one.Place}{one.Rule[0]} {one.Reason}{(one.Detail.Length == 0 ? "" : " " + one.Detail)}";
    }
}
