using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Pages.Model;

namespace SigmaFunctions.Pages.Views;

/// <summary>What every page has around its content: the header with its links, the style sheets and scripts, and nothing of a page's own beside them.</summary>
internal static class PageFrame
{
    /// <summary>A page.</summary>
    /// <param name="options">Where things are.</param>
    /// <param name="title">Its title.</param>
    /// <param name="content">Writes its content.</param>
    public static string Page(PageOptions options, string title, Action<HtmlWriter> content)
    {
        var html = new HtmlWriter();
        html.Write(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <meta name="color-scheme" content="light dark">
            <title>{title} · SigmaFunctions</title>
            <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
            <link rel="stylesheet" href="/assets/catalog.css">
            <link rel="stylesheet" href="/assets/pages.css">
            <script src="/assets/theme.js"></script>
            <script src="/assets/catalog.js" defer></script>
            <script src="/assets/pages.js" defer></script>
            </head>
            <body>
            <a class="skip" href="#content">Skip to the content</a>
            <header class="site">
            <a class="wordmark" href="/">SigmaFunctions</a>
            <nav aria-label="Site"><ul>
            """);
        foreach (PageLinkItem link in options.Navigation)
        {
            html.Write($"<li><a href=\"{link.Address}\"");
            if (link.Address == PageAddress.List)
            {
                html.Write($" aria-current=\"page\"");
            }

            html.Write($">{link.Name}</a></li>");
        }

        html.Write(
            $"""
            </ul></nav>
            <button type="button" class="theme" id="zone" hidden>UTC</button>
            <button type="button" class="theme" id="theme" hidden>Dark</button>
            </header>
            <main id="content" tabindex="-1">

            """);
        content(html);
        html.Write($"</main>\n<footer class=\"site\"><p>{options.Footer}</p></footer>\n</body>\n</html>\n");
        return html.ToString();
    }
}
