using System.Collections.Immutable;

namespace SigmaFunctions.Storage.Instances;

/// <summary>What a hub says of one of its partitions.</summary>
/// <param name="Beginning">Sequence number of the oldest event that it still has.</param>
/// <param name="LastEnqueued">Sequence number of the newest event; −1 before the first.</param>
/// <param name="LastEnqueuedTime">When it took that event in (UTC).</param>
/// <param name="IsEmpty">Whether it has no event (any more).</param>
public sealed record HubPartition(long Beginning, long LastEnqueued, DateTimeOffset LastEnqueuedTime, bool IsEmpty);

/// <summary>An event that was the newest of its partition when the partition was looked at, and was not done.</summary>
/// <param name="SequenceNumber">Sequence number.</param>
/// <param name="EnqueuedTime">When the hub took it in (UTC).</param>
public sealed record PendingEvent(long SequenceNumber, DateTimeOffset EnqueuedTime);

/// <summary>
/// How far a partition was done when it was last looked at, from the hub's word and the host's checkpoint alone. Neither tells when the oldest
/// event that is not done was enqueued; so the newest event of each look is kept until the checkpoint has passed it, and the age of the oldest one kept is
/// a lower bound, short by no more than the time between two looks while few are kept.
/// </summary>
/// <param name="Namespace">Fully qualified Event Hubs namespace.</param>
/// <param name="EventHub">Event hub.</param>
/// <param name="ConsumerGroup">Consumer group that the checkpoint is of.</param>
/// <param name="Partition">Partition id.</param>
/// <param name="At">When it was looked at (UTC).</param>
public sealed record PartitionProgress(string Namespace, string EventHub, string ConsumerGroup, string Partition, DateTimeOffset At)
{
    /// <summary>Most events that are kept of a partition. When there are more, every second one goes, never the oldest nor the newest.</summary>
    public const int MaxPending = 32;

    /// <summary>The checkpoint's sequence number; null where there is none.</summary>
    public long? Checkpoint { get; init; }

    /// <summary>Whether the checkpoint lies beyond the newest event, as one of a former hub of this name does.</summary>
    public bool IsAhead { get; init; }

    /// <summary>Whether the checkpoint counts: there is one, and it was not ahead and unmoved in two looks.</summary>
    public bool HasCheckpoint { get; init; }

    /// <summary>Sequence number of the newest event, −1 before the first; null where it is not known.</summary>
    public long? LastEnqueued { get; init; }

    /// <summary>When the hub took the newest event in (UTC); null before the first.</summary>
    public DateTimeOffset? LastEnqueuedTime { get; init; }

    /// <summary>Nothing up to this sequence number is left to do: it is done, or the hub has it no more.</summary>
    public long DoneThrough { get; init; } = -1;

    /// <summary>Everything up to this sequence number was done once, or was counted as expired.</summary>
    public long AccountedThrough { get; init; } = -1;

    /// <summary>Events that the hub had no more in this look, that were never done and were not counted before.</summary>
    public long Expired { get; init; }

    /// <summary>Events that are known not to be done, the oldest first.</summary>
    public ImmutableArray<PendingEvent> Pending { get; init; } = [];

    /// <summary>Why it could not be looked at; null if it could. What is said beside it is then of an earlier look.</summary>
    public string? Fault { get; init; }

    /// <summary>Events that the hub has and that are not done; null where it is not known.</summary>
    public long? Behind => Fault is null && LastEnqueued is { } last ? Math.Max(0, last - DoneThrough) : null;

    /// <summary>Age of the oldest event that is known not to be done, at least; zero where all is done, null where it is not known.</summary>
    /// <param name="now">The time (UTC).</param>
    public TimeSpan? AgeAt(DateTimeOffset now) => Behind switch
    {
        null => null,
        _ when Pending is [var oldest, ..] && now > oldest.EnqueuedTime => now - oldest.EnqueuedTime,
        _ => TimeSpan.Zero,
    };

    /// <summary>The next look.</summary>
    /// <param name="hub">What the hub says. It must have been asked after the checkpoint was read: a checkpoint that is ahead would be one of another hub.</param>
    /// <param name="checkpoint">The checkpoint's sequence number; null where there is none: then all is left to do that the hub had when it was first looked at.</param>
    /// <param name="now">The time (UTC).</param>
    public PartitionProgress Next(HubPartition hub, long? checkpoint, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(hub);
        PartitionProgress before = this;
        // Sequence numbers begin anew when a hub is deleted and made again. An answer that is merely old has an older time too.
        bool isFirst = LastEnqueued is not { } last || (hub.LastEnqueued < last && (hub.LastEnqueued < 0 || hub.LastEnqueuedTime > LastEnqueuedTime));
        if (isFirst)
        {
            before = new PartitionProgress(Namespace, EventHub, ConsumerGroup, Partition, At) { Checkpoint = Checkpoint, IsAhead = IsAhead };
        }

        bool isAhead = checkpoint > hub.LastEnqueued;
        bool counts = checkpoint is not null && !(isAhead && before.IsAhead && checkpoint == before.Checkpoint);
        long gone = (hub.IsEmpty ? hub.LastEnqueued + 1 : hub.Beginning) - 1;
        // Without a checkpoint the host begins with what the hub has; that is what it had when it was first seen without.
        long done = counts ? checkpoint!.Value : isFirst || before.HasCheckpoint ? gone : before.DoneThrough;
        // What was done of a former hub of this name says nothing of this one.
        bool isOther = before.HasCheckpoint && !counts && checkpoint is not null;
        long accounted = isOther ? done : Math.Max(done, before.AccountedThrough);
        long left = Math.Max(done, gone);
        return before with
        {
            At = now,
            Checkpoint = checkpoint,
            IsAhead = isAhead,
            HasCheckpoint = counts,
            LastEnqueued = hub.LastEnqueued,
            LastEnqueuedTime = hub.LastEnqueued < 0 ? null : hub.LastEnqueuedTime,
            DoneThrough = left,
            AccountedThrough = Math.Max(accounted, gone),
            Expired = Math.Max(0, gone - accounted),
            Pending = Keep(before.Pending, left, hub),
            Fault = null,
        };
    }

    /// <summary>A look that told nothing: what was known is kept, and not said.</summary>
    /// <param name="fault">Why; without content of events, and without a secret.</param>
    /// <param name="now">The time (UTC).</param>
    public PartitionProgress Unknown(string fault, DateTimeOffset now) => this with { At = now, Fault = fault, Expired = 0 };

    private static ImmutableArray<PendingEvent> Keep(ImmutableArray<PendingEvent> pending, long left, HubPartition hub)
    {
        List<PendingEvent> kept = [.. pending.Where(one => one.SequenceNumber > left)];
        if (hub.LastEnqueued > left && (kept.Count == 0 || kept[^1].SequenceNumber < hub.LastEnqueued))
        {
            kept.Add(new PendingEvent(hub.LastEnqueued, hub.LastEnqueuedTime));
        }

        return kept.Count <= MaxPending ? [.. kept] : [.. kept.Where((_, index) => index % 2 == 0 || index == kept.Count - 1)];
    }
}
