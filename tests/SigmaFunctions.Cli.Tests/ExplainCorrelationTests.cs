namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf explain</c> of correlations.</summary>
public sealed class ExplainCorrelationTests : IDisposable
{
    private const string Id = "cccccccc-0000-4000-8000-000000000001";
    private const string RuleId = "aaaaaaaa-0000-4000-8000-000000000001";

    private const string Rules = $$$"""
        title: Failed logon
        id: {{{RuleId}}}
        name: failed_logon
        logsource: {category: test}
        detection: {selection: {kind: failed}, condition: selection}
        level: low
        ---
        title: Logon
        id: aaaaaaaa-0000-4000-8000-000000000002
        logsource: {category: test}
        detection: {selection: {kind: logon}, condition: selection}
        ---
        title: Service accounts
        id: ffffffff-0000-4000-8000-000000000001
        logsource: {category: test}
        filter: {rules: [failed_logon], selection: {User: svc}, condition: not selection}
        ---
        title: Many failed logons
        id: {{{Id}}}
        description: |
            Somebody tries
            passwords.
        correlation: {type: event_count, rules: [failed_logon], group-by: [User], timespan: 5m, condition: {gte: 3} }
        """;

    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    private static string Event(string time, string user = "bob", string kind = "failed") =>
        $$"""{"category":"test","kind":"{{kind}}","User":"{{user}}","@timestamp":"2026-03-01T12:{{time}}Z"}""";

