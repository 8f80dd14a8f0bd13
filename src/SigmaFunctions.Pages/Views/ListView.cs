using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Pages.Model;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Pages.Views;

/// <summary>The list: events with their detections, when there were how many, and by what they can be told apart.</summary>
internal static class ListView
{
    private const int ValuesShown = 6;
    private const int MaxValues = 40;
    private const int MaxWhat = 400;

    /// <summary>Writes the list.</summary>
    /// <param name="html">Where it is written.</param>
    /// <param name="page">What was found.</param>
    /// <param name="completeFrom">From when on all was looked at, where there was too much; else null.</param>
    /// <param name="marks">What is shown of an event, and which parts of it made its rules match.</param>
    public static void Write(HtmlWriter html, BoardPage page, DateTimeOffset? completeFrom, Func<BoardEvent, MarkedText?> marks)
    {
        html.Write($"<div class=\"board\">\n<div class=\"top\"><h1 class=\"quiet\">Detections</h1>\n");
        Spans(html, page.Query);
        html.Write($"</div>\n");
        Search(html, page.Query);
        Warnings(html, page.Query, completeFrom);
        html.Write($"<p class=\"status\" role=\"status\">{PageParts.Count(page.Events, "event")} with {PageParts.Count(page.Detections, "detection")}, newest first");
        if (page.Query.IsFiltered)
        {
            html.Write($" · <a href=\"{new BoardQuery { Span = page.Query.Span, From = page.Query.From, To = page.Query.To }.Address}\">Show all</a>");
        }

        html.Write($"</p>\n");
        Histogram(html, page);
        html.Write($"<div class=\"columns\">\n");
        Facets(html, page);
        html.Write($"<div>\n");
        Events(html, page, marks);
        Paging(html, page);
        html.Write($"</div>\n</div>\n</div>\n");
    }

    private static void Spans(HtmlWriter html, BoardQuery query)
    {
        html.Write($"<ul class=\"spans\" aria-label=\"Range of time\">");
        foreach ((string name, _) in BoardQuery.Spans)
        {
            html.Write($"<li><a href=\"{(query with { Span = name, From = null, To = null, Page = 1 }).Address}\"{(query.Span == name ? " aria-current=\"true\"" : "")}>{name}</a></li>");
        }

        if (query is { From: { } from, To: { } to })
        {
            html.Write($"<li class=\"range\">");
            PageParts.Time(html, from);
            html.Write($" – ");
            PageParts.Time(html, to);
            html.Write($"</li>");
        }

