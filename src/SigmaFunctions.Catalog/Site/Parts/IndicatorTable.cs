using System.Collections.Immutable;
using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>What a rule looks for, and how many others look for the same.</summary>
internal static class IndicatorTable
{
    /// <summary>Indicators of a page that name the other rules; the rest give their number alone.</summary>
    private const int MaxNaming = 60;

    /// <summary>Writes the table with its heading.</summary>
    public static void Write(HtmlWriter html, string root, ImmutableArray<IndicatorGroup> groups, bool hasSeveralSources)
    {
        html.Write(
            $"""
            <section id="indicators"><h2>Indicators</h2>
            <p class="hint">Field, kind and value that the rule looks for. <em>corpus</em> is the number of rules in this catalogue, this one included, that look for the same; without it the indicator is this rule's alone.</p>
            <div class="wide" tabindex="0" role="region" aria-label="Indicators"><table class="indicators"><thead><tr><th scope="col">Field</th><th scope="col">Kind</th><th scope="col">Values</th></tr></thead><tbody>

            """);
        int naming = 0;
        foreach (IndicatorGroup group in groups)
        {
            html.Write($"<tr><td>");
            FieldNames.Write(html, group.Field);
            html.Write($"</td><td>{(group.IsExcluded ? "not " : "")}{group.Kind}{(group.IsCased ? "|cased" : "")}</td><td>");
            FoldedList.WriteValues(html, group.Values, indicator =>
            {
                html.Write($"<code>{indicator.Value}</code>");
                if (indicator.Count > 1)
                {
                    Corpus(html, root, indicator, hasSeveralSources, names: naming++ < MaxNaming);
                }
            });
            html.Write($"</td></tr>\n");
        }

        html.Write($"</tbody></table></div></section>\n");
    }

    private static void Corpus(HtmlWriter html, string root, Indicator indicator, bool hasSeveralSources, bool names)
    {
        if (!names)
        {
            html.Write($" <span class=\"corpus\">");
            Number();
            html.Write($"</span>");
            return;
        }

        html.Write($" <details class=\"corpus\"><summary>");
        Number();
        html.Write($"</summary>");
        PageLinks.WriteSome(html, root, indicator.Others, indicator.Count - 1);
        html.Write($"</details>");

        void Number()
        {
            html.Write($"corpus {indicator.Count}");
            if (hasSeveralSources)
            {
                html.Write($" ({PageText.Of(indicator.CountBySource)})");
            }
        }
    }
}
