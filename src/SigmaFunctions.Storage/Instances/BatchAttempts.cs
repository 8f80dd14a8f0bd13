using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Instances;

/// <summary>
/// Notes of batches that were begun and whose end is not known, one for each hub partition, in the table of instances: what a process
/// that ended in the middle of a batch leaves behind for the one that gets the batch next.
/// </summary>
public sealed class BatchAttempts
{
    // The other rows of the table are asked for by partition key.
    private const string Partition = "attempts";

    private const string Hub = "EventHub";
    private const string HubPartition = "Partition";
    private const string First = "FirstSequenceNumber";
    private const string FirstEnqueued = "FirstEnqueuedTime";
    private const string Process = "Process";
    private const string Attempts = "Attempts";
    private const string Alone = "Alone";
    private const string AloneAttempts = "AloneAttempts";

    private readonly TableClient _table;

    /// <summary>Uses the table of instances (<see cref="InstanceTable.NameSuffix"/>), which exists.</summary>
    public BatchAttempts(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>The note of a hub partition; null where there is none.</summary>
    /// <param name="message">Any message of the partition.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<BatchAttempt?> FindAsync(HubEventIdentity message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        NullableResponse<TableEntity> found = await _table.GetEntityIfExistsAsync<TableEntity>(
            Partition, RowKey(message), cancellationToken: cancellationToken);
        return found.HasValue && found.Value is { } row
            && row[First] is long first && row[FirstEnqueued] is DateTimeOffset enqueued && row[Process] is string process && row[Attempts] is int attempts
            ? new BatchAttempt(first, enqueued, process, attempts, row[Alone] as long?, row[AloneAttempts] as int? ?? 0)
            : null;
    }

    /// <summary>Writes the note of a hub partition, in place of the one before.</summary>
    /// <returns>By what it is known as the one that was written.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<ETag> WriteAsync(HubEventIdentity message, BatchAttempt attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(attempt);
        var row = new TableEntity(Partition, RowKey(message))
        {
            [Hub] = message.EventHub,
            [HubPartition] = message.Partition,
            [First] = attempt.FirstSequenceNumber,
            [FirstEnqueued] = attempt.FirstEnqueuedTime,
            [Process] = attempt.Process,
            [Attempts] = attempt.Attempts,
            [Alone] = attempt.Alone,
            [AloneAttempts] = attempt.AloneAttempts,
        };
        return (await _table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken)).Headers.ETag ?? ETag.All;
    }

    /// <summary>Removes the note of a hub partition, unless another was written in its place.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task RemoveAsync(HubEventIdentity message, ETag written, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        try
        {
            await _table.DeleteEntityAsync(Partition, RowKey(message), written, cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == TableErrorCode.UpdateConditionNotSatisfied.ToString())
        {
            // It is of another process by now.
        }
    }

    // Names of hubs and partitions may be of any length together with that of the namespace, and compare without regard to case.
    private static string RowKey(HubEventIdentity message) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{message.Namespace}\n{message.EventHub}\n{message.Partition}".ToLowerInvariant()))[..16]);
}

/// <summary>A batch that was begun. It is known by its first message when it is delivered again.</summary>
/// <param name="FirstSequenceNumber">Sequence number of its first message.</param>
/// <param name="FirstEnqueuedTime">When the hub took that in (UTC): a hub that is made again begins to count again.</param>
/// <param name="Process">Which process began it last.</param>
/// <param name="Attempts">How many processes began it, from 1.</param>
/// <param name="Alone">Sequence number of the message that was then taken by itself; null where all were taken together.</param>
/// <param name="AloneAttempts">How many processes took that message by itself.</param>
public sealed record BatchAttempt(
    long FirstSequenceNumber, DateTimeOffset FirstEnqueuedTime, string Process, int Attempts, long? Alone = null, int AloneAttempts = 0);
