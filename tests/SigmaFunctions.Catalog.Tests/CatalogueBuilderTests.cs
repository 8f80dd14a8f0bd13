using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Engine.Correlating;

namespace SigmaFunctions.Catalog.Tests;

/// <summary>What pages say of rules.</summary>
public sealed class CatalogueBuilderTests : IDisposable
{
    private readonly RuleFolder _rules = new();

    public void Dispose() => _rules.Dispose();

    [Fact]
    public void Stages_are_the_condition_and_the_search_identifiers_it_uses()
    {
        RulePage page = Only(
            """
            selection:
                Image|endswith: '\a.exe'   # the tool

            # belongs to the next
            filter_main_x:
                User: SYSTEM
            unused:
                User: nobody
            condition: selection and not 1 of filter_main_*
            """);

        Assert.Equal(
            [
                (0, "condition", "selection and not 1 of filter_main_*", false),
                (1, "selection", "selection:\n    Image|endswith: '\\a.exe'   # the tool", false),
                (2, "filter_main_x", "filter_main_x:\n    User: SYSTEM", true),
            ],
            page.Stages.Select(stage => (stage.Number, stage.Name, stage.Text, stage.IsExcluded)));
    }

    [Theory]
    [InlineData("a: 1", "a equals [1]")]
    [InlineData("a: [x, y]", "a equals any[x y]")]
    [InlineData("a|contains|all: [x, y]", "a contains all[x y]")]
    [InlineData("{a: x, b: y}", "all(a equals [x], b equals [y])")]
    [InlineData("[{a: x}, {b: y}]", "any(a equals [x], b equals [y])")]
    [InlineData("{a|contains: [x, 'y*']}", "a contains any[x y]")]
    [InlineData("{a: [x, 'y*']}", "any(a equals [x], a startswith [y])")]
    [InlineData("a|neq: x", "not(a equals [x])")]
    [InlineData("[x, y]", " contains any[x y]")]
    public void Predicates_of_one_field_and_kind_go_together(string detection, string expected)
    {
        RulePage page = Only($"selection: {(detection.StartsWith('{') || detection.StartsWith('[') ? detection : $"{{{detection}}}")}\ncondition: selection");

        Assert.Equal(expected, Text(page.Stages[1].Predicates!));
    }

    [Fact]
    public void Rules_are_counted_by_what_their_predicates_are_after_modifiers()
    {
        _rules.Rule(1, "s:\n    CommandLine|contains: ' -e '\ncondition: s")
            .Rule(2, "s:\n    CommandLine|contains: ' -E '\ncondition: s")
            .Rule(3, "s:\n    CommandLine|contains|windash: ' -e '\ncondition: s")
            .Rule(4, "s:\n    CommandLine: '* -e *'\ncondition: s")
            .Rule(5, "s:\n    CommandLine|contains|cased: ' -e '\ncondition: s")
            .Rule(6, "s:\n    CommandLine|startswith: ' -e '\ncondition: s")
            .Rule(7, "s:\n    Image|contains: ' -e '\ncondition: s")
            .Rule(8, "s:\n    Image: x\nunused:\n    CommandLine|contains: ' -e '\ncondition: s");

        RuleCatalogue catalogue = _rules.Read();

        Assert.Equal([4, 4, 4, 4, 1, 1, 1], catalogue.Rules.Take(7).Select(page => page.Indicators[0].Values.Single(one => one.Value.Trim().Equals("-e", StringComparison.OrdinalIgnoreCase)).Count));
        Assert.Equal(5, catalogue.Rules[2].Indicators[0].Values.Length);
        Assert.Equal((" -e ", 4), (catalogue.SharedIndicators[0].Value, catalogue.SharedIndicators[0].Count));
    }

    [Fact]
    public void Counts_are_split_by_source()
    {
        _rules.Rule(1, "s:\n    a: x\ncondition: s").Rule(2, "s:\n    a: x\ncondition: s").Rule(3, "s:\n    a: x\ncondition: s", source: "ours");

        Indicator indicator = _rules.Read("rules", "ours").Rules[0].Indicators[0].Values[0];

        Assert.Equal(3, indicator.Count);
        Assert.Equal([("rules", 2), ("ours", 1)], indicator.CountBySource.Select(one => (one.Source, one.Count)));
        Assert.Equal(["Rule 2", "Rule 3"], indicator.Others.Select(link => link.Title));
    }

    [Fact]
    public void Indicators_that_only_rule_events_out_stand_apart()
    {
        RulePage page = Only("s:\n    b: x\nf:\n    a: y\ncondition: s and not f");

        Assert.Equal([("b", false), ("a", true)], page.Indicators.Select(group => (group.Field, group.IsExcluded)));
    }

