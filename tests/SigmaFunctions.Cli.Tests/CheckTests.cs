using System.Text.Json;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf check</c>.</summary>
public sealed class CheckTests : IDisposable
{
    private const string Id = "aaaaaaaa-0000-4000-8000-000000000001";

    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Good_rules_are_counted()
    {
        string rule = _cli.WriteRule("a.yml", Id, "a", "1");

        CommandLine.Outcome outcome = await RunAsync("check", rule);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("1 rule loaded, 0 rejected; 0 errors, 0 warnings", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rejected_rule_is_told_with_its_place_and_fails()
    {
        _cli.WriteRule("a.yml", Id, "a", "1");
        string broken = Broken();

        CommandLine.Outcome outcome = await RunAsync("check", _cli.Folder);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Matches($@"(?m)^{System.Text.RegularExpressions.Regex.Escape(broken)}\(\d+,\d+\): error SF\d{{4}}: .+$", outcome.Output);
        Assert.Contains("1 rule loaded, 1 rejected; 1 error,", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Warnings_alone_do_not_fail()
    {
        string rule = _cli.Write("w.yml", $$"""
            title: Unused identifier
            id: {{Id}}
            logsource: { category: test }
            detection:
                selection:
                    a: 1
                unused:
                    b: 1
                condition: selection
            """);

        CommandLine.Outcome outcome = await RunAsync("check", "--format", "json", rule);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("warning", outcome.Json.GetProperty("diagnostics").EnumerateArray().Select(d => d.GetProperty("severity").GetString()));
    }

    [Fact]
    public async Task Json_has_counts_and_diagnostics()
    {
        _cli.WriteRule("a.yml", Id, "a", "1");
        string broken = Broken();

        CommandLine.Outcome outcome = await RunAsync("check", _cli.Folder, "--format", "json");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(
            ["rules", "correlations", "filters", "rejected", "diagnostics"], outcome.Json.EnumerateObject().Select(property => property.Name));
        Assert.Equal((1, 1), (outcome.Json.GetProperty("rules").GetInt32(), outcome.Json.GetProperty("rejected").GetInt32()));
        JsonElement error = Assert.Single(
            outcome.Json.GetProperty("diagnostics").EnumerateArray(), d => d.GetProperty("severity").GetString() == "error");
        Assert.Equal(["file", "line", "column", "code", "severity", "message"], error.EnumerateObject().Select(property => property.Name));
        Assert.Equal(broken, error.GetProperty("file").GetString());
        Assert.EndsWith("}\n", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("check", "/no/such/path")]
    [InlineData("check", ".", "--format", "xml")]
    public async Task What_cannot_run_says_why(params string[] arguments)
    {
        CommandLine.Outcome outcome = await RunAsync(arguments);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.StartsWith("sigmaf: ", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("scan")]
    [InlineData("fields")]
    [InlineData("send")]
    public async Task Help_has_examples(string command)
    {
        CommandLine.Outcome outcome = await RunAsync(command, "--help");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Contains($"Examples:\n  sigmaf {command} ", outcome.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private string Broken() => _cli.Write(
        "broken.yml",
        """
        title: Broken
        id: bbbbbbbb-0000-4000-8000-000000000002
        status: test
        logsource: { category: test }
        detection:
            selection:
                a: 1
            condition: selection and nothing
        level: low
        """);

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
