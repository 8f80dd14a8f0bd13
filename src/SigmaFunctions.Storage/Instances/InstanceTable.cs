using System.Collections.Immutable;
using Azure;
using Azure.Data.Tables;

namespace SigmaFunctions.Storage.Instances;

/// <summary>
/// The table in which every instance of the app says what it runs and how far it is. Instances come and go, and the one that is asked for
/// the app's health is seldom one that reads events.
/// </summary>
public sealed class InstanceTable
{
    /// <summary>What is put behind the name of the table of detections.</summary>
    public const string NameSuffix = "Instances";

    /// <summary>Age from which what an instance said is removed.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    /// <summary>Most batches in hand that a row holds, the oldest ones; with hubs' names of 256 characters they take less than half of what a property holds.</summary>
    public const int MaxBatchesInHand = 32;

    private const string Partition = "instances";

    private readonly TableClient _table;

    /// <summary>Uses a table that exists.</summary>
    public InstanceTable(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>Creates the table where there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <summary>Writes what an instance says, in place of what it said before.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task WriteAsync(InstanceReport report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        var row = new TableEntity(Partition, report.Instance)
        {
            ["At"] = report.At,
            ["AppVersion"] = report.AppVersion,
            ["Revision"] = report.Revision,
            ["Rules"] = report.Rules,
            ["Rejected"] = report.Rejected,
            ["IsStale"] = report.IsStale,
            ["Events"] = report.Events,
            ["LastBatchAt"] = report.LastBatchAt,
            ["LastEnqueuedTime"] = report.LastEnqueuedTime,
            ["InHand"] = BatchInHand.Write(report.InHand.OrderBy(batch => batch.OldestEnqueuedTime).Take(MaxBatchesInHand)),
            ["InHandCount"] = report.InHandCount,
            ["UncountedSince"] = report.UncountedSince,
            ["HasEnded"] = report.HasEnded ? true : null,
        };
        await _table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken);
    }

    /// <summary>What instances said since a time, the newest first.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of this form.</exception>
    public async Task<IReadOnlyList<InstanceReport>> ListAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and At ge {since}");
        var reports = new List<InstanceReport>();
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            reports.Add(Read(row));
        }

        return [.. reports.OrderByDescending(report => report.At)];
    }

    /// <summary>Removes what instances said before a time.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    public async Task RemoveAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and At lt {before}");
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(filter, select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken))
        {
            await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
        }
    }

    private static InstanceReport Read(TableEntity row)
    {
        try
        {
            return new InstanceReport(row.RowKey, row.GetDateTimeOffset("At")!.Value)
            {
                AppVersion = row.GetString("AppVersion"),
                Revision = row.GetString("Revision"),
                Rules = row.GetInt32("Rules") ?? 0,
                Rejected = row.GetInt32("Rejected") ?? 0,
                IsStale = row.GetBoolean("IsStale") ?? false,
                Events = row.GetInt64("Events") ?? 0,
                LastBatchAt = row.GetDateTimeOffset("LastBatchAt"),
                LastEnqueuedTime = row.GetDateTimeOffset("LastEnqueuedTime"),
                InHand = row.GetString("InHand") is { } inHand ? BatchInHand.Read(inHand) : [],
                InHandCount = row.GetInt32("InHandCount") ?? 0,
                UncountedSince = row.GetDateTimeOffset("UncountedSince"),
                HasEnded = row.GetBoolean("HasEnded") ?? false,
            };
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException($"Row {row.PartitionKey}/{row.RowKey} does not tell of an instance.", exception);
        }
    }
}

/// <summary>What an instance of the app says of itself.</summary>
/// <param name="Instance">Its name.</param>
/// <param name="At">When it said so (UTC).</param>
public sealed record InstanceReport(string Instance, DateTimeOffset At)
{
    /// <summary>Version of the app.</summary>
    public string? AppVersion { get; init; }

    /// <summary>Revision of the rules that it runs.</summary>
    public string? Revision { get; init; }

    /// <summary>Rules that it runs.</summary>
    public int Rules { get; init; }

    /// <summary>Documents that were rejected.</summary>
    public int Rejected { get; init; }

    /// <summary>Whether newer rules cannot be used.</summary>
    public bool IsStale { get; init; }

    /// <summary>Events that it has read since it started.</summary>
    public long Events { get; init; }

    /// <summary>When its last batch was done (UTC); null before the first.</summary>
    public DateTimeOffset? LastBatchAt { get; init; }

    /// <summary>When the hub took in the newest event of its last batch (UTC); null before the first.</summary>
    public DateTimeOffset? LastEnqueuedTime { get; init; }

    /// <summary>The batches that it has taken and not done, the oldest first; a row holds no more than <see cref="InstanceTable.MaxBatchesInHand"/> of them.</summary>
    public ImmutableArray<BatchInHand> InHand { get; init; } = [];

    /// <summary>How many it has in hand, beyond those of <see cref="InHand"/> too.</summary>
    public int InHandCount { get; init; }

    /// <summary>The hour (UTC) of the oldest events whose counts by source it could not write; null where it could write all. They are written when they can be.</summary>
    public DateTimeOffset? UncountedSince { get; init; }

    /// <summary>Whether it ended in good order, with its last words.</summary>
    public bool HasEnded { get; init; }
}
