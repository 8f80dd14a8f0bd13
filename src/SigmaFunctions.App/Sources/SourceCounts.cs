using SigmaFunctions.Storage.Sources;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Sources;

/// <summary>
/// What this instance counted of sources and has not yet written: added to after each batch, taken by <see cref="SourceReporter"/>. Safe for concurrent use; what
/// it keeps is bounded, and so is how many rows come of it.
/// </summary>
public sealed class SourceCounts
{
    /// <summary>Most pairs of source and hour before they are taken; sources beyond count as <see cref="EventSource.Other"/>.</summary>
    public const int MaxHours = 16_384;

    /// <summary>Most views of all of them; those beyond are not counted.</summary>
    public const int MaxViews = 8_192;

    /// <summary>Most rows, one for a source and day, that are begun on a day; sources beyond are <see cref="SourceKey.RestOf"/> the hub.</summary>
    public const int MaxRows = 4_096;

    private readonly Lock _gate = new();
    private readonly HashSet<(SourceKey Source, DateOnly Day)> _begun = [];
    private Dictionary<(string Hub, EventSource Source, DateTime Hour), SourceHour> _hours = [];
    private int _viewsLeft = MaxViews;
    private DateOnly _today;

    /// <summary>Adds what was counted of a batch, which is not used any more.</summary>
    internal void Add(string hub, SourceBatch batch)
    {
        lock (_gate)
        {
            foreach (SourceHour hour in batch.Hours)
            {
                (string, EventSource, DateTime) key = (hub, hour.Source, hour.Hour);
                if (_hours.Count >= MaxHours && !_hours.ContainsKey(key))
                {
                    key = (hub, EventSource.Other, hour.Hour);
                }

                if (!_hours.TryGetValue(key, out SourceHour? known))
                {
                    _hours.Add(key, known = new SourceHour(key.Item2, hour.Hour));
                }

                known.Add(hour, ref _viewsLeft);
            }
        }
    }

    /// <summary>Takes all that was counted since, by source and day. Calls must not overlap.</summary>
    /// <param name="today">Today (UTC).</param>
    internal IReadOnlyList<SourceDay> Take(DateOnly today)
    {
        Dictionary<(string Hub, EventSource Source, DateTime Hour), SourceHour> taken;
        lock (_gate)
        {
            (taken, _hours, _viewsLeft) = (_hours, [], MaxViews);
        }

        if (today != _today)
        {
            _today = today;
            _begun.Clear();
        }

        var days = new Dictionary<(SourceKey, DateOnly), SourceDay>();

        // When there is not room for all, names that came once give way to those that come a lot.
        foreach (((string hub, EventSource source, DateTime hour), SourceHour counted) in taken.OrderByDescending(one => one.Value.Events))
        {
            var date = DateOnly.FromDateTime(hour);
            (SourceKey Source, DateOnly Day) row = (new SourceKey(hub, source.Shape, source.Channel, source.Provider, source.Tenant), date);
            if (!row.Source.IsRest && !_begun.Contains(row) && (_begun.Count == MaxRows || !_begun.Add(row)))
            {
                row = (SourceKey.RestOf(hub), date);
            }

            if (!days.TryGetValue(row, out SourceDay? day))
            {
                days.Add(row, day = new SourceDay(row.Source, date));
            }

            Add(counted, day);
        }

        return [.. days.Values];
    }

    private static void Add(SourceHour counted, SourceDay day)
    {
        day.Add(counted.LastEnqueued, counted.Events);
        foreach (SourceHour.View view in counted.Views)
        {
            SourceDayView ofDay = day.View(view.LogSources);
            ofDay.Add(view.Events);
            for (int slot = 0; slot < view.Present.Length; slot++)
            {
                ofDay.Add(view.Route.Fields[slot], view.Present[slot], view.Events);
            }
        }
    }
}
