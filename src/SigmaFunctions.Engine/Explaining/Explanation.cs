using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Explaining;

/// <summary>Why a rule did or did not match an event.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Matches">The verdict.</param>
/// <param name="EventLogSources">The log sources that the event was seen as.</param>
/// <param name="Condition">
/// The rule's condition on the view that decided: the one that matches or, if none does, the first of the rule's log source. Null
/// if the event is of no log source that the rule sees.
/// </param>
public sealed record Explanation(SigmaRule Rule, bool Matches, ImmutableArray<LogSource> EventLogSources, ExplainedNode? Condition);

/// <summary>What an <see cref="ExplainedNode"/> stands for.</summary>
public enum ExplainedKind
{
    /// <summary>Every child must hold.</summary>
    And,

    /// <summary>Some child must hold.</summary>
    Or,

    /// <summary>The child must not hold.</summary>
    Not,

    /// <summary>A search identifier, with what it means as its child.</summary>
    Identifier,

    /// <summary>A filter that applies to the rule, with its condition as its child.</summary>
    Filter,

    /// <summary>One test of one value.</summary>
    Predicate,
}

/// <summary>A part of a condition and whether it holds.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Name of an identifier or title of a filter; the test of a predicate, such as <c>Image endswith '\node.exe'</c>; else empty.</param>
/// <param name="Holds">Whether it holds on the event.</param>
/// <param name="Children">Its parts; every one is evaluated, whatever the others say.</param>
/// <param name="Actual">For a predicate on a field: the event's values as text, without those that are null.</param>
/// <param name="Reason">For a predicate that does not hold: why, such as <c>the field is absent</c>.</param>
public sealed record ExplainedNode(
    ExplainedKind Kind, string Text, bool Holds, ImmutableArray<ExplainedNode> Children, ImmutableArray<string> Actual, string? Reason);
