using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>
/// What a correlation detects among the matches of one group: a function of the set of matches, whatever their order and however often each is
/// given (docs/correlation.md).
/// </summary>
internal static class GroupEvaluation
{
    /// <summary>Evaluates all matches of a group.</summary>
    /// <param name="logic">What the correlation asks.</param>
    /// <param name="matches">The matches, in any order.</param>
    public static GroupResult Evaluate(CorrelationLogic logic, IEnumerable<GroupMatch> matches)
    {
        List<GroupMatch> sorted = Sorted(matches);
        ImmutableArray<GroupMatch> parts = PartsOf(logic, sorted);
        IInstantTest test = logic switch
        {
            { Expression: { } terms, Type: CorrelationType.TemporalOrdered } => new OrderedTermsTest(logic, terms, sorted),
            { Expression: { } terms } => new TermsTest(logic, terms, sorted),
            { Type: CorrelationType.TemporalOrdered } => new ChainTest(logic),
            _ => new WindowTest(logic, WindowOf(logic, parts)),
        };
        ImmutableArray<CorrelationInstant>.Builder instants = ImmutableArray.CreateBuilder<CorrelationInstant>();
        ImmutableArray<CorrelationInstant>.Builder firings = ImmutableArray.CreateBuilder<CorrelationInstant>();
        long? last = null;
        int first = 0;
        for (int next = 0; next < parts.Length;)
        {
            long time = parts[next].Time;
            int begin = next;
            while (next < parts.Length && parts[next].Time == time)
            {
                next++;
            }

            test.Add(parts.AsSpan()[begin..next]);
            for (; parts[first].Time < time - logic.Span; first++)
            {
                test.Remove(parts[first]);
            }

            (Rational value, bool holds) = test.At(time);
            var instant = new CorrelationInstant(time, value, holds, first, next);
            instants.Add(instant);
            if (holds && (last is null || time - last.Value > logic.Span))
            {
                firings.Add(instant);
                last = time;
            }
        }

        return new GroupResult(parts, instants.DrainToImmutable(), firings.DrainToImmutable());
    }

    private static List<GroupMatch> Sorted(IEnumerable<GroupMatch> matches) =>
    [
        .. matches.DistinctBy(match => (match.Event, match.Rule))
            .OrderBy(match => match.Time).ThenBy(match => match.Event).ThenBy(match => match.Rule),
    ];

    /// <summary>The matches that take part: those with values where values are looked at, and then one of each event; those of rules that are asked for.</summary>
    private static ImmutableArray<GroupMatch> PartsOf(CorrelationLogic logic, List<GroupMatch> sorted)
    {
        if (logic.Expression is { } terms)
        {
            return [.. sorted.Where(match => terms.Positive.Contains(match.Rule))];
        }

        if (logic.IsTemporal)
        {
            return [.. sorted];
        }

        // Of an event the first by its rule: an event is of one time.
        return
        [
            .. sorted.Where(match => logic.Type switch
            {
                CorrelationType.EventCount => true,
                CorrelationType.ValueCount => !match.Keys.IsEmpty,
                _ => !match.Numbers.IsEmpty,
            }).DistinctBy(match => match.Event),
        ];
    }

    private static IWindowValue WindowOf(CorrelationLogic logic, ImmutableArray<GroupMatch> parts) => logic.Type switch
    {
        CorrelationType.EventCount => new CountWindow(),
        CorrelationType.ValueCount => new DistinctWindow(),
        CorrelationType.ValueSum => new SumWindow(isAverage: false),
        CorrelationType.ValueAvg => new SumWindow(isAverage: true),
        CorrelationType.ValuePercentile or CorrelationType.ValueMedian => new RankWindow(logic.Percentile, parts),
        _ => new RuleWindow(logic.Rules),
    };
}
