namespace SigmaFunctions.Documentation.Tests;

/// <summary>The form of every Markdown file of the repository, and where its links lead.</summary>
public sealed class MarkdownTests
{
    private const int LongestLine = 120;

    public static TheoryData<string> Files() => [.. MarkdownPage.Files()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Lines_of_prose_are_short(string file)
    {
        Assert.SkipWhen(Path.GetFileName(file).StartsWith("LICENSE", StringComparison.Ordinal), "licences are quoted as they are");
        Assert.Equal([], MarkdownPage.Read(file).LongLines(LongestLine));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Code_is_fenced_and_names_its_language(string file) => Assert.Equal([], MarkdownPage.Read(file).CodeWithoutLanguage());

    [Theory]
    [MemberData(nameof(Files))]
    public void Links_lead_to_files_and_headings_that_are_there(string file) =>
        Assert.Equal([], MarkdownPage.Read(file).Links.Where(link => !link.Contains(':', StringComparison.Ordinal) && !Leads(file, link)));

    [Fact]
    public void The_index_links_every_file_of_docs()
    {
        HashSet<string> linked = [.. MarkdownPage.Read("docs/README.md").Links];

        Assert.Equal([], Directory.EnumerateFiles(Path.Combine(Repository.Folder, "docs"))
            .Select(file => Path.GetFileName(file))
            .Where(file => file != "README.md" && !linked.Contains(file)));
    }

    [Fact]
    public void Faults_of_form_are_found()
    {
        string words = new('x', LongestLine);
        var page = new MarkdownPage("x", $"""
            # A heading: its `anchor`

            {words}
            - {words}
            | {words} |
            - [{words}](y)
            <https://{words}>

            ```sh
            dotnet {words}
            ```

            Text.

                indented {words}

            1. A list

               ```
               no language {words}
               ```
            """.ReplaceLineEndings("\n"));

        Assert.Equal(["x(4): 122 characters"], page.LongLines(LongestLine));
        Assert.Equal(["x(15): indented code", "x(19): a fence without a language"], page.CodeWithoutLanguage());
        Assert.Equal(["a-heading-its-anchor"], page.Anchors);
        Assert.Equal(["y"], page.Links);
    }

    [Theory]
    [InlineData("README.md", true)]
    [InlineData("README.md#form", false)]
    [InlineData("cli.md#deadletters", true)]
    [InlineData("../README.md#deploy", true)]
    [InlineData("#documentation", true)]
    [InlineData("#none", false)]
    [InlineData("none.md", false)]
    [InlineData("alert.schema.json", true)]
    public void Links_are_followed(string link, bool leads) => Assert.Equal(leads, Leads("docs/README.md", link));

    private static bool Leads(string from, string link)
    {
        string[] parts = link.Split('#', 2);
        string target = parts[0].Length == 0 ? from : Path.Join(Path.GetDirectoryName(from), Uri.UnescapeDataString(parts[0]));
        return Path.Exists(Path.Combine(Repository.Folder, target)) && (parts.Length == 1 || MarkdownPage.Read(target).Anchors.Contains(parts[1]));
    }
}
