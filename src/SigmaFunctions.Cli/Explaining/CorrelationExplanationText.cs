using System.Collections.Immutable;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Cli.Explaining;

/// <summary>Why a correlation fired or did not, for people: group by group, <c>✓</c> before one that fires and <c>✗</c> before one that does not.</summary>
internal sealed class CorrelationExplanationText
{
    // Of a window's events, and of matches that do not count: the first and the last half of them.
    private const int MaxEvents = 10;

    // Of instants that a firing stands for.
    private const int MaxInstants = 3;

    private readonly Terminal _terminal;
    private readonly CorrelationExplanation _explanation;
    private readonly IReadOnlyList<InputPlace> _places;
    private readonly CorrelationWords _words;
    private readonly int _width;

    private CorrelationExplanationText(Terminal terminal, RuleSet rules, CorrelationExplanation explanation, IReadOnlyList<InputPlace> places)
    {
        _terminal = terminal;
        _explanation = explanation;
        _places = places;
        _words = new CorrelationWords(rules, explanation.Correlation);
        _width = TerminalText.WidthOf(terminal);
    }

    /// <summary>Writes an explanation.</summary>
    public static void Write(Terminal terminal, RuleSet rules, CorrelationExplanation explanation, IReadOnlyList<InputPlace> places) =>
        new CorrelationExplanationText(terminal, rules, explanation, places).Write();

    private void Write()
    {
        SigmaCorrelation correlation = _explanation.Correlation.Correlation;
        string verdict = _explanation.Detections > 0 ? $"fires {TerminalText.Plural(_explanation.Detections, "time")} in {TerminalText.Plural(_explanation.GroupCount, "group")}"
            : _explanation.GroupCount > 0 ? $"does not fire in {TerminalText.Plural(_explanation.GroupCount, "group")}"
            : "does not fire: no match takes part";
        Line(0, $"{TerminalText.Brief(correlation.Title)} ({correlation.Id})");
        Line(1, $"{correlation.TypeName} within {correlation.TimespanText}{Of(correlation.Fields, " of ")}{Of(correlation.GroupBy, " by ")}: {TerminalText.Brief(_words.Condition)}");
        Line(1, verdict);
        foreach (ExplainedGroup group in _explanation.Groups)
        {
            Write(group);
        }

        int more = _explanation.GroupCount - _explanation.Groups.Length;
        if (more > 0)
        {
            Line(1, $"… {TerminalText.Plural(more, "more group")}");
        }

        if (_explanation.LeftCount > 0)
        {
            Line(1, $"{Matches(_explanation.LeftCount)} of no group:");
            Write(_explanation.Left, _explanation.LeftCount, 2);
        }

        _terminal.Text.WriteLine();
    }

    private void Write(ExplainedGroup group)
    {
        string name = group.Group.IsEmpty ? "all events"
            : string.Join(", ", _explanation.Correlation.Correlation.GroupBy.Zip(group.Group, (field, value) => $"{field} \"{TerminalText.Brief(value)}\""));
        if (group.Best is not { } best)
        {
            Line(1, $"✗ {name}: no match counts for a value");
        }
        else if (group.FiringCount > 0)
        {
            Line(1, $"✓ {name}: fires at {CorrelationWords.TimeOf(best.Time)}, {ValueOf(best.Value)}");
        }
        else
        {
            Line(1, $"✗ {name}: {ValueOf(best.Value)} at best, at {CorrelationWords.TimeOf(best.Time)}");
        }

        if (group.Best is { } shown)
        {
            Write(shown.Events, shown.EventCount);
            if (!shown.Missing.IsEmpty)
            {
                Line(3, $"missing: {string.Join(", ", shown.Missing.Select(rule => _explanation.Correlation.Correlation.Rules[rule]))}");
            }

            if (shown.IsOutOfOrder)
            {
                Line(3, "all are there, but not in this order, each by an event of its own");
            }

            foreach (CorrelatedEvent one in shown.Unwanted.Take(MaxEvents))
            {
                Line(3, $"must not be there: {TextOf(one)}");
            }
        }

        for (int i = 0; i < group.Firings.Length; i++)
        {
            Write(group.Firings[i], isFirst: i == 0);
        }

        int more = group.FiringCount - group.Firings.Length;
        if (more > 0)
        {
            Line(3, $"… fires {TerminalText.Plural(more, "more time")}");
        }

        if (group.LeftCount > 0)
        {
            Line(3, $"{Matches(group.LeftCount)} {(group.LeftCount == 1 ? "does" : "do")} not count:");
            Write(group.Left, group.LeftCount, 4);
        }

        if (group.Others > 0 && group.FiringCount == 0)
        {
            Line(3, $"{Matches(group.Others)} of other groups");
        }
    }

