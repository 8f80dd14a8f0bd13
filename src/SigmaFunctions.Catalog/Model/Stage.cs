using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Model;

/// <summary>A part of a rule's logic: its condition (number 0), or a search identifier that the condition uses.</summary>
/// <param name="Number">0 for the condition, then in the rule's order.</param>
/// <param name="Name"><c>condition</c> or the name of the search identifier.</param>
/// <param name="Text">The condition, or the search identifier's YAML, as it is written.</param>
/// <param name="IsExcluded">Whether the condition only uses it under <c>not</c>.</param>
/// <param name="Predicates">What has to hold, after modifiers; null for the condition.</param>
public sealed record Stage(int Number, string Name, string Text, bool IsExcluded, LogicNode? Predicates);

/// <summary>How the parts of a <see cref="LogicNode"/> go together.</summary>
public enum LogicKind
{
    /// <summary>Every part holds.</summary>
    All,

    /// <summary>Some part holds.</summary>
    Any,

    /// <summary>The only part does not hold.</summary>
    Not,

    /// <summary>Predicates of one field: no parts.</summary>
    Predicates,
}

/// <summary>A part of the logic of a search identifier.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Parts">Its parts.</param>
/// <param name="Predicate">The predicates, if it is some.</param>
public sealed record LogicNode(LogicKind Kind, ImmutableArray<LogicNode> Parts, PredicateText? Predicate);

/// <summary>Predicates of one field and kind as people read them.</summary>
/// <param name="Field">Field name; empty for keywords, which any value of the event may satisfy.</param>
/// <param name="Kind">Kind of test in the words of Sigma's modifiers: equals, contains, startswith, endswith, wildcard, re, cidr, gt, exists, …</param>
/// <param name="Values">What is looked for, as a rule would write it.</param>
/// <param name="All">Whether every value has to be found; else one is enough.</param>
/// <param name="IsCased">Whether case counts.</param>
public sealed record PredicateText(string Field, string Kind, ImmutableArray<string> Values, bool All, bool IsCased);
