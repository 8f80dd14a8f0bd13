using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Tests;

/// <summary>The definition, without a thought for cost.</summary>
internal static class PlainGroupEvaluation
{
    public static IEnumerable<(long Time, Rational Value, bool Holds)> Instants(CorrelationLogic logic, ImmutableArray<GroupMatch> matches) =>
        Parts(logic, matches).Select(match => match.Time).Distinct().Order().Select(time => At(logic, matches, time));

    public static IEnumerable<long> Firings(CorrelationLogic logic, ImmutableArray<GroupMatch> matches)
    {
        long? last = null;
        foreach ((long time, Rational _, bool holds) in Instants(logic, matches))
        {
            if (holds && (last is null || time > last + logic.Span))
            {
                last = time;
                yield return time;
            }
        }
    }

    private static (long Time, Rational Value, bool Holds) At(CorrelationLogic logic, ImmutableArray<GroupMatch> all, long time)
    {
        List<GroupMatch> window = [.. Parts(logic, all).Where(match => match.Time >= time - logic.Span && match.Time <= time)];
        if (logic.Expression is { } terms)
        {
            bool Has(int rule, long from, long to) => all.Any(match => match.Rule == rule && match.Time >= from && match.Time <= to);
            bool IsAbsent(int rule) => logic.Type == CorrelationType.Temporal ? !Has(rule, time - logic.Span, time + logic.Span)
                : rule < terms.Positive.Max() ? !Has(rule, time - logic.Span, time)
                : !Has(rule, time, time + logic.Span);
            bool ArePresent(ImmutableArray<int> rules) => logic.Type == CorrelationType.Temporal
                ? rules.All(rule => window.Any(match => match.Rule == rule))
                : Longest([.. window.Where(match => rules.Contains(match.Rule))]) == rules.Length;
            return (time, Rational.Of(window.Select(match => match.Rule).Distinct().Count()), terms.Terms.Any(term => ArePresent(term.Present) && term.Absent.All(IsAbsent)));
        }

        Rational[] numbers = [.. window.SelectMany(match => match.Numbers).Order()];
        Rational value = logic.Type switch
        {
            CorrelationType.EventCount => Rational.Of(window.Count),
            CorrelationType.ValueCount => Rational.Of(window.SelectMany(match => match.Values).Distinct().Count()),
            CorrelationType.ValueSum => numbers.Aggregate(default(Rational), (sum, number) => sum + number),
            CorrelationType.ValueAvg => numbers.Aggregate(default(Rational), (sum, number) => sum + number) / Rational.Of(numbers.Length),
            CorrelationType.Temporal => Rational.Of(window.Select(match => match.Rule).Distinct().Count()),
            CorrelationType.TemporalOrdered => Rational.Of(Longest(window)),
            _ => Ranked(numbers, logic.Percentile),
        };
        return (time, value, logic.Bounds.IsEmpty ? value == Rational.Of(logic.Rules) : logic.Bounds.All(bound => Compares(value, bound)));
    }

    // One of an event, the first of its rules by which it takes part.
    public static IEnumerable<GroupMatch> Parts(CorrelationLogic logic, ImmutableArray<GroupMatch> all) =>
        logic.Expression is { } terms ? all.Where(match => terms.Positive.Contains(match.Rule))
        : logic.IsTemporal ? all
        : all.Where(match => logic.Type == CorrelationType.EventCount || (logic.Type == CorrelationType.ValueCount ? match.Values.Length : match.Numbers.Length) > 0)
            .GroupBy(match => match.Event).Select(group => group.MinBy(match => match.Rule));

    private static Rational Ranked(Rational[] numbers, Rational percentile)
    {
        if (numbers.Length == 0)
        {
            return default;
        }

        for (int below = 0; ; below++)
        {
            Rational part = (percentile * Rational.Of(numbers.Length - 1) / Rational.Of(100)) - Rational.Of(below);
            if (part < Rational.Of(1))
            {
                return part == default ? numbers[below] : numbers[below] + (part * (numbers[below + 1] - numbers[below]));
            }
        }
    }

    /// <summary>Every way of giving rules events of their own, in the order of rules, at times that do not fall.</summary>
    private static int Longest(IReadOnlyCollection<GroupMatch> window)
    {
        int most = 0;
        void Extend(int rule, long time, ImmutableHashSet<int> taken)
        {
            most = Math.Max(most, taken.Count);
            foreach (GroupMatch match in window.Where(match => match.Rule >= rule && match.Time >= time && !taken.Contains(match.Event)))
            {
                Extend(match.Rule + 1, match.Time, taken.Add(match.Event));
            }
        }

        Extend(0, long.MinValue, []);
        return most;
    }

    private static bool Compares(Rational value, CorrelationBound bound)
    {
        var other = Rational.Of(bound.Value);
        return bound.Operator switch
        {
            CorrelationOperator.Gt => value > other,
            CorrelationOperator.Gte => value >= other,
            CorrelationOperator.Lt => value < other,
            CorrelationOperator.Lte => value <= other,
            CorrelationOperator.Eq => value == other,
            _ => value != other,
        };
    }
}
