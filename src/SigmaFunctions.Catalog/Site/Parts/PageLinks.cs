using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>Links to the pages of rules, correlations and filters.</summary>
internal static class PageLinks
{
    /// <summary>Writes a list of rules.</summary>
    public static void WriteAll(HtmlWriter html, string root, IEnumerable<PageLink> links)
    {
        html.Write($"<ul class=\"links\">");
        foreach (PageLink link in links)
        {
            html.Write($"<li>");
            Write(html, root, link);
            html.Write($"</li>");
        }

        html.Write($"</ul>\n");
    }

    /// <summary>Writes a link to a page, with the level of its rule.</summary>
    public static void Write(HtmlWriter html, string root, PageLink link)
    {
        html.Write($"<a href=\"{root}{link.Path}\">{link.Title}</a>");
        if (link.Level is not null)
        {
            html.Write($" ");
            LevelBadge.Write(html, link.Level);
        }
    }

    /// <summary>Writes a list of some of them, and how many more there are.</summary>
    public static void WriteSome(HtmlWriter html, string root, IReadOnlyCollection<PageLink> links, int count)
    {
        WriteAll(html, root, links);
        if (count > links.Count)
        {
            html.Write($"<p class=\"none\">and {count - links.Count} more</p>");
        }
    }
}
