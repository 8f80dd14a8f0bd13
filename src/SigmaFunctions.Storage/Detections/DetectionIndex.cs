using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Azure;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>
/// The table by which detections are found by host, user, rule and hash of a file. Its rows only point: the keys tell the question, hashed, and the id of a
/// detection. They are written before the detection, so that no detection is without; one that was never recorded, is gone, or is of another host by now is
/// what a pointer may lead to, and readers pass over it. A month's pointers are in 16 partitions.
/// </summary>
public sealed class DetectionIndex
{
    /// <summary>What is put behind the name of the table of detections.</summary>
    public const string NameSuffix = "Index";

    /// <summary>Most ids that are found at once.</summary>
    public const int MaxFound = 10_000;

    /// <summary>Most detections of a rule that are counted, in <see cref="RuleHistoryAsync"/> without a bound of its own.</summary>
    public const int MaxCounted = 100_000;

    /// <summary>Longest span that is asked for, in months.</summary>
    public const int MaxMonths = 120;

    private const string HostHash = "HostHash";
    private const string MonthFormat = "yyyyMM";
    private const string Buckets = "0123456789abcdef";
    private const int HashLength = 20;
    private const int MaxActions = 100;
    private const int MaxPage = 1_000;

    /// <summary>The columns of a detection that tell which pointers it has.</summary>
    internal static readonly string[] Sources =
    [
        "PartitionKey", "RowKey", nameof(Detection.RuleId), nameof(Detection.Host), nameof(Detection.User), nameof(Detection.Facts),
    ];

    private readonly TableClient _table;

