using SigmaFunctions.Catalog.Site.Parts;

namespace SigmaFunctions.Catalog.Site;

/// <summary>What every page has around its content.</summary>
internal sealed class Layout
{
    /// <summary>
    /// Nothing is loaded from elsewhere, and no script or style stands in a page. The pages hold no other form than the search.
    /// </summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'";

    private readonly SiteOptions _options;
    private readonly bool _hasTelemetry;

    /// <summary>Makes the layout of a catalogue.</summary>
    /// <param name="options">How the site is written; its address ends in a slash where it has one.</param>
    /// <param name="hasTelemetry">Whether there is a page about telemetry.</param>
    public Layout(SiteOptions options, bool hasTelemetry)
    {
        _options = options;
        _hasTelemetry = hasTelemetry;
    }

    /// <summary>A page.</summary>
    /// <param name="path">Its place in the site, with <c>/</c>.</param>
    /// <param name="title">Its title.</param>
    /// <param name="description">What it is about; empty for nothing.</param>
    /// <param name="content">Writes its content, given the way to the site's root (empty or <c>../</c>).</param>
    /// <param name="script">A script of its own among the assets.</param>
    public string Page(string path, string title, string description, Action<HtmlWriter, string> content, string? script = null)
    {
        string root = path.Contains('/', StringComparison.Ordinal) ? "../" : "";
        var html = new HtmlWriter();
        html.Write(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{ContentSecurityPolicy}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <meta name="color-scheme" content="light dark">
            <title>{(path == "index.html" ? title : $"{title} · {_options.Title}")}</title>

            """);
        if (description.Length > 0)
        {
            html.Write($"<meta name=\"description\" content=\"{Shorten(description)}\">\n");
        }

        if (_options.BaseUrl is not null)
        {
            html.Write($"<link rel=\"canonical\" href=\"{new Uri(_options.BaseUrl, path).AbsoluteUri}\">\n");
        }

        html.Write(
            $"""
            <link rel="icon" href="{root}assets/icon.svg" type="image/svg+xml">
            <link rel="stylesheet" href="{root}assets/catalog.css">
            <script src="{root}assets/theme.js"></script>
            <script src="{root}assets/catalog.js" defer></script>

            """);
        if (script is not null)
        {
            html.Write($"<script src=\"{root}assets/search-index.js\" defer></script>\n<script src=\"{root}assets/{script}\" defer></script>\n");
        }

        html.Write(
            $"""
            </head>
            <body>
            <a class="skip" href="#content">Skip to the content</a>
            <header class="site">
            <a class="wordmark" href="{_options.PartOf?.Address ?? $"{root}index.html"}">{_options.PartOf?.Name ?? _options.Title}</a>
            <nav aria-label="Catalogue"><ul>
            """);
        if (_options.PartOf is { } parent)
        {
            Item(parent.Address, parent.Label, isCurrent: false);
            Item($"{root}index.html", "Catalogue", path == "index.html");
        }

        foreach ((string page, string name) in SiteNavigation.Pages.Where(page => page.Path != SiteNavigation.Telemetry || _hasTelemetry))
        {
            Item(root + page, name, page == path);
        }

        html.Write($"</ul></nav>\n");
        if (path != "search.html")
        {
            html.Write(
                $"""
                <form class="find" action="{root}search.html" role="search"><input type="search" name="q" placeholder="Search rules" aria-label="Search rules" autocomplete="off" spellcheck="false"><kbd aria-hidden="true">/</kbd></form>

                """);
        }

        html.Write(
            $"""
            <button type="button" class="theme" id="theme" hidden>Dark</button>
            </header>
            <main id="content" tabindex="-1">

            """);
        content(html, root);
        html.Write($"\n</main>\n<footer class=\"site\"><p>{_options.Title}");
        html.Write($" · <a href=\"{root}catalog.json\">catalog.json</a></p><p>{Attack.AttackCatalogue.Notice}</p></footer>\n</body>\n</html>\n");
        return html.ToString();

        void Item(string address, string name, bool isCurrent)
        {
            html.Write($"<li><a href=\"{address}\"");
            if (isCurrent)
            {
                html.Write($" aria-current=\"page\"");
            }

            html.Write($">{name}</a></li>");
        }
    }

    private static string Shorten(string text)
    {
        string line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= 200 ? line : line[..(char.IsHighSurrogate(line[198]) ? 198 : 199)] + "…";
    }
}
