using System.Globalization;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Pages.Model;
using SigmaFunctions.Storage.Detections;

namespace SigmaFunctions.Pages.Views;

/// <summary>How often a rule fired, in one line with a bar for each day.</summary>
internal static class HistoryView
{
    private const int Days = 30;
    private const int Step = 10;
    private const int Height = 30;

    /// <summary>Writes it.</summary>
    public static void Write(HtmlWriter html, string ruleId, RuleHistory history)
    {
        if (history.Last is not { } last || history.First is not { } first)
        {
            return;
        }

        var end = DateOnly.FromDateTime(last.UtcDateTime);
        int most = history.Days.Max(day => day.Count);
        html.Write($"<p class=\"spark\"><svg viewBox=\"0 0 {Days * Step} {Height}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Detections a day, {Days} days up to {end}; at most {most}\">");
        foreach (DayCount day in history.Days.Where(day => day.Count > 0 && day.Day > end.AddDays(-Days)))
        {
            int height = Math.Max(2, (int)((long)day.Count * Height / most));
            html.Write($"<rect x=\"{(Days - 1 - (end.DayNumber - day.Day.DayNumber)) * Step}\" y=\"{Height - height}\" width=\"{Step - 2}\" height=\"{height}\"/>");
        }

        html.Write($"</svg><span><a href=\"{(new BoardQuery { Span = "30d" }).Toggle(Facet.Rule, ruleId).Address}\">{(history.IsCut ? "over " : "")}{PageParts.Count(history.Count, "detection")} in 30 days</a> on {history.HostCount.ToString("N0", CultureInfo.InvariantCulture)} {(history.HostCount == 1 ? "host" : "hosts")}{(history.IsCut ? ", looked at since " : ", first ")}");
        PageParts.Time(html, first);
        html.Write($"</span></p>\n");
    }
}
