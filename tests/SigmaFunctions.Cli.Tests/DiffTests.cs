using System.Text.Json;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf diff</c>.</summary>
public sealed class DiffTests : IDisposable
{
    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Rules_are_added_removed_changed_in_logic_and_changed_in_wording()
    {
        CommandLine.Outcome outcome = await RunAsync([.. Sets()]);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Equal(
            $"""
            Added: 1
              + a is 5 ({Id(5)})

            Removed: 1
              - a is 1 ({Id(1)})

            Changed in logic: 1
              ~ a is 22 ({Id(2)})
                  - a equals '2'
                  + a equals '22'
                  also: title (a is 2 → a is 22)

            Changed in wording or metadata only: 1
              ~ a is 3 ({Id(3)}): level (high → low)

            1 added, 1 removed, 1 changed in logic, 1 in wording or metadata only, 1 unchanged

            """,
            outcome.Output);
    }

    [Fact]
    public async Task JSON_has_the_same_in_one_line()
    {
        JsonElement json = (await RunAsync([.. Sets(), "--format", "json"])).Json;

        Assert.Equal(Id(5), json.GetProperty("added")[0].GetProperty("rule").GetString());
        Assert.Equal(Id(1), json.GetProperty("removed")[0].GetProperty("rule").GetString());
        Assert.Equal(
            [(Id(2), true), (Id(3), false)],
            json.GetProperty("changed").EnumerateArray().Select(one => (one.GetProperty("rule").GetString(), one.GetProperty("logic").GetBoolean())));
        Assert.Equal("""["a equals '22'"]""", json.GetProperty("changed")[0].GetProperty("addedTests").GetRawText());
        Assert.Equal("""[{"name":"level","old":"high","new":"low"}]""", json.GetProperty("changed")[1].GetProperty("attributes").GetRawText());
        Assert.Equal(1, json.GetProperty("unchanged").GetInt32());
        Assert.False(json.TryGetProperty("verdicts", out _));
    }

    [Fact]
    public async Task Correlations_are_compared_beside_the_rules()
    {
        string[] sets = Sets();
        _cli.Write("old/c.yml", Correlation(7, "1h") + Correlation(8, "1h"));
        _cli.Write("new/c.yml", Correlation(7, "2h") + Correlation(9, "1h"));

        CommandLine.Outcome text = await RunAsync(sets);
        JsonElement json = (await RunAsync([.. sets, "--format", "json"])).Json.GetProperty("correlations");

        Assert.Contains(
            $"""
            Correlations added: 1
              + Often 9 ({Id(9)})

            Correlations removed: 1
              - Often 8 ({Id(8)})

            Correlations changed in logic: 1
              ~ Often 7 ({Id(7)})
                  timespan: 1h → 2h

            1 added, 1 removed, 1 changed in logic, 1 in wording or metadata only, 1 unchanged
            correlations: 1 added, 1 removed, 1 changed in logic, 0 in wording or metadata only, 0 unchanged

            """,
            text.Output,
            StringComparison.Ordinal);
        Assert.Equal(
            $$"""{"added":[{"rule":"{{Id(9)}}","title":"Often 9","level":"high"}],"removed":[{"rule":"{{Id(8)}}","title":"Often 8","level":"high"}],"changed":[{"rule":"{{Id(7)}}","title":"Often 7","level":"high","logic":true,"differences":[{"name":"timespan","old":"1h","new":"2h"}],"attributes":[]}],"unchanged":0,"silenced":[],"unsilenced":[]}""",
            json.GetRawText());
    }

    [Fact]
    public async Task Verdicts_on_events_are_compared_rule_by_rule()
    {
        string one = _cli.Write("one.ndjson", string.Join('\n', Event("4"), "", Event("2"), Event("22"), "{"));
        string two = _cli.Write("two.ndjson", string.Join('\n', $"[{Event("3")},{Event("22")}]", Event("1")));

        CommandLine.Outcome text = await RunAsync([.. Sets(), "--events", one, two]);
        JsonElement verdicts = (await RunAsync([.. Sets(), "--events", one, two, "--format", "json"])).Json.GetProperty("verdicts");

        Assert.Equal((6, 1), (verdicts.GetProperty("events").GetInt32(), verdicts.GetProperty("undecoded").GetInt32()));
        Assert.Equal(
            [
                $"{Id(1)} 0 null 1 {{\"line\":6,\"record\":0}}",
                $"{Id(2)} 2 {{\"line\":3,\"record\":0}} 1 {{\"line\":2,\"record\":0}}",
            ],
            verdicts.GetProperty("changed").EnumerateArray().Select(change =>
                $"{change.GetProperty("rule").GetString()} {change.GetProperty("gained")} {change.GetProperty("firstGained").GetRawText()} {change.GetProperty("lost")} {change.GetProperty("firstLost").GetRawText()}"));
        Assert.Contains("Verdicts that change on 6 events: 2 rules", text.Output, StringComparison.Ordinal);
        Assert.Matches($@"(?m)^{Id(2)} +a is 22 +2 +3:0 +1 +2:0 *$", text.Output);
    }

