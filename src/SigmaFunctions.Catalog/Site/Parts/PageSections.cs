using System.Collections.Immutable;
using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>Parts that pages of rules and of correlations have alike.</summary>
internal static class PageSections
{
    /// <summary>Writes where a page's rule comes from, as a fact.</summary>
    public static void Source(HtmlWriter html, RuleSource source, string path)
    {
        html.Write($"<div><dt>Source</dt><dd>");
        if (source.Url is { } url)
        {
            html.Write($"<a href=\"{url}\" rel=\"noreferrer\">{source.Name}</a>");
        }
        else
        {
            html.Write($"{source.Name}");
        }

        html.Write($" <span class=\"path\">{path}</span></dd></div>\n");
    }

    /// <summary>Writes a description, if there is one.</summary>
    public static void Lead(HtmlWriter html, string? description)
    {
        if (description is not null)
        {
            html.Write($"<p class=\"lead\">{description.Trim()}</p>\n");
        }
    }

    /// <summary>Writes what else is detected.</summary>
    public static void FalsePositives(HtmlWriter html, ImmutableArray<string> notes)
    {
        if (notes.IsEmpty)
        {
            return;
        }

        html.Write($"<div class=\"notes\"><h2 class=\"small\">False positives</h2><ul>");
        foreach (string note in notes)
        {
            html.Write($"<li>{note}</li>");
        }

        html.Write($"</ul></div>\n");
    }

    /// <summary>Writes what there is to read.</summary>
    public static void References(HtmlWriter html, ImmutableArray<string> references)
    {
        if (references.IsEmpty)
        {
            return;
        }

        html.Write($"<section id=\"references\"><h2>References</h2>\n<ul class=\"references\">");
        foreach (string reference in references)
        {
            if (PageText.IsLink(reference))
            {
                html.Write($"<li><a href=\"{reference}\" rel=\"noreferrer\">{reference}</a></li>");
            }
            else
            {
                html.Write($"<li>{reference}</li>");
            }
        }

        html.Write($"</ul></section>\n");
    }

    /// <summary>Writes what stands beside a page: its parts, and what identifies it.</summary>
    /// <param name="html">Where to.</param>
    /// <param name="parts">Anchors and their words.</param>
    /// <param name="facts">Names and values; those without a value are left out.</param>
    /// <param name="id">The id.</param>
    public static void Aside(HtmlWriter html, IEnumerable<(string Anchor, string Text)> parts, IEnumerable<(string Name, string? Value)> facts, string id)
    {
        html.Write($"<aside aria-label=\"About this page\"><nav aria-label=\"On this page\"><p class=\"label\">On this page</p><ul>\n");
        foreach ((string anchor, string text) in parts)
        {
            html.Write($"<li><a href=\"#{anchor}\">{text}</a></li>\n");
        }

        html.Write($"</ul></nav>\n<dl>");
        foreach ((string name, string? value) in facts)
        {
            if (value is not null)
            {
                html.Write($"<div><dt>{name}</dt><dd>{value}</dd></div>");
            }
        }

        html.Write($"<div><dt>Id</dt><dd class=\"id\">{id}</dd></div></dl></aside>");
    }
}
