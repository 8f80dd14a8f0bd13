using SigmaFunctions.Engine.Comparing;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.Tests;

public sealed class RuleSetComparisonTests
{
    private const string Head = "title: T\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {category: test}\nlevel: high\n";

    /// <summary>The detection of the old rule, that of the new one, and what is found: same, wording, or logic with the tests removed and added.</summary>
    [Theory]
    [InlineData("{s: {a: x}, condition: s}", "{s: {a: x}, condition: s}", "same")]
    [InlineData("{s: {a: x}, condition: s}", "{s: {a: X}, condition: s}", "same")]
    [InlineData("{s: {a: x}, condition: s}", "{s: {a: 'x'}, condition: s}", "same")]
    [InlineData("{s: {a: x}, condition: s}", "{selection: {a: x}, condition: selection}", "wording")]
    [InlineData("{s: {a: [x, y]}, condition: s}", "{s: {a: [y, x]}, condition: s}", "wording")]
    [InlineData("{s: {a: [x, y]}, condition: s}", "{s: {a: [y, x, y]}, condition: s}", "wording")]
    [InlineData("{s: {a: x, b: y}, condition: s}", "{s: {a: x}, t: {b: y}, condition: s and t}", "wording")]
    [InlineData("{s: {a: x, b: y}, condition: s}", "{s: {a: x}, t: {b: y}, condition: t and s}", "wording")]
    [InlineData("{s: {a: x}, t: {a: y}, condition: 1 of them}", "{s: {a: [x, y]}, condition: s}", "wording")]
    [InlineData("{s: {a: x}, condition: s}", "{s: {a: x}, condition: not not s}", "wording")]
    [InlineData("{s: {a: x}, condition: s}", "{s: {a: x}, condition: not s}", "logic")]
    [InlineData("{s: {a: x}, t: {b: y}, condition: s and t}", "{s: {a: x}, t: {b: y}, condition: s or t}", "logic")]
    [InlineData("{s: {a: x}, condition: s}", "{s: {a: y}, condition: s}", "logic -a equals 'x' +a equals 'y'")]
    [InlineData("{s: {a: x}, condition: s}", "{s: {a|cased: x}, condition: s}", "logic -a equals 'x' +a equals|cased 'x'")]
    [InlineData("{s: {a: x}, condition: s}", "{s: {b: x}, condition: s}", "logic -a equals 'x' +b equals 'x'")]
    [InlineData("{s: {a: x}, condition: s}", "{s: {a: [x, y]}, condition: s}", "logic +a equals 'y'")]
    [InlineData("{s: {a|contains: x}, condition: s}", "{s: {a: '*x*'}, condition: s}", "same")]
    [InlineData("{s: {a: 'null'}, condition: s}", "{s: {a: null}, condition: s}", "logic -a equals 'null' +a equals 'null'")]
    public void Detections_compare(string before, string after, string expected)
    {
        var comparison = RuleSetComparison.Of(Load($"{Head}detection: {before}"), Load($"{Head}detection: {after}"));

        Assert.Equal(expected, Text(comparison));
        Assert.Equal(expected == "same" ? 1 : 0, comparison.Unchanged);
    }

    [Theory]
    [InlineData("level: high", "level: low", "wording level high>low")]
    [InlineData("tags: [attack.t1059]", "", "wording tags attack.t1059>")]
    [InlineData("tags: [attack.t1059, attack.execution]", "tags: [attack.execution, attack.t1059]", "wording tags attack.t1059, attack.execution>attack.execution, attack.t1059")]
    [InlineData("author: a\nmodified: 2026-01-01", "author: b\nmodified: 2026-01-02", "wording author a>b modified 2026-01-01>2026-01-02")]
    [InlineData("team: red", "team: blue", "wording team red>blue")]
    [InlineData("related: [{id: a, type: similar}]", "related: [{id: a, type: derived}]", "wording related similar a>derived a")]
    public void Metadata_compares(string before, string after, string expected)
    {
        const string Rest = "title: T\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {category: test}\ndetection: {s: {a: x}, condition: s}\n";

        var change = Assert.Single(RuleSetComparison.Of(Load(Rest + before), Load(Rest + after)).Changed);

        Assert.Equal(expected, "wording" + string.Concat(change.Attributes.Select(attribute => $" {attribute.Name} {attribute.Old}>{attribute.New}")));
        Assert.False(change.IsLogic);
    }

