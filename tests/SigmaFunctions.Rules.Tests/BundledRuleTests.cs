using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Rules.Tests;

public sealed partial class BundledRuleTests
{
    /// <summary>The one rule that others wrote (rules/LICENSE.md).</summary>
    private const string NodeRule = "windows/process_creation/proc_creation_win_node_abuse.yml";

    public static TheoryData<string> RuleFiles => [.. BundledRules.RuleFiles];

    public static TheoryData<string> OwnRuleFiles => [.. BundledRules.RuleFiles.Where(file => file != NodeRule)];

    public static TheoryData<string> CorrelationFiles => [.. BundledRules.CorrelationFiles];

    public static TheoryData<string> AllOwnFiles => [.. OwnRuleFiles.Select(row => row.Data), .. BundledRules.CorrelationFiles];

    public static TheoryData<string, int, string> CorrelationCases
    {
        get
        {
            var cases = new TheoryData<string, int, string>();
            foreach (string file in BundledRules.CorrelationFiles.Select(BundledRules.TestFileOf))
            {
                foreach ((int index, RuleTestResult? result) in BundledRules.Results(file).Index())
                {
                    cases.Add(file, index, result.Case.Name);
                }
            }

            return cases;
        }
    }

    public static TheoryData<string, int, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, string>();
            foreach (string file in BundledRules.RuleFiles.Select(BundledRules.TestFileOf))
            {
                foreach ((int index, EventTestCase? test) in BundledRules.Tests(file).Index())
                {
                    cases.Add(file, index, test.Name);
                }
            }

