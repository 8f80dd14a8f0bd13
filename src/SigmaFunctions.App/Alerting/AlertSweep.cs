using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Azure;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Alerting;

/// <summary>
/// Finds detections that were recorded and whose alerts are still owed after a while, and announces them: an app that stopped between
/// the two leaves such detections, and the hub need not deliver their events again. Each claim, and each entry that an earlier version
/// left in the outbox, is dealt with alone.
/// </summary>
/// <remarks>
/// A claim that was looked through stays, and is looked at again after as long as it has been silent, until the seven days are over: its
/// process may have stood still rather than ended, and record something under it when it goes on.
/// </remarks>
/// <param name="claims">Where detections may have been recorded whose alerts are owed.</param>
/// <param name="outbox">What earlier versions owe.</param>
/// <param name="table">Where detections are recorded.</param>
/// <param name="announcer">Sends alerts.</param>
/// <param name="timeProvider">Clock of the claims' age.</param>
/// <param name="logger">Log.</param>
public sealed class AlertSweep(
    AlertClaims claims, AlertOutbox outbox, DetectionTable table, AlertAnnouncer announcer, TimeProvider timeProvider, ILogger<AlertSweep> logger)
{
    /// <summary>Age from which a claim or an entry counts as left behind.</summary>
    public static readonly TimeSpan MinimumAge = AlertClaims.LeftAfter;

    /// <summary>
    /// Age at which a claim ends, and at which an entry is given up that no try can settle: its detections are not recorded, since the app
    /// stopped before it recorded them and the hub has not delivered their events again; or what is in the table under its keys cannot be read.
    /// </summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(7);

    /// <summary>
    /// Age from which a row is not at work any more. What a process recorded under a claim before it ended is older when the claim counts as
    /// left behind; what is younger belongs to another, and to the next look.
    /// </summary>
    public static readonly TimeSpan MinimumAgeOfRow = AlertClaims.LeftAfter - AlertClaims.RenewedAfter;

    /// <summary>Claims and entries that fail one after another on a store out of reach, after which a run ends: the next one is a minute away.</summary>
    public const int MaxOutages = 5;

    /// <summary>Rows after which a run ends; the next one goes on from there. A hundred requests, some seconds.</summary>
    public const int MaxRows = 100_000;

    /// <summary>Detections announced, of claims, after which a run ends; up to a page of rows more. A queue takes 2,000 a second.</summary>
    public const int MaxAnnounced = 10_000;

    // A flood of bad entries must not become a flood of log lines, nor one exception that holds them all.
    private const int MaxReports = 20;

    // Of which one is in the way of the others where the queue does not take it; they are then sent one by one.
    private const int ChunkSize = 100;

    /// <summary>Announces what is owed.</summary>
    /// <returns>Number of detections announced.</returns>
    /// <exception cref="AggregateException">Claims or entries failed; the others are settled. It holds the first few reasons.</exception>
    /// <exception cref="RequestFailedException">The outbox could not be read; what was announced by then stays.</exception>
    /// <exception cref="OperationCanceledException">The invocation was cancelled.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var run = new Run(timeProvider.GetUtcNow());
        await foreach (OutboxEntry entry in outbox.FindAsync(run.Now - MinimumAge, cancellationToken))
        {
            await TryAsync(entry.PartitionKey, entry.RowKey, run, entry.Ids.Count, () => SettleAsync(entry, run, cancellationToken), cancellationToken);
            if (run.IsOver)
            {
                break;
            }
        }
        if (!run.IsOver)
        {
            await foreach (LeftClaim claim in claims.FindAsync(cancellationToken))
            {
                await TryAsync(claim.PartitionKey, claim.RowKey, run, 0, () => LookThroughAsync(claim, run, cancellationToken), cancellationToken);
                if (run.IsOver)
                {
                    break;
                }
            }
        }

        if (run.Announced > 0)
        {
            logger.Swept(run.Announced);
        }

        return run.Failed == 0
            ? run.Announced
            : throw new AggregateException($"{run.Failed} entries of the outbox could not be settled.", run.Failures);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A fault on one entry must not stop all others; it is thrown at the end.")]
    private async Task TryAsync(string partitionKey, string rowKey, Run run, int detections, Func<Task> settle, CancellationToken cancellationToken)
    {
        try
        {
            await settle();
            run.Outages = 0;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Exception reason = exception is UnsettledException unsettled ? unsettled.InnerException! : exception;
            Report(partitionKey, rowKey, exception is UnsettledException { Detections: var left } ? left : detections, reason, run);
            if (IsOutage(reason))
            {
                run.Outages++;
            }
        }
    }

    private async Task SettleAsync(OutboxEntry entry, Run run, CancellationToken cancellationToken)
    {
        bool isLast = run.Now - entry.WrittenAt >= MaxAge;
        (IReadOnlyList<Detection> found, IReadOnlyList<FormatException> wrong) = await table.FindAsync(entry.Ids, cancellationToken);
        Detection[] owed = [.. found.Where(detection => detection is { AlertedAt: null, HeldBack: null })];
        await announcer.AnnounceAsync(owed, cancellationToken);
        run.AnnouncedOfEntries += owed.Length;

        // What is not recorded yet may still be, by a delivery that is slow.
        int missing = entry.Ids.Count - found.Count - wrong.Count;
        bool isSettled = missing == 0 && wrong is [] && entry.Ids is not [];
        if (isSettled || isLast)
        {
            await outbox.RemoveAsync(entry, cancellationToken);
        }

        if (!isSettled && isLast)
        {
            logger.OutboxEntryGivenUp(entry.PartitionKey, entry.RowKey, missing, wrong.Count);
        }
        else if (entry.Ids is [])
        {
            throw new FormatException("the row is not an entry");
        }
        else if (wrong is not [])
        {
            throw wrong[0];
        }
    }

    private async Task LookThroughAsync(LeftClaim claim, Run run, CancellationToken cancellationToken)
    {
        TimeSpan age = run.Now - claim.RenewedAt;
        bool isLast = age >= MaxAge;
        var faults = new List<Exception>();
        if (claim.Span is not { } span)
        {
            faults.Add(new FormatException("the row is not a claim"));
        }
        else if (!await LookThroughAsync(claim, span, isLast, faults, run, cancellationToken))
        {
            return;
        }

        if (!isLast && faults.Find(fault => fault is not FormatException) is { } refused)
        {
            throw new UnsettledException(faults.Count, refused);
        }

        if (isLast)
        {
            await claims.RemoveAsync(claim, cancellationToken);
            if (faults is not [])
            {
                logger.OutboxEntryGivenUp(claim.PartitionKey, claim.RowKey, 0, faults.Count);
            }
        }
        else if (faults is not [])
        {
            throw new UnsettledException(faults.Count, faults[0]);
        }
        else
        {
            await claims.PostponeAsync(claim, NextLook(claim, age, run), cancellationToken);
        }
    }

    /// <summary>Announces what is owed of the rows that a claim covers.</summary>
    /// <returns>Whether it came to the end of them.</returns>
    private async Task<bool> LookThroughAsync(
        LeftClaim claim, ClaimedSpan span, bool isLast, List<Exception> faults, Run run, CancellationToken cancellationToken)
    {
        DateTimeOffset before = isLast ? DateTimeOffset.MaxValue : run.Now - MinimumAgeOfRow;
        await foreach (OwedPage page in table.FindOwedAsync(span, claim.After, before, cancellationToken))
        {
            // The oldest alerts first.
            foreach (string[] chunk in page.Owed.Reverse().Chunk(ChunkSize))
            {
                run.AnnouncedOfClaims += await AnnounceAsync(span.TablePartition, chunk, faults, cancellationToken);
            }

            run.Rows += page.Rows;

            // Where so many fail, more do: the next look begins here again.
            if (faults.Count >= MaxReports && !isLast)
            {
                throw new UnsettledException(faults.Count, faults[0]);
            }

            if (!run.IsFull)
            {
                continue;
            }

            await claims.AdvanceAsync(claim, page.Last, cancellationToken);
            return faults is [] ? false : throw new UnsettledException(faults.Count, faults[0]);
        }
        return true;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A fault on one detection must not stop all others; it is thrown at the end.")]
    private async Task<int> AnnounceAsync(string tablePartition, string[] rowKeys, List<Exception> faults, CancellationToken cancellationToken)
    {
        Detection[] owed = await ReadAsync(tablePartition, rowKeys, faults, cancellationToken);
        try
        {
            await announcer.AnnounceAsync(owed, cancellationToken);
            return owed.Length;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && !IsOutage(exception))
        {
            // One by one, below.
        }
        int announced = 0;
        foreach (Detection detection in owed)
        {
            try
            {
                await announcer.AnnounceAsync([detection], cancellationToken);
                announced++;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && !IsOutage(exception))
            {
                faults.Add(exception);
            }
        }
        return announced;
    }

    private async Task<Detection[]> ReadAsync(string tablePartition, string[] rowKeys, List<Exception> faults, CancellationToken cancellationToken)
    {
        var owed = new Detection?[rowKeys.Length];
        var wrong = new ConcurrentQueue<FormatException>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, rowKeys.Length),
            StorageConcurrency.Options(cancellationToken),
            async (index, token) =>
            {
                try
                {
                    owed[index] = await table.FindOwedAsync(tablePartition, rowKeys[index], token);
                }
                catch (FormatException exception)
                {
                    wrong.Enqueue(exception);
                }
            });
        faults.AddRange(wrong);
        return [.. owed.OfType<Detection>()];
    }

    // Twice as old, and once more when it is as old as a claim becomes.
    private static DateTimeOffset NextLook(LeftClaim claim, TimeSpan age, Run run)
    {
        DateTimeOffset next = run.Now + (age > MinimumAge ? age : MinimumAge);
        DateTimeOffset last = claim.RenewedAt + MaxAge;
        return next < last ? next : last;
    }

    private void Report(string partitionKey, string rowKey, int detections, Exception exception, Run run)
    {
        if (run.Failed++ >= MaxReports)
        {
            return;
        }

        run.Failures.Add(exception);
        logger.OutboxEntryFailed(partitionKey, rowKey, detections, ReasonOf(exception));
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
        RequestFailedException { Status: 0 or 401 or 403 or 404 or 408 or 429 or >= 500 } => true,
        AggregateException all => all.InnerExceptions.Any(IsOutage),
        _ => false,
    };

    private sealed class Run(DateTimeOffset now)
    {
        public DateTimeOffset Now { get; } = now;

        public int AnnouncedOfEntries { get; set; }

        public int AnnouncedOfClaims { get; set; }

        public int Announced => AnnouncedOfEntries + AnnouncedOfClaims;

        public int Rows { get; set; }

        public int Failed { get; set; }

        public int Outages { get; set; }

        public bool IsFull => Rows >= MaxRows || AnnouncedOfClaims >= MaxAnnounced;

        public bool IsOver => IsFull || Outages >= MaxOutages;

        public List<Exception> Failures { get; } = [];
    }

    /// <summary>Some detections of a claim could not be settled.</summary>
    [SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "It does not leave this class.")]
    private sealed class UnsettledException(int detections, Exception reason) : Exception(reason.Message, reason)
    {
        public int Detections { get; } = detections;
    }
}
