using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;

namespace SigmaFunctions.Storage.Correlations;

/// <summary>
/// The table of correlations: what their rules matched, what they detected of it, and what is still to be done (docs/storage.md). Deployments create it; where
/// one of a version before it was only given a new app, the first write does.
/// </summary>
public sealed class CorrelationTable : ICorrelationRows
{
    /// <summary>What its name has behind that of the table of detections.</summary>
    public const string NameSuffix = "Correlations";

    private readonly TableClient _table;

    /// <summary>Uses a table that exists.</summary>
    public CorrelationTable(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>Creates the table where it is not there.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task UpsertAsync(IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        await WriteAsync(
            async () => rows is [TableEntity only]
                ? await _table.UpsertEntityAsync(only, TableUpdateMode.Replace, cancellationToken)
                : (await _table.SubmitTransactionAsync(
                    rows.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)), cancellationToken)).GetRawResponse(),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> TryWriteAsync(IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        try
        {
            IReadOnlyList<Response> responses = await WriteAsync<IReadOnlyList<Response>>(
                async () => rows is [TableEntity only]
                    ? [only.ETag == default
                        ? await _table.AddEntityAsync(only, cancellationToken)
                        : await _table.UpdateEntityAsync(only, only.ETag, TableUpdateMode.Replace, cancellationToken)]
                    : (await _table.SubmitTransactionAsync(
                        rows.Select(row => row.ETag == default
                            ? new TableTransactionAction(TableTransactionActionType.Add, row)
                            : new TableTransactionAction(TableTransactionActionType.UpdateReplace, row, row.ETag)),
                        cancellationToken)).Value,
                cancellationToken);
            foreach ((TableEntity row, Response response) in rows.Zip(responses))
            {
                row.ETag = response.Headers.ETag ?? default;
            }

            return true;
        }
        catch (RequestFailedException exception) when (IsConflict(exception))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<bool> TryExchangeAsync(IReadOnlyList<TableEntity> added, IReadOnlyList<TableEntity> removed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(added);
        ArgumentNullException.ThrowIfNull(removed);
        try
        {
            await _table.SubmitTransactionAsync(
                [
                    .. added.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)),
                    .. removed.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, row.ETag)),
                ],
                cancellationToken);
            return true;
        }
        catch (TableTransactionFailedException exception) when (IsConflict(exception))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<TableEntity?> FindAsync(string partition, string row, CancellationToken cancellationToken)
    {
        NullableResponse<TableEntity> found = await _table.GetEntityIfExistsAsync<TableEntity>(partition, row, cancellationToken: cancellationToken);
        return found.HasValue ? found.Value : null;
    }

    /// <inheritdoc/>
    public async Task<bool> AnyBeforeAsync(string partition, string row, CancellationToken cancellationToken) => await OrNone(_table.QueryAsync<TableEntity>(
        TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey lt {row}"), 1, ["RowKey"], cancellationToken)).AnyAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<TableEntity> ReadAsync(string partition, string to, CancellationToken cancellationToken) => OrNone(_table.QueryAsync<TableEntity>(
        TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey le {to}"), cancellationToken: cancellationToken));

    /// <inheritdoc/>
    public IAsyncEnumerable<TableEntity> ReadFiringsAsync(string partition, string after, string to, CancellationToken cancellationToken) => OrNone(_table.QueryAsync<TableEntity>(
        TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {after} and RowKey le {to} and Condition ge {""}"), cancellationToken: cancellationToken));

    /// <inheritdoc/>
    public IAsyncEnumerable<TableEntity> ReadManyAsync(string from, string to, CancellationToken cancellationToken) => OrNone(_table.QueryAsync<TableEntity>(
        TableClient.CreateQueryFilter($"PartitionKey ge {from} and PartitionKey le {to}"), cancellationToken: cancellationToken));

    /// <inheritdoc/>
    public IAsyncEnumerable<TableEntity> ReadOldAsync(string partition, DateTimeOffset before, CancellationToken cancellationToken) => OrNone(_table.QueryAsync<TableEntity>(
        TableClient.CreateQueryFilter($"PartitionKey eq {partition} and Timestamp lt {before}"), select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken));

    /// <inheritdoc/>
    public async Task RemoveAsync(IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        List<TableTransactionAction> actions = [.. rows.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All))];
        while (actions.Count > 0)
        {
            try
            {
                await _table.SubmitTransactionAsync(actions, cancellationToken);
                return;
            }
            catch (TableTransactionFailedException exception)
                when (exception.ErrorCode == TableErrorCode.ResourceNotFound.ToString() && exception.FailedTransactionActionIndex is { } failed)
            {
                actions.RemoveAt(failed);
            }
        }
    }

    private static async IAsyncEnumerable<TableEntity> OrNone(AsyncPageable<TableEntity> rows)
    {
        await using IAsyncEnumerator<TableEntity> enumerator = rows.GetAsyncEnumerator();
        while (true)
        {
            try
            {
                if (!await enumerator.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (RequestFailedException exception) when (exception.ErrorCode == TableErrorCode.TableNotFound)
            {
                yield break;
            }

            yield return enumerator.Current;
        }
    }

    private async Task<T> WriteAsync<T>(Func<Task<T>> write, CancellationToken cancellationToken)
    {
        try
        {
            return await write();
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == TableErrorCode.TableNotFound)
        {
            await CreateIfNotExistsAsync(cancellationToken);
            return await write();
        }
    }

    private static bool IsConflict(RequestFailedException exception) =>
        exception.ErrorCode == TableErrorCode.EntityAlreadyExists.ToString()
        || exception.ErrorCode == TableErrorCode.UpdateConditionNotSatisfied.ToString()
        || exception.ErrorCode == TableErrorCode.ResourceNotFound.ToString();
}
