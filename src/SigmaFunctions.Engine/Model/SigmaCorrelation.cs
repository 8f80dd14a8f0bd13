using System.Collections.Immutable;
using System.Globalization;

namespace SigmaFunctions.Engine.Model;

/// <summary>What a correlation looks for in the matches of its rules (specification 2.1.0, "Correlation Types").</summary>
public enum CorrelationType
{
    /// <summary>How many events matched.</summary>
    EventCount,

    /// <summary>How many distinct values a field had.</summary>
    ValueCount,

    /// <summary>All rules matched, in any order.</summary>
    Temporal,

    /// <summary>All rules matched, in the order given.</summary>
    TemporalOrdered,

    /// <summary>The sum of a field's values.</summary>
    ValueSum,

    /// <summary>The average of a field's values.</summary>
    ValueAvg,

    /// <summary>A percentile of a field's values.</summary>
    ValuePercentile,

    /// <summary>The median of a field's values.</summary>
    ValueMedian,
}

/// <summary>How a correlation's result must compare to a number.</summary>
public enum CorrelationOperator
{
    /// <summary>Greater.</summary>
    Gt,

    /// <summary>Greater or equal.</summary>
    Gte,

    /// <summary>Smaller.</summary>
    Lt,

    /// <summary>Smaller or equal.</summary>
    Lte,

    /// <summary>Equal.</summary>
    Eq,

    /// <summary>Not equal.</summary>
    Neq,
}

/// <summary>One bound of a correlation's condition.</summary>
/// <param name="Operator">The comparison.</param>
/// <param name="Value">The number compared to.</param>
public sealed record CorrelationBound(CorrelationOperator Operator, decimal Value)
{
    /// <summary>The comparison in the word that rules write, such as <c>gte</c>.</summary>
    public string OperatorName => CorrelationNames.NameOf(Operator);

    /// <summary>The number as rules write it, without zeros at its end.</summary>
    public string ValueText => Value.ToString("0.############################", CultureInfo.InvariantCulture);
}

/// <summary>A name for different fields of different rules.</summary>
/// <param name="Name">The alias, as it is used in group-by.</param>
/// <param name="FieldByRule">The field that each rule's events carry it in, by the rule's id or name.</param>
public sealed record CorrelationAlias(string Name, ImmutableSortedDictionary<string, string> FieldByRule);

/// <summary>A correlation rule (specification 2.1.0, "Sigma Correlation Rules").</summary>
public sealed record SigmaCorrelation
{
    /// <summary>The correlation's id; made from its content where it states none.</summary>
    public required string Id { get; init; }

    /// <summary>Short title.</summary>
    public required string Title { get; init; }

    /// <summary>Unique name, by which another correlation may refer to it.</summary>
    public string? Name { get; init; }

    /// <summary>What it detects.</summary>
    public string? Description { get; init; }

    /// <summary>Severity as written.</summary>
    public string? Level { get; init; }

    /// <summary>Maturity as written.</summary>
    public string? Status { get; init; }

    /// <summary>Tags.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Who wrote it.</summary>
    public string? Author { get; init; }

    /// <summary>Day on which it was written, as written.</summary>
    public string? Date { get; init; }

    /// <summary>Day of its last change, as written.</summary>
    public string? Modified { get; init; }

    /// <summary>Its license.</summary>
    public string? License { get; init; }

    /// <summary>What to read about it.</summary>
    public ImmutableArray<string> References { get; init; } = [];

    /// <summary>What it also detects.</summary>
    public ImmutableArray<string> FalsePositives { get; init; } = [];

    /// <summary>What it looks for.</summary>
    public required CorrelationType Type { get; init; }

    /// <summary>Ids or names of the rules and correlations whose matches it looks at.</summary>
    public required ImmutableArray<string> Rules { get; init; }

    /// <summary>Fields or aliases whose values keep events apart.</summary>
    public ImmutableArray<string> GroupBy { get; init; } = [];

    /// <summary>Length of the window.</summary>
    public required TimeSpan Timespan { get; init; }

    /// <summary>Bounds that must all hold; empty for a temporal correlation of all its rules.</summary>
    public ImmutableArray<CorrelationBound> Bounds { get; init; } = [];

    /// <summary>Fields whose values are counted or summed.</summary>
    public ImmutableArray<string> Fields { get; init; } = [];

    /// <summary>Rank of the percentile, from 0 to 100.</summary>
    public decimal? Percentile { get; init; }

    /// <summary>Aliases for fields.</summary>
    public ImmutableArray<CorrelationAlias> Aliases { get; init; } = [];

    /// <summary>Whether its rules also alert alone.</summary>
    public bool Generate { get; init; }

    /// <summary>What a temporal correlation asks of its rules in place of bounds; null where it states no expression.</summary>
    public CorrelationTerms? Expression { get; init; }

    /// <summary>The expression as it is written; null where there is none.</summary>
    public string? Condition { get; init; }

    /// <summary>File it was read from, as it was given.</summary>
    public required string File { get; init; }

    /// <summary>Line of the file where its document starts, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>What it looks for in the word that rules write, such as <c>event_count</c>.</summary>
    public string TypeName => CorrelationNames.NameOf(Type);

    /// <summary>Length of the window as rules write it, in the largest unit of which it is a whole number: <c>90s</c>, <c>1h</c>.</summary>
    public string TimespanText
    {
        get
        {
            long seconds = (long)Timespan.TotalSeconds;
            (long count, char unit) = seconds % 86_400 == 0 ? (seconds / 86_400, 'd')
                : seconds % 3_600 == 0 ? (seconds / 3_600, 'h')
                : seconds % 60 == 0 ? (seconds / 60, 'm')
                : (seconds, 's');
            return string.Create(CultureInfo.InvariantCulture, $"{count}{unit}");
        }
    }
}