    /// <summary>Whoever fails three times is told of now, and not twice; and rule 4 is silent now.</summary>
    [Fact]
    public async Task Detections_of_correlations_on_events_are_compared()
    {
        string[] sets = Sets();
        _cli.Write("old/4.yml", File.ReadAllText(_cli.WriteRule("4.yml", Id(4), "a", "4")));
        _cli.Write("old/c.yml", Counting("2"));
        _cli.Write("new/moved/4.yml", File.ReadAllText(Path.Combine(_cli.Folder, "4.yml")) + "\n" + Counting("3"));
        string events = _cli.Write("e.ndjson", string.Join('\n', At(0, "bob"), At(1, "ann"), At(2, "Bob"), At(3, "BOB"), At(4, "ann"), At(5, "eve"), Event("4")));

        CommandLine.Outcome text = await RunAsync([.. sets, "--events", events]);
        JsonElement json = (await RunAsync([.. sets, "--events", events, "--format", "json"])).Json;

        Assert.Equal("sigmaf: 1 match without a time took no part in correlations\n", text.Errors);
        Assert.Contains($"Silent now, as building blocks of correlations: 1\n  - a is 4 ({Id(4)})\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("Verdicts that change on 7 events: 0 rules\n", text.Output, StringComparison.Ordinal);
        Assert.Matches($@"(?m)^Correlations whose detections change: 1\ncorrelation .*\n{Id(7)} +Often 7 +1 +3:0 +2 +2:0 *$", text.Output);
        Assert.Equal(
            $$$"""[{"rule":"{{{Id(7)}}}","title":"Often 7","level":"high","gained":1,"firstGained":{"line":3,"record":0},"lost":2,"firstLost":{"line":2,"record":0}}]""",
            json.GetProperty("verdicts").GetProperty("correlations").GetRawText());
        Assert.Equal(Id(4), json.GetProperty("correlations").GetProperty("silenced")[0].GetProperty("rule").GetString());

        static string At(int second, string user) => $$"""{"category":"test","a":"4","User":"{{user}}","@timestamp":"2026-03-01T12:00:0{{second}}Z"}""";

        static string Counting(string least) =>
            Correlation(7, "1h").Replace("{gte: 5}", $"{{gte: {least}}}\n    group-by: User", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no rule was loaded", "empty", "new")]
    [InlineData("none", "none", "new")]
    public async Task What_is_not_usable_is_told(string message, string before, string after)
    {
        Sets();
        Directory.CreateDirectory(Path.Combine(_cli.Folder, "empty"));

        CommandLine.Outcome outcome = await RunAsync("diff", Path.Combine(_cli.Folder, before), Path.Combine(_cli.Folder, after));

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
    }

    /// <summary>Two sets: rule 1 is removed, 2 changed in logic, 3 in metadata, 4 not at all, 5 added.</summary>
    private string[] Sets()
    {
        for (int rule = 1; rule <= 4; rule++)
        {
            _cli.WriteRule($"old/{rule}.yml", Id(rule), "a", $"{rule}");
        }

        _cli.WriteRule("new/2.yml", Id(2), "a", "22");
        _cli.WriteRule("new/3.yml", Id(3), "a", "3", "low");
        _cli.WriteRule("new/moved/4.yml", Id(4), "a", "4");
        _cli.WriteRule("new/5.yml", Id(5), "a", "5");
        return ["diff", Path.Combine(_cli.Folder, "old"), Path.Combine(_cli.Folder, "new")];
    }

    private static string Correlation(int number, string timespan) =>
        $"---\ntitle: Often {number}\nid: {Id(number)}\nlevel: high\ncorrelation:\n    type: event_count\n    rules: [{Id(4)}]\n    timespan: {timespan}\n    condition: {{gte: 5}}\n";

    private static string Id(int rule) => $"aaaaaaaa-0000-4000-8000-00000000000{rule}";

    private static string Event(string value) => $$"""{"category":"test","a":"{{value}}"}""";

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
