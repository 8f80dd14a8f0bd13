using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Filters narrow the rules they name, and nothing else.</summary>
public sealed class FilterTests
{
    private const string Rules = """
        title: Windows
        id: 11111111-1111-4111-8111-111111111111
        name: on_windows
        logsource: {category: process_creation, product: windows}
        detection: {selection: {F: a}, condition: selection}
        ---
        title: Any product
        id: 22222222-2222-4222-8222-222222222222
        logsource: {category: process_creation}
        detection: {selection: {F: a}, condition: selection}
        ---
        title: Linux
        id: 33333333-3333-4333-8333-333333333333
        logsource: {category: process_creation, product: linux}
        detection: {selection: {F: a}, condition: selection}
        """;

    private static string Filter(string rules, string logSource = "{category: process_creation, product: windows}", string condition = "not selection") => $$"""
        title: Filter
        id: 99999999-9999-4999-8999-999999999999
        logsource: {{logSource}}
        filter:
            rules: {{rules}}
            selection: {User: admin}
            condition: {{condition}}
        """;

    /// <summary>The first digits of the rules that match an event of the user admin, and of the user bob.</summary>
    [Theory]
    [InlineData("[11111111-1111-4111-8111-111111111111]", "{category: process_creation, product: windows}", "not selection", "2", "12")]
    [InlineData("11111111-1111-4111-8111-111111111111", "{category: process_creation, product: windows}", "not selection", "2", "12")]
    [InlineData("[on_windows]", "{category: process_creation, product: windows}", "not selection", "2", "12")]
    [InlineData("any", "{category: process_creation, product: windows}", "not selection", "2", "12")]
    [InlineData("any", "{category: process_creation}", "not selection", "", "12")]
    [InlineData("any", "{product: windows}", "not selection", "2", "12")]
    [InlineData("[on_windows]", "{category: process_creation, product: windows}", "selection", "12", "2")]
    public void It_is_joined_to_the_rules_within_its_log_source(string rules, string logSource, string condition, string admin, string bob)
    {
        var detector = new Detector(RuleText.Load(Rules + "\n---\n" + Filter(rules, logSource, condition)));
        Assert.Equal(admin, Matches("admin"));
        Assert.Equal(bob, Matches("bob"));

        string Matches(string user) => string.Concat(
            detector.Match(EventText.Parse($$"""{"F":"a","User":"{{user}}"}""")).Select(match => match.Rule.Id[0]));
    }

    [Fact]
    public void It_names_a_UUID_in_whatever_case()
    {
        string rules = Rules.Replace("11111111-1111", "abcdef01-1111", StringComparison.Ordinal);
        RuleSet ruleSet = RuleText.Load(rules + "\n---\n" + Filter("[ABCDEF01-1111-4111-8111-111111111111]"));

        Assert.Empty(ruleSet.Diagnostics);
        Assert.Equal(["22222222"], new Detector(ruleSet).Match(EventText.Parse("""{"F":"a","User":"admin"}""")).Select(match => match.Rule.Id[..8]));
    }

    [Fact]
    public void Several_filters_on_a_rule_must_all_let_it_pass()
    {
        string second = Filter("any").Replace("9999", "8888", StringComparison.Ordinal).Replace("admin", "root", StringComparison.Ordinal);
        RuleSet ruleSet = RuleText.Load(Filter("any") + "\n---\n" + second + "\n---\n" + Rules);
        var detector = new Detector(ruleSet);
        Assert.Equal(2, ruleSet.Filters.Length);
        Assert.Equal(["2", "2", "12"], new[] { "admin", "root", "bob" }.Select(user => string.Concat(
            detector.Match(EventText.Parse($$"""{"F":"a","User":"{{user}}"}""")).Select(match => match.Rule.Id[0]))));
    }

    public static TheoryData<string, string, bool> Faults => new()
    {
        { Filter("[nothing]"), "SF0402", true },
        { Filter("[33333333-3333-4333-8333-333333333333]"), "SF0402", true },
        { Filter("any", "{category: dns_query}"), "SF0402", true },
        { Filter("any", condition: "selection"), "SF0403", true },
        { Filter("[]"), "SF0401", false },
        { Filter("any", condition: "not other"), "SF0303", false },
        { Filter("any").Replace("title: Filter\n", "", StringComparison.Ordinal), "SF0101", false },
        { Filter("any").Replace("logsource: {category: process_creation, product: windows}\n", "", StringComparison.Ordinal), "SF0103", false },
        { "title: F\nid: 99999999-9999-4999-8999-999999999999\nlogsource: {product: windows}\nfilter: any", "SF0401", false },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_of_a_filter_is_reported_and_touches_no_rule(string filter, string code, bool loads)
    {
        RuleSet ruleSet = RuleText.Load(Rules + "\n---\n" + filter);
        Assert.Contains(ruleSet.Diagnostics, diagnostic => diagnostic.Code == code);
        Assert.Equal((3, loads ? 1 : 0, loads ? 0 : 1), (ruleSet.Rules.Length, ruleSet.Filters.Length, ruleSet.Rejected));
    }
}
