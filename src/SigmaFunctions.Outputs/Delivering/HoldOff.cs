namespace SigmaFunctions.Outputs.Delivering;

/// <summary>For how long a receiver asked to be left alone. Safe to be used by many at once.</summary>
internal sealed class HoldOff(TimeProvider time)
{
    private readonly Lock _lock = new();
    private long? _until;

    /// <summary>How much of it is left; null where nobody waits for anything.</summary>
    public TimeSpan? Remaining
    {
        get
        {
            lock (_lock)
            {
                TimeSpan left = _until is long until ? time.GetElapsedTime(time.GetTimestamp(), until) : TimeSpan.Zero;
                return left > TimeSpan.Zero ? left : null;
            }
        }
    }

    /// <summary>Waits from now on for as long as that, unless there is longer to wait already.</summary>
    public void Wait(TimeSpan wait)
    {
        lock (_lock)
        {
            long until = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
            _until = Math.Max(until, _until ?? until);
        }
    }
}
