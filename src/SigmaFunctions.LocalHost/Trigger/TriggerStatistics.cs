namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>What triggers have done; safe to read at any time.</summary>
internal sealed class TriggerStatistics
{
    private long _events;
    private long _batches;
    private long _retries;
    private long _failedEvents;
    private long _lostEvents;
    private long _firstInvocation = -1;

    /// <summary>Events of batches that are done, whether they succeeded or were given up.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>Batches that are done.</summary>
    public long Batches => Interlocked.Read(ref _batches);

    /// <summary>Invocations that failed and were tried again.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Events of batches that were given up: the function failed and its retries were used up.</summary>
    public long FailedEvents => Interlocked.Read(ref _failedEvents);

    /// <summary>Events that the event hub dropped before they were read.</summary>
    public long LostEvents => Interlocked.Read(ref _lostEvents);

    /// <summary>How long the first invocation took that succeeded; null before it. It compiles much of the worker's code.</summary>
    public TimeSpan? FirstInvocation => Interlocked.Read(ref _firstInvocation) is >= 0 and long ticks ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>Notes that an invocation succeeded.</summary>
    public void Succeeded(TimeSpan elapsed) => Interlocked.CompareExchange(ref _firstInvocation, elapsed.Ticks, -1);

    /// <summary>Counts a batch that is done.</summary>
    public void Done(int events, bool failed)
    {
        Interlocked.Add(ref _events, events);
        Interlocked.Increment(ref _batches);
        if (failed)
        {
            Interlocked.Add(ref _failedEvents, events);
        }
    }

    /// <summary>Counts an invocation that is tried again.</summary>
    public void Retried() => Interlocked.Increment(ref _retries);

    /// <summary>Counts events that were never seen.</summary>
    public void Lost(long events) => Interlocked.Add(ref _lostEvents, events);
}
