using System.Collections.Concurrent;
using System.Text;
using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Site;

/// <summary>How a site is written.</summary>
public sealed record SiteOptions
{
    /// <summary>Name of the site.</summary>
    public string Title { get; init; } = "Detection rules";

    /// <summary>Address that the site will have, for links from elsewhere; null if it is not known.</summary>
    public Uri? BaseUrl { get; init; }
}

/// <summary>What was written.</summary>
/// <param name="Files">Number of files.</param>
/// <param name="Bytes">Their length together.</param>
public sealed record SiteSize(int Files, long Bytes);

/// <summary>Writes a catalogue as a site of files (docs/catalog.md). Equal catalogues make equal files.</summary>
public static class SiteWriter
{
    private const string Marker = "catalog.json";

    private static readonly string[] Folders = ["rules", "techniques", "logsources", "assets"];

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes a site into a folder that is new, is empty, or holds an earlier catalogue, of which no page is left.</summary>
    /// <exception cref="IOException">The folder holds something else, or cannot be written.</exception>
    public static SiteSize Write(RuleCatalogue catalogue, string folder, SiteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        options ??= new SiteOptions();
        Uri? baseUrl = options.BaseUrl is { } url && !url.AbsoluteUri.EndsWith('/') ? new Uri(url.AbsoluteUri + "/") : options.BaseUrl;
        ConcurrentDictionary<string, byte> stale = Prepare(folder);
        int files = 0;
        long bytes = 0;
        var layout = new Layout(options.Title, baseUrl, !catalogue.Telemetry.IsEmpty);
        var logSources = new LogSourceNames(catalogue.Rules.Select(page => page.Rule.LogSource));
        var attack = new AttackView(catalogue);
        var overviews = new Overviews(catalogue, attack, logSources);
        bool hasSeveralSources = catalogue.Sources.Length > 1;
        var pages = new List<Action>
        {
            () => Page("index.html", options.Title, "", (html, root) => overviews.WriteHome(html, root, options.Title)),
            () => Page("search.html", "Rules", "", Overviews.WriteSearch, "search.js"),
            () => Page("attack.html", "ATT&CK coverage", "", attack.WriteMatrix),
            () => Page("logsources.html", "Log sources", "", overviews.WriteLogSources),
            () => Page("indicators.html", "Shared indicators", "", overviews.WriteIndicators),
            () => Page("recent.html", "Recently changed", "", overviews.WriteRecent),
            () => File("assets/search-index.js", SearchIndex.Write(catalogue)),
            () => Json(),
        };
        if (!catalogue.Telemetry.IsEmpty)
        {
            pages.Add(() => Page("telemetry.html", "Telemetry", "", overviews.WriteTelemetry));
        }

        pages.AddRange(SiteAssets.Names.Select(asset => (Action)(() => File($"assets/{asset}", SiteAssets.Find(asset)!))));
        pages.AddRange(attack.Pages.Select(technique => (Action)(() => Page(
            $"techniques/{technique.Id}.html", $"{technique.Id} {technique.Name}", "", (html, root) => attack.WriteTechnique(html, root, technique)))));
        pages.AddRange(logSources.All.Select(logSource => (Action)(() => Page(
            $"logsources/{logSources.PageOf(logSource)}.html", RuleView.TextOf(logSource), "", (html, root) => overviews.WriteLogSource(html, root, logSource)))));
        pages.AddRange(catalogue.Rules.Select(page => (Action)(() => Page(
            page.Link.Path, page.Link.Title, page.Rule.Description ?? "", (html, root) => RuleView.Write(html, root, page, logSources, hasSeveralSources)))));
        pages.AddRange(catalogue.Correlations.Select(page => (Action)(() => Page(
            page.Link.Path, page.Link.Title, page.Correlation.Description ?? "", (html, root) => OtherViews.Write(html, root, page)))));
        pages.AddRange(catalogue.Filters.Select(page => (Action)(() => Page(
            page.Link.Path, page.Link.Title, page.Filter.Description ?? "", (html, root) => OtherViews.Write(html, root, page)))));
        Parallel.ForEach(Partitioner.Create(pages, loadBalance: true), write => write());
        foreach (string path in stale.Keys)
        {
            System.IO.File.Delete(Path.Combine(folder, path));
        }

        return new SiteSize(files, bytes);

        void Page(string path, string title, string description, Action<HtmlWriter, string> content, string? script = null) =>
            File(path, Utf8.GetBytes(layout.Page(path, title, description, content, script)));

        void File(string path, byte[] content)
        {
            System.IO.File.WriteAllBytes(Path.Combine(folder, path), content);
            Count(path, content.Length);
        }

        void Json()
        {
            using FileStream stream = System.IO.File.Create(Path.Combine(folder, Marker));
            CatalogueJson.Write(stream, catalogue, baseUrl);
            Count(Marker, stream.Length);
        }

        void Count(string path, long length)
        {
            stale.TryRemove(path, out _);
            Interlocked.Increment(ref files);
            Interlocked.Add(ref bytes, length);
        }
    }

    /// <summary>Makes the folders.</summary>
    /// <returns>The pages of an earlier catalogue.</returns>
    private static ConcurrentDictionary<string, byte> Prepare(string folder)
    {
        Directory.CreateDirectory(folder);
        if (Directory.EnumerateFileSystemEntries(folder).Any() && !System.IO.File.Exists(Path.Combine(folder, Marker)))
        {
            throw new IOException($"'{folder}' holds something other than a catalogue: name a new or empty folder.");
        }

        var pages = new ConcurrentDictionary<string, byte>(StringComparer.Ordinal);
        foreach (string name in Folders)
        {
            string path = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            foreach (string file in Directory.EnumerateFiles(path, name == "assets" ? "*.js" : "*.html"))
            {
                pages.TryAdd($"{name}/{Path.GetFileName(file)}", 0);
            }
        }

        if (System.IO.File.Exists(Path.Combine(folder, "telemetry.html")))
        {
            pages.TryAdd("telemetry.html", 0);
        }

        return pages;
    }
}
