using System.Net;
using System.Text.RegularExpressions;
using SigmaFunctions.Catalog.Site.Parts;

namespace SigmaFunctions.Catalog.Tests;

/// <summary>Text of rules in HTML.</summary>
public sealed partial class HtmlTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;")]
    [InlineData("a \"b\" 'c' & d", "a &quot;b&quot; &#39;c&#39; &amp; d")]
    [InlineData("&lt;", "&amp;lt;")]
    [InlineData("line\nand\ttab", "line\nand\ttab")]
    [InlineData("\0\u001b\u007f", "\u2400\u241b\u2421")]
    [InlineData("gpj.\u202Eexe", "gpj.[U+202E]exe")]
    [InlineData("grüße 😀", "grüße 😀")]
    public void Text_is_escaped_and_what_is_invisible_is_shown(string text, string expected)
    {
        var html = new HtmlWriter();

        html.Write($"<b title=\"{text}\">{text}</b>");

        Assert.Equal($"<b title=\"{expected}\">{expected}</b>", html.ToString());
    }

    [Theory]
    [InlineData("https://a.example/x?y=1&z", true)]
    [InlineData("http://a.example", true)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("data:text/html,x", false)]
    [InlineData("//a.example", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("Internal research", false)]
    [InlineData("", false)]
    public void Only_addresses_of_the_web_are_links(string reference, bool expected) => Assert.Equal(expected, PageText.IsLink(reference));

    [Theory]
    [InlineData("title: A rule", "<k>title</k><p>:</p> A rule")]
    [InlineData("    - ' -e '  # short", "    <p>- </p><s>' -e '</s> <c> # short</c>")]
    [InlineData("# note: x", "<c># note: x</c>")]
    [InlineData("Image|endswith: '\\it''s.exe'", "<k>Image|endswith</k><p>:</p> <s>'\\it''s.exe'</s>")]
    [InlineData("'|all':", "<k>'|all'</k><p>:</p>")]
    [InlineData("- id: x", "<p>- </p><k>id</k><p>:</p> x")]
    [InlineData("- http://a.example/#b", "<p>- </p>http://a.example/#b")]
    [InlineData("description: |\n    a: b\n    # c\ntitle: x", "<k>description</k><p>:</p> |\n<s>    a: b</s>\n<s>    # c</s>\n<k>title</k><p>:</p> x")]
    [InlineData("a: \"x\\\"y\" # z", "<k>a</k><p>:</p> <s>\"x\\\"y\"</s><c> # z</c>")]
    [InlineData("a: '<b>", "<k>a</k><p>:</p> <s>'<b></s>")]
    public void Yaml_is_marked(string yaml, string expected)
    {
        string html = Highlight(yaml);

        Assert.Equal(expected + "\n", WebUtility.HtmlDecode(Span().Replace(html, "<$1>").Replace("</span>", "</>", StringComparison.Ordinal)), new Marks());
        Assert.Equal(yaml + "\n", WebUtility.HtmlDecode(AnySpan().Replace(html, "")));
    }

    private static string Highlight(string yaml)
    {
        var html = new HtmlWriter();
        YamlHighlighter.Write(html, yaml);
        return html.ToString();
    }

    [GeneratedRegex("<span class=\"(\\w)\">")]
    private static partial Regex Span();

    [GeneratedRegex("</?span[^>]*>")]
    private static partial Regex AnySpan();

    /// <summary>Compares regardless of which span an end belongs to.</summary>
    private sealed partial class Marks : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => Plain(x!) == Plain(y!);

        public int GetHashCode(string text) => Plain(text).GetHashCode(StringComparison.Ordinal);

        private static string Plain(string text) => End().Replace(text, "</>");

        [GeneratedRegex("</[kscp]?>")]
        private static partial Regex End();
    }
}
