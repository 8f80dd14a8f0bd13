namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>The YAML of a rule, correlation or filter.</summary>
internal static class CodeSection
{
    /// <summary>Writes YAML with its heading.</summary>
    public static void Write(HtmlWriter html, string yaml)
    {
        html.Write($"<section id=\"body\"><h2>Rule body <small>yaml</small></h2>\n<div class=\"code\"><pre tabindex=\"0\"><code>");
        YamlHighlighter.Write(html, yaml);
        html.Write($"</code></pre></div></section>\n");
    }
}
