using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Testing;

/// <summary>A rule or correlation under test.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its unique name; null for none.</param>
/// <param name="Title">Its title.</param>
/// <param name="File">The file that it was read from.</param>
/// <param name="Line">The line on which it begins there, from 1.</param>
public sealed record TestedRule(string Id, string? Name, string Title, string File, int Line);

/// <summary>What came of one case.</summary>
/// <param name="File">The test file.</param>
/// <param name="Case">The case.</param>
/// <param name="Rule">The rule or correlation; null if it could not be found.</param>
/// <param name="Fault">Why the case could not be run; null if it was.</param>
/// <param name="Passed">Whether it was run and the verdict is the one that the case states.</param>
/// <param name="Explanation">Why a rule did or did not match; null if the case passed, was not run or is a stream.</param>
/// <param name="Stream">What a correlation made of a stream; null if the case was not run or is of one event.</param>
public sealed record RuleTestResult(
    string File, RuleTestCase Case, TestedRule? Rule, string? Fault, bool Passed, Explanation? Explanation, StreamVerdict? Stream);

/// <summary>What came of testing rules.</summary>
/// <param name="Results">The cases in the order of their files.</param>
/// <param name="Faults">What is wrong with test files, and with rules that were not loaded.</param>
/// <param name="Untested">Rules and correlations that no case names and that are no building blocks of correlations with a case, ordered by file.</param>
public sealed record RuleTestReport(
    ImmutableArray<RuleTestResult> Results, ImmutableArray<Diagnostic> Faults, ImmutableArray<TestedRule> Untested)
{
    /// <summary>Whether every case passed and there was nothing wrong with any file.</summary>
    public bool Passed => Faults.IsEmpty && Results.All(result => result.Passed);
}

/// <summary>Runs rules and correlations over the events that stand beside them.</summary>
public sealed class RuleTester
{
    private readonly RuleSet _rules;
    private readonly Detector _detector;
    private readonly StreamTester _streams;
    private readonly ILookup<string, TestedRule> _rulesByFile;
    private readonly ILookup<string, TestedRule> _correlationsByFile;
    private readonly Dictionary<string, LogSource> _logSources;
    private readonly Dictionary<string, CompiledCorrelation> _correlations;

    private RuleTester(RuleSet rules)
    {
        _rules = rules;
        _detector = new Detector(rules);
        _streams = new StreamTester(_detector);
        _rulesByFile = rules.Rules.Select(Tested).ToLookup(rule => rule.File, StringComparer.Ordinal);
        _correlationsByFile = rules.CorrelationPlan.Correlations.Select(Tested).ToLookup(rule => rule.File, StringComparer.Ordinal);
        _logSources = rules.Rules.ToDictionary(rule => rule.Id, rule => rule.LogSource, StringComparer.Ordinal);
        _correlations = rules.CorrelationPlan.Correlations.ToDictionary(one => one.Correlation.Id, StringComparer.Ordinal);
    }

    /// <summary>
    /// Runs the tests. A case is seen as an event of its rule's own log source, a stream as events of the log sources of all rules that the
    /// correlation looks at; all rules are loaded together, so that filters among them apply.
    /// </summary>
    /// <exception cref="IOException">A file of tests cannot be read.</exception>
    public static RuleTestReport Run(RuleTestPaths paths, PlaceholderSet? placeholders = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return new RuleTester(RuleSet.LoadPaths(paths.Rules, placeholders)).Run(paths.Tests);
    }

    private RuleTestReport Run(IReadOnlyList<(string Test, string? Rule)> tests)
    {
        ImmutableArray<RuleTestResult>.Builder results = ImmutableArray.CreateBuilder<RuleTestResult>();
        var faults = _rules.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ToList();
        foreach ((string test, string? ruleFile) in tests)
        {
            var file = RuleTestFile.Load(test);
            faults.AddRange(file.Diagnostics);
            results.AddRange(file.Cases.Select(one => Run(test, one, ruleFile)));
        }

        ImmutableArray<TestedRule> untested = Untested(results);
        return new RuleTestReport(results.DrainToImmutable(), [.. faults], untested);
    }

