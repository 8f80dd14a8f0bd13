using System.Collections.Concurrent;
using Azure.Data.Tables;

namespace SigmaFunctions.Storage.Correlations;

/// <summary>
/// What is to be done about parts of correlations later: evaluate them when a firing is due, and remove what is old. Since when each correlation is in force.
/// </summary>
/// <param name="rows">The table.</param>
/// <param name="timeProvider">Clock.</param>
public sealed class CorrelationAgenda(ICorrelationRows rows, TimeProvider timeProvider)
{
    // Forgetting costs a request each, no more.
    private const int MaxNoted = 100_000;
    private const int MaxActions = 100;

    private const string Tree = "Tree";
    private const string Part = "Part";
    private const string Time = "Time";
    private const string At = "At";
    private const string Before = "Before";
    private const string Kept = "Kept";
    private const string Since = "Since";
    private const string Seen = "Seen";

    // An instance looks at a correlation that often, and takes it to have been away from the second time on that it was not seen.
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan AwayAfter = TimeSpan.FromMinutes(40);

    private readonly ConcurrentDictionary<(string Partition, string Expiry), bool> _noted = new();
    // By whose clock it is due already.
    private static readonly TimeSpan MayBeRemovedBefore = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(string Partition, string Row, DateTimeOffset At), bool> _added = new();
    private readonly ConcurrentDictionary<string, InForce> _inForce = new(StringComparer.Ordinal);
    private DateTimeOffset _looked;

    /// <summary>Notes that rows are written of a part, so that they go when they are old. To be called before they are written.</summary>
    /// <param name="partition">The part's partition.</param>
    /// <param name="keptFor">For how long they are kept, whole hours at the least.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task NoteAsync(string partition, TimeSpan keptFor, CancellationToken cancellationToken)
    {
        TableEntity note = NoteOf(partition, keptFor);
        (string, string) key = (partition, note.PartitionKey);
        if (_noted.ContainsKey(key))
        {
            return;
        }

        await rows.UpsertAsync([note], cancellationToken);
        if (_noted.Count >= MaxNoted)
        {
            _noted.Clear();
        }

        _noted[key] = true;
    }

    /// <summary>Removes what is old.</summary>
    /// <param name="maximum">Parts after which it ends; the next run goes on.</param>
    /// <param name="cancellationToken">Ends the work; what was removed stays so.</param>
    /// <returns>Number of rows removed.</returns>
    public async Task<int> RemoveOldAsync(int maximum, CancellationToken cancellationToken)
    {
        (string from, string to) = StateKeys.ExpiredAt(timeProvider.GetUtcNow());
        int removed = 0;
        await foreach (TableEntity note in rows.ReadManyAsync(from, to, cancellationToken).Take(maximum).WithCancellation(cancellationToken))
        {
            var chunk = new List<TableEntity>();
            await foreach (TableEntity row in rows.ReadOldAsync(note.RowKey, note.GetDateTimeOffset(Before) ?? default, cancellationToken))
            {
                chunk.Add(row);
                if (chunk.Count == MaxActions)
                {
                    await rows.RemoveAsync(chunk, cancellationToken);
                    removed += chunk.Count;
                    chunk = [];
                }
            }

            await rows.RemoveAsync(chunk, cancellationToken);
            removed += chunk.Count;

            // What was written later than its note says, at the end of an hour or by a sweep, has one of its own from now on.
            if (note[Kept] is long kept && await rows.AnyBeforeAsync(note.RowKey, StateKeys.BehindAll, cancellationToken))
            {
                await rows.UpsertAsync([NoteOf(note.RowKey, new TimeSpan(kept))], cancellationToken);
            }

            await rows.RemoveAsync([note], cancellationToken);
        }

        return removed;
    }

    /// <summary>Adds what is due. What this instance has added already, and nobody removes for some minutes yet, costs nothing again.</summary>
    public async Task AddDueAsync(DueEvaluation due, CancellationToken cancellationToken)
    {
        TableEntity row = RowOf(due, "");
        (string, string, DateTimeOffset) key = (row.PartitionKey, row.RowKey, due.At);
        bool stays = due.At - timeProvider.GetUtcNow() > MayBeRemovedBefore;
        if (stays && _added.ContainsKey(key))
        {
            return;
        }

        await rows.UpsertAsync([row], cancellationToken);
        if (!stays)
        {
            return;
        }

        if (_added.Count >= MaxNoted)
        {
            _added.Clear();
        }

        _added[key] = true;
    }

    /// <summary>Notes an evaluation that has begun, so that it is done again where it does not come to its end. To be called before its first write.</summary>
    /// <param name="due">What is to be evaluated then, and when.</param>
    /// <param name="former">An earlier note of the same evaluation, which goes.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The note, which goes at the end (<see cref="RemoveAsync"/>). Nobody else has it.</returns>
    public async Task<TableEntity> NoteUnfinishedAsync(DueEvaluation due, TableEntity? former, CancellationToken cancellationToken)
    {
        TableEntity row = RowOf(due, $"-{Guid.NewGuid():N}");
        await rows.UpsertAsync([row], cancellationToken);
        if (former is not null)
        {
            await RemoveAsync(former, cancellationToken);
        }

        return row;
    }

