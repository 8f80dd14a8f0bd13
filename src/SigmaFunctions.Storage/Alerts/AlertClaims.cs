using System.Globalization;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Alerts;

/// <summary>
/// What this process may have recorded without having announced it yet. A claim covers ten minutes of one partition of the table of
/// detections and is in the store before the first row of them is; it is written again now and then while they are worked on, and removed
/// once all that was recorded under it is settled. Whatever stops the app in between leaves a claim from which a sweep can go on. A claim
/// holds no ids: the rows themselves tell which alerts are owed.
/// </summary>
/// <remarks>
/// Claims are rows of the table of <see cref="AlertOutbox"/>, in table partitions of their own, and without the property by which entries
/// are looked for. Each has a key that no other ever has, of this process or another, so that removing one never removes another's cover.
/// </remarks>
public sealed class AlertClaims
{
    /// <summary>The time of enqueuing that one claim covers: what is to be looked through if it is left behind.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(10);

    /// <summary>Age from which a claim is written again when it is used.</summary>
    public static readonly TimeSpan RenewedAfter = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Age from which a claim counts as left behind. An invocation that cannot reach the store tries again at least once a minute and
    /// renews its claims on the way.
    /// </summary>
    public static readonly TimeSpan LeftAfter = TimeSpan.FromMinutes(5);

    /// <summary>
    /// For how long a claim must not have been used to be removed: longer than a batch that failed waits for its next try, and gone well before it
    /// would count as left behind.
    /// </summary>
    public static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(3);

    /// <summary>
    /// Claims that a process remembers: 128 messages from as many spans, on eight partitions. Beyond it those that nothing uses are removed
    /// at once, idle or not.
    /// </summary>
    public const int MaxHeld = 1_024;

    // The former form of the outbox has one hex digit as the key of its table partitions.
    private const string PartitionPrefix = "claims-";
    private const string TablePartition = "TablePartition";
    private const string From = "From";
    private const string Until = "Until";
    private const string RenewedAt = "RenewedAt";
    private const string LookAt = "LookAt";
    private const string After = "After";
    private const int MaxActions = 100;

    private readonly TableClient _table;
    private readonly TimeProvider _timeProvider;
    private readonly string _process = Guid.NewGuid().ToString("N");
    private readonly Lock _gate = new();
    private readonly Dictionary<(string TablePartition, long Span), Held> _held = [];
    private long _made;

    /// <summary>Uses a table that exists.</summary>
    /// <param name="table">The table of the outbox.</param>
    /// <param name="timeProvider">Clock of the claims' age; the system's where none is given.</param>
    public AlertClaims(TableClient table, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Claims that are remembered now.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>
    /// Sees to it that claims in the store cover these detections, which are about to be recorded. In most cases they do already, and
    /// nothing is asked of the store.
    /// </summary>
    /// <returns>To be disposed of when the work ends; before that, <see cref="ClaimUse.Settle"/> says that nothing is owed any more.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; none of the detections may be recorded.</exception>
    public async Task<ClaimUse> EnterAsync(IEnumerable<DetectionId> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (Count >= MaxHeld)
        {
            await ReleaseAsync(TimeSpan.Zero, cancellationToken);
        }

        Held[] claims = Use(ids);
        try
        {
            await WriteAsync(claims, cancellationToken);
        }
        catch
        {
            // Nothing was recorded under them by this use.
            Leave(claims, isSettled: true);
            throw;
        }
        return new ClaimUse(this, claims);
    }

    /// <summary>
    /// Removes claims that are settled and that nothing has used for a while. Those under which something failed are only forgotten: the
    /// store keeps them for a sweep, as it does those of which the removal fails.
    /// </summary>
    /// <param name="idle">For how long nothing must have used them; <see cref="IdleAfter"/>, or nothing when the process ends.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Number of claims removed.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<int> ReleaseAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        Held[] claims = Forget(idle);
        int removed = 0;
        foreach (Held[] chunk in Chunks(claims.Where(claim => !claim.IsLeft)))
        {
            await RemoveRowsAsync([.. chunk.Select(claim => new TableEntity(claim.PartitionKey, claim.RowKey))], cancellationToken);
            removed += chunk.Length;
        }
        return removed;
    }

