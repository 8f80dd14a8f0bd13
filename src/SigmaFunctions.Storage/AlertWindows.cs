using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;

namespace SigmaFunctions.Storage;

/// <summary>
/// The table of windows: times for which one alert stands for all that follow it of the same kind (a rule on an entity, or a rule
/// as a whole). Any number of instances may ask at once; one of them opens the window.
/// </summary>
public sealed class AlertWindows
{
    /// <summary>What is put behind the name of the table of detections.</summary>
    public const string NameSuffix = "Windows";

    private const string AlertId = "AlertId";
    private const string Until = "Until";
    private const string HeldBack = "HeldBack";
    private const string HeldBackBefore = "HeldBackBefore";
    private const int MaximumConflicts = 16;
    private const int Partitions = 256;
    private const int MaximumRemoved = 1_000;
    private const int MaximumConcurrency = 8;

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

    /// <summary>
    /// Gives the alert that stands for these detections. Where the window is open it is the one that opened it, and the detections are
    /// counted with it; else the first of them opens it. Asking again for the detection that opened a window changes nothing.
    /// </summary>
    /// <param name="key">What the window is for.</param>
    /// <param name="detections">Detections of that kind, in order; at least one.</param>
    /// <param name="length">For how long the window is open.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<AlertWindow> EnterAsync(
        string key, IReadOnlyList<DetectionId> detections, TimeSpan length, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(detections);
        (string partition, string row) = Keys(key);
        for (int conflicts = 0; ; conflicts++)
        {
            NullableResponse<TableEntity> found =
                await _table.GetEntityIfExistsAsync<TableEntity>(partition, row, cancellationToken: cancellationToken);
            AlertWindow? current = found.HasValue ? Read(found.Value!) : null;
            if (current is not null && detections.Contains(current.AlertId))
                return current;
            bool isOpen = current is not null && current.Until > _timeProvider.GetUtcNow();

            // The count is for people: where a crowd counts at once, it may miss some.
            if (isOpen && conflicts == MaximumConflicts)
                return current!;
            AlertWindow next = isOpen
                ? current! with { HeldBack = current.HeldBack + detections.Count }
                : new AlertWindow(detections[0], _timeProvider.GetUtcNow() + length, detections.Count - 1, current?.HeldBack ?? 0);
            if (await TryWriteAsync(partition, row, next, found.HasValue ? found.Value!.ETag : null, conflicts, cancellationToken))
                return next;
        }
    }

    /// <summary>The window, open or closed; null where there was none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<AlertWindow?> FindAsync(string key, CancellationToken cancellationToken)
    {
        (string partition, string row) = Keys(key);
        NullableResponse<TableEntity> found =
            await _table.GetEntityIfExistsAsync<TableEntity>(partition, row, cancellationToken: cancellationToken);
        return found.HasValue ? Read(found.Value!) : null;
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
            _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken).Take(MaximumRemoved),
            new ParallelOptions { MaxDegreeOfParallelism = MaximumConcurrency, CancellationToken = cancellationToken },
            async (row, token) =>
            {
                if (await TryRemoveAsync(row, token))
                    Interlocked.Increment(ref removed);
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

    private async Task<bool> TryWriteAsync(
        string partition, string row, AlertWindow window, ETag? replaces, int conflicts, CancellationToken cancellationToken)
    {
        var entity = new TableEntity(partition, row)
        {
            [AlertId] = window.AlertId.Value,
            [Until] = window.Until,
            [HeldBack] = window.HeldBack,
            [HeldBackBefore] = window.HeldBackBefore,
        };
        try
        {
            await (replaces is { } tag
                ? _table.UpdateEntityAsync(entity, tag, TableUpdateMode.Replace, cancellationToken)
                : _table.AddEntityAsync(entity, cancellationToken));
            return true;
        }
        catch (RequestFailedException exception) when (conflicts < MaximumConflicts && IsConflict(exception))
        {
            return false;
        }
    }

    private static bool IsConflict(RequestFailedException exception) =>
        exception.ErrorCode == TableErrorCode.EntityAlreadyExists.ToString()
        || exception.ErrorCode == TableErrorCode.UpdateConditionNotSatisfied.ToString()
        || exception.ErrorCode == TableErrorCode.ResourceNotFound.ToString();

    // What is no window counts as none, and is replaced when one opens: a detection must not wait for someone to mend a row.
    private static AlertWindow? Read(TableEntity row) =>
        DetectionId.TryParse(row[AlertId] as string, out DetectionId alert) && row[Until] is DateTimeOffset until
            ? new AlertWindow(alert, until, row[HeldBack] as int? ?? 0, row[HeldBackBefore] as int? ?? 0)
            : null;

    // Hashed, since a key holds names from events; 256 partitions, since one takes 2,000 requests a second.
    private static (string Partition, string Row) Keys(string key)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))[..16]);
        return (hash[..2], hash);
    }
}

/// <summary>A time for which one alert stands for others.</summary>
/// <param name="AlertId">The alert that opened it.</param>
/// <param name="Until">When it closes (UTC).</param>
/// <param name="HeldBack">Detections held back in it, about.</param>
/// <param name="HeldBackBefore">Detections held back in the window before it, about; 0 where there was none.</param>
public sealed record AlertWindow(DetectionId AlertId, DateTimeOffset Until, int HeldBack, int HeldBackBefore);
