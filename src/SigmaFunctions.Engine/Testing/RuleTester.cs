using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Testing;

/// <summary>What came of one case.</summary>
/// <param name="File">The test file.</param>
/// <param name="Case">The case.</param>
/// <param name="Rule">The rule; null if it could not be found.</param>
/// <param name="Fault">Why the case could not be run; null if it was.</param>
/// <param name="Matches">Whether the rule matched.</param>
/// <param name="Explanation">Why it did or did not; null if the case passed or was not run.</param>
public sealed record RuleTestResult(
    string File, RuleTestCase Case, SigmaRule? Rule, string? Fault, bool Matches, Explanation? Explanation)
{
    /// <summary>Whether the rule gave the verdict that the case states.</summary>
    public bool Passed => Fault is null && Matches == Case.Match;
}

/// <summary>What came of testing rules.</summary>
/// <param name="Results">The cases in the order of their files.</param>
/// <param name="Faults">What is wrong with test files, and with rules that were not loaded.</param>
/// <param name="Untested">Rules that no case names, ordered by file.</param>
public sealed record RuleTestReport(
    ImmutableArray<RuleTestResult> Results, ImmutableArray<Diagnostic> Faults, ImmutableArray<SigmaRule> Untested)
{
    /// <summary>Whether every case passed and there was nothing wrong with any file.</summary>
    public bool Passed => Faults.IsEmpty && Results.All(result => result.Passed);
}

/// <summary>Runs rules over the events that stand beside them.</summary>
public static class RuleTester
{
    /// <summary>
    /// Runs the tests. A case is seen as an event of its rule's own log source; all rules are loaded together, so that filters among
    /// them apply.
    /// </summary>
    /// <exception cref="IOException">A file of tests cannot be read.</exception>
    public static RuleTestReport Run(RuleTestPaths paths, PlaceholderSet? placeholders = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var rules = RuleSet.LoadPaths(paths.Rules, placeholders);
        var detector = new Detector(rules);
        ILookup<string, SigmaRule> byFile = rules.Rules.ToLookup(rule => rule.File, StringComparer.Ordinal);
        ImmutableArray<RuleTestResult>.Builder results = ImmutableArray.CreateBuilder<RuleTestResult>();
        var faults = rules.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ToList();
        foreach ((string? test, string? ruleFile) in paths.Tests)
        {
            var file = RuleTestFile.Load(test);
            faults.AddRange(file.Diagnostics);
            ImmutableArray<SigmaRule> candidates = ruleFile is null ? [] : [.. byFile[ruleFile]];
            foreach (RuleTestCase one in file.Cases)
            {
                results.Add(Run(test, one, candidates, ruleFile, detector));
            }
        }

        var tested = results.Select(result => result.Rule?.Id).ToHashSet(StringComparer.Ordinal);
        return new RuleTestReport(
            results.DrainToImmutable(),
            [.. faults],
            [.. rules.Rules.Where(rule => !tested.Contains(rule.Id)).OrderBy(rule => rule.File, StringComparer.Ordinal).ThenBy(rule => rule.Line)]);
    }

    private static RuleTestResult Run(string file, RuleTestCase test, ImmutableArray<SigmaRule> candidates, string? ruleFile, Detector detector)
    {
        (SigmaRule? rule, string? fault) = RuleFor(test, candidates, ruleFile);
        if (rule is null)
        {
            return new RuleTestResult(file, test, null, fault, Matches: false, null);
        }

        SigmaEvent sigmaEvent = test.EventOf(rule.LogSource);
        bool matches = detector.Match(sigmaEvent).Any(match => match.Rule.Id == rule.Id);
        Explanation? explanation = matches == test.Match ? null : Explainer.Explain(detector.RuleSet, rule.Id, sigmaEvent);
        return new RuleTestResult(file, test, rule, null, matches, explanation);
    }

    private static (SigmaRule? Rule, string? Fault) RuleFor(RuleTestCase test, ImmutableArray<SigmaRule> candidates, string? ruleFile) => candidates switch
    {
        _ when ruleFile is null => (null, "there is no rule file beside the test file"),
        [] => (null, $"no rule of {ruleFile} was loaded"),
        _ when test.Rule is not null => candidates.FirstOrDefault(rule => RuleIdComparer.Instance.Equals(rule.Id, test.Rule)) is { } named
            ? (named, null)
            : (null, $"{ruleFile} has no rule {Shortened.Of(test.Rule)}"),
        [var only] => (only, null),
        _ => (null, $"{ruleFile} has several rules: say which with 'rule', by its id"),
    };
}