    /// <summary>The claims that are to be looked at by now, in no particular order.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async IAsyncEnumerable<LeftClaim> FindAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        DateTimeOffset now = _timeProvider.GetUtcNow();
        string filter = TableClient.CreateQueryFilter(
            $"PartitionKey ge {PartitionPrefix} and PartitionKey lt {PartitionPrefix + "~"} and LookAt lt {now}");
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            ClaimedSpan? span = row[TablePartition] is string partition && row[From] is DateTimeOffset from && row[Until] is DateTimeOffset until
                ? new ClaimedSpan(partition, from, until)
                : null;
            yield return new LeftClaim(
                row.PartitionKey, row.RowKey, span, row[RenewedAt] as DateTimeOffset? ?? row.Timestamp ?? now, row[After] as string, row.ETag);
        }
    }

    /// <summary>Notes when a claim is to be looked at again, from its beginning. One that changed meanwhile is at work again, and left alone.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task PostponeAsync(LeftClaim claim, DateTimeOffset time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return MergeAsync(claim, new TableEntity(claim.PartitionKey, claim.RowKey) { [LookAt] = time, [After] = "" }, cancellationToken);
    }

    /// <summary>Notes up to which row a claim was looked through. One that changed meanwhile is left alone.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task AdvanceAsync(LeftClaim claim, string rowKey, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return MergeAsync(claim, new TableEntity(claim.PartitionKey, claim.RowKey) { [After] = rowKey }, cancellationToken);
    }

    /// <summary>Removes a claim that was left behind. One that changed meanwhile is left alone.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task RemoveAsync(LeftClaim claim, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        try
        {
            await _table.DeleteEntityAsync(claim.PartitionKey, claim.RowKey, claim.Version, cancellationToken);
        }
        catch (RequestFailedException exception) when (IsChanged(exception))
        {
            // Its process is at work again.
        }
    }

    /// <summary>Ends a use.</summary>
    internal void Leave(IReadOnlyList<Held> claims, bool isSettled)
    {
        DateTimeOffset now = _timeProvider.GetUtcNow();
        lock (_gate)
        {
            foreach (Held claim in claims)
            {
                claim.Users--;
                claim.UsedAt = now;
                claim.IsLeft |= !isSettled;
            }
        }
    }

    private Held[] Use(IEnumerable<DetectionId> ids)
    {
        (string TablePartition, long Span)[] keys = [.. ids.Select(id => (id.PartitionKey, id.Time.UtcTicks / Span.Ticks)).Distinct()];
        lock (_gate)
        {
            Held[] claims = [.. keys.Select(GetOrAdd)];
            foreach (Held claim in claims)
            {
                claim.Users++;
            }

            return claims;
        }
    }

    private Held GetOrAdd((string TablePartition, long Span) key)
    {
        if (!_held.TryGetValue(key, out Held? claim))
        {
            var from = new DateTimeOffset(key.Span * Span.Ticks, TimeSpan.Zero);
            claim = new Held(
                PartitionPrefix + key.TablePartition[^1],
                string.Create(CultureInfo.InvariantCulture, $"{from:yyyyMMdd'T'HHmm}-{_process}-{_made++}"),
                new ClaimedSpan(key.TablePartition, from, from + Span));
            _held.Add(key, claim);
        }
        return claim;
    }

    private Held[] Forget(TimeSpan idle)
    {
        DateTimeOffset now = _timeProvider.GetUtcNow();
        lock (_gate)
        {
            KeyValuePair<(string, long), Held>[] unused = [.. _held.Where(entry => entry.Value.Users == 0 && now - entry.Value.UsedAt >= idle)];
            foreach (((string, long) key, _) in unused)
            {
                _held.Remove(key);
            }

            return [.. unused.Select(entry => entry.Value)];
        }
    }

    private async Task WriteAsync(Held[] claims, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _timeProvider.GetUtcNow();
        Held[] stale;
        lock (_gate)
        {
            // A clock that was set back makes a claim stale too.
            stale = [.. claims.Where(claim => claim.WrittenAt is not { } written || now < written || now - written >= RenewedAfter)];
        }

        foreach (Held[] chunk in Chunks(stale))
        {
            TableEntity[] rows = [.. chunk.Select(claim => ToEntity(claim, now))];
            if (rows is [var single])
            {
                await _table.UpsertEntityAsync(single, TableUpdateMode.Replace, cancellationToken);
            }
            else
            {
                await _table.SubmitTransactionAsync(
                    rows.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)), cancellationToken);
            }

            lock (_gate)
            {
                foreach (Held claim in chunk)
                {
                    claim.WrittenAt = now;
                }
            }
        }
    }

    // The writer says when to look, so that versions with other times can run side by side.
    private static TableEntity ToEntity(Held claim, DateTimeOffset now) => new(claim.PartitionKey, claim.RowKey)
    {
        [TablePartition] = claim.Span.TablePartition,
        [From] = claim.Span.From,
        [Until] = claim.Span.Until,
        [RenewedAt] = now,
        [LookAt] = now + LeftAfter,
    };

    private async Task MergeAsync(LeftClaim claim, TableEntity change, CancellationToken cancellationToken)
    {
        try
        {
            await _table.UpdateEntityAsync(change, claim.Version, TableUpdateMode.Merge, cancellationToken);
        }
        catch (RequestFailedException exception) when (IsChanged(exception))
        {
            // Its process is at work again.
        }
    }

    private async Task RemoveRowsAsync(List<TableEntity> rows, CancellationToken cancellationToken)
    {
        while (rows.Count > 0)
        {
            try
            {
                await _table.SubmitTransactionAsync(
                    rows.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All)), cancellationToken);
                return;
            }
            catch (TableTransactionFailedException exception)
                when (exception.ErrorCode == TableErrorCode.ResourceNotFound.ToString() && exception.FailedTransactionActionIndex is { } gone)
            {
                rows.RemoveAt(gone);
            }
        }
    }

    private static IEnumerable<Held[]> Chunks(IEnumerable<Held> claims) =>
        claims.GroupBy(claim => claim.PartitionKey).SelectMany(partition => partition.Chunk(MaxActions));

    private static bool IsChanged(RequestFailedException exception) =>
        exception.ErrorCode == TableErrorCode.UpdateConditionNotSatisfied.ToString() || exception.ErrorCode == TableErrorCode.ResourceNotFound.ToString();

    /// <summary>A claim of this process; what changes is changed under the lock.</summary>
    internal sealed class Held(string partitionKey, string rowKey, ClaimedSpan span)
    {
        public string PartitionKey { get; } = partitionKey;

        public string RowKey { get; } = rowKey;

        public ClaimedSpan Span { get; } = span;

        /// <summary>When it was last written, from before the request; null before.</summary>
        public DateTimeOffset? WrittenAt { get; set; }

        public DateTimeOffset UsedAt { get; set; }

        public int Users { get; set; }

        /// <summary>Whether something that was recorded under it may still be owed.</summary>
        public bool IsLeft { get; set; }
    }
}

