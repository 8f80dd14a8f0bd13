using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Test files of correlations.</summary>
public sealed class StreamTesterTests : IDisposable
{
    private const string Rules = """
        title: Failed
        name: failed
        id: aaaaaaaa-0000-4000-8000-000000000001
        logsource: {category: auth}
        detection: {s: {a: f}, condition: s}
        ---
        title: Succeeded
        name: succeeded
        id: aaaaaaaa-0000-4000-8000-000000000002
        logsource: {category: other}
        detection: {s: {a: s}, condition: s}
        ---
        title: Three failed
        name: three
        id: aaaaaaaa-0000-4000-8000-000000000003
        correlation: {type: event_count, rules: [failed], group-by: [u], timespan: 10s, condition: {gte: 3}}

        """;

    private const string Chain = """
        ---
        title: Three failed, then one that did not
        id: aaaaaaaa-0000-4000-8000-000000000004
        correlation: {type: temporal_ordered, rules: [three, succeeded], group-by: [u], timespan: 1m}

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("stream-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("{repeat: 3 every 5s, event: {a: f, u: x}}", "match: true", true)]
    [InlineData("{repeat: 3 every 5s, event: {a: f, u: x}}", "match: false", false)]
    [InlineData("{repeat: 3 every 5.0000001s, event: {a: f, u: x}}", "match: false", true)]
    [InlineData("{repeat: 3 every 5.0000001s, event: {a: f, u: x}}", "match: true", false)]
    [InlineData("{repeat: 3, event: {a: f, u: 'x{n}'}}", "match: false", true)]
    [InlineData("{repeat: 9 every 5s, event: {a: f, u: x}}", "detections: 3", true)]
    [InlineData("{repeat: 9 every 5s, event: {a: f, u: x}}", "detections: 2", false)]
    [InlineData("{repeat: 9 every 5s, event: {a: f, u: x}}", "detections: [{last: 40s}, {last: 10s}, {last: 25s}]", true)]
    [InlineData("{repeat: 3 every 1s, event: {a: f, u: x}}", "detections: [{value: 3, first: 0s, last: 2s, events: 3, group: {u: x}}]", true)]
    [InlineData("{repeat: 3 every 1s, event: {a: f, u: x}}", "detections: [{value: 4}]", false)]
    [InlineData("{repeat: 3 every 1s, event: {a: f, u: x}}", "detections: [{first: 1s}]", false)]
    [InlineData("{repeat: 3 every 1s, event: {a: f, u: x}}", "detections: [{last: 3s}]", false)]
    [InlineData("{repeat: 3 every 1s, event: {a: f, u: x}}", "detections: [{events: 2}]", false)]
    [InlineData("{repeat: 3 every 1s, event: {a: f, u: x}}", "detections: [{group: {u: X}}]", false)]
    [InlineData("{repeat: 3 every 1s, event: {a: f, u: x}}", "detections: [{group: {v: x}}]", false)]
    [InlineData("{repeat: 3, event: {a: f, u: x}}, {repeat: 3, event: {a: f, u: y}}", "detections: [{value: 3}, {group: {u: x}}]", true)]
    [InlineData("{repeat: 3, event: {a: f, u: x}}, {repeat: 3, event: {a: f, u: y}}", "detections: [{group: {u: x}}, {group: {u: x}}]", false)]
    [InlineData("{repeat: 3, event: {a: f, u: x}}, {repeat: 3, event: {a: f, u: y}}", "detections: [{group: {u: x}}]", false)]
    public void A_stream_passes(string events, string expected, bool passes)
    {
        Write(Rules, $"events: [{events}], {expected}");

        RuleTestResult result = Assert.Single(Run().Results);

        Assert.Null(result.Fault);
        Assert.Equal((passes, "Three failed"), (result.Passed, result.Rule!.Title));
    }

    [Fact]
    public void Building_blocks_have_cases_of_their_own_and_the_correlation_that_is_told_of_need_not_be_named()
    {
        Write(
            Rules + Chain,
            "events: [{repeat: 3, event: {a: f, u: x}}, {event: {a: s, u: x}}], match: true",
            "events: [{repeat: 3, event: {a: f, u: x}}], match: false",
            "events: [{repeat: 3, event: {a: f, u: x}}], match: true, rule: three",
            "event: {a: f}, match: true, rule: failed",
            "event: {a: f}, match: true, rule: succeeded");

        RuleTestReport report = Run();

        Assert.Equal([true, true, true, true, false], report.Results.Select(result => result.Passed));
        Assert.Equal(
            ["Three failed, then one that did not", "Three failed, then one that did not", "Three failed", "Failed", "Succeeded"],
            report.Results.Select(result => result.Rule?.Title));
    }

    [Theory]
    [InlineData("events: [{event: {}}], match: true, rule: failed", "failed is a rule: give it one 'event'")]
    [InlineData("event: {}, match: true, rule: three", "three is a correlation: give it 'events'")]
    [InlineData("events: [{event: {}}], match: true, rule: none", "r.yml has no correlation none")]
    [InlineData("event: {}, match: true", "r.yml has several rules: say which with 'rule', by its id or name")]
    public void A_case_that_cannot_be_run_says_why(string test, string fault)
    {
        Write(Rules, test);

        Assert.Equal(fault, Run().Results.Single().Fault?.Replace(_folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_several_correlations_with_detections_of_their_own_a_case_says_which()
    {
        const string Other = "---\ntitle: Two\ncorrelation: {type: event_count, rules: [failed], timespan: 1m, condition: {gte: 2}}\n";
        Write(Rules + Other, "events: [{event: {}}], match: false");

        Assert.EndsWith("r.yml has several correlations: say which with 'rule', by its id or name", Run().Results.Single().Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Building_blocks_of_what_has_a_case_need_none()
    {
        const string Told = "---\ntitle: Told itself\nlogsource: {category: auth}\ndetection: {s: {a: f}, condition: s}\n";
        Write(Rules + Chain + Told, "events: [{event: {a: s}}], match: false");
        Assert.Equal(["Told itself"], Run().Untested.Select(rule => rule.Title));

        Write(Rules, "event: {a: f}, match: true, rule: failed");
        Assert.Equal(["Succeeded", "Three failed"], Run().Untested.Select(rule => rule.Title));
    }

    /// <summary>Correlations over one another in many ways, of which there are 5 to the 15th, are looked at once each.</summary>
    [Fact]
    public void A_case_costs_no_more_than_its_correlations()
    {
        IEnumerable<string> levels = Enumerable.Range(0, 16).SelectMany(level => Enumerable.Range(0, level < 15 ? 5 : 1).Select(side =>
            $"title: C\nid: 00000000-0000-4000-8000-{(level * 10) + side:D12}\nname: c{level}_{side}\n"
            + $"correlation: {{type: temporal, rules: [{(level == 0 ? "failed" : string.Join(", ", Enumerable.Range(0, 5).Select(below => $"c{level - 1}_{below}")))}], timespan: 1m}}\n"));
        Write(Rules.Split("---")[0] + "---\n" + string.Join("---\n", levels), "rule: c15_0, events: [{event: {a: f}}], match: true");

        Assert.True(Run().Results.Single().Passed);
    }

    [Fact]
    public void What_a_stream_came_to_is_told()
    {
        Write(
            Rules,
            "events: [{repeat: 2, event: {a: f, u: x}}, {at: 3s, event: {a: f, u: y}}, {repeat: 3, event: {a: f}}, {repeat: 3, event: {a: f, u: z}}], detections: [{group: {u: x}}]");

        StreamVerdict verdict = Run().Results.Single().Stream!;

        Assert.Equal("x", verdict.Missing.Single().Group["u"]);
        Assert.Equal(["z 3 3s 3s 3"], verdict.Detected.Select(one => $"{one.Group[0]} {one.Value} {StreamTime.TextOf(one.First)} {StreamTime.TextOf(one.Last)} {one.Events}"));
        Assert.Equal(["x 2 0s", "y 1 3s"], verdict.Reached.Select(one => $"{one.Group[0]} {one.Value} {StreamTime.TextOf(one.Last)}"));
        Assert.Equal([new MatchedRule("failed", 9)], verdict.Matches);
        Assert.Equal([new LackingField("failed", "u", 3)], verdict.Lacking);
    }

    [Theory]
    [InlineData("{lt: 3}", "3 every 1s", "none")]
    [InlineData("{gte: 5}", "3 every 4s", "3")]
    [InlineData("{gte: 5, lt: 9}", "3 every 4s", "3")]
    [InlineData("{eq: 2}", "1", "1")]
    [InlineData("{gt: 1, lt: 2}", "3", "3")]
    [InlineData("{lte: 0}", "3 every 1s", "1")]
    public void The_window_that_comes_nearest_is_told(string condition, string repeat, string value)
    {
        Write(Rules.Replace("{gte: 3}", condition, StringComparison.Ordinal), $"events: [{{repeat: {repeat}, event: {{a: f, u: x}}}}], detections: 9");

        Assert.Equal(value, Run().Results.Single().Stream!.Reached.SingleOrDefault()?.Value.ToString() ?? "none");
    }

    private void Write(string rules, params string[] cases)
    {
        File.WriteAllText(Path.Combine(_folder, "r.yml"), rules);
        File.WriteAllText(Path.Combine(_folder, "r.test.yml"), "tests:\n" + string.Concat(cases.Select((test, index) => $"  - {{name: '{index}', {test}}}\n")));
    }

    private RuleTestReport Run() => RuleTester.Run(RuleTestPaths.Find([_folder]));
}
