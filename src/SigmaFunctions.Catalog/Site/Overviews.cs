using System.Collections.Immutable;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Site;

/// <summary>The pages that look at a catalogue as a whole.</summary>
internal sealed class Overviews(RuleCatalogue catalogue, AttackView attack, LogSourceNames logSources)
{
    private const int MaxRecent = 200;
    private const int MaxShared = 250;

    private static readonly ImmutableArray<RuleLevel> HighestFirst = [.. Enum.GetValues<RuleLevel>().Reverse()];

    private bool HasSeveralSources => catalogue.Sources.Length > 1;

    /// <summary>Writes the first page.</summary>
    public void WriteHome(HtmlWriter html, string root, SiteOptions options)
    {
        html.Write(
            $"""
            <div class="home">
            <h1>{options.Title}</h1>
            <p class="lead">{PageText.Count(catalogue.Rules.Length, "rule")} over {PageText.Count(logSources.All.Count(), "log source")}, for {attack.Covered} of {AttackView.Total} ATT&amp;CK techniques.{(catalogue.Rejected > 0 ? $" {PageText.Count(catalogue.Rejected, "document")} could not be loaded." : "")}{(options.Remark is null ? "" : $" {options.Remark}")}</p>
            <form class="big find" action="search.html" role="search"><input type="search" name="q" placeholder="Title, technique, field value, CVE, author …" aria-label="Search all rules" autocomplete="off" spellcheck="false"><button>Search</button></form>
            <div class="columns">
            <section><h2>Severity</h2>
            """);
        Bars(html, root, "level", HighestFirst.Select(level => (RuleLevel?)level).Append(null).Select(level => level?.Name()), page => LevelOf(page)?.Name(), "none");
        html.Write($"</section>\n<section><h2>Status</h2>");
        Bars(html, root, "status", [.. catalogue.Rules.Select(page => page.Rule.Status).Distinct().OrderByDescending(status => catalogue.Rules.Count(page => page.Rule.Status == status))], page => page.Rule.Status, "not stated");
        html.Write($"</section>\n<section><h2>Product</h2>");
        Bars(html, root, "product", [.. catalogue.Rules.GroupBy(page => page.Rule.LogSource.Product).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Take(8).Select(group => group.Key)], page => page.Rule.LogSource.Product, "any product");
        html.Write($"</section>\n</div>\n<section><h2>Tactics</h2><div class=\"tacticbars\">");
        Bars(
            html,
            root,
            "tactic",
            [.. AttackCatalogue.Enterprise.Tactics.Where(tactic => catalogue.Rules.Any(page => page.Tactics.Contains(tactic))).Select(tactic => tactic.Name)],
            catalogue.Rules.SelectMany(page => page.Tactics.Select(tactic => tactic.Name)).CountBy(name => name).ToDictionary(),
            "");
        html.Write($"</div><p><a href=\"attack.html\">The whole matrix</a></p></section>\n<div class=\"columns two\">\n<section><h2>Recently changed</h2>\n");
        RuleList.Write(html, root, Recent().Take(10), inOrder: true);
        html.Write($"<p><a href=\"recent.html\">More</a></p></section>\n<section><h2>Most shared indicators</h2>\n<ol class=\"shared\">");
        foreach (SharedIndicator shared in catalogue.SharedIndicators.Take(10))
        {
            html.Write($"<li><b>{shared.Count}</b><span><code class=\"field\">{shared.Field}</code> {shared.Kind} <code>{shared.Value}</code></span></li>");
        }

        html.Write($"</ol><p><a href=\"indicators.html\">More</a></p></section>\n</div>\n");
        if (!catalogue.Correlations.IsEmpty || !catalogue.Filters.IsEmpty)
        {
            html.Write($"<div class=\"columns two\"><section><h2>Correlations</h2>");
            PageLinks.WriteAll(html, root, catalogue.Correlations.Where(page => !page.IsSilent).Select(page => page.Link));
            html.Write($"</section><section><h2>Filters</h2>");
            PageLinks.WriteAll(html, root, catalogue.Filters.Select(page => page.Link));
            html.Write($"</section></div>\n");
        }

        if (HasSeveralSources)
        {
            html.Write($"<section><h2>Sources</h2>");
            Bars(html, root, "source", [.. catalogue.Sources.Select(source => source.Name)], page => page.Source.Name, "");
            html.Write($"</section>\n");
        }

        html.Write($"</div>");
    }

