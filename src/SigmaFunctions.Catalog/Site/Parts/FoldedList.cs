using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>Lists that are folded up behind their first items where they are long.</summary>
internal static class FoldedList
{
    /// <summary>Items of a long list that are not folded up.</summary>
    private const int Shown = 24;

    /// <summary>So few more are not worth a fold.</summary>
    private const int Spared = 6;

    /// <summary>Writes values.</summary>
    public static void WriteValues<T>(HtmlWriter html, ImmutableArray<T> values, Action<T> write)
    {
        int shown = ShownOf(values.Length);
        html.Write($"<ul class=\"values\">");
        Items(html, values.AsSpan(0, shown), write);
        html.Write($"</ul>");
        if (shown < values.Length)
        {
            html.Write($"<details><summary>{PageText.Count(values.Length - shown, "more value")}</summary><ul class=\"values\">");
            Items(html, values.AsSpan()[shown..], write);
            html.Write($"</ul></details>");
        }
    }

    /// <summary>Writes parts, which may be lists themselves; the fold is the last item.</summary>
    public static void WriteParts<T>(HtmlWriter html, ImmutableArray<T> parts, Action<T> write)
    {
        int shown = ShownOf(parts.Length);
        html.Write($"<ul>");
        Items(html, parts.AsSpan(0, shown), write);
        if (shown < parts.Length)
        {
            html.Write($"<li><details><summary>{PageText.Count(parts.Length - shown, "more part")}</summary><ul>");
            Items(html, parts.AsSpan()[shown..], write);
            html.Write($"</ul></details></li>");
        }

        html.Write($"</ul>");
    }

    private static int ShownOf(int count) => count > Shown + Spared ? Shown : count;

    private static void Items<T>(HtmlWriter html, ReadOnlySpan<T> items, Action<T> write)
    {
        foreach (T item in items)
        {
            html.Write($"<li>");
            write(item);
            html.Write($"</li>");
        }
    }
}
