using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Testing;

/// <summary>Runs correlations over streams of events.</summary>
internal sealed class StreamTester(Detector detector)
{
    private static readonly long Begin = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    private readonly CorrelationPlan _plan = detector.RuleSet.CorrelationPlan;

    /// <summary>What a correlation makes of a stream. Each event is one of the log sources of all rules that it looks at.</summary>
    public StreamVerdict Run(CompiledCorrelation correlation, StreamTestCase test)
    {
        List<int> rules = RulesOf(correlation);
        LogSourceSet logSources = [.. rules.Select(rule => detector.Rules[rule].LogSource).Distinct()];
        var matches = new CorrelationMatches(_plan);
        var counts = rules.ToDictionary(rule => detector.Rules[rule].Id, _ => 0, StringComparer.Ordinal);
        var lacking = new SortedDictionary<(string Rule, string Field), int>();
        for (int place = 0; place < test.Events.Length; place++)
        {
            StreamEvent one = test.Events[place];
            foreach (RuleMatch match in detector.Match(EventTestCase.EventOf(logSources, one.Fields), matches, Begin + one.Ticks, place))
            {
                if (counts.TryGetValue(match.Rule.Id, out int count))
                {
                    counts[match.Rule.Id] = count + 1;
                    foreach (string field in NeededOf(correlation, match.Rule.Id).Where(field => IsLacking(one.Fields, field)))
                    {
                        (string, string) key = (NameOf(match.Rule), field);
                        lacking[key] = lacking.GetValueOrDefault(key) + 1;
                    }
                }
            }
        }

        CorrelationGroups groups = matches.GroupsOf(_plan.Correlations.IndexOf(correlation));
        ImmutableArray<GroupResult> results =
            [.. groups.All(1).Select(group => GroupEvaluation.Evaluate(correlation.Logic, group.Matches)).Where(result => !result.Matches.IsEmpty)];
        ImmutableArray<StreamDetection> detected =
        [
            .. results.SelectMany(result => result.Firings.Select(firing => DetectionOf(groups, result, firing)))
                .OrderBy(one => one.Last).ThenBy(one => string.Join('\n', one.Group), StringComparer.Ordinal),
        ];
        ImmutableArray<ExpectedDetection> missing = MissingOf(test.Expected.Each, detected, correlation.Correlation.GroupBy);
        bool passed = missing.IsEmpty && (test.Expected.Count is { } wanted ? detected.Length == wanted : detected.Length > 0);
        return new StreamVerdict(
            correlation,
            passed,
            missing,
            detected,
            [
                .. results.Where(result => result.Firings.IsEmpty).Select(result => Nearest(correlation.Logic, groups, result))
                    .OrderBy(one => one.Distance).Take(StreamVerdict.MaxReached).Select(one => one.Reached),
            ],
            [.. rules.Select(rule => new MatchedRule(NameOf(detector.Rules[rule]), counts[detector.Rules[rule].Id]))],
            [.. lacking.Select(pair => new LackingField(pair.Key.Rule, pair.Key.Field, pair.Value))]);
    }

    /// <summary>The rules below a correlation, each once, however many ways lead to it.</summary>
    private List<int> RulesOf(CompiledCorrelation correlation)
    {
        var rules = new OrderedDictionary<int, bool>();
        var seen = new HashSet<int>();
        var open = new Stack<CorrelationPart>(correlation.Parts.Reverse());
        while (open.TryPop(out CorrelationPart? part))
        {
            if (part.Rule is { } rule)
            {
                rules.TryAdd(rule, true);
            }
            else if (seen.Add(part.Correlation!.Value))
            {
                foreach (CorrelationPart inner in _plan.Correlations[part.Correlation.Value].Parts.Reverse())
                {
                    open.Push(inner);
                }
            }
        }

        return [.. rules.Keys];
    }

    /// <summary>The fields without which a match of a rule takes no part.</summary>
    private static IEnumerable<string> NeededOf(CompiledCorrelation correlation, string rule) =>
        correlation.Parts.Where(part => part.Id == rule).SelectMany(part => part.GroupBy.Concat(part.Fields));

    private static bool IsLacking(IReadOnlyDictionary<string, FieldValue> fields, string field) =>
        EventFields.Find(fields, field)?.Kind is null or FieldValueKind.Null or FieldValueKind.Object;

    private static string NameOf(SigmaRule rule) => rule.Name ?? rule.Id;

    private static StreamDetection DetectionOf(CorrelationGroups groups, GroupResult result, CorrelationInstant firing) => new(
        groups.TextsOf(result.Matches[firing.End - 1]),
        firing.Value,
        result.Matches[firing.First].Time - Begin,
        firing.Time - Begin,
        firing.End - firing.First);

    /// <summary>How far the group's best window is from the condition.</summary>
    private static (Rational Distance, ReachedValue Reached) Nearest(CorrelationLogic logic, CorrelationGroups groups, GroupResult result)
    {
        (Rational distance, CorrelationInstant best) = result.Instants.Select(instant => (CorrelationExplainer.Distance(logic, instant.Value), instant)).MinBy(one => one.Item1);
        return (distance, new ReachedValue(groups.TextsOf(result.Matches[best.End - 1]), best.Value, best.Time - Begin));
    }

    /// <summary>
    /// What is expected and has no detection of its own, others giving up theirs for another where need be (augmenting paths; Kuhn, 1955).
    /// </summary>
    private static ImmutableArray<ExpectedDetection> MissingOf(
        ImmutableArray<ExpectedDetection> expected, ImmutableArray<StreamDetection> detected, ImmutableArray<string> names)
    {
        var owner = new Dictionary<int, ExpectedDetection>();
        return [.. expected.Where(one => !Serve(one, []))];

        bool Serve(ExpectedDetection one, HashSet<int> tried)
        {
            for (int i = 0; i < detected.Length; i++)
            {
                if (Is(detected[i], one, names) && tried.Add(i) && (!owner.TryGetValue(i, out ExpectedDetection? other) || Serve(other, tried)))
                {
                    owner[i] = one;
                    return true;
                }
            }

            return false;
        }
    }

    private static bool Is(StreamDetection detection, ExpectedDetection expected, ImmutableArray<string> names) =>
        (expected.Value is not { } value || value.ToString() == detection.Value.ToString())
        && (expected.First is not { } first || first == detection.First)
        && (expected.Last is not { } last || last == detection.Last)
        && (expected.Events is not { } events || events == detection.Events)
        && expected.Group.All(entry => names.IndexOf(entry.Key) is >= 0 and int place && detection.Group[place] == entry.Value);
}