    /// <summary>Writes the page that searches.</summary>
    public static void WriteSearch(HtmlWriter html, string root)
    {
        html.Write(
            $"""
            <div class="search" id="search">
            <h1 class="quiet">Rules</h1>
            <form class="find" id="query-form" role="search"><input type="search" id="query" name="q" placeholder="Title, technique, field value, CVE, author …" aria-label="Search rules" aria-describedby="query-help" autocomplete="off" spellcheck="false"><kbd aria-hidden="true">/</kbd></form>
            <p class="hint" id="query-help">All words must be found; quotes keep words together. <span class="keys"><kbd>/</kbd> to search, <kbd>↑</kbd> <kbd>↓</kbd> to choose, <kbd>Enter</kbd> to open.</span></p>
            <noscript><p class="notice">Searching needs JavaScript. Every rule is also listed <a href="{root}logsources.html">by log source</a> and <a href="{root}attack.html">by ATT&amp;CK technique</a>.</p></noscript>
            <div class="results" id="results" hidden>
            <div class="facets" id="facets" role="group" aria-label="Filters"></div>
            <div class="found"><p class="status" id="status" role="status"></p><ul class="rules" id="list" aria-label="Rules found"></ul><p><button type="button" id="more" hidden>Show more</button></p></div>
            </div>
            </div>
            """);
    }

    /// <summary>Writes the log sources with their numbers of rules.</summary>
    public void WriteLogSources(HtmlWriter html, string root)
    {
        html.Write($"<h1>Log sources</h1>\n<p class=\"lead\">Where rules look, and how many of them at each level.</p>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Log sources\"><table class=\"numbers\"><thead><tr><th scope=\"col\">Product</th><th scope=\"col\">Category</th><th scope=\"col\">Service</th>");
        foreach (RuleLevel level in HighestFirst)
        {
            html.Write($"<th scope=\"col\" class=\"n\">{(level == RuleLevel.Informational ? "info" : level.Name())}</th>");
        }

        html.Write($"<th scope=\"col\" class=\"n\">Rules</th></tr></thead><tbody>\n");
        foreach (IGrouping<LogSource, RulePage> group in catalogue.Rules.GroupBy(page => page.Rule.LogSource).OrderByDescending(group => group.Count()).ThenBy(group => group.Key.ToString(), StringComparer.Ordinal))
        {
            // The most telling word leads to the rules.
            string?[] words = [group.Key.Product, group.Key.Category, group.Key.Service];
            int telling = words[1] is not null ? 1 : words[2] is not null ? 2 : 0;
            html.Write($"<tr>");
            for (int i = 0; i < words.Length; i++)
            {
                if (i == telling)
                {
                    html.Write($"<td><a href=\"{root}logsources/{logSources.PageOf(group.Key)}.html\">{words[i] ?? "any"}</a></td>");
                }
                else
                {
                    html.Write($"<td>{words[i] ?? "–"}</td>");
                }
            }

            foreach (RuleLevel level in HighestFirst)
            {
                int count = group.Count(page => LevelOf(page) == level);
                html.Write($"<td class=\"n\">");
                if (count > 0)
                {
                    html.Write($"{count}");
                }

                html.Write($"</td>");
            }

            html.Write($"<td class=\"n\">{group.Count()}</td></tr>\n");
        }

        html.Write($"</tbody></table></div>");
    }

    /// <summary>Writes the rules of a log source by level.</summary>
    public void WriteLogSource(HtmlWriter html, string root, LogSource logSource)
    {
        RulePage[] pages = [.. catalogue.Rules.Where(page => page.Rule.LogSource == logSource)];
        html.Write($"<p class=\"crumbs\"><a href=\"{root}logsources.html\">Log sources</a></p>\n<h1>{PageText.Of(logSource)}</h1>\n<p class=\"lead\">{PageText.Count(pages.Length, "rule")}</p>\n");
        foreach (RuleLevel? level in HighestFirst.Select(level => (RuleLevel?)level).Append(null))
        {
            RulePage[] under = [.. pages.Where(page => LevelOf(page) == level)];
            if (under.Length > 0)
            {
                html.Write($"<h2>{level?.Name() ?? "no level"} <small>{under.Length}</small></h2>\n");
                RuleList.Write(html, root, under);
            }
        }
    }

    /// <summary>Writes the indicators that most rules share.</summary>
    public void WriteIndicators(HtmlWriter html, string root)
    {
        html.Write($"<h1>Shared indicators</h1>\n<p class=\"lead\">{PageText.Count(catalogue.SharedIndicators.Length, "indicator")} that more than one rule looks for: after modifiers, the same field, kind and value.{(catalogue.SharedIndicators.Length > MaxShared ? $" The {MaxShared} most shared." : "")}</p>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Shared indicators\"><table class=\"indicators\"><thead><tr><th scope=\"col\" class=\"n\">Rules</th><th scope=\"col\">Field</th><th scope=\"col\">Kind</th><th scope=\"col\">Value</th></tr></thead><tbody>\n");
        foreach (SharedIndicator shared in catalogue.SharedIndicators.Take(MaxShared))
        {
            html.Write($"<tr><td class=\"n\">{shared.Count}</td><td>");
            FieldNames.Write(html, shared.Field);
            html.Write($"</td><td>{shared.Kind}{(shared.IsCased ? "|cased" : "")}</td><td><details class=\"rulesof\"><summary><code>{shared.Value}</code>{(HasSeveralSources ? $" ({PageText.Of(shared.CountBySource)})" : "")}</summary>");
            PageLinks.WriteSome(html, root, shared.Rules, shared.Count);
            html.Write($"</details></td></tr>\n");
        }

        html.Write($"</tbody></table></div>");
    }

