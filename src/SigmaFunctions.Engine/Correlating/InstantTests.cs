using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>Tells at each instant what the window that ends there comes to.</summary>
internal interface IInstantTest
{
    /// <summary>All matches of one instant, in order, come into the window.</summary>
    void Add(ReadOnlySpan<GroupMatch> matches);

    /// <summary>A match leaves the window.</summary>
    void Remove(GroupMatch match);

    /// <summary>The value at the instant that came last, and whether the condition holds.</summary>
    (Rational Value, bool Holds) At(long time);
}

/// <summary>A value of the window, compared to bounds.</summary>
internal sealed class WindowTest(CorrelationLogic logic, IWindowValue window) : IInstantTest
{
    public void Add(ReadOnlySpan<GroupMatch> matches)
    {
        foreach (GroupMatch match in matches)
        {
            window.Add(match);
        }
    }

    public void Remove(GroupMatch match) => window.Remove(match);

    public (Rational Value, bool Holds) At(long time)
    {
        Rational value = window.Value;
        return (value, logic.Holds(value));
    }
}

/// <summary>The most rules that stand in order, compared to bounds.</summary>
internal sealed class ChainTest(CorrelationLogic logic) : IInstantTest
{
    private readonly OrderedRules _rules = new([.. Enumerable.Range(0, logic.Rules)]);

    public void Add(ReadOnlySpan<GroupMatch> matches) => _rules.Add(matches);

    public void Remove(GroupMatch match)
    {
        // Of a chain its begin is known.
    }

    public (Rational Value, bool Holds) At(long time)
    {
        var value = Rational.Of(_rules.LongestFrom(time - logic.Span));
        return (value, logic.Holds(value));
    }
}

/// <summary>Rules that are there, and others that are not: neither before nor after.</summary>
internal sealed class TermsTest(CorrelationLogic logic, CorrelationTerms terms, MatchTimes times) : IInstantTest
{
    private readonly RuleWindow _window = new(logic.Rules);

    public void Add(ReadOnlySpan<GroupMatch> added)
    {
        foreach (GroupMatch match in added)
        {
            _window.Add(match);
        }
    }

    public void Remove(GroupMatch match) => _window.Remove(match);

    public (Rational Value, bool Holds) At(long time) => (
        _window.Value,
        terms.Terms.Any(term => term.Present.All(_window.Has) && !term.Absent.Any(rule => times.Has(rule, logic.RangeWithout(rule, time)))));
}

/// <summary>Rules that stand in order, and others that are not there: before the last of the order, or after it.</summary>
internal sealed class OrderedTermsTest : IInstantTest
{
    private readonly CorrelationLogic _logic;
    private readonly RuleWindow _window;
    private readonly MatchTimes _times;
    private readonly ImmutableArray<(CorrelationTerm Term, OrderedRules Order)> _terms;

    public OrderedTermsTest(CorrelationLogic logic, CorrelationTerms terms, MatchTimes times)
    {
        _logic = logic;
        _window = new RuleWindow(logic.Rules);
        _times = times;
        _terms = [.. terms.Terms.Select(term => (term, new OrderedRules(term.Present)))];
    }

    public void Add(ReadOnlySpan<GroupMatch> matches)
    {
        foreach (GroupMatch match in matches)
        {
            _window.Add(match);
        }

        foreach ((CorrelationTerm _, OrderedRules order) in _terms)
        {
            order.Add(matches);
        }
    }

    public void Remove(GroupMatch match) => _window.Remove(match);

    public (Rational Value, bool Holds) At(long time) => (
        _window.Value,
        _terms.Any(one => one.Order.LongestFrom(time - _logic.Span) == one.Term.Present.Length && !one.Term.Absent.Any(rule => _times.Has(rule, _logic.RangeWithout(rule, time)))));
}

/// <summary>Some of a correlation's rules, in their order.</summary>
/// <param name="places">Their places, ascending.</param>
internal sealed class OrderedRules(ImmutableArray<int> places)
{
    private readonly RuleChain _chain = new(places.Length);

    /// <summary>The most of them that stand in order from a time on.</summary>
    public int LongestFrom(long time) => _chain.LongestFrom(time);

    /// <summary>All matches of one time.</summary>
    public void Add(ReadOnlySpan<GroupMatch> matches)
    {
        List<int>?[]? events = null;
        if (matches.Length == 1)
        {
            if (places.BinarySearch(matches[0].Rule) is >= 0 and int only)
            {
                _chain.Add(matches[0].Time, only);
            }

            return;
        }

        foreach (GroupMatch match in matches)
        {
            if (places.BinarySearch(match.Rule) is >= 0 and int place)
            {
                events ??= new List<int>?[places.Length];

                // One that has as many events as there are rules is served whatever the others take.
                if ((events[place] ??= []).Count < places.Length)
                {
                    events[place]!.Add(match.Event);
                }
            }
        }

        if (events is not null)
        {
            _chain.Add(matches[0].Time, events);
        }
    }
}

/// <summary>The times of some rules' matches.</summary>
internal sealed class MatchTimes
{
    private readonly Dictionary<int, List<long>> _times;

    /// <param name="matches">The matches, by time.</param>
    /// <param name="rules">The rules.</param>
    public MatchTimes(ReadOnlySpan<GroupMatch> matches, ImmutableArray<int> rules)
    {
        _times = rules.ToDictionary(rule => rule, _ => new List<long>());
        foreach (GroupMatch match in matches)
        {
            if (_times.TryGetValue(match.Rule, out List<long>? times))
            {
                times.Add(match.Time);
            }
        }
    }

    /// <summary>Whether a rule has a match from a time to another, both included.</summary>
    public bool Has(int rule, (long From, long To) range)
    {
        List<long> times = _times[rule];
        int at = times.BinarySearch(range.From);
        at = at < 0 ? ~at : at;
        return at < times.Count && times[at] <= range.To;
    }
}
