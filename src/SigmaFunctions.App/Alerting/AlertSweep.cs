using Microsoft.Extensions.Logging;
using SigmaFunctions.Storage;

namespace SigmaFunctions.App.Alerting;

/// <summary>
/// Finds detections that were recorded and whose alerts are still owed after a while, and announces them: an app that stopped between
/// the two leaves such detections, and the hub need not deliver their events again.
/// </summary>
/// <param name="outbox">Which alerts are owed.</param>
/// <param name="table">Where detections are recorded.</param>
/// <param name="announcer">Sends alerts.</param>
/// <param name="timeProvider">Clock of the entries' age.</param>
/// <param name="logger">Log.</param>
public sealed class AlertSweep(
    AlertOutbox outbox, DetectionTable table, AlertAnnouncer announcer, TimeProvider timeProvider, ILogger<AlertSweep> logger)
{
    /// <summary>
    /// Age from which an entry counts as left behind. An invocation that cannot reach the store tries again at least once a minute
    /// and renews its entries each time.
    /// </summary>
    public static readonly TimeSpan MinimumAge = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Age at which an entry is given up whose detections are not recorded: the app stopped before it recorded them, and the hub has
    /// not delivered their events again.
    /// </summary>
    public static readonly TimeSpan MaximumAge = TimeSpan.FromDays(7);

    /// <summary>Announces what is owed.</summary>
    /// <returns>Number of detections announced.</returns>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused; what was announced by then stays.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        int announced = 0;
        DateTimeOffset now = timeProvider.GetUtcNow();
        await foreach (OutboxEntry entry in outbox.FindAsync(now - MinimumAge, cancellationToken))
        {
            IReadOnlyList<Detection> recorded = await table.FindAsync(entry.Ids, cancellationToken);
            Detection[] owed = [.. recorded.Where(detection => detection is { AlertedAt: null, HeldBack: null })];
            await announcer.AnnounceAsync(owed, cancellationToken);
            announced += owed.Length;

            // What is not recorded yet may still be, by a delivery that is slow.
            if (recorded.Count == entry.Ids.Count || now - entry.WrittenAt >= MaximumAge)
                await outbox.RemoveAsync([entry], cancellationToken);
        }
        if (announced > 0)
            logger.Swept(announced);
        return announced;
    }
}