        html.Write($"</ul>\n");
    }

    private static void Search(HtmlWriter html, BoardQuery query)
    {
        html.Write($"<form class=\"find wide\" action=\"{PageAddress.List}\" role=\"search\">");
        foreach ((string name, string value) in query.RangePairs.Concat(query.ChosenPairs))
        {
            html.Write($"<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        }

        html.Write(
            $"""
            <input type="search" name="q" value="{query.Text}" placeholder="Command line, hash, IP, rule, host, user, id" aria-label="Search detections" autocomplete="off" spellcheck="false" maxlength="200"><kbd aria-hidden="true">/</kbd><button type="submit">Search</button></form>

            """);
    }

    private static void Warnings(HtmlWriter html, BoardQuery query, DateTimeOffset? completeFrom)
    {
        if (!query.NotUnderstood.IsEmpty)
        {
            html.Write($"<p class=\"notice\">Not understood in this address, and left out: {string.Join(", ", query.NotUnderstood)}.</p>\n");
        }

        if (completeFrom is { } from)
        {
            html.Write($"<p class=\"notice\">There are more detections in this range than the list looks at. It holds those since ");
            PageParts.Time(html, from);
            html.Write($"; choose a shorter range to see others.</p>\n");
        }
    }

    private static void Histogram(HtmlWriter html, BoardPage page)
    {
        const int width = 1_000;
        const int height = 80;
        int most = Math.Max(1, page.Bars.Max(bar => bar.Count));
        double step = (double)width / page.Bars.Length;
        html.Write($"<figure class=\"histogram\"><svg viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" role=\"group\" aria-label=\"Detections by time\">\n");
        for (int i = 0; i < page.Bars.Length; i++)
        {
            Bar bar = page.Bars[i];
            if (bar.Count == 0)
            {
                continue;
            }

            string label = $"{Stamp(bar.From)}: {PageParts.Count(bar.Count, "detection")}, of these {bar.High.ToString("N0", CultureInfo.InvariantCulture)} high or critical";
            html.Write($"<a href=\"{page.Query.Between(bar.From, bar.To).Address}\" aria-label=\"{label}\"><title>{label}</title>");
            // As high as the figure, so that a short bar can be hit as well.
            Rectangle(html, "hit", i * step, 0, step, height);
            double all = Math.Max(2, (double)bar.Count / most * height);
            double high = bar.High == 0 ? 0 : Math.Max(2, (double)bar.High / most * height);
            Rectangle(html, "other", (i * step) + (step * .1), height - all, step * .8, all);
            Rectangle(html, "high", (i * step) + (step * .1), height - high, step * .8, high);
            html.Write($"</a>\n");
        }

        html.Write($"</svg><figcaption><span>");
        PageParts.Time(html, page.Bars[0].From);
        html.Write($"</span><span>most in a bar: {most.ToString("N0", CultureInfo.InvariantCulture)}</span><span>");
        PageParts.Time(html, page.Bars[^1].To);
        html.Write($"</span></figcaption></figure>\n");
    }

    private static void Rectangle(HtmlWriter html, string name, double x, double y, double width, double height)
    {
        if (height > 0)
        {
            html.Write($"<rect class=\"{name}\" x=\"{Number(x)}\" y=\"{Number(y)}\" width=\"{Number(width)}\" height=\"{Number(height)}\"/>");
        }
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static void Facets(HtmlWriter html, BoardPage page)
    {
        html.Write($"<aside class=\"facets\" aria-label=\"Narrow the list\">\n<details open><summary>Narrow the list</summary>\n");
        foreach ((Facet facet, ImmutableArray<FacetCount> values) in page.Facets)
        {
            html.Write($"<section><h2 class=\"small\">{facet.ToString()}</h2>\n<ul>");
            Values(html, page.Query, facet, values.Take(ValuesShown));
            html.Write($"</ul>\n");
            if (values.Length > ValuesShown)
            {
                html.Write($"<details><summary>{(values.Length - ValuesShown).ToString("N0", CultureInfo.InvariantCulture)} more</summary><ul>");
                Values(html, page.Query, facet, values.Skip(ValuesShown).Take(MaxValues));
                html.Write($"</ul>");
                if (values.Length > ValuesShown + MaxValues)
                {
                    html.Write($"<p class=\"none\">and {(values.Length - ValuesShown - MaxValues).ToString("N0", CultureInfo.InvariantCulture)} that are rarer: search for them</p>");
                }

                html.Write($"</details>");
            }

            html.Write($"</section>\n");
        }

        html.Write($"</details></aside>\n");
    }

    private static void Values(HtmlWriter html, BoardQuery query, Facet facet, IEnumerable<FacetCount> values)
    {
        foreach (FacetCount count in values)
        {
            bool isChosen = query.Has(facet, count.Value);
            html.Write($"<li><a href=\"{query.Toggle(facet, count.Value).Address}\"{(isChosen ? " class=\"chosen\" aria-current=\"true\"" : "")} rel=\"nofollow\">");
            if (facet == Facet.Level)
            {
                LevelBadge.Write(html, count.Value == DetectionBoard.None ? null : count.Value);
            }
            else
            {
                html.Write($"<span class=\"name\">{NameOf(facet, count)}</span>");
            }

            html.Write($" <b>{count.Count.ToString("N0", CultureInfo.InvariantCulture)}</b></a></li>");
        }
    }

    private static string NameOf(Facet facet, FacetCount count) => facet switch
    {
        Facet.Technique when AttackCatalogue.Enterprise.FindTechnique(count.Value) is { } technique => $"{technique.Id} {technique.FullName}",
        Facet.Verdict => VerdictWords.Of(count.Value),
        _ => count.Label,
    };

    private static void Events(HtmlWriter html, BoardPage page, Func<BoardEvent, MarkedText?> marks)
    {
        if (page.Page.IsEmpty)
        {
            html.Write($"<p class=\"none empty\">{(page.Events > 0 ? "There is no such page of the list: it has fewer." : page.Query.IsFiltered ? "Nothing in this range has all of that." : "Nothing was detected in this range.")}</p>\n");
            return;
        }

        html.Write($"<ol class=\"events\">\n");
        foreach (BoardEvent one in page.Page)
        {
            Event(html, one, marks(one));
        }

        html.Write($"</ol>\n");
    }

    private static void Event(HtmlWriter html, BoardEvent one, MarkedText? what)
    {
        BoardRow row = one.Rows[0];
        Detection detection = row.Detection;
        html.Write($"<li><p class=\"when\">");
        PageParts.Time(html, row.Time);
        LevelBadge.Write(html, detection.Level);
        html.Write($"</p>\n<div class=\"body\"><p class=\"head\"><a href=\"{PageAddress.Of(detection.Id)}\">{detection.RuleTitle}</a>");
        if (one.Rows.Length > 1)
        {
            html.Write($" <span class=\"more\">and {PageParts.Count(one.Rows.Length - 1, "rule")} more</span>");
        }

        foreach (string verdict in one.Verdicts.Distinct().Where(verdict => verdict != DetectionBoard.None))
        {
            html.Write($" <span class=\"tag verdict-{verdict}\">{VerdictWords.Of(verdict)}</span>");
        }

        html.Write($"</p>\n<p class=\"who\">");
        if (detection.Correlation is { } correlation)
        {
            html.Write($"<span>{correlation.Type} {correlation.Value}</span>");
            foreach (DetectedField field in correlation.Group)
            {
                html.Write($"<span>{field.Field} {field.Value}</span>");
            }
        }
        else
        {
            Who(html, detection.Host);
            Who(html, detection.User);
        }

        Who(html, row.Techniques.IsEmpty ? null : string.Join(' ', row.Techniques.Take(3)));
        html.Write($"</p>\n");
        if (what is not null)
        {
            MarkedText shown = what.Around(MaxWhat);
            html.Write($"<p class=\"what\"><code>");
            PageParts.Marked(html, shown.Text, shown.Spans);
            html.Write($"</code></p>\n");
        }

        html.Write($"</div></li>\n");
    }

    private static void Who(HtmlWriter html, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            html.Write($"<span>{text}</span>");
        }
    }

    private static void Paging(HtmlWriter html, BoardPage page)
    {
        if (page.Pages == 1)
        {
            return;
        }

        int current = Math.Min(page.Query.Page, page.Pages);
        html.Write($"<nav class=\"paging\" aria-label=\"Pages\">");
        if (current > 1)
        {
            html.Write($"<a rel=\"prev\" href=\"{(page.Query with { Page = current - 1 }).Address}\">Newer</a>");
        }

        html.Write($"<span>Page {current.ToString("N0", CultureInfo.InvariantCulture)} of {page.Pages.ToString("N0", CultureInfo.InvariantCulture)}</span>");
        if (current < page.Pages)
        {
            html.Write($"<a rel=\"next\" href=\"{(page.Query with { Page = current + 1 }).Address}\">Older</a>");
        }

        html.Write($"</nav>\n");
    }
}
