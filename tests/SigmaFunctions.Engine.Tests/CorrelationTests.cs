using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Correlation rules are read and checked.</summary>
public sealed class CorrelationTests
{
    private const string Rules = """
        title: A
        id: 11111111-1111-4111-8111-111111111111
        name: rule_a
        logsource: {category: process_creation}
        detection: {selection: {F: a}, condition: selection}
        ---
        title: B
        id: 22222222-2222-4222-8222-222222222222
        name: rule_b
        logsource: {category: process_creation}
        detection: {selection: {F: b}, condition: selection}
        """;

    private static string Correlation(string body, string name = "many", char digit = '9') => $$"""
        title: Correlation
        id: {{new string(digit, 8)}}-9999-4999-8999-999999999999
        name: {{name}}
        level: high
        tags: [attack.t1110]
        correlation: {{body}}
        """;

    private static RuleSet Load(params string[] correlations) => RuleText.Load(string.Join("\n---\n", [Rules, .. correlations]));

    [Fact]
    public void All_of_it_is_kept()
    {
        SigmaCorrelation correlation = Load(Correlation(
            "{type: value_count, rules: [rule_a, 22222222-2222-4222-8222-222222222222], group-by: [ip, Host, ip], timespan: 90m, condition: {field: User, gt: 2, lte: 10}, generate: true, aliases: {ip: {rule_a: SourceIp}}}"))
            .Correlations.Single();
        Assert.Equal(("Correlation", "many", "high"), (correlation.Title, correlation.Name, correlation.Level));
        Assert.Equal((CorrelationType.ValueCount, TimeSpan.FromMinutes(90), true), (correlation.Type, correlation.Timespan, correlation.Generate));
        Assert.Equal(["rule_a", "22222222-2222-4222-8222-222222222222"], correlation.Rules);
        Assert.Equal(["ip", "Host"], correlation.GroupBy);
        Assert.Equal(["User"], correlation.Fields);
        Assert.Equal([new(CorrelationOperator.Gt, 2), new CorrelationBound(CorrelationOperator.Lte, 10)], correlation.Bounds);
        Assert.Equal("SourceIp", correlation.Aliases.Single().FieldByRule["rule_a"]);
    }

