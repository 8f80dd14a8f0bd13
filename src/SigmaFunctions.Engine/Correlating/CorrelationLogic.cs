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
internal sealed record CorrelationLogic(
    CorrelationType Type,
    long Span,
    int Rules,
    ImmutableArray<CorrelationBound> Bounds,
    Rational Percentile = default,
    CorrelationTerms? Expression = null)
{
    /// <summary>Whether it looks at which rules matched, and not at events or their values.</summary>
    public bool IsTemporal => Type is CorrelationType.Temporal or CorrelationType.TemporalOrdered;

    /// <summary>Whether every bound holds of a value; without any, whether all rules are there.</summary>
    public bool Holds(Rational value)
    {
        if (Bounds.IsEmpty)
        {
            return value == Rational.Of(Rules);
        }

        foreach (CorrelationBound bound in Bounds)
        {
            int compared = value.CompareTo(Rational.Of(bound.Value));
            bool holds = bound.Operator switch
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
