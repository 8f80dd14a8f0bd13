using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Site;

/// <summary>The page of a correlation.</summary>
internal static class CorrelationView
{
    /// <summary>Writes the page.</summary>
    public static void Write(HtmlWriter html, string root, CorrelationPage page, LogSourceNames logSources)
    {
        SigmaCorrelation correlation = page.Correlation;
        html.Write($"<div class=\"page\">\n<article>\n<p class=\"crumbs\"><a href=\"{root}search.html\">Correlations</a> <span aria-hidden=\"true\">›</span> {page.Source.Name}</p>\n<h1>{correlation.Title}</h1>\n");
        Metadata(html, page);
        PageSections.Lead(html, correlation.Description);
        PageSections.FalsePositives(html, correlation.FalsePositives);
        AttackSection.Write(html, root, page.Attack);
        Meaning(html, page);
        CodeSection.Write(html, page.Yaml);
        Stages(html, root, page, logSources);
        UsedBy(html, root, page);
        PageSections.References(html, correlation.References);
        html.Write($"</article>\n");
        PageSections.Aside(
            html,
            [
                ("attack", "ATT&CK coverage"),
                ("meaning", "What it detects"),
                ("body", "Rule body"),
                ("stages", "Stages"),
                .. (page.Correlations.IsEmpty ? [] : ((string, string)[])[("involved", "Correlations")]),
                .. (correlation.References.IsEmpty ? [] : ((string, string)[])[("references", "References")]),
            ],
            [("Created", correlation.Date), ("Modified", correlation.Modified), ("Name", correlation.Name), ("License", correlation.License)],
            correlation.Id);
        html.Write($"</div>");
    }

    private static void Metadata(HtmlWriter html, CorrelationPage page)
    {
        html.Write($"<dl class=\"facts\">\n<div><dt>Status</dt><dd>{page.Correlation.Status ?? "not stated"}</dd></div>\n<div><dt>Severity</dt><dd>");
        LevelBadge.Write(html, page.Link.Level);
        if (page.Correlation.Level is null && page.Link.Level is not null)
        {
            html.Write($" <span class=\"none\">of its rules</span>");
        }

        html.Write($"</dd></div>\n<div><dt>Type</dt><dd><code>{page.Correlation.TypeName}</code></dd></div>\n<div><dt>Author</dt><dd>{page.Correlation.Author ?? "not stated"}</dd></div>\n");
        PageSections.Source(html, page.Source, page.Path);
        html.Write($"</dl>\n");
        if (page.IsSilent)
        {
            html.Write($"<p><span class=\"tag\">building block</span> <span class=\"soft\">It has no detections of its own.</span></p>\n");
        }
    }

    private static void Meaning(HtmlWriter html, CorrelationPage page)
    {
        SigmaCorrelation correlation = page.Correlation;
        string timespan = CorrelationText.TimespanOf(correlation);
        html.Write($"<section id=\"meaning\"><h2>What it detects</h2>\n<dl class=\"meaning\">\n<div><dt>For each</dt><dd>");
        if (correlation.GroupBy.IsEmpty)
        {
            html.Write($"all events together");
        }
        else
        {
            FieldNames.WriteAll(html, correlation.GroupBy);
        }

        html.Write($"</dd></div>\n<div><dt>Where</dt><dd>");
        if (correlation.Condition is null)
        {
            html.Write($"{CorrelationText.ConditionOf(correlation)}");
        }
        else
        {
            html.Write($"<code>{CorrelationText.ConditionOf(correlation)}</code>");
        }

        html.Write($"</dd></div>\n<div><dt>Within</dt><dd>{timespan}, both ends included</dd></div>\n<div><dt>Again</dt><dd>In the same group only more than {timespan} later</dd></div>\n<div><dt>Decided</dt><dd>{CorrelationText.DecisionOf(page)}</dd></div>\n</dl></section>\n");
    }

    private static void Stages(HtmlWriter html, string root, CorrelationPage page, LogSourceNames logSources)
    {
        SigmaCorrelation correlation = page.Correlation;
        var numbers = page.Stages.ToDictionary(stage => stage.Reference, stage => stage.Number, StringComparer.Ordinal);
        html.Write($"<section id=\"stages\"><h2>Stages</h2>\n<section class=\"stage\" id=\"stage-0\"><h3>Stage 0: <span class=\"name\">condition</span></h3>\n<div class=\"code\"><pre tabindex=\"0\" class=\"condition\"><code>");
        if (correlation.Condition is not null || correlation.Bounds.IsEmpty)
        {
            StageSection.Condition(
                html, correlation.Condition ?? string.Join(correlation.Type == CorrelationType.TemporalOrdered ? " then " : " and ", correlation.Rules), numbers);
        }
        else
        {
            html.Write($"{CorrelationText.ConditionOf(correlation)}");
        }

        html.Write($"</code></pre></div>\n</section>\n");
        foreach (CorrelationStage stage in page.Stages)
        {
            html.Write($"<section class=\"stage\" id=\"stage-{stage.Number}\"><h3>Stage {stage.Number}: <span class=\"name\">{stage.Reference}</span>");
            if (stage.IsAbsent)
            {
                html.Write($" <span class=\"tag\">must not match</span>");
            }

            if (stage.IsSilent)
            {
                html.Write($" <span class=\"tag\">building block</span>");
            }

            html.Write($"</h3>\n<p class=\"part\">");
            PageLinks.Write(html, root, stage.Link);
            if (stage.LogSource is { } logSource)
            {
                html.Write($" <span class=\"soft\">on <a href=\"{root}logsources/{logSources.PageOf(logSource)}.html\">{PageText.Of(logSource)}</a></span>");
            }
            else
            {
                html.Write($" <span class=\"soft\">a correlation</span>");
            }

            html.Write($"</p>\n");
            foreach ((string name, string field) in stage.Fields)
            {
                html.Write($"<p class=\"part\"><code class=\"field\">{name}</code> <span class=\"soft\">is its field</span> <code class=\"field\">{field}</code></p>\n");
            }

            html.Write($"</section>\n");
        }

        html.Write($"</section>\n");
    }

    private static void UsedBy(HtmlWriter html, string root, CorrelationPage page)
    {
        if (!page.Correlations.IsEmpty)
        {
            html.Write($"<section id=\"involved\"><h2>Correlations that look at it</h2>\n");
            PageLinks.WriteAll(html, root, page.Correlations);
            html.Write($"</section>\n");
        }
    }
}
