using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>An inner correlation at an instant at which it holds: what it is to those that refer to it.</summary>
/// <param name="Completing">The match of a rule that completes it.</param>
/// <param name="Names">The names of its group.</param>
/// <param name="Texts">Their values, which are fields of its own.</param>
/// <param name="Below">The inner correlation whose match completes it; null where that is a rule's.</param>
/// <param name="Identity">What tells it from others that the same match completes.</param>
/// <param name="IsFiring">Whether it is a detection.</param>
internal sealed record CorrelationOccurrence(
    CorrelatedMatch Completing, ImmutableArray<string> Names, ImmutableArray<string> Texts, CorrelationOccurrence? Below, string Identity, bool IsFiring)
{
    /// <summary>The values of a field, as <see cref="FieldTexts"/>: its group's before those of what completes it.</summary>
    public FieldTexts Find(CorrelationPlan plan, string field) =>
        Names.IndexOf(field) is >= 0 and int place ? FieldTexts.Of(Texts[place])
        : Below?.Find(plan, field) ?? FieldTexts.Of(plan, Completing, field);
}
