using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Health;

/// <summary>
/// The batches that this instance has taken and not yet done. One that hangs is seen here while it hangs, and one that fails until it is
/// tried again: lag is only measured of what is done.
/// </summary>
public sealed class WorkInHand
{
    /// <summary>Age of the oldest event that this instance has taken and not done, in seconds, by <c>hub</c> and <c>partition</c>; 0 where it has done all that it took.</summary>
    public const string OldestPendingAge = "sigmafunctions.oldest_pending_age";

    // The retry policy of Detect waits a minute at most between two tries: what nobody has tried for this long went to another instance with its partition.
    private static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Hub, string Partition), Slot> _slots = [];
    private readonly TimeProvider _timeProvider;

    /// <summary>Makes the registry and its instrument.</summary>
    /// <param name="meters">Makes the meter.</param>
    /// <param name="timeProvider">Clock.</param>
    public WorkInHand(IMeterFactory meters, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(meters);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _timeProvider = timeProvider;
        meters.Create(DetectionMetrics.MeterName).CreateObservableGauge(
            OldestPendingAge, Measure, "s", "Age of the oldest event that this instance has taken and not done, by hub and partition.");
    }

    /// <summary>What is in hand now, the oldest first.</summary>
    public ImmutableArray<BatchInHand> Current
    {
        get
        {
            lock (_gate)
            {
                Forget(_timeProvider.GetUtcNow());
                return [.. _slots.Values.SelectMany(slot => slot.InHand).OrderBy(batch => batch.OldestEnqueuedTime)];
            }
        }
    }

    /// <summary>Notes that a batch is taken. What failed of this partition before is either this batch or done by another instance, and is forgotten.</summary>
    /// <param name="oldest">Identity of the batch's first message, which is its oldest.</param>
    /// <returns>The batch. It is done when it says so, and has failed when it is disposed of without.</returns>
    public Batch Begin(HubEventIdentity oldest)
    {
        ArgumentNullException.ThrowIfNull(oldest);
        DateTimeOffset now = _timeProvider.GetUtcNow();
        lock (_gate)
        {
            (string, string) key = (oldest.EventHub, oldest.Partition);
            if (!_slots.TryGetValue(key, out Slot? slot))
            {
                _slots.Add(key, slot = new Slot());
            }

            BatchInHand? before = slot.Failed is { } failed && failed.Oldest == oldest ? failed.Batch : null;
            slot.Failed = null;
            slot.LastAt = now;
            var batch = new Batch(
                this, slot, oldest, new BatchInHand(oldest.EventHub, oldest.Partition, oldest.EnqueuedTime, before?.Since ?? now, (before?.Tries ?? 0) + 1));
            slot.Running.Add(batch);
            return batch;
        }
    }

    private void End(Batch batch, bool done)
    {
        lock (_gate)
        {
            Slot slot = batch.Slot;
            if (!slot.Running.Remove(batch))
            {
                return;
            }

            slot.LastAt = _timeProvider.GetUtcNow();
            if (!done)
            {
                slot.Failed = new Failure(batch.Oldest, batch.Now, slot.LastAt);
            }
            else if (slot.Failed?.Oldest.SequenceNumber <= batch.Oldest.SequenceNumber)
            {
                slot.Failed = null;
            }
        }
    }

    private IEnumerable<Measurement<double>> Measure()
    {
        lock (_gate)
        {
            DateTimeOffset now = _timeProvider.GetUtcNow();
            Forget(now);
            return
            [
                .. _slots.Select(slot => new Measurement<double>(
                    slot.Value.InHand.Select(batch => batch.AgeAt(now).TotalSeconds).DefaultIfEmpty(0).Max(),
                    KeyValuePair.Create("hub", (object?)slot.Key.Hub),
                    KeyValuePair.Create("partition", (object?)slot.Key.Partition))),
            ];
        }
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (((string, string) key, Slot slot) in _slots)
        {
            if (slot.Failed is { } failed && now - failed.At >= LostAfter)
            {
                slot.Failed = null;
            }

            if (slot is { Running: [], Failed: null } && now - slot.LastAt >= LostAfter)
            {
                _slots.Remove(key);
            }
        }
    }

    /// <summary>A batch that was taken; disposing of it before it is done says that it failed.</summary>
    public sealed class Batch : IDisposable
    {
        private readonly WorkInHand _owner;

        internal Batch(WorkInHand owner, Slot slot, HubEventIdentity oldest, BatchInHand now)
        {
            _owner = owner;
            Slot = slot;
            Oldest = oldest;
            Now = now;
        }

        internal Slot Slot { get; }

        internal HubEventIdentity Oldest { get; }

        internal BatchInHand Now { get; }

        /// <summary>Notes that everything that follows from the batch is recorded.</summary>
        public void Done() => _owner.End(this, done: true);

        /// <inheritdoc/>
        public void Dispose() => _owner.End(this, done: false);
    }

    /// <summary>What this instance knows of one partition.</summary>
    internal sealed class Slot
    {
        // More than one where a partition was lost and came back while a batch of it hung.
        public List<Batch> Running { get; } = [];

        public Failure? Failed { get; set; }

        public DateTimeOffset LastAt { get; set; }

        public IEnumerable<BatchInHand> InHand => Failed is { } failed
            ? Running.Select(batch => batch.Now).Append(failed.Batch)
            : Running.Select(batch => batch.Now);
    }

    /// <summary>A batch that failed and was not tried again yet.</summary>
    /// <param name="Oldest">Its first message.</param>
    /// <param name="Batch">What is told of it.</param>
    /// <param name="At">When it failed (UTC).</param>
    internal sealed record Failure(HubEventIdentity Oldest, BatchInHand Batch, DateTimeOffset At);
}
