using Azure.Data.Tables;

namespace SigmaFunctions.Storage.Correlations;

/// <summary>The rows of the table of correlations; each method but <see cref="ReadAsync"/> is one request.</summary>
public interface ICorrelationRows
{
    /// <summary>Writes rows of one partition together, each in place of one under its key.</summary>
    /// <param name="rows">Up to 100.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    Task UpsertAsync(IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken);

    /// <summary>
    /// Writes rows of one partition together: each is added, or put in place of the one that was read, whose <see cref="TableEntity.ETag"/> it has. Those of the
    /// new rows are set on them.
    /// </summary>
    /// <param name="rows">From 1 to 100, of up to 4 MiB.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>False where there is another row than one that was read, or none any more; nothing is written then.</returns>
    Task<bool> TryWriteAsync(IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken);

    /// <summary>Adds rows and removes others of the same partition together, up to 100.</summary>
    /// <returns>False where one that was to be removed has changed or is gone; nothing is changed then.</returns>
    Task<bool> TryExchangeAsync(IReadOnlyList<TableEntity> added, IReadOnlyList<TableEntity> removed, CancellationToken cancellationToken);

    /// <summary>Reads a row; null for none.</summary>
    Task<TableEntity?> FindAsync(string partition, string row, CancellationToken cancellationToken);

    /// <summary>Whether a partition has a row before a key.</summary>
    Task<bool> AnyBeforeAsync(string partition, string row, CancellationToken cancellationToken);

    /// <summary>The rows of a partition up to a key, in the order of keys; a request for each page.</summary>
    IAsyncEnumerable<TableEntity> ReadAsync(string partition, string to, CancellationToken cancellationToken);

    /// <summary>The firings of a partition behind a key up to another; a request for each page.</summary>
    IAsyncEnumerable<TableEntity> ReadFiringsAsync(string partition, string after, string to, CancellationToken cancellationToken);

    /// <summary>The rows of partitions from one key up to another, in the order of keys; a request for each page.</summary>
    IAsyncEnumerable<TableEntity> ReadManyAsync(string from, string to, CancellationToken cancellationToken);

    /// <summary>The keys of a partition's rows that were written before a time; a request for each page.</summary>
    IAsyncEnumerable<TableEntity> ReadOldAsync(string partition, DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>Removes rows of one partition, up to 100; those that are gone are passed over.</summary>
    Task RemoveAsync(IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken);
}
