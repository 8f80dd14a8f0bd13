namespace SigmaFunctions.Storage.Sources;

/// <summary>What the table has of all sources.</summary>
/// <param name="Sources">Of each source its days, in order, at least one.</param>
/// <param name="Checks">The hours (UTC) in which somebody looked: only in those what came was counted.</param>
public sealed record SourceHistory(IReadOnlyList<IReadOnlyList<SourceDay>> Sources, IReadOnlySet<DateTime> Checks)
{
    /// <summary>
    /// Up to when a source's silence says something: the hub's horizon, less the hours since the source's last event in which nobody looked. The app did not
    /// run then, or it was a version that counts nothing.
    /// </summary>
    /// <param name="days">The days of the source.</param>
    /// <param name="ofHub">All that the hub took in before then is counted (UTC).</param>
    public DateTimeOffset HorizonOf(IReadOnlyList<SourceDay> days, DateTimeOffset ofHub)
    {
        ArgumentNullException.ThrowIfNull(days);
        int missed = 0;
        DateTime end = HourOf(ofHub);
        for (DateTime hour = HourOf(days.Max(day => day.LastEnqueued)).AddHours(1); hour < end; hour = hour.AddHours(1))
        {
            missed += Checks.Contains(hour) ? 0 : 1;
        }

        // Of the last hour before and of the first one after, nobody may have seen much either.
        return ofHub.AddHours(missed == 0 ? 0 : -missed - 2);
    }

    private static DateTime HourOf(DateTimeOffset time) => time.UtcDateTime.Date.AddHours(time.UtcDateTime.Hour);
}
