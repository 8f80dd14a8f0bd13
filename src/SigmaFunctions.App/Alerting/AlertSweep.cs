using System.Diagnostics.CodeAnalysis;
using Azure;
using Microsoft.Extensions.Logging;
using SigmaFunctions.Storage;

namespace SigmaFunctions.App.Alerting;

/// <summary>
/// Finds detections that were recorded and whose alerts are still owed after a while, and announces them: an app that stopped between
/// the two leaves such detections, and the hub need not deliver their events again. Each entry of the outbox is dealt with alone.
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
    /// Age at which an entry is given up that no try can settle: its detections are not recorded, since the app stopped before it
    /// recorded them and the hub has not delivered their events again; or what is in the table under its keys cannot be read.
    /// </summary>
    public static readonly TimeSpan MaximumAge = TimeSpan.FromDays(7);

    /// <summary>Entries that fail one after another on a store out of reach, after which a run ends: the next one is a minute away.</summary>
    public const int MaximumOutages = 5;

    // A flood of bad entries must not become a flood of log lines, nor one exception that holds them all.
    private const int MaximumReports = 20;

    /// <summary>Announces what is owed.</summary>
    /// <returns>Number of detections announced.</returns>
    /// <exception cref="AggregateException">Entries failed; the others are settled. It holds the first few reasons.</exception>
    /// <exception cref="RequestFailedException">The outbox could not be read; what was announced by then stays.</exception>
    /// <exception cref="OperationCanceledException">The invocation was cancelled.</exception>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A fault on one entry must not stop all others; it is thrown at the end.")]
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var run = new Run(timeProvider.GetUtcNow());
        await foreach (OutboxEntry entry in outbox.FindAsync(run.Now - MinimumAge, cancellationToken))
        {
            try
            {
                await SettleAsync(entry, run, cancellationToken);
                run.Outages = 0;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                Report(entry, exception, run);
                if (IsOutage(exception) && ++run.Outages == MaximumOutages)
                    break;
            }
        }
        if (run.Announced > 0)
            logger.Swept(run.Announced);
        return run.Failed == 0
            ? run.Announced
            : throw new AggregateException($"{run.Failed} entries of the outbox could not be settled.", run.Failures);
    }

    private async Task SettleAsync(OutboxEntry entry, Run run, CancellationToken cancellationToken)
    {
        bool isLast = run.Now - entry.WrittenAt >= MaximumAge;
        (IReadOnlyList<Detection> found, IReadOnlyList<FormatException> wrong) = await table.FindAsync(entry.Ids, cancellationToken);
        Detection[] owed = [.. found.Where(detection => detection is { AlertedAt: null, HeldBack: null })];
        await announcer.AnnounceAsync(owed, cancellationToken);
        run.Announced += owed.Length;

        // What is not recorded yet may still be, by a delivery that is slow.
        int missing = entry.Ids.Count - found.Count - wrong.Count;
        bool isSettled = missing == 0 && wrong is [] && entry.Ids is not [];
        if (isSettled || isLast)
            await outbox.RemoveAsync([entry], cancellationToken);
        if (!isSettled && isLast)
            logger.OutboxEntryGivenUp(entry.PartitionKey, entry.RowKey, missing, wrong.Count);
        else if (entry.Ids is [])
            throw new FormatException("the row is not an entry");
        else if (wrong is not [])
            throw wrong[0];
    }

    private void Report(OutboxEntry entry, Exception exception, Run run)
    {
        if (run.Failed++ >= MaximumReports)
            return;
        run.Failures.Add(exception);
        logger.OutboxEntryFailed(entry.PartitionKey, entry.RowKey, entry.Ids.Count, ReasonOf(exception));
    }

    // The store's own messages may quote what they are about.
    private static string ReasonOf(Exception exception) => exception switch
    {
        FormatException => exception.Message,
        RequestFailedException { ErrorCode: { } code } => code,
        _ => exception.GetType().FullName!,
    };

    private static bool IsOutage(Exception exception) => exception switch
    {
        RequestFailedException { Status: 0 or 408 or 429 or >= 500 } => true,
        AggregateException all => all.InnerExceptions.Any(IsOutage),
        _ => false,
    };

    private sealed class Run(DateTimeOffset now)
    {
        public DateTimeOffset Now { get; } = now;

        public int Announced { get; set; }

        public int Failed { get; set; }

        public int Outages { get; set; }

        public List<Exception> Failures { get; } = [];
    }
}
