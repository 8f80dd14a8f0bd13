using System.Collections.Immutable;

namespace SigmaFunctions.Storage.Model;

/// <summary>What a correlation detected: a part of a <see cref="Detection"/> whose rule is a correlation (docs/correlation.md).</summary>
public sealed record DetectedCorrelation
{
    /// <summary>Most events that are told.</summary>
    public const int MaxEvents = 100;

    /// <summary>Most values that are told.</summary>
    public const int MaxValues = 20;

    /// <summary>
    /// Id of the detection: its time is when the completing event was enqueued, as whoever was first to find it saw that; its hash is of the correlation,
    /// the group and the timespan, counted from the year 1, in which it fired. It stays when events that came late move the detection within that.
    /// </summary>
    public required DetectionId Id { get; init; }

    /// <summary>What was counted, in the word that rules write, such as <c>event_count</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The names of <c>group-by</c> with the values of the completing event; empty where all events are one group.</summary>
    public ImmutableArray<DetectedField> Group { get; init; } = [];

    /// <summary>The window's value as a number of JSON, such as <c>12</c> or <c>0.5</c>.</summary>
    public required string Value { get; init; }

    /// <summary>When the window's first event was (UTC).</summary>
    public required DateTimeOffset First { get; init; }

    /// <summary>When the completing event was (UTC).</summary>
    public required DateTimeOffset Last { get; init; }

    /// <summary>Number of the window's events, from 1.</summary>
    public required int EventCount { get; init; }

    /// <summary>The window's events by time; of more than <see cref="MaxEvents"/> the first and the last half of them.</summary>
    public ImmutableArray<DetectedEvent> Events { get; init; } = [];

    /// <summary>Some of the different values that were counted, in the order of events, up to <see cref="MaxValues"/>; empty where values are not counted.</summary>
    public ImmutableArray<string> Values { get; init; } = [];

    /// <summary>Whether there were more matches than are looked at, so that the value may be too low.</summary>
    public bool IsPartial { get; init; }

    /// <summary>How often what is told has changed, from 1: events that come late may change it.</summary>
    public int Revision { get; init; } = 1;

    /// <summary>Whether events that came late have shown that it was none: another detection tells of them, or none.</summary>
    public bool IsSuperseded { get; init; }

    /// <summary>Of some events the first and the last, together so many; where that is odd, one more of the first.</summary>
    internal static IEnumerable<T> FirstAndLast<T>(ImmutableArray<T> events, int count) =>
        events.Length <= count ? events : events.Take((count + 1) / 2).Concat(events.Skip(events.Length - (count / 2)));
}

/// <summary>An event that a detection of a correlation is made of.</summary>
/// <param name="Identity">Where it came from.</param>
/// <param name="Time">Its time as correlations take it: when it happened, at the latest when it was enqueued (UTC).</param>
/// <param name="RuleId">Id of the rule, or inner correlation, that matched.</param>
/// <param name="Host">The host it happened on; null where none is stated.</param>
/// <param name="User">The account it happened under; null where none is stated.</param>
public sealed record DetectedEvent(HubEventIdentity Identity, DateTimeOffset Time, string RuleId, string? Host, string? User);
