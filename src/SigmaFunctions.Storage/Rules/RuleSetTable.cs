using System.Collections.Immutable;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Rules;

/// <summary>The table in which apps say which rules they run, and which they could not. One row for each version of rules, however many instances run it.</summary>
public sealed class RuleSetTable
{
    /// <summary>Name of the table that deployments create.</summary>
    public const string DefaultName = "RuleSets";

    private const string Partition = "rules";
    private const string Loaded = "Loaded";
    private const string Broken = "Broken";

    // Texts of a property are at most 32 K characters.
    private const int MaxText = 30_000;

    private readonly TableClient _table;

    /// <summary>Uses a table that exists.</summary>
    public RuleSetTable(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>Creates the table where there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <summary>Writes what an app did with a version of rules, in place of what was said of it before.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task WriteAsync(RuleSetReport report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        var row = new TableEntity(Partition, report.Key)
        {
            ["State"] = report.Broken is null ? Loaded : Broken,
            ["At"] = report.At,
            ["PushedSet"] = report.Set,
            ["Revision"] = report.Revision,
            ["Rules"] = report.Rules,
            ["Rejected"] = report.Rejected,
            ["Reason"] = report.Broken is { } reason ? BoundedText.Cut(reason, MaxText) : null,
            ["Rejections"] = JsonSerializer.Serialize(Bounded(report.Rejections)),
        };
        await _table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken);
    }

    /// <summary>What was said of all versions, newest first.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of this form.</exception>
    public async Task<IReadOnlyList<RuleSetReport>> ListAsync(CancellationToken cancellationToken)
    {
        var reports = new List<RuleSetReport>();
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(row => row.PartitionKey == Partition, cancellationToken: cancellationToken))
        {
            reports.Add(Read(row));
        }

        return [.. reports.OrderByDescending(report => report.At)];
    }

    private static RuleSetReport Read(TableEntity row)
    {
        try
        {
            return new RuleSetReport(row.RowKey, row.GetDateTimeOffset("At") ?? throw Malformed(row))
            {
                Set = row.GetString("PushedSet"),
                Revision = row.GetString("Revision"),
                Rules = row.GetInt32("Rules") ?? 0,
                Rejected = row.GetInt32("Rejected") ?? 0,
                Broken = row.GetString("State") == Broken ? row.GetString("Reason") ?? "" : null,
                Rejections = JsonSerializer.Deserialize<ImmutableArray<string>>(row.GetString("Rejections") ?? "[]"),
            };
        }
        catch (Exception exception) when (exception is InvalidOperationException or JsonException)
        {
            throw Malformed(row);
        }
    }

    private static FormatException Malformed(TableEntity row) => new($"Row {row.PartitionKey}/{row.RowKey} does not tell of a set of rules.");

    // Some of them, whole: 'Rejected' tells how many there are.
    private static List<string> Bounded(IEnumerable<string> rejections)
    {
        var bounded = new List<string>();
        int length = 0;
        foreach (string rejection in rejections)
        {
            // Escaped, a character has up to six.
            length += JsonSerializer.Serialize(rejection).Length + 1;
            if (length > MaxText)
            {
                break;
            }

            bounded.Add(rejection);
        }
        return bounded;
    }
}

/// <summary>What an app did with a version of rules.</summary>
/// <param name="Key">The version: hex digits (<see cref="RuleStoreVersion.Key"/>).</param>
/// <param name="At">When an instance last said so (UTC).</param>
public sealed record RuleSetReport(string Key, DateTimeOffset At)
{
    /// <summary>The pushed set; null where rules were put into the container one by one.</summary>
    public string? Set { get; init; }

    /// <summary>Revision of the rules; null if they could not be read.</summary>
    public string? Revision { get; init; }

    /// <summary>Rules that run.</summary>
    public int Rules { get; init; }

    /// <summary>Documents that were rejected.</summary>
    public int Rejected { get; init; }

    /// <summary>Why these rules do not run; null if they do.</summary>
    public string? Broken { get; init; }

    /// <summary>What was rejected and why, as many as fit.</summary>
    public ImmutableArray<string> Rejections { get; init; } = [];
}
