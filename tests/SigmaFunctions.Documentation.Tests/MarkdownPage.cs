using System.Text.RegularExpressions;
using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>A Markdown file as GitHub reads it.</summary>
internal sealed partial class MarkdownPage
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseAutoIdentifiers(Markdig.Extensions.AutoIdentifiers.AutoIdentifierOptions.GitHub)
        .UsePreciseSourceLocation()
        .Build();

    private readonly string _name;
    private readonly string _text;
    private readonly MarkdownDocument _document;

    /// <summary>Reads a page.</summary>
    /// <param name="name">Path for messages.</param>
    /// <param name="text">Its Markdown, with line feeds.</param>
    public MarkdownPage(string name, string text)
    {
        _name = name;
        _text = text;
        _document = Markdown.Parse(text, Pipeline);
    }

    /// <summary>Targets of all links, as they are written.</summary>
    public IEnumerable<string> Links => _document.Descendants<LinkInline>().Select(link => link.Url ?? "");

    /// <summary>Names of the headings' anchors.</summary>
    public IEnumerable<string> Anchors => _document.Descendants<HeadingBlock>().Select(heading => heading.TryGetAttributes()?.Id ?? "");

    /// <summary>Paths of all Markdown files, relative to the repository and with slashes.</summary>
    public static IEnumerable<string> Files() => Directory.EnumerateFiles(Repository.Folder, "*.md", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Repository.Folder, file).Replace('\\', '/'))
        .Where(file => !NotOurs().IsMatch(file))
        .Order(StringComparer.Ordinal);

    /// <summary>The page of a file.</summary>
    /// <param name="file">Path relative to the repository.</param>
    public static MarkdownPage Read(string file) =>
        new(file, File.ReadAllText(Path.Combine(Repository.Folder, file)).ReplaceLineEndings("\n"));

    /// <summary>Lines of prose with more characters than <paramref name="longest"/>; rows of tables, code and lines that are one link are none.</summary>
    public IEnumerable<string> LongLines(int longest)
    {
        string[] lines = _text.Split('\n');
        HashSet<int> code = [.. _document.Descendants<CodeBlock>().SelectMany(LinesOf)];
        for (int i = 0; i < lines.Length; i++)
        {
            int length = lines[i].EnumerateRunes().Count();
            if (length > longest && !code.Contains(i) && !lines[i].TrimStart().StartsWith('|') && !OneLink().IsMatch(lines[i]))
            {
                yield return $"{_name}({i + 1}): {length} characters";
            }
        }
    }

    /// <summary>Code that is indented instead of fenced, and fences without a language.</summary>
    public IEnumerable<string> CodeWithoutLanguage() => _document.Descendants<CodeBlock>()
        .Where(block => block is not FencedCodeBlock { Info.Length: > 0 })
        .Select(block => $"{_name}({block.Line + 1}): {(block is FencedCodeBlock ? "a fence without a language" : "indented code")}");

    private IEnumerable<int> LinesOf(CodeBlock block) => Enumerable.Range(block.Line, 1 + _text.AsSpan(block.Span.Start, block.Span.Length).Count('\n'));

    [GeneratedRegex(@"(^|/)(\.git|bin|obj|node_modules)/")]
    private static partial Regex NotOurs();

    [GeneratedRegex(@"^\s*(?:[-*] |\d+\. )?\(?(?:<https?://[^>]+>|\[[^\]]*\]\([^)]*\)|\[[^\]]+\]: \S+)\)?[.,;:]?$")]
    private static partial Regex OneLink();
}