    [Fact]
    public void Relations_are_seen_from_both_sides()
    {
        _rules.Rule(1, "s:\n    a: x\ncondition: s", $"related:\n    - id: {RuleFolder.Id(2)}\n      type: obsolete\n    - id: {RuleFolder.Id(9)}\n      type: similar")
            .Rule(2, "s:\n    a: y\ncondition: s");

        RuleCatalogue catalogue = _rules.Read();

        Assert.Equal([("obsolete", true, "Rule 2"), ("similar", true, null)], catalogue.Rules[0].Related.Select(one => (one.Type, one.IsStatedHere, one.Link?.Title)));
        Assert.Equal([("obsolete", false, "Rule 1")], catalogue.Rules[1].Related.Select(one => (one.Type, one.IsStatedHere, one.Link?.Title)));
    }

    [Fact]
    public void Rules_are_similar_by_the_rare_indicators_they_share()
    {
        for (int i = 1; i <= 12; i++)
        {
            _rules.Rule(i, $"s:\n    common: x\n    rare: {(i <= 2 ? "same" : i)}\ncondition: s");
        }

        RuleCatalogue catalogue = _rules.Read();

        Assert.Equal([("Rule 2", 1)], catalogue.Rules[0].Similar.Select(one => (one.Link.Title, one.Shared)));
        Assert.Empty(catalogue.Rules[2].Similar);
    }

    [Fact]
    public void Correlations_and_filters_are_told_where_they_are_involved()
    {
        _rules.Rule(1, "s:\n    a: x\ncondition: s", "name: one").Rule(2, "s:\n    a: y\ncondition: s")
            .File(
                "rules/more.yml",
                $"""
                title: Often
                id: {RuleFolder.Id(100)}
                correlation:
                    type: event_count
                    rules: [one]
                    group-by: [User]
                    timespan: 5m
                    condition:
                        gte: 10
                ---
                title: Not the admins
                id: {RuleFolder.Id(200)}
                logsource:
                    product: windows
                filter:
                    rules: [{RuleFolder.Id(1)}]
                    admins:
                        User|startswith: adm_
                    condition: not admins
                """);

        RuleCatalogue catalogue = _rules.Read();

        Assert.Equal(("Often", "Not the admins"), (catalogue.Rules[0].Correlations.Single().Title, catalogue.Rules[0].Filters.Single().Title));
        Assert.Empty(catalogue.Rules[1].Correlations);
        Assert.Equal(["Rule 1"], catalogue.Correlations.Single().Rules.Select(link => link.Title));
        Assert.Equal(["Rule 1"], catalogue.Filters.Single().Rules.Select(link => link.Title));
        Assert.Equal(["a"], catalogue.Rules[0].Indicators.Select(group => group.Field));
        Assert.StartsWith("title: Not the admins", catalogue.Filters.Single().Yaml, StringComparison.Ordinal);
        Assert.Equal("admins:\n    User|startswith: adm_", catalogue.Filters.Single().Stages[1].Text);
    }

    [Fact]
    public void Of_a_correlation_stages_and_what_they_lead_to_are_told()
    {
        _rules.Rule(1, "s:\n    a: x\ncondition: s", "name: one").File(
            "rules/more.yml",
            $"""
            title: Outer
            id: {RuleFolder.Id(100)}
            correlation:
                type: temporal_ordered
                group-by: [Who]
                aliases:
                    Who:
                        one: User
                timespan: 5m
                condition: one and inner and not late
            ---
            title: Inner
            id: {RuleFolder.Id(200)}
            name: inner
            level: critical
            correlation:
                type: event_count
                rules: [block]
                group-by: [Who]
                timespan: 90s
                condition:
                    lt: 10
            ---
            title: Block
            id: {RuleFolder.Id(300)}
            name: block
            logsource:
                product: windows
            detection:
                s:
                    a: x
                condition: s
            ---
            title: Late
            id: {RuleFolder.Id(400)}
            name: late
            logsource:
                product: windows
            detection:
                s:
                    a: y
                condition: s
            """);

        RuleCatalogue catalogue = _rules.Read();
        CorrelationPage outer = catalogue.Correlations[0];
        CorrelationPage inner = catalogue.Correlations[1];

        Assert.Equal(("critical", false, CorrelationDecision.AfterTimespan), (outer.Link.Level, outer.IsSilent, outer.Decision));
        Assert.Equal((true, CorrelationDecision.AfterLateEvents, "Outer"), (inner.IsSilent, inner.Decision, inner.Correlations.Single().Title));
        Assert.Equal(
            ["1 one Rule 1 False False Who=User", "2 inner Inner True False ", "3 late Late True True "],
            outer.Stages.Select(stage => $"{stage.Number} {stage.Reference} {stage.Link.Title} {stage.IsSilent} {stage.IsAbsent} {string.Join(' ', stage.Fields.Select(field => $"{field.Name}={field.Field}"))}"));
        Assert.Equal(["Rule 1 False Outer", "Block True Inner", "Late True Outer"], catalogue.Rules.Select(page => $"{page.Rule.Title} {page.IsSilent} {page.Correlations.Single().Title}"));
    }

