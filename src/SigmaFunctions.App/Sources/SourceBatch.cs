using System.Runtime.InteropServices;
using SigmaFunctions.App.Canary;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Sources;

/// <summary>What was counted of the sources of a batch; what it keeps is bounded. Not safe for concurrent use.</summary>
internal sealed class SourceBatch
{
    /// <summary>Most pairs of source and hour that are told apart; sources beyond are <see cref="EventSource.Other"/>.</summary>
    public const int MaxHours = 512;

    /// <summary>Most views of all of them; those beyond are not counted.</summary>
    public const int MaxViews = 512;

    // A batch has few sources and hours, and those of a message are mostly those of the one before.
    private readonly List<SourceHour> _hours = [];
    private int _viewsLeft = MaxViews;

    /// <summary>What was counted, by source and hour.</summary>
    public IReadOnlyList<SourceHour> Hours => _hours;

    /// <summary>Adds the events of a message; the app's own canaries are none.</summary>
    /// <param name="enqueued">When the hub took the message in (UTC).</param>
    /// <param name="sources">Its events.</param>
    public void Add(DateTimeOffset enqueued, IReadOnlyList<SourceEvents> sources)
    {
        for (int index = 0; index < sources.Count; index++)
        {
            SourceEvents events = sources[index];
            if (!CanaryEvent.IsSource(events.Source))
            {
                HourOf(events.Source, enqueued).Add(enqueued, events, ref _viewsLeft);
            }
        }
    }

    private SourceHour HourOf(EventSource source, DateTimeOffset enqueued)
    {
        DateTime hour = enqueued.UtcDateTime.Date.AddHours(enqueued.UtcDateTime.Hour);
        foreach (SourceHour known in CollectionsMarshal.AsSpan(_hours))
        {
            if (ReferenceEquals(known.Source, source) && known.Hour == hour)
            {
                return known;
            }
        }

        if (_hours.Count >= MaxHours && source != EventSource.Other)
        {
            return HourOf(EventSource.Other, enqueued);
        }

        var made = new SourceHour(source, hour);
        _hours.Add(made);
        return made;
    }
}

/// <summary>What was counted of a source in an hour.</summary>
/// <param name="source">The source.</param>
/// <param name="hour">Beginning of the hour (UTC).</param>
internal sealed class SourceHour(EventSource source, DateTime hour)
{
    private readonly List<View> _views = [];

    public EventSource Source { get; } = source;

    /// <summary>Beginning of the hour (UTC).</summary>
    public DateTime Hour { get; } = hour;

    public long Events { get; private set; }

    /// <summary>When the hub took in the newest event (UTC).</summary>
    public DateTimeOffset LastEnqueued { get; private set; }

    public IReadOnlyList<View> Views => _views;

    /// <summary>Adds events.</summary>
    /// <param name="enqueued">When the hub took them in (UTC).</param>
    /// <param name="events">The events.</param>
    /// <param name="viewsLeft">How many views there is room for.</param>
    public void Add(DateTimeOffset enqueued, SourceEvents events, ref int viewsLeft)
    {
        Events += events.Events;
        LastEnqueued = enqueued > LastEnqueued ? enqueued : LastEnqueued;
        for (int index = 0; index < events.Views.Count; index++)
        {
            SourceView view = events.Views[index];
            ViewOf(view.Route, view.LogSources, ref viewsLeft)?.Add(view.Events, view.Present);
        }
    }

    /// <summary>Adds what else was counted, of the same source and hour or of one that is not told apart.</summary>
    /// <param name="other">What was counted.</param>
    /// <param name="viewsLeft">How many views there is room for.</param>
    public void Add(SourceHour other, ref int viewsLeft)
    {
        Events += other.Events;
        LastEnqueued = other.LastEnqueued > LastEnqueued ? other.LastEnqueued : LastEnqueued;
        foreach (View view in other._views)
        {
            ViewOf(view.Route, view.LogSources, ref viewsLeft)?.Add(view);
        }
    }

    private View? ViewOf(Route route, LogSourceSet logSources, ref int viewsLeft)
    {
        foreach (View known in CollectionsMarshal.AsSpan(_views))
        {
            if (ReferenceEquals(known.Route, route))
            {
                return known;
            }
        }

        if (viewsLeft == 0)
        {
            return null;
        }

        viewsLeft--;
        var made = new View(route, logSources);
        _views.Add(made);
        return made;
    }

    /// <summary>What rules see of the events; those of a former rule set stand by themselves.</summary>
    internal sealed class View(Route route, LogSourceSet logSources)
    {
        private readonly long[] _present = new long[route.Fields.Length];

        public Route Route { get; } = route;

        public LogSourceSet LogSources { get; } = logSources;

        public long Events { get; private set; }

        public ReadOnlySpan<long> Present => _present;

        public void Add(int events, ReadOnlySpan<int> present)
        {
            Events += events;
            for (int slot = 0; slot < present.Length; slot++)
            {
                _present[slot] += present[slot];
            }
        }

        public void Add(View other)
        {
            Events += other.Events;
            for (int slot = 0; slot < _present.Length; slot++)
            {
                _present[slot] += other._present[slot];
            }
        }
    }
}
