using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Correlations;

namespace SigmaFunctions.App.Tests;

/// <summary>The rows of correlations in memory: partitions that are strongly consistent, tags and the time of the last write as the service gives them.</summary>
internal sealed class MemoryState(TimeProvider clock)
{
    private readonly Dictionary<string, SortedDictionary<string, TableEntity>> _partitions = new(StringComparer.Ordinal);
    private int _tags;

    public int Requests { get; set; }

    public IEnumerable<TableEntity> All => _partitions.Values.SelectMany(partition => partition.Values);

    public IEnumerable<string> Partitions => _partitions.Keys.Order(StringComparer.Ordinal);

    public SortedDictionary<string, TableEntity> Of(string partition)
    {
        if (!_partitions.TryGetValue(partition, out SortedDictionary<string, TableEntity>? rows))
        {
            _partitions.Add(partition, rows = new SortedDictionary<string, TableEntity>(StringComparer.Ordinal));
        }

        return rows;
    }

    public ETag Set(TableEntity row)
    {
        // As the service: what is null is not kept.
        var kept = new TableEntity(row.PartitionKey, row.RowKey);
        foreach ((string name, object? value) in row)
        {
            if (value is not null && name != "odata.etag")
            {
                kept[name] = value;
            }
        }

        kept.ETag = new ETag($"\"{++_tags}\"");
        kept.Timestamp = clock.GetUtcNow();
        Of(row.PartitionKey)[row.RowKey] = kept;
        return kept.ETag;
    }

    public static TableEntity Copy(TableEntity row) => new(row) { ETag = row.ETag, Timestamp = row.Timestamp };
}

/// <summary>The way of one process to <see cref="MemoryState"/>: <paramref name="step"/> is awaited before each request.</summary>
internal sealed class MemoryCorrelationRows(MemoryState state, Func<Task> step, int pageSize = 3) : ICorrelationRows
{
    public async Task UpsertAsync(IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        Assert.InRange(rows.Count, 1, 100);
        Assert.Single(rows.Select(row => row.PartitionKey).Distinct());
        await RequestAsync();
        lock (state)
        {
            foreach (TableEntity row in rows)
            {
                state.Set(row);
            }
        }
    }

    public async Task<bool> TryWriteAsync(IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        Assert.InRange(rows.Count, 1, 100);
        Assert.Single(rows.Select(row => row.PartitionKey).Distinct());
        Assert.Equal(rows.Count, rows.Select(row => row.RowKey).Distinct().Count());
        await RequestAsync();
        lock (state)
        {
            if (rows.Any(row => (state.Of(row.PartitionKey).GetValueOrDefault(row.RowKey)?.ETag ?? default) != row.ETag))
            {
                return false;
            }

            foreach (TableEntity row in rows)
            {
                row.ETag = state.Set(row);
            }

            return true;
        }
    }

    public async Task<bool> TryExchangeAsync(IReadOnlyList<TableEntity> added, IReadOnlyList<TableEntity> removed, CancellationToken cancellationToken)
    {
        Assert.InRange(added.Count + removed.Count, 1, 100);
        await RequestAsync();
        lock (state)
        {
            if (removed.Any(row => state.Of(row.PartitionKey).GetValueOrDefault(row.RowKey)?.ETag != row.ETag))
            {
                return false;
            }

            foreach (TableEntity row in removed)
            {
                state.Of(row.PartitionKey).Remove(row.RowKey);
            }

            foreach (TableEntity row in added)
            {
                state.Set(row);
            }

            return true;
        }
    }

    public async Task<TableEntity?> FindAsync(string partition, string row, CancellationToken cancellationToken)
    {
        await RequestAsync();
        lock (state)
        {
            return state.Of(partition).GetValueOrDefault(row) is { } found ? MemoryState.Copy(found) : null;
        }
    }

    public async Task<bool> AnyBeforeAsync(string partition, string row, CancellationToken cancellationToken)
    {
        await RequestAsync();
        lock (state)
        {
            return state.Of(partition).Keys.Any(key => string.CompareOrdinal(key, row) < 0);
        }
    }

    public IAsyncEnumerable<TableEntity> ReadAsync(string partition, string to, CancellationToken cancellationToken) =>
        ReadAsync(partition, "", to, _ => true);

    public IAsyncEnumerable<TableEntity> ReadFiringsAsync(string partition, string after, string to, CancellationToken cancellationToken) =>
        ReadAsync(partition, after, to, row => row.ContainsKey("Condition"));

    public async IAsyncEnumerable<TableEntity> ReadManyAsync(string from, string to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<string> partitions;
        lock (state)
        {
            partitions = [.. state.Partitions.Where(one => string.CompareOrdinal(one, from) >= 0 && string.CompareOrdinal(one, to) <= 0)];
        }

        foreach (string partition in partitions)
        {
            await foreach (TableEntity row in ReadAsync(partition, "", "\uffff", _ => true).WithCancellation(cancellationToken))
            {
                yield return row;
            }
        }
    }

    public IAsyncEnumerable<TableEntity> ReadOldAsync(string partition, DateTimeOffset before, CancellationToken cancellationToken) =>
        ReadAsync(partition, "", "\uffff", row => row.Timestamp < before);

    public async Task RemoveAsync(IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        await RequestAsync();
        lock (state)
        {
            foreach (TableEntity row in rows)
            {
                state.Of(row.PartitionKey).Remove(row.RowKey);
            }
        }
    }

    // Others write between one page and the next.
    private async IAsyncEnumerable<TableEntity> ReadAsync(string partition, string after, string to, Func<TableEntity, bool> filter)
    {
        while (true)
        {
            await RequestAsync();
            List<TableEntity> page;
            lock (state)
            {
                page =
                [
                    .. state.Of(partition).Values.SkipWhile(row => string.CompareOrdinal(row.RowKey, after) <= 0).TakeWhile(row => string.CompareOrdinal(row.RowKey, to) <= 0)
                        .Take(pageSize).Select(MemoryState.Copy),
                ];
            }

            foreach (TableEntity row in page.Where(filter))
            {
                yield return row;
            }

            if (page.Count < pageSize)
            {
                yield break;
            }

            after = page[^1].RowKey;
        }
    }

    private Task RequestAsync()
    {
        lock (state)
        {
            state.Requests++;
        }

        return step();
    }
}
