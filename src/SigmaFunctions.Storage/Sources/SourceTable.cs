using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;

namespace SigmaFunctions.Storage.Sources;

/// <summary>
/// The table of what arrives: a row for each source and day, to which all instances add; for each day one of the hours in which somebody looked; and a row for each source
/// of which people were told something.
/// </summary>
public sealed class SourceTable
{
    /// <summary>What is put behind the name of the table of detections.</summary>
    public const string NameSuffix = "Sources";

    /// <summary>The table's name where that of detections is the default.</summary>
    public const string DefaultName = Detections.DetectionTable.DefaultName + NameSuffix;

    /// <summary>Most rows of days that are read, the newest first; older ones are passed over.</summary>
    public const int MaxRows = 100_000;

    /// <summary>Most characters of views that are read, the newest first; days beyond have none.</summary>
    public const int MaxViewCharacters = 16_000_000;

    /// <summary>How often a row is tried to be written while others write it too.</summary>
    public const int MaxTries = 10;

    // "day-20261130" and "told": the one stands before the other.
    private const string DayPrefix = "day-";
    private const string BehindDays = "day.";
    private const string ToldPartition = "told";

    // Beside the hashes of sources.
    private const string ChecksRow = "checks";

    private const string Hours = "Hours";
    private const string LastEnqueued = "LastEnqueued";
    private const string Views = "Views";
    private const string ViewsLeftOut = "ViewsLeftOut";
    private const string SilentSince = "SilentSince";
    private const string Lost = "Lost";

    private readonly TableClient _table;

    /// <summary>Uses a table; it is made where there is none when something is added.</summary>
    public SourceTable(TableClient table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>Creates the table where there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <summary>Adds what was counted to what the table has of the source and day.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused, or others wrote the row in all <see cref="MaxTries"/>.</exception>
    public Task AddAsync(SourceDay counted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(counted);
        return AddAsync(counted, counted.Source.RowKey, cancellationToken);
    }

    /// <summary>Notes that somebody looked: what comes at that time is counted.</summary>
    /// <param name="time">When (UTC).</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused, or others wrote the row in all <see cref="MaxTries"/>.</exception>
    public Task AddCheckAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        var check = new SourceDay(new SourceKey("", "", "", "", ""), DateOnly.FromDateTime(time.UtcDateTime));
        check.Add(time, 1);
        return AddAsync(check, ChecksRow, cancellationToken);
    }

    /// <summary>All sources since a day. When there are too many rows, the oldest are missing.</summary>
    /// <param name="since">The first day (UTC).</param>
    /// <param name="fieldsSince">The first day of which <see cref="SourceDay.Views"/> are read; of those before it they are empty.</param>
    /// <param name="today">Today (UTC).</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task<SourceHistory> ListAsync(DateOnly since, DateOnly fieldsSince, DateOnly today, CancellationToken cancellationToken) =>
        ListAsync(since, fieldsSince, today, MaxRows, MaxViewCharacters, cancellationToken);

    internal async Task<SourceHistory> ListAsync(
        DateOnly since, DateOnly fieldsSince, DateOnly today, int maxRows, int maxViewCharacters, CancellationToken cancellationToken)
    {
        var days = new Dictionary<SourceKey, List<SourceDay>>();
        var checks = new HashSet<DateTime>();
        int rows = 0;
        long characters = 0;
        string[] columns = ["PartitionKey", "RowKey", .. SourceKey.Columns, Hours, LastEnqueued];

        // A hub's clock may be ahead.
        string end = BehindDays;
        for (DateOnly date = today; date >= since && rows < maxRows; end = PartitionOf(date), date = date.AddDays(-1))
        {
            await ReadAsync(Filter(PartitionOf(date), end), date >= fieldsSince ? null : columns);
        }

        return new SourceHistory([.. days.Values.Select(ofSource => ofSource.OrderBy(day => day.Day).ToArray())], checks);

        async Task ReadAsync(string filter, string[]? select)
        {
            await foreach (TableEntity row in _table.QueryAsync<TableEntity>(filter, select: select, cancellationToken: cancellationToken))
            {
                if (row.RowKey == ChecksRow)
                {
                    SourceDay check = ReadDay(row);
                    checks.UnionWith(check.Hours.Index().Where(hour => hour.Item > 0).Select(hour => check.Day.ToDateTime(new TimeOnly(hour.Index, 0))));
                    continue;
                }

                if (rows++ == maxRows)
                {
                    return;
                }

                characters += row.GetString(Views)?.Length ?? 0;
                if (characters > maxViewCharacters)
                {
                    row.Remove(Views);
                }

                SourceDay day = ReadDay(row);
                if (day.Hours.Any(events => events > 0))
                {
                    if (!days.TryGetValue(day.Source, out List<SourceDay>? ofSource))
                    {
                        days.Add(day.Source, ofSource = []);
                    }

                    ofSource.Add(day);
                }
            }
        }
    }