    /// <summary>Uses a table.</summary>
    public DetectionIndex(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>Name of the table.</summary>
    public string Name => _table.Name;

    /// <summary>Creates the table where there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <summary>
    /// Ids of detections, newest first: 16 requests at once for each month, newest month first, until there are enough. Whoever reads the detections
    /// passes over those that are not there (<see cref="DetectionTable.FindBriefAsync"/> does), and over those of which the value is another.
    /// </summary>
    /// <param name="kind">What is asked for.</param>
    /// <param name="value">Its value, without regard to case. Hosts agree up to the first dot of their names.</param>
    /// <param name="from">Enqueued from then on (inclusive).</param>
    /// <param name="to">Enqueued before then (exclusive).</param>
    /// <param name="max">Most ids, from 1 to <see cref="MaxFound"/>: the newest.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentException">The span or the bound is too large.</exception>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<IndexedDetections> FindAsync(
        IndexKind kind, string value, DateTimeOffset from, DateTimeOffset to, int max, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxFound);
        List<TableEntity> found = await NewestAsync(KeyOf(kind, value), from, to, max + 1, ["RowKey"], row => row, cancellationToken);
        return new IndexedDetections([.. found.Take(max).Select(IdOf).OfType<DetectionId>()], found.Count > max);
    }

    /// <summary>
    /// How often a rule detected something, by day, as pointers tell: detections that were erased or never recorded may be among them. It costs 16 requests
    /// for each month and one for each 1,000 detections.
    /// </summary>
    /// <param name="ruleId">Id of the rule.</param>
    /// <param name="from">Enqueued from then on (inclusive).</param>
    /// <param name="to">Enqueued before then (exclusive).</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="max">Most detections that are counted, from 1: the newest.</param>
    /// <exception cref="ArgumentException">The span or the bound is too large.</exception>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<RuleHistory> RuleHistoryAsync(
        string ruleId, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken, int max = MaxCounted)
    {
        ArgumentNullException.ThrowIfNull(ruleId);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxCounted);
        List<(DateTimeOffset Time, string? Host)> found = await NewestAsync(
            KeyOf(IndexKind.Rule, ruleId), from, to, max + 1, ["RowKey", HostHash], row => (TimeOf(row), row[HostHash] as string), cancellationToken);
        bool isCut = found.Count > max;
        if (isCut)
        {
            found.RemoveAt(max);
        }

        return new RuleHistory(
            [
                .. found.GroupBy(one => DateOnly.FromDateTime(one.Time.UtcDateTime)).OrderBy(day => day.Key).Select(day => new DayCount(day.Key, day.Count())),
            ],
            found.Count,
            found.Count == 0 ? null : found[^1].Time,
            found.Count == 0 ? null : found[0].Time,
            found.Select(one => one.Host).OfType<string>().Distinct(StringComparer.Ordinal).Count(),
            isCut);
    }

    /// <summary>Removes pointers of whole months that ended before a time, oldest first.</summary>
    /// <param name="before">The time; the month that it lies in stays.</param>
    /// <param name="maximum">Most rows to remove.</param>
    /// <param name="cancellationToken">Ends the work; what was removed stays so.</param>
    /// <returns>Number of rows removed.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task<int> RemoveAsync(DateTimeOffset before, int maximum, CancellationToken cancellationToken) =>
        RowRemoval.RemoveAsync(_table, before, MonthFormat, maximum, cancellationToken);

    /// <summary>Writes pointers, in transactions; those that are there already are written again.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was written stays.</exception>
    internal Task WriteAsync(IEnumerable<TableEntity> pointers, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        pointers.GroupBy(row => row.PartitionKey).SelectMany(partition => partition.DistinctBy(row => row.RowKey).Chunk(MaxActions)),
        StorageConcurrency.Options(cancellationToken),
        async (chunk, token) => await MissingTable.WriteAsync(
            _table, [.. chunk.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row))], token));

    /// <summary>Removes pointers; those that are gone are passed over, and all are where there is no table.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    internal async Task RemoveAsync(IEnumerable<TableEntity> pointers, CancellationToken cancellationToken)
    {
        try
        {
            await RowRemoval.RemoveAsync(
                _table,
                pointers.GroupBy(row => row.PartitionKey).SelectMany(partition => partition.DistinctBy(row => row.RowKey)).ToAsyncEnumerable(),
                cancellationToken);
        }
        catch (RequestFailedException exception) when (MissingTable.Is(exception))
        {
        }
    }

    /// <summary>The pointers to a detection.</summary>
    internal static IReadOnlyList<TableEntity> PointersOf(Detection detection) =>
        PointersOf(detection.Id, detection.RuleId, detection.Host, detection.User, detection.Facts?.Hashes);

    /// <summary>The pointers to the detection of a row, of which <see cref="Sources"/> are read; none where it is not of a detection.</summary>
    internal static IReadOnlyList<TableEntity> PointersOf(TableEntity row)
    {
        if (!DetectionId.TryOfKeys(row.PartitionKey, row.RowKey, out DetectionId id) || row[nameof(Detection.RuleId)] is not string ruleId)
        {
            return [];
        }

        FileHashes? hashes;
        try
        {
            hashes = FactsJson.Read(row)?.Hashes;
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            hashes = null;
        }

        return PointersOf(id, ruleId, row[nameof(Detection.Host)] as string, row[nameof(Detection.User)] as string, hashes);
    }

    private static List<TableEntity> PointersOf(DetectionId id, string ruleId, string? host, string? user, FileHashes? hashes)
    {
        string partition = $"{id.Time.UtcDateTime.ToString(MonthFormat, CultureInfo.InvariantCulture)}-{id.Hash[0]}";
        string? hostKey = string.IsNullOrEmpty(host) ? null : KeyOf(IndexKind.Host, host);
        TableEntity rule = Pointer(KeyOf(IndexKind.Rule, ruleId));
        if (hostKey is not null)
        {
            rule[HostHash] = hostKey[1..];
        }

        return
        [
            rule,
            .. hostKey is null ? [] : new[] { Pointer(hostKey) },
            .. string.IsNullOrEmpty(user) ? [] : new[] { Pointer(KeyOf(IndexKind.User, user)) },
            .. new[] { hashes?.Md5, hashes?.Sha1, hashes?.Sha256 }.OfType<string>().Select(hash => Pointer(KeyOf(IndexKind.File, hash))),
        ];

        TableEntity Pointer(string key) => new(partition, $"{key}-{id.RowKey}");
    }

    /// <summary>A letter of the kind and a hash of the value, as a row has it.</summary>
    private static string KeyOf(IndexKind kind, string value)
    {
        string text = RowValues.Text(value, RowValues.MaxName)!;
        if (kind == IndexKind.Host && !IPAddress.TryParse(text, out _) && text.IndexOf('.', StringComparison.Ordinal) is > 0 and int dot)
        {
            text = text[..dot];
        }

        // A text that is hashed elsewhere has another hash.
        var encoding = new IdentityEncoding();
        encoding.Add("SigmaFunctions.DetectionIndex");
        encoding.Add(kind.ToString());
        encoding.Add(text.ToUpperInvariant());
        return LetterOf(kind) + encoding.Hash()[..HashLength];
    }

    private static string LetterOf(IndexKind kind) => kind switch
    {
        IndexKind.Host => "h",
        IndexKind.User => "u",
        IndexKind.Rule => "r",
        IndexKind.File => "f",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static DetectionId? IdOf(TableEntity row) => DetectionId.TryOfRowKey(row.RowKey[(1 + HashLength + 1)..], out DetectionId id) ? id : null;

    private static DateTimeOffset TimeOf(TableEntity row) => IdOf(row) is { } id ? id.Time : DateTimeOffset.MinValue;

    private static ImmutableArray<DateTime> Months(DateTimeOffset from, DateTimeOffset to)
    {
        if (from >= to)
        {
            return [];
        }

        DateTime first = from.UtcDateTime;
        DateTime last = to.UtcDateTime.AddTicks(-1);
        int count = ((last.Year - first.Year) * 12) + last.Month - first.Month + 1;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxMonths, nameof(from));
        var month = new DateTime(first.Year, first.Month, 1);
        return [.. Enumerable.Range(0, count).Select(number => month.AddMonths(number)).Reverse()];
    }

    private async Task<List<T>> NewestAsync<T>(
        string key, DateTimeOffset from, DateTimeOffset to, int wanted, string[] columns, Func<TableEntity, T> make, CancellationToken cancellationToken)
    {
        // '~' sorts after the hyphen and the hashes.
        string range = TableClient.CreateQueryFilter(
            $"RowKey gt {$"{key}-{DetectionId.DescendingTicks(to)}~"} and RowKey le {$"{key}-{DetectionId.DescendingTicks(from)}~"}");
        var found = new List<T>();
        foreach (DateTime month in Months(from, to))
        {
            try
            {
                found.AddRange(await MergedRows.ReadAsync(
                    Buckets.Select(bucket => _table.QueryAsync<TableEntity>(
                        TableClient.CreateQueryFilter($"PartitionKey eq {$"{month.ToString(MonthFormat, CultureInfo.InvariantCulture)}-{bucket}"} and ") + range,
                        Math.Min(wanted, MaxPage),
                        columns,
                        cancellationToken)),
                    make,
                    wanted - found.Count,
                    cancellationToken));
            }
            catch (RequestFailedException exception) when (MissingTable.Is(exception))
            {
                break;
            }

            if (found.Count >= wanted)
            {
                break;
            }
        }

        return found;
    }
}

