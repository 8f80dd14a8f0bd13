using System.Collections.Concurrent;

namespace SigmaFunctions.App.Alerting;

/// <summary>
/// How many alerts each rule has sent of late on this instance, in windows of fixed length that begin with the first, and which rules
/// are muted. Alerts are counted after they are sent, so that a batch that is tried again does not count twice.
/// </summary>
/// <param name="timeProvider">Clock of the windows.</param>
public sealed class AlertRates(TimeProvider timeProvider)
{
    private readonly ConcurrentDictionary<string, Rate> _rates = new(StringComparer.Ordinal);

    /// <summary>How many more alerts a rule may send now, of <paramref name="maximum"/> in <paramref name="length"/>; zero while it is muted.</summary>
    public int Room(string ruleId, int maximum, TimeSpan length)
    {
        if (!_rates.TryGetValue(ruleId, out Rate rate))
            return maximum;
        DateTimeOffset now = timeProvider.GetUtcNow();
        if (rate.MutedUntil > now)
            return 0;
        return now - rate.Start < length ? Math.Max(0, maximum - rate.Count) : maximum;
    }

    /// <summary>Counts alerts of a rule that were sent.</summary>
    public void Add(string ruleId, int alerts, TimeSpan length)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        _rates.AddOrUpdate(
            ruleId,
            _ => new Rate(now, alerts, null),
            (_, rate) => now - rate.Start < length ? rate with { Count = rate.Count + alerts } : rate with { Start = now, Count = alerts });
    }

    /// <summary>Notes that a rule is muted.</summary>
    public void Mute(string ruleId, DateTimeOffset until) => _rates.AddOrUpdate(
        ruleId, _ => new Rate(timeProvider.GetUtcNow(), 0, until), (_, rate) => rate with { MutedUntil = until });

    /// <summary>Whether a rule was muted and is so no longer; true once for each time.</summary>
    public bool TryUnmute(string ruleId) =>
        _rates.TryGetValue(ruleId, out Rate rate)
        && rate.MutedUntil <= timeProvider.GetUtcNow()
        && _rates.TryUpdate(ruleId, rate with { MutedUntil = null }, rate);

    private readonly record struct Rate(DateTimeOffset Start, int Count, DateTimeOffset? MutedUntil);
}