    [Fact]
    public void A_log_source_is_logic()
    {
        var change = Assert.Single(RuleSetComparison.Of(
            Load(Head + "detection: {s: {a: x}, condition: s}"),
            Load(Head.Replace("category: test", "category: test, product: windows", StringComparison.Ordinal) + "detection: {s: {a: x}, condition: s}")).Changed);

        Assert.True(change.IsLogic);
        Assert.Equal(new ChangedAttribute("logsource", "category=test", "product=windows,category=test"), Assert.Single(change.Attributes));
    }

    [Fact]
    public void A_filter_is_logic_of_the_rules_it_applies_to()
    {
        const string Rule = Head + "detection: {s: {a: x}, condition: s}\n";
        const string Filter = "---\ntitle: F\nlogsource: {category: test}\nfilter: {rules: any, selection: {b: y}, condition: not selection}\n";

        Assert.Equal("logic +b equals 'y'", Text(RuleSetComparison.Of(Load(Rule), Load(Rule + Filter))));
    }

    [Fact]
    public void Rules_of_one_side_alone_are_added_or_removed()
    {
        string one = Head + "detection: {s: {a: x}, condition: s}\n";
        string other = one.Replace("11111111-", "22222222-", StringComparison.Ordinal);

        var comparison = RuleSetComparison.Of(Load(one), Load(other));

        Assert.StartsWith("22222222", Assert.Single(comparison.Added).Id, StringComparison.Ordinal);
        Assert.StartsWith("11111111", Assert.Single(comparison.Removed).Id, StringComparison.Ordinal);
        Assert.Equal((0, 0), (comparison.Changed.Length, comparison.Unchanged));
    }

    [Fact]
    public void Ids_that_differ_in_case_alone_are_different_rules()
    {
        string lower = "id: aaaaaaaa-0000-4000-8000-000000000001\ntitle: T\nlogsource: {category: test}\ndetection: {s: {a: x}, condition: s}\n";
        string upper = lower.Replace("aaaaaaaa", "AAAAAAAA", StringComparison.Ordinal);

        var comparison = RuleSetComparison.Of(Load(lower + "---\n" + upper), Load(upper));

        Assert.Equal((1, 1), (comparison.Removed.Length, comparison.Unchanged));
    }

    [Fact]
    public void A_pack_is_the_same_as_the_YAML_it_was_made_of()
    {
        string folder = Corpus.Require("sigmahq");
        string pack = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pack");
        try
        {
            var rules = RulePack.Write([folder], pack);

            var comparison = RuleSetComparison.Of(rules, RulePack.Load(pack));

            Assert.Equal((0, 0, 0, rules.Rules.Length), (comparison.Added.Length, comparison.Removed.Length, comparison.Changed.Length, comparison.Unchanged));
        }
        finally
        {
            File.Delete(pack);
        }
    }

    private static RuleSet Load(string text)
    {
        var rules = RuleText.Load(text);
        Assert.DoesNotContain(rules.Diagnostics, diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        return rules;
    }

    private static string Text(RuleSetComparison comparison) => comparison.Changed switch
    {
        [] => "same",
        [{ IsLogic: false }] => "wording",
        [var change] => string.Join(' ', [
            "logic",
            .. change.RemovedPredicates.Select(predicate => "-" + predicate),
            .. change.AddedPredicates.Select(predicate => "+" + predicate)]),
        _ => throw new InvalidOperationException(),
    };
}