    private RuleTestResult Run(string file, RuleTestCase test, string? ruleFile)
    {
        (TestedRule? rule, string? fault) = RuleFor(test, ruleFile);
        return (rule, test) switch
        {
            (null, _) => new RuleTestResult(file, test, null, fault, Passed: false, null, null),
            (_, StreamTestCase stream) => Run(file, stream, rule),
            _ => Run(file, (EventTestCase)test, rule),
        };
    }

    private RuleTestResult Run(string file, EventTestCase test, TestedRule rule)
    {
        SigmaEvent sigmaEvent = test.EventOf(_logSources[rule.Id]);
        bool passed = _detector.Match(sigmaEvent).Any(match => match.Rule.Id == rule.Id) == test.Match;
        return new RuleTestResult(file, test, rule, null, passed, passed ? null : Explainer.Explain(_rules, rule.Id, sigmaEvent), null);
    }

    private RuleTestResult Run(string file, StreamTestCase test, TestedRule rule)
    {
        StreamVerdict verdict = _streams.Run(_correlations[rule.Id], test);
        return new RuleTestResult(file, test, rule, null, verdict.Passed, null, verdict);
    }

    private (TestedRule? Rule, string? Fault) RuleFor(RuleTestCase test, string? ruleFile)
    {
        if (ruleFile is null)
        {
            return (null, "there is no rule file beside the test file");
        }

        bool isStream = test is StreamTestCase;
        string kind = isStream ? "correlation" : "rule";
        List<TestedRule> candidates = [.. (isStream ? _correlationsByFile : _rulesByFile)[ruleFile]];
        List<TestedRule> others = [.. (isStream ? _rulesByFile : _correlationsByFile)[ruleFile]];
        if (test.Rule is { } wanted)
        {
            return candidates.Find(rule => IsCalled(rule, wanted)) is { } named ? (named, null)
                : others.Exists(rule => IsCalled(rule, wanted)) ? (null, $"{Shortened.Of(wanted)} is a {(isStream ? "rule: give it one 'event'" : "correlation: give it 'events'")}")
                : (null, $"{ruleFile} has no {kind} {Shortened.Of(wanted)}");
        }

        // Building blocks are for others: what they are for is what a stream tests.
        List<TestedRule> own = [.. candidates.Where(rule => !_rules.CorrelationPlan.SilentRules.Contains(rule.Id))];
        return (candidates, isStream ? own : candidates) switch
        {
            ([], _) => (null, $"no {kind} of {ruleFile} was loaded"),
            ([var only], _) => (only, null),
            (_, [var only]) => (only, null),
            _ => (null, $"{ruleFile} has several {kind}s: say which with 'rule', by its id or name"),
        };
    }

    private ImmutableArray<TestedRule> Untested(IEnumerable<RuleTestResult> results)
    {
        var tested = new HashSet<string>(StringComparer.Ordinal);
        foreach (TestedRule rule in results.Select(result => result.Rule).OfType<TestedRule>())
        {
            Add(rule.Id);
        }

        return
        [
            .. _rulesByFile.Concat(_correlationsByFile).SelectMany(file => file).Where(rule => !tested.Contains(rule.Id))
                .OrderBy(rule => rule.File, StringComparer.Ordinal).ThenBy(rule => rule.Line),
        ];

        void Add(string id)
        {
            if (tested.Add(id) && _correlations.TryGetValue(id, out CompiledCorrelation? correlation))
            {
                foreach (CorrelationPart part in correlation.Parts.Where(part => _rules.CorrelationPlan.SilentRules.Contains(part.Id)))
                {
                    Add(part.Id);
                }
            }
        }
    }

    private static bool IsCalled(TestedRule rule, string wanted) => RuleIdComparer.Instance.Equals(rule.Id, wanted) || rule.Name == wanted;

    private static TestedRule Tested(SigmaRule rule) => new(rule.Id, rule.Name, rule.Title, rule.File, rule.Line);

    private static TestedRule Tested(CompiledCorrelation one) =>
        new(one.Correlation.Id, one.Correlation.Name, one.Correlation.Title, one.Correlation.File, one.Correlation.Line);
}
