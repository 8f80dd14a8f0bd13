using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace SigmaFunctions.Pages.Model;

/// <summary>What the list is to show, as its address says. Whatever an address holds, a query is bounded; what it does not understand it names.</summary>
internal sealed record BoardQuery
{
    /// <summary>Spans of time that an address can name, the shortest first.</summary>
    public static readonly ImmutableArray<(string Name, TimeSpan Span)> Spans =
    [
        ("1h", TimeSpan.FromHours(1)), ("24h", TimeSpan.FromHours(24)), ("7d", TimeSpan.FromDays(7)), ("30d", TimeSpan.FromDays(30)),
    ];

    /// <summary>The facets by which detections are told apart, in their order on the page.</summary>
    public static readonly ImmutableArray<Facet> Facets = [.. Enum.GetValues<Facet>()];

    private const string DefaultSpan = "24h";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const int MaxText = 200;
    private const int MaxChosen = 20;
    private const int MaxPage = 10_000;
    private static readonly TimeSpan LongestRange = TimeSpan.FromDays(92);

    /// <summary>Name of the span up to now; null where <see cref="From"/> and <see cref="To"/> say it.</summary>
    public string? Span { get; init; } = DefaultSpan;

    /// <summary>Beginning of the range, where no span is named.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>End of the range, where no span is named.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Text that must be found, all of its words.</summary>
    public string Text { get; init; } = "";

    /// <summary>The values chosen of each facet; any of them is wanted.</summary>
    public ImmutableSortedDictionary<Facet, ImmutableSortedSet<string>> Chosen { get; init; } = ImmutableSortedDictionary<Facet, ImmutableSortedSet<string>>.Empty;

    /// <summary>Page of the list, from 1.</summary>
    public int Page { get; init; } = 1;

    /// <summary>What of the address was not understood, for people; empty where all was.</summary>
    public ImmutableArray<string> NotUnderstood { get; init; } = [];

    /// <summary>The words of the text, in lower case.</summary>
    public ImmutableArray<string> Words => [.. Text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    /// <summary>Whether anything but the range is asked for.</summary>
    public bool IsFiltered => Text.Length > 0 || !Chosen.IsEmpty;

    /// <summary>Reads what an address holds.</summary>
    /// <param name="values">Names and values of its query string, decoded.</param>
    public static BoardQuery Parse(IEnumerable<KeyValuePair<string, string>> values)
    {
        var query = new BoardQuery();
        List<string> wrong = [];
        foreach ((string name, string value) in values)
        {
            if (Enum.TryParse(name, ignoreCase: true, out Facet facet) && Enum.IsDefined(facet))
            {
                query = query.With(facet, value, wrong);
                continue;
            }

            query = name switch
            {
                "q" => query with { Text = value.Trim() is var text && text.Length <= MaxText ? text : text[..MaxText] },
                "span" when Spans.Any(span => span.Name == value) => query with { Span = value },
                "from" when TryTime(value, out DateTimeOffset from) => query with { From = from },
                "to" when TryTime(value, out DateTimeOffset to) => query with { To = to },
                "page" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int page) && page is >= 1 and <= MaxPage => query with { Page = page },
                _ => NotTaken(query, name),
            };
        }

        if (query.From is null != query.To is null)
        {
            wrong.Add("from and to belong together");
            query = query with { From = null, To = null };
        }
        else if (query is { From: { } from, To: { } to } && (from >= to || to - from > LongestRange))
        {
            wrong.Add("a range ends after it begins and is at most 92 days long");
            query = query with { From = null, To = null };
        }

        return query with { Span = query.From is null ? query.Span ?? DefaultSpan : null, NotUnderstood = [.. wrong] };

        BoardQuery NotTaken(BoardQuery query, string name)
        {
            if (wrong.Count < MaxChosen)
            {
                wrong.Add(name.Length <= MaxText ? name : name[..MaxText]);
            }

            return query;
        }
    }

    /// <summary>The range that is asked for: its beginning (inclusive) and its end (exclusive).</summary>
    /// <param name="now">The time (UTC).</param>
    public (DateTimeOffset From, DateTimeOffset To) Range(DateTimeOffset now)
    {
        if (this is { From: { } from, To: { } to })
        {
            return (from, to);
        }

        // What arrives while it is read belongs to it.
        DateTimeOffset end = now.AddMinutes(1);
        return (now - Spans.First(span => span.Name == Span).Span, end);
    }