    [Fact]
    public async Task Groups_are_told_those_that_fire_first()
    {
        string rules = _cli.Write("r.yml", Rules);
        string one = _cli.Write("a.ndjson", string.Join('\n', Event("00:00"), "", Event("00:00.5", "ann"), $"[{Event("01:00")},{Event("02:00")}]"));
        string two = _cli.Write("b.ndjson", string.Join('\n', Event("03:00"), Event("03:00", "svc"), Event("04:00", "ann"), """{"category":"test","kind":"failed","User":"ann"}"""));

        CommandLine.Outcome outcome = await RunAsync("explain", rules, "--event", one, two);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        string told = outcome.Output.Replace(_cli.Folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        Assert.EndsWith(
            $"""
            Many failed logons ({Id})
              event_count within 5m by User: gte 3
              fires 1 time in 2 groups
              ✓ User "bob": fires at 2026-03-01 12:02:00Z, value 3 (gte 3)
                  2026-03-01 12:00:00Z  a.ndjson:1  failed_logon
                  2026-03-01 12:01:00Z  a.ndjson:4  failed_logon
                  2026-03-01 12:02:00Z  a.ndjson:4 record 1  failed_logon
                  holds at 2026-03-01 12:03:00Z, value 4: the firing above stands for it
              ✗ User "ann": value 2 (gte 3) at best, at 2026-03-01 12:04:00Z
                  2026-03-01 12:00:00.5Z  a.ndjson:3  failed_logon
                  2026-03-01 12:04:00Z  b.ndjson:3  failed_logon
                  4 matches of other groups
              2 matches of no group:
                2026-03-01 12:03:00Z  b.ndjson:2  failed_logon: filtered by 'Service accounts'
                b.ndjson:4  failed_logon: the event has no time


            """,
            told,
            StringComparison.Ordinal);
        Assert.Contains("Failed logon (aaaaaaaa-0000-4000-8000-000000000001), silent: without detections of its own", told, StringComparison.Ordinal);
        Assert.DoesNotContain($"Failed logon ({RuleId}) ", told.Replace("), silent", "", StringComparison.Ordinal), StringComparison.Ordinal);

        _cli.IsInteractive = true;
        string narrow = (await RunAsync("explain", rules, "--event", one, two)).Output;
        Assert.All(narrow.Split('\n').SkipWhile(line => !line.Contains("event_count within", StringComparison.Ordinal)), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public async Task JSON_has_the_same_in_one_line()
    {
        string events = _cli.Write("e.ndjson", string.Join('\n', Event("00:00"), Event("01:00"), Event("02:00"), Event("03:00"), Event("03:00", "svc")));
        _cli.Write("rules/r.yml", Rules);

        CommandLine.Outcome outcome = await RunAsync("explain", Id, "--rules", Path.Combine(_cli.Folder, "rules"), "--event", events, "--format", "json");

        Assert.Equal(
            "{\"rule\":\"" + Id + "\",\"title\":\"Many failed logons\",\"type\":\"event_count\",\"timespan\":\"5m\",\"condition\":\"gte 3\",\"detections\":1,\"groupCount\":1,"
            + "\"groups\":[{\"group\":{\"User\":\"bob\"},\"fires\":true,\"best\":{\"time\":\"2026-03-01T12:02:00Z\",\"value\":3,\"holds\":true,\"events\":["
            + string.Join(',', Told(0, "00"), Told(1, "01"), Told(2, "02"))
            + "],\"eventCount\":3,\"missing\":[],\"outOfOrder\":false,\"unwanted\":[]},"
            + "\"firings\":[{\"time\":\"2026-03-01T12:02:00Z\",\"value\":3,\"standsFor\":[{\"time\":\"2026-03-01T12:03:00Z\",\"value\":4}],\"standsForCount\":1}],"
            + "\"firingCount\":1,\"left\":[],\"leftCount\":0,\"others\":0}],\"left\":[{\"line\":4,\"record\":0,\"rule\":\"" + RuleId
            + "\",\"time\":\"2026-03-01T12:03:00Z\",\"reason\":\"filtered\",\"detail\":\"'Service accounts'\"}],\"leftCount\":1}\n",
            outcome.Output);

        static string Told(int line, string minute) => $$"""{"line":{{line}},"record":0,"rule":"{{RuleId}}","time":"2026-03-01T12:{{minute}}:00Z"}""";
    }

    [Fact]
    public async Task Without_events_the_page_is_shown()
    {
        string rules = _cli.Write("r.yml", Rules);
        _cli.Write("rules/r.yml", Rules);

        CommandLine.Outcome page = await RunAsync("explain", Id, "--rules", Path.Combine(_cli.Folder, "rules"));
        CommandLine.Outcome json = await RunAsync("explain", Id, "--rules", rules, "--format", "json");
        CommandLine.Outcome rule = await RunAsync("explain", RuleId, "--rules", rules);
        CommandLine.Outcome ruleJson = await RunAsync("explain", RuleId, "--rules", rules, "--format", "json");

        Assert.Equal(
            $"""
            Many failed logons
            {Id}

            Status    not stated
            Severity  low, the highest of its rules
            Type      event_count
            Timespan  5m
            Group by  User
            Condition gte 3
            Source    rules r.yml

            Somebody tries passwords.

            Rules
              Failed logon ({RuleId}), silent: without detections of its own


            """,
            string.Join('\n', page.Output.Split('\n').Select(line => line.TrimEnd())));
        Assert.Equal(("event_count", RuleId), (json.Json.GetProperty("type").GetString(), json.Json.GetProperty("rules")[0].GetString()));
        Assert.Contains(
            $"Correlations\n  Many failed logons ({Id})\n  the rule is a building block of correlations, without detections of its own\n",
            rule.Output,
            StringComparison.Ordinal);
        Assert.Equal((Id, true), (ruleJson.Json.GetProperty("correlations")[0].GetString(), ruleJson.Json.GetProperty("silent").GetBoolean()));
    }

    [Fact]
    public async Task A_rule_that_is_no_building_block_is_explained_beside_the_correlation()
    {
        string rules = _cli.Write("r.yml", Rules);

        CommandLine.Outcome outcome = await RunAsync("explain", "--event", _cli.Write("e.json", Event("00:00", kind: "logon")), rules);

        Assert.Contains("Logon (aaaaaaaa-0000-4000-8000-000000000002) matches record 0", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith($"Many failed logons ({Id})\n  event_count within 5m by User: gte 3\n  does not fire: no match takes part\n\n", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_that_cannot_be_read_are_told()
    {
        CommandLine.Outcome outcome = await RunAsync("explain", _cli.Write("r.yml", Rules), "--event", _cli.Write("e.ndjson", "{"));

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("e.ndjson:1: record 0:", outcome.Errors, StringComparison.Ordinal);
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
