using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Storage.Sources;

/// <summary>
/// What arrived of a source on a day (UTC), by when the hub took it in. Counts are added to; they are statistics: after a crash or a redelivery some events
/// may be missing or counted twice. Not safe for concurrent use.
/// </summary>
/// <param name="source">The source.</param>
/// <param name="day">The day (UTC).</param>
public sealed class SourceDay(SourceKey source, DateOnly day)
{
    private readonly long[] _hours = new long[24];
    private readonly Dictionary<string, SourceDayView> _views = new(StringComparer.Ordinal);

    /// <summary>The source.</summary>
    public SourceKey Source { get; } = source;

    /// <summary>The day (UTC).</summary>
    public DateOnly Day { get; } = day;

    /// <summary>Number of events by hour, from 0 to 23.</summary>
    public IReadOnlyList<long> Hours => _hours;

    /// <summary>When the hub took in the newest event (UTC).</summary>
    public DateTimeOffset LastEnqueued { get; private set; }

    /// <summary>What rules see of the events, by their log sources. Those that there was no room for in the table are missing.</summary>
    public IReadOnlyDictionary<string, SourceDayView> Views => _views;

    /// <summary>Views that there was no room for when the row was written last.</summary>
    public int ViewsLeftOut { get; internal set; }

    /// <summary>Counts events.</summary>
    /// <param name="lastEnqueued">When the newest of them was enqueued; its hour counts them all.</param>
    /// <param name="events">How many.</param>
    public void Add(DateTimeOffset lastEnqueued, long events)
    {
        _hours[lastEnqueued.UtcDateTime.Hour] += events;
        LastEnqueued = lastEnqueued > LastEnqueued ? lastEnqueued : LastEnqueued;
    }

    /// <summary>The view of log sources; it is made where there is none.</summary>
    public SourceDayView View(LogSourceSet logSources)
    {
        ArgumentNullException.ThrowIfNull(logSources);
        string name = string.Join(" / ", logSources);
        if (!_views.TryGetValue(name, out SourceDayView? view))
        {
            _views.Add(name, view = new SourceDayView(logSources));
        }

        return view;
    }

    /// <summary>Adds what else was counted of the same source and day.</summary>
    internal void Add(SourceDay other)
    {
        for (int hour = 0; hour < _hours.Length; hour++)
        {
            _hours[hour] += other._hours[hour];
        }

        LastEnqueued = other.LastEnqueued > LastEnqueued ? other.LastEnqueued : LastEnqueued;
        foreach (SourceDayView view in other._views.Values)
        {
            View(view.LogSources).Add(view);
        }
    }

    internal void SetHours(ReadOnlySpan<long> hours, DateTimeOffset lastEnqueued)
    {
        hours.CopyTo(_hours);
        LastEnqueued = lastEnqueued;
    }
}

/// <summary>What rules of some log sources see of a source on a day.</summary>
/// <param name="logSources">The events' log sources.</param>
public sealed class SourceDayView(LogSourceSet logSources)
{
    private readonly Dictionary<string, FieldArrivals> _fields = new(StringComparer.Ordinal);

    /// <summary>The events' log sources.</summary>
    public LogSourceSet LogSources { get; } = logSources;

    /// <summary>How many events.</summary>
    public long Events { get; internal set; }

    /// <summary>The fields that rules look at.</summary>
    public IReadOnlyDictionary<string, FieldArrivals> Fields => _fields;

    /// <summary>Counts events.</summary>
    public void Add(long events) => Events += events;

    /// <summary>Counts a field.</summary>
    /// <param name="field">Its name.</param>
    /// <param name="present">How many events had it with a value that is not empty.</param>
    /// <param name="of">Of how many.</param>
    public void Add(string field, long present, long of)
    {
        FieldArrivals before = _fields.GetValueOrDefault(field);
        _fields[field] = new FieldArrivals(before.Present + present, before.Of + of);
    }

    internal void Add(SourceDayView other)
    {
        Events += other.Events;
        foreach ((string field, FieldArrivals arrivals) in other._fields)
        {
            Add(field, arrivals.Present, arrivals.Of);
        }
    }
}

/// <summary>How often a field arrived.</summary>
/// <param name="Present">Events that had it with a value that is not empty.</param>
/// <param name="Of">Events in which it was looked for: rules may have begun to look at it in the middle of a day.</param>
public readonly record struct FieldArrivals(long Present, long Of);
