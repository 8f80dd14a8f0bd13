using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site.Parts;

namespace SigmaFunctions.Catalog.Site;

/// <summary>The page of a filter.</summary>
internal static class FilterView
{
    /// <summary>Writes the page.</summary>
    public static void Write(HtmlWriter html, string root, FilterPage page)
    {
        html.Write($"<p class=\"crumbs\"><a href=\"{root}index.html\">Filters</a></p>\n<h1>{page.Filter.Title}</h1>\n<dl class=\"facts\"><div><dt>Log source</dt><dd>{PageText.Of(page.Filter.LogSource)}</dd></div><div><dt>Source</dt><dd>{page.Source.Name} <span class=\"path\">{page.Path}</span></dd></div></dl>\n");
        PageSections.Lead(html, page.Filter.Description);
        if (!page.Rules.IsEmpty)
        {
            html.Write($"<section><h2>Rules that it is applied to</h2>");
            PageLinks.WriteAll(html, root, page.Rules);
            html.Write($"</section>\n");
        }

        CodeSection.Write(html, page.Yaml);
        if (!page.Stages.IsEmpty)
        {
            StageSection.Write(html, page.Stages);
        }
    }
}