    /// <summary>A day of a source; null where nothing was counted.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<SourceDay?> FindAsync(SourceKey source, DateOnly day, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        NullableResponse<TableEntity> found = await _table.GetEntityIfExistsAsync<TableEntity>(PartitionOf(day), source.RowKey, cancellationToken: cancellationToken);
        return found.HasValue ? ReadDay(found.Value!) : null;
    }

    /// <summary>What people were told, in no order.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<IReadOnlyList<(SourceTold Told, ETag Version)>> ListToldAsync(CancellationToken cancellationToken)
    {
        var told = new List<(SourceTold, ETag)>();
        await foreach (TableEntity row in _table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {ToldPartition}"), cancellationToken: cancellationToken))
        {
            told.Add((new SourceTold(SourceKey.Read(row), row.GetDateTimeOffset(SilentSince), ReadLost(row.GetString(Lost))), row.ETag));
        }

        return told;
    }

    /// <summary>Writes what people are told of a source, or removes it where that is nothing.</summary>
    /// <param name="told">What they are told.</param>
    /// <param name="version">The version that it takes the place of; null where there is none.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>Whether it was written; if not, another instance was first, and tells them.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<bool> TryTellAsync(SourceTold told, ETag? version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(told);
        var row = new TableEntity(ToldPartition, told.Source.RowKey)
        {
            [SilentSince] = told.SilentSince,
            [Lost] = WriteLost(told.Lost),
        };
        told.Source.Write(row);
        try
        {
            Task work = (version, told.IsEmpty) switch
            {
                (null, true) => Task.CompletedTask,
                (null, false) => _table.AddEntityAsync(row, cancellationToken),
                ({ } known, true) => DeleteAsync(row, known),
                ({ } known, false) => _table.UpdateEntityAsync(row, known, TableUpdateMode.Replace, cancellationToken),
            };
            await work;
            return true;
        }
        catch (RequestFailedException exception) when (IsOthers(exception))
        {
            return false;
        }

        // A delete of what is gone succeeds quietly.
        async Task DeleteAsync(TableEntity entity, ETag known)
        {
            Response response = await _table.DeleteEntityAsync(entity.PartitionKey, entity.RowKey, known, cancellationToken);
            if (response.Status == 404)
            {
                throw new RequestFailedException(response);
            }
        }
    }

    /// <summary>Removes the days before one.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    public async Task RemoveAsync(DateOnly before, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (TableEntity row in _table.QueryAsync<TableEntity>(
                Filter(DayPrefix, PartitionOf(before)), select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken))
            {
                await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
            }
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == TableErrorCode.TableNotFound)
        {
            // Nothing was counted yet.
        }
    }

    private async Task AddAsync(SourceDay counted, string rowKey, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                NullableResponse<TableEntity> found = await _table.GetEntityIfExistsAsync<TableEntity>(
                    PartitionOf(counted.Day), rowKey, cancellationToken: cancellationToken);
                if (found.HasValue)
                {
                    SourceDay sum = ReadDay(found.Value!);
                    sum.Add(counted);

                    // What another version put there stays.
                    await _table.UpdateEntityAsync(Write(sum, rowKey), found.Value!.ETag, TableUpdateMode.Merge, cancellationToken);
                }
                else
                {
                    await _table.AddEntityAsync(Write(counted, rowKey), cancellationToken);
                }

                return;
            }
            catch (RequestFailedException exception) when (attempt < MaxTries && IsOthers(exception))
            {
                await Task.Delay(Random.Shared.Next(20 * attempt), cancellationToken);
            }
            catch (RequestFailedException exception) when (attempt < MaxTries && exception.ErrorCode == TableErrorCode.TableNotFound)
            {
                // Of a deployment that was made before there was this table.
                await CreateIfNotExistsAsync(cancellationToken);
            }
        }
    }

    private static string Filter(string from, string to) => TableClient.CreateQueryFilter($"PartitionKey ge {from} and PartitionKey lt {to}");

    private static string PartitionOf(DateOnly day) => DayPrefix + day.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    private static bool IsOthers(RequestFailedException exception) => exception.Status is 404 or 409 or 412 && exception.ErrorCode != TableErrorCode.TableNotFound;

    private static TableEntity Write(SourceDay day, string rowKey)
    {
        var row = new TableEntity(PartitionOf(day.Day), rowKey)
        {
            [Hours] = string.Join(' ', day.Hours.Select(events => events.ToString(CultureInfo.InvariantCulture))),
            [LastEnqueued] = day.LastEnqueued,
            [Views] = SourceDayJson.Write(day.Views.Values, out int leftOut),
            [ViewsLeftOut] = leftOut,
        };
        day.Source.Write(row);
        return row;
    }

    // A row that is not of its form tells nothing; what is counted from now on does.
    private static SourceDay ReadDay(TableEntity row)
    {
        DateOnly.TryParseExact(row.PartitionKey[DayPrefix.Length..], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date);
        var day = new SourceDay(SourceKey.Read(row), date);
        string[] hours = (row.GetString(Hours) ?? "").Split(' ');
        if (hours.Length != day.Hours.Count || row.GetDateTimeOffset(LastEnqueued) is not { } last)
        {
            return day;
        }

        day.SetHours([.. hours.Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long events) ? events : 0)], last);
        day.ViewsLeftOut = row.GetInt32(ViewsLeftOut) ?? 0;
        if (row.GetString(Views) is { } views)
        {
            try
            {
                SourceDayJson.Read(views, day);
            }
            catch (FormatException)
            {
                day.ViewsLeftOut++;
            }
        }

        return day;
    }

    // Names of fields are those of rules.
    private static string WriteLost(ImmutableArray<LostField> lost) => JsonSerializer.Serialize(lost);

    private static ImmutableArray<LostField> ReadLost(string? json)
    {
        try
        {
            return json is null ? [] : JsonSerializer.Deserialize<ImmutableArray<LostField>>(json);
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
