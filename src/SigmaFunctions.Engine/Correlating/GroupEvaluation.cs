using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>
/// What a correlation detects among the matches of one group: a function of the set of matches, whatever their order and however often each is
/// given (docs/correlation.md).
/// </summary>
public static class GroupEvaluation
{
    /// <summary>Evaluates matches of a group.</summary>
    /// <param name="logic">What the correlation asks.</param>
    /// <param name="matches">The matches, in any order. All of the group, or at least those from one timespan before <paramref name="from"/> on; instants before that are not those of all.</param>
    /// <param name="from">The time from which it may fire, in ticks.</param>
    /// <param name="last">When it fired last before that, in ticks; null where it did not.</param>
    public static GroupResult Evaluate(CorrelationLogic logic, IEnumerable<GroupMatch> matches, long from = long.MinValue, long? last = null)
    {
        ArgumentNullException.ThrowIfNull(logic);
        return Evaluate(logic, (GroupMatch[])[.. matches], from, last);
    }

    /// <summary>As <see cref="Evaluate(CorrelationLogic, IEnumerable{GroupMatch}, long, long?)"/>; the matches are put in order.</summary>
    internal static GroupResult Evaluate(CorrelationLogic logic, GroupMatch[] matches, long from, long? last)
    {
        ReadOnlySpan<GroupMatch> sorted = Sort(matches);
        ImmutableArray<GroupMatch> parts = PartsOf(logic, sorted);
        IInstantTest test = logic switch
        {
            { Expression: { } terms, Type: CorrelationType.TemporalOrdered } => new OrderedTermsTest(logic, terms, new MatchTimes(sorted, terms.Negative)),
            { Expression: { } terms } => new TermsTest(logic, terms, new MatchTimes(sorted, terms.Negative)),
            { Type: CorrelationType.TemporalOrdered } => new ChainTest(logic),
            _ => new WindowTest(logic, WindowOf(logic, parts)),
        };
        ImmutableArray<CorrelationInstant>.Builder instants = ImmutableArray.CreateBuilder<CorrelationInstant>(parts.Length);
        ImmutableArray<CorrelationInstant>.Builder firings = ImmutableArray.CreateBuilder<CorrelationInstant>();
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
            if (holds && time >= from && (last is null || time - last.Value > logic.Span))
            {
                firings.Add(instant);
                last = time;
            }
        }

        return new GroupResult(parts, instants.DrainToImmutable(), firings.DrainToImmutable());
    }

    /// <summary>Puts matches in order, and leaves those out that are there twice.</summary>
    private static ReadOnlySpan<GroupMatch> Sort(GroupMatch[] matches)
    {
        for (int i = 1; i < matches.Length; i++)
        {
            if (Compare(matches[i - 1], matches[i]) > 0)
            {
                Array.Sort(matches, Compare);
                break;
            }
        }

        // An event has one time, so that what is the same stands together.
        int count = 0;
        foreach (GroupMatch match in matches)
        {
            if (count == 0 || matches[count - 1].Event != match.Event || matches[count - 1].Rule != match.Rule)
            {
                matches[count++] = match;
            }
        }

        return matches.AsSpan(0, count);
    }

    private static int Compare(GroupMatch left, GroupMatch right) =>
        left.Time != right.Time ? left.Time.CompareTo(right.Time)
        : left.Event != right.Event ? left.Event.CompareTo(right.Event)
        : left.Rule != right.Rule ? left.Rule.CompareTo(right.Rule)
        : left.Source.CompareTo(right.Source);

    /// <summary>The matches that take part: those with values where values are looked at, and then one of each event; those of rules that are asked for.</summary>
    private static ImmutableArray<GroupMatch> PartsOf(CorrelationLogic logic, ReadOnlySpan<GroupMatch> sorted)
    {
        var parts = new GroupMatch[sorted.Length];
        int count = 0;
        foreach (GroupMatch match in sorted)
        {
            bool takesPart = logic.Expression is { } terms ? terms.Positive.Contains(match.Rule)
                : logic.IsTemporal || (HasValues(logic, match) && (count == 0 || parts[count - 1].Event != match.Event));
            if (takesPart)
            {
                parts[count++] = match;
            }
        }

        Array.Resize(ref parts, count);
        return ImmutableCollectionsMarshal.AsImmutableArray(parts);
    }

    private static bool HasValues(CorrelationLogic logic, GroupMatch match) => logic.Type switch
    {
        CorrelationType.EventCount => true,
        CorrelationType.ValueCount => !match.Values.IsEmpty,
        _ => !match.Numbers.IsEmpty,
    };

    private static IWindowValue WindowOf(CorrelationLogic logic, ImmutableArray<GroupMatch> parts) => logic.Type switch
    {
        CorrelationType.EventCount => new CountWindow(),
        CorrelationType.ValueCount => new DistinctWindow(),
        CorrelationType.ValueSum => new SumWindow(isAverage: false),
        CorrelationType.ValueAvg => new SumWindow(isAverage: true),
        CorrelationType.ValuePercentile or CorrelationType.ValueMedian => new RankWindow(logic.Percentile, parts.AsSpan()),
        _ => new RuleWindow(logic.Rules),
    };
}
