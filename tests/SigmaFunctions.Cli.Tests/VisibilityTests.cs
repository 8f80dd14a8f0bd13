using System.Text.Json;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf check --source</c> and <c>sigmaf fields</c>.</summary>
public sealed class VisibilityTests : IDisposable
{
    private readonly CommandLine _cli = new();
    private readonly string _rules;

    public VisibilityTests()
    {
        Write("blind.yml", "b", "process_creation", "CurrentDirectory: 'C:\\x'", "s");
        Write("weak.yml", "a", "process_creation", "[{Image: x}, {CurrentDirectory: y}]", "s");
        Write("filtered.yml", "c", "process_creation", "Image: x", "s and not f", "CurrentDirectory: y");
        Write("seeing.yml", "d", "process_creation", "Image: x", "s");
        Write("clipboard.yml", "e", "clipboard_capture", "ClientInfo: x", "s");
        Write("other.yml", "f", "webserver", "CurrentDirectory: x", "s");
        _rules = Path.Combine(_cli.Folder, "rules");
    }

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Rules_that_can_never_fire_on_a_source_are_listed_with_what_they_need()
    {
        CommandLine.Outcome outcome = await RunAsync("check", _rules, "--source", "defender", "--source", "sysmon", "--source", "sysmon");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Equal(
            $"""
            6 rules loaded, 0 rejected; 0 errors, 0 warnings, 0 info

            {Path.Combine(_rules, "blind.yml")}(1): blind on defender: needs CurrentDirectory: b
            {Path.Combine(_rules, "clipboard.yml")}(1): blind on defender: needs ClientInfo: e
            Microsoft Defender XDR (defender): 2 of 5 rules can never fire, 2 depend in part on fields that never come; not for this source: 1

            Sysmon (sysmon): 0 of 5 rules can never fire, 0 depend in part on fields that never come; not for this source: 1

            """.ReplaceLineEndings("\n"),
            outcome.Output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Json_tells_of_every_rule_what_it_misses()
    {
        CommandLine.Outcome outcome = await RunAsync("check", _rules, "--source", "defender", "--format", "json");

        Assert.Equal(0, outcome.ExitCode);
        JsonElement source = Assert.Single(outcome.Json.GetProperty("sources").EnumerateArray());
        Assert.Equal(
            ("defender", 1, 2, 2, 1),
            (source.GetProperty("source").GetString(), source.GetProperty("full").GetInt32(), source.GetProperty("weakened").GetInt32(),
                source.GetProperty("blind").GetInt32(), source.GetProperty("notForSource").GetInt32()));
        Assert.Equal(
            [
                """a weakened ["narrows"] ["CurrentDirectory"] [] ["DeviceProcessEvents"] s:possibly["narrows"]["CurrentDirectory"]""",
                """b blind [] ["CurrentDirectory"] ["CurrentDirectory"] ["DeviceProcessEvents"] s:never["narrows"]["CurrentDirectory"]""",
                """c weakened ["widens"] ["CurrentDirectory"] [] ["DeviceProcessEvents"] f:never["widens"]["CurrentDirectory"]""",
                """e blind [] ["ClientInfo"] ["ClientInfo"] ["DeviceEvents"] s:never["narrows"]["ClientInfo"]""",
            ],
            source.GetProperty("rules").EnumerateArray().Select(Show));

        static string Show(JsonElement rule) =>
            $"{rule.GetProperty("title")} {rule.GetProperty("visibility")} {rule.GetProperty("effects")} {rule.GetProperty("missing")} {rule.GetProperty("needed")} "
            + $"{rule.GetProperty("events")} "
            + string.Join(' ', rule.GetProperty("identifiers").EnumerateArray()
                .Select(one => $"{one.GetProperty("name")}:{one.GetProperty("holds")}{one.GetProperty("effects")}{one.GetProperty("missing")}"));
    }

    [Fact]
    public async Task A_source_must_be_known()
    {
        CommandLine.Outcome outcome = await RunAsync("check", _rules, "--source", "syslog");

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("sysmon-linux", outcome.Errors, StringComparison.Ordinal);
    }

    /// <summary>Two process creations, one of them with a null; an event of which no log source is known; a line that is no event.</summary>
    private const string Events =
        """
        {"category":"process_creation","product":"windows","Image":"a","ProcessGuid":"1","Odd\u001bName":1}
        {"category":"process_creation","product":"windows","Image":"b","ProcessGuid":null,"CurrentDirectory":null}
        {"Image":"c"}
        nonsense
        """;

    [Fact]
    public async Task Fields_that_rules_and_events_do_not_share_are_counted()
    {
        CommandLine.Outcome outcome = await RunAsync("fields", "--rules", _rules, _cli.Write("e.ndjson", Events));

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            """
            product=windows,category=process_creation: 2 events, 4 rules
              used by rules, never arrived (rules):
                CurrentDirectory 3
              arrived, used by no rule (events):
                category 2
                product 2
                Odd\u001BName 1
                ProcessGuid 1

            3 events, 1 of them of no log source; 1 records could not be read; 2 rules saw no event

            """.ReplaceLineEndings("\n"),
            outcome.Output);
        Assert.Contains(":4: record 0: ", outcome.Errors, StringComparison.Ordinal);
    }

    /// <summary>The same files as for a scan, and the log source of those that tell none.</summary>
    [Fact]
    public async Task Fields_takes_what_scan_takes()
    {
        string body = _cli.Write("body.json", "[{\"Image\":\"a\"},\n{\"Image\":\"b\"}]");
        using var input = new MemoryStream("{\"CurrentDirectory\":\"x\"}"u8.ToArray());

        CommandLine.Outcome outcome = await _cli.RunAsync(
            ["fields", "--rules", _rules, "--logsource", "product=windows,category=process_creation", "--format", "json", "--body", body, "-"],
            input,
            TestContext.Current.CancellationToken);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Equal(
            """{"events":3,"unseen":0,"undecoded":0,"rulesWithoutEvents":2,"logSources":[{"logSources":["product=windows,category=process_creation"],"events":3,"rules":4,"neverArrived":[],"unused":[]}]}""" + "\n",
            outcome.Output);
    }

    [Theory]
    [InlineData("fields", "--rules", "no.yml")]
    [InlineData("fields", "events.ndjson")]
    public async Task Without_events_or_rules_there_is_nothing_to_compare(params string[] arguments)
    {
        CommandLine.Outcome outcome = await RunAsync(arguments);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.StartsWith("sigmaf: ", outcome.Errors, StringComparison.Ordinal);
    }

    private void Write(string name, string title, string category, string selection, string condition, string? filter = null) => _cli.Write(
        Path.Combine("rules", name),
        $$"""
        title: {{title}}
        id: {{title}}aaaaaaa-0000-4000-8000-000000000000
        status: test
        logsource: { category: {{category}}{{(category == "webserver" ? "" : ", product: windows")}} }
        detection:
            s: {{Flow(selection)}}
            {{(filter is null ? "" : $"f: {Flow(filter)}")}}
            condition: {{condition}}
        level: high
        """);

    private static string Flow(string search) => search[0] == '[' ? search : $"{{{search}}}";

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
