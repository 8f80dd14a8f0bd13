using System.Collections.Frozen;

namespace SigmaFunctions.Engine.Model;

/// <summary>The words that rules write for types and operators of correlations.</summary>
internal static class CorrelationNames
{
    /// <summary>Types by their words, such as <c>event_count</c>.</summary>
    public static readonly FrozenDictionary<string, CorrelationType> Types = new Dictionary<string, CorrelationType>
    {
        ["event_count"] = CorrelationType.EventCount,
        ["value_count"] = CorrelationType.ValueCount,
        ["temporal"] = CorrelationType.Temporal,
        ["temporal_ordered"] = CorrelationType.TemporalOrdered,
        ["value_sum"] = CorrelationType.ValueSum,
        ["value_avg"] = CorrelationType.ValueAvg,
        ["value_percentile"] = CorrelationType.ValuePercentile,
        ["value_median"] = CorrelationType.ValueMedian,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Operators by their words, such as <c>gte</c>.</summary>
    public static readonly FrozenDictionary<string, CorrelationOperator> Operators = new Dictionary<string, CorrelationOperator>
    {
        ["gt"] = CorrelationOperator.Gt,
        ["gte"] = CorrelationOperator.Gte,
        ["lt"] = CorrelationOperator.Lt,
        ["lte"] = CorrelationOperator.Lte,
        ["eq"] = CorrelationOperator.Eq,
        ["neq"] = CorrelationOperator.Neq,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<CorrelationType, string> TypeNames = Types.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    private static readonly FrozenDictionary<CorrelationOperator, string> OperatorNames = Operators.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The word for a type.</summary>
    public static string NameOf(CorrelationType type) => TypeNames[type];

    /// <summary>The word for an operator.</summary>
    public static string NameOf(CorrelationOperator comparison) => OperatorNames[comparison];
}
