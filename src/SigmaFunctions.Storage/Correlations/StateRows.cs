using System.Globalization;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Detections;

namespace SigmaFunctions.Storage.Correlations;

/// <summary>What the rows of a part of a correlation hold.</summary>
public static class StateRows
{
    /// <summary>Most bytes of a row of matches, but for a single match that has more: some properties of 60 KiB.</summary>
    public const int MaxChunk = 240 * 1024;

    private const int MaxProperty = 60 * 1024;

    // A transaction takes 100 rows and 4 MiB.
    private const int MaxActions = 100;
    private const int MaxTransaction = 3 * 1024 * 1024;
    private const int SlicesOfSpan = 32;
    private const string Data = "Data";

    /// <summary>Length of the slices that matches are kept in, in ticks.</summary>
    /// <param name="reach">How far back a correlation looks, in ticks.</param>
    public static long SliceOf(long reach) => Math.Max(TimeSpan.TicksPerSecond, reach / SlicesOfSpan);

    /// <summary>The partition of a part of a correlation.</summary>
    public static string PartitionOf(string tree, ReadOnlySpan<byte> part) => StateKeys.Partition(tree, part);

    /// <summary>A group of a correlation of a tree, as 32 hex digits.</summary>
    public static string GroupOf(int correlation, ReadOnlySpan<byte> group) => StateKeys.Group(correlation, group);

    /// <summary>The rows of matches of one part: some for each slice. The same matches give the same rows.</summary>
    public static IReadOnlyList<TableEntity> OfMatches(string partition, long slice, IEnumerable<StoredMatch> matches)
    {
        var rows = new List<TableEntity>();
        foreach (IGrouping<long, StoredMatch> ofSlice in matches.GroupBy(match => StateKeys.EndOf(match.Time, slice)))
        {
            foreach (List<StoredMatch> chunk in ChunksOf(ofSlice))
            {
                rows.Add(RowOf(partition, ofSlice.Key, MatchChunk.Write(chunk), isCompacted: false));
            }
        }

        return rows;
    }

    /// <summary>
    /// Which rows of matches may become one each: several of one slice whose matches take no more than a row, as many as a transaction takes. Those that stand for
    /// others already stay.
    /// </summary>
    public static IEnumerable<IReadOnlyList<TableEntity>> OfOneRow(IEnumerable<TableEntity> rows)
    {
        foreach (IGrouping<long, TableEntity> slice in rows.Where(row => !IsCompacted(row)).GroupBy(EndOf))
        {
            var together = new List<TableEntity>();
            int size = 0;
            foreach (TableEntity row in slice.OrderBy(SizeOf))
            {
                int own = SizeOf(row);
                if (size + own > MaxChunk || together.Count == MaxActions - 1)
                {
                    if (together.Count > 1)
                    {
                        yield return together;
                    }

                    together = [];
                    size = 0;
                }

                together.Add(row);
                size += own;
            }

            if (together.Count > 1)
            {
                yield return together;
            }
        }
    }

    /// <summary>A row that stands for others of its slice, of the same partition; null where their matches are too many for one.</summary>
    /// <exception cref="FormatException">One of them is not one of matches.</exception>
    public static TableEntity? Compacted(IReadOnlyList<TableEntity> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        byte[] content = MatchChunk.Write(rows.SelectMany(MatchesOf).DistinctBy(match => (match.Identity, match.Rule)));
        return content.Length > MaxChunk ? null : RowOf(rows[0].PartitionKey, EndOf(rows[0]), content, isCompacted: true);
    }

    /// <summary>Whether a row of matches stands for others.</summary>
    public static bool IsCompacted(TableEntity row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return StateKeys.IsCompacted(row.RowKey);
    }

    /// <summary>Whether a row is one of matches; if not, it is a firing.</summary>
    public static bool IsMatches(TableEntity row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return StateKeys.IsMatches(row.RowKey);
    }

