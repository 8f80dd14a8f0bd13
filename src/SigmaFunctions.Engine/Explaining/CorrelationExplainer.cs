using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Explaining;

/// <summary>Explains what a correlation comes to on events: by the evaluation that detects, group by group. Not safe for concurrent use.</summary>
public sealed class CorrelationExplainer
{
    private readonly RuleSet _rules;
    private readonly int _place;
    private readonly HashSet<int> _baseRules = [];
    private readonly List<LeftMatch> _left = [];

    /// <summary>Explains one of the correlations of a rule set.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="correlation">The correlation's place among those of the rule set's plan.</param>
    public CorrelationExplainer(RuleSet rules, int correlation)
    {
        ArgumentNullException.ThrowIfNull(rules);
        _rules = rules;
        _place = correlation;
        Matches = new CorrelationMatches(rules.CorrelationPlan);
        AddBase(correlation, []);
    }

    /// <summary>The matches of events with a time: to be filled.</summary>
    public CorrelationMatches Matches { get; }

    /// <summary>The correlation.</summary>
    public CompiledCorrelation Correlation => _rules.CorrelationPlan.Correlations[_place];

    /// <summary>Adds a match of an event without a time; one of a rule that the correlation does not look at is passed over.</summary>
    /// <param name="rule">The rule's place among those of the set.</param>
    /// <param name="place">The event's place.</param>
    public void AddWithoutTime(int rule, int place) => AddLeft(rule, place, null, LeftReason.NoTime, "");

    /// <summary>Adds an event that a filter takes out of what a rule matches; one of a rule that the correlation does not look at is passed over.</summary>
    /// <param name="rule">The rule's place among those of the set.</param>
    /// <param name="place">The event's place.</param>
    /// <param name="time">Its time, in ticks; null if it has none.</param>
    public void AddFiltered(int rule, int place, long? time) =>
        AddLeft(rule, place, time, LeftReason.Filtered, string.Join(" or ", _rules.Compiled[rule].Filters.Select(filter => $"'{filter.Filter.Title}'")));

    /// <summary>What the correlation comes to on everything that was added.</summary>
    public CorrelationExplanation Explain()
    {
        CompiledCorrelation correlation = Correlation;
        CorrelationGroups groups = Matches.GroupsOf(_place);
        List<(GroupMatch[] Matches, GroupResult Result, CorrelationInstant? Best)> evaluated =
        [
            .. groups.All(1).Select(group =>
            {
                GroupResult result = GroupEvaluation.Evaluate(correlation.Logic, group.Matches);
                return (group.Matches, result, BestOf(correlation.Logic, result));
            }),
        ];
        int all = evaluated.Sum(group => group.Matches.Length);
        IEnumerable<LeftMatch> left = _left.Concat(groups.WithoutGroup().Select(one => new LeftMatch(
            one.Match.Place, correlation.Parts[one.Part].Id, one.Match.Time, LeftReason.NoField, one.Field)));
        ImmutableArray<LeftMatch> ordered = [.. left.OrderBy(one => one.Place).ThenBy(one => one.Rule, StringComparer.Ordinal)];
        return new CorrelationExplanation(
            correlation,
            [
                .. evaluated
                    .OrderBy(group => !group.Result.Firings.IsEmpty ? 0 : group.Best is not null ? 1 : 2)
                    .ThenBy(group => group.Best is { } best && group.Result.Firings.IsEmpty ? Distance(correlation.Logic, best.Value) : default)
                    .ThenBy(group => group.Matches.Min(match => match.Time))
                    .Take(CorrelationExplanation.MaxGroups)
                    .Select(group => Explain(groups, group.Matches, group.Result, group.Best, all)),
            ],
            evaluated.Count,
            evaluated.Sum(group => group.Result.Firings.Length),
            [.. ordered.Take(CorrelationExplanation.MaxLeft)],
            ordered.Length);
    }

    private ExplainedGroup Explain(CorrelationGroups groups, GroupMatch[] matches, GroupResult result, CorrelationInstant? best, int all)
    {
        LeftMatch[] left = [.. LeftOf(groups, matches, result)];
        return new ExplainedGroup(
            groups.TextsOf(best is { } instant ? result.Matches[instant.End - 1] : matches[0]),
            best is { } at ? Explain(groups, matches, result, at) : null,
            [.. Firings(result).Take(ExplainedGroup.MaxFirings)],
            result.Firings.Length,
            [.. left.Take(CorrelationExplanation.MaxLeft)],
            left.Length,
            all - matches.Length);
    }

    private ExplainedInstant Explain(CorrelationGroups groups, GroupMatch[] matches, GroupResult result, CorrelationInstant instant)
    {
        CorrelationLogic logic = Correlation.Logic;
        int count = instant.End - instant.First;
        const int Half = CorrelationDetection.MaxEvents / 2;
        IEnumerable<int> told = count <= CorrelationDetection.MaxEvents
            ? Enumerable.Range(instant.First, count)
            : Enumerable.Range(instant.First, Half).Concat(Enumerable.Range(instant.End - Half, Half));
        ImmutableArray<int> missing = [];
        GroupMatch[] unwanted = [];
        if (logic.IsTemporal && !instant.Holds)
        {
            HashSet<int> present = [.. result.Matches.AsSpan()[instant.First..instant.End].ToArray().Select(match => match.Rule)];
            CorrelationTerm nearest = NearestTerm(logic, matches, instant, present);
            missing = [.. nearest.Present.Where(rule => !present.Contains(rule))];
            unwanted = [.. nearest.Absent.SelectMany(rule => Unwanted(logic, matches, instant, rule)).OrderBy(match => match.Time).ThenBy(match => match.Event)];
        }

        return new ExplainedInstant(
            instant.Time,
            instant.Value,
            instant.Holds,
            [.. told.Select(place => EventOf(groups, result.Matches[place]))],
            count,
            missing,
            logic.Type == CorrelationType.TemporalOrdered && !instant.Holds && missing.IsEmpty && unwanted.Length == 0 && logic.Bounds.IsEmpty,
            [.. unwanted.Take(CorrelationDetection.MaxEvents).Select(match => EventOf(groups, match))]);
    }

