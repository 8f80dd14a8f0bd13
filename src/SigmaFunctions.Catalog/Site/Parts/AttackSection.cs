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
                if (tactic.Url is { } url)
                {
                    html.Write($"<li><a href=\"{url}\" rel=\"noreferrer\">{tactic.Name} <span class=\"id\">{tactic.Id}</span></a></li>");
                }
                else
                {
                    html.Write($"<li>{tactic.Name}</li>");
                }
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
                if (technique.State != AttackState.Current)
                {
                    html.Write($" <span class=\"tag\">{(technique.State == AttackState.Revoked ? "revoked" : "deprecated")}</span>");
                }

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
}
