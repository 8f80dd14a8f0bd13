using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>The table of detections. Writing is idempotent: a detection that is already there is left as it is.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A semaphore of which no handle is taken holds nothing to dispose of.")]
public sealed class DetectionTable
{
    /// <summary>Name of the table that deployments create.</summary>
    public const string DefaultName = "Detections";

    internal const string HourFormat = "yyyyMMdd'T'HH";
    private const int MaxActions = 100;

    // The service's limit for a transaction is 4 MiB.
    private const int MaxTransactionSize = 7 * 512 * 1024;

    // Rows of ordinary events stay below it in any transaction. What is above it is taken in turns by all callers together, since the rows of
    // a transaction are in memory some four times while it is sent: at most 4 times 3.5 MiB so, and 8 times 512 KiB for each caller.
    private const int LargeTransactionSize = 512 * 1024;
    private const int MaxLargeTransactions = 4;

    // Each round of a conflict finds at least one more row of the chunk; another writer of the same batch writes 100 at a time.
    private const int MaxConflicts = 16;

    private const int MaxReindexed = 1_000;

    // A filter takes 15 comparisons.
    private const int MaxCompared = 12;

    private readonly TableClient _table;
    private readonly TimeProvider _timeProvider;
    private readonly OriginalStore? _originals;
    private readonly DetectionIndex? _index;
    private readonly SemaphoreSlim _large = new(MaxLargeTransactions);

    /// <summary>Uses a table that exists.</summary>
    /// <param name="table">The table.</param>
    /// <param name="timeProvider">Clock of <c>AlertedAt</c>; the system's where none is given.</param>
    /// <param name="originals">Where records go that are too large for a row; without it they are cut.</param>
    /// <param name="index">Where pointers to detections go by which these are found; without it they are not written or removed.</param>
    public DetectionTable(TableClient table, TimeProvider? timeProvider = null, OriginalStore? originals = null, DetectionIndex? index = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _originals = originals;
        _index = index;
    }

    /// <summary>Name of the table.</summary>
    public string Name => _table.Name;

    /// <summary>Creates the table where it is not there.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <summary>
    /// Records detections, in transactions of up to 100 rows a partition, and returns those whose alerts are owed and those that are
    /// new and held back.
    /// </summary>
    /// <exception cref="RequestFailedException">A store could not be reached or refused; what was recorded stays.</exception>
    public async Task<RecordedDetections> AddAsync(
        IReadOnlyCollection<Detection> detections, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detections);

        // Before the rows, which point to them.
        if (_originals is not null)
        {
            detections = await _originals.WriteAsync(detections, cancellationToken);
        }

        var distinct = new OrderedDictionary<DetectionId, Detection>();
        foreach (Detection detection in detections)
        {
            distinct.TryAdd(detection.Id, detection);
        }

        if (distinct.Count == 0)
        {
            return new RecordedDetections([], []);
        }

        // Before the rows too: whatever happens then, no row is without its pointers.
        if (_index is not null)
        {
            await _index.WriteAsync(distinct.Values.SelectMany(DetectionIndex.PointersOf), cancellationToken);
        }

        var noted = new ConcurrentDictionary<(string Partition, string Row), bool>();
        await Parallel.ForEachAsync(
            TransactionsAsync(distinct, cancellationToken),
            StorageConcurrency.Options(cancellationToken),
            async (transaction, token) =>
            {
                try
                {
                    foreach ((TableEntity row, bool isPending) in await AddRowsAsync(transaction.Rows, token))
                    {
                        noted[(row.PartitionKey, row.RowKey)] = isPending;
                    }
                }
                finally
                {
                    if (transaction.IsLarge)
                    {
                        _large.Release();
                    }
                }
            });
        return new RecordedDetections(Noted(isPending: true), Noted(isPending: false));

