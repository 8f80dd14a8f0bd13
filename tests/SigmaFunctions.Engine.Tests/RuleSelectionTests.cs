using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Which rules a deployment lets run.</summary>
public sealed class RuleSelectionTests
{
    private static readonly RuleSet Rules = RuleSet.Load([new RuleFile("rules.yml", string.Join(
        "\n---\n",
        Rule("00000000-0000-4000-8000-000000000001", "stable", "high", "windows", "attack.execution, attack.t1059.001"),
        Rule("00000000-0000-4000-8000-000000000002", "test", "low", "windows", "attack.t1059"),
        Rule("00000000-0000-4000-8000-000000000003", "experimental", "critical", "linux", "attack.t10590, cve.2021-44228"),
        Rule("00000000-0000-4000-8000-000000000004", null, null, null, null)))]);

    public static TheoryData<string, string, string, string, string, string> Selections => new()
    {
        // statuses, levels, tags, products, ids: what runs
        { "", "", "", "", "", "1 2 3 4" },
        { "stable test", "", "", "", "", "1 2" },
        { "STABLE", "", "", "", "", "1" },
        { "!experimental", "", "", "", "", "1 2 4" },
        { "stable !stable", "", "", "", "", "" },
        { "", "high critical", "", "", "", "1 3" },
        { "", "", "attack.t1059", "", "", "1 2" },
        { "", "", "attack.t1059.001", "", "", "1" },
        { "", "", "!attack.t1059", "", "", "3 4" },
        { "", "", "cve", "", "", "3" },
        { "", "", "attack.t1059 !attack.execution", "", "", "2" },
        { "", "", "", "windows", "", "1 2" },
        { "", "", "", "!windows", "", "3 4" },
        { "", "", "", "", "00000000-0000-4000-8000-000000000002 00000000-0000-4000-8000-000000000009", "2" },
        { "", "", "", "", "!00000000-0000-4000-8000-000000000002", "1 3 4" },
        { "stable test", "low", "", "windows", "", "2" },
    };

    [Theory]
    [MemberData(nameof(Selections))]
    public void Every_list_must_take_a_rule(string statuses, string levels, string tags, string products, string ids, string running)
    {
        var selection = new RuleSelection
        {
            Statuses = [.. Entries(statuses)],
            Levels = [.. Entries(levels)],
            Tags = [.. Entries(tags)],
            Products = [.. Entries(products)],
            Ids = [.. Entries(ids)],
        };

        RuleSet selected = Rules.With(selection);

        Assert.Equal(running, string.Join(' ', selected.Rules.Select(rule => rule.Id[^1])));
        Assert.Equal(Rules.Revision, selected.Revision);
    }

    [Fact]
    public void What_Sigma_does_not_have_is_named()
    {
        var selection = new RuleSelection { Statuses = ["stable", "!final"], Levels = ["hi"], Tags = ["anything"] };

        Assert.Equal(
            [
                "'final' is no status: there are deprecated, experimental, stable, test, unsupported.",
                "'hi' is no level: there are critical, high, informational, low, medium.",
            ],
            selection.Faults());
    }

    private static string[] Entries(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Rule(string id, string? status, string? level, string? product, string? tags) =>
        $"title: A rule\nid: {id}\n"
        + (status is null ? "" : $"status: {status}\n")
        + (level is null ? "" : $"level: {level}\n")
        + (tags is null ? "" : $"tags: [{tags}]\n")
        + $"logsource: {{category: process_creation{(product is null ? "" : $", product: {product}")}}}\ndetection: {{s: {{F: {id}}}, condition: s}}";
}
