using System.Collections.Immutable;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>What can be asked of a rule by its id.</summary>
public sealed class RuleLookupTests
{
    private const string Id = "11111111-1111-4111-8111-111111111111";

    private static readonly RuleLookup Products = new(RuleSet.Load([new RuleFile("rules.yml", """
        title: On Windows
        id: 00000000-0000-4000-8000-000000000001
        name: windows
        logsource: { product: windows, category: process_creation }
        detection: { selection: { Image|endswith: '\a.exe' }, condition: selection }
        ---
        title: On Linux
        id: 00000000-0000-4000-8000-000000000002
        name: linux
        logsource: { product: linux, category: process_creation }
        detection: { selection: { Image|endswith: '/a' }, condition: selection }
        ---
        title: Anywhere
        id: 00000000-0000-4000-8000-000000000003
        logsource: { category: webserver }
        detection: { selection: { cs-method: TRACE }, condition: selection }
        ---
        title: Both
        id: 00000000-0000-4000-8000-000000000004
        name: both
        correlation: { type: temporal, rules: [windows, linux], timespan: 1m, group-by: [User] }
        ---
        title: Over both
        id: 00000000-0000-4000-8000-000000000005
        correlation: { type: event_count, rules: [both], timespan: 1h, group-by: [User], condition: { gte: 2 } }
        """)]));

    [Theory]
    [InlineData("00000000-0000-4000-8000-000000000001", "windows")]
    [InlineData("00000000-0000-4000-8000-000000000002", "linux")]
    [InlineData("00000000-0000-4000-8000-000000000003", "")]
    [InlineData("00000000-0000-4000-8000-000000000004", "windows linux")]
    [InlineData("00000000-0000-4000-8000-000000000005", "windows linux")]
    [InlineData("00000000-0000-4000-8000-000000000009", null)]
    public void Products_are_those_of_the_rules(string id, string? products)
    {
        ImmutableArray<string>? found = Products.FindProducts(id);

        Assert.Equal(products, found is { } known ? string.Join(' ', known) : null);
    }

    [Theory]
    [InlineData("{ CommandLine|contains: '--eval' }", "CommandLine=node --EVAL x", "--EVAL")] // As it stands in the value.
    [InlineData("{ CommandLine|contains: ['--eval', 'child_process'] }", "CommandLine=node --eval child_process", "child_process --eval")]
    [InlineData("{ CommandLine|contains|all: ['--eval', 'absent'] }", "CommandLine=node --eval x", "--eval")]
    [InlineData("{ CommandLine|contains: ['eval', '--eval'] }", "CommandLine=node --eval x", "--eval")] // One within another is left out.
    [InlineData("{ CommandLine: 'node*--eval*' }", "CommandLine=node --eval x", "--eval node")]
    [InlineData("{ CommandLine|contains: '-e' }", "CommandLine=node -e x", "")] // Too short to tell anything.
    [InlineData("{ Image: 'node.exe' }", "Image=node.exe", "")] // The value as a whole.
    [InlineData("{ CommandLine|contains: '--eval' }", "Image=--eval x", "")] // Another field.
    [InlineData("{ CommandLine|re: '--eval.*' }", "CommandLine=node --eval x", "")]
    public void What_matched_is_found_in_the_values(string selection, string field, string matched)
    {
        var lookup = new RuleLookup(RuleText.Load(RuleText.WithSelection(selection)));
        string[] parts = field.Split('=', 2);

        Assert.Equal(matched, string.Join(' ', lookup.FindMatched(Id, [(parts[0], parts[1])])));
    }

    [Fact]
    public void What_is_negated_did_not_match()
    {
        var lookup = new RuleLookup(RuleText.Load(RuleText.WithDetection(
            "selection: { CommandLine|contains: '--eval' }\nfilter: { CommandLine|contains: 'node' }\ncondition: selection and not filter")));

        Assert.Equal(["--eval"], lookup.FindMatched(Id, [("CommandLine", "node --eval")]));
    }

    [Fact]
    public void Of_many_the_longest_are_given()
    {
        string[] literals = [.. Enumerable.Range(0, 30).Select(i => $"literal{i:00}{new string('x', i)}y")];
        var lookup = new RuleLookup(RuleText.Load(RuleText.WithSelection($"{{ CommandLine|contains: [{string.Join(", ", literals)}] }}")));

        Assert.Equal(literals.Reverse().Take(RuleLookup.MaxMatched), lookup.FindMatched(Id, [("CommandLine", string.Join(' ', literals))]));
    }

    [Fact]
    public void A_rule_that_does_not_run_tells_nothing() =>
        Assert.Empty(new RuleLookup(RuleSet.Load([])).FindMatched(Id, [("CommandLine", "node --eval x")]));
}