    [Fact]
    public void It_refers_to_a_UUID_in_whatever_case()
    {
        string rules = Rules.Replace("11111111-1111", "abcdef01-1111", StringComparison.Ordinal);
        string correlation = Correlation("{type: event_count, rules: ABCDEF01-1111-4111-8111-111111111111, timespan: 1m, condition: {gte: 5}}");
        string itself = Correlation("{type: event_count, rules: ABCDEF88-9999-4999-8999-999999999999, timespan: 1m, condition: {gte: 5}}", "circle", '8')
            .Replace("88888888", "abcdef88", StringComparison.Ordinal);

        RuleSet ruleSet = RuleText.Load(string.Join("\n---\n", [rules, correlation, itself]));

        Assert.Equal("many", ruleSet.Correlations.Single().Name);
        Assert.Contains("refers to itself", ruleSet.Diagnostics.Single(item => item.Code == "SF0502").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{type: event_count, rules: rule_a, timespan: 10s, condition: {gte: 5}}")]
    [InlineData("{type: event_count, rules: [rule_a], group-by: Host, timespan: 1h, condition: {eq: 5}}")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h, condition: {neq: 0}}")]
    [InlineData("{type: temporal, rules: [rule_a, rule_b], timespan: 1d}")]
    [InlineData("{type: temporal_ordered, rules: [rule_a, rule_b], group-by: [User], timespan: 1d}")]
    [InlineData("{type: temporal, rules: [rule_a, rule_b], timespan: 1d, condition: {gte: 1}}")]
    [InlineData("{type: value_sum, rules: [rule_a], timespan: 1h, condition: {field: Bytes, gt: 1.5}}")]
    [InlineData("{type: value_avg, rules: [rule_a], timespan: 1h, condition: {field: Bytes, lt: -2}}")]
    [InlineData("{type: value_median, rules: [rule_a], timespan: 1h, condition: {field: Bytes, lt: 2}}")]
    [InlineData("{type: value_percentile, rules: [rule_a], timespan: 1h, condition: {field: Bytes, lt: 2, percentile: 95}}")]
    public void It_loads(string body)
    {
        RuleSet ruleSet = Load(Correlation(body));
        Assert.DoesNotContain(ruleSet.Diagnostics, diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        Assert.Single(ruleSet.Correlations);
    }

    [Theory]
    [InlineData("x", "SF0501")]
    [InlineData("{type: count, rules: [rule_a], timespan: 1h, condition: {gte: 5}}", "SF0501")]
    [InlineData("{rules: [rule_a], timespan: 1h, condition: {gte: 5}}", "SF0501")]
    [InlineData("{type: event_count, timespan: 1h, condition: {gte: 5}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], condition: {gte: 5}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1w, condition: {gte: 5}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 0s, condition: {gte: 5}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 5, condition: {gte: 5}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h, condition: {}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h, condition: {gte: x}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h, condition: {about: 5}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h, condition: {gte: 5, field: User}}", "SF0501")]
    [InlineData("{type: value_count, rules: [rule_a], timespan: 1h, condition: {gte: 5}}", "SF0501")]
    [InlineData("{type: value_percentile, rules: [rule_a], timespan: 1h, condition: {field: B, gte: 5}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h, condition: {gte: 5}, generate: maybe}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h, condition: {gte: 5}, every: 5}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h, condition: {gte: 5}, aliases: {ip: {rule_b: X}}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h, condition: {gte: 0.12345678901234567890123456789}}", "SF0501")]
    [InlineData("{type: event_count, rules: [rule_a], timespan: 1h, condition: {gte: 5}, group-by: {User: x}}", "SF0102")]
    [InlineData("{type: event_count, rules: [rule_c], timespan: 1h, condition: {gte: 5}}", "SF0502")]
    [InlineData("{type: event_count, rules: [many], timespan: 1h, condition: {gte: 5}}", "SF0502")]
    public void It_is_rejected(string body, string code)
    {
        RuleSet ruleSet = Load(Correlation(body));
        Assert.Contains(ruleSet.Diagnostics, diagnostic => diagnostic.Code == code);
        Assert.Equal((2, 0, 1), (ruleSet.Rules.Length, ruleSet.Correlations.Length, ruleSet.Rejected));
    }

    /// <summary>Work for an event is bounded by what a correlation may ask.</summary>
    [Theory]
    [InlineData(64, 1, true)]
    [InlineData(65, 1, false)]
    [InlineData(17, 15, true)]
    [InlineData(17, 16, false)]
    public void An_order_has_so_many_rules(int rules, int ways, bool isAccepted)
    {
        string[] documents = [.. Enumerable.Range(0, rules).Select(i =>
            $"title: R\nid: 00000000-0000-4000-8000-{i:D12}\nname: r{i}\nlogsource: {{category: any}}\ndetection: {{s: {{F: a}}, condition: s}}\n")];
        string condition = ways == 1 ? "" : $", condition: r0 and ({string.Join(" or ", Enumerable.Range(1, ways).Select(i => $"r{i}"))}){string.Concat(Enumerable.Range(ways + 1, rules - ways - 1).Select(i => $" and not r{i}"))}";
        RuleSet set = RuleText.Load(string.Join("---\n", documents.Append(Correlation(
            $"{{type: temporal_ordered, rules: [{string.Join(", ", Enumerable.Range(0, rules).Select(i => $"r{i}"))}], timespan: 1h{condition}}}"))));

        Assert.Equal((rules, isAccepted ? 1 : 0), (set.Rules.Length, set.Correlations.Length));
    }

    /// <summary>As many documents as a file may have refer each to the one before: no recursion, and no more than a few over one another.</summary>
    [Fact]
    public void A_tower_of_correlations_ends_at_some_height()
    {
        string[] tower =
        [
            .. Enumerable.Range(0, 2_000).Select(i =>
                $"title: C\nid: 00000000-0000-4000-8000-{i:D12}\nname: c{i}\ncorrelation: {{type: temporal, rules: [{(i == 0 ? "rule_a" : $"c{i - 1}, rule_b")}], timespan: 1h}}\n"),
        ];
        RuleSet set = Load(tower);

        Assert.Equal((16, 1_984), (set.Correlations.Length, set.Rejected));
        Assert.Equal((1, 1_983), (Count("SF0501"), Count("SF0502")));

        int Count(string code) => set.Diagnostics.Count(one => one.Code == code);
    }

    /// <summary>An alias is for the rule that the same reference would mean in <c>rules</c>, and for no other of that name.</summary>
    [Theory]
    [InlineData("rule_a, 33333333-1111-4111-8111-111111111111", "User", "Z")]
    [InlineData("33333333-1111-4111-8111-111111111111", null, null)]
    public void An_alias_is_for_one_rule(string rules, string? own, string? foreign)
    {
        var set = RuleSet.Load(
        [
            new RuleFile("own.yml", Rules + "\n---\n" + Correlation($"{{type: temporal, rules: [{rules}], group-by: [Z], aliases: {{Z: {{rule_a: User}}}}, timespan: 1h}}")),
            new RuleFile("other.yml", Rules.Split("---")[0].Replace("11111111-", "33333333-", StringComparison.Ordinal)),
        ]);

        Assert.Equal(
            own is null ? [] : [own, foreign!],
            set.CorrelationPlan.Correlations.SelectMany(one => one.Parts).Select(part => part.GroupBy.Single()));
    }

    /// <summary>What refers to a circle is in none.</summary>
    [Fact]
    public void A_circle_is_told_where_it_is()
    {
        RuleSet set = Load(
            Correlation("{type: temporal, rules: [rule_a, two], timespan: 1h}", "one", '6'),
            Correlation("{type: temporal, rules: [three], timespan: 1h}", "two", '7'),
            Correlation("{type: temporal, rules: [two], timespan: 1h}", "three", '8'));

        Assert.Collection(
            set.Diagnostics.Where(one => one.Code == "SF0502"),
            one => Assert.StartsWith("The correlation refers to 'two', which was rejected.", one.Message, StringComparison.Ordinal),
            one => Assert.StartsWith("The correlation refers to itself", one.Message, StringComparison.Ordinal),
            two => Assert.StartsWith("The correlation refers to itself", two.Message, StringComparison.Ordinal));
    }

    /// <summary>Fields are asked for through any number of ways between two correlations, each once.</summary>
    [Fact]
    public void Diamonds_cost_no_more_than_their_edges()
    {
        IEnumerable<string> levels = Enumerable.Range(0, 15).SelectMany(level => ((string[])["a", "b"]).Select((side, i) =>
            $"title: C\nid: 00000000-0000-4000-8000-{(level * 2) + i:D12}\nname: c{level}{side}\n"
            + $"correlation: {{type: temporal, rules: [{(level == 0 ? $"rule_{side}" : $"c{level - 1}a, c{level - 1}b")}], group-by: [f{level}], timespan: 1h}}\n"));
        RuleSet set = Load([.. levels]);

        Assert.Equal(30, set.Correlations.Length);
        Assert.All(set.CorrelationPlan.Rules, rule => Assert.Equal(15, set.CorrelationPlan.FieldsOf(rule).Length));
    }

    [Fact]
    public void Chains_load_and_circles_do_not()
    {
        const string First = "{type: event_count, rules: [rule_a], timespan: 1h, condition: {gte: 5}}";
        const string Chained = "{type: temporal_ordered, rules: [one, rule_b], timespan: 1h}";
        Assert.Equal(2, Load(Correlation(First, "one", '8'), Correlation(Chained, "two")).Correlations.Length);
        Assert.Empty(Load(
            Correlation("{type: temporal, rules: [two], timespan: 1h}", "one", '8'),
            Correlation("{type: temporal, rules: [one], timespan: 1h}", "two")).Correlations);
        Assert.Empty(Load(
            Correlation(First.Replace("rule_a", "missing", StringComparison.Ordinal), "one", '8'), Correlation(Chained, "two")).Correlations);
    }

    [Fact]
    public void A_name_that_is_taken_is_a_warning()
    {
        RuleSet ruleSet = RuleText.Load(Rules.Replace("rule_b", "rule_a", StringComparison.Ordinal));
        Assert.Equal(["SF0110"], ruleSet.Diagnostics.Select(diagnostic => diagnostic.Code));
        Assert.Equal(2, ruleSet.Rules.Length);
    }
}