/// <summary>By what detections are found.</summary>
public enum IndexKind
{
    /// <summary>Host it happened on, up to the first dot of its name.</summary>
    Host,

    /// <summary>Account it happened under.</summary>
    User,

    /// <summary>Id of the rule.</summary>
    Rule,

    /// <summary>MD5, SHA-1 or SHA-256 of the file, in hex digits.</summary>
    File,
}

/// <summary>Detections that were found.</summary>
/// <param name="Ids">Their ids, newest first by enqueued time.</param>
/// <param name="IsCut">Whether there are more, older ones.</param>
public sealed record IndexedDetections(IReadOnlyList<DetectionId> Ids, bool IsCut);

/// <summary>How often a rule detected something.</summary>
/// <param name="Days">Days (UTC) on which it did, in order.</param>
/// <param name="Count">How often in all.</param>
/// <param name="First">The oldest of those counted (UTC); null for none.</param>
/// <param name="Last">The newest (UTC); null for none.</param>
/// <param name="HostCount">On how many hosts.</param>
/// <param name="IsCut">Whether there are more, older than <paramref name="First"/>, that are not counted.</param>
public sealed record RuleHistory(ImmutableArray<DayCount> Days, int Count, DateTimeOffset? First, DateTimeOffset? Last, int HostCount, bool IsCut);

/// <summary>How often on a day.</summary>
/// <param name="Day">The day (UTC).</param>
/// <param name="Count">How often.</param>
public readonly record struct DayCount(DateOnly Day, int Count);
