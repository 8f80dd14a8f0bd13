using System.Collections.Concurrent;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Storage.Correlations;

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
        var turn = new Turn(request.IsLast ? int.MaxValue : limits.Firings, part.Tree.Correlations[^1].Logic.Span);
        (TableEntity Row, DateTimeOffset At)? unfinished = null;
        for (int round = 0; round < MaxRounds; round++)
        {
            PartView view = await PartView.ReadAsync(rows, part, reach, limits, cancellationToken);
            var changes = PartChanges.Of(part, view, request.From, grace, timeProvider.GetUtcNow());
            if (turn.Take(changes.Writes, view) is { Length: > 0 } writes)
            {
                // What is written may follow from less than others have read by then. If this process ends before it has read again, and others have done
                // its batch, nobody else would look.
                DateTimeOffset now = timeProvider.GetUtcNow();
                if (unfinished is not { } noted || now - noted.At >= NotedAgainAfter)
                {
                    unfinished = (await agenda.NoteUnfinishedAsync(
                        new DueEvaluation(part.Tree.Key, part.Key, request.From, now + UnfinishedAfter), unfinished?.Row, cancellationToken), now);
                }

                await WriteAsync(part, writes, turn, cancellationToken);
                continue;
            }

            if (await SettleAsync(request, changes.Firings, view, turn, cancellationToken))
            {
                metrics.AddEvaluation(isShort: false);
                TellPartial(part, view);
                await MergeAsync(view, cancellationToken);
                if (turn.Left is { } left)
                {
                    await agenda.AddDueAsync(new DueEvaluation(part.Tree.Key, part.Key, left, timeProvider.GetUtcNow()), cancellationToken);
                    metrics.AddDue();
                }

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

    private async Task WriteAsync(TreePart part, IEnumerable<StoredFiring> firings, Turn turn, CancellationToken cancellationToken)
    {
        await agenda.NoteAsync(part.Partition, part.KeptFor, cancellationToken);
        foreach (IReadOnlyList<(StoredFiring Firing, TableEntity Row)> transaction in StateRows.TransactionsOf(firings))
        {
            if (!await rows.TryWriteAsync([.. transaction.Select(one => one.Row)], cancellationToken))
            {
                return;
            }

            turn.Written += transaction.Count;
            foreach ((StoredFiring firing, _) in transaction)
            {
                metrics.AddFiring(firing);
            }
        }
    }

    /// <summary>Records what is due, and notes what will be.</summary>
    /// <returns>False where another one has changed a firing meanwhile.</returns>
    private async Task<bool> SettleAsync(PartRequest request, IEnumerable<StoredFiring> firings, PartView view, Turn turn, CancellationToken cancellationToken)
    {
        TreePart part = request.Part;
        DateTimeOffset now = timeProvider.GetUtcNow();
        var open = new List<StoredFiring>();
        var waiting = new List<StoredFiring>();
        foreach (StoredFiring firing in firings)
        {
            FiringReport report = firing.Report!;

            // Whoever decided may have recorded and announced it without coming to say so, and others are held back by it: what was begun is finished.
            if (report.Recorded == firing.Revision || (firing.IsSuperseded && !IsBegun(firing)))
            {
                Remember(part, firing);
            }

            // What is certain at once does not wait for clocks that differ.
            else if (!IsBegun(firing) && !request.IsLast && part.Tree.Decision != CorrelationDecision.AtOnce && report.DueAt > now.UtcTicks)
            {
                waiting.Add(firing);
            }
            else if (!turn.MaySettle(open.Count, firing))
            {
                break;
            }
            else
            {
                open.Add(firing);
            }
        }

        foreach (IGrouping<long, StoredFiring> ofMinute in waiting.GroupBy(firing => firing.Report!.DueAt / TimeSpan.TicksPerMinute))
        {
            await agenda.AddDueAsync(
                new DueEvaluation(part.Tree.Key, part.Key, ofMinute.First().Time, new DateTimeOffset(ofMinute.Max(firing => firing.Report!.DueAt), TimeSpan.Zero)), cancellationToken);
            metrics.AddDue();
        }

        if (await DecideAsync(part, open, view, cancellationToken) is not { } decided)
        {
            return false;
        }

        await recorder.RecordAsync(part.Tree, decided, request.Events, cancellationToken);
        if (await TryWriteAllAsync(decided.Select(firing => firing with { Report = firing.Report! with { Recorded = firing.Revision } }), cancellationToken) is not { } recorded)
        {
            return false;
        }

        recorded.ForEach(firing => Remember(part, firing));
        return true;
    }

    private static bool IsBegun(StoredFiring firing) => firing.Report!.Outcome != FiringOutcome.None;

    /// <summary>Decides about the alerts of firings, in the order of time, those that are decided aside, and writes it; null where another one has changed one.</summary>
    private async Task<List<StoredFiring>?> DecideAsync(TreePart part, IReadOnlyList<StoredFiring> firings, PartView view, CancellationToken cancellationToken)
    {
        var alerted = new AlertedFirings();
        foreach (StoredFiring firing in view.ByKey.Values.Where(firing => firing.Report is { Outcome: FiringOutcome.Alerts }))
        {
            alerted.Add(firing.Group, firing.Report!.OutcomeFor, firing.Report.Detected.Id);
        }

        var undecided = new List<StoredFiring>();
        foreach (StoredFiring firing in firings.Where(firing => !IsBegun(firing)))
        {
            FiringReport report = await DecideAsync(part, firing, firing.Report!, alerted, cancellationToken);
            undecided.Add(firing with { Report = report });
            if (report.Outcome == FiringOutcome.Alerts)
            {
                alerted.Add(firing.Group, firing.Time, report.Detected.Id);
            }
        }

        return await TryWriteAllAsync(undecided, cancellationToken) is { } decided ? [.. firings.Where(IsBegun).Concat(decided).OrderBy(firing => firing.Time)] : null;
    }

    private async Task<FiringReport> DecideAsync(
        TreePart part, StoredFiring firing, FiringReport report, AlertedFirings alerted, CancellationToken cancellationToken)
    {
        if (alerted.OtherOf(firing.Group, firing.Time, firing.Span, report.Detected.Id) is { } other)
        {
            return report with { Outcome = FiringOutcome.Moved, OutcomeFor = firing.Time, OutcomeBy = other };
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

    /// <summary>Writes firings, transaction by transaction; null where another one has changed one of them meanwhile, with which it ends.</summary>
    private async Task<List<StoredFiring>?> TryWriteAllAsync(IEnumerable<StoredFiring> firings, CancellationToken cancellationToken)
    {
        var written = new List<StoredFiring>();
        foreach (IReadOnlyList<(StoredFiring Firing, TableEntity Row)> transaction in StateRows.TransactionsOf(firings))
        {
            if (!await rows.TryWriteAsync([.. transaction.Select(one => one.Row)], cancellationToken))
            {
                return null;
            }

            written.AddRange(transaction.Select(one => one.Firing with { Tag = one.Row.ETag }));
        }

        return written;
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
        foreach (IReadOnlyList<TableEntity> slice in StateRows.OfOneRow(view.Rows.Where(row => row.Timestamp < before)).Take(MaxMerges))
        {
            if (StateRows.Compacted(slice) is { } merged)
            {
                await rows.TryExchangeAsync([merged], [.. slice.Where(row => row.RowKey != merged.RowKey)], cancellationToken);
            }
        }
    }

    /// <summary>How much one evaluation changes: what is later is left to the next one, so that others are not held up.</summary>
    /// <param name="most">Number of firings that are written, and of those that are recorded, give or take those of one time.</param>
    /// <param name="span">The root's timespan, in ticks.</param>
    private sealed class Turn(int most, long span)
    {
        // From which time on rows may be of what was before.
        private long _writtenUntil = long.MaxValue;

        // From which time on firings are not recorded; of a round that others cut short it may be later than what the next one leaves unwritten.
        private long _left = long.MaxValue;
        private long _lastSettled;

        /// <summary>The time from which on something is left, in ticks; null where nothing is.</summary>
        public long? Left => Math.Min(_left, _writtenUntil) is var left && left == long.MaxValue ? null : left;

        /// <summary>Number of firings written.</summary>
        public int Written { get; set; }

        /// <summary>What is to be written now, in the order of time.</summary>
        public StoredFiring[] Take(IEnumerable<StoredFiring> writes, PartView view)
        {
            // A row says what was before until it is written: who begins behind that takes it for true.
            (StoredFiring Firing, long Time)[] open =
            [
                .. writes.Select(firing => (Firing: firing, Time: Math.Min(firing.Time, view.ByKey.GetValueOrDefault(StateRows.KeyOf(firing))?.Time ?? long.MaxValue)))
                    .Where(one => one.Time < _writtenUntil).OrderBy(one => one.Time),
            ];
            int end = open.Length;
            int left = Math.Max(0, most - Written);
            if (open.Length > left)
            {
                // Those of one time together, so that each evaluation comes further.
                long last = left == 0 ? long.MinValue : open[left - 1].Time;
                end = Array.FindIndex(open, one => one.Time > last) is >= 0 and int first ? first : open.Length;
                _writtenUntil = end < open.Length ? open[end].Time : _writtenUntil;
            }

            return [.. open[..end].Select(one => one.Firing)];
        }

        /// <summary>Whether a firing is recorded now, of which there are some of earlier times or of the same.</summary>
        public bool MaySettle(int before, StoredFiring firing)
        {
            // Another one may decide about a row of what was before, which must not be within the timespan.
            if ((before >= most && firing.Time > _lastSettled) || firing.Time > _writtenUntil - span - 1)
            {
                _left = Math.Min(firing.Time, _writtenUntil);
                return false;
            }

            _lastSettled = firing.Time;
            return true;
        }
    }
}