    /// <summary>Writes what rules can do on each source of telemetry.</summary>
    public void WriteTelemetry(HtmlWriter html, string root)
    {
        html.Write($"<h1>Telemetry</h1>\n<p class=\"lead\">What the rules can do on the events of each source. A blind rule never matches there: fields that it needs do not come.</p>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Telemetry\"><table class=\"numbers\"><thead><tr><th scope=\"col\">Source</th><th scope=\"col\" class=\"n\">Fully able</th><th scope=\"col\" class=\"n\">Weakened</th><th scope=\"col\" class=\"n\">Blind</th><th scope=\"col\" class=\"n\">Not for it</th></tr></thead><tbody>\n");
        foreach (TelemetryName telemetry in catalogue.Telemetry)
        {
            html.Write($"<tr><th scope=\"row\"><a href=\"#{telemetry.Name}\">{telemetry.Title}</a></th>");
            foreach (CoverageVerdict verdict in Enum.GetValues<CoverageVerdict>())
            {
                html.Write($"<td class=\"n\">{Under(telemetry, verdict).Count()}</td>");
            }

            html.Write($"<td class=\"n\">{catalogue.Rules.Count(page => page.Coverage.All(source => source.Telemetry != telemetry))}</td></tr>\n");
        }

        html.Write($"</tbody></table></div>\n");
        foreach (TelemetryName telemetry in catalogue.Telemetry)
        {
            (RulePage Page, SourceCoverage Coverage)[] blind = [.. Under(telemetry, CoverageVerdict.Blind)];
            html.Write($"<section id=\"{telemetry.Name}\"><h2>Blind on {telemetry.Title} <small>{blind.Length}</small></h2>\n");
            if (blind.Length == 0)
            {
                html.Write($"<p class=\"none\">No rule is blind on it.</p>");
            }
            else
            {
                html.Write($"<ul class=\"rules\">\n");
                foreach ((RulePage page, SourceCoverage coverage) in blind.OrderBy(one => one.Page.Link.Title, StringComparer.OrdinalIgnoreCase))
                {
                    html.Write($"<li>");
                    LevelBadge.Write(html, page.Rule.Level);
                    html.Write($"<a href=\"{root}rules/{page.Link.Page}.html#events\">{page.Link.Title}</a><span class=\"where\">");
                    FieldNames.WriteAll(html, coverage.Missing);
                    html.Write($"</span></li>\n");
                }

                html.Write($"</ul>");
            }

            html.Write($"</section>\n");
        }
    }

    /// <summary>Writes the rules that were changed last, by the dates that they state.</summary>
    public void WriteRecent(HtmlWriter html, string root)
    {
        html.Write($"<h1>Recently changed</h1>\n<p class=\"lead\">By the dates that rules state, the last first.</p>\n");
        foreach (IGrouping<DateOnly, RulePage> month in Recent().Take(MaxRecent).GroupBy(page => new DateOnly(page.Changed!.Value.Year, page.Changed.Value.Month, 1)))
        {
            html.Write($"<h2>{month.Key.ToString("MMMM yyyy", System.Globalization.CultureInfo.InvariantCulture)} <small>{month.Count()}</small></h2>\n");
            RuleList.Write(html, root, month, inOrder: true);
        }
    }

    private static RuleLevel? LevelOf(RulePage page) => RuleLevels.Parse(page.Rule.Level);

    private IEnumerable<(RulePage Page, SourceCoverage Coverage)> Under(TelemetryName telemetry, CoverageVerdict verdict) =>
        catalogue.Rules.SelectMany(page => page.Coverage.Where(source => source.Telemetry == telemetry && source.Verdict == verdict).Select(source => (page, source)));

    private IEnumerable<RulePage> Recent() => catalogue.Rules
        .Where(page => page.Changed is not null)
        .OrderByDescending(page => page.Changed)
        .ThenBy(page => page.Link.Title, StringComparer.Ordinal);

    private void Bars(HtmlWriter html, string root, string facet, IEnumerable<string?> keys, Func<RulePage, string?> keyOf, string none) =>
        Bars(html, root, facet, keys, catalogue.Rules.CountBy(page => keyOf(page) ?? "").ToDictionary(), none);

    private static void Bars(HtmlWriter html, string root, string facet, IEnumerable<string?> keys, Dictionary<string, int> counts, string none)
    {
        int most = Math.Max(1, counts.Count == 0 ? 1 : counts.Values.Max());
        html.Write($"<ul class=\"bars\">");
        foreach (string? key in keys)
        {
            int count = counts.GetValueOrDefault(key ?? "");
            if (count > 0)
            {
                html.Write($"<li><a href=\"{root}search.html#{facet}={Uri.EscapeDataString(key ?? none)}\"><span class=\"name\">{key ?? none}</span><svg class=\"bar {(facet == "level" ? LevelBadge.ClassOf(key) : "")}\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{Math.Max(1, count * 100 / most)}\" height=\"4\"/></svg><b>{count}</b></a></li>");
            }
        }

        html.Write($"</ul>");
    }
}
