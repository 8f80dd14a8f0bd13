using System.Globalization;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Blobs;
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
    private const int MaxOfHour = 8 * MaxPage;

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

    /// <summary>
    /// All detections of a span, newest first by enqueued time, those too that turned out to be none, with what became of their alerts;
    /// <see cref="Detection.Original"/> and the events of correlations are left out. It costs one request for each hour and for each 1,000 detections, eight
    /// at a time; of hours with more than 8,000 the partitions are read beside each other.
    /// </summary>
    /// <param name="from">Enqueued from then on (inclusive).</param>
    /// <param name="to">Enqueued before then (exclusive).</param>
    /// <param name="max">The most of them, from 1: the newest. Memory is bounded by it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of a detection.</exception>
    public async Task<DetectionRange> RangeAsync(DateTimeOffset from, DateTimeOffset to, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        var found = new List<Detection>();
        var range = new DetectionFilter(from, to);

        // One more than wanted tells that there is more.
        int wanted = Math.Min(max, int.MaxValue - 1) + 1;
        using IEnumerator<DateTime> hours = Hours(range).GetEnumerator();
        while (found.Count < wanted && Take(hours, StorageConcurrency.MaxRequests) is { Count: > 0 } window)
        {
            List<Detection>?[] read = await Task.WhenAll(window.Select(hour => TryReadHourAsync(hour, range, cancellationToken)));
            for (int i = 0; i < read.Length && found.Count < wanted; i++)
            {
                IReadOnlyList<Detection> some = read[i] ?? await ReadFullHourAsync(window[i], range, wanted - found.Count, cancellationToken);
                found.AddRange(some.Take(wanted - found.Count));
            }
        }

        bool isCut = found.Count > max;
        if (isCut)
        {
            found.RemoveAt(max);
        }

        return new DetectionRange(found, isCut);
    }

    /// <summary>
    /// The detections of the record that a detection is of, as <see cref="RangeAsync"/> gives them, itself among them: those of other rules, and of
    /// correlations that it completed when they were recorded. None where the detection is not there. It costs two requests.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of a detection.</exception>
    public async Task<IReadOnlyList<Detection>> OfRecordAsync(DetectionId id, CancellationToken cancellationToken)
    {
        NullableResponse<TableEntity> response =
            await _table.GetEntityIfExistsAsync<TableEntity>(id.PartitionKey, id.RowKey, DetectionRow.SummaryAndOutcome, cancellationToken);
        if (!response.HasValue)
        {
            return [];
        }

        Detection asked = DetectionRow.FromEntity(response.Value!, isSummary: true);
        string record = EventBlobName.Create(asked.Identity);

        // The hash of what a correlation detected is not of its event, but its bucket is.
        string partition = DetectionId.Create(asked.Identity, "").PartitionKey;
        string ticks = DetectionId.DescendingTicks(asked.Identity.Time);
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {ticks + "-"} and RowKey le {ticks + "~"}")
            + asked.Identity.ByKind(HubEventColumns.Condition);
        List<Detection> others = await _table.QueryAsync<TableEntity>(filter, MaxPage, DetectionRow.SummaryAndOutcome, cancellationToken)
            .Select(entity => DetectionRow.FromEntity(entity, isSummary: true))
            .Where(detection => detection.Id != id && EventBlobName.Create(detection.Identity) == record)
            .ToListAsync(cancellationToken);
        return [asked, .. others];
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

    /// <summary>An hour in one query; null where it has more than some pages.</summary>
    private async Task<List<Detection>?> TryReadHourAsync(DateTime hour, DetectionFilter filter, CancellationToken cancellationToken)
    {
        string key = HourOf(hour);
        AsyncPageable<TableEntity> rows = _table.QueryAsync<TableEntity>(
            $"PartitionKey ge '{key}' and PartitionKey le '{key}~' and {Conditions(filter)}", MaxPage, DetectionRow.SummaryAndOutcome, cancellationToken);
        var found = new List<Detection>();
        await foreach (Page<TableEntity> page in rows.AsPages().WithCancellation(cancellationToken))
        {
            if (found.Count + page.Values.Count > MaxOfHour)
            {
                return null;
            }

            found.AddRange(page.Values.Select(entity => DetectionRow.FromEntity(entity, isSummary: true)));
        }

        found.Sort(NewestFirst);
        return found;
    }

    /// <summary>The newest of an hour, of which each partition is read page by page, all beside each other.</summary>
    private Task<List<Detection>> ReadFullHourAsync(DateTime hour, DetectionFilter filter, int wanted, CancellationToken cancellationToken) =>
        MergedRows.ReadAsync(
            Buckets.Select(bucket => _table.QueryAsync<TableEntity>(
                $"PartitionKey eq '{HourOf(hour)}-{bucket}' and {Conditions(filter)}", MaxPage, DetectionRow.SummaryAndOutcome, cancellationToken)),
            entity => DetectionRow.FromEntity(entity, isSummary: true),
            wanted,
            cancellationToken);

    private static string HourOf(DateTime hour) => hour.ToString("yyyyMMdd'T'HH", CultureInfo.InvariantCulture);

    private static int NewestFirst(Detection one, Detection other) => string.CompareOrdinal(one.Id.RowKey, other.Id.RowKey);

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
            return _table.QueryAsync<TableEntity>(
                $"PartitionKey eq '{HourOf(hour)}-{bucket}' and {conditions}", page, DetectionRow.Summary, cancellationToken)
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

/// <summary>Detections of a span of time.</summary>
/// <param name="Detections">The detections, newest first by enqueued time.</param>
/// <param name="IsCut">Whether there are more, older ones.</param>
public sealed record DetectionRange(IReadOnlyList<Detection> Detections, bool IsCut);