        Detection[] Noted(bool isPending) =>
        [
            .. distinct
                .Where(entry => noted.TryGetValue((entry.Key.PartitionKey, entry.Key.RowKey), out bool pending) && pending == isPending)
                .Select(entry => entry.Value),
        ];
    }

    /// <summary>
    /// Puts what a correlation detected in place of what is recorded under the same id, with the identity, time, host and user of the event that completes
    /// it now, unless what is recorded has changed as often or more often. Whatever else the row tells stays, also what became of its alert.
    /// </summary>
    /// <returns>Whether there is such a detection.</returns>
    /// <exception cref="ArgumentException">No correlation detected it.</exception>
    /// <exception cref="RequestFailedException">The store could not be reached or refused, or others have not ceased to change the row.</exception>
    /// <exception cref="FormatException">The row is not of a detection.</exception>
    public async Task<bool> ReviseAsync(Detection detection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detection);
        DetectedCorrelation correlation = detection.Correlation ?? throw new ArgumentException("No correlation detected it.", nameof(detection));
        DetectionId id = detection.Id;
        for (int conflicts = 0; ; conflicts++)
        {
            // All of it: what is not written is removed, so that no part of longer texts stays behind.
            NullableResponse<TableEntity> response =
                await _table.GetEntityIfExistsAsync<TableEntity>(id.PartitionKey, id.RowKey, cancellationToken: cancellationToken);
            if (!response.HasValue)
            {
                return false;
            }

            TableEntity row = response.Value!;
            (string?, string?) before = SubjectOf(row);
            if (!DetectionRow.TryRevise(row, detection, correlation))
            {
                return true;
            }

            if (SubjectOf(row) != before)
            {
                await PointAsync([detection], cancellationToken);
            }

            try
            {
                await _table.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, cancellationToken);
                return true;
            }
            catch (RequestFailedException exception) when (exception.Status == (int)HttpStatusCode.NotFound)
            {
                return false;
            }
            catch (RequestFailedException exception) when (exception.Status == (int)HttpStatusCode.PreconditionFailed && conflicts < MaxConflicts)
            {
            }
        }
    }

    /// <summary>The same of many, some of them together where nobody else changes them. Those that are not recorded are passed over.</summary>
    /// <exception cref="ArgumentException">No correlation detected one of them.</exception>
    /// <exception cref="RequestFailedException">As above; what was revised stays.</exception>
    /// <exception cref="FormatException">A row is not of a detection.</exception>
    public Task ReviseAsync(IReadOnlyCollection<Detection> detections, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detections);
        return Parallel.ForEachAsync(
            detections.GroupBy(detection => detection.Id.PartitionKey).SelectMany(partition => partition.Chunk(MaxCompared)),
            StorageConcurrency.Options(cancellationToken),
            async (chunk, token) =>
            {
                if (chunk.Length > 1 && await TryReviseTogetherAsync(chunk, token))
                {
                    return;
                }

                foreach (Detection detection in chunk)
                {
                    await ReviseAsync(detection, token);
                }
            });
    }

    /// <summary>Revises detections of one partition; false where others change them too, or they are too large together.</summary>
    private async Task<bool> TryReviseTogetherAsync(Detection[] detections, CancellationToken cancellationToken)
    {
        string[] keys = [.. detections.Select(detection => detection.Id.RowKey)];
        string filter = $"{Between(detections[0].Id.PartitionKey, keys)} and ({string.Join(" or ", keys.Select(key => TableClient.CreateQueryFilter($"RowKey eq {key}")))})";
        Dictionary<string, TableEntity> rows = await _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken)
            .ToDictionaryAsync(row => row.RowKey, StringComparer.Ordinal, cancellationToken: cancellationToken);
        var actions = new List<TableTransactionAction>();
        var moved = new List<Detection>();
        int size = 0;
        foreach (Detection detection in detections)
        {
            DetectedCorrelation correlation = detection.Correlation ?? throw new ArgumentException("No correlation detected it.", nameof(detections));
            if (!rows.TryGetValue(detection.Id.RowKey, out TableEntity? row))
            {
                continue;
            }

            (string?, string?) before = SubjectOf(row);
            if (DetectionRow.TryRevise(row, detection, correlation))
            {
                if (SubjectOf(row) != before)
                {
                    moved.Add(detection);
                }

                actions.Add(new TableTransactionAction(TableTransactionActionType.UpdateReplace, row, row.ETag));
                size += DetectionRow.WireSize(row);
            }
        }

        if (actions.Count == 0 || size > LargeTransactionSize)
        {
            return actions.Count == 0;
        }

        await PointAsync(moved, cancellationToken);
        try
        {
            await _table.SubmitTransactionAsync(actions, cancellationToken);
            return true;
        }
        catch (TableTransactionFailedException exception) when (Is(exception, TableErrorCode.UpdateConditionNotSatisfied) || Is(exception, TableErrorCode.ResourceNotFound))
        {
            return false;
        }
    }

    /// <summary>
    /// Writes the pointers of all detections of a span into the index: those of versions that did not are without. Rows that are not of a detection are passed
    /// over. It may be ended and begun again.
    /// </summary>
    /// <param name="from">Enqueued from then on (inclusive).</param>
    /// <param name="to">Enqueued before then (exclusive).</param>
    /// <param name="progress">Is told now and then how many detections were looked at.</param>
    /// <param name="cancellationToken">Ends the work; what was written stays.</param>
    /// <returns>How many detections have pointers now, and how many rows were passed over.</returns>
    /// <exception cref="InvalidOperationException">There is no index.</exception>
    /// <exception cref="RequestFailedException">A store could not be reached or refused; what was written stays.</exception>
    public async Task<(long Detections, long PassedOver)> ReindexAsync(DateTimeOffset from, DateTimeOffset to, Action<long>? progress, CancellationToken cancellationToken)
    {
        DetectionIndex index = _index ?? throw new InvalidOperationException("There is no index.");
        long indexed = 0;
        long passedOver = 0;

        // A page of rows at a time, whose pointers share a few partitions.
        await foreach (TableEntity[] rows in RowsAsync(from, to, DetectionIndex.Sources, cancellationToken).Chunk(MaxReindexed).WithCancellation(cancellationToken))
        {
            IReadOnlyList<TableEntity>[] pointers = [.. rows.Select(DetectionIndex.PointersOf)];
            await index.WriteAsync(pointers.SelectMany(some => some), cancellationToken);
            int none = pointers.Count(some => some.Count == 0);
            indexed += rows.Length - none;
            passedOver += none;
            progress?.Invoke(indexed);
        }

        return (indexed, passedOver);
    }

    /// <summary>Removes the pointers to detections, as far as their rows tell which.</summary>
    /// <exception cref="RequestFailedException">A store could not be reached or refused; what was removed stays so.</exception>
    internal async Task RemovePointersAsync(IReadOnlyCollection<DetectionId> ids, CancellationToken cancellationToken)
    {
        if (_index is null)
        {
            return;
        }

        var found = new ConcurrentBag<TableEntity>();
        await Parallel.ForEachAsync(ids, StorageConcurrency.Options(cancellationToken), async (id, token) =>
        {
            NullableResponse<TableEntity> response = await _table.GetEntityIfExistsAsync<TableEntity>(id.PartitionKey, id.RowKey, DetectionIndex.Sources, token);
            if (response.HasValue)
            {
                found.Add(response.Value!);
            }
        });
        await _index.RemoveAsync(found.SelectMany(DetectionIndex.PointersOf), cancellationToken);
    }

    /// <summary>What of a correlation's row pointers are of that others may come to be.</summary>
    private static (string? Host, string? User) SubjectOf(TableEntity row) => (row[nameof(Detection.Host)] as string, row[nameof(Detection.User)] as string);

    private Task PointAsync(List<Detection> detections, CancellationToken cancellationToken) =>
        _index is null || detections.Count == 0 ? Task.CompletedTask : _index.WriteAsync(detections.SelectMany(DetectionIndex.PointersOf), cancellationToken);

    /// <summary>Notes what became of alerts. Detections that are gone are passed over.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was noted stays.</exception>
    public Task MarkAsync(IReadOnlyCollection<AlertOutcome> outcomes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        DateTimeOffset now = _timeProvider.GetUtcNow();
        IEnumerable<AlertOutcome[]> transactions =
            outcomes.DistinctBy(outcome => outcome.Id).GroupBy(outcome => outcome.Id.PartitionKey).SelectMany(partition => partition.Chunk(MaxActions));
        return Parallel.ForEachAsync(
            transactions, StorageConcurrency.Options(cancellationToken), async (chunk, token) => await MarkRowsAsync(chunk, now, token));
    }

    /// <summary>Which of these detections are recorded, and for rows under their keys that are not of a detection, why not.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<(IReadOnlyList<Detection> Found, IReadOnlyList<FormatException> Wrong)> FindAsync(
        IReadOnlyCollection<DetectionId> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var wanted = ids.Select(id => (id.PartitionKey, id.RowKey)).ToHashSet();
        var found = new List<Detection>();
        var wrong = new List<FormatException>();
        foreach (IGrouping<string, DetectionId> partition in ids.GroupBy(id => id.PartitionKey))
        {
            await foreach (TableEntity row in _table.QueryAsync<TableEntity>(Between(partition.Key, [.. partition.Select(id => id.RowKey)]), cancellationToken: cancellationToken))
            {
                if (!wanted.Contains((row.PartitionKey, row.RowKey)))
                {
                    continue;
                }

                try
                {
                    found.Add(DetectionRow.FromEntity(row));
                }
                catch (FormatException exception)
                {
                    wrong.Add(exception);
                }
            }
        }

        return (found, wrong);
    }

    /// <summary>
    /// Looks through rows for those whose alerts are owed, newest first, in pages of up to 1,000 rows. Of each row only the keys and what
    /// became of its alert is read.
    /// </summary>
    /// <param name="span">Where to look.</param>
    /// <param name="after">Row after which to begin; null or empty for the first.</param>
    /// <param name="before">Rows that were written later are passed over, by the service's clock: others may be at work on them.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async IAsyncEnumerable<OwedPage> FindOwedAsync(
        ClaimedSpan span, string? after, DateTimeOffset before, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(span);
        string first = string.IsNullOrEmpty(after) ? DetectionId.DescendingTicks(span.Until) + "~" : after;
        string last = DetectionId.DescendingTicks(span.From) + "~";
        AsyncPageable<TableEntity> rows = _table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {span.TablePartition} and RowKey gt {first} and RowKey le {last}"),
            select: ["RowKey", "Timestamp", DetectionRow.AlertedAt, DetectionRow.HeldBack],
            cancellationToken: cancellationToken);
        await foreach (Page<TableEntity> page in rows.AsPages().WithCancellation(cancellationToken))
        {
            if (page.Values is { Count: > 0 } found)
            {
                yield return new OwedPage(
                    found.Count,
                    found[^1].RowKey,
                    [.. found.Where(row => DetectionRow.MayBeOwed(row) && !(row.Timestamp >= before)).Select(row => row.RowKey)]);
            }
        }
    }

    /// <summary>
    /// Reads what an alert tells of a detection, which has no original then; null where there is no such row, or its alert is owed no more.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">The row is not of a detection.</exception>
    public async Task<Detection?> FindOwedAsync(string partitionKey, string rowKey, CancellationToken cancellationToken)
    {
        NullableResponse<TableEntity> response = await _table.GetEntityIfExistsAsync<TableEntity>(
            partitionKey, rowKey, [.. DetectionRow.Summary.Union(CorrelationColumns.Names), DetectionRow.AlertedAt, DetectionRow.HeldBack], cancellationToken);
        return response.HasValue && DetectionRow.MayBeOwed(response.Value!) ? DetectionRow.FromEntity(response.Value!, isSummary: true) : null;
    }

    /// <summary>Reads one detection; null if there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">The row is not of a detection.</exception>
    public async Task<Detection?> FindAsync(DetectionId id, CancellationToken cancellationToken)
    {
        NullableResponse<TableEntity> response =
            await _table.GetEntityIfExistsAsync<TableEntity>(id.PartitionKey, id.RowKey, cancellationToken: cancellationToken);
        return response.HasValue ? DetectionRow.FromEntity(response.Value!) : null;
    }

    /// <summary>Those of some detections that are recorded, by id, without their originals and events: one request for each.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of a detection.</exception>
    public async Task<IReadOnlyDictionary<DetectionId, Detection>> FindBriefAsync(IReadOnlyCollection<DetectionId> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var found = new ConcurrentDictionary<DetectionId, Detection>();
        await Parallel.ForEachAsync(ids.Distinct(), StorageConcurrency.Options(cancellationToken), async (id, token) =>
        {
            NullableResponse<TableEntity> response = await _table.GetEntityIfExistsAsync<TableEntity>(id.PartitionKey, id.RowKey, DetectionRow.SummaryAndOutcome, token);
            if (response.HasValue)
            {
                found[id] = DetectionRow.FromEntity(response.Value!, isSummary: true);
            }
        });
        return found;
    }

    /// <summary>
    /// The record of a detection as it arrived: from its blob where the row could not hold it, from the row where there is no blob,
    /// or none any more.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<string> ReadOriginalAsync(Detection detection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detection);
        return detection.OriginalBlob is { } name && _originals is not null
            ? await _originals.ReadAsync(name, cancellationToken) ?? detection.Original
            : detection.Original;
    }

    /// <summary>
    /// Removes detections of whole hours that ended before a time, oldest first, in transactions of up to 100 rows; rows that are not of a
    /// detection stay.
    /// </summary>
    /// <param name="before">The time; the hour that it lies in stays.</param>
    /// <param name="maximum">Most rows to remove.</param>
    /// <param name="cancellationToken">Ends the work; what was removed stays so.</param>
    /// <returns>Number of rows removed.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task<int> RemoveAsync(DateTimeOffset before, int maximum, CancellationToken cancellationToken) =>
        RowRemoval.RemoveAsync(_table, before, HourFormat, maximum, cancellationToken);

    /// <summary>Removes rows, those of a partition together; those that are gone are passed over.</summary>
    /// <returns>Number of rows removed.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    internal Task<int> RemoveAsync(IAsyncEnumerable<TableEntity> rows, CancellationToken cancellationToken) => RowRemoval.RemoveAsync(_table, rows, cancellationToken);

    /// <summary>
    /// The rows of detections enqueued from one time (inclusive) to another (exclusive), partition by partition: hours in order, within an hour bucket by
    /// bucket, within a bucket the newest first.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    internal IAsyncEnumerable<TableEntity> RowsAsync(DateTimeOffset from, DateTimeOffset to, string[]? properties, CancellationToken cancellationToken) =>
        _table.QueryAsync<TableEntity>(Spanning(from, to), select: properties, cancellationToken: cancellationToken);

    /// <summary>Whether a row of an event, or of what a correlation detected at it, points to its blob.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    internal async Task<bool> PointsToAsync(string blob, DateTimeOffset enqueuedTime, CancellationToken cancellationToken)
    {
        // The hash in its name begins with the bucket, as in the keys of rows.
        string hour = Hour(enqueuedTime);
        string partition = $"{hour}-{blob[^DetectionId.HashLength]}";
        string ticks = DetectionId.DescendingTicks(enqueuedTime);
        return await AnyAsync(TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {ticks} and RowKey le {ticks + "~"} and OriginalBlob eq {blob}"))

            // The hash of what a correlation detected is not of its event.
            || await AnyAsync(TableClient.CreateQueryFilter(
                $"PartitionKey ge {hour} and PartitionKey le {hour + "~"} and SchemaVersion ge {Detection.CorrelationSchemaVersion} and OriginalBlob eq {blob}"));

        async Task<bool> AnyAsync(string filter) =>
            await _table.QueryAsync<TableEntity>(filter, 1, ["RowKey"], cancellationToken).AnyAsync(cancellationToken);
    }

    // '~' sorts after the hyphen, the buckets and the hashes.
    internal static string Spanning(DateTimeOffset from, DateTimeOffset to) => TableClient.CreateQueryFilter(
        $"PartitionKey ge {Hour(from)} and PartitionKey le {Hour(to) + "~"} and RowKey gt {DetectionId.DescendingTicks(to) + "~"} and RowKey le {DetectionId.DescendingTicks(from) + "~"}");

    internal static string Hour(DateTimeOffset time) => time.UtcDateTime.ToString(HourFormat, CultureInfo.InvariantCulture);

    /// <summary>Makes rows as they are asked for. Whoever gets a large transaction ends its turn.</summary>
    private async IAsyncEnumerable<(List<TableEntity> Rows, bool IsLarge)> TransactionsAsync(
        OrderedDictionary<DetectionId, Detection> detections, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach ((List<TableEntity> rows, int size) in Transactions(detections))
        {
            // Nothing that may fail stands between this and whoever ends the turn.
            bool isLarge = size > LargeTransactionSize;
            if (isLarge)
            {
                await _large.WaitAsync(cancellationToken);
            }

            yield return (rows, isLarge);
        }
    }

    private static IEnumerable<(List<TableEntity> Rows, int Size)> Transactions(OrderedDictionary<DetectionId, Detection> detections)
    {
        foreach (IGrouping<string, KeyValuePair<DetectionId, Detection>> partition in detections.GroupBy(entry => entry.Key.PartitionKey))
        {
            var rows = new List<TableEntity>();
            int size = 0;
            foreach ((_, Detection detection) in partition)
            {
                TableEntity row = DetectionRow.ToEntity(detection);
                int rowSize = DetectionRow.WireSize(row);
                if (rows.Count == MaxActions || (rows.Count > 0 && size + rowSize > MaxTransactionSize))
                {
                    yield return (rows, size);
                    rows = [];
                    size = 0;
                }
                rows.Add(row);
                size += rowSize;
            }
            yield return (rows, size);
        }
    }

    internal static bool Is(RequestFailedException exception, TableErrorCode code) => exception.ErrorCode == code.ToString();

    /// <summary>Adds rows of one partition, and gives those that are new or whose alerts are owed, with whether they are.</summary>
    private async Task<List<(TableEntity Row, bool IsPending)>> AddRowsAsync(List<TableEntity> rows, CancellationToken cancellationToken)
    {
        var noted = new List<(TableEntity Row, bool IsPending)>(rows.Count);
        List<TableEntity> missing = rows;
        for (int conflicts = 0; missing.Count > 0; conflicts++)
        {
            try
            {
                await _table.SubmitTransactionAsync(
                    missing.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)), cancellationToken);
                noted.AddRange(missing.Select(row => (row, DetectionRow.IsPending(row))));
                return noted;
            }
            catch (TableTransactionFailedException exception)
                when (Is(exception, TableErrorCode.EntityAlreadyExists) && conflicts < MaxConflicts)
            {
                Dictionary<string, bool> recorded = await FindPendingAsync(missing, cancellationToken);
                noted.AddRange(missing.Where(row => recorded.GetValueOrDefault(row.RowKey)).Select(row => (row, true)));
                missing = [.. missing.Where(row => !recorded.ContainsKey(row.RowKey))];
            }
        }
        return noted;
    }

    /// <summary>Which rows there are between the first and the last of these, and whether the alert of each is owed.</summary>
    private async Task<Dictionary<string, bool>> FindPendingAsync(List<TableEntity> rows, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, bool>(StringComparer.Ordinal);
        AsyncPageable<TableEntity> entities = _table.QueryAsync<TableEntity>(
            Between(rows[0].PartitionKey, [.. rows.Select(row => row.RowKey)]),
            select: ["RowKey", DetectionRow.AlertedAt, DetectionRow.HeldBack],
            cancellationToken: cancellationToken);
        await foreach (TableEntity entity in entities)
        {
            found[entity.RowKey] = DetectionRow.IsPending(entity);
        }

        return found;
    }

    internal static string Between(string partitionKey, string[] rowKeys)
    {
        string first = rowKeys.Min(StringComparer.Ordinal)!;
        string last = rowKeys.Max(StringComparer.Ordinal)!;
        return TableClient.CreateQueryFilter($"PartitionKey eq {partitionKey} and RowKey ge {first} and RowKey le {last}");
    }

    private async Task MarkRowsAsync(AlertOutcome[] outcomes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        List<TableTransactionAction> actions =
        [
            .. outcomes.Select(outcome =>
                new TableTransactionAction(TableTransactionActionType.UpdateMerge, DetectionRow.ToEntity(outcome, now), ETag.All)),
        ];
        while (actions.Count > 0)
        {
            try
            {
                await _table.SubmitTransactionAsync(actions, cancellationToken);
                return;
            }
            catch (TableTransactionFailedException exception)
                when (Is(exception, TableErrorCode.ResourceNotFound) && exception.FailedTransactionActionIndex is { } failed)
            {
                actions.RemoveAt(failed);
            }
        }
    }
}

/// <summary>What became of detections that were to be recorded; each once, in the order given.</summary>
/// <param name="Owed">Those whose alerts are owed: new ones but those held back, and old ones whose alert was never confirmed.</param>
/// <param name="HeldBack">New ones that are held back.</param>
public sealed record RecordedDetections(IReadOnlyList<Detection> Owed, IReadOnlyList<Detection> HeldBack);

/// <summary>Some rows that were looked through.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Last">The last of them.</param>
/// <param name="Owed">Those whose alerts may be owed, newest first.</param>
public sealed record OwedPage(int Rows, string Last, IReadOnlyList<string> Owed);
