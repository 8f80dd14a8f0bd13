namespace SigmaFunctions.Outputs.Webhooks;

/// <summary>So many in any minute and no more. Safe to be used by many at once.</summary>
/// <param name="perMinute">How many; 0: no limit.</param>
/// <param name="time">The clock.</param>
internal sealed class RateLimit(int perMinute, TimeProvider time)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private readonly Queue<long> _taken = [];

    /// <summary>Takes one; where there is none, says how long until there is.</summary>
    /// <returns>Null where one was taken.</returns>
    public TimeSpan? Take()
    {
        if (perMinute <= 0)
        {
            return null;
        }

        lock (_lock)
        {
            long now = time.GetTimestamp();
            while (_taken.TryPeek(out long oldest) && time.GetElapsedTime(oldest, now) >= Minute)
            {
                _taken.Dequeue();
            }

            if (_taken.Count >= perMinute)
            {
                return Minute - time.GetElapsedTime(_taken.Peek(), now);
            }

            _taken.Enqueue(now);
            return null;
        }
    }
}
