using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site.Parts;

namespace SigmaFunctions.Catalog.Site;

/// <summary>The page of a rule.</summary>
internal static class RuleView
{
    /// <summary>Writes the page.</summary>
    public static void Write(HtmlWriter html, string root, RulePage page, LogSourceNames logSources, bool hasSeveralSources)
    {
        html.Write($"<div class=\"page\">\n<article>\n<p class=\"crumbs\"><a href=\"{root}search.html\">Detection rules</a> <span aria-hidden=\"true\">›</span> {page.Source.Name}</p>\n<h1>{page.Rule.Title}</h1>\n");
        Metadata(html, root, page, logSources);
        PageSections.Lead(html, page.Rule.Description);
        PageSections.FalsePositives(html, page.Rule.FalsePositives);
        AttackSection.Write(html, root, page.Attack);
        CoverageTable.Write(html, page);
        CodeSection.Write(html, page.Yaml);
        StageSection.Write(html, page.Stages);
        IndicatorTable.Write(html, root, page.Indicators, hasSeveralSources);
        Related(html, root, page);
        PageSections.References(html, page.Rule.References);
        html.Write($"</article>\n");
        Contents(html, page);
        html.Write($"</div>");
    }

    private static void Metadata(HtmlWriter html, string root, RulePage page, LogSourceNames logSources)
    {
        html.Write($"<dl class=\"facts\">\n<div><dt>Status</dt><dd>{page.Rule.Status ?? "not stated"}</dd></div>\n<div><dt>Severity</dt><dd>");
        LevelBadge.Write(html, page.Rule.Level);
        html.Write($"</dd></div>\n<div><dt>Log source</dt><dd><a href=\"{root}logsources/{logSources.PageOf(page.Rule.LogSource)}.html\">{PageText.Of(page.Rule.LogSource)}</a></dd></div>\n");
        html.Write($"<div><dt>Author</dt><dd>{page.Rule.Author ?? "not stated"}</dd></div>\n");
        PageSections.Source(html, page.Source, page.Path);
        html.Write($"</dl>\n");
        if (page.IsSilent)
        {
            html.Write($"<p><span class=\"tag\">building block</span> <span class=\"soft\">It has no detections of its own: <a href=\"#involved\">correlations</a> look at its matches.</span></p>\n");
        }
    }

    private static void Related(HtmlWriter html, string root, RulePage page)
    {
        if (!page.Correlations.IsEmpty || !page.Filters.IsEmpty)
        {
            html.Write($"<section id=\"involved\"><h2>Correlations and filters</h2>\n");
            if (!page.Correlations.IsEmpty)
            {
                html.Write($"<h3>Correlations that look at its matches</h3>");
                PageLinks.WriteAll(html, root, page.Correlations);
            }

            if (!page.Filters.IsEmpty)
            {
                html.Write($"<h3>Filters that are applied to it</h3>");
                PageLinks.WriteAll(html, root, page.Filters);
            }

            html.Write($"</section>\n");
        }

        if (page.Related.IsEmpty && page.Similar.IsEmpty)
        {
            return;
        }

        html.Write($"<section id=\"related\"><h2>Related rules</h2>\n");
        if (!page.Related.IsEmpty)
        {
            html.Write($"<ul class=\"links\">");
            foreach (Relation relation in page.Related)
            {
                html.Write($"<li><span class=\"tag\">{relation.Type}{(relation.IsStatedHere ? "" : " of")}</span> ");
                if (relation.Link is { } link)
                {
                    PageLinks.Write(html, root, link);
                }
                else
                {
                    html.Write($"<span class=\"id\">{relation.Id}</span> <span class=\"none\">not in this catalogue</span>");
                }

                html.Write($"</li>");
            }

            html.Write($"</ul>\n");
        }

        if (!page.Similar.IsEmpty)
        {
            html.Write($"<h3>By rare indicators that they share</h3>\n<ul class=\"links\">");
            foreach (SimilarRule similar in page.Similar)
            {
                html.Write($"<li>");
                PageLinks.Write(html, root, similar.Link);
                html.Write($" <span class=\"none\">{PageText.Count(similar.Shared, "indicator")}</span></li>");
            }

            html.Write($"</ul>\n");
        }

        html.Write($"</section>\n");
    }

    /// <summary>What stands beside the page: its parts, and what identifies the rule.</summary>
    private static void Contents(HtmlWriter html, RulePage page)
    {
        List<(string, string)> parts =
        [
            ("attack", "ATT&CK coverage"),
            ("events", "Event coverage"),
            ("body", "Rule body"),
            ("stages", "Stages and predicates"),
            ("indicators", "Indicators"),
        ];
        if (!page.Correlations.IsEmpty || !page.Filters.IsEmpty)
        {
            parts.Add(("involved", "Correlations and filters"));
        }

        if (!page.Related.IsEmpty || !page.Similar.IsEmpty)
        {
            parts.Add(("related", "Related rules"));
        }

        if (!page.Rule.References.IsEmpty)
        {
            parts.Add(("references", "References"));
        }

        PageSections.Aside(
            html,
            parts,
            [
                ("Created", page.Rule.Date),
                ("Modified", page.Rule.Modified),
                ("Name", page.Rule.Name),
                ("Taxonomy", page.Rule.Taxonomy),
                ("License", page.Rule.License),
                ("Scope", page.Rule.Scope.IsEmpty ? null : string.Join(", ", page.Rule.Scope)),
            ],
            page.Rule.Id);
    }
}
