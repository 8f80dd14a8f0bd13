using System.Text.Json;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf explain</c>, and placeholders in every command that reads rules.</summary>
public sealed class ExplainTests : IDisposable
{
    private const string Id = "aaaaaaaa-0000-4000-8000-000000000001";

    private const string PagedRule = $$"""
        title: "A rule \e[31m"
        id: {{Id}}
        status: test
        description: |
            What it is.
            In two lines.
        author: Someone
        date: 2026-01-01
        modified: 2026-01-02
        references: [https://example.com/]
        tags: [attack.execution, attack.stealth, attack.t1059.001, attack.t1002, attack.t9999, cve.2021-44228]
        logsource: {product: windows, category: process_creation}
        detection:
            selection:
                Image|endswith: '\x.exe'
                CommandLine|contains: [' -a ', ' -b ']
            filter_one: {NoSuchField: y}
            condition: selection and not 1 of filter_*
        falsepositives: [None known]
        level: high
        """;

    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_rule_of_a_file_is_explained_as_a_tree()
    {
        string rule = _cli.WriteRule("r.yml", Id, "a", "x");
        string one = _cli.Write("e.json", """{"category":"test","a":"y\u001b[31m"}""");

        CommandLine.Outcome outcome = await RunAsync("explain", rule, "--event", one);

        Assert.Equal(0, outcome.ExitCode);
        Assert.EndsWith(
            $"""

            a is x ({Id}) does not match record 0
              ✗ selection
                ✗ a equals 'x': the value does not satisfy it ← "y\u001B[31m"


            """,
            outcome.Output,
            StringComparison.Ordinal);
        Assert.StartsWith($"a is x\n{Id}\n", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_event_the_page_of_a_rule_is_shown()
    {
        string rule = _cli.Write("rules/r.yml", PagedRule);
        _cli.WriteRule("rules/other.yml", "aaaaaaaa-0000-4000-8000-000000000002", "Image", "'*\\x.exe'");

        CommandLine.Outcome outcome = await RunAsync("explain", rule, "--rules", Path.Combine(_cli.Folder, "rules"));

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.DoesNotContain('\u001b', outcome.Output);
        string page = string.Join('\n', outcome.Output.Split('\n').Select(line => line.TrimEnd()));
        Assert.StartsWith(
            $"""
            A rule \u001B[31m
            {Id}

            Status     test
            Severity   high
            Log source product=windows,category=process_creation
            Author     Someone
            Source     rules r.yml
            Changed    2026-01-02

            What it is.
            In two lines.

            False positives
              None known

            MITRE ATT&CK coverage
              Execution (TA0002)
              Stealth (TA0005)
              T1059.001 Command and Scripting Interpreter: PowerShell
              T1560 Archive Collected Data
              written as attack.t1002: T1002 Data Compressed, revoked, replaced by T1560 Archive Collected Data
              other tags: attack.t9999, cve.2021-44228

            Event coverage
            source
            """,
            page,
            StringComparison.Ordinal);
        Assert.Matches("(?m)^Sysmon +Sysmon 1 +weakened +NoSuchField$", page);
        Assert.Contains(
            """

            Stages and predicates
              Stage 0: condition
                selection and not 1 of filter_*

              Stage 1: selection
                all of
                  Image endswith '\x.exe'
                  CommandLine contains any of
                    ' -a '
                    ' -b '

              Stage 2: filter_one (excluded by the condition)
                NoSuchField equals 'y'

            Indicators
            field       kind       value    corpus
            CommandLine contains   ' -a '
            CommandLine contains   ' -b '
            Image       endswith   '\x.exe'      2
            NoSuchField not equals 'y'
            corpus: how many of 2 rules look for the same, this one included; blank where it is alone

            """,
            page,
            StringComparison.Ordinal);
        Assert.EndsWith("References\n  https://example.com/\n\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_as_JSON_is_that_of_the_catalogue()
    {
        CommandLine.Outcome outcome = await RunAsync("explain", _cli.Write("r.yml", PagedRule), "--format", "json");

        Assert.Equal((Id, "high"), (outcome.Json.GetProperty("id").GetString(), outcome.Json.GetProperty("level").GetString()));
        Assert.Equal("condition", outcome.Json.GetProperty("stages")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Of_a_rule_in_a_pack_an_event_can_be_explained_and_no_page_shown()
    {
        string rule = _cli.WriteRule("r.yml", Id, "a", "x");
        string pack = Path.Combine(_cli.Folder, "r.pack");
        await RunAsync("pack", "--rules", rule, "--out", pack);

        CommandLine.Outcome withEvent = await RunAsync("explain", Id, "--rules", pack, "--event", _cli.Write("e.json", """{"category":"test","a":"x"}"""));
        CommandLine.Outcome without = await RunAsync("explain", Id, "--rules", pack);

        Assert.StartsWith($"a is x ({Id}) matches record 0", withEvent.Output, StringComparison.Ordinal);
        Assert.Equal(2, without.ExitCode);
        Assert.Contains("does not hold the rules' text", without.Errors, StringComparison.Ordinal);
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
        Assert.Contains("1 rule, 1 correlation, 1 filter loaded, 0 rejected", (await RunAsync("check", rule, more)).Output, StringComparison.Ordinal);

        int Count(string name) => json.Json.GetProperty(name).GetInt32();
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
