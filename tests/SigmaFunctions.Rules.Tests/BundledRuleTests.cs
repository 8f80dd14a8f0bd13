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

    public static TheoryData<string, int, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, string>();
            foreach (string file in BundledRules.TestFiles)
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
        Assert.Equal(BundledRules.RuleFiles.Count, BundledRules.RuleSet.Rules.Length);
    }

    [Fact]
    public void Every_test_file_belongs_to_a_rule_and_is_valid()
    {
        Assert.Empty(BundledRules.TestFiles.Select(BundledRules.RuleFileOf).Except(BundledRules.RuleFiles));
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
        ImmutableArray<SigmaRule> rules = BundledRules.RuleSet.Rules;
        Assert.Equal(rules.Length, rules.Select(rule => rule.Id).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal(rules.Length, rules.Select(rule => rule.Title).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [MemberData(nameof(OwnRuleFiles))]
    public void A_rule_of_ours_says_what_an_analyst_needs(string file)
    {
        SigmaRule rule = BundledRules.Rule(file);
        Assert.Matches(UuidVersion4(), rule.Id);
        Assert.Equal(("SigmaFunctions", "MIT"), (rule.Author, rule.License));
        Assert.Contains(rule.Level, new[] { "medium", "high", "critical" });
        Assert.Contains(rule.Status, new[] { "experimental", "test", "stable" });
        Assert.Matches(IsoDate(), rule.Date);
        Assert.False(string.IsNullOrWhiteSpace(rule.Description));
        Assert.NotEmpty(rule.FalsePositives);
        Assert.Contains(rule.References, reference => reference.StartsWith("https://attack.mitre.org/techniques/", StringComparison.Ordinal));
        Assert.All(rule.References, reference => Assert.StartsWith("https://", reference, StringComparison.Ordinal));
        Assert.InRange(rule.Title.Length, 10, 110);
    }

    [Theory]
    [MemberData(nameof(RuleFiles))]
    public void A_rule_lies_where_its_log_source_says(string file)
    {
        LogSource logSource = BundledRules.Rule(file).LogSource;
        Assert.Equal($"{logSource.Product}/{logSource.Category}", Path.GetDirectoryName(file)!.Replace('\\', '/'));
    }

    /// <summary>
    /// Defender supplies none of these fields for process events, and drops the path of a command line's first word; a rule
    /// that needs one would be blind there.
    /// </summary>
    [Theory]
    [MemberData(nameof(OwnRuleFiles))]
    public void No_rule_of_ours_needs_a_field_that_Defender_does_not_supply(string file) =>
        Assert.DoesNotMatch(FieldsDefenderLacks(), File.ReadAllText(BundledRules.FullPath(file)));

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    private static partial Regex UuidVersion4();

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    private static partial Regex IsoDate();

    [GeneratedRegex(@"\b(CurrentDirectory|Imphash|ProcessGuid|ParentProcessGuid|LogonGuid|TerminalSessionId)\b")]
    private static partial Regex FieldsDefenderLacks();
}
