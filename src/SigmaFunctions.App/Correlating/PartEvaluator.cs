using System.Collections.Concurrent;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Correlating;

/// <summary>
/// Brings the firings of a part to what follows from its matches, and records those that are due. Any number of instances may do so at a time: whoever wrote
/// the last match reads after that, rows are only written in place of what was read, and after a write all is read again (docs/reliability.md).
/// </summary>
/// <param name="rows">The table.</param>
/// <param name="agenda">What is due later.</param>
/// <param name="recorder">Records firings.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="timeProvider">Clock.</param>
/// <param name="grace">For how long after a completing event's arrival late ones are waited for.</param>
/// <param name="limits">How much is looked at.</param>
/// <param name="logger">Log; never of events' contents.</param>
internal sealed class PartEvaluator(
    ICorrelationRows rows, CorrelationAgenda agenda, IFiringRecorder recorder, CorrelationMetrics metrics, TimeProvider timeProvider, TimeSpan grace, PartLimits limits, ILogger logger)
{
    // Each round follows a write, or another's write in between.
    private const int MaxRounds = 100;

    // A transaction takes 100 rows.
    private const int MaxMerged = 90;
    private const int MaxMerges = 8;
    private const int MaxHints = 100_000;

    // Who has not come to an end of an evaluation by then has ended, or waits for a store that cannot be reached.
    private static readonly TimeSpan UnfinishedAfter = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan NotedAgainAfter = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ToldAgainAfter = TimeSpan.FromHours(1);

    // By correlation.
    private readonly ConcurrentDictionary<string, DateTimeOffset> _told = new(StringComparer.Ordinal);

    // Where a part has fired last, as far as this instance knows: whether that is still so is read.
    private readonly ConcurrentDictionary<string, (string Row, long Time)> _hints = new(StringComparer.Ordinal);

    /// <summary>Evaluates a part.</summary>
    /// <param name="request">The part, and what may be new of it; all of that is in the table.</param>
    /// <param name="cancellationToken">Ends the work; what was written stays.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of a part's state.</exception>
    public async Task EvaluateAsync(PartRequest request, CancellationToken cancellationToken)
    {
        TreePart part = request.Part;
        if (!request.IsLast && await IsHeldOffAsync(request, cancellationToken))
        {
            metrics.AddEvaluation(isShort: true);
            return;
        }

        long reach = Math.Max(0, request.From - part.Tree.Reach);
        (TableEntity Row, DateTimeOffset At)? unfinished = null;
        for (int round = 0; round < MaxRounds; round++)
        {
            PartView view = await PartView.ReadAsync(rows, part, reach, limits, cancellationToken);
            var changes = PartChanges.Of(part, view, request.From, grace, timeProvider.GetUtcNow());
            if (!changes.Writes.IsEmpty)
            {
                // What is written may follow from less than others have read by then. If this process ends before it has read again, and others have done
                // its batch, nobody else would look.
                DateTimeOffset now = timeProvider.GetUtcNow();
                if (unfinished is not { } noted || now - noted.At >= NotedAgainAfter)
                {
                    unfinished = (await agenda.NoteUnfinishedAsync(
                        new DueEvaluation(part.Tree.Key, part.Key, request.From, now + UnfinishedAfter), unfinished?.Row, cancellationToken), now);
                }

                await WriteAsync(part, changes.Writes, cancellationToken);
                continue;
            }

            if (await SettleAsync(request, changes.Firings, view, cancellationToken))
            {
                metrics.AddEvaluation(isShort: false);
                TellPartial(part, view);
                await MergeAsync(view, cancellationToken);
                if (unfinished is { } done)
                {
                    await agenda.RemoveAsync(done.Row, cancellationToken);
                }

                return;
            }
        }

        throw new RequestFailedException(412, "Others changed the same part of a correlation each time.", TableErrorCode.UpdateConditionNotSatisfied.ToString(), null);
    }

    /// <summary>
    /// Whether new matches change nothing, since all of them are within the timespan after a firing and there is nothing later: it holds off all that is in it.
    /// </summary>
    private async Task<bool> IsHeldOffAsync(PartRequest request, CancellationToken cancellationToken)
    {
        TreePart part = request.Part;
        CorrelationTree tree = part.Tree;
        if (tree.Correlations.Length > 1 || tree.Shifts[0] > 0 || !_hints.TryGetValue(part.Partition, out (string Row, long Time) hint)
            || request.From <= hint.Time || request.To > hint.Time + tree.Reach)
        {
            return false;
        }

        return await rows.FindAsync(part.Partition, hint.Row, cancellationToken) is { } row
            && StateRows.FiringOf(row, [tree.Reach]) is { IsSuperseded: false } firing
            && firing.Time == hint.Time
            && firing.Condition == tree.Condition
            && firing.Report?.Recorded == firing.Revision

            // Of a tree without groups below the part there is one group.
            && !await rows.AnyBeforeAsync(part.Partition, StateRows.After(hint.Time + tree.Reach), cancellationToken);
    }

    private async Task WriteAsync(TreePart part, IEnumerable<StoredFiring> firings, CancellationToken cancellationToken)
    {
        await agenda.NoteAsync(part.Partition, part.KeptFor, cancellationToken);
        foreach (StoredFiring firing in firings)
        {
            if (!await rows.TryWriteAsync(StateRows.OfFiring(firing), cancellationToken))
            {
                return;
            }

            metrics.AddFiring(firing);
        }
    }

    /// <summary>Records what is due, and notes what will be.</summary>
    /// <returns>False where another one has changed a firing meanwhile.</returns>
    private async Task<bool> SettleAsync(PartRequest request, IEnumerable<StoredFiring> firings, PartView view, CancellationToken cancellationToken)
    {
        TreePart part = request.Part;
        DateTimeOffset now = timeProvider.GetUtcNow();
        var alerted = new HashSet<(string Group, long Time, DetectionId Id)>(
            view.ByKey.Values
                .Where(firing => firing.Report is { Outcome: FiringOutcome.Alerts })
                .Select(firing => (firing.Group, firing.Report!.OutcomeFor, firing.Report.Detected.Id)));
        foreach (StoredFiring firing in firings)
        {
            StoredFiring settled = firing;
            FiringReport report = firing.Report!;

            // Whoever decided may have recorded and announced it without coming to say so, and others are held back by it: what was begun is finished.
            bool isBegun = report.Outcome != FiringOutcome.None;
            if (report.Recorded == firing.Revision || (firing.IsSuperseded && !isBegun))
            {
                Remember(part, firing);
                continue;
            }

            // What is certain at once does not wait for clocks that differ.
            if (!isBegun && !request.IsLast && part.Tree.Decision != CorrelationDecision.AtOnce && report.DueAt > now.UtcTicks)
            {
                var due = new DateTimeOffset(report.DueAt, TimeSpan.Zero);
                await agenda.AddDueAsync(new DueEvaluation(part.Tree.Key, part.Key, firing.Time, due), cancellationToken);
                metrics.AddDue();
                continue;
            }

            if (!isBegun)
            {
                report = await DecideAsync(part, firing, report, alerted, cancellationToken);
                if (await TryWriteAsync(settled with { Report = report }, cancellationToken) is not { } decided)
                {
                    return false;
                }

                settled = decided;
                if (report.Outcome == FiringOutcome.Alerts)
                {
                    alerted.Add((firing.Group, firing.Time, report.Detected.Id));
                }
            }

            await recorder.RecordAsync(part.Tree, settled, request.Events, cancellationToken);
            if (await TryWriteAsync(settled with { Report = report with { Recorded = settled.Revision } }, cancellationToken) is not { } recorded)
            {
                return false;
            }

            Remember(part, recorded);
        }

        return true;
    }

    private async Task<FiringReport> DecideAsync(
        TreePart part, StoredFiring firing, FiringReport report, HashSet<(string Group, long Time, DetectionId Id)> alerted, CancellationToken cancellationToken)
    {
        (string, long, DetectionId Id) other = alerted.FirstOrDefault(one =>
            one.Group == firing.Group && one.Id != report.Detected.Id && Math.Abs(one.Time - firing.Time) <= firing.Span);
        if (other.Id != default)
        {
            return report with { Outcome = FiringOutcome.Moved, OutcomeFor = firing.Time, OutcomeBy = other.Id };
        }

        // What the matches were before nobody knows.
        bool isWarming = part.Tree.Decision != CorrelationDecision.AtOnce
            && firing.Time - (part.Tree.Reach - part.Tree.Shifts[^1]) < (await agenda.InForceSinceAsync(part.Tree.Key, cancellationToken)).UtcTicks;
        return report with { Outcome = isWarming ? FiringOutcome.Warming : FiringOutcome.Alerts, OutcomeFor = firing.Time };
    }

    // A group of very many is evaluated again and again.
    private void TellPartial(TreePart part, PartView view)
    {
        if (view.CompleteFrom is null)
        {
            return;
        }

        metrics.AddLeftOut(1);
        DateTimeOffset now = timeProvider.GetUtcNow();
        string id = part.Tree.Root.Correlation.Id;
        if (!_told.TryGetValue(id, out DateTimeOffset told) || now - told >= ToldAgainAfter)
        {
            _told[id] = now;
            logger.CorrelationPartial(id, view.Matches.Count);
        }
    }

    private async Task<StoredFiring?> TryWriteAsync(StoredFiring firing, CancellationToken cancellationToken)
    {
        TableEntity row = StateRows.OfFiring(firing);
        return await rows.TryWriteAsync(row, cancellationToken) ? firing with { Tag = row.ETag } : null;
    }

    private void Remember(TreePart part, StoredFiring firing)
    {
        if (firing.IsSuperseded)
        {
            return;
        }

        if (_hints.Count >= MaxHints)
        {
            _hints.Clear();
        }

        _hints[part.Partition] = (StateRows.KeyOf(firing), firing.Time);
    }

    /// <summary>Puts rows of matches together that nobody adds to any more, where there are many. Who reads meanwhile misses nothing: the new row is behind all of them, and stays.</summary>
    private async Task MergeAsync(PartView view, CancellationToken cancellationToken)
    {
        if (view.Rows.Count < limits.ManyRows)
        {
            return;
        }

        DateTimeOffset before = timeProvider.GetUtcNow() - limits.MergedAfter;
        int merges = 0;
        foreach (TableEntity[] slice in view.Rows.Where(row => row.Timestamp < before && !StateRows.IsCompacted(row)).GroupBy(StateRows.EndOf).SelectMany(slice => slice.Chunk(MaxMerged)))
        {
            if (slice.Length == 1 || StateRows.Compacted(slice) is not { } merged)
            {
                continue;
            }

            await rows.TryExchangeAsync([merged], [.. slice.Where(row => row.RowKey != merged.RowKey)], cancellationToken);
            if (++merges == MaxMerges)
            {
                return;
            }
        }
    }
}
