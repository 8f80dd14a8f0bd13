namespace SigmaFunctions.Telemetry.Events;

/// <summary>
/// How much of what one body holds is kept. What is beyond is counted: a sender decides how many records a body has and how many rules
/// hold on them, but not how much memory that takes.
/// </summary>
public sealed record BodyLimits
{
    /// <summary>Unreadable records that are kept unless somebody says otherwise: enough to tell what is wrong.</summary>
    public const int DefaultUndecoded = 1_000;

    /// <summary>All matches, the first unreadable records.</summary>
    public static BodyLimits Default { get; } = new();

    /// <summary>
    /// Most matches of one rule that are kept, from 0: the first in the order of the records. The first match beyond this or beyond
    /// <see cref="Matches"/> is kept too, as the rule's <see cref="SurplusMatch"/>.
    /// </summary>
    public int MatchesPerRule { get; init; } = int.MaxValue;

    /// <summary>Most matches of all rules that are kept, surplus matches not counted, from 0: the first in the order of records and rules.</summary>
    public int Matches { get; init; } = int.MaxValue;

    /// <summary>
    /// Whether matches that correlations look at are told (<see cref="BodyMatches.Correlated"/>), and rules that are building blocks of correlations alone
    /// are silent: they are on no record, and count for the limits all the same.
    /// </summary>
    public bool Correlates { get; init; }

    /// <summary>Most bytes of what correlations ask for of the matches, from 0: the first ones; matches beyond take no part.</summary>
    public int CorrelatedBytes { get; init; } = int.MaxValue;

    /// <summary>Most unreadable records that are kept, from 0: the first ones.</summary>
    public int Undecoded { get; init; } = DefaultUndecoded;

    /// <summary>
    /// Most bytes of unreadable records that are copied, from 0. They are copied where the body was unpacked or turned into UTF-8; what
    /// is beyond is cut off.
    /// </summary>
    public int UndecodedBytes { get; init; } = 1024 * 1024;
}
