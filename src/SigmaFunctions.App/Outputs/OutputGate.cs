namespace SigmaFunctions.App.Outputs;

/// <summary>Whether an output is worth a try, as far as this instance knows: one that has failed is left alone for a moment, up to a minute.</summary>
/// <param name="timeProvider">Clock.</param>
internal sealed class OutputGate(TimeProvider timeProvider)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private int _failures;
    private DateTimeOffset _since;
    private DateTimeOffset _closedUntil;

    /// <summary>For how long it is left alone from now on; zero where it may be tried.</summary>
    public TimeSpan ClosedFor
    {
        get
        {
            lock (_lock)
            {
                TimeSpan left = _closedUntil - timeProvider.GetUtcNow();
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Notes that a try failed.</summary>
    /// <returns>Whether it is the first since one succeeded.</returns>
    public bool Failed()
    {
        lock (_lock)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            if (_failures == 0)
            {
                _since = now;
            }

            // Those that were under way when the first failed say no more than it did.
            if (now >= _closedUntil)
            {
                TimeSpan pause = Shortest * Math.Pow(2, Math.Min(_failures, 8));
                _closedUntil = now + (pause < Longest ? pause : Longest);
                _failures++;
                return _failures == 1;
            }

            return false;
        }
    }

    /// <summary>Notes that a try succeeded.</summary>
    /// <returns>For how long tries had failed before; null where none had.</returns>
    public TimeSpan? Succeeded()
    {
        lock (_lock)
        {
            if (_failures == 0)
            {
                return null;
            }

            (_failures, _closedUntil) = (0, default);
            return timeProvider.GetUtcNow() - _since;
        }
    }
}
