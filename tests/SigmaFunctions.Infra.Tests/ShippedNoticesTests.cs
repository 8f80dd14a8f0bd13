using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SigmaFunctions.Infra.Tests;

/// <summary>
/// Licenses and notices of what is released: the published app that SIGMAFUNCTIONS_PACKAGE names, and the packages of <c>sigmaf</c> in the folder
/// SIGMAFUNCTIONS_TOOLS.
/// </summary>
public sealed partial class ShippedNoticesTests : IDisposable
{
    private readonly string _unpacked = Directory.CreateTempSubdirectory("notices-").FullName;

    public void Dispose() => Directory.Delete(_unpacked, recursive: true);

    [Theory]
    [InlineData("app")]
    [InlineData("any")]
    [InlineData("linux-x64")]
    public void Every_file_of_others_is_named_and_every_package_has_its_license(string output)
    {
        string folder = Open(output);
        string notices = File.ReadAllText(Path.Combine(folder, "THIRD-PARTY-NOTICES.txt"));
        // Packages first, each as a block of lines; then the texts.
        string[] blocks = notices[..notices.IndexOf("\n-----", StringComparison.Ordinal)].Split("\n\n")[2..];
        string[] named = [.. blocks.SelectMany(block => FilesLine().Match(block).Groups[1].Value.Split(", "))];

        Assert.All(FilesOfOthers(folder), file => Assert.Contains(file, named));
        Assert.DoesNotContain("of an unknown package", notices, StringComparison.Ordinal);
        string[] licensed = [.. TextLine().Matches(notices).SelectMany(match => match.Groups[1].Value.Split(", "))];
        Assert.All(blocks, block => Assert.Contains(block[..block.IndexOf(' ', StringComparison.Ordinal)].Trim(), licensed));
        Assert.Equal(output == "app", notices.Contains("Copyright 2008 Google Inc.", StringComparison.Ordinal));
        Assert.Contains("The MITRE Corporation", notices, StringComparison.Ordinal);
        Assert.Contains("Version 2.0, January 2004", notices, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app")]
    [InlineData("any")]
    [InlineData("linux-x64")]
    [InlineData("")]
    public void The_license_is_there_and_the_projects_own(string output) => Assert.Equal(
        File.ReadAllText(Path.Combine(Repository.Folder, "LICENSE")), File.ReadAllText(Path.Combine(Open(output), "LICENSE")));

    [Theory]
    [InlineData("any")]
    [InlineData("linux-x64")]
    [InlineData("")]
    public void A_tools_package_says_whose_it_is_and_has_a_page_whose_links_lead_somewhere(string output)
    {
        string folder = Open(output);
        XElement metadata = XDocument.Load(Directory.EnumerateFiles(folder, "*.nuspec").Single()).Root!.Elements().Single();
        string? Value(string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;

        Assert.Equal("The SigmaFunctions authors", Value("authors"));
        Assert.Equal("MIT", Value("license"));
        // Where it is built in a repository that has an address.
        string? repository = Environment.GetEnvironmentVariable("GITHUB_REPOSITORY");
        Assert.Equal(repository is null ? null : $"{Environment.GetEnvironmentVariable("GITHUB_SERVER_URL")}/{repository}", Value("projectUrl"));
        string page = File.ReadAllText(Path.Combine(folder, Value("readme")!));
        Assert.Contains("`\\u001B`", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\]\((?!https://)[^)#]", page);
        Assert.Equal(repository is not null, page.Contains($"/blob/v{Value("version")}/docs/diagnostics.md)", StringComparison.Ordinal));
    }

    /// <summary>Assemblies, and the program's launcher, that this project did not write.</summary>
    private static IEnumerable<string> FilesOfOthers(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetFileName(file))
        .Where(file => file is "SigmaFunctions.App" or "sigmaf"
            || (file.EndsWith(".dll", StringComparison.Ordinal)
                && !file.StartsWith("SigmaFunctions.", StringComparison.Ordinal)
                // The second is made while the app is built.
                && file is not ("sigmaf.dll" or "Microsoft.Azure.Functions.Worker.Extensions.dll")));

    private string Open(string output)
    {
        string variable = output == "app" ? "SIGMAFUNCTIONS_PACKAGE" : "SIGMAFUNCTIONS_TOOLS";
        string? folder = Environment.GetEnvironmentVariable(variable);
        Assert.SkipWhen(string.IsNullOrEmpty(folder), $"{variable} names no folder.");
        if (output == "app")
        {
            return folder!;
        }

        string prefix = output.Length == 0 ? "sigmaf." : $"sigmaf.{output}.";
        string package = Directory.EnumerateFiles(folder!, "*.nupkg").Single(file => Regex.IsMatch(Path.GetFileName(file), $"^{Regex.Escape(prefix)}[0-9]"));
        ZipFile.ExtractToDirectory(package, _unpacked);
        return _unpacked;
    }

    [GeneratedRegex("(?m)^  Files: (.*)$")]
    private static partial Regex FilesLine();

    [GeneratedRegex("(?m)^-{80}\n.+?, for (.*)$")]
    private static partial Regex TextLine();
}
