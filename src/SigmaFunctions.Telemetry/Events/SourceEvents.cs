using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>What sends events: a form of them, and what they say of where they come from. All text is cut after 128 characters, and printable ASCII.</summary>
/// <param name="Shape">Shape that they arrive in (<see cref="DecodedEvent.Shape"/>).</param>
/// <param name="Channel">
/// Channel of a Windows event, table of a Defender row, stated service or category of a flat record; empty where there is none. It is text of events.
/// </param>
/// <param name="Provider">Provider of a Windows event, stated product of a flat record; empty where there is none. It is text of events.</param>
/// <param name="Tenant">Tenant, or workspace of a row of Log Analytics; empty where none is stated. It is text of events.</param>
public sealed record EventSource(string Shape, string Channel, string Provider, string Tenant)
{
    /// <summary>Stands for all sources of a matcher beyond those that it tells apart.</summary>
    public static EventSource Other { get; } = new("(others)", "", "", "");
}

/// <summary>The events of a body that come from one source. Valid until the next body.</summary>
public sealed class SourceEvents
{
    private readonly List<SourceView> _views = [];
    private readonly List<SourceView> _counted = [];
    private int _marked;
    private int _mark;

    internal SourceEvents(EventSource source) => Source = source;

    /// <summary>The source.</summary>
    public EventSource Source { get; }

    /// <summary>How many events, from 1.</summary>
    public int Events { get; private set; }

    /// <summary>What rules see of them, each with at least one event; empty where no rule sees any.</summary>
    public IReadOnlyList<SourceView> Views => _counted;

    /// <summary>Whether an event of it was counted in the body.</summary>
    internal bool IsInBody { get; set; }

    /// <summary>Counts an event.</summary>
    /// <param name="mark">The last mark.</param>
    internal void Add(int mark)
    {
        if (_mark != mark)
        {
            (_mark, _marked) = (mark, Events);
        }

        Events++;
    }

    /// <summary>Counts what rules see of an event.</summary>
    /// <returns>Where its fields are counted.</returns>
    internal Span<int> Count(SourceView view, int mark)
    {
        if (!view.IsInBody)
        {
            view.IsInBody = true;
            _counted.Add(view);
        }

        return view.Add(mark);
    }

    /// <summary>Takes back what was counted since a mark.</summary>
    internal void ReturnTo(int mark)
    {
        Events = _mark == mark ? _marked : Events;
        foreach (SourceView view in CollectionsMarshal.AsSpan(_counted))
        {
            view.ReturnTo(mark);
        }
    }

    internal SourceView? FindView(Route route)
    {
        foreach (SourceView view in _views)
        {
            if (ReferenceEquals(view.Route, route))
            {
                return view;
            }
        }

        return null;
    }

    internal void AddView(SourceView view) => _views.Add(view);

    /// <summary>Leaves out the views that were taken back.</summary>
    /// <returns>Whether any event is left.</returns>
    internal bool KeepCounted()
    {
        for (int index = _counted.Count - 1; index >= 0; index--)
        {
            if (_counted[index].Events == 0)
            {
                _counted[index].Clear();
                _counted.RemoveAt(index);
            }
        }

        return Events > 0;
    }

    internal void Clear()
    {
        Events = 0;
        IsInBody = false;
        _mark = 0;
        foreach (SourceView view in CollectionsMarshal.AsSpan(_counted))
        {
            view.Clear();
        }

        _counted.Clear();
    }
}

/// <summary>What rules of some log sources see of the events of a source. Valid until the next body.</summary>
public sealed class SourceView
{
    private readonly int[] _present;
    private readonly int[] _markedPresent;
    private int _marked;
    private int _mark;

    internal SourceView(SourceEvents source, Route route, LogSourceSet logSources)
    {
        Source = source;
        Route = route;
        LogSources = logSources;
        _present = new int[route.Fields.Length];
        _markedPresent = new int[route.Fields.Length];
    }

    /// <summary>The rules, and the fields that they look at.</summary>
    public Route Route { get; }

    /// <summary>The events' log sources.</summary>
    public LogSourceSet LogSources { get; }

    /// <summary>How many events, from 1.</summary>
    public int Events { get; private set; }

    /// <summary>Of each of the route's fields, how many events had it with a value that is not empty.</summary>
    public ReadOnlySpan<int> Present => _present;

    /// <summary>Whose events it is of.</summary>
    internal SourceEvents Source { get; }

    /// <summary>Whether an event of it was counted in the body.</summary>
    internal bool IsInBody { get; set; }

    /// <summary>Counts an event.</summary>
    /// <param name="mark">The last mark.</param>
    /// <returns>Where its fields are counted.</returns>
    internal Span<int> Add(int mark)
    {
        if (_mark != mark)
        {
            (_mark, _marked) = (mark, Events);

            // Where nothing was counted before, there is nothing to remember.
            if (Events > 0)
            {
                _present.CopyTo(_markedPresent, 0);
            }
        }

        Events++;
        return _present;
    }

    internal void ReturnTo(int mark)
    {
        if (_mark != mark)
        {
            return;
        }

        Events = _marked;
        if (_marked > 0)
        {
            _markedPresent.CopyTo(_present, 0);
        }
        else
        {
            Array.Clear(_present);
        }
    }

    internal void Clear()
    {
        Events = 0;
        IsInBody = false;
        _mark = 0;
        Array.Clear(_present);
    }
}
