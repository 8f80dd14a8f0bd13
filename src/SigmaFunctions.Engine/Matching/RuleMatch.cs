using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Matching;

/// <summary>A rule that held on an event, with the evidence.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Fields">The fields whose values made it hold, without repeats, in the rule's order.</param>
public sealed record RuleMatch(SigmaRule Rule, ImmutableArray<MatchedField> Fields)
{
    /// <summary>
    /// Whether fields may be missing, since to find them all would have been more than <see cref="EventEvidence.MaxWork"/> or
    /// <see cref="EventEvidence.MaxFields"/>. The rule holds all the same.
    /// </summary>
    public bool IsEvidencePartial { get; init; }
}

/// <summary>A field that took part in a match.</summary>
/// <param name="Field">Field name as the rule writes it; empty for a keyword.</param>
/// <param name="Value">The event's value as text (of an array, the element that satisfied the rule).</param>
public sealed record MatchedField(string Field, string Value);
