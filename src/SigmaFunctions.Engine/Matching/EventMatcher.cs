namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// Matches one event after another against a detector's rules. A decoder writes the values of the fields that rules look at, as
/// UTF-8, view by view; nothing else of an event is needed, and nothing is allocated once the buffers have grown. Not safe for
/// concurrent use: each thread has its own.
/// </summary>
/// <remarks>An event is <c>BeginEvent, (BeginView, ViewWriter.End)*, EndEvent</c>; one that was begun may be left at any point for the next.</remarks>
public sealed class EventMatcher
{
    private readonly ValueBuffer _values = new();
    private readonly GroupEvaluator _evaluator;
    private readonly MatchedRules _matched;

    // That of the view at hand, if there is one; and the last one that there is room for.
    private Route? _route;
    private Route? _prepared;

    /// <summary>Makes a matcher for the rules of a detector.</summary>
    public EventMatcher(Detector detector)
    {
        ArgumentNullException.ThrowIfNull(detector);
        Detector = detector;
        _evaluator = new GroupEvaluator(_values);
        _matched = new MatchedRules(detector.Rules.Length);
    }

    /// <summary>The rules that are matched.</summary>
    public Detector Detector { get; }

    /// <summary>The matches of the event that correlations look at, of the views that have ended.</summary>
    internal CorrelatedValues Correlated { get; } = new();

    /// <summary>The view at hand.</summary>
    internal ValueBuffer Values => _values;

    /// <summary>Room for <see cref="KeywordFilter"/>.</summary>
    internal KeywordRoom KeywordRoom { get; } = new();

    /// <summary>How often a predicate was tested on a value, so far: what indexes answer is not counted.</summary>
    internal long ValueTests => _evaluator.ValueTests;

    /// <summary>Begins an event and forgets the one before.</summary>
    public void BeginEvent()
    {
        _route = null;
        _matched.Clear();
        Correlated.Clear();
        _values.Trim();
        KeywordRoom.Trim();
    }

    /// <summary>Begins a view of the event.</summary>
    /// <returns>Where its values are written. Every slot is absent.</returns>
    /// <exception cref="InvalidOperationException">The view before was not ended.</exception>
    public ViewWriter BeginView(Route route)
    {
        ArgumentNullException.ThrowIfNull(route);
        if (_route is not null)
        {
            throw new InvalidOperationException("The view before was not ended.");
        }

        if (!ReferenceEquals(route, _prepared))
        {
            _evaluator.Prepare(route);
            _prepared = route;
        }

        _route = route;
        _values.Begin(route.SlotCount);
        return new ViewWriter(this);
    }

    /// <summary>Ends the event.</summary>
    /// <returns>The rules that hold on some view: indices into <see cref="Detector.Rules"/>, ascending. Valid until the next event.</returns>
    /// <exception cref="InvalidOperationException">The last view was not ended.</exception>
    public ReadOnlySpan<int> EndEvent() =>
        _route is null ? _matched.Sorted() : throw new InvalidOperationException("The last view was not ended.");

    /// <summary>Ends the view at hand and finds the rules that hold on it.</summary>
    internal void EndView()
    {
        Route route = _route ?? throw new InvalidOperationException("The view was ended before.");
        _route = null;
        _values.Fold();
        int before = _matched.Count;
        foreach (Route.RoutedGroup routed in route.Groups)
        {
            _evaluator.Match(routed.Group, routed.Slots, _matched);
        }

        if (route.Correlated is { } correlated && _matched.Count > before)
        {
            foreach (int rule in _matched.Since(before))
            {
                if (correlated.TryGetValue(rule, out Slot[]? slots))
                {
                    Correlated.Add(rule, slots, _values);
                }
            }
        }
    }
}
