using System.Collections.Immutable;
using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>The stages of a rule or filter.</summary>
internal static class StageSection
{
    /// <summary>Writes stages with their predicates.</summary>
    public static void Write(HtmlWriter html, ImmutableArray<Stage> stages)
    {
        var numbers = stages.Where(stage => stage.Number > 0).ToDictionary(stage => stage.Name, stage => stage.Number, StringComparer.Ordinal);
        html.Write($"<section id=\"stages\"><h2>Stages and predicates</h2>\n");
        foreach (Stage stage in stages)
        {
            html.Write($"<section class=\"stage\" id=\"stage-{stage.Number}\"><h3>Stage {stage.Number}: <span class=\"name\">{stage.Name}</span>");
            if (stage.IsExcluded)
            {
                html.Write($" <span class=\"tag\">excluded by the condition</span>");
            }

            html.Write($"</h3>\n");
            if (stage.Predicates is null)
            {
                html.Write($"<div class=\"code\"><pre tabindex=\"0\" class=\"condition\"><code>");
                Condition(html, stage.Text, numbers);
                html.Write($"</code></pre></div>\n");
            }
            else
            {
                html.Write($"<div class=\"split\"><div class=\"code\"><pre tabindex=\"0\"><code>");
                YamlHighlighter.Write(html, stage.Text);
                html.Write($"</code></pre></div>\n<div class=\"logic\">");
                PredicateTree.Write(html, stage.Predicates);
                html.Write($"</div></div>\n");
            }

            html.Write($"</section>\n");
        }

        html.Write($"</section>\n");
    }

    /// <summary>Writes a condition with its words marked, and links to the stages it names.</summary>
    /// <param name="html">Where to.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="stages">Numbers of stages by their names.</param>
    public static void Condition(HtmlWriter html, string condition, Dictionary<string, int> stages)
    {
        int i = 0;
        while (i < condition.Length)
        {
            int start = i;
            while (i < condition.Length && !char.IsWhiteSpace(condition[i]) && condition[i] is not ('(' or ')'))
            {
                i++;
            }

            string word = condition[start..i];
            if (stages.TryGetValue(word, out int number))
            {
                html.Write($"<a href=\"#stage-{number}\">{word}</a>");
            }
            else if (word.ToUpperInvariant() is "AND" or "OR" or "NOT" or "OF" or "ALL" or "ANY" or "THEM" or "1")
            {
                html.Write($"<span class=\"k\">{word}</span>");
            }
            else
            {
                html.Text(word);
            }

            if (i < condition.Length)
            {
                html.Text(condition.AsSpan(i, 1));
                i++;
            }
        }
    }
}
