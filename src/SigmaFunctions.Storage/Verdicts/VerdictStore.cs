using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Verdicts;

/// <summary>
/// The table of verdicts. A row has the keys of its detection and all that the detection's row tells, so that it outlives that; beside it stands a row for
/// each change (<c>{RowKey}|{version, six digits}</c>), written in the same transaction.
/// </summary>
public sealed class VerdictStore
{
    /// <summary>What is put behind the name of the table of detections.</summary>
    public const string NameSuffix = "Verdicts";

    /// <summary>Most detections of one decision: a transaction has 100 rows.</summary>
    public const int MaxTargets = 50;

    /// <summary>Most changes of a verdict.</summary>
    public const int MaxVersion = 999_999;

    private const string Kind = "Verdict";
    private const string Version = "VerdictVersion";
    private const string By = "VerdictBy";
    private const string At = "VerdictAt";
    private const string RuleRevision = "RuleRevision";
    private const char BeforeVersion = '|';

    // The service's limit for a transaction is 4 MiB.
    private const int MaxTransactionSize = 7 * 512 * 1024;
    private const int ShortestOriginal = 1_024;

    private static readonly string[] Columns =
    [
        "PartitionKey", "RowKey", Kind, Version, By, At, ReasonColumn, RuleRevision, nameof(Detection.RuleId), nameof(Detection.RuleTitle), nameof(Detection.Level),
    ];

    private readonly TableClient _table;

