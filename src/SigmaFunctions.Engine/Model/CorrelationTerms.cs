using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Model;

/// <summary>One way in which an expression can be true: rules that matched, and rules that did not.</summary>
/// <param name="Present">Places of rules, ascending.</param>
/// <param name="Absent">Places of rules, ascending.</param>
public sealed record CorrelationTerm(ImmutableArray<int> Present, ImmutableArray<int> Absent);

/// <summary>An expression over rules as the ways in which it can be true, of which no one contains another.</summary>
/// <param name="Terms">The ways.</param>
/// <param name="Positive">Rules that it names and of which a match is asked for, ascending; also one that no way needs, as <c>b</c> in <c>a or (a and b)</c>.</param>
/// <param name="Negative">Rules that it names and of which there must be no match, ascending.</param>
public sealed record CorrelationTerms(ImmutableArray<CorrelationTerm> Terms, ImmutableArray<int> Positive, ImmutableArray<int> Negative);
