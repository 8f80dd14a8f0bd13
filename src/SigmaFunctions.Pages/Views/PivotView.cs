using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Pages.Pivots;

namespace SigmaFunctions.Pages.Views;

/// <summary>Questions to be copied.</summary>
internal static class PivotView
{
    /// <summary>Writes them, folded by language.</summary>
    public static void Write(HtmlWriter html, PivotSubject subject)
    {
        html.Write($"<section id=\"pivots\"><h2>Look further</h2>\n");
        foreach (IGrouping<PivotLanguage, Pivot> language in PivotBuilder.Build(subject).GroupBy(pivot => pivot.Language))
        {
            html.Write($"<details><summary>{NameOf(language.Key)}</summary>\n");
            foreach (Pivot pivot in language)
            {
                html.Write($"<p class=\"label\">{pivot.Title}</p><div class=\"code copyable\"><pre tabindex=\"0\"><code>{pivot.Text}</code></pre></div>\n");
            }

            html.Write($"</details>\n");
        }

        html.Write($"</section>\n");
    }

    private static string NameOf(PivotLanguage language) => language switch
    {
        PivotLanguage.Defender => "Defender advanced hunting (KQL)",
        PivotLanguage.Sentinel => "Microsoft Sentinel (KQL)",
        PivotLanguage.Splunk => "Splunk (SPL)",
        PivotLanguage.Sigmaf => "sigmaf",
        _ => throw new ArgumentOutOfRangeException(nameof(language)),
    };
}
