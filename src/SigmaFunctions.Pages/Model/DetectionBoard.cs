using System.Collections.Immutable;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.Pages.Model;

/// <summary>
/// The detections of a range, in memory and immutable. A question is answered in one pass over its rows, whatever is chosen: each row is tested by each
/// facet, and counts for a facet if no other facet leaves it out.
/// </summary>
internal sealed class DetectionBoard
{
    /// <summary>Events on a page of the list.</summary>
    public const int EventsPerPage = 50;

    /// <summary>Bars of the histogram at most.</summary>
    public const int MaxBars = 60;

    /// <summary>Value of a facet for what has none.</summary>
    public const string None = VerdictName.None;

    private static readonly ImmutableArray<TimeSpan> BarSpans =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1),
        TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12), TimeSpan.FromDays(1), TimeSpan.FromDays(2),
    ];

    private readonly ImmutableArray<BoardRow> _rows;
    private readonly IReadOnlyDictionary<DetectionId, VerdictKind> _verdicts;

    /// <param name="rows">The detections, in any order.</param>
    /// <param name="verdicts">The verdicts on them.</param>
    public DetectionBoard(IEnumerable<BoardRow> rows, IReadOnlyDictionary<DetectionId, VerdictKind> verdicts)
    {
        _rows = [.. rows.OrderByDescending(row => row.Time).ThenBy(row => row.Event, StringComparer.Ordinal).ThenByDescending(row => row.Rank).ThenBy(row => row.Detection.RuleTitle, StringComparer.Ordinal)];
        _verdicts = verdicts;
    }

    /// <summary>Number of detections.</summary>
    public int Count => _rows.Length;

    /// <summary>All of them, newest first.</summary>
    public ImmutableArray<BoardRow> Rows => _rows;

    /// <summary>Name of the verdict on a detection, <see cref="None"/> where there is none.</summary>
    public string VerdictOf(BoardRow row) => VerdictName.Of(_verdicts.TryGetValue(row.Detection.Id, out VerdictKind kind) ? kind : VerdictKind.Withdrawn);

    /// <summary>What a query finds.</summary>
    /// <param name="query">The query.</param>
    /// <param name="from">Beginning of its range.</param>
    /// <param name="to">End of its range.</param>
    public BoardPage Find(BoardQuery query, DateTimeOffset from, DateTimeOffset to)
    {
        ImmutableArray<string> words = query.Words;
        Dictionary<string, FacetCount>[] counts = [.. BoardQuery.Facets.Select(_ => new Dictionary<string, FacetCount>(StringComparer.OrdinalIgnoreCase))];
        TimeSpan width = WidthOf(to - from);
        var first = new DateTimeOffset(from.UtcTicks - (from.UtcTicks % width.Ticks), TimeSpan.Zero);
        var bars = new BarCount[(int)Math.Ceiling((to - first) / width)];
        List<BoardEvent> page = [];
        List<BoardRow> open = [];
        int detections = 0;
        int events = 0;
        bool isFound = false;
        int skip = (query.Page - 1) * EventsPerPage;
        foreach (BoardRow row in _rows)
        {
            if (open.Count > 0 && open[0].Event != row.Event)
            {
                Close();
            }

            open.Add(row);
            if (!words.All(word => row.Text.Contains(word, StringComparison.Ordinal)))
            {
                continue;
            }

            int failed = 0;
            int last = 0;
            for (int i = 0; i < counts.Length; i++)
            {
                if (query.Chosen.TryGetValue(BoardQuery.Facets[i], out ImmutableSortedSet<string>? chosen) && !ValuesOf(row, BoardQuery.Facets[i]).Any(chosen.Contains))
                {
                    failed++;
                    last = i;
                }
            }

            for (int i = failed == 1 ? last : 0; failed < 2 && i < (failed == 1 ? last + 1 : counts.Length); i++)
            {
                foreach (string value in ValuesOf(row, BoardQuery.Facets[i]))
                {
                    counts[i][value] = counts[i].TryGetValue(value, out FacetCount? count) ? count with { Count = count.Count + 1 } : new FacetCount(value, LabelOf(row, BoardQuery.Facets[i], value), 1);
                }
            }

            if (failed == 0)
            {
                isFound = true;
                detections++;
                ref BarCount bar = ref bars[Math.Clamp((int)((row.Detection.Id.Time - first) / width), 0, bars.Length - 1)];
                bar = row.Rank >= 3 ? bar with { High = bar.High + 1 } : bar with { Other = bar.Other + 1 };
            }
        }

        Close();
        return new BoardPage(
            query,
            events,
            detections,
            [.. page],
            [.. counts.Select((found, i) => (BoardQuery.Facets[i], Sorted(found.Values, query, BoardQuery.Facets[i])))],
            [.. bars.Select((bar, i) => new Bar(first + (i * width), first + ((i + 1) * width), bar.High, bar.Other))]);

        void Close()
        {
            if (isFound)
            {
                if (events >= skip && page.Count < EventsPerPage)
                {
                    page.Add(new BoardEvent([.. open], [.. open.Select(VerdictOf)]));
                }

                events++;
            }

            isFound = false;
            open.Clear();
        }
    }

    private static ImmutableArray<FacetCount> Sorted(IEnumerable<FacetCount> counts, BoardQuery query, Facet facet)
    {
        // What is chosen stays on the page though nothing is left of it.
        var found = counts.ToList();
        foreach (string chosen in query.Chosen.GetValueOrDefault(facet, []))
        {
            if (!found.Exists(count => string.Equals(count.Value, chosen, StringComparison.OrdinalIgnoreCase)))
            {
                found.Add(new FacetCount(chosen, chosen, 0));
            }
        }

        return [.. found.OrderByDescending(count => query.Has(facet, count.Value)).ThenByDescending(count => count.Count).ThenBy(count => count.Label, StringComparer.OrdinalIgnoreCase)];
    }

    private static string LabelOf(BoardRow row, Facet facet, string value) => facet == Facet.Rule ? row.Detection.RuleTitle : value;

    private static TimeSpan WidthOf(TimeSpan range)
    {
        foreach (TimeSpan span in BarSpans)
        {
            if (range / span <= MaxBars)
            {
                return span;
            }
        }

        return BarSpans[^1];
    }

    private ImmutableArray<string> ValuesOf(BoardRow row, Facet facet) => facet switch
    {
        Facet.Level => [row.Detection.Level is { Length: > 0 } level ? level.ToLowerInvariant() : None],
        Facet.Rule => [row.Detection.RuleId],
        Facet.Host => [row.Detection.Host is { Length: > 0 } host ? host : None],
        Facet.User => [row.Detection.User is { Length: > 0 } user ? user : None],
        Facet.Technique => row.Techniques.IsEmpty ? [None] : row.Techniques,
        Facet.Verdict => [VerdictOf(row)],
        _ => throw new ArgumentOutOfRangeException(nameof(facet)),
    };

    private readonly record struct BarCount(int High, int Other);
}

