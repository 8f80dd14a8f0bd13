using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Site;

/// <summary>The pages of correlation rules and filters.</summary>
internal static class OtherViews
{
    /// <summary>Writes the page of a correlation rule.</summary>
    public static void Write(HtmlWriter html, string root, CorrelationPage page)
    {
        SigmaCorrelation correlation = page.Correlation;
        html.Write($"<p class=\"crumbs\"><a href=\"{root}index.html\">Correlations</a></p>\n<h1>{correlation.Title}</h1>\n<dl class=\"facts\"><div><dt>Status</dt><dd>{correlation.Status ?? "not stated"}</dd></div><div><dt>Severity</dt><dd>");
        LevelBadge.Write(html, correlation.Level);
        html.Write($"</dd></div><div><dt>Type</dt><dd>{correlation.TypeName}</dd></div><div><dt>Condition</dt><dd>{ConditionOf(correlation)}</dd></div><div><dt>Within</dt><dd>{correlation.TimespanText}</dd></div><div><dt>Grouped by</dt><dd>{(correlation.GroupBy.IsEmpty ? "nothing" : string.Join(", ", correlation.GroupBy))}</dd></div><div><dt>Source</dt><dd>{page.Source.Name} <span class=\"path\">{page.Path}</span></dd></div></dl>\n");
        Lead(html, correlation.Description);
        AttackSection.Write(html, root, page.Attack);
        Section(html, root, "Rules that it looks at", page.Rules);
        Section(html, root, "Correlations that look at it", page.Correlations);
        CodeSection.Write(html, page.Yaml);
    }

    /// <summary>Writes the page of a filter.</summary>
    public static void Write(HtmlWriter html, string root, FilterPage page)
    {
        html.Write($"<p class=\"crumbs\"><a href=\"{root}index.html\">Filters</a></p>\n<h1>{page.Filter.Title}</h1>\n<dl class=\"facts\"><div><dt>Log source</dt><dd>{PageText.Of(page.Filter.LogSource)}</dd></div><div><dt>Source</dt><dd>{page.Source.Name} <span class=\"path\">{page.Path}</span></dd></div></dl>\n");
        Lead(html, page.Filter.Description);
        Section(html, root, "Rules that it is applied to", page.Rules);
        CodeSection.Write(html, page.Yaml);
        if (!page.Stages.IsEmpty)
        {
            StageSection.Write(html, page.Stages);
        }
    }

    private static string ConditionOf(SigmaCorrelation correlation)
    {
        string bounds = correlation.Bounds.IsEmpty ? "all of its rules" : string.Join(" and ", correlation.Bounds.Select(bound =>
        {
            string sign = bound.Operator switch
            {
                CorrelationOperator.Gt => ">",
                CorrelationOperator.Gte => "≥",
                CorrelationOperator.Lt => "<",
                CorrelationOperator.Lte => "≤",
                CorrelationOperator.Eq => "=",
                _ => "≠",
            };
            return string.Create(CultureInfo.InvariantCulture, $"{sign} {bound.Value}");
        }));
        string rank = correlation.Percentile is { } percentile ? string.Create(CultureInfo.InvariantCulture, $", percentile {percentile}") : "";
        return bounds + rank + (correlation.Fields.IsEmpty ? "" : $" of {string.Join(", ", correlation.Fields)}");
    }

    private static void Lead(HtmlWriter html, string? description)
    {
        if (description is not null)
        {
            html.Write($"<p class=\"lead\">{description.Trim()}</p>\n");
        }
    }

    private static void Section(HtmlWriter html, string root, string title, ImmutableArray<PageLink> links)
    {
        if (!links.IsEmpty)
        {
            html.Write($"<section><h2>{title}</h2>");
            PageLinks.WriteAll(html, root, links);
            html.Write($"</section>\n");
        }
    }
}