    /// <summary>Uses a table.</summary>
    public VerdictStore(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>Name of the table.</summary>
    public string Name => _table.Name;

    /// <summary>The column with why something was decided.</summary>
    internal const string ReasonColumn = "VerdictReason";

    /// <summary>Creates the table where there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <summary>
    /// Decides the same of some detections: of all or of none. Where a verdict is not the one that was expected nothing is changed, and the result tells
    /// what it is. The same decision again, after an answer was lost, changes nothing and succeeds. It costs two requests.
    /// </summary>
    /// <param name="verdict">What is decided.</param>
    /// <param name="targets">Of which detections: 1 to <see cref="MaxTargets"/> of one table partition, such as those of one record.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">There are none or too many, they are not of one partition, or one stands there twice.</exception>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A verdict that is there cannot be read.</exception>
    public async Task<VerdictResult> SetAsync(NewVerdict verdict, IReadOnlyList<VerdictTarget> targets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        ArgumentNullException.ThrowIfNull(targets);
        Check(targets);
        DetectionId[] ids = [.. targets.Select(target => target.Detection.Id)];
        IReadOnlyDictionary<DetectionId, Verdict> before = await GetAsync(ids, cancellationToken);
        if (targets.Any(target => (before.GetValueOrDefault(target.Detection.Id)?.Version ?? 0) != target.ExpectedVersion))
        {
            return new VerdictResult(IsSet(verdict, targets, before), before);
        }

        List<TableEntity> after = Fit(verdict, targets);

        // Whoever else decided meanwhile has written the change of that number.
        TableTransactionAction[] actions = [.. after.SelectMany((row, index) => (TableTransactionAction[])
        [
            before.ContainsKey(ids[index])
                ? new TableTransactionAction(TableTransactionActionType.UpdateReplace, row, ETag.All)
                : new TableTransactionAction(TableTransactionActionType.Add, row),
            new TableTransactionAction(TableTransactionActionType.Add, ChangeOf(row)),
        ])];
        try
        {
            await MissingTable.WriteAsync(_table, actions, cancellationToken);
            return new VerdictResult(true, after.ToDictionary(RowValues.IdOf, Read));
        }
        catch (TableTransactionFailedException exception)
            when (DetectionTable.Is(exception, TableErrorCode.EntityAlreadyExists) || DetectionTable.Is(exception, TableErrorCode.ResourceNotFound))
        {
            IReadOnlyDictionary<DetectionId, Verdict> now = await GetAsync(ids, cancellationToken);
            return new VerdictResult(IsSet(verdict, targets, now), now);
        }
    }

    /// <summary>The verdict of a detection; null where there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">It cannot be read.</exception>
    public async Task<Verdict?> GetAsync(DetectionId id, CancellationToken cancellationToken)
    {
        NullableResponse<TableEntity> response = await _table.GetEntityIfExistsAsync<TableEntity>(id.PartitionKey, id.RowKey, Columns, cancellationToken);
        return response.HasValue ? Read(response.Value!) : null;
    }

    /// <summary>The verdicts of those detections that have one: a request for each table partition that the detections are of.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">One cannot be read.</exception>
    public async Task<IReadOnlyDictionary<DetectionId, Verdict>> GetAsync(IReadOnlyCollection<DetectionId> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return (await RowsAsync(ids, cancellationToken)).ToDictionary(RowValues.IdOf, Read);
    }

    /// <summary>What was decided of a detection, newest first.</summary>
    /// <param name="id">The detection.</param>
    /// <param name="max">Most changes, from 1: the newest.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">One cannot be read.</exception>
    public async Task<IReadOnlyList<VerdictChange>> HistoryAsync(DetectionId id, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        if (await GetAsync(id, cancellationToken) is not { } current)
        {
            return [];
        }

        (string from, string to) = (KeyOf(id.RowKey, Math.Max(1, current.Version - max + 1)), KeyOf(id.RowKey, current.Version));
        List<VerdictChange> changes = await _table
            .QueryAsync<TableEntity>(
                TableClient.CreateQueryFilter($"PartitionKey eq {id.PartitionKey} and RowKey ge {from} and RowKey le {to}"), cancellationToken: cancellationToken)
            .Select(ReadChange)
            .ToListAsync(cancellationToken);
        changes.Reverse();
        return changes;
    }

    /// <summary>
    /// What is kept of a detection with its verdict, as it was when that was set last; null where there is no verdict. The original may be cut, where several
    /// detections with large ones were judged together.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">It cannot be read.</exception>
    public async Task<(Verdict Verdict, Detection Detection)?> FindJudgedAsync(DetectionId id, CancellationToken cancellationToken)
    {
        NullableResponse<TableEntity> response = await _table.GetEntityIfExistsAsync<TableEntity>(id.PartitionKey, id.RowKey, cancellationToken: cancellationToken);
        return response.HasValue ? (Read(response.Value!), DetectionRow.FromEntity(response.Value!)) : null;
    }

    /// <summary>
    /// The verdicts of detections of a span, withdrawn ones too, newest first. It costs a request for each day, or for each of 32 parts where the span is
    /// longer, and one for each further 1,000 verdicts.
    /// </summary>
    /// <param name="from">Enqueued from then on (inclusive).</param>
    /// <param name="to">Enqueued before then (exclusive).</param>
    /// <param name="max">Most verdicts, from 1: the newest.</param>
    /// <param name="ruleId">Of which rule, as rows have it; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">One cannot be read.</exception>
    public async Task<VerdictRange> RangeAsync(DateTimeOffset from, DateTimeOffset to, int max, string? ruleId, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        int wanted = Math.Min(max, int.MaxValue / 4) + 1;
        var found = new List<Verdict>();
        foreach ((DateTimeOffset From, DateTimeOffset To)[] some in Parts(from, to).Chunk(StorageConcurrency.MaxRequests))
        {
            List<Verdict>[] read = await Task.WhenAll(some.Select(part => NewestAsync(part.From, part.To, wanted, ruleId, cancellationToken)));
            found.AddRange(read.SelectMany(verdicts => verdicts).Take(wanted - found.Count));
            if (found.Count == wanted)
            {
                return new VerdictRange(found[..^1], true);
            }
        }

        return new VerdictRange(found, false);
    }

    /// <summary>Removes verdicts of detections of whole hours that ended before a time, with their history, oldest first.</summary>
    /// <param name="before">The time; the hour that it lies in stays.</param>
    /// <param name="maximum">Most rows to remove.</param>
    /// <param name="cancellationToken">Ends the work; what was removed stays so.</param>
    /// <returns>Number of rows removed.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task<int> RemoveAsync(DateTimeOffset before, int maximum, CancellationToken cancellationToken) =>
        RowRemoval.RemoveAsync(_table, before, DetectionTable.HourFormat, maximum, cancellationToken);

    /// <summary>All rows of detections of a span, each verdict before its history.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    internal IAsyncEnumerable<TableEntity> RowsAsync(DateTimeOffset from, DateTimeOffset to, string[]? properties, CancellationToken cancellationToken) =>
        _table.QueryAsync<TableEntity>(DetectionTable.Spanning(from, to), select: properties, cancellationToken: cancellationToken).OrNoneAsync(cancellationToken);

    /// <summary>Removes verdicts with their history.</summary>
    /// <returns>Number of verdicts removed.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    internal async Task<int> RemoveAsync(IEnumerable<DetectionId> ids, CancellationToken cancellationToken)
    {
        int removed = 0;
        foreach (DetectionId id in ids)
        {
            // The history first: without its verdict it would not be found any more.
            string from = KeyOf(id.RowKey, 0);
            string to = id.RowKey + "~";
            await RowRemoval.RemoveAsync(
                _table,
                _table.QueryAsync<TableEntity>(
                    TableClient.CreateQueryFilter($"PartitionKey eq {id.PartitionKey} and RowKey ge {from} and RowKey lt {to}"), select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken),
                cancellationToken);
            removed += await RowRemoval.RemoveAsync(_table, new[] { new TableEntity(id.PartitionKey, id.RowKey) }.ToAsyncEnumerable(), cancellationToken);
        }

        return removed;
    }

    /// <summary>The detection whose verdict, or whose history, a row is of; false where it is of none.</summary>
    internal static bool TryOfRow(TableEntity row, out DetectionId id, out bool isChange)
    {
        int end = row.RowKey.IndexOf(BeforeVersion, StringComparison.Ordinal);
        isChange = end >= 0;
        return DetectionId.TryOfKeys(row.PartitionKey, isChange ? row.RowKey[..end] : row.RowKey, out id);
    }

    private static void Check(IReadOnlyList<VerdictTarget> targets)
    {
        if (targets.Count is 0 or > MaxTargets)
        {
            throw new ArgumentException($"A decision is of 1 to {MaxTargets} detections.", nameof(targets));
        }

        if (targets.Select(target => target.Detection.Id.PartitionKey).Distinct().Count() > 1 || targets.DistinctBy(target => target.Detection.Id).Count() < targets.Count)
        {
            throw new ArgumentException("The detections of a decision are of one table partition, and each is there once.", nameof(targets));
        }

        if (targets.Any(target => target.ExpectedVersion is < 0 or >= MaxVersion || target.RuleRevision?.Length > VerdictTarget.MaxRevision))
        {
            throw new ArgumentException("A version or revision is out of its bounds.", nameof(targets));
        }
    }

    /// <summary>Whether a decision stands there as it is to be made: its answer may have been lost.</summary>
    private static bool IsSet(NewVerdict verdict, IReadOnlyList<VerdictTarget> targets, IReadOnlyDictionary<DetectionId, Verdict> now) => targets.All(target =>
        now.GetValueOrDefault(target.Detection.Id) is { } one
        && (one.Version, one.Kind, one.By, one.At, one.Reason) == (target.ExpectedVersion + 1, verdict.Kind, verdict.By, verdict.At, verdict.Reason));

    /// <summary>The rows of a decision, of which the originals are cut ever shorter until a transaction takes them.</summary>
    private static List<TableEntity> Fit(NewVerdict verdict, IReadOnlyList<VerdictTarget> targets)
    {
        List<TableEntity> rows = [.. targets.Select(target => RowOf(verdict, target))];
        for (int longest = DetectionRow.MaxOriginal / 2; longest >= ShortestOriginal && Size() > MaxTransactionSize; longest /= 2)
        {
            foreach ((TableEntity row, VerdictTarget target) in rows.Zip(targets))
            {
                DetectionRow.Shorten(row, target.Detection, longest);
            }
        }

        return rows;

        // The rows of the history are small.
        int Size() => rows.Sum(row => DetectionRow.WireSize(row) + DetectionRow.WireSize(ChangeOf(row)));
    }

    private static TableEntity RowOf(NewVerdict verdict, VerdictTarget target)
    {
        // What became of its alert is no evidence.
        TableEntity row = DetectionRow.ToEntity(target.Detection with { HeldBack = null });
        row[Kind] = Write(verdict.Kind);
        row[Version] = target.ExpectedVersion + 1;
        row[By] = verdict.By;
        row[At] = verdict.At;
        row[ReasonColumn] = verdict.Reason;
        row[RuleRevision] = RowValues.Text(target.RuleRevision, VerdictTarget.MaxRevision);
        return row;
    }

    private static TableEntity ChangeOf(TableEntity row)
    {
        var change = new TableEntity(row.PartitionKey, KeyOf(row.RowKey, row.GetInt32(Version)!.Value));
        foreach (string column in (string[])[Kind, Version, By, At, ReasonColumn, RuleRevision])
        {
            change[column] = row[column];
        }

        return change;
    }

    private static string KeyOf(string rowKey, int version) => string.Create(CultureInfo.InvariantCulture, $"{rowKey}{BeforeVersion}{version:D6}");

    private static IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Parts(DateTimeOffset from, DateTimeOffset to)
    {
        const int maxParts = 32;
        var part = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerDay, ((to - from).Ticks + maxParts - 1) / maxParts));
        for (DateTimeOffset end = to; end > from;)
        {
            DateTimeOffset start = end - from > part ? end - part : from;
            yield return (start, end);
            end = start;
        }
    }

    /// <summary>The newest of a span, which is read from its beginning.</summary>
    private async Task<List<Verdict>> NewestAsync(DateTimeOffset from, DateTimeOffset to, int wanted, string? ruleId, CancellationToken cancellationToken)
    {
        // Rows of the history have no version of a schema.
        string filter = DetectionTable.Spanning(from, to) + " and SchemaVersion ge 1";
        if (ruleId is not null)
        {
            filter += TableClient.CreateQueryFilter($" and RuleId eq {ruleId}");
        }

        var found = new List<Verdict>();
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(filter, select: Columns, cancellationToken: cancellationToken).OrNoneAsync(cancellationToken))
        {
            found.Add(Read(row));
            if (found.Count >= 2 * wanted)
            {
                KeepNewest();
            }
        }

        KeepNewest();
        return found;

        void KeepNewest()
        {
            found.Sort((one, other) => string.CompareOrdinal(one.Id.RowKey, other.Id.RowKey));
            found.RemoveRange(Math.Min(wanted, found.Count), Math.Max(0, found.Count - wanted));
        }
    }

    private async Task<List<TableEntity>> RowsAsync(IEnumerable<DetectionId> ids, CancellationToken cancellationToken)
    {
        var found = new List<TableEntity>();
        await Parallel.ForEachAsync(
            ids.Distinct().GroupBy(id => id.PartitionKey),
            StorageConcurrency.Options(cancellationToken),
            async (partition, token) =>
            {
                HashSet<string> keys = [.. partition.Select(id => id.RowKey)];
                List<TableEntity> rows = await _table
                    .QueryAsync<TableEntity>(
                        DetectionTable.Between(partition.Key, [.. keys]) + " and SchemaVersion ge 1", select: Columns, cancellationToken: token)
                    .OrNoneAsync(token)
                    .Where(row => keys.Contains(row.RowKey))
                    .ToListAsync(token);
                lock (found)
                {
                    found.AddRange(rows);
                }
            });
        return found;
    }

    private static Verdict Read(TableEntity row)
    {
        VerdictChange change = ReadChange(row);
        return new Verdict(RowValues.IdOf(row), change.Kind, change.Version, change.By, change.At, change.Reason, change.RuleRevision)
        {
            RuleId = RowValues.Required(row, nameof(Detection.RuleId)),
            RuleTitle = RowValues.Required(row, nameof(Detection.RuleTitle)),
            Level = row.GetString(nameof(Detection.Level)),
        };
    }

    private static VerdictChange ReadChange(TableEntity row)
    {
        try
        {
            return new VerdictChange(
                Parse(RowValues.Required(row, Kind)) ?? throw RowValues.Missing(row, Kind),
                row.GetInt32(Version) ?? throw RowValues.Missing(row, Version),
                RowValues.Required(row, By),
                row.GetDateTimeOffset(At) ?? throw RowValues.Missing(row, At),
                row.GetString(ReasonColumn),
                row.GetString(RuleRevision));
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException($"Row {row.PartitionKey}/{row.RowKey}: a property is not of its type.", exception);
        }
    }

    private static string Write(VerdictKind kind)
    {
        string name = kind.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    private static VerdictKind? Parse(string text) => Enum.GetValues<VerdictKind>().Cast<VerdictKind?>().FirstOrDefault(kind => Write(kind!.Value) == text);
}
