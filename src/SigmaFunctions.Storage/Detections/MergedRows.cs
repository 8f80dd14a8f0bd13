using Azure;
using Azure.Data.Tables;

namespace SigmaFunctions.Storage.Detections;

/// <summary>Reads queries beside each other, page by page, and merges their rows by row key. Nothing is read that is not needed for that but some pages.</summary>
internal static class MergedRows
{
    private const int EnoughKept = 1_000;

    /// <summary>What is made of the first rows of all queries, in the order of their row keys.</summary>
    /// <typeparam name="T">What is made of a row.</typeparam>
    /// <param name="queries">The queries, each of one partition.</param>
    /// <param name="make">Makes it.</param>
    /// <param name="wanted">Most of them, from 1.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public static async Task<List<T>> ReadAsync<T>(
        IEnumerable<AsyncPageable<TableEntity>> queries, Func<TableEntity, T> make, int wanted, CancellationToken cancellationToken)
    {
        Pages<T>[] all = [.. queries.Select(query => new Pages<T>(query.AsPages().GetAsyncEnumerator(cancellationToken), make))];
        var found = new List<T>();
        try
        {
            while (found.Count < wanted)
            {
                // What is behind the end of a page that has a next one may have something before it still to come.
                await Task.WhenAll(all.Where(pages => pages.IsWanted).Select(pages => pages.ReadAsync()));
                string? known = all.Where(pages => !pages.IsDone).Select(pages => pages.Last).Min(StringComparer.Ordinal);
                List<(string Key, T Value)> some = [.. all.SelectMany(pages => pages.TakeUpTo(known))];
                some.Sort((one, other) => string.CompareOrdinal(one.Key, other.Key));
                found.AddRange(some.Take(wanted - found.Count).Select(one => one.Value));
                if (known is null)
                {
                    break;
                }
            }
        }
        finally
        {
            foreach (Pages<T> pages in all)
            {
                await pages.DisposeAsync();
            }
        }

        return found;
    }

    /// <summary>The rows of a query, a page at a time.</summary>
    private sealed class Pages<T>(IAsyncEnumerator<Page<TableEntity>> pages, Func<TableEntity, T> make) : IAsyncDisposable
    {
        private readonly Queue<(string Key, T Value)> _kept = [];

        public bool IsDone { get; private set; }

        /// <summary>Whether another page is to be read now: not where there is enough that others have not come to yet.</summary>
        public bool IsWanted => !IsDone && _kept.Count < EnoughKept;

        /// <summary>Key of the last row that was read; of none that which is before all.</summary>
        public string Last { get; private set; } = "";

        public async Task ReadAsync()
        {
            if (!await pages.MoveNextAsync())
            {
                IsDone = true;
                return;
            }

            foreach (TableEntity row in pages.Current.Values)
            {
                _kept.Enqueue((row.RowKey, make(row)));
                Last = row.RowKey;
            }

            IsDone = string.IsNullOrEmpty(pages.Current.ContinuationToken);
        }

        /// <summary>Takes what is not after a key; all where it is null.</summary>
        public IEnumerable<(string Key, T Value)> TakeUpTo(string? key)
        {
            while (_kept.TryPeek(out (string Key, T Value) next) && (key is null || string.CompareOrdinal(next.Key, key) <= 0))
            {
                yield return _kept.Dequeue();
            }
        }

        public ValueTask DisposeAsync() => pages.DisposeAsync();
    }
}
