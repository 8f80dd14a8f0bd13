using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;

namespace SigmaFunctions.Storage.Accounts;

/// <summary>Tables that deployments which were made by an earlier version do not have: nothing is in them yet, and whoever writes first creates them.</summary>
internal static class MissingTable
{
    /// <summary>Whether a request failed for that.</summary>
    public static bool Is(RequestFailedException exception) => exception.ErrorCode == TableErrorCode.TableNotFound;

    /// <summary>Writes, and creates the table first where there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public static async Task WriteAsync(TableClient table, IReadOnlyCollection<TableTransactionAction> actions, CancellationToken cancellationToken)
    {
        try
        {
            await table.SubmitTransactionAsync(actions, cancellationToken);
        }
        catch (RequestFailedException exception) when (Is(exception))
        {
            await table.CreateIfNotExistsAsync(cancellationToken);
            await table.SubmitTransactionAsync(actions, cancellationToken);
        }
    }

    /// <summary>The rows of a query; none where there is no table.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public static async IAsyncEnumerable<TableEntity> OrNoneAsync(
        this AsyncPageable<TableEntity> rows, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using IAsyncEnumerator<TableEntity> enumerator = rows.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await enumerator.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (RequestFailedException exception) when (Is(exception))
            {
                yield break;
            }

            yield return enumerator.Current;
        }
    }
}
