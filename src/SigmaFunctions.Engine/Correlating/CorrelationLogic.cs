using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>What a correlation asks of the matches of one group.</summary>
/// <param name="Type">What is counted.</param>
/// <param name="Span">Length of the window, in ticks of 100 ns.</param>
/// <param name="Rules">Number of its rules; a match names its rule by its place among them, from 0.</param>
/// <param name="Bounds">What the value must satisfy; none for a temporal correlation of all its rules.</param>
/// <param name="Percentile">Rank of a percentile, from 0 to 100; 50 for a median.</param>
/// <param name="Expression">What a temporal correlation asks of its rules in place of bounds; null for none.</param>
public sealed record CorrelationLogic(
    CorrelationType Type,
    long Span,
    int Rules,
    ImmutableArray<CorrelationBound> Bounds,
    Rational Percentile = default,
    CorrelationTerms? Expression = null)
{
    private readonly ImmutableArray<Rational> _limits = [.. Bounds.Select(bound => Rational.Of(bound.Value))];

    /// <summary>Whether it looks at which rules matched, and not at events or their values.</summary>
    public bool IsTemporal => Type is CorrelationType.Temporal or CorrelationType.TemporalOrdered;

    /// <summary>When it is certain that it detected something, whatever its rules are.</summary>
    public CorrelationDecision Decision => this switch
    {
        { Expression: { Negative.IsEmpty: true } } => CorrelationDecision.AtOnce,
        { Expression: { } terms } => Type == CorrelationType.Temporal || terms.Negative[^1] >= terms.Positive[^1] ? CorrelationDecision.AfterTimespan : CorrelationDecision.AfterLateEvents,
        _ => Type is not (CorrelationType.ValueAvg or CorrelationType.ValuePercentile or CorrelationType.ValueMedian)
            && Bounds.All(bound => bound.Operator is CorrelationOperator.Gt or CorrelationOperator.Gte)
                ? CorrelationDecision.AtOnce
                : CorrelationDecision.AfterLateEvents,
    };

    /// <summary>Number of matches below which a group can detect nothing, from 1.</summary>
    internal int LeastMatches => Type switch
    {
        CorrelationType.EventCount => Bounds
            .Where(bound => bound.Operator is CorrelationOperator.Gt or CorrelationOperator.Gte)
            .Select(bound => (int)Math.Clamp(bound.Operator == CorrelationOperator.Gt ? Math.Floor(bound.Value) + 1 : Math.Ceiling(bound.Value), 1, int.MaxValue))
            .DefaultIfEmpty(1).Max(),
        CorrelationType.TemporalOrdered when Expression is null && Bounds.IsEmpty => Rules,
        _ => 1,
    };

    /// <summary>Where a rule that must not match is looked for at an instant, both times included.</summary>
    /// <param name="rule">A rule that the expression uses negatively.</param>
    /// <param name="time">The instant.</param>
    internal (long From, long To) RangeWithout(int rule, long time) =>
        Type == CorrelationType.Temporal ? (time - Span, time + Span)
        : rule < Expression!.Positive[^1] ? (time - Span, time)
        : (time, time + Span);

    /// <summary>Whether every bound holds of a value; without any, whether all rules are there.</summary>
    public bool Holds(Rational value)
    {
        if (Bounds.IsEmpty)
        {
            return value == Rational.Of(Rules);
        }

        for (int i = 0; i < Bounds.Length; i++)
        {
            int compared = value.CompareTo(_limits[i]);
            bool holds = Bounds[i].Operator switch
            {
                CorrelationOperator.Gt => compared > 0,
                CorrelationOperator.Gte => compared >= 0,
                CorrelationOperator.Lt => compared < 0,
                CorrelationOperator.Lte => compared <= 0,
                CorrelationOperator.Eq => compared == 0,
                _ => compared != 0,
            };
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }
}
