using System.Collections.Immutable;
using System.Globalization;
using Azure;
using Azure.Data.Tables;

namespace SigmaFunctions.Storage.Instances;

/// <summary>
/// The rows of the table of instances that say how far each partition is done, one a partition, so that what is known of it outlives the instance that
/// looked. They stand in a partition of the table of their own, which <see cref="InstanceTable"/> never reads.
/// </summary>
public sealed class PartitionProgressTable
{
    /// <summary>Age from which a row is removed: no hub keeps events for longer, so that it says nothing of what is in one.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(90);

    private const string Partition = "partitions";

    // What a transaction takes.
    private const int MaxRows = 100;

    private readonly TableClient _table;

    /// <summary>Uses the table of instances.</summary>
    public PartitionProgressTable(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>Writes what a look told, in place of what the one before did.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; some may be written.</exception>
    public async Task WriteAsync(IReadOnlyCollection<PartitionProgress> partitions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        foreach (PartitionProgress[] chunk in partitions.Chunk(MaxRows))
        {
            await _table.SubmitTransactionAsync(
                chunk.Select(partition => new TableTransactionAction(TableTransactionActionType.UpsertReplace, Write(partition))), cancellationToken);
        }
    }

    /// <summary>What the last look since a time told of each partition, in no order.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of this form.</exception>
    public async Task<IReadOnlyList<PartitionProgress>> ListAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and At ge {since}");
        var partitions = new List<PartitionProgress>();
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            partitions.Add(Read(row));
        }

        return partitions;
    }

    /// <summary>Removes what was told before a time.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    public async Task RemoveAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and At lt {before}");
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(filter, select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken))
        {
            await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
        }
    }

    // Neither names of hubs and groups nor ids of partitions have a colon in them, or what keys do not take.
    private static TableEntity Write(PartitionProgress progress) =>
        new(Partition, $"{progress.EventHub.ToLowerInvariant()}:{progress.ConsumerGroup.ToLowerInvariant()}:{progress.Partition}")
        {
            ["At"] = progress.At,
            ["Namespace"] = progress.Namespace,
            ["EventHub"] = progress.EventHub,
            ["ConsumerGroup"] = progress.ConsumerGroup,
            ["Partition"] = progress.Partition,
            ["Checkpoint"] = progress.Checkpoint,
            ["IsAhead"] = progress.IsAhead,
            ["HasCheckpoint"] = progress.HasCheckpoint,
            ["LastEnqueued"] = progress.LastEnqueued,
            ["LastEnqueuedTime"] = progress.LastEnqueuedTime,
            ["DoneThrough"] = progress.DoneThrough,
            ["AccountedThrough"] = progress.AccountedThrough,
            ["Expired"] = progress.Expired,
            ["Pending"] = string.Join(' ', progress.Pending.Select(one =>
                string.Create(CultureInfo.InvariantCulture, $"{one.SequenceNumber}@{one.EnqueuedTime.UtcDateTime:O}"))),
            ["Fault"] = progress.Fault,
        };

    private static PartitionProgress Read(TableEntity row)
    {
        try
        {
            return new PartitionProgress(
                row.GetString("Namespace"), row.GetString("EventHub"), row.GetString("ConsumerGroup"), row.GetString("Partition"), row.GetDateTimeOffset("At")!.Value)
            {
                Checkpoint = row.GetInt64("Checkpoint"),
                IsAhead = row.GetBoolean("IsAhead") ?? false,
                HasCheckpoint = row.GetBoolean("HasCheckpoint") ?? false,
                LastEnqueued = row.GetInt64("LastEnqueued"),
                LastEnqueuedTime = row.GetDateTimeOffset("LastEnqueuedTime"),
                DoneThrough = row.GetInt64("DoneThrough") ?? -1,
                AccountedThrough = row.GetInt64("AccountedThrough") ?? -1,
                Expired = row.GetInt64("Expired") ?? 0,
                Pending = ReadPending(row.GetString("Pending") ?? ""),
                Fault = row.GetString("Fault"),
            };
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or OverflowException)
        {
            throw new FormatException($"Row {row.PartitionKey}/{row.RowKey} does not tell of a partition.", exception);
        }
    }

    private static ImmutableArray<PendingEvent> ReadPending(string text) =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('@')).Select(parts => parts is [var number, var time]
            ? new PendingEvent(
                long.Parse(number, CultureInfo.InvariantCulture),
                DateTimeOffset.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal))
            : throw new FormatException()),
    ];
}
