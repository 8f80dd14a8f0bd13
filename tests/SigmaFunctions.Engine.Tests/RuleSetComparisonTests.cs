using SigmaFunctions.Engine.Comparing;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.RuleSets;

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

        ChangedRule change = Assert.Single(RuleSetComparison.Of(Load(Rest + before), Load(Rest + after)).Changed);

        Assert.Equal(expected, "wording" + string.Concat(change.Attributes.Select(attribute => $" {attribute.Name} {attribute.Old}>{attribute.New}")));
        Assert.False(change.IsLogic);
    }

    [Fact]
    public void A_log_source_is_logic()
    {
        ChangedRule change = Assert.Single(RuleSetComparison.Of(
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
    public void A_UUID_is_compared_in_whatever_case_and_another_id_as_it_is()
    {
        const string uuid = "id: aaaaaaaa-0000-4000-8000-000000000001\ntitle: T\nlogsource: {category: test}\ndetection: {s: {a: x}, condition: s}\n";
        string other = uuid.Replace("aaaaaaaa-0000-4000-8000-000000000001", "mine", StringComparison.Ordinal);

        var comparison = RuleSetComparison.Of(
            Load(uuid + "---\n" + other), Load(uuid.Replace("aaaaaaaa", "AAAAAAAA", StringComparison.Ordinal) + "---\n" + other.Replace("mine", "Mine", StringComparison.Ordinal)));

        Assert.Equal((1, 1, 1), (comparison.Added.Length, comparison.Removed.Length, comparison.Unchanged));
        Assert.Equal("mine", comparison.Removed.Single().Id);
    }

    [Fact]
    public void A_pack_is_the_same_as_the_YAML_it_was_made_of()
    {
        string folder = Corpus.Require("sigmahq");
        string pack = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pack");
        try
        {
            RuleSet rules = RulePack.Write([folder], pack);

            var comparison = RuleSetComparison.Of(rules, RulePack.Load(pack));

            Assert.Equal((0, 0, 0, rules.Rules.Length), (comparison.Added.Length, comparison.Removed.Length, comparison.Changed.Length, comparison.Unchanged));
        }
        finally
        {
            File.Delete(pack);
        }
    }

    /// <summary>The section of the old correlation, that of the new one, and what differs in logic; "wording" where it only reads otherwise.</summary>
    [Theory]
    [InlineData("{type: event_count, rules: [a], timespan: 1h, condition: {gte: 5}}", "{type: event_count, rules: [a], timespan: 60m, condition: {gte: 5.0}}", "same")]
    [InlineData("{type: event_count, rules: [a], timespan: 1h, condition: {gte: 5}}", "{type: event_count, rules: [11111111-1111-4111-8111-111111111111], timespan: 1h, condition: {gte: 5}}", "wording")]
    [InlineData("{type: temporal, rules: [a, b], timespan: 1h}", "{type: temporal, rules: [b, a], timespan: 1h}", "wording")]
    [InlineData("{type: temporal_ordered, rules: [a, b], timespan: 1h}", "{type: temporal_ordered, rules: [b, a], timespan: 1h}", "rules a, b>b, a")]
    [InlineData("{type: temporal, rules: [a, b], timespan: 1h}", "{type: temporal_ordered, rules: [a, b], timespan: 1h}", "type temporal>temporal_ordered")]
    [InlineData("{type: temporal, rules: [a, b], timespan: 1h}", "{type: temporal, rules: [a], timespan: 1h}", "rules a, b>a")]
    [InlineData("{type: event_count, rules: [a], group-by: [x, y], timespan: 1h, condition: {gte: 5}}", "{type: event_count, rules: [a], group-by: [y, x], timespan: 1h, condition: {gte: 5}}", "wording")]
    [InlineData("{type: event_count, rules: [a], group-by: [x], timespan: 1h, condition: {gte: 5}}", "{type: event_count, rules: [a], timespan: 90s, condition: {gte: 5}}", "group-by x> timespan 1h>90s")]
    [InlineData("{type: event_count, rules: [a], timespan: 1h, condition: {gte: 5}}", "{type: event_count, rules: [a], timespan: 1h, condition: {gt: 5, lt: 9}}", "condition gte 5>gt 5, lt 9")]
    [InlineData("{type: value_count, rules: [a], timespan: 1h, condition: {gte: 5, field: User}}", "{type: value_count, rules: [a], timespan: 1h, condition: {gte: 5, field: Host}}", "condition gte 5, field User>gte 5, field Host")]
    [InlineData("{type: value_percentile, rules: [a], timespan: 1h, condition: {gte: 5, field: n, percentile: 95}}", "{type: value_percentile, rules: [a], timespan: 1h, condition: {gte: 5, field: n, percentile: 99}}", "condition gte 5, percentile 95, field n>gte 5, percentile 99, field n")]
    [InlineData("{type: event_count, rules: [a], timespan: 1h, condition: {gte: 5}}", "{type: event_count, rules: [a], timespan: 1h, condition: {gte: 5}, generate: true}", "generate false>true")]
    [InlineData("{type: temporal, rules: [a, b], timespan: 1h, group-by: [ip], aliases: {ip: {a: F, b: G}}}", "{type: temporal, rules: [a, b], timespan: 1h, group-by: [ip], aliases: {ip: {a: F, b: H}}}", "aliases ip (a: F, b: G)>ip (a: F, b: H)")]
    [InlineData("{type: temporal, condition: a and not b, timespan: 1h}", "{type: temporal, condition: not b and a, rules: [a, b], timespan: 1h}", "wording")]
    [InlineData("{type: temporal, condition: a or b, timespan: 1h}", "{type: temporal, condition: not (not a and not b), timespan: 1h}", "wording")]
    [InlineData("{type: temporal, condition: a and not b, timespan: 1h}", "{type: temporal, condition: b and not a, rules: [a, b], timespan: 1h}", "condition a and not b>b and not a")]
    [InlineData("{type: temporal, condition: a or b, timespan: 1h}", "{type: temporal, rules: [a, b], timespan: 1h}", "condition a or b>")]
    public void Correlations_compare(string before, string after, string expected)
    {
        CorrelationComparison comparison = RuleSetComparison.Of(Load(Correlation(before)), Load(Correlation(after))).Correlations;

        Assert.Equal(expected, comparison.Changed switch
        {
            [] => "same",
            [{ IsLogic: false } change] when change.Attributes.Single() == new ChangedAttribute("correlation", null, null) => "wording",
            [var change] => string.Join(' ', change.Logic.Select(part => $"{part.Name} {part.Old}>{part.New}")),
            _ => throw new InvalidOperationException(),
        });
        Assert.Equal(expected == "same" ? 1 : 0, comparison.Unchanged);
    }

    [Fact]
    public void Correlations_of_one_side_alone_are_added_or_removed_and_metadata_is_no_logic()
    {
        const string Section = "{type: event_count, rules: [a], timespan: 1h, condition: {gte: 5}}";

        CorrelationComparison comparison = RuleSetComparison.Of(
            Load(Correlation(Section, '4') + Correlation(Section, '5', "level: high")),
            Load(Correlation(Section, '5', "level: low") + Correlation(Section, '6'))).Correlations;

        Assert.StartsWith("6666", Assert.Single(comparison.Added).Id, StringComparison.Ordinal);
        Assert.StartsWith("4444", Assert.Single(comparison.Removed).Id, StringComparison.Ordinal);
        ChangedCorrelation change = Assert.Single(comparison.Changed);
        Assert.Equal((false, new ChangedAttribute("level", "high", "low")), (change.IsLogic, Assert.Single(change.Attributes)));
    }

    [Fact]
    public void Rules_that_fall_silent_are_told()
    {
        const string Section = "{type: event_count, rules: [a], timespan: 1h, condition: {gte: 5}}";
        RuleSet silent = Load(Correlation(Section));
        RuleSet aloud = Load(Correlation(Section.Replace("{gte: 5}", "{gte: 5}, generate: true", StringComparison.Ordinal)));

        CorrelationComparison forth = RuleSetComparison.Of(aloud, silent).Correlations;
        CorrelationComparison back = RuleSetComparison.Of(silent, aloud).Correlations;

        Assert.Equal("A", Assert.Single(forth.Silenced).Title);
        Assert.Empty(forth.Unsilenced);
        Assert.Equal("A", Assert.Single(back.Unsilenced).Title);
        Assert.Empty(back.Silenced);
    }

    /// <summary>A correlation, with the rules a and b before the first one.</summary>
    private static string Correlation(string section, char digit = '9', string metadata = "level: high") =>
        (digit is '9' or '4' || metadata == "level: low"
            ? "title: A\nid: 11111111-1111-4111-8111-111111111111\nname: a\nlogsource: {category: test}\ndetection: {s: {F: a}, condition: s}\n---\n"
                + "title: B\nid: 22222222-2222-4222-8222-222222222222\nname: b\nlogsource: {category: test}\ndetection: {s: {F: b}, condition: s}\n"
            : "")
        + $"---\ntitle: C\nid: {new string(digit, 8)}-9999-4999-8999-999999999999\n{metadata}\ncorrelation: {section}\n";

    private static RuleSet Load(string text)
    {
        RuleSet rules = RuleText.Load(text);
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
