using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site.Parts;

namespace SigmaFunctions.Catalog.Site;

/// <summary>The site that a catalogue is a part of.</summary>
/// <param name="Name">Name of the whole.</param>
/// <param name="Address">Address of its first page, as seen from the catalogue's pages.</param>
/// <param name="Label">What that page is called among the links of every page.</param>
public sealed record ParentSite(string Name, string Address, string Label);

/// <summary>How a site is written.</summary>
public sealed record SiteOptions
{
    /// <summary>Name of the site.</summary>
    public string Title { get; init; } = "Detection rules";

    /// <summary>Address that the site will have, for links from elsewhere; null if it is not known.</summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>The site that it is a part of and links back to; null where it stands alone.</summary>
    public ParentSite? PartOf { get; init; }

    /// <summary>What the first page says of the rules beside their numbers; null for nothing.</summary>
    public string? Remark { get; init; }
}

/// <summary>What was written.</summary>
/// <param name="Files">Number of files.</param>
/// <param name="Bytes">Their length together.</param>
public sealed record SiteSize(int Files, long Bytes);

/// <summary>A file of a site.</summary>
/// <param name="Path">Its place in the site, with <c>/</c>.</param>
/// <param name="Write">Writes its content; may be called on any thread.</param>
public sealed record SiteFile(string Path, Action<Stream> Write);

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
        ConcurrentDictionary<string, byte> stale = Prepare(folder);
        int files = 0;
        long bytes = 0;
        Parallel.ForEach(Partitioner.Create(Files(catalogue, options), loadBalance: true), file =>
        {
            using (FileStream stream = File.Create(Path.Combine(folder, file.Path)))
            {
                file.Write(stream);
                Interlocked.Add(ref bytes, stream.Length);
            }

            stale.TryRemove(file.Path, out _);
            Interlocked.Increment(ref files);
        });
        foreach (string path in stale.Keys)
        {
            File.Delete(Path.Combine(folder, path));
        }

        return new SiteSize(files, bytes);
    }

    /// <summary>Every file of a site. What is common to pages is made here, each page when it is written.</summary>
    public static ImmutableArray<SiteFile> Files(RuleCatalogue catalogue, SiteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        options ??= new SiteOptions();
        if (options.BaseUrl is { } url && !url.AbsoluteUri.EndsWith('/'))
        {
            options = options with { BaseUrl = new Uri(url.AbsoluteUri + "/") };
        }

        var layout = new Layout(options, !catalogue.Telemetry.IsEmpty);
        var logSources = new LogSourceNames(catalogue.Rules.Select(page => page.Rule.LogSource));
        var attack = new AttackView(catalogue);
        var overviews = new Overviews(catalogue, attack, logSources);
        bool hasSeveralSources = catalogue.Sources.Length > 1;

        // The largest first, so that none is waited for at the end.
        return
        [
            new SiteFile(Marker, stream => CatalogueJson.Write(stream, catalogue, options.BaseUrl)),
            new SiteFile("assets/search-index.js", stream => stream.Write(SearchIndex.Write(catalogue))),
            Page("index.html", options.Title, "", (html, root) => overviews.WriteHome(html, root, options)),
            Page("search.html", "Rules", "", Overviews.WriteSearch, "search.js"),
            Page("attack.html", "ATT&CK coverage", "", attack.WriteMatrix),
            Page("logsources.html", "Log sources", "", overviews.WriteLogSources),
            Page("indicators.html", "Shared indicators", "", overviews.WriteIndicators),
            Page("recent.html", "Recently changed", "", overviews.WriteRecent),
            .. catalogue.Telemetry.IsEmpty ? Array.Empty<SiteFile>() : [Page(SiteNavigation.Telemetry, "Telemetry", "", overviews.WriteTelemetry)],
            .. SiteAssets.Names.Select(asset => new SiteFile($"assets/{asset}", stream => stream.Write(SiteAssets.Find(asset)))),
            .. attack.Pages.Select(technique => Page(
                $"techniques/{technique.Id}.html", $"{technique.Id} {technique.Name}", "", (html, root) => attack.WriteTechnique(html, root, technique))),
            .. logSources.All.Select(logSource => Page(
                $"logsources/{logSources.PageOf(logSource)}.html", PageText.Of(logSource), "", (html, root) => overviews.WriteLogSource(html, root, logSource))),
            .. catalogue.Rules.Select(page => Page(
                page.Link.Path, page.Link.Title, page.Rule.Description ?? "", (html, root) => RuleView.Write(html, root, page, logSources, hasSeveralSources))),
            .. catalogue.Correlations.Select(page => Page(
                page.Link.Path, page.Link.Title, page.Correlation.Description ?? "", (html, root) => CorrelationView.Write(html, root, page, logSources))),
            .. catalogue.Filters.Select(page => Page(
                page.Link.Path, page.Link.Title, page.Filter.Description ?? "", (html, root) => FilterView.Write(html, root, page))),
        ];

        SiteFile Page(string path, string title, string description, Action<HtmlWriter, string> content, string? script = null) =>
            new(path, stream => stream.Write(Utf8.GetBytes(layout.Page(path, title, description, content, script))));
    }

    /// <summary>Makes the folders.</summary>
    /// <returns>The pages of an earlier catalogue.</returns>
    private static ConcurrentDictionary<string, byte> Prepare(string folder)
    {
        Directory.CreateDirectory(folder);
        if (Directory.EnumerateFileSystemEntries(folder).Any() && !File.Exists(Path.Combine(folder, Marker)))
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

        if (File.Exists(Path.Combine(folder, SiteNavigation.Telemetry)))
        {
            pages.TryAdd(SiteNavigation.Telemetry, 0);
        }

        return pages;
    }
}