/// <summary>A page of the list.</summary>
/// <param name="Query">What was asked.</param>
/// <param name="Events">Number of events found.</param>
/// <param name="Detections">Number of detections found.</param>
/// <param name="Page">The events of this page, newest first.</param>
/// <param name="Facets">For each facet its values with their counts: those that are chosen first, then the most frequent.</param>
/// <param name="Bars">How many there were when, oldest first.</param>
internal sealed record BoardPage(
    BoardQuery Query,
    int Events,
    int Detections,
    ImmutableArray<BoardEvent> Page,
    ImmutableArray<(Facet Facet, ImmutableArray<FacetCount> Values)> Facets,
    ImmutableArray<Bar> Bars)
{
    /// <summary>Number of pages, from 1.</summary>
    public int Pages => Math.Max(1, (Events + DetectionBoard.EventsPerPage - 1) / DetectionBoard.EventsPerPage);
}

/// <summary>An event with all detections on it.</summary>
/// <param name="Rows">The detections, highest level first.</param>
/// <param name="Verdicts">The verdict on each.</param>
internal sealed record BoardEvent(ImmutableArray<BoardRow> Rows, ImmutableArray<string> Verdicts);

/// <summary>How many detections have a value of a facet, of those that all other facets let through.</summary>
/// <param name="Value">The value, as an address holds it.</param>
/// <param name="Label">The value for people.</param>
/// <param name="Count">Number of detections.</param>
internal sealed record FacetCount(string Value, string Label, int Count);

/// <summary>How many detections there were in a span of time.</summary>
/// <param name="From">Its beginning (inclusive).</param>
/// <param name="To">Its end (exclusive).</param>
/// <param name="High">Of level high and critical.</param>
/// <param name="Other">All others.</param>
internal readonly record struct Bar(DateTimeOffset From, DateTimeOffset To, int High, int Other)
{
    /// <summary>All.</summary>
    public int Count => High + Other;
}
