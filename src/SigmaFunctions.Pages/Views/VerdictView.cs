using System.Globalization;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Pages.Model;
using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.Pages.Views;

/// <summary>What was decided of an event, by whom and why, and the form to decide.</summary>
internal static class VerdictView
{
    /// <summary>Writes it.</summary>
    /// <param name="html">Where it is written.</param>
    /// <param name="story">The event.</param>
    /// <param name="mayDecide">Whether the reader may decide.</param>
    /// <param name="remark">Why a verdict was not taken; null otherwise.</param>
    public static void Write(HtmlWriter html, EventStory story, bool mayDecide, string? remark)
    {
        html.Write($"<section id=\"verdict\" aria-label=\"Verdict\">\n");
        if (remark is not null)
        {
            html.Write($"<p class=\"notice\" role=\"alert\">{remark}</p>\n");
        }

        Given(html, story);
        if (mayDecide)
        {
            Form(html, story);
        }

        html.Write($"</section>\n");
    }

    private static void Given(HtmlWriter html, EventStory story)
    {
        bool isOne = story.Rules.Select(rule => (rule.Verdict?.Kind ?? VerdictKind.Withdrawn, rule.Verdict?.By, rule.Verdict?.At)).Distinct().Count() == 1;
        foreach (RuleStory rule in isOne ? story.Rules.Take(1) : story.Rules)
        {
            if (rule.Verdict is not { } verdict)
            {
                continue;
            }

            html.Write($"<div class=\"given\"><p><span class=\"tag verdict-{VerdictName.Of(verdict.Kind)}\">{VerdictWords.Of(VerdictName.Of(verdict.Kind))}</span>{(isOne ? "" : $" {rule.Row.Detection.RuleTitle}")}</p>\n<p class=\"soft\">{verdict.By}, ");
            PageParts.Time(html, verdict.At);
            html.Write($"</p>\n");
            if (verdict.Reason is { } reason)
            {
                html.Write($"<p class=\"says\">{reason}</p>\n");
            }

            Changes(html, rule);
            html.Write($"</div>\n");
        }
    }

    private static void Changes(HtmlWriter html, RuleStory rule)
    {
        if (rule.Changes.Length < 2)
        {
            return;
        }

        html.Write($"<details><summary>Changed {(rule.Verdict!.Version - 1).ToString("N0", CultureInfo.InvariantCulture)}×</summary><ol>");
        foreach (VerdictChange change in rule.Changes.Skip(1))
        {
            html.Write($"<li>{VerdictWords.Of(VerdictName.Of(change.Kind))} <span class=\"soft\">{change.By}, ");
            PageParts.Time(html, change.At);
            html.Write($"</span>{(change.Reason is { } reason ? $": {reason}" : "")}</li>");
        }

        html.Write($"</ol></details>\n");
    }

    private static void Form(HtmlWriter html, EventStory story)
    {
        html.Write($"<form method=\"post\" action=\"{PageAddress.Of(story.Asked.Id)}\">\n<fieldset><legend>What is it?</legend>\n");
        foreach (VerdictKind kind in VerdictName.Kinds.Where(kind => kind != VerdictKind.Withdrawn || story.Rules.Any(rule => rule.Verdict is { Kind: not VerdictKind.Withdrawn })))
        {
            html.Write($"<label><input type=\"radio\" name=\"{VerdictForm.Verdict}\" value=\"{VerdictName.Of(kind)}\" required> {Choice(kind)}</label>\n");
        }

        html.Write($"</fieldset>\n<label>Why <textarea name=\"{VerdictForm.Reason}\" maxlength=\"{NewVerdict.MaxReason}\"></textarea></label>\n");
        if (story.Rules.Length > 1)
        {
            html.Write($"<label>Of <select name=\"{VerdictForm.Rule}\"><option value=\"\">all {story.Rules.Length} rules</option>");
            foreach (RuleStory rule in story.Rules)
            {
                html.Write($"<option value=\"{rule.Row.Detection.Id.Value}\">{rule.Row.Detection.RuleTitle}</option>");
            }

            html.Write($"</select></label>\n");
        }

        foreach (RuleStory rule in story.Rules)
        {
            html.Write($"<input type=\"hidden\" name=\"{VerdictForm.Seen}\" value=\"{rule.Row.Detection.Id.Value}:{rule.Verdict?.Version ?? 0}\">");
        }

        html.Write($"\n<button type=\"submit\">Save the verdict</button>\n</form>\n");
    }

    private static string Choice(VerdictKind kind) => kind switch
    {
        VerdictKind.TruePositive => "True positive: an attack",
        VerdictKind.FalsePositive => "False positive: not what the rule looks for",
        VerdictKind.Benign => "Benign: what the rule looks for, and allowed",
        VerdictKind.Withdrawn => "No verdict: take it back",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