    /// <summary>The same for another range.</summary>
    public BoardQuery Between(DateTimeOffset from, DateTimeOffset to) => this with { Span = null, From = Truncated(from), To = Truncated(to), Page = 1 };

    /// <summary>The same with a value chosen, or no longer, where it was.</summary>
    public BoardQuery Toggle(Facet facet, string value)
    {
        ImmutableSortedSet<string> chosen = Chosen.GetValueOrDefault(facet, NoValues);
        ImmutableSortedSet<string> without = chosen.Remove(value);
        chosen = without.Count < chosen.Count ? without : chosen.Add(value);
        return this with { Chosen = chosen.IsEmpty ? Chosen.Remove(facet) : Chosen.SetItem(facet, chosen), Page = 1 };
    }

    /// <summary>Whether a value is chosen.</summary>
    public bool Has(Facet facet, string value) => Chosen.TryGetValue(facet, out ImmutableSortedSet<string>? chosen) && chosen.Contains(value);

    /// <summary>The address of the list that shows this, from the site's root: the same for the same query, however it was written.</summary>
    public string Address
    {
        get
        {
            var address = new StringBuilder(PageAddress.List);
            char separator = '?';
            foreach ((string name, string value) in Pairs)
            {
                address.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
                separator = '&';
            }

            return address.ToString();
        }
    }

    /// <summary>Names and values of its address.</summary>
    public IEnumerable<(string Name, string Value)> Pairs
    {
        get
        {
            foreach ((string Name, string Value) pair in RangePairs)
            {
                yield return pair;
            }

            if (Text.Length > 0)
            {
                yield return ("q", Text);
            }

            foreach ((string Name, string Value) pair in ChosenPairs)
            {
                yield return pair;
            }

            if (Page > 1)
            {
                yield return ("page", Page.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>Those of <see cref="Pairs"/> that choose values of facets.</summary>
    public IEnumerable<(string Name, string Value)> ChosenPairs =>
        Chosen.SelectMany(chosen => chosen.Value.Select(value => (NameOf(chosen.Key), value)));

    /// <summary>Those of <see cref="Pairs"/> that say the range.</summary>
    public IEnumerable<(string Name, string Value)> RangePairs => this switch
    {
        { From: { } from, To: { } to } => [("from", TextOf(from)), ("to", TextOf(to))],
        { Span: not DefaultSpan and { } span } => [("span", span)],
        _ => [],
    };

    // Names compare as the facets' values do: hosts and rules without regard to case.
    private static ImmutableSortedSet<string> NoValues { get; } = ImmutableSortedSet.Create<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The name of a facet in an address.</summary>
    public static string NameOf(Facet facet) => facet.ToString().ToLowerInvariant();

    private BoardQuery With(Facet facet, string value, List<string> wrong)
    {
        ImmutableSortedSet<string> chosen = Chosen.GetValueOrDefault(facet, NoValues);
        if (value.Length is 0 or > 512 || chosen.Count >= MaxChosen)
        {
            wrong.Add(NameOf(facet));
            return this;
        }

        return this with { Chosen = Chosen.SetItem(facet, chosen.Add(value)) };
    }

    // At the ends of the calendar there is no hour before, or after.
    private static bool TryTime(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, [TimeFormat, "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd"], CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time) && time.Year is > 1900 and < 9000;

    private static string TextOf(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static DateTimeOffset Truncated(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}

/// <summary>What detections are told apart by in the list.</summary>
internal enum Facet
{
    /// <summary>Level of the rule, or <c>none</c>.</summary>
    Level,

    /// <summary>Id of the rule.</summary>
    Rule,

    /// <summary>Host, or <c>none</c>.</summary>
    Host,

    /// <summary>Account, or <c>none</c>.</summary>
    User,

    /// <summary>ATT&amp;CK technique, or <c>none</c>.</summary>
    Technique,

    /// <summary>The verdict, or <c>none</c>.</summary>
    Verdict,
}
