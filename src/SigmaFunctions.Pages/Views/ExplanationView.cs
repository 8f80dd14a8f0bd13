using System.Collections.Immutable;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Engine.Explaining;

namespace SigmaFunctions.Pages.Views;

/// <summary>A rule's condition with what of it holds.</summary>
internal static class ExplanationView
{
    private const int MaxDepth = 32;

    /// <summary>Writes a part and those below it.</summary>
    /// <param name="html">Where it is written: within a list.</param>
    /// <param name="node">The part.</param>
    /// <param name="depth">How deep it stands.</param>
    public static void Write(HtmlWriter html, ExplainedNode node, int depth = 0)
    {
        string label = node.Kind switch
        {
            ExplainedKind.And => "all of",
            ExplainedKind.Or => "any of",
            ExplainedKind.Not => "not",
            ExplainedKind.Filter => "filter " + node.Text,
            _ => node.Text,
        };
        html.Write($"<li class=\"{(node.Holds ? "holds" : "fails")}\">{label}");
        if (node.Reason is { } reason)
        {
            html.Write($" <span class=\"none\">{reason}</span>");
        }

        // What does not hold has no parts here: they say nothing of why the rule matched. A list of hundreds of values stays short so.
        ImmutableArray<ExplainedNode> children = !node.Holds || depth == MaxDepth ? []
            : node.Kind == ExplainedKind.Or ? [.. node.Children.Where(child => child.Holds)]
            : node.Children;
        if (!children.IsEmpty)
        {
            html.Write($"<ul>");
            foreach (ExplainedNode child in children)
            {
                Write(html, child, depth + 1);
            }

            if (node.Kind == ExplainedKind.Or && children.Length < node.Children.Length)
            {
                html.Write($"<li class=\"none\">and {PageParts.Count(node.Children.Length - children.Length, "other that does", "others that do")} not hold</li>");
            }

            html.Write($"</ul>");
        }

        html.Write($"</li>");
    }
}