    /// <summary>The way in which the condition can be true that asks for least that is not so; without an expression, all rules.</summary>
    private static CorrelationTerm NearestTerm(CorrelationLogic logic, GroupMatch[] matches, CorrelationInstant instant, HashSet<int> present) =>
        logic.Expression is { } expression
            ? expression.Terms.MinBy(term =>
                term.Present.Count(rule => !present.Contains(rule)) + term.Absent.Count(rule => Unwanted(logic, matches, instant, rule).Any()))!
            : new CorrelationTerm([.. Enumerable.Range(0, logic.Rules)], []);

    private static IEnumerable<GroupMatch> Unwanted(CorrelationLogic logic, GroupMatch[] matches, CorrelationInstant instant, int rule)
    {
        (long from, long to) = logic.RangeWithout(rule, instant.Time);
        return matches.Where(match => match.Rule == rule && match.Time >= from && match.Time <= to);
    }

    private IEnumerable<LeftMatch> LeftOf(CorrelationGroups groups, GroupMatch[] matches, GroupResult result)
    {
        CorrelationLogic logic = Correlation.Logic;
        if (logic.IsTemporal || result.Matches.Length == matches.Length)
        {
            yield break;
        }

        HashSet<(int Event, int Rule)> counted = [.. result.Matches.Select(match => (match.Event, match.Rule))];
        foreach (GroupMatch match in matches.DistinctBy(match => (match.Event, match.Rule)).Where(match => !counted.Contains((match.Event, match.Rule))).OrderBy(match => match.Time).ThenBy(match => match.Event))
        {
            CorrelationPart part = Correlation.Parts[match.Rule];
            (LeftReason reason, string detail) = logic.Type switch
            {
                CorrelationType.ValueCount when match.Values.IsEmpty => (LeftReason.NoValue, string.Join(", ", part.Fields)),
                CorrelationType.EventCount or CorrelationType.ValueCount => (LeftReason.SameEvent, ""),
                _ when match.Numbers.IsEmpty => (LeftReason.NoNumber, part.Fields[0]),
                _ => (LeftReason.SameEvent, ""),
            };
            yield return new LeftMatch(groups.MatchOf(match).Place, part.Id, match.Time, reason, detail);
        }
    }

    private IEnumerable<ExplainedFiring> Firings(GroupResult result)
    {
        for (int i = 0; i < result.Firings.Length; i++)
        {
            CorrelationInstant firing = result.Firings[i];
            List<(long, Rational)> standsFor =
            [
                .. result.Instants
                    .Where(instant => instant.Holds && instant.Time > firing.Time && instant.Time - firing.Time <= Correlation.Logic.Span)
                    .Select(instant => (instant.Time, instant.Value)),
            ];
            yield return new ExplainedFiring(firing.Time, firing.Value, [.. standsFor.Take(ExplainedFiring.MaxInstants)], standsFor.Count);
        }
    }

    private CorrelatedEvent EventOf(CorrelationGroups groups, GroupMatch match) =>
        new(groups.MatchOf(match).Place, Correlation.Parts[match.Rule].Id, match.Time);

    private static CorrelationInstant? BestOf(CorrelationLogic logic, GroupResult result) =>
        !result.Firings.IsEmpty ? result.Firings[0]
        : result.Instants.IsEmpty ? null
        : result.Instants.MinBy(instant => Distance(logic, instant.Value));

    /// <summary>How much a value lacks of what is asked for; of an expression, how many of the rules that it asks for.</summary>
    internal static Rational Distance(CorrelationLogic logic, Rational value)
    {
        if (logic.Bounds.IsEmpty)
        {
            return Rational.Of(logic.Expression?.Positive.Length ?? logic.Rules) - value;
        }

        Rational distance = default;
        foreach (CorrelationBound bound in logic.Bounds)
        {
            var limit = Rational.Of(bound.Value);
            bool isLow = value < limit && bound.Operator is CorrelationOperator.Gt or CorrelationOperator.Gte or CorrelationOperator.Eq;
            bool isHigh = value > limit && bound.Operator is CorrelationOperator.Lt or CorrelationOperator.Lte or CorrelationOperator.Eq;
            distance += isLow ? limit - value : isHigh ? value - limit : default;
        }

        return distance;
    }

    private void AddLeft(int rule, int place, long? time, LeftReason reason, string detail)
    {
        if (_baseRules.Contains(rule))
        {
            _left.Add(new LeftMatch(place, _rules.Rules[rule].Id, time, reason, detail));
        }
    }

    private void AddBase(int correlation, HashSet<int> seen)
    {
        foreach (CorrelationPart part in seen.Add(correlation) ? _rules.CorrelationPlan.Correlations[correlation].Parts : [])
        {
            if (part.Rule is { } rule)
            {
                _baseRules.Add(rule);
            }
            else
            {
                AddBase(part.Correlation!.Value, seen);
            }
        }
    }
}
