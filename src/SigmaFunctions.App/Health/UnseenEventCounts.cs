using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Health;

/// <summary>
/// The events that no rule could see since this instance began, by hub and kind: added to after each batch, told in the log once an hour and by
/// <see cref="HealthFunctions"/>. Safe for concurrent use; what it keeps is bounded.
/// </summary>
/// <param name="timeProvider">Clock.</param>
public sealed class UnseenEventCounts(TimeProvider timeProvider)
{
    /// <summary>The shortest time between two lines of the log about one kind.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    // Beyond this many, kinds are counted in the metric alone.
    private const int MaxKinds = 1_024;

    private const int MaxTold = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Hub, UnseenKind Kind), Entry> _entries = [];

    /// <summary>All of them, the most frequent first.</summary>
    public IReadOnlyList<(string Hub, UnseenKind Kind, long Events, string LooksLike)> Current
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.OrderByDescending(entry => entry.Value.Events).Select(entry => (entry.Key.Hub, entry.Key.Kind, entry.Value.Events, entry.Value.LooksLike))];
            }
        }
    }

    /// <summary>Adds the events of a batch.</summary>
    /// <param name="hub">Event hub.</param>
    /// <param name="unseen">The events, of each kind once.</param>
    /// <returns>
    /// What is to be told of the hub now: of the kinds that were not told of for <see cref="Interval"/>, the number of events since and what they
    /// are; null where there is nothing. Of many kinds the first are told, the others with the batches that follow. Events that rules leave out on
    /// purpose are not told.
    /// </returns>
    internal (long Events, string Kinds)? Add(string hub, IEnumerable<UnseenEvents> unseen)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        lock (_gate)
        {
            bool isDue = false;
            foreach (UnseenEvents events in unseen)
            {
                isDue |= AddEvents((hub, events.Kind), events, now);
            }

            return isDue ? Tell(hub, now) : null;
        }
    }

    private bool AddEvents((string Hub, UnseenKind Kind) key, UnseenEvents events, DateTimeOffset now)
    {
        if (!_entries.TryGetValue(key, out Entry? entry))
        {
            if (_entries.Count == MaxKinds)
            {
                return false;
            }

            entry = new Entry(events.LooksLike);
            _entries.Add(key, entry);
        }

        entry.Events += events.Count;
        entry.Untold += events.Count;
        return IsDue(events.Kind, entry, now);
    }

    private static bool IsDue(UnseenKind kind, Entry entry, DateTimeOffset now) =>
        kind.Reason != UnseenReason.LeftOut && entry.Untold > 0 && !(now - entry.ToldAt < Interval);

    private (long Events, string Kinds) Tell(string hub, DateTimeOffset now)
    {
        List<(UnseenKind Kind, Entry Entry)> due =
        [
            .. _entries
                .Where(entry => entry.Key.Hub == hub && IsDue(entry.Key.Kind, entry.Value, now))
                .Select(entry => (entry.Key.Kind, entry.Value))
                .OrderByDescending(entry => entry.Value.Untold),
        ];
        List<(UnseenKind Kind, Entry Entry)> told = [.. due.Take(MaxTold)];
        long events = told.Sum(entry => entry.Entry.Untold);
        string kinds = string.Join("; ", told.Select(entry => Describe(entry.Kind, entry.Entry)))
            + (due.Count > MaxTold ? $"; and {due.Count - MaxTold} more kinds" : "");
        foreach ((_, Entry entry) in told)
        {
            (entry.Untold, entry.ToldAt) = (0, now);
        }

        return (events, kinds);
    }

    private static string Describe(UnseenKind kind, Entry entry) => kind.Reason switch
    {
        UnseenReason.NoRule => $"{entry.Untold} of shape {kind.Shape}, {kind.LogSource}, which no rule is for",
        UnseenReason.NoRuleForStated => $"{entry.Untold} of shape {kind.Shape} that state a log source which no rule is for ({entry.LooksLike})",
        _ => $"{entry.Untold} of shape {kind.Shape} without a log source ({entry.LooksLike})",
    };

    private sealed class Entry(string looksLike)
    {
        public string LooksLike { get; } = looksLike;

        public long Events { get; set; }

        /// <summary>Of these, those since they were told last.</summary>
        public long Untold { get; set; }

        public DateTimeOffset? ToldAt { get; set; }
    }
}
