using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Explaining;

/// <summary>What a correlation came to on events, and why.</summary>
/// <param name="Correlation">The correlation.</param>
/// <param name="Groups">Its groups, those that fire first and then the nearest to it; at most <see cref="MaxGroups"/>.</param>
/// <param name="GroupCount">How many groups there are.</param>
/// <param name="Detections">How often it fires in all of them.</param>
/// <param name="Left">Matches that are of no group, by their places; the first <see cref="MaxLeft"/>.</param>
/// <param name="LeftCount">How many they are.</param>
public sealed record CorrelationExplanation(
    CompiledCorrelation Correlation,
    ImmutableArray<ExplainedGroup> Groups,
    int GroupCount,
    int Detections,
    ImmutableArray<LeftMatch> Left,
    int LeftCount)
{
    /// <summary>Most groups that are told.</summary>
    public const int MaxGroups = 20;

    /// <summary>Most matches that are told of those that took no part.</summary>
    public const int MaxLeft = 100;
}

/// <summary>One group of matches.</summary>
/// <param name="Group">Its texts for each entry of <c>group-by</c>, as the match at the best instant has them.</param>
/// <param name="Best">Where it fires first; of a group that does not fire, where its value is nearest to what is asked for. Null if none of its matches counts.</param>
/// <param name="Firings">Where it fires; the first <see cref="MaxFirings"/>.</param>
/// <param name="FiringCount">How often that is.</param>
/// <param name="Left">Matches of the group that do not count; the first <see cref="CorrelationExplanation.MaxLeft"/>.</param>
/// <param name="LeftCount">How many they are.</param>
/// <param name="Others">Number of matches of other groups.</param>
public sealed record ExplainedGroup(
    ImmutableArray<string> Group,
    ExplainedInstant? Best,
    ImmutableArray<ExplainedFiring> Firings,
    int FiringCount,
    ImmutableArray<LeftMatch> Left,
    int LeftCount,
    int Others)
{
    /// <summary>Most firings that are told.</summary>
    public const int MaxFirings = 20;
}

/// <summary>A window that ends at a match.</summary>
/// <param name="Time">When it ends, in ticks of 100 ns, UTC.</param>
/// <param name="Value">What it comes to.</param>
/// <param name="Holds">Whether the condition is true of it.</param>
/// <param name="Events">The events that count, by time and place; of more than <see cref="CorrelationDetection.MaxEvents"/> the first and the last half of them.</param>
/// <param name="EventCount">How many they are.</param>
/// <param name="Missing">Places, among the rules of the correlation, of those that are asked for and did not match.</param>
/// <param name="IsOutOfOrder">Whether nothing is missing but the order.</param>
/// <param name="Unwanted">Matches of rules that must not match.</param>
public sealed record ExplainedInstant(
    long Time,
    Rational Value,
    bool Holds,
    ImmutableArray<CorrelatedEvent> Events,
    int EventCount,
    ImmutableArray<int> Missing,
    bool IsOutOfOrder,
    ImmutableArray<CorrelatedEvent> Unwanted);

/// <summary>An instant at which a group fires.</summary>
/// <param name="Time">When that is, in ticks.</param>
/// <param name="Value">The value of the window.</param>
/// <param name="StandsFor">Later instants at which the condition holds, and of which this firing tells: time and value; the first <see cref="MaxInstants"/>.</param>
/// <param name="StandsForCount">How many they are.</param>
public sealed record ExplainedFiring(long Time, Rational Value, ImmutableArray<(long Time, Rational Value)> StandsFor, int StandsForCount)
{
    /// <summary>Most instants that are told.</summary>
    public const int MaxInstants = 100;
}

/// <summary>Why a match does not count.</summary>
public enum LeftReason
{
    /// <summary>Its event has no time.</summary>
    NoTime,

    /// <summary>A field of <c>group-by</c> is absent, null, an empty list or an object.</summary>
    NoField,

    /// <summary>The field that is counted is absent, null, an empty list or an object.</summary>
    NoValue,

    /// <summary>The field that is summed or ranked has no number.</summary>
    NoNumber,

    /// <summary>A filter takes the event out of what its rule matches.</summary>
    Filtered,

    /// <summary>Its event counts already, as a match of another of the rules.</summary>
    SameEvent,
}

/// <summary>A match that does not count.</summary>
/// <param name="Place">The event's place.</param>
/// <param name="Rule">The id of the rule or inner correlation.</param>
/// <param name="Time">Its time, in ticks; null if it has none.</param>
/// <param name="Reason">Why.</param>
/// <param name="Detail">The field, or the titles of filters; else empty.</param>
public sealed record LeftMatch(int Place, string Rule, long? Time, LeftReason Reason, string Detail);
