using System.Globalization;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>
/// Reads detections newest first, without their originals. The partitions of an hour are asked side by side and merged; hours
/// follow one another, several at a time where there is nothing in them.
/// </summary>
public sealed class DetectionSearch
{
    private const string Buckets = "0123456789abcdef";
    private const int MaxHours = 4;
    private const int MaxPage = 1_000;

    private readonly TableClient _table;

    /// <summary>Reads a table.</summary>
    public DetectionSearch(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>
    /// The detections that are wanted, newest first by enqueued time; <see cref="Detection.Original"/> is empty. Nothing more is read
    /// than is taken, up to a page of each partition.
    /// </summary>
    /// <param name="filter">Which are wanted.</param>
    /// <param name="limit">The most of them, from 1.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of a detection.</exception>
    public async IAsyncEnumerable<Detection> NewestAsync(
        DetectionFilter filter, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        int taken = 0;
        int ahead = 1;
        using IEnumerator<DateTime> hours = Hours(filter).GetEnumerator();
        while (Take(hours, ahead) is { Count: > 0 } window)
        {
            HourRows[] opened = await Task.WhenAll(window.Select(hour => OpenAsync(hour, filter, limit - taken, cancellationToken)));
            bool isEmpty = true;
            try
            {
                foreach (HourRows hour in opened)
                {
                    while (await hour.NextAsync() is { } detection)
                    {
                        isEmpty = false;
                        yield return detection;
                        if (++taken == limit)
                        {
                            yield break;
                        }
                    }
                }
            }
            finally
            {
                foreach (HourRows hour in opened)
                {
                    await hour.DisposeAsync();
                }
            }
            ahead = isEmpty ? Math.Min(2 * ahead, MaxHours) : 1;
        }
    }

    /// <summary>Ids that begin so, the newest first: one request for each table partition that has such, of which there are at most 16.</summary>
    /// <param name="prefix">The beginning.</param>
    /// <param name="limit">The most of them, from 1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of a detection.</exception>
    public async Task<IReadOnlyList<DetectionId>> FindAsync(DetectionIdPrefix prefix, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        List<DetectionId>[] found = await Task.WhenAll(prefix.PartitionKeys.Select(partition => _table
            .QueryAsync<TableEntity>(
                TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {prefix.From} and RowKey lt {prefix.To}"),
                limit,
                ["PartitionKey", "RowKey"],
                cancellationToken)
            .Select(RowValues.IdOf)
            .Take(limit)
            .ToListAsync(cancellationToken)
            .AsTask()));
        return [.. found.SelectMany(ids => ids).OrderBy(id => id.RowKey, StringComparer.Ordinal).Take(limit)];
    }

    private static IEnumerable<DateTime> Hours(DetectionFilter filter)
    {
        if (filter.From >= filter.To)
        {
            yield break;
        }

        DateTime last = filter.To.UtcDateTime.AddTicks(-1);
        for (DateTime hour = last.Date.AddHours(last.Hour); hour.AddHours(1) > filter.From.UtcDateTime; hour = hour.AddHours(-1))
        {
            yield return hour;
        }
    }

    private static List<DateTime> Take(IEnumerator<DateTime> hours, int count)
    {
        var taken = new List<DateTime>(count);
        while (taken.Count < count && hours.MoveNext())
        {
            taken.Add(hours.Current);
        }

        return taken;
    }

    private async Task<HourRows> OpenAsync(DateTime hour, DetectionFilter filter, int wanted, CancellationToken cancellationToken)
    {
        string conditions = Conditions(filter);
        int page = filter.Host is null ? Math.Min(wanted, MaxPage) : MaxPage;
        var rows = new HourRows(Buckets.Select(bucket =>
        {
            string partition = string.Create(CultureInfo.InvariantCulture, $"{hour:yyyyMMdd'T'HH}-{bucket}");
            return _table.QueryAsync<TableEntity>(
                $"PartitionKey eq '{partition}' and {conditions}", page, DetectionRow.Summary, cancellationToken)
                .Select(entity => DetectionRow.FromEntity(entity, isSummary: true))
                .Where(detection => filter.TakesHost(detection.Host) && (filter.IncludesSuperseded || detection.Correlation is not { IsSuperseded: true }))
                .GetAsyncEnumerator(cancellationToken);
        }));
        try
        {
            await rows.StartAsync();
            return rows;
        }
        catch
        {
            await rows.DisposeAsync();
            throw;
        }
    }

    private static string Conditions(DetectionFilter filter)
    {
        // '~' sorts after the hyphen and the hashes.
        string conditions = TableClient.CreateQueryFilter(
            $"RowKey gt {DetectionId.DescendingTicks(filter.To) + "~"} and RowKey le {DetectionId.DescendingTicks(filter.From) + "~"}");
        if (filter.RuleId is { } rule)
        {
            conditions += TableClient.CreateQueryFilter($" and (RuleId eq {rule} or RuleId eq {rule.ToLowerInvariant()})");
        }

        if (filter.Level is { } level)
        {
            conditions += TableClient.CreateQueryFilter($" and (Level eq {level} or Level eq {CultureInfo.InvariantCulture.TextInfo.ToTitleCase(level)})");
        }

        return conditions;
    }

    /// <summary>The rows of one hour: those of its partitions, merged.</summary>
    private sealed class HourRows(IEnumerable<IAsyncEnumerator<Detection>> partitions) : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<Detection>[] _partitions = [.. partitions];
        private readonly PriorityQueue<IAsyncEnumerator<Detection>, string> _heads = new(StringComparer.Ordinal);
        private IAsyncEnumerator<Detection>? _given;

        public async Task StartAsync()
        {
            Task<bool>[] started = [.. _partitions.Select(partition => partition.MoveNextAsync().AsTask())];
            await Task.WhenAll(started);
            for (int i = 0; i < started.Length; i++)
            {
                if (await started[i])
                {
                    Add(_partitions[i]);
                }
            }
        }

        public async Task<Detection?> NextAsync()
        {
            if (_given is { } given && await given.MoveNextAsync())
            {
                Add(given);
            }

            return _heads.TryDequeue(out _given, out _) ? _given.Current : null;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (IAsyncEnumerator<Detection> partition in _partitions)
            {
                await partition.DisposeAsync();
            }
        }

        private void Add(IAsyncEnumerator<Detection> partition) => _heads.Enqueue(partition, partition.Current.Id.RowKey);
    }
}
