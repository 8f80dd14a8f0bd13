using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.Storage.Outputs;

/// <summary>
/// Times in which an output is told the first alerts of a rule one by one and of the others how many they were. A row of the table of
/// <see cref="AlertWindows"/>, which removes it a week after its end, says which alerts were told; one more for each of the others is what
/// is counted in the end. Any number of instances may write at once.
/// </summary>
public sealed class BurstTable
{
    private const string Id = "Burst";
    private const string From = "From";
    private const string Until = "Until";
    private const string Told = "Told";
    private const string IsAnnounced = "IsAnnounced";
    private const string IsClosed = "IsClosed";
    private const string Host = "Host";
    private const char Separator = ' ';

    private readonly TableClient _table;
    private readonly string _output;

    /// <summary>Uses the table of windows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="output">Name of the output.</param>
    public BurstTable(TableClient table, string output)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentException.ThrowIfNullOrEmpty(output);
        (_table, _output) = (table, output);
    }

    /// <summary>Looks at the burst of a rule, and changes nothing.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<SeenBurst> LookAsync(string ruleId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ruleId);
        (string partition, string row) = KeyOf("rule", ruleId);
        NullableResponse<TableEntity> found = await _table.GetEntityIfExistsAsync<TableEntity>(partition, row, cancellationToken: cancellationToken);
        return found.HasValue ? new SeenBurst(partition, row, Read(found.Value!), found.Value!.ETag) : new SeenBurst(partition, row, null, null);
    }

    /// <summary>Writes a burst where it is still as it was seen.</summary>
    /// <returns>Whether it is written; not where another was faster.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<bool> TryWriteAsync(SeenBurst seen, StoredBurst next, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(next);
        var row = new TableEntity(seen.PartitionKey, seen.RowKey)
        {
            [Id] = next.Burst.Id,
            [From] = next.Burst.From,
            [Until] = next.Burst.Until,
            [Told] = string.Join(Separator, next.Told),
            [IsAnnounced] = next.IsAnnounced,
            [IsClosed] = next.IsClosed,
        };
        try
        {
            await (seen.Tag is { } tag
                ? _table.UpdateEntityAsync(row, tag, TableUpdateMode.Replace, cancellationToken)
                : _table.AddEntityAsync(row, cancellationToken));
            return true;
        }
        catch (RequestFailedException exception) when (AlertWindows.IsConflict(exception))
        {
            return false;
        }
    }

    /// <summary>Counts an alert in a burst; the same again changes nothing.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task AddAsync(OutputBurst burst, Alert alert, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(burst);
        ArgumentNullException.ThrowIfNull(alert);
        (string partition, string row) = KeyOf("alert", burst.Id);
        var counted = new TableEntity(partition, row + alert.Id) { [Until] = burst.Until };
        if (alert.Host is { } host)
        {
            // Hashed: who a person's detections are erased of must not stay here.
            counted[Host] = Hash($"{alert.TenantId?.ToUpperInvariant()}\n{host.ToUpperInvariant()}");
        }

        return _table.UpsertEntityAsync(counted, TableUpdateMode.Replace, cancellationToken);
    }

    /// <summary>Takes an alert out of a burst again.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task RemoveAsync(OutputBurst burst, Alert alert, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(burst);
        ArgumentNullException.ThrowIfNull(alert);
        (string partition, string row) = KeyOf("alert", burst.Id);
        return _table.DeleteEntityAsync(partition, row + alert.Id, ETag.All, cancellationToken);
    }

    /// <summary>Counts the alerts of a burst that are not told one by one.</summary>
    /// <param name="burst">The burst.</param>
    /// <param name="named">Most hosts of which an alert is given.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<BurstCount> CountAsync(OutputBurst burst, int named, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(burst);
        (string partition, string row) = KeyOf("alert", burst.Id);
        var hosts = new SortedDictionary<string, (int Count, string AlertId)>(StringComparer.Ordinal);
        int alerts = 0;

        // An id of an alert begins with a digit.
        string end = row + ":";
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {row} and RowKey lt {end}");
        await foreach (TableEntity counted in _table.QueryAsync<TableEntity>(filter, select: ["RowKey", Host], cancellationToken: cancellationToken))
        {
            alerts++;
            if (counted[Host] is string host)
            {
                hosts[host] = (hosts.GetValueOrDefault(host).Count + 1, counted.RowKey[row.Length..]);
            }
        }

        return new BurstCount(alerts, hosts.Count, [.. hosts.Values.OrderByDescending(host => host.Count).Take(named).Select(host => host.AlertId)]);
    }

    // What is no burst counts as none, and is replaced.
    private static StoredBurst? Read(TableEntity row) =>
        row[Id] is string id && row[From] is DateTimeOffset from && row[Until] is DateTimeOffset until && row[Told] is string told
            ? new StoredBurst(new OutputBurst(id, from, until), [.. told.Split(Separator)]) { IsAnnounced = row[IsAnnounced] is true, IsClosed = row[IsClosed] is true }
            : null;

    // As in the table of windows: hashed, since a key holds names, in 256 partitions.
    private (string Partition, string Row) KeyOf(string kind, string key)
    {
        string hash = Hash($"burst\n{_output}\n{kind}\n{key}");
        return (hash[..2], hash + "-burst-");
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}

/// <summary>A time in which an output is told some alerts of a rule one by one.</summary>
/// <param name="Burst">Which.</param>
/// <param name="Told">Ids of the alerts that are told one by one.</param>
public sealed record StoredBurst(OutputBurst Burst, ImmutableArray<string> Told)
{
    /// <summary>Whether the message that tells of the others has been put on the queue.</summary>
    public bool IsAnnounced { get; init; }

    /// <summary>Whether what is counted is being told: nothing is added any more.</summary>
    public bool IsClosed { get; init; }
}

/// <summary>A burst as it was when somebody looked.</summary>
/// <param name="PartitionKey">Partition of its row.</param>
/// <param name="RowKey">Its row.</param>
/// <param name="Burst">The burst, open or ended; null where there was none.</param>
/// <param name="Tag">The row's tag; null where there was no row.</param>
public sealed record SeenBurst(string PartitionKey, string RowKey, StoredBurst? Burst, ETag? Tag);

/// <summary>How many alerts of a burst were not told one by one.</summary>
/// <param name="Alerts">How many.</param>
/// <param name="HostCount">On how many hosts.</param>
/// <param name="AlertIds">One of each of the hosts with the most.</param>
public sealed record BurstCount(int Alerts, int HostCount, ImmutableArray<string> AlertIds);