    /// <summary>What an inner correlation decides late, an outer one cannot decide at once.</summary>
    [Theory]
    [InlineData("lt", CorrelationDecision.AfterLateEvents)]
    [InlineData("gte", CorrelationDecision.AtOnce)]
    public void A_correlation_decides_no_sooner_than_those_that_it_looks_at(string comparison, CorrelationDecision decision)
    {
        _rules.Rule(1, "s:\n    a: x\ncondition: s", "name: one").File(
            "rules/more.yml",
            $"""
            title: Outer
            id: {RuleFolder.Id(100)}
            correlation:
                type: event_count
                rules: [inner]
                timespan: 1h
                condition:
                    gte: 2
            ---
            title: Inner
            name: inner
            correlation:
                type: event_count
                rules: [one]
                timespan: 1h
                condition:
                    {comparison}: 5
            """);

        Assert.Equal(decision, _rules.Read().Correlations.Single(page => page.Link.Title == "Outer").Decision);
    }

    [Fact]
    public void The_text_of_a_rule_is_its_document_and_that_of_a_collection_the_file()
    {
        const string Rule = "title: {0}\nlogsource: {{category: test}}\ndetection:\n    s:\n        a: {0}\n    condition: s";
        string first = string.Format(null, Rule, "A");
        string second = string.Format(null, Rule, "B");
        _rules.File("rules/two.yml", $"\r\n{first}\r\n---\r\n\r\n{second}\n")
            .File("rules/collection.yml", $"action: global\ntitle: C\nlogsource: {{category: test}}\n---\ndetection:\n    s:\n        a: C\n    condition: s\n");

        string[] texts = [.. _rules.Read().Rules.OrderBy(page => page.Rule.Title, StringComparer.Ordinal).Select(page => page.Yaml)];

        Assert.Equal([first, second], texts[..2]);
        Assert.StartsWith("action: global", texts[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Attack_dates_and_places_are_read()
    {
        _rules.File(
            "rules/windows/a.yml",
            """
            title: A
            id: not-a-uuid/../x
            date: 2024/01/31
            modified: 2025-02-03
            tags: [attack.execution, attack.t1059.001, attack.stealth, cve.2021-44228, attack.g0010]
            logsource: {category: test}
            detection:
                s: {a: x}
                condition: s
            """);

        RulePage page = _rules.Read().Rules.Single();

        Assert.Equal(["Execution", "Stealth"], page.Tactics.Select(tactic => tactic.Name));
        Assert.Equal(["T1059.001"], page.Techniques.Select(technique => technique.Id));
        Assert.Equal(["cve.2021-44228", "attack.g0010"], page.OtherTags);
        Assert.Equal(new DateOnly(2025, 2, 3), page.Changed);
        Assert.Equal("windows/a.yml", page.Path);
        Assert.Matches("^x[0-9a-f]{32}$", page.Link.Page);
    }

    [Fact]
    public void Event_coverage_names_the_events_and_what_they_lack()
    {
        _rules.Rule(1, "s:\n    Image: x\n    Imphash: y\ncondition: s");

        RulePage page = _rules.Read().Rules.Single();

        SourceCoverage security = page.Coverage.Single(source => source.Telemetry.Name == "security");
        Assert.Equal(CoverageVerdict.Blind, security.Verdict);
        Assert.Contains("Imphash", security.Missing);
        Assert.Equal(["Security 4688"], security.Events.Select(one => one.Name));
    }

    [Theory]
    [InlineData("a/sigma", "sigma", null)]
    [InlineData("a/sigma/", "sigma", null)]
    [InlineData("github.com/SigmaHQ/sigma=a/b", "github.com/SigmaHQ/sigma", "https://github.com/SigmaHQ/sigma")]
    [InlineData("ours=a/b", "ours", null)]
    [InlineData("../x/y=a", "../x/y", null)]
    [InlineData("user@evil.example/x=a", "user@evil.example/x", null)]
    public void Sources_go_by_their_folder_or_by_the_name_given(string argument, string name, string? url)
    {
        RuleSource source = RuleSource.Parse([argument]).Single();

        Assert.Equal((name, url), (source.Name, source.Url));
    }

    [Fact]
    public void Sources_of_one_name_are_told_apart() =>
        Assert.Equal(["rules", "rules (2)"], RuleSource.Parse(["a/rules", "b/rules"]).Select(source => source.Name));

    private RulePage Only(string detection) => _rules.Rule(1, detection).Read().Rules.Single();

    private static string Text(LogicNode node) => node switch
    {
        { Predicate: { } one } => $"{one.Field} {one.Kind} {(one.All ? "all" : one.Values.Length > 1 ? "any" : "")}[{string.Join(' ', one.Values)}]",
        _ => $"{node.Kind.ToString().ToLowerInvariant()}({string.Join(", ", node.Parts.Select(Text))})",
    };
}
