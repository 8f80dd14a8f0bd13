using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>Names of fields.</summary>
internal static class FieldNames
{
    /// <summary>Writes the name of a field; empty for that of any.</summary>
    public static void Write(HtmlWriter html, string field)
    {
        if (field.Length == 0)
        {
            html.Write($"<em>any value</em>");
        }
        else
        {
            html.Write($"<code class=\"field\">{field}</code>");
        }
    }

    /// <summary>Writes names of fields.</summary>
    public static void WriteAll(HtmlWriter html, ImmutableArray<string> fields)
    {
        if (fields.IsEmpty)
        {
            html.Write($"<span class=\"none\">none</span>");
        }

        for (int i = 0; i < fields.Length; i++)
        {
            html.Write($"{(i == 0 ? "" : " ")}<code class=\"field\">{fields[i]}</code>");
        }
    }
}
