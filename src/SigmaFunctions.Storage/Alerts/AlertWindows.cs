using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Alerts;

/// <summary>
/// The table of windows: times for which one alert stands for all that follow it of the same kind (a rule on an entity, a rule on a
/// host that it is muted on, or a rule as a whole). Any number of instances may write at once: each looks, decides, and writes where
/// nothing has changed meanwhile, so one of them opens the window.
/// </summary>
public sealed class AlertWindows
{
    /// <summary>What is put behind the name of the table of detections.</summary>
    public const string NameSuffix = "Windows";

    private const string AlertId = "AlertId";
    private const string Until = "Until";
    private const string HeldBack = "HeldBack";
    private const string HeldBackBefore = "HeldBackBefore";
    private const string Hosts = "Hosts";
    private const int Partitions = 256;
    private const int MaxRemoved = 1_000;

    /// <summary>
    /// For how long a closed window is kept: as long as a detection that opened it may come again, and the next alert may tell what
    /// was held back in it.
    /// </summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    private readonly TableClient _table;
    private readonly TimeProvider _timeProvider;

    /// <summary>Uses a table that exists.</summary>
    /// <param name="table">The table.</param>
    /// <param name="timeProvider">Clock of the windows; the system's where none is given.</param>
    public AlertWindows(TableClient table, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Creates the table where it is not there.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <summary>Looks at a window, and changes nothing.</summary>
    /// <param name="key">What the window is for.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<SeenWindow> LookAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        TableEntity? row = await FindRowAsync(key, cancellationToken);
        return new SeenWindow(key, row is null ? null : Read(row), row?.ETag);
    }

