namespace SigmaFunctions.App.Health;

/// <summary>How far this instance is: added to after each batch, told to others by <see cref="InstanceReporter"/>.</summary>
public sealed class InstanceActivity
{
    private volatile Snapshot _current = new(0, null, null);

    private long _uncountedSince;

    /// <summary>The hour (UTC) of the oldest events whose counts by source wait to be written since that failed; null where none do.</summary>
    public DateTimeOffset? UncountedSince
    {
        get => Interlocked.Read(ref _uncountedSince) is > 0 and long ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Interlocked.Exchange(ref _uncountedSince, value?.UtcTicks ?? 0);
    }

    internal Snapshot Current => _current;

    /// <summary>Notes a batch that is done.</summary>
    /// <param name="events">Events in it.</param>
    /// <param name="newestEnqueuedTime">When the hub took in its newest message (UTC).</param>
    /// <param name="now">The time (UTC).</param>
    public void Add(long events, DateTimeOffset newestEnqueuedTime, DateTimeOffset now)
    {
        Snapshot current = _current;
        while (Interlocked.CompareExchange(ref _current, new Snapshot(current.Events + events, now, newestEnqueuedTime), current) is var other && other != current)
        {
            current = other;
        }
    }

    internal sealed record Snapshot(long Events, DateTimeOffset? LastBatchAt, DateTimeOffset? LastEnqueuedTime);
}
