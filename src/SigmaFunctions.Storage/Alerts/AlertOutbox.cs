using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Alerts;

/// <summary>
/// Detections whose alerts are owed, as earlier versions note them: an entry of ids is written before its detections are and removed once
/// each of them is alerted or held back. This version writes <see cref="AlertClaims"/> into the same table, and reads what those left.
/// </summary>
public sealed class AlertOutbox
{
    /// <summary>What is put behind the name of the table of detections.</summary>
    public const string NameSuffix = "Outbox";

    private const string Ids = "Ids";
    private const string WrittenAt = "WrittenAt";
    private const char Separator = ' ';

    private readonly TableClient _table;

    /// <summary>Uses a table that exists.</summary>
    public AlertOutbox(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>Creates the table where it is not there.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <summary>Removes an entry that is settled; one that is gone is passed over.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task RemoveAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return _table.DeleteEntityAsync(entry.PartitionKey, entry.RowKey, ETag.All, cancellationToken);
    }

    /// <summary>
    /// The entries that were written before <paramref name="time"/>, in no particular order. A row that is none is given without ids.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async IAsyncEnumerable<OutboxEntry> FindAsync(DateTimeOffset time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string filter = TableClient.CreateQueryFilter($"WrittenAt lt {time}");
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            yield return new OutboxEntry(row.PartitionKey, row.RowKey, ReadIds(row), row[WrittenAt] as DateTimeOffset? ?? row.Timestamp ?? time);
        }
    }

    private static DetectionId[] ReadIds(TableEntity row)
    {
        var ids = new List<DetectionId>();
        foreach (string text in (row[Ids] as string ?? "").Split(Separator))
        {
            if (!DetectionId.TryParse(text, out DetectionId id))
            {
                return [];
            }

            ids.Add(id);
        }
        return [.. ids];
    }
}

/// <summary>Detections whose alerts are owed.</summary>
/// <param name="PartitionKey">Table partition of the entry.</param>
/// <param name="RowKey">Row of the entry.</param>
/// <param name="Ids">The detections, all of one partition of their table; they need not be recorded yet. None where the row is not an entry.</param>
/// <param name="WrittenAt">When the entry was last written (UTC).</param>
public sealed record OutboxEntry(string PartitionKey, string RowKey, IReadOnlyList<DetectionId> Ids, DateTimeOffset WrittenAt);