    /// <summary>The last tick of the slice, or timespan, of a row.</summary>
    public static long EndOf(TableEntity row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.RowKey.Length > 16 && long.TryParse(row.RowKey.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out long descending)
            ? long.MaxValue - descending
            : throw new FormatException($"Row {row.PartitionKey}/{row.RowKey}: the key is not one of a correlation's state.");
    }

    /// <summary>The matches of a row.</summary>
    /// <exception cref="FormatException">It is not one of matches.</exception>
    public static IReadOnlyList<StoredMatch> MatchesOf(TableEntity row)
    {
        ArgumentNullException.ThrowIfNull(row);
        using var content = new MemoryStream();
        for (int number = 1; row.TryGetValue(Part(number), out object? part); number++)
        {
            content.Write(part as byte[] ?? throw new FormatException($"Row {row.PartitionKey}/{row.RowKey}: {Part(number)} is not of its type."));
        }

        try
        {
            return MatchChunk.Read(content.ToArray());
        }
        catch (FormatException exception)
        {
            throw new FormatException($"Row {row.PartitionKey}/{row.RowKey}: {exception.Message}.", exception);
        }
    }

    /// <summary>Bytes of matches that a row has.</summary>
    public static int SizeOf(TableEntity row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Sum(property => (property.Value as byte[])?.Length ?? 0);
    }

    /// <summary>The firing of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="spans">By correlation of the tree: its timespan, in ticks.</param>
    /// <exception cref="FormatException">It is not one of a firing.</exception>
    public static StoredFiring FiringOf(TableEntity row, IReadOnlyList<long> spans) => StoredFiring.FromEntity(row, spans);

    /// <summary>The rows of firings of one part, in their order, in as many transactions as it takes.</summary>
    public static IEnumerable<IReadOnlyList<(StoredFiring Firing, TableEntity Row)>> TransactionsOf(IEnumerable<StoredFiring> firings)
    {
        ArgumentNullException.ThrowIfNull(firings);
        var transaction = new List<(StoredFiring, TableEntity)>();
        int size = 0;
        foreach (StoredFiring firing in firings)
        {
            TableEntity row = firing.ToEntity();
            int own = DetectionRow.WireSize(row);
            if (transaction.Count == MaxActions || (transaction.Count > 0 && size + own > MaxTransaction))
            {
                yield return transaction;
                transaction = [];
                size = 0;
            }

            transaction.Add((firing, row));
            size += own;
        }

        if (transaction.Count > 0)
        {
            yield return transaction;
        }
    }

    /// <summary>Key of a firing's row.</summary>
    public static string KeyOf(StoredFiring firing)
    {
        ArgumentNullException.ThrowIfNull(firing);
        return firing.RowKey;
    }

    /// <summary>The last key of rows that have anything from a time on, which a reader begins with the newest of.</summary>
    public static string Since(long ticks) => StateKeys.Since(ticks);

    /// <summary>The key before which rows are that have anything after a time.</summary>
    public static string After(long ticks) => StateKeys.After(ticks);

    private static IEnumerable<List<StoredMatch>> ChunksOf(IEnumerable<StoredMatch> matches)
    {
        // What a match has beside its values, at most.
        const int overhead = 2_048;
        var chunk = new List<StoredMatch>();
        int size = 0;
        foreach (StoredMatch match in matches)
        {
            int own = (match.Host is null && match.User is null ? 256 : overhead) + match.Values.Length;
            if (chunk.Count > 0 && size + own > MaxChunk)
            {
                yield return chunk;
                chunk = [];
                size = 0;
            }

            chunk.Add(match);
            size += own;
        }

        if (chunk.Count > 0)
        {
            yield return chunk;
        }
    }

    private static TableEntity RowOf(string partition, long end, byte[] content, bool isCompacted)
    {
        var row = new TableEntity(partition, StateKeys.Matches(end, content, isCompacted));
        for (int start = 0, number = 1; start < content.Length; start += MaxProperty, number++)
        {
            row[Part(number)] = content[start..Math.Min(start + MaxProperty, content.Length)];
        }

        return row;
    }

    private static string Part(int number) => number == 1 ? Data : string.Create(CultureInfo.InvariantCulture, $"{Data}{number}");
}
