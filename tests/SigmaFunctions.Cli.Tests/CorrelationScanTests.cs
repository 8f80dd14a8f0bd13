namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf scan</c> with correlations.</summary>
public sealed class CorrelationScanTests : IDisposable
{
    private const string A = "aaaaaaaa-0000-4000-8000-000000000001";
    private const string B = "bbbbbbbb-0000-4000-8000-000000000002";
    private const string C = "cccccccc-0000-4000-8000-000000000003";

    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Detections_come_behind_the_matches_and_blocks_are_silent()
    {
        string events = _cli.Write("e.ndjson", string.Join('\n', Event(0), Event(1, "\"b\":1,"), "", Event(2), Event(2, user: "BOB")));

        CommandLine.Outcome outcome = await RunAsync("scan", "--rules", Rules(), events);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            [
                $$$"""{"line":1,"record":0,"rule":"{{{B}}}","title":"b is 1","level":"low","file":"{{{events}}}","fileLine":2,"time":"2026-11-30T00:01:00Z","host":null}""",
                $$$"""{"line":4,"record":0,"rule":"{{{C}}}","title":"Three in five minutes","level":"high","file":"{{{events}}}","fileLine":5,"correlation":{"type":"event_count","group":{"User":"BOB"},"value":4,"first":"2026-11-30T00:00:00Z","last":"2026-11-30T00:02:00Z","events":[{{{string.Join(',', ((int[])[0, 1, 3, 4]).Select(line => $$"""{"line":{{line}},"record":0,"rule":"{{A}}"}"""))}}}]}}""",
            ],
            outcome.Output.TrimEnd().Split('\n'));
    }

    /// <summary>Several files are one stream, and the order of events is that of their times.</summary>
    [Fact]
    public async Task Files_are_one_stream()
    {
        string late = _cli.Write("late.ndjson", Event(2));
        string early = _cli.Write("early.ndjson", Event(0) + "\n" + Event(1));

        CommandLine.Outcome outcome = await RunAsync("scan", "--rules", Rules(), late, early);

        Assert.Equal($"0:0:{C}", outcome.Matches);
        Assert.Contains("\"events\":[{\"line\":1,\"record\":0,", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_no_time_is_counted_and_told()
    {
        string events = _cli.Write("e.ndjson", string.Join('\n', Event(0), Event(1), """{"category":"test","a":1,"User":"Bob"}"""));

        CommandLine.Outcome outcome = await RunAsync("scan", "--rules", Rules(), "--stats", events);

        Assert.Equal(("", 0), (outcome.Output, outcome.ExitCode));
        Assert.Contains("sigmaf: 1 match without a time took no part in correlations", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("\"matches\":0,\"correlatedMatches\":2,\"correlationDetections\":0,", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("no rule matched", outcome.Errors, StringComparison.Ordinal);
    }

    /// <summary>Elements of a list; groups of one list and of two; combinations that are counted.</summary>
    [Theory]
    [InlineData("type: event_count, group-by: [User]", "gte: 3", 1_000, 1, 0)]
    [InlineData("type: event_count, group-by: [User]", "gte: 3", 1_001, 1, 2)]
    [InlineData("type: event_count, group-by: [User, Host]", "gte: 3", 8, 8, 0)]
    [InlineData("type: event_count, group-by: [User, Host]", "gte: 3", 13, 5, 2)]
    [InlineData("type: event_count, group-by: [User, Host]", "gte: 3", 13, 0, 0)]
    [InlineData("type: value_count", "gte: 9999, field: [User, Host]", 50, 20, 0)]
    [InlineData("type: value_count", "gte: 9999, field: [User, Host]", 77, 13, 2)]
    public async Task What_is_looked_at_in_part_is_counted_and_told(string correlation, string condition, int users, int hosts, int cut)
    {
        static string List(int count) => $"[{string.Join(',', Enumerable.Range(0, count).Select(number => $"\"x{number}\"").Prepend("null"))}]";
        string Long(int minute) => $$"""{"category":"test","a":1,"User":{{List(users)}},"Host":{{List(hosts)}},"UtcTime":"2026-11-30 00:{{minute:D2}}:00.000"}""";
        string few = """{"category":"test","a":1,"User":"Bob","Host":"PC","UtcTime":"2026-11-30 00:30:00.000"}""";
        string events = _cli.Write("e.ndjson", string.Join('\n', Long(0), few, Long(1)));

        CommandLine.Outcome outcome = await RunAsync("scan", "--rules", Rules(condition, correlation), events);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(cut == 0 ? "" : $"sigmaf: {cut} matches have lists of which correlations looked at the beginning only (docs/limits.md)\n", outcome.Errors);
    }

    /// <summary>docs/correlation.md, "Groups": the host's other names are not <c>Computer</c>, but for NXLog's.</summary>
    [Theory]
    [InlineData("\"Computer\":\"pc1\"", true)]
    [InlineData("\"Hostname\":\"pc1\"", false)]
    [InlineData("\"Hostname\":\"pc1\",\"SourceName\":\"Microsoft-Windows-Sysmon\",\"SourceModuleType\":\"im_msvistalog\"", true)]
    public async Task An_event_that_names_its_host_otherwise_takes_no_part_by_computer(string host, bool isDetected)
    {
        string rules = _cli.Write("sysmon.yml", $$"""
            title: Started
            id: {{A}}
            name: started
            logsource: { category: process_creation, product: windows }
            detection: { selection: { Image: a.exe }, condition: selection }
            ---
            title: Started twice
            id: {{C}}
            correlation: { type: event_count, rules: [started], group-by: [Computer], timespan: 5m, condition: { gte: 2 } }
            """);
        string sysmon = $$"""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational",{{host}},"Image":"a.exe","UtcTime":"2026-11-30 00:00:00.000"}""";

        CommandLine.Outcome outcome = await RunAsync("scan", "--rules", rules, "--stats", _cli.Write("e.ndjson", $"{sysmon}\n{sysmon}"));

        Assert.Equal((2, isDetected ? 1 : 0), (outcome.Stats.GetProperty("correlatedMatches").GetInt32(), outcome.Stats.GetProperty("correlationDetections").GetInt32()));
    }

    [Fact]
    public async Task A_table_has_records_of_one_line()
    {
        string events = _cli.Write("e.ndjson", $"[{Event(0)},{Event(1)},{Event(2)}]");

        string[] rows = (await RunAsync("scan", "--rules", Rules(), "--format", "text", events)).Output.TrimEnd().Split('\n');

        Assert.Equal(
            [
                $"              {events}:1 record 2  2026-11-30 00:02:00Z  event_count 3 within 5m",
                $"                2026-11-30 00:01:00Z  {events}:1 record 1  a is 1",
            ],
            rows.Where((_, i) => i is 1 or 5));
    }

    /// <summary>For people: the group, and the first and last events; what steers a terminal is escaped.</summary>
    [Fact]
    public async Task A_table_has_the_group_and_events()
    {
        string events = _cli.Write("e.ndjson", string.Join('\n', Enumerable.Range(0, 12).Select(second => Event(0, user: "B\\u001B[1m", second: second))));

        string[] rows = (await RunAsync("scan", "--rules", Rules("gte: 12"), "--format", "text", events)).Output.TrimEnd().Split('\n');

        Assert.Equal(
            [
                "high          Three in five minutes",
                $"              {events}:12  2026-11-30 00:00:11Z  event_count 12 within 5m",
                $"              {C}",
                "                User  B\\u001B[1m",
                .. Enumerable.Range(0, 5).Select(i => $"                2026-11-30 00:00:{i:D2}Z  {events}:{i + 1}  a is 1"),
                "                … 2 more",
                .. Enumerable.Range(7, 5).Select(i => $"                2026-11-30 00:00:{i:D2}Z  {events}:{i + 1}  a is 1"),
            ],
            rows);
    }

    private string Rules(string condition = "gte: 3", string correlation = "type: event_count, group-by: [User]")
    {
        string block = File.ReadAllText(_cli.WriteRule("a.yml", A, "a", "1", "low"));
        _cli.WriteRule("rules/b.yml", B, "b", "1", "low");
        return Path.GetDirectoryName(_cli.Write("rules/c.yml", $"""
            {block}
            ---
            title: Three in five minutes
            id: {C}
            level: high
            correlation: {"{"} {correlation}, rules: [{A}], timespan: 5m, condition: {"{"} {condition} {"}"} {"}"}
            """))!;
    }

    private static string Event(int minute, string more = "", string user = "Bob", int second = 0) =>
        $$"""{"category":"test","a":1,{{more}}"User":"{{user}}","UtcTime":"2026-11-30 00:{{minute:D2}}:{{second:D2}}.000"}""";

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
