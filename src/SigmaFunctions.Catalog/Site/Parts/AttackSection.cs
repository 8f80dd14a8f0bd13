using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>The tactics and techniques of a rule or correlation.</summary>
internal static class AttackSection
{
    /// <summary>Writes the tactics and techniques that tags name, and the other tags.</summary>
    public static void Write(HtmlWriter html, string root, TagNames names)
    {
        html.Write($"<section id=\"attack\"><h2>MITRE ATT&amp;CK coverage</h2>\n");
        if (names.Tactics.IsEmpty && names.Techniques.IsEmpty)
        {
            html.Write($"<p class=\"none\">It names no tactic or technique.</p>\n");
        }

        if (!names.Tactics.IsEmpty)
        {
            html.Write($"<ul class=\"tactics\" aria-label=\"Tactics\">");
            foreach (AttackTactic tactic in names.Tactics)
            {
                html.Write($"<li><a href=\"{tactic.Url}\" rel=\"noreferrer\">{tactic.Name} <span class=\"id\">{tactic.Id}</span></a></li>");
            }

            html.Write($"</ul>\n");
        }

        if (!names.Techniques.IsEmpty)
        {
            html.Write($"<ul class=\"techniques\" aria-label=\"Techniques\">");
            foreach (AttackTechnique technique in names.Techniques)
            {
                html.Write($"<li><a class=\"id\" href=\"{technique.Url}\" rel=\"noreferrer\">{technique.Id}</a> ");
                if (technique.Parent is { } parent)
                {
                    html.Write($"<span class=\"parent\">{parent.Name}:</span> ");
                }

                html.Write($"<a href=\"{root}techniques/{technique.Parent?.Id ?? technique.Id}.html\">{technique.Name}</a>");
                if (technique.State == AttackState.Deprecated)
                {
                    html.Write($" <span class=\"tag\">deprecated</span>");
                }

                html.Write($"</li>");
            }

            html.Write($"</ul>\n");
        }

        if (names.Retired.Any(tag => !tag.Now.IsEmpty))
        {
            html.Write($"<p class=\"label\">Written under names that ATT&amp;CK retired</p>\n<ul class=\"retired\" aria-label=\"Retired names\">");
            foreach (RetiredAttackTag tag in names.Retired.Where(tag => !tag.Now.IsEmpty))
            {
                html.Write($"<li>");
                Retired(html, tag);
                html.Write($"</li>");
            }

            html.Write($"</ul>\n");
        }

        if (!names.Others.IsEmpty)
        {
            html.Write($"<p class=\"tags\"><span class=\"label\">Other tags</span>");
            foreach (string tag in names.Others)
            {
                html.Write($" <span class=\"tag\">{tag}</span>");
            }

            html.Write($"</p>\n");
        }

        html.Write($"</section>\n");
    }

    /// <summary>Writes what a tag that is no longer in force named, why it is not, and what stands in its place.</summary>
    public static void Retired(HtmlWriter html, RetiredAttackTag tag) =>
        html.Write($"{tag.Was.ToString()} <span class=\"tag\">{tag.State.ToString().ToLowerInvariant()}</span>{(tag.Now.IsEmpty ? "" : $" replaced by {string.Join(" and ", tag.Now)}")}");
}
