using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>Predicates and how they are joined.</summary>
internal static class PredicateTree
{
    /// <summary>Writes a tree.</summary>
    public static void Write(HtmlWriter html, LogicNode node)
    {
        if (node.Predicate is { } predicate)
        {
            Write(html, predicate);
            return;
        }

        html.Write($"<p class=\"op\">{node.Kind switch { LogicKind.All => "all of", LogicKind.Any => "any of", _ => "not" }}</p>");
        FoldedList.WriteParts(html, node.Parts, part => Write(html, part));
    }

    private static void Write(HtmlWriter html, PredicateText predicate)
    {
        html.Write($"<p class=\"test\">");
        FieldNames.Write(html, predicate.Field);
        html.Write($" <span class=\"op\">{Words(predicate)}</span></p>");
        FoldedList.WriteValues(html, predicate.Values, value => html.Write($"<code>{value}</code>"));
    }

    private static string Words(PredicateText predicate)
    {
        string kind = predicate.Kind switch
        {
            "startswith" => "starts with",
            "endswith" => "ends with",
            "wildcard" => "fits",
            "cidr" => "is within",
            "exists" => "exists:",
            "re" => "matches",
            _ => predicate.Kind,
        };
        return kind
            + (predicate.Values.Length == 1 ? "" : predicate.All ? " all of" : " any of")
            + (predicate.IsCased ? " (case counts)" : "");
    }
}
