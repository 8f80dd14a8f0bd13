using SigmaFunctions.Engine.Files;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf catalog</c>.</summary>
public sealed class CatalogTests : IDisposable
{
    private const string Id = "aaaaaaaa-0000-4000-8000-000000000001";

    private readonly CommandLine _cli = new();

    private string Site => Path.Combine(_cli.Folder, "site");

    private string Rules => Path.Combine(_cli.Folder, "rules");

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Rules_become_pages()
    {
        _cli.WriteRule("rules/a.yml", Id, "a", "1");

        CommandLine.Outcome outcome = await RunAsync("catalog", "--rules", $"ours={Rules}", "--out", Site, "--title", "Our rules", "--base-url", "https://rules.contoso.example");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.StartsWith("1 rules catalogued, 0 rejected; ", outcome.Output, StringComparison.Ordinal);
        string page = await File.ReadAllTextAsync(Path.Combine(Site, "rules", $"{Id}.html"), TestContext.Current.CancellationToken);
        Assert.Contains("<title>a is 1 · Our rules</title>", page, StringComparison.Ordinal);
        Assert.Contains($"href=\"https://rules.contoso.example/rules/{Id}.html\"", page, StringComparison.Ordinal);
        Assert.Contains("<dd>ours <span class=\"path\">a.yml</span></dd>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_of_an_archive_become_pages()
    {
        string rule = await File.ReadAllTextAsync(_cli.WriteRule("a.yml", Id, "a", "1"), TestContext.Current.CancellationToken);
        string archive = _cli.Write("sigma_core.zip", RuleArchive.Write([new("rules/windows/a.yml", rule)]));

        CommandLine.Outcome outcome = await RunAsync("catalog", "--rules", archive, "--out", Site);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        string page = await File.ReadAllTextAsync(Path.Combine(Site, "rules", $"{Id}.html"), TestContext.Current.CancellationToken);
        Assert.Contains("<dd>sigma_core <span class=\"path\">rules/windows/a.yml</span></dd>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rejected_rules_are_told_and_left_out()
    {
        _cli.WriteRule("rules/a.yml", Id, "a", "1");
        _cli.Write("rules/broken.yml", "title: x");

        CommandLine.Outcome outcome = await RunAsync("catalog", "--rules", Rules, "--out", Site);

        Assert.Equal(1, outcome.ExitCode);
        Assert.StartsWith("1 rules catalogued, 1 rejected; ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("broken.yml(1,1): error SF0103", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rules", ".")]
    [InlineData("--rules", "/no/such/path", "--out", "no-site")]
    [InlineData("--rules", "a.pack", "--out", "no-site")]
    [InlineData("--rules", ".", "--out", "no-site", "--base-url", "javascript:alert(1)")]
    [InlineData("--rules", ".", "--out", "no-site", "--base-url", "https://a.example/?q=1")]
    public async Task What_cannot_run_says_why(params string[] arguments)
    {
        CommandLine.Outcome outcome = await RunAsync(["catalog", .. arguments]);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.StartsWith("sigmaf: ", outcome.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists("no-site"));
    }

    [Fact]
    public async Task A_folder_of_something_else_is_not_written_to()
    {
        _cli.WriteRule("rules/a.yml", Id, "a", "1");

        CommandLine.Outcome outcome = await RunAsync("catalog", "--rules", Rules, "--out", Rules);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("something other than a catalogue", outcome.Errors, StringComparison.Ordinal);
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
