using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Visibility;

/// <summary>How much a rule can do on events that have only some fields.</summary>
public enum VisibilityVerdict
{
    /// <summary>Events can have every field that the rule looks at.</summary>
    Full,

    /// <summary>The rule can hold, but parts of it depend on fields that no event has.</summary>
    Weakened,

    /// <summary>The rule holds on no event, whatever the values of the fields that there are.</summary>
    Blind,
}

/// <summary>What a part of a condition comes to.</summary>
public enum Outcome
{
    /// <summary>It holds on no event.</summary>
    Never,

    /// <summary>It depends on the event.</summary>
    Possibly,

    /// <summary>It holds on every event.</summary>
    Always,
}

/// <summary>What the absence of fields makes of the rule.</summary>
[Flags]
public enum VisibilityEffects
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The rule misses events that it means.</summary>
    Narrows = 1,

    /// <summary>The rule holds on events that it means to leave out.</summary>
    Widens = 2,
}

/// <summary>What a rule can do on events that have only some fields.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Effects">What the absence of fields makes of a rule that is not blind.</param>
/// <param name="Missing">The fields that the rule looks at and no event has, in ordinal order.</param>
/// <param name="Needed">Of a blind rule, those of the missing fields for want of which it never holds; else empty.</param>
/// <param name="Identifiers">The search identifiers, of filters too, that look at missing fields.</param>
public sealed record RuleVisibility(
    VisibilityVerdict Verdict,
    VisibilityEffects Effects,
    ImmutableArray<string> Missing,
    ImmutableArray<string> Needed,
    ImmutableArray<IdentifierVisibility> Identifiers);

/// <summary>A search identifier that looks at fields which no event has.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Outcome">What is left of it.</param>
/// <param name="Effects">What that makes of the rule: a filter that never holds widens it.</param>
/// <param name="Missing">The fields, in ordinal order.</param>
public sealed record IdentifierVisibility(string Name, Outcome Outcome, VisibilityEffects Effects, ImmutableArray<string> Missing);
