using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>Rules as the rows of a list.</summary>
internal static class RuleList
{
    /// <summary>Writes rules by title.</summary>
    public static void Write(HtmlWriter html, string root, IEnumerable<RulePage> pages, bool inOrder = false)
    {
        html.Write($"<ul class=\"rules\">\n");
        foreach (RulePage page in inOrder ? pages : pages.OrderBy(page => page.Link.Title, StringComparer.OrdinalIgnoreCase).ThenBy(page => page.Link.Id, StringComparer.Ordinal))
        {
            html.Write($"<li>");
            LevelBadge.Write(html, page.Rule.Level);
            html.Write($"<a href=\"{root}rules/{page.Link.Page}.html\">{page.Link.Title}</a><span class=\"where\">{ShortOf(page)}</span><span class=\"when\">");
            if (page.Changed is { } day)
            {
                html.Write($"{day}");
            }

            html.Write($"</span></li>\n");
        }

        html.Write($"</ul>\n");
    }

    /// <summary>A log source in short, such as <c>windows / process_creation</c>.</summary>
    public static string ShortOf(RulePage page) => string.Join(
        " / ", new[] { page.Rule.LogSource.Product, page.Rule.LogSource.Category, page.Rule.LogSource.Service }.OfType<string>());
}
