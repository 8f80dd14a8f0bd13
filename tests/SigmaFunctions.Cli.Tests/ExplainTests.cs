using System.Text.Json;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf explain</c>, and placeholders in every command that reads rules.</summary>
public sealed class ExplainTests : IDisposable
{
    private const string Id = "aaaaaaaa-0000-4000-8000-000000000001";

    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_rule_of_a_file_is_explained_as_a_tree()
    {
        string rule = _cli.WriteRule("r.yml", Id, "a", "x");
        string one = _cli.Write("e.json", """{"category":"test","a":"y\u001b[31m"}""");

        CommandLine.Outcome outcome = await RunAsync("explain", rule, "--event", one);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            $"""
            a is x ({Id}) does not match record 0
              ✗ selection
                ✗ a equals 'x': the value does not satisfy it ← "y\u001B[31m"


            """,
            outcome.Output);
    }

    [Fact]
    public async Task A_rule_is_found_by_its_id_and_each_record_is_explained()
    {
        _cli.WriteRule("rules/r.yml", Id, "a", "x");
        string events = _cli.Write("e.json", """{"records":[{"category":"test","a":"x"},{"category":"test"}]}""");

        CommandLine.Outcome outcome = await RunAsync("explain", Id, "--rules", Path.Combine(_cli.Folder, "rules"), "--event", events, "--format", "json");

        JsonElement[] lines = [.. outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal([(0, true), (1, false)], lines.Select(line => (line.GetProperty("record").GetInt32(), line.GetProperty("matches").GetBoolean())));
        JsonElement predicate = lines[1].GetProperty("condition").GetProperty("children")[0];
        Assert.Equal(("predicate", "a equals 'x'", "the field is absent"), (Text("kind"), Text("text"), Text("reason")));

        string? Text(string name) => predicate.GetProperty(name).GetString();
    }

    [Fact]
    public async Task Another_log_source_is_told()
    {
        string rule = _cli.WriteRule("r.yml", Id, "a", "x");
        CommandLine.Outcome outcome = await RunAsync("explain", rule, "--event", _cli.Write("e.json", """{"category":"other","a":"x"}"""));
        Assert.Contains("✗ log source category=test: the event is of category=other", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no rule other was loaded", "explain", "other", "--rules", "r.yml", "--event", "e.json")]
    [InlineData("is not a file; to name a rule by its id", "explain", "other", "--event", "e.json")]
    [InlineData("none.json does not exist", "explain", "r.yml", "--event", "none.json")]
    [InlineData("holds no event", "explain", "r.yml", "--event", "broken.json")]
    [InlineData("Option '--event' is required", "explain", "r.yml")]
    [InlineData("error SF0101", "explain", "broken.yml", "--event", "e.json")]
    [InlineData("p.txt(1,4): error:", "check", "r.yml", "--placeholders", "p.txt")]
    public async Task What_cannot_be_explained_is_told(string message, params string[] arguments)
    {
        _cli.WriteRule("r.yml", Id, "a", "x");
        _cli.Write("broken.yml", "id: x");
        _cli.Write("e.json", "{}");
        _cli.Write("broken.json", "{");
        _cli.Write("p.txt", "a: {b: c}");

        CommandLine.Outcome outcome = await RunAsync(
            [.. arguments.Select(argument => argument.Contains('.', StringComparison.Ordinal) ? Path.Combine(_cli.Folder, argument) : argument)]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Placeholders_have_the_values_of_their_file()
    {
        string rule = _cli.Write("r.yml", File.ReadAllText(_cli.WriteRule("r.yml", Id, "a|expand", "'%names%'")));
        string events = _cli.Write("e.ndjson", """{"category":"test","a":"bob"}""");
        string placeholders = _cli.Write("names.txt", "names: [ann, bob]");

        CommandLine.Outcome without = await RunAsync("check", "--format", "json", rule);
        Assert.Equal((1, 1), (without.ExitCode, without.Json.GetProperty("rejected").GetInt32()));
        Assert.Contains("placeholder", without.Json.GetProperty("diagnostics")[0].GetProperty("message").GetString(), StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("check", rule, "--placeholders", placeholders)).ExitCode);
        Assert.Equal($"0:0:{Id}", (await RunAsync("scan", "--rules", rule, "--placeholders", placeholders, events)).Matches);
        Assert.Contains("✓ any of", (await RunAsync("explain", rule, "--placeholders", placeholders, "--event", events)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_and_correlations_are_counted()
    {
        string rule = _cli.WriteRule("r.yml", Id, "a", "x");
        string more = _cli.Write("more.yml", $$"""
            title: F
            id: aaaaaaaa-0000-4000-8000-000000000002
            logsource: {category: test}
            filter: {rules: any, selection: {b: y}, condition: not selection}
            ---
            title: C
            id: aaaaaaaa-0000-4000-8000-000000000003
            correlation: {type: event_count, rules: {{Id}}, timespan: 5m, condition: { gte: 3 } }
            """);

        CommandLine.Outcome json = await RunAsync("check", "--format", "json", rule, more);
        Assert.Equal((1, 1, 1), (Count("rules"), Count("correlations"), Count("filters")));
        CommandLine.Outcome scan = await RunAsync("scan", "--rules", rule, more, _cli.Write("e.ndjson", "{\"category\":\"test\",\"a\":\"x\"}\n{\"category\":\"test\",\"a\":\"x\",\"b\":\"y\"}"));
        Assert.Equal($"0:0:{Id}", scan.Matches);
        Assert.Contains("correlations are not evaluated yet (1 loaded)", scan.Errors, StringComparison.Ordinal);
        Assert.Contains("1 rule, 1 correlation, 1 filter loaded, 0 rejected", (await RunAsync("check", rule, more)).Output, StringComparison.Ordinal);

        int Count(string name) => json.Json.GetProperty(name).GetInt32();
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