    private void Write(ExplainedFiring firing, bool isFirst)
    {
        if (!isFirst)
        {
            Line(3, $"fires at {CorrelationWords.TimeOf(firing.Time)}, {ValueOf(firing.Value)}");
        }

        foreach ((long time, Rational value) in firing.StandsFor.Take(MaxInstants))
        {
            Line(3, $"holds at {CorrelationWords.TimeOf(time)}, value {value}: the firing above stands for it");
        }

        int more = firing.StandsForCount - Math.Min(firing.StandsFor.Length, MaxInstants);
        if (more > 0)
        {
            Line(3, $"… holds {TerminalText.Plural(more, "more time")} that it stands for");
        }
    }

    private void Write(ImmutableArray<CorrelatedEvent> events, int count)
    {
        bool areAll = count <= MaxEvents;
        foreach (CorrelatedEvent one in areAll ? events : events[..(MaxEvents / 2)])
        {
            Line(3, TextOf(one));
        }

        if (!areAll)
        {
            Line(3, $"… {TerminalText.Number(count - MaxEvents)} more");
            foreach (CorrelatedEvent one in events[^(MaxEvents / 2)..])
            {
                Line(3, TextOf(one));
            }
        }
    }

    private void Write(ImmutableArray<LeftMatch> left, int count, int depth)
    {
        foreach (LeftMatch one in left.Take(MaxEvents))
        {
            string time = one.Time is { } ticks ? CorrelationWords.TimeOf(ticks) + "  " : "";
            Line(depth, $"{time}{PlaceOf(one.Place)}  {TerminalText.Brief(_words.NameOf(one.Rule))}: {TerminalText.Brief(CorrelationWords.ReasonOf(one))}");
        }

        if (count > MaxEvents)
        {
            Line(depth, $"… {TerminalText.Number(count - MaxEvents)} more");
        }
    }

    /// <summary>A value beside what is asked of it.</summary>
    private string ValueOf(Rational value)
    {
        SigmaCorrelation correlation = _explanation.Correlation.Correlation;
        return !correlation.Bounds.IsEmpty ? $"value {value} ({_words.Condition})"
            : correlation.Expression is null ? $"value {value} of {TerminalText.Number(correlation.Rules.Length)}"
            : $"value {value}";
    }

    private string TextOf(CorrelatedEvent one) => $"{CorrelationWords.TimeOf(one.Time)}  {PlaceOf(one.Place)}  {TerminalText.Brief(_words.NameOf(one.Rule))}";

    private string PlaceOf(int place) => _places[place].Record == 0 ? _places[place].ToString() : $"{_places[place]} record {TerminalText.Number(_places[place].Record)}";

    private static string Matches(int count) => count == 1 ? "1 match" : $"{TerminalText.Number(count)} matches";

    private static string Of(ImmutableArray<string> names, string before) => names.IsEmpty ? "" : before + TerminalText.Brief(string.Join(", ", names));

    private void Line(int depth, string text)
    {
        string indent = new(' ', depth * 2);
        foreach (string line in TerminalText.Wrapped(text, 0, _width - indent.Length))
        {
            _terminal.Text.WriteLine(indent + line);
        }
    }
}
