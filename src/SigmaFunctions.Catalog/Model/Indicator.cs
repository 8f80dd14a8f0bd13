using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Model;

/// <summary>The indicators of a rule that have a field and kind in common.</summary>
/// <param name="Field">Field name; empty for keywords.</param>
/// <param name="Kind">Kind of test, as <see cref="PredicateText.Kind"/>.</param>
/// <param name="IsCased">Whether case counts.</param>
/// <param name="IsExcluded">Whether the rule only looks for them to rule events out.</param>
/// <param name="Values">The indicators, in ordinal order.</param>
public sealed record IndicatorGroup(string Field, string Kind, bool IsCased, bool IsExcluded, ImmutableArray<Indicator> Values);

/// <summary>A predicate that a rule looks for, and how common it is.</summary>
/// <param name="Value">What is looked for, as a rule would write it.</param>
/// <param name="Count">Number of rules that look for the same, this one included; predicates are compared after modifiers.</param>
/// <param name="CountBySource">The same for each source of rules that has any, in the order of the sources.</param>
/// <param name="Others">Some of the other rules, in the order of their ids.</param>
public sealed record Indicator(string Value, int Count, ImmutableArray<SourceCount> CountBySource, ImmutableArray<PageLink> Others);

/// <summary>A number of rules of a source.</summary>
/// <param name="Source">Name of the source of rules.</param>
/// <param name="Count">How many.</param>
public sealed record SourceCount(string Source, int Count);

/// <summary>An indicator of several rules.</summary>
/// <param name="Field">Field name; empty for keywords.</param>
/// <param name="Kind">Kind of test, as <see cref="PredicateText.Kind"/>.</param>
/// <param name="IsCased">Whether case counts.</param>
/// <param name="Value">What is looked for.</param>
/// <param name="Count">Number of rules that look for it.</param>
/// <param name="CountBySource">The same for each source of rules that has any.</param>
/// <param name="Rules">Some of them, in the order of their ids.</param>
public sealed record SharedIndicator(
    string Field, string Kind, bool IsCased, string Value, int Count, ImmutableArray<SourceCount> CountBySource, ImmutableArray<PageLink> Rules);
