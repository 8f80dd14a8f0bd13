using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Data.Tables;

namespace SigmaFunctions.Storage;

/// <summary>
/// The table of detections whose alerts are owed. An entry is written before its detections are and removed once each of them is alerted
/// or held back, so whatever stops the app in between leaves an entry from which a sweep can go on. It holds ids only.
/// </summary>
public sealed class AlertOutbox
{
    /// <summary>What is put behind the name of the table of detections.</summary>
    public const string NameSuffix = "Outbox";

    private const string Ids = "Ids";
    private const string WrittenAt = "WrittenAt";
    private const char Separator = ' ';
    private const int MaximumConcurrency = 8;

    // 500 ids of 54 characters and a space stay under the 32,768 characters of a property.
    private const int MaximumIds = 500;

    private readonly TableClient _table;
    private readonly TimeProvider _timeProvider;

    /// <summary>Uses a table that exists.</summary>
    /// <param name="table">The table.</param>
    /// <param name="timeProvider">Clock of the entries' age; the system's where none is given.</param>
    public AlertOutbox(TableClient table, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Creates the table where it is not there.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <summary>Notes that these detections are about to be recorded. The same ones again give the same entries, new in age.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was noted stays.</exception>
    public async Task<IReadOnlyList<OutboxEntry>> AddAsync(IReadOnlyCollection<DetectionId> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        DateTimeOffset now = _timeProvider.GetUtcNow();
        OutboxEntry[] entries =
        [
            .. ids.Distinct()
                .GroupBy(id => id.PartitionKey)
                .SelectMany(partition => partition.Chunk(MaximumIds))
                .Select(chunk => new OutboxEntry(PartitionKey(chunk), RowKey(chunk), chunk, now)),
        ];
        await Parallel.ForEachAsync(
            entries,
            Options(cancellationToken),
            async (entry, token) => await _table.UpsertEntityAsync(
                new TableEntity(entry.PartitionKey, entry.RowKey)
                {
                    [Ids] = string.Join(Separator, entry.Ids.Select(id => id.Value)),
                    [WrittenAt] = entry.WrittenAt,
                },
                TableUpdateMode.Replace,
                token));
        return entries;
    }

    /// <summary>Removes entries that are settled; one that is gone is passed over.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task RemoveAsync(IReadOnlyCollection<OutboxEntry> entries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        return Parallel.ForEachAsync(
            entries,
            Options(cancellationToken),
            async (entry, token) => await _table.DeleteEntityAsync(entry.PartitionKey, entry.RowKey, ETag.All, token));
    }

    /// <summary>
    /// The entries that were written before <paramref name="time"/>, in no particular order. A row that is none is given without ids.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async IAsyncEnumerable<OutboxEntry> FindAsync(DateTimeOffset time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string filter = TableClient.CreateQueryFilter($"WrittenAt lt {time}");
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
            yield return new OutboxEntry(row.PartitionKey, row.RowKey, ReadIds(row), row[WrittenAt] as DateTimeOffset? ?? row.Timestamp ?? time);
    }

    private static DetectionId[] ReadIds(TableEntity row)
    {
        var ids = new List<DetectionId>();
        foreach (string text in (row[Ids] as string ?? "").Split(Separator))
        {
            if (!DetectionId.TryParse(text, out DetectionId id))
                return [];
            ids.Add(id);
        }
        return [.. ids];
    }

    // The bucket of the detections, so that entries spread as these do.
    private static string PartitionKey(DetectionId[] ids) => ids[0].PartitionKey[^1..];

    // Of all ids: another cut of the same events is another entry, which this one's removal leaves alone.
    private static string RowKey(DetectionId[] ids) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.ASCII.GetBytes(string.Join(Separator, ids.Select(id => id.Value))))[..16]);

    private static ParallelOptions Options(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = MaximumConcurrency, CancellationToken = cancellationToken };
}

/// <summary>Detections whose alerts are owed.</summary>
/// <param name="PartitionKey">Table partition of the entry.</param>
/// <param name="RowKey">Row of the entry.</param>
/// <param name="Ids">The detections, all of one partition of their table; they need not be recorded yet. None where the row is not an entry.</param>
/// <param name="WrittenAt">When the entry was last written (UTC).</param>
public sealed record OutboxEntry(string PartitionKey, string RowKey, IReadOnlyList<DetectionId> Ids, DateTimeOffset WrittenAt);
