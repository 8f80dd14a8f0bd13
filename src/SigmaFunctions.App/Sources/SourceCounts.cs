using SigmaFunctions.Storage.Sources;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Sources;

/// <summary>
/// What this instance counted of sources and has not yet written: added to after each batch, taken by <see cref="SourceReporter"/>. Safe for concurrent use; what
/// it keeps is bounded.
/// </summary>
public sealed class SourceCounts
{
    /// <summary>Most pairs of source and hour; what comes beyond before they are written is not counted.</summary>
    public const int MaxHours = 4_096;

    private readonly Lock _gate = new();
    private Dictionary<(string Hub, EventSource Source, DateTime Hour), SourceHour> _hours = [];

    /// <summary>Adds what was counted of a batch, which is not used any more.</summary>
    internal void Add(string hub, SourceBatch batch)
    {
        lock (_gate)
        {
            foreach (SourceHour hour in batch.Hours)
            {
                (string, EventSource, DateTime) key = (hub, hour.Source, hour.Hour);
                if (_hours.TryGetValue(key, out SourceHour? known))
                {
                    known.Add(hour);
                }
                else if (_hours.Count < MaxHours)
                {
                    _hours.Add(key, hour);
                }
            }
        }
    }

    /// <summary>Takes all that was counted since, by source and day.</summary>
    internal IReadOnlyList<SourceDay> Take()
    {
        Dictionary<(string Hub, EventSource Source, DateTime Hour), SourceHour> taken;
        lock (_gate)
        {
            (taken, _hours) = (_hours, []);
        }

        var days = new Dictionary<(SourceKey, DateOnly), SourceDay>();
        foreach (((string hub, EventSource source, DateTime hour), SourceHour counted) in taken)
        {
            var key = new SourceKey(hub, source.Shape, source.Channel, source.Provider, source.Tenant);
            var date = DateOnly.FromDateTime(hour);
            if (!days.TryGetValue((key, date), out SourceDay? day))
            {
                days.Add((key, date), day = new SourceDay(key, date));
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