/// <summary>Work under claims. One that ends before it is settled leaves its claims to the sweep.</summary>
public sealed class ClaimUse : IDisposable
{
    private readonly AlertClaims _owner;
    private IReadOnlyList<AlertClaims.Held>? _claims;
    private bool _isSettled;

    internal ClaimUse(AlertClaims owner, IReadOnlyList<AlertClaims.Held> claims)
    {
        _owner = owner;
        _claims = claims;
    }

    /// <summary>Says that of what was recorded in this use no alert is owed any more.</summary>
    public void Settle() => _isSettled = true;

    /// <summary>Ends the use.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _claims, null) is { } claims)
        {
            _owner.Leave(claims, _isSettled);
        }
    }
}

/// <summary>What a claim covers.</summary>
/// <param name="TablePartition">Partition of the table of detections.</param>
/// <param name="From">Earliest time of enqueuing (UTC).</param>
/// <param name="Until">Time of enqueuing from which it covers nothing (UTC).</param>
public sealed record ClaimedSpan(string TablePartition, DateTimeOffset From, DateTimeOffset Until);

/// <summary>A claim that may have been left behind.</summary>
/// <param name="PartitionKey">Table partition of the claim.</param>
/// <param name="RowKey">Row of the claim.</param>
/// <param name="Span">What it covers; null where the row is not a claim.</param>
/// <param name="RenewedAt">When its process last wrote it (UTC).</param>
/// <param name="After">Row of the table of detections up to which this look has come; empty or null at its beginning.</param>
/// <param name="Version">What it was when it was read.</param>
public sealed record LeftClaim(string PartitionKey, string RowKey, ClaimedSpan? Span, DateTimeOffset RenewedAt, string? After, ETag Version);
