namespace SigmaFunctions.App.Health;

/// <summary>How far this instance is: added to after each batch, told to others by <see cref="InstanceReporter"/>.</summary>
public sealed class InstanceActivity
{
    private volatile Snapshot _current = new(0, null, null);

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
