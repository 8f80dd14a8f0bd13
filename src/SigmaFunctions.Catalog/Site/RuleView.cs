using System.Collections.Immutable;
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
        if (page.Rule.Description is { } description)
        {
            html.Write($"<p class=\"lead\">{description.Trim()}</p>\n");
        }

        Notes(html, page);
        AttackSection.Write(html, root, page.Attack);
        CoverageTable.Write(html, page);
        CodeSection.Write(html, page.Yaml);
        StageSection.Write(html, page.Stages);
        IndicatorTable.Write(html, root, page.Indicators, hasSeveralSources);
        Related(html, root, page);
        References(html, page.Rule.References);
        html.Write($"</article>\n");
        Contents(html, page);
        html.Write($"</div>");
    }

    private static void Metadata(HtmlWriter html, string root, RulePage page, LogSourceNames logSources)
    {
        html.Write($"<dl class=\"facts\">\n<div><dt>Status</dt><dd>{page.Rule.Status ?? "not stated"}</dd></div>\n<div><dt>Severity</dt><dd>");
        LevelBadge.Write(html, page.Rule.Level);
        html.Write($"</dd></div>\n<div><dt>Log source</dt><dd><a href=\"{root}logsources/{logSources.PageOf(page.Rule.LogSource)}.html\">{PageText.Of(page.Rule.LogSource)}</a></dd></div>\n");
        html.Write($"<div><dt>Author</dt><dd>{page.Rule.Author ?? "not stated"}</dd></div>\n<div><dt>Source</dt><dd>");
        if (page.Source.Url is { } url)
        {
            html.Write($"<a href=\"{url}\" rel=\"noreferrer\">{page.Source.Name}</a>");
        }
        else
        {
            html.Write($"{page.Source.Name}");
        }

        html.Write($" <span class=\"path\">{page.Path}</span></dd></div>\n</dl>\n");
    }

    private static void Notes(HtmlWriter html, RulePage page)
    {
        if (page.Rule.FalsePositives.IsEmpty)
        {
            return;
        }

        html.Write($"<div class=\"notes\"><h2 class=\"small\">False positives</h2><ul>");
        foreach (string note in page.Rule.FalsePositives)
        {
            html.Write($"<li>{note}</li>");
        }

        html.Write($"</ul></div>\n");
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

    private static void References(HtmlWriter html, ImmutableArray<string> references)
    {
        if (references.IsEmpty)
        {
            return;
        }

        html.Write($"<section id=\"references\"><h2>References</h2>\n<ul class=\"references\">");
        foreach (string reference in references)
        {
            if (PageText.IsLink(reference))
            {
                html.Write($"<li><a href=\"{reference}\" rel=\"noreferrer\">{reference}</a></li>");
            }
            else
            {
                html.Write($"<li>{reference}</li>");
            }
        }

        html.Write($"</ul></section>\n");
    }

    /// <summary>What stands beside the page: its parts, and what identifies the rule.</summary>
    private static void Contents(HtmlWriter html, RulePage page)
    {
        html.Write(
            $"""
            <aside aria-label="About this page"><nav aria-label="On this page"><p class="label">On this page</p><ul>
            <li><a href="#attack">ATT&amp;CK coverage</a></li>
            <li><a href="#events">Event coverage</a></li>
            <li><a href="#body">Rule body</a></li>
            <li><a href="#stages">Stages and predicates</a></li>
            <li><a href="#indicators">Indicators</a></li>

            """);
        if (!page.Related.IsEmpty || !page.Similar.IsEmpty)
        {
            html.Write($"<li><a href=\"#related\">Related rules</a></li>");
        }

        if (!page.Rule.References.IsEmpty)
        {
            html.Write($"<li><a href=\"#references\">References</a></li>");
        }

        html.Write($"</ul></nav>\n<dl>");
        Fact("Created", page.Rule.Date);
        Fact("Modified", page.Rule.Modified);
        Fact("Name", page.Rule.Name);
        Fact("Taxonomy", page.Rule.Taxonomy);
        Fact("License", page.Rule.License);
        Fact("Scope", page.Rule.Scope.IsEmpty ? null : string.Join(", ", page.Rule.Scope));
        html.Write($"<div><dt>Id</dt><dd class=\"id\">{page.Rule.Id}</dd></div></dl></aside>");

        void Fact(string name, string? value)
        {
            if (value is not null)
            {
                html.Write($"<div><dt>{name}</dt><dd>{value}</dd></div>");
            }
        }
    }
}
