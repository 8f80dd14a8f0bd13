using System.Collections.Immutable;

namespace SigmaFunctions.Storage.Sources;

/// <summary>How a source is.</summary>
public enum SourceStatus
{
    /// <summary>It arrives as it used to.</summary>
    Arriving,

    /// <summary>It came up less than a fortnight before its last event: nothing is known of what is usual.</summary>
    Young,

    /// <summary>It comes so seldom, or at hours so much at random, that even two weeks of silence would say little.</summary>
    Irregular,

    /// <summary>Nothing has come for longer than is usual.</summary>
    Silent,
}

/// <summary>A field that rules use and that a source no longer has.</summary>
/// <param name="LogSources">Log sources of the events, as <c>product=windows,category=process_creation</c>.</param>
/// <param name="Field">The field.</param>
/// <param name="Since">The day (UTC) on which it was first missed; the change came after <see cref="LastSeen"/>.</param>
/// <param name="LastSeen">The last day (UTC) on which nearly all events had it.</param>
public sealed record LostField(string LogSources, string Field, DateOnly Since, DateOnly LastSeen);

/// <summary>What is known of a source.</summary>
/// <param name="Source">The source.</param>
/// <param name="Status">How it is.</param>
/// <param name="First">Beginning of the first hour that is known in which it came (UTC).</param>
/// <param name="Last">When the hub took in its newest event (UTC).</param>
/// <param name="EventsOfDay">Its events in the hour of now and the 23 before it.</param>
/// <param name="LongestGap">
/// Its longest gap in the fortnight before its last event, in whole hours: from an hour in which it came to the next, at least one.
/// </param>
/// <param name="SilentAfter">How long nothing must come for it to be silent; null where it is young or irregular.</param>
/// <param name="Lost">The fields that it lost.</param>
public sealed record SourceState(
    SourceKey Source,
    SourceStatus Status,
    DateTimeOffset First,
    DateTimeOffset Last,
    long EventsOfDay,
    TimeSpan LongestGap,
    TimeSpan? SilentAfter,
    ImmutableArray<LostField> Lost);
