using System.Text.Json;
using Json.Schema;
using SigmaFunctions.Engine.Files;
using Spectre.Console;

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

    [Theory]
    [InlineData("1 rule, 1 filter loaded, 0 rejected;", 1, 0, 1)]
    [InlineData("2 rules, 1 correlation loaded, 0 rejected;", 2, 1, 0)]
    [InlineData("1 rule, 2 correlations, 2 filters loaded, 0 rejected;", 1, 2, 2)]
    public async Task Correlations_and_filters_are_counted_where_there_are_any(string counts, int rules, int correlations, int filters)
    {
        static string IdOf(char kind, int number) => $"{new string(kind, 8)}-0000-4000-8000-{number:D12}";
        IEnumerable<string> documents =
        [
            .. Enumerable.Range(1, rules).Select(number => $$"""
                title: Rule {{number}}
                id: {{IdOf('a', number)}}
                logsource: { category: test }
                detection: { selection: { a: {{number}} }, condition: selection }
                """),
            .. Enumerable.Range(1, correlations).Select(number => $$"""
                title: Correlation {{number}}
                id: {{IdOf('c', number)}}
                correlation: { type: event_count, rules: [{{IdOf('a', 1)}}], timespan: {{number}}m, condition: { gte: 2 } }
                """),
            .. Enumerable.Range(1, filters).Select(number => $$"""
                title: Filter {{number}}
                id: {{IdOf('f', number)}}
                logsource: { category: test }
                filter: { rules: any, selection: { b: {{number}} }, condition: not selection }
                """),
        ];

        CommandLine.Outcome outcome = await RunAsync("check", _cli.Write("all.yml", string.Join("\n---\n", documents)));

        Assert.Contains(counts, outcome.Output, StringComparison.Ordinal);
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
    [InlineData("check", "--mapping", "/no/such/mapping", ".")]
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

    [Fact]
    public async Task Where_there_is_no_rule_that_is_said()
    {
        _cli.Write("notes/readme.txt", "none");
        _cli.Write("notes/empty.yml", "# nothing");
        string archive = _cli.Write("empty.zip", RuleArchive.Write([]));

        foreach (string path in (string[])[Path.Combine(_cli.Folder, "notes"), archive])
        {
            CommandLine.Outcome outcome = await RunAsync("check", path);

            Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
            Assert.Equal($"sigmaf: there is no rule in {path}: the names of rule files end in .yml or .yaml\n", outcome.Errors);
        }
    }

    [Theory]
    [InlineData("1", 0)]
    [InlineData("[1, 1]", 1)]
    [InlineData("[1, null]", 0)]
    public async Task Strict_fails_for_a_warning_and_not_for_less(string value, int exitCode)
    {
        string rule = _cli.WriteRule("a.yml", Id, "a", value);

        Assert.Equal(0, (await RunAsync("check", rule)).ExitCode);
        Assert.Equal(exitCode, (await RunAsync("check", "--strict", rule)).ExitCode);
    }

    [Fact]
    public async Task An_archive_is_read_as_a_folder_is()
    {
        string rule = await File.ReadAllTextAsync(_cli.WriteRule("a.yml", Id, "a", "1"), TestContext.Current.CancellationToken);
        string broken = await File.ReadAllTextAsync(Broken(), TestContext.Current.CancellationToken);
        string archive = _cli.Write("set.zip", RuleArchive.Write([new("rules/a.yml", rule), new("rules/broken.yml", broken), new("LICENSE", "none")]));

        CommandLine.Outcome outcome = await RunAsync("check", archive);

        Assert.Equal(1, outcome.ExitCode);
        Assert.StartsWith($"{archive}{Path.DirectorySeparatorChar}rules/broken.yml(8,30): error SF0303: ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("1 rule loaded, 1 rejected; 1 error,", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_that_is_none_cannot_be_checked()
    {
        string archive = _cli.Write("set.zip", "title: not a zip");

        CommandLine.Outcome outcome = await RunAsync("check", archive);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.StartsWith($"sigmaf: The archive '{archive}' cannot be read: it is damaged, or no zip archive (", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_circle_of_links_is_told_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        _cli.WriteRule("rules/a.YML", Id, "a", "1");
        string other = Path.Combine(_cli.Folder, "rules", "sub");
        Directory.CreateDirectory(other);
        string circle = Directory.CreateSymbolicLink(Path.Combine(other, "circle"), Path.Combine(_cli.Folder, "rules")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(_cli.Folder, "rules", "again"), other);

        CommandLine.Outcome outcome = await RunAsync("check", Path.Combine(_cli.Folder, "rules"));

        Assert.Equal(
            $"{circle}(1,1): error SF0006: The file cannot be read: '{circle}' is a link to a folder that holds it, and is not followed.\n\n"
            + "1 rule loaded, 1 rejected; 1 error, 0 warnings, 0 info\n",
            outcome.Output);
    }

    [Fact]
    public async Task A_terminal_shows_the_line_and_the_place()
    {
        _cli.IsInteractive = true;
        string broken = Broken();
        string mistake = _cli.Write("tab.yml", "title: Tab\nlogsource:\n\tcategory: " + new string('x', 200) + "\n");

        CommandLine.Outcome outcome = await RunAsync("check", broken, mistake);

        string[] lines = outcome.Output.Split('\n');
        int shown = Array.IndexOf(lines, "  8 |     condition: selection and nothing");
        Assert.Equal("    |                              ^", lines[shown + 1]);
        Assert.EndsWith("Define it or correct the name (case counts).", string.Join(' ', lines[..shown].Select(line => line.TrimStart())), StringComparison.Ordinal);
        Assert.All(lines[1..shown], line => Assert.InRange(line.Length, 3, 80));
        int excerpt = Array.FindIndex(lines, line => line.StartsWith("  3 | ", StringComparison.Ordinal));
        Assert.StartsWith(@"  3 | \tcategory: xxx", lines[excerpt], StringComparison.Ordinal);
        Assert.EndsWith("…", lines[excerpt], StringComparison.Ordinal);
        Assert.InRange(lines[excerpt].Length, 40, 80);
        Assert.Equal("    | ^", lines[excerpt + 1]);
    }

    /// <summary>Wide characters take two cells of a terminal.</summary>
    [Theory]
    [InlineData("日本語", 12)]
    [InlineData("\U0001F469", 4)]
    [InlineData("é", 2)]
    public async Task The_place_is_below_wide_characters_too(string character, int cells)
    {
        _cli.IsInteractive = true;
        string Rule(string name, int count) => _cli.Write(
            name, $"title: A\nid: {Id}\nlogsource: {{category: test}}\ndetection:\n    s:\n        a: ['{string.Concat(Enumerable.Repeat(character, count))}', z, z, '{string.Concat(Enumerable.Repeat(character, count))}x']\n    condition: s\n");

        string[] near = (await RunAsync("check", Rule("near.yml", 2))).Output.Split('\n');
        string[] far = (await RunAsync("check", Rule("far.yml", 100))).Output.Split('\n');

        int caret = Array.FindIndex(near, line => line.TrimEnd().EndsWith('^'));
        Assert.Equal($"    | {new string(' ', "        a: ['".Length + cells + "', z, ".Length)}^", near[caret]);
        caret = Array.FindIndex(far, line => line.TrimEnd().EndsWith('^'));
        string line = far[caret - 1];
        Assert.InRange(line.GetCellWidth(), 70, 80);
        int place = line.IndexOf("z, '", StringComparison.Ordinal);
        Assert.Equal(far[caret].IndexOf('^', StringComparison.Ordinal), line[..place].GetCellWidth());
    }

    /// <summary>Lines are counted as YAML 1.2 counts them: other separators are characters.</summary>
    [Fact]
    public async Task Other_separators_do_not_shift_the_line()
    {
        _cli.IsInteractive = true;
        string rule = _cli.Write(
            "a.yml", $"title: A\r\nid: {Id}\r\ndescription: 'a\u2028b\u0085c'\r\nlevel: hihg\r\nlogsource: {{category: test}}\r\ndetection: {{s: {{a: 1}}, condition: s}}\r\n");

        Assert.Contains("\n  4 | level: hihg\n    | ^\n", (await RunAsync("check", rule)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_far_in_a_long_line_is_shown()
    {
        _cli.IsInteractive = true;
        string rule = _cli.Write(
            "a.yml",
            $"title: A\nid: {Id}\nlogsource: {{category: test}}\ndetection:\n    s:\n        a: [{string.Join(", ", Enumerable.Range(0, 100).Select(i => $"v{i}"))}, V50]\n    condition: s\n");

        string[] lines = (await RunAsync("check", rule)).Output.Split('\n');

        int caret = Array.FindIndex(lines, line => line.TrimEnd().EndsWith('^'));
        Assert.Equal("V50]", lines[caret - 1][lines[caret].IndexOf('^', StringComparison.Ordinal)..]);
        Assert.All(lines[(caret - 1)..(caret + 1)], line => Assert.InRange(line.Length, 10, 80));
    }

    [Fact]
    public async Task GitHub_gets_annotations()
    {
        string rule = _cli.WriteRule("a,b.yml", Id, "a", "[1, '100%', '100%']");

        CommandLine.Outcome outcome = await RunAsync("check", rule, "--format", "github");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            $"::warning file={rule.Replace(",", "%2C", StringComparison.Ordinal)},line=8,col=24,title=SF1102::The value '100%25' stands twice in this list (case does not count). Keep one of them.\n"
            + "1 rule loaded, 0 rejected; 0 errors, 1 warning, 0 info\n",
            outcome.Output);
    }

    [Fact]
    public async Task Sarif_holds_to_its_schema()
    {
        string broken = Broken();
        string warned = _cli.WriteRule("ä b.yml", Id, "a", "[1, 1, null]");

        CommandLine.Outcome outcome = await RunAsync("check", broken, warned, "--format", "sarif");

        Assert.Equal(1, outcome.ExitCode);
        EvaluationResults valid = Sarif.Evaluate(outcome.Json, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(valid.IsValid, string.Join('\n', valid.Details?.Where(one => one.Errors is not null).SelectMany(one => one.Errors!.Values.Select(error => $"{one.InstanceLocation}: {error}")) ?? []));
        JsonElement run = outcome.Json.GetProperty("runs")[0];
        Assert.Equal(
            ["SF0211", "SF0303", "SF1102"],
            run.GetProperty("tool").GetProperty("driver").GetProperty("rules").EnumerateArray().Select(one => one.GetProperty("id").GetString()));
        Assert.Equal(
            [
                ("SF0303", 1, "error", new Uri(broken).AbsoluteUri, 8, 30),
                ("SF1102", 2, "warning", new Uri(warned).AbsoluteUri, 8, 16),
                ("SF0211", 0, "note", new Uri(warned).AbsoluteUri, 8, 19),
            ],
            run.GetProperty("results").EnumerateArray().Select(Result));

        static (string?, int, string?, string?, int, int) Result(JsonElement result)
        {
            JsonElement place = result.GetProperty("locations")[0].GetProperty("physicalLocation");
            return (
                result.GetProperty("ruleId").GetString(),
                result.GetProperty("ruleIndex").GetInt32(),
                result.GetProperty("level").GetString(),
                place.GetProperty("artifactLocation").GetProperty("uri").GetString(),
                place.GetProperty("region").GetProperty("startLine").GetInt32(),
                place.GetProperty("region").GetProperty("startColumn").GetInt32());
        }
    }

    /// <summary>What SARIF 2.1.0 says about the parts that are written here.</summary>
    private static readonly JsonSchema Sarif = JsonSchema.FromText("""
        {
          "type": "object", "additionalProperties": false, "required": ["version", "runs"],
          "properties": {
            "$schema": { "type": "string", "format": "uri" },
            "version": { "enum": ["2.1.0"] },
            "runs": { "type": "array", "items": {
              "type": "object", "additionalProperties": false, "required": ["tool"],
              "properties": {
                "tool": { "type": "object", "additionalProperties": false, "required": ["driver"], "properties": {
                  "driver": { "type": "object", "additionalProperties": false, "required": ["name"], "properties": {
                    "name": { "type": "string" },
                    "version": { "type": "string" },
                    "rules": { "type": "array", "uniqueItems": true, "items": {
                      "type": "object", "additionalProperties": false, "required": ["id"],
                      "properties": {
                        "id": { "type": "string" },
                        "defaultConfiguration": { "type": "object", "additionalProperties": false, "properties": { "level": { "$ref": "#/$defs/level" } } } } } } } } } },
                "columnKind": { "enum": ["utf16CodeUnits", "unicodeCodePoints"] },
                "results": { "type": "array", "items": {
                  "type": "object", "additionalProperties": false, "required": ["message"],
                  "properties": {
                    "ruleId": { "type": "string" },
                    "ruleIndex": { "type": "integer", "minimum": -1 },
                    "level": { "$ref": "#/$defs/level" },
                    "message": { "type": "object", "additionalProperties": false, "properties": { "text": { "type": "string" } }, "required": ["text"] },
                    "locations": { "type": "array", "items": { "type": "object", "additionalProperties": false, "properties": {
                      "physicalLocation": { "type": "object", "additionalProperties": false, "required": ["artifactLocation"], "properties": {
                        "artifactLocation": { "type": "object", "additionalProperties": false, "properties": { "uri": { "type": "string", "format": "uri-reference" } } },
                        "region": { "type": "object", "additionalProperties": false, "properties": {
                          "startLine": { "type": "integer", "minimum": 1 }, "startColumn": { "type": "integer", "minimum": 1 } } } } } } } } } } } } } } },
          "$defs": { "level": { "enum": ["none", "note", "warning", "error"] } }
        }
        """);

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