    /// <summary>Removes a note of <see cref="NoteUnfinishedAsync"/>, where it is still there.</summary>
    public Task RemoveAsync(TableEntity note, CancellationToken cancellationToken) => rows.RemoveAsync([note], cancellationToken);

    /// <summary>What is due up to a time, the oldest first.</summary>
    public async IAsyncEnumerable<(TableEntity Row, DueEvaluation? Due)> FindDueAsync(
        DateTimeOffset until, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (string from, string to) = StateKeys.DueUntil(until);
        await foreach (TableEntity row in rows.ReadManyAsync(from, to, cancellationToken))
        {
            // A minute's rows are together.
            if (row[At] is DateTimeOffset at && at > until)
            {
                continue;
            }

            yield return (row, row[Tree] is string tree && row[Part] is byte[] part && row[Time] is long time ? new DueEvaluation(tree, part, time, row[At] as DateTimeOffset? ?? until) : null);
        }
    }

    /// <summary>Removes what was due and is done, but not where it has been added again meanwhile.</summary>
    public Task RemoveDueAsync(TableEntity row, CancellationToken cancellationToken) => rows.TryExchangeAsync([], [row], cancellationToken);

    /// <summary>Sees to it that correlations are known to be in force. To be called every some minutes, whichever they are.</summary>
    /// <param name="trees">The keys of all that run and are of conditions that need it.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task InForceAsync(IReadOnlyCollection<string> trees, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(trees);
        DateTimeOffset now = timeProvider.GetUtcNow();
        foreach (string tree in trees)
        {
            await InForceSinceAsync(tree, cancellationToken);
        }

        if (now - _looked < SeenEvery)
        {
            return;
        }

        // Behind those: where the app as a whole was away, events have waited for it, and no correlation missed any.
        if (trees.Count > 0 || await rows.FindAsync(StateKeys.InForce, StateKeys.AnyInForce, cancellationToken) is not null)
        {
            await rows.UpsertAsync([new TableEntity(StateKeys.InForce, StateKeys.AnyInForce) { [Seen] = now }], cancellationToken);
        }

        _looked = now;
    }

    /// <summary>Since when all matches of a correlation are kept, from now on where they are not yet, or where others ran without it meanwhile.</summary>
    /// <param name="tree">The correlation's key.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<DateTimeOffset> InForceSinceAsync(string tree, CancellationToken cancellationToken)
    {
        while (true)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            if (_inForce.TryGetValue(tree, out InForce? known) && now - known.Seen < SeenEvery)
            {
                return known.Since;
            }

            TableEntity? found = await rows.FindAsync(StateKeys.InForce, tree, cancellationToken);
            DateTimeOffset since = found is null || await WasAwayAsync(found, cancellationToken) ? now : found[Since] as DateTimeOffset? ?? DateTimeOffset.MinValue;
            if (found?[Seen] is DateTimeOffset seen && now - seen < SeenEvery)
            {
                _inForce[tree] = new InForce(since, seen);
                continue;
            }

            var row = new TableEntity(StateKeys.InForce, tree) { [Since] = since, [Seen] = now };
            if (found is not null)
            {
                row.ETag = found.ETag;
            }

            if (await rows.TryWriteAsync([row], cancellationToken))
            {
                _inForce[tree] = new InForce(since, now);
            }
        }
    }

    // What a version before wrote does not tell when it was seen.
    private async Task<bool> WasAwayAsync(TableEntity row, CancellationToken cancellationToken) =>
        row[Seen] is DateTimeOffset seen
        && timeProvider.GetUtcNow() - seen >= AwayAfter
        && (await rows.FindAsync(StateKeys.InForce, StateKeys.AnyInForce, cancellationToken))?[Seen] is DateTimeOffset any
        && any - seen >= AwayAfter;

    private TableEntity NoteOf(string partition, TimeSpan keptFor)
    {
        // All that is written within the hour has been kept for long enough at the end of the hour in which the hour's end has.
        DateTimeOffset now = timeProvider.GetUtcNow();
        DateTimeOffset end = now.AddTicks(-(now.UtcTicks % TimeSpan.TicksPerHour)).AddHours(1);
        return new TableEntity(StateKeys.ExpiresAt(end + keptFor), partition) { [Before] = end, [Kept] = keptFor.Ticks };
    }

    private static TableEntity RowOf(DueEvaluation due, string suffix)
    {
        ArgumentNullException.ThrowIfNull(due);
        string partition = StateRows.PartitionOf(due.Tree, due.Part.Span);
        return new TableEntity(StateKeys.DueAt(due.At), $"{partition}-{StateKeys.After(due.Time)}{suffix}")
        {
            [Tree] = due.Tree,
            [Part] = due.Part.ToArray(),
            [Time] = due.Time,
            [At] = due.At,
        };
    }

    private sealed record InForce(DateTimeOffset Since, DateTimeOffset Seen);
}

/// <summary>A part that is to be evaluated at a time.</summary>
/// <param name="Tree">The correlation's key.</param>
/// <param name="Part">The part.</param>
/// <param name="Time">The time from which on it is evaluated, in ticks.</param>
/// <param name="At">When.</param>
public sealed record DueEvaluation(string Tree, ReadOnlyMemory<byte> Part, long Time, DateTimeOffset At);
