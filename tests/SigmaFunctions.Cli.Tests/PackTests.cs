using SigmaFunctions.Engine.Files;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf pack</c>, and packs where rules are expected.</summary>
public sealed class PackTests : IDisposable
{
    private const string Id = "aaaaaaaa-0000-4000-8000-000000000001";

    private readonly CommandLine _cli = new();

    private string Pack => Path.Combine(_cli.Folder, "rules.pack");

    private string Rules => Path.Combine(_cli.Folder, "rules");

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_pack_scans_as_its_rules_do()
    {
        _cli.WriteRule("rules/a.yml", Id, "a", "1");
        string events = _cli.Write("events.ndjson", """{"a":1}""");

        CommandLine.Outcome packed = await RunAsync("pack", "--rules", Rules, "--out", Pack);
        CommandLine.Outcome yaml = await RunAsync("scan", "--rules", Rules, "--logsource", "category=test", events);
        CommandLine.Outcome scanned = await RunAsync("scan", "--rules", Pack, events, "--logsource", "category=test");

        Assert.Equal((0, ""), (packed.ExitCode, packed.Errors));
        Assert.StartsWith("1 rule packed, 0 rejected; ", packed.Output, StringComparison.Ordinal);
        Assert.Equal($"0:0:{Id}", yaml.Matches);
        Assert.Equal((0, yaml.Output, ""), (scanned.ExitCode, scanned.Output, scanned.Errors));
    }

    [Fact]
    public async Task An_archive_is_packed_as_its_files_are()
    {
        string rule = _cli.WriteRule("rules/a.yml", Id, "a", "1");
        string archive = _cli.Write("rules.zip", RuleArchive.Write([new("windows/a.yml", await File.ReadAllTextAsync(rule, TestContext.Current.CancellationToken))]));

        Assert.Equal(0, (await RunAsync("pack", "--rules", archive, "--out", Pack)).ExitCode);

        Assert.Equal("1 rule loaded, 0 rejected; 0 errors, 0 warnings, 0 info\n", (await RunAsync("check", Pack)).Output);
        _cli.Write("rules.zip", RuleArchive.Write([new("windows/a.yml", "title: x")]));
        Assert.Contains("SF0603", (await RunAsync("check", Pack)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_tells_what_was_packed_and_explain_finds_rules_in_it()
    {
        _cli.WriteRule("rules/a.yml", Id, "a", "1");
        _cli.Write("rules/broken.yml", "title: x");
        string sigmaEvent = _cli.Write("event.json", """{"a":1}""");

        CommandLine.Outcome packed = await RunAsync("pack", "--rules", Rules, "--out", Pack);
        CommandLine.Outcome yaml = await RunAsync("check", Rules);
        CommandLine.Outcome check = await RunAsync("check", Pack);
        CommandLine.Outcome explain = await RunAsync("explain", Id, "--rules", Pack, "--event", sigmaEvent, "--logsource", "category=test");

        Assert.Equal(1, packed.ExitCode);
        Assert.Contains("broken.yml(1,1): error SF0103", packed.Errors, StringComparison.Ordinal);
        Assert.Equal((1, yaml.Output), (check.ExitCode, check.Output));
        Assert.Contains($"({Id}) matches record 0", explain.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_changed_is_read_as_YAML_with_a_warning()
    {
        _cli.WriteRule("rules/a.yml", Id, "a", "1");
        string events = _cli.Write("events.ndjson", """{"a":2}""");
        await RunAsync("pack", "--rules", Rules, "--out", Pack);
        _cli.WriteRule("rules/a.yml", Id, "a", "2");

        CommandLine.Outcome outcome = await RunAsync("scan", "--rules", Pack, "--logsource", "category=test", "--", events);

        Assert.Equal((0, $"0:0:{Id}"), (outcome.ExitCode, outcome.Matches));
        Assert.Contains($"{Pack}(1,1): warning SF0603", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_pack_is_an_error()
    {
        string pack = _cli.Write("other.pack", "title: x");

        CommandLine.Outcome outcome = await RunAsync("check", pack);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"{pack}(1,1): error SF0601", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pack", "--rules", ".")]
    [InlineData("pack", "--rules", ".", "--out", "rules.yml")]
    [InlineData("pack", "--rules", "a.pack", "--out", "b.pack")]
    [InlineData("pack", "--rules", "/no/such/path", "--out", "b.pack")]
    [InlineData("check", "a.pack", "rules")]
    [InlineData("check", "/no/such.pack")]
    public async Task What_cannot_run_says_why(params string[] arguments)
    {
        CommandLine.Outcome outcome = await RunAsync(arguments);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.StartsWith("sigmaf: ", outcome.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists("b.pack"));
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
