namespace SigmaFunctions.Cli.Tests;

/// <summary><c>--mapping</c> of <c>sigmaf scan</c> and <c>sigmaf explain</c>.</summary>
public sealed class MappingTests : IDisposable
{
    private const string Id = "aaaaaaaa-0000-4000-8000-000000000001";

    private readonly CommandLine _cli = new();
    private readonly string _rule;
    private readonly string _event;
    private readonly string _mapping;
    private readonly string _bad;

    public MappingTests()
    {
        _rule = _cli.WriteRule("r.yml", Id, "Image", "a.exe");
        _event = _cli.Write("e.ndjson", """{"src":"own","process":{"path":"a.exe"}}""");
        _mapping = _cli.Write("m/own.yml", "name: own\nwhen: {src: own}\nlogsource: {category: test}\nfields: {Image: process.path}");
        _bad = _cli.Write("bad.yml", "name: bad\nwhen: {src: own}");
    }

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("", "")]
    [InlineData("--mapping m/own.yml", $"0:0:{Id}")]
    [InlineData("--mapping m", $"0:0:{Id}")]
    [InlineData("--mapping bad.yml --mapping m/own.yml", $"0:0:{Id}")]
    public async Task Mapped_records_match(string options, string matches)
    {
        string[] arguments = [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.StartsWith('-') ? word : Path.Combine(_cli.Folder, word))];

        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rule, .. arguments, _event]);

        Assert.Equal((0, matches), (outcome.ExitCode, outcome.Matches));
    }

    [Fact]
    public async Task What_is_wrong_with_a_mapping_is_told_with_its_place()
    {
        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rule, "--mapping", _bad, _event]);

        Assert.StartsWith($"{_bad}(1,1): error SF0701: The mapping has no log source", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Matches));
    }

    [Fact]
    public async Task A_mapping_that_is_not_there_ends_the_command()
    {
        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rule, "--mapping", Path.Combine(_cli.Folder, "none.yml"), _event]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("none.yml", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mapped_records_are_explained()
    {
        CommandLine.Outcome outcome = await RunAsync(["explain", _rule, "--event", _event, "--mapping", _mapping]);

        Assert.Contains("matches record 0", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("✓ Image equals 'a.exe' ← \"a.exe\"", outcome.Output, StringComparison.Ordinal);
    }

    private Task<CommandLine.Outcome> RunAsync(string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
