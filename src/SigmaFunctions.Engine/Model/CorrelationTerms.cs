using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Model;

/// <summary>One way in which an expression can be true: rules that matched, and rules that did not.</summary>
/// <param name="Present">Places of rules, ascending.</param>
/// <param name="Absent">Places of rules, ascending.</param>
public sealed record CorrelationTerm(ImmutableArray<int> Present, ImmutableArray<int> Absent);

/// <summary>An expression over rules as the ways in which it can be true, of which no one contains another.</summary>
/// <param name="Terms">The ways.</param>
public sealed record CorrelationTerms(ImmutableArray<CorrelationTerm> Terms)
{
    /// <summary>Rules of which a match is asked for, ascending.</summary>
    public ImmutableArray<int> Positive { get; } = [.. Terms.SelectMany(term => term.Present).Distinct().Order()];

    /// <summary>Rules of which there must be no match, ascending.</summary>
    public ImmutableArray<int> Negative { get; } = [.. Terms.SelectMany(term => term.Absent).Distinct().Order()];
}