    /// <summary>Looks at the mutes of a rule, and changes nothing.</summary>
    /// <param name="ruleId">The rule.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<SeenMutes> LookAtMutesAsync(string ruleId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ruleId);
        TableEntity? row = await FindRowAsync(RuleKey(ruleId), cancellationToken);
        return row is null
            ? new SeenMutes(ruleId, RuleMutes.None, null)
            : new SeenMutes(ruleId, new RuleMutes(Read(row), RuleMutes.ParseHosts(row[Hosts] as string)), row.ETag);
    }

    /// <summary>Writes a window where it is still as it was seen.</summary>
    /// <param name="seen">What was seen.</param>
    /// <param name="next">What is to be there.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>What is there now; null where another was faster, and nothing is written.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<SeenWindow?> TryWriteAsync(SeenWindow seen, AlertWindow next, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(next);
        TableEntity row = NewRow(seen.Key);
        Write(row, next);
        return await TryWriteAsync(row, seen.Tag, cancellationToken) is { } tag ? new SeenWindow(seen.Key, next, tag) : null;
    }

    /// <summary>Writes the mutes of a rule where they are still as they were seen.</summary>
    /// <param name="seen">What was seen.</param>
    /// <param name="next">What is to be there: one mute or more, and at most <see cref="RuleMutes.MaxHosts"/> on hosts.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>What is there now; null where another was faster, and nothing is written.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<SeenMutes?> TryWriteAsync(SeenMutes seen, RuleMutes next, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(next);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(next.Hosts.Count, RuleMutes.MaxHosts);
        TableEntity row = NewRow(RuleKey(seen.RuleId));

        // Without an alert it is no window to those that know only of mutes everywhere; the time says when it may be removed.
        if (next.Everywhere is { } everywhere)
        {
            Write(row, everywhere);
        }
        else
        {
            row[Until] = next.Hosts.Values.Max(mute => mute.Until);
        }

        if (next.Hosts.Count > 0)
        {
            row[Hosts] = next.FormatHosts();
        }

        return await TryWriteAsync(row, seen.Tag, cancellationToken) is { } tag ? new SeenMutes(seen.RuleId, next, tag) : null;
    }

    /// <summary>
    /// Removes windows that have been closed for <see cref="KeptFor"/>, at most 1,000, of one of the table's 256 partitions, which
    /// follows from the clock's minute: asked every minute, it passes over the whole table in a little more than four hours.
    /// </summary>
    /// <returns>Number of windows removed.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    public async Task<int> RemoveClosedAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = _timeProvider.GetUtcNow();
        DateTimeOffset closed = now - KeptFor;
        string partition = (now.UtcTicks / TimeSpan.TicksPerMinute % Partitions).ToString("x2", CultureInfo.InvariantCulture);
        string filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition} and Until lt {closed}");
        int removed = 0;
        await Parallel.ForEachAsync(
            _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken).Take(MaxRemoved),
            StorageConcurrency.Options(cancellationToken),
            async (row, token) =>
            {
                if (await TryRemoveAsync(row, token))
                {
                    Interlocked.Increment(ref removed);
                }
            });
        return removed;
    }

    // One that was opened again meanwhile stays.
    private async Task<bool> TryRemoveAsync(TableEntity row, CancellationToken cancellationToken)
    {
        try
        {
            await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, row.ETag, cancellationToken);
            return true;
        }
        catch (RequestFailedException exception) when (IsConflict(exception))
        {
            return false;
        }
    }

    private async Task<TableEntity?> FindRowAsync(string key, CancellationToken cancellationToken)
    {
        TableEntity row = NewRow(key);
        NullableResponse<TableEntity> found =
            await _table.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: cancellationToken);
        return found.HasValue ? found.Value : null;
    }

    // The tag of what was written; null where another was faster.
    private async Task<ETag?> TryWriteAsync(TableEntity row, ETag? replaces, CancellationToken cancellationToken)
    {
        try
        {
            Response response = await (replaces is { } tag
                ? _table.UpdateEntityAsync(row, tag, TableUpdateMode.Replace, cancellationToken)
                : _table.AddEntityAsync(row, cancellationToken));
            return response.Headers.ETag ?? throw new InvalidOperationException("The table gave no tag for a row that it took.");
        }
        catch (RequestFailedException exception) when (IsConflict(exception))
        {
            return null;
        }
    }

    private static void Write(TableEntity row, AlertWindow window)
    {
        row[AlertId] = window.AlertId.Value;
        row[Until] = window.Until;
        row[HeldBack] = window.HeldBack;
        row[HeldBackBefore] = window.HeldBackBefore;
    }

    /// <summary>Whether a write was refused since another was faster.</summary>
    internal static bool IsConflict(RequestFailedException exception) =>
        exception.ErrorCode == TableErrorCode.EntityAlreadyExists.ToString()
        || exception.ErrorCode == TableErrorCode.UpdateConditionNotSatisfied.ToString()
        || exception.ErrorCode == TableErrorCode.ResourceNotFound.ToString();

    // What is no window counts as none, and is replaced when one opens: a detection must not wait for someone to mend a row.
    private static AlertWindow? Read(TableEntity row) =>
        DetectionId.TryParse(row[AlertId] as string, out DetectionId alert) && row[Until] is DateTimeOffset until
            ? new AlertWindow(alert, until, row[HeldBack] as int? ?? 0, row[HeldBackBefore] as int? ?? 0)
            : null;

    private static string RuleKey(string ruleId) => $"rule\n{ruleId}";

    // Hashed, since a key holds names from events; 256 partitions, since one takes 2,000 requests a second.
    private static TableEntity NewRow(string key)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))[..16]);
        return new TableEntity(hash[..2], hash);
    }
}

/// <summary>A time for which one alert stands for others.</summary>
/// <param name="AlertId">The alert that opened it.</param>
/// <param name="Until">When it closes (UTC).</param>
/// <param name="HeldBack">Detections held back in it, about.</param>
/// <param name="HeldBackBefore">Detections held back in the window before it, about; 0 where there was none.</param>
public sealed record AlertWindow(DetectionId AlertId, DateTimeOffset Until, int HeldBack, int HeldBackBefore);

/// <summary>A window as it was when somebody looked.</summary>
/// <param name="Key">What it is for.</param>
/// <param name="Window">The window, open or closed; null where there was none.</param>
/// <param name="Tag">The row's tag; null where there was no row.</param>
public sealed record SeenWindow(string Key, AlertWindow? Window, ETag? Tag);

/// <summary>The mutes of a rule as they were when somebody looked.</summary>
/// <param name="RuleId">The rule.</param>
/// <param name="Mutes">The mutes, open and closed.</param>
/// <param name="Tag">The row's tag; null where there was no row.</param>
public sealed record SeenMutes(string RuleId, RuleMutes Mutes, ETag? Tag);
