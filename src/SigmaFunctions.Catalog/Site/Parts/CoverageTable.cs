using System.Collections.Immutable;
using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>What a rule can do on each source of telemetry.</summary>
internal static class CoverageTable
{
    /// <summary>Writes the table with its heading.</summary>
    public static void Write(HtmlWriter html, RulePage page)
    {
        html.Write($"<section id=\"events\"><h2>Event coverage</h2>\n");
        if (page.Coverage.IsEmpty)
        {
            html.Write($"<p class=\"none\">No known source of telemetry has events of this log source ({PageText.Of(page.Rule.LogSource)}).</p>\n</section>\n");
            return;
        }

        html.Write($"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Event coverage\"><table class=\"coverage\"><thead><tr><th scope=\"col\">Source</th><th scope=\"col\">Events</th><th scope=\"col\">The rule is</th><th scope=\"col\">Fields that never come</th></tr></thead><tbody>\n");
        foreach (SourceCoverage source in page.Coverage)
        {
            List<(EventCoverage Event, string Actions)> events = Together(source.Events);
            for (int i = 0; i < events.Count; i++)
            {
                html.Write($"<tr>");
                if (i == 0)
                {
                    html.Write($"<th scope=\"rowgroup\" rowspan=\"{events.Count}\">{source.Telemetry.Title}</th>");
                }

                html.Write($"<td>{events[i].Event.Name}");
                if (events[i].Actions.Length > 0)
                {
                    html.Write($" <span class=\"actions\">{events[i].Actions}</span>");
                }

                html.Write($"</td><td>");
                Verdict(html, events[i].Event.Verdict);
                html.Write($"</td><td>");
                FieldNames.WriteAll(html, events[i].Event.Missing);
                html.Write($"</td></tr>\n");
            }
        }

        html.Write($"</tbody></table></div></section>\n");
    }

    /// <summary>Events of one name on which the rule can do the same, with their actions.</summary>
    private static List<(EventCoverage Event, string Actions)> Together(ImmutableArray<EventCoverage> events) =>
    [
        .. events.GroupBy(one => (one.Name, one.Verdict, string.Join(' ', one.Missing)))
            .Select(group => (group.First(), string.Join(", ", group.Select(one => one.Action).OfType<string>().Distinct()))),
    ];

    private static void Verdict(HtmlWriter html, CoverageVerdict verdict)
    {
        (string css, string word) = verdict switch
        {
            CoverageVerdict.Full => ("full", "fully able"),
            CoverageVerdict.Weakened => ("weak", "weakened"),
            _ => ("blind", "blind"),
        };
        html.Write($"<span class=\"verdict {css}\">{word}</span>");
    }
}
