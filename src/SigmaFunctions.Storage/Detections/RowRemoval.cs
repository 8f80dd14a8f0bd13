using System.Globalization;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using SigmaFunctions.Storage.Accounts;

namespace SigmaFunctions.Storage.Detections;

/// <summary>Removes rows of tables whose partitions are periods and buckets.</summary>
internal static class RowRemoval
{
    private const int MaxActions = 100;

    /// <summary>
    /// Removes rows of whole hours, or of other periods after which partitions are named (<c>{period}-{bucket}</c>), that ended before a time, oldest first;
    /// rows of other partitions stay.
    /// </summary>
    /// <returns>Number of rows removed.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    public static Task<int> RemoveAsync(TableClient table, DateTimeOffset before, string format, int maximum, CancellationToken cancellationToken)
    {
        string filter = TableClient.CreateQueryFilter($"PartitionKey lt {before.UtcDateTime.ToString(format, CultureInfo.InvariantCulture)}");
        AsyncPageable<TableEntity> rows = table.QueryAsync<TableEntity>(filter, select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken);
        return RemoveAsync(table, rows.OrNoneAsync(cancellationToken).Where(row => IsOfPeriod(row, format)).Take(maximum), cancellationToken);
    }

    /// <summary>Removes rows, those of a partition together; those that are gone are passed over.</summary>
    /// <returns>Number of rows removed.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    public static async Task<int> RemoveAsync(TableClient table, IAsyncEnumerable<TableEntity> rows, CancellationToken cancellationToken)
    {
        int removed = 0;
        await Parallel.ForEachAsync(
            ChunksAsync(rows, cancellationToken),
            StorageConcurrency.Options(cancellationToken),
            async (chunk, token) => Interlocked.Add(ref removed, await RemoveRowsAsync(table, chunk, token)));
        return removed;
    }

    private static bool IsOfPeriod(TableEntity row, string format) => row.PartitionKey is [.., '-', _] key
        && DateTime.TryParseExact(key[..^2], format, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static async IAsyncEnumerable<List<TableEntity>> ChunksAsync(
        IAsyncEnumerable<TableEntity> rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var chunk = new List<TableEntity>();
        await foreach (TableEntity row in rows.WithCancellation(cancellationToken))
        {
            if (chunk.Count == MaxActions || (chunk.Count > 0 && chunk[0].PartitionKey != row.PartitionKey))
            {
                yield return chunk;
                chunk = [];
            }
            chunk.Add(row);
        }
        if (chunk.Count > 0)
        {
            yield return chunk;
        }
    }

    private static async Task<int> RemoveRowsAsync(TableClient table, List<TableEntity> rows, CancellationToken cancellationToken)
    {
        List<TableTransactionAction> actions = [.. rows.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All))];
        while (actions.Count > 0)
        {
            try
            {
                await table.SubmitTransactionAsync(actions, cancellationToken);
                break;
            }
            catch (TableTransactionFailedException exception)
                when (DetectionTable.Is(exception, TableErrorCode.ResourceNotFound) && exception.FailedTransactionActionIndex is { } failed)
            {
                actions.RemoveAt(failed);
            }
        }
        return actions.Count;
    }
}