            return cases;
        }
    }

    [Fact]
    public void Every_rule_loads_without_a_remark()
    {
        Assert.Empty(BundledRules.RuleSet.Diagnostics.Where(diagnostic => diagnostic.Severity != DiagnosticSeverity.Info));
        Assert.Equal(0, BundledRules.RuleSet.Rejected);
        Assert.Equal(BundledRules.RuleFiles.Count, BundledRules.RuleSet.Rules.Count(rule => !BundledRules.IsSilent(rule.Id)));
        Assert.Equal(BundledRules.CorrelationFiles.Count, BundledRules.RuleSet.Correlations.Count(correlation => !BundledRules.IsSilent(correlation.Id)));
    }

    [Fact]
    public void Every_test_file_belongs_to_a_rule_and_is_valid()
    {
        Assert.Empty(BundledRules.TestFiles.Select(BundledRules.RuleFileOf).Except([.. BundledRules.RuleFiles, .. BundledRules.CorrelationFiles]));
        Assert.Empty(BundledRules.TestFiles.SelectMany(file => RuleTestFile.Load(BundledRules.FullPath(file)).Diagnostics));
    }

    [Theory]
    [MemberData(nameof(RuleFiles))]
    public void Every_rule_has_an_event_that_matches_and_one_that_does_not(string file)
    {
        ImmutableArray<EventTestCase> tests = BundledRules.Tests(BundledRules.TestFileOf(file));
        Assert.Contains(tests, test => test.Match);
        Assert.Contains(tests, test => !test.Match);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_rule_gives_the_verdict_that_its_test_file_states(string file, int index, string name)
    {
        EventTestCase test = BundledRules.Tests(file)[index];
        SigmaRule rule = BundledRules.Rule(BundledRules.RuleFileOf(file));

        ImmutableArray<RuleMatch> matches = BundledRules.Detector.Match(test.EventOf(rule.LogSource));

        Assert.True(test.Match == matches.Any(match => match.Rule.Id == rule.Id), $"{file}: {name}: expected match: {test.Match}");
    }

    /// <summary>Rules that look at one event from different sides may both match it; two alerts of one technique tell nothing more than one.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void An_event_makes_no_two_alerts_of_one_technique(string file, int index, string name)
    {
        EventTestCase test = BundledRules.Tests(file)[index];
        SigmaRule rule = BundledRules.Rule(BundledRules.RuleFileOf(file));

        IEnumerable<string> techniques = BundledRules.Detector.Match(test.EventOf(rule.LogSource))
            .SelectMany(match => match.Rule.Tags.Where(tag => tag.StartsWith("attack.t", StringComparison.Ordinal)));

        Assert.Empty(techniques.GroupBy(tag => tag).Where(tag => tag.Count() > 1).Select(tag => $"{file}: {name}: {tag.Key}"));
    }

    [Fact]
    public void Ids_and_titles_are_unique()
    {
        (string Id, string Title)[] all =
        [
            .. BundledRules.RuleSet.Rules.Select(rule => (rule.Id, rule.Title)),
            .. BundledRules.RuleSet.Correlations.Select(correlation => (correlation.Id, correlation.Title)),
        ];
        Assert.Equal(all.Length, all.Select(one => one.Id).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal(all.Length, all.Select(one => one.Title).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [MemberData(nameof(OwnRuleFiles))]
    public void A_rule_of_ours_says_what_an_analyst_needs(string file)
    {
        SigmaRule rule = BundledRules.Rule(file);
        AssertOurs(rule.Id, rule.Author, rule.License, rule.Status, rule.Date, rule.Description);
        AssertForAnalysts(rule.Title, rule.Level, rule.FalsePositives, rule.References);
    }

    [Theory]
    [MemberData(nameof(RuleFiles))]
    public void A_rule_lies_where_its_log_source_says(string file)
    {
        LogSource logSource = BundledRules.Rule(file).LogSource;
        Assert.Equal($"{logSource.Product}/{logSource.Category}", Path.GetDirectoryName(file)!.Replace('\\', '/'));
    }

    [Theory]
    [MemberData(nameof(CorrelationFiles))]
    public void A_correlation_says_what_an_analyst_needs(string file)
    {
        SigmaCorrelation correlation = BundledRules.Correlation(file);
        AssertOurs(correlation.Id, correlation.Author, correlation.License, correlation.Status, correlation.Date, correlation.Description);
        AssertForAnalysts(correlation.Title, correlation.Level, correlation.FalsePositives, correlation.References);
        Assert.Contains("Why ", correlation.Description!, StringComparison.Ordinal);
    }

    /// <summary>
    /// What is not told of stands for nothing in ATT&amp;CK, and has a name that says which correlation it is of, so that it is no other
    /// file's.
    /// </summary>
    [Theory]
    [MemberData(nameof(CorrelationFiles))]
    public void All_else_in_the_file_of_a_correlation_is_silent_and_named_for_it(string file)
    {
        SigmaCorrelation told = BundledRules.Correlation(file);
        string prefix = Path.GetFileNameWithoutExtension(file)["corr_win_".Length..] + "_";
        (string Id, string? Name, string? Level, ImmutableArray<string> Tags)[] blocks =
        [
            .. BundledRules.RulesOf(file).Select(rule => (rule.Id, rule.Name, rule.Level, rule.Tags)),
            .. BundledRules.CorrelationsOf(file).Where(one => one.Id != told.Id).Select(one => (one.Id, one.Name, one.Level, one.Tags)),
        ];

        Assert.All(BundledRules.CorrelationsOf(file), correlation => Assert.False(correlation.Generate));
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.True(BundledRules.IsSilent(block.Id), block.Name));
        Assert.All(blocks, block => Assert.StartsWith(prefix, block.Name, StringComparison.Ordinal));
        Assert.All(blocks, block => Assert.NotNull(block.Level));
        Assert.All(blocks, block => Assert.Empty(block.Tags));
        Assert.All(BundledRules.RulesOf(file), rule => AssertOurs(rule.Id, rule.Author, rule.License, rule.Status, rule.Date, rule.Description));
        Assert.All(BundledRules.CorrelationsOf(file), one => AssertOurs(one.Id, one.Author, one.License, one.Status, one.Date, one.Description));
    }

    [Theory]
    [MemberData(nameof(CorrelationFiles))]
    public void A_correlation_has_streams_in_which_it_detects_something_and_others_in_which_it_does_not(string file)
    {
        ImmutableArray<RuleTestResult> streams =
            [.. BundledRules.Results(BundledRules.TestFileOf(file)).Where(result => result.Rule?.Id == BundledRules.Correlation(file).Id)];
        Assert.True(streams.Count(result => ((StreamTestCase)result.Case).Expected.Count > 0) >= 2, file);
        Assert.True(streams.Count(result => ((StreamTestCase)result.Case).Expected.Count == 0) >= 2, file);
    }

    [Theory]
    [MemberData(nameof(CorrelationCases))]
    public void A_correlation_and_its_building_blocks_do_what_their_test_file_states(string file, int index, string name)
    {
        RuleTestResult result = BundledRules.Results(file)[index];
        IEnumerable<string> detected = (result.Stream?.Detected ?? []).Select(one => $"{string.Join(',', one.Group)} value {one.Value}");

        Assert.Null(result.Fault);
        Assert.True(result.Passed, $"{file}: {name}: detected {string.Join("; ", detected)}");
    }

    /// <summary>
    /// Defender supplies none of these fields for process events, and drops the path of a command line's first word; a rule
    /// that needs one would be blind there.
    /// </summary>
    [Theory]
    [MemberData(nameof(AllOwnFiles))]
    public void No_rule_of_ours_needs_a_field_that_Defender_does_not_supply(string file) =>
        Assert.DoesNotMatch(FieldsDefenderLacks(), File.ReadAllText(BundledRules.FullPath(file)));

    private static void AssertOurs(string id, string? author, string? license, string? status, string? date, string? description)
    {
        Assert.Matches(UuidVersion4(), id);
        Assert.Equal(("SigmaFunctions", "MIT"), (author, license));
        Assert.Contains(status, new[] { "experimental", "test", "stable" });
        Assert.Matches(IsoDate(), date);
        Assert.False(string.IsNullOrWhiteSpace(description));
    }

    private static void AssertForAnalysts(string title, string? level, ImmutableArray<string> falsePositives, ImmutableArray<string> references)
    {
        Assert.Contains(level, new[] { "medium", "high", "critical" });
        Assert.NotEmpty(falsePositives);
        Assert.Contains(references, reference => reference.StartsWith("https://attack.mitre.org/techniques/", StringComparison.Ordinal));
        Assert.All(references, reference => Assert.StartsWith("https://", reference, StringComparison.Ordinal));
        Assert.InRange(title.Length, 10, 110);
    }

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    private static partial Regex UuidVersion4();

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    private static partial Regex IsoDate();

    [GeneratedRegex(@"\b(CurrentDirectory|Imphash|ProcessGuid|ParentProcessGuid|LogonGuid|TerminalSessionId)\b")]
    private static partial Regex FieldsDefenderLacks();
}
