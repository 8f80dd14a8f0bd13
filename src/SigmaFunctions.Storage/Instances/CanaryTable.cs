using System.Security.Cryptography;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using SigmaFunctions.Storage.Blobs;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Instances;

/// <summary>
/// What the app knows its own canaries by, in the table of instances: the key that proves them, one for all instances, and for each canary which event it
/// was, so that none counts twice. Both stand in partitions of the table of their own, which <see cref="InstanceTable"/> never reads.
/// </summary>
public sealed class CanaryTable
{
    /// <summary>Bytes of the key.</summary>
    public const int KeySize = 32;

    /// <summary>Age from which it is forgotten which event a canary was. A copy of it has to come to the hub within minutes, and is read with it.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    private const string Partition = "canaries";
    private const string KeyPartition = "canary-key";
    private const string KeyRow = "key";
    private const string Key = "Key";
    private const string Event = "Event";
    private const string At = "At";

    private readonly TableClient _table;

    /// <summary>Uses the table of instances (<see cref="InstanceTable.NameSuffix"/>), which exists.</summary>
    public CanaryTable(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>The name under which an event is known as a canary.</summary>
    public static string NameOf(EventIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return EventBlobName.Create(identity);
    }

    /// <summary>The key; made of random bytes where there is none yet. Whoever asks gets the same.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">The row of the key does not hold one.</exception>
    public async Task<byte[]> GetKeyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            NullableResponse<TableEntity> found = await _table.GetEntityIfExistsAsync<TableEntity>(KeyPartition, KeyRow, cancellationToken: cancellationToken);
            if (found.HasValue)
            {
                return found.Value![Key] is byte[] { Length: KeySize } key
                    ? key
                    : throw new FormatException($"Row {KeyPartition}/{KeyRow} holds no key of {KeySize} bytes: delete it, and restart the app.");
            }
            try
            {
                await _table.AddEntityAsync(new TableEntity(KeyPartition, KeyRow) { [Key] = RandomNumberGenerator.GetBytes(KeySize) }, cancellationToken);
            }
            catch (RequestFailedException exception) when (exception.ErrorCode == TableErrorCode.EntityAlreadyExists.ToString())
            {
                // Another instance was first, or the answer to an earlier try was lost: what is there counts.
            }
        }
    }

    /// <summary>Takes a canary for the event that it was detected in. The first event that comes with it holds it.</summary>
    /// <param name="proof">What proves the canary: hex digits.</param>
    /// <param name="identity">The event.</param>
    /// <param name="at">Now (UTC).</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The name (<see cref="NameOf"/>) of the event that holds it.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<string> TakeAsync(string proof, EventIdentity identity, DateTimeOffset at, CancellationToken cancellationToken)
    {
        string name = NameOf(identity);
        try
        {
            await _table.AddEntityAsync(new TableEntity(Partition, proof) { [Event] = name, [At] = at }, cancellationToken);
            return name;
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == TableErrorCode.EntityAlreadyExists.ToString())
        {
            TableEntity held = await _table.GetEntityAsync<TableEntity>(Partition, proof, cancellationToken: cancellationToken);
            return held[Event] as string ?? "";
        }
    }

    /// <summary>Forgets which events canaries were that were taken before a time.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    public async Task RemoveAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and At lt {before}");
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(filter, select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken))
        {
            await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
        }
    }
}
