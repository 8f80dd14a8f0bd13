using System.Collections.Immutable;
using Azure;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.Pages.Model;

/// <summary>
/// Reads the detections of a range and keeps them by hour, so that the next question about it reads what may have changed alone: hours that are not over
/// for long are read again after seconds, others after minutes. Reads one range at a time; who asks meanwhile waits, and finds it read.
/// </summary>
internal sealed class BoardReader : IDisposable
{
    /// <summary>Detections that are kept, and looked at, at most: of more the newest.</summary>
    public const int DefaultMaxRows = 200_000;

    // What is recorded late: a batch that was tried again, or waited behind an outage.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SettledFor = TimeSpan.FromMinutes(5);

    private readonly DetectionSearch _search;
    private readonly VerdictStore _verdicts;
    private readonly TimeProvider _time;
    private readonly int _maxRows;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<DateTimeOffset, ReadHour> _hours = [];

    /// <param name="search">Where detections are read.</param>
    /// <param name="verdicts">Where verdicts are read.</param>
    /// <param name="time">The clock.</param>
    /// <param name="maxRows">Detections that are kept at most.</param>
    public BoardReader(DetectionSearch search, VerdictStore verdicts, TimeProvider time, int maxRows = DefaultMaxRows)
    {
        _search = search;
        _verdicts = verdicts;
        _time = time;
        _maxRows = maxRows;
    }

    /// <summary>The detections of a range.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of a detection.</exception>
    public async Task<BoardRead> ReadAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            DateTimeOffset? completeFrom = await RefreshAsync(from, to, cancellationToken);
            VerdictRange verdicts = await _verdicts.RangeAsync(from, to, _maxRows, ruleId: null, cancellationToken);
            IEnumerable<BoardRow> rows = _hours.Where(hour => hour.Key < to && hour.Key.AddHours(1) > from)
                .SelectMany(hour => hour.Value.Rows)
                .Where(row => row.Detection.Id.Time >= from && row.Detection.Id.Time < to);
            return new BoardRead(new DetectionBoard(rows, verdicts.Verdicts.ToDictionary(verdict => verdict.Id, verdict => verdict.Kind)), completeFrom);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private static DateTimeOffset HourOf(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    /// <summary>Reads what is not there or may have changed, the newest first.</summary>
    /// <returns>From when on all is there; null where that is the whole range.</returns>
    private async Task<DateTimeOffset?> RefreshAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _time.GetUtcNow();
        DateTimeOffset last = HourOf(to.AddTicks(-1));
        DateTimeOffset first = HourOf(from);
        foreach (DateTimeOffset hour in _hours.Keys.Where(hour => hour < first || hour > last).ToArray())
        {
            if (_hours.Values.Sum(read => read.Rows.Length) > _maxRows / 2)
            {
                _hours.Remove(hour);
            }
        }

        int kept = 0;
        for (DateTimeOffset hour = last; hour >= first;)
        {
            if (_hours.TryGetValue(hour, out ReadHour? read) && IsFresh(hour, read, now))
            {
                kept += read.Rows.Length;
            }
            else
            {
                // Hours that follow one another are read together.
                DateTimeOffset begin = hour;
                while (begin > first && !(_hours.TryGetValue(begin.AddHours(-1), out ReadHour? before) && IsFresh(begin.AddHours(-1), before, now)))
                {
                    begin = begin.AddHours(-1);
                }

                DetectionRange found = await _search.RangeAsync(begin, hour.AddHours(1), _maxRows - kept, cancellationToken);
                ILookup<DateTimeOffset, Detection> byHour = found.Detections.ToLookup(detection => HourOf(detection.Id.Time));
                DateTimeOffset complete = found.IsCut ? found.Detections[^1].Id.Time : begin;
                for (DateTimeOffset one = begin; one <= hour; one = one.AddHours(1))
                {
                    // What turned out to be none is not listed.
                    _hours[one] = new ReadHour(
                        [.. byHour[one].Where(detection => detection.Correlation is not { IsSuperseded: true }).Select(detection => new BoardRow(detection))], now, IsCut: one < complete);
                }

                kept += found.Detections.Count;
                hour = begin;
            }

            if (_hours[hour].IsCut || kept >= _maxRows)
            {
                // What is older is not looked at, though it may have been read for another range.
                foreach (DateTimeOffset older in _hours.Keys.Where(one => one < hour).ToArray())
                {
                    _hours.Remove(older);
                }

                return _hours[hour].Rows is [.., var oldest] ? oldest.Detection.Id.Time : hour.AddHours(1);
            }

            hour = hour.AddHours(-1);
        }

        return null;
    }

    private static bool IsFresh(DateTimeOffset hour, ReadHour read, DateTimeOffset now) =>
        !read.IsCut && now - read.At < (read.At > hour.AddHours(1) + Settling ? SettledFor : FreshFor);

    private sealed record ReadHour(ImmutableArray<BoardRow> Rows, DateTimeOffset At, bool IsCut);
}

/// <summary>What was read.</summary>
/// <param name="Board">The detections.</param>
/// <param name="CompleteFrom">From when on all are there, where there were too many; null where all are.</param>
internal sealed record BoardRead(DetectionBoard Board, DateTimeOffset? CompleteFrom);
