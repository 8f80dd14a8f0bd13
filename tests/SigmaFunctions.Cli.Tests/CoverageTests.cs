namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf coverage</c>.</summary>
public sealed class CoverageTests : IDisposable
{
    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Tactics_techniques_and_unknown_tags_are_counted()
    {
        string rules = WriteRules();

        CommandLine.Outcome outcome = await RunAsync("coverage", "--rules", rules);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Matches(@"(?m)^Execution +2 +2 +64 *$", outcome.Output);
        Assert.Matches(@"(?m)^Stealth +1 +0 +148 *$", outcome.Output);
        Assert.Matches(@"(?m)^T1059 +Command and Scripting Interpreter +0 +2 +execution *$", outcome.Output);
        Assert.Matches(@"(?m)^T1059\.001 +Command and Scripting Interpreter: PowerShell +2 +execution *$", outcome.Output);
        Assert.Matches(@"(?m)^T1560 +Archive Collected Data +1 +1 +collection *$", outcome.Output);
        Assert.Matches(@"(?m)^attack\.t1002 +Data Compressed +revoked +T1560 Archive Collected Data +1 *$", outcome.Output);
        Assert.Matches(@"(?m)^attack\.t9999 +1 *$", outcome.Output);
        Assert.Contains("2 rules (0 name no technique); 3 of 697 techniques covered", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("© 2025 The MITRE Corporation.", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', outcome.Output);
    }

    [Fact]
    public async Task Gaps_are_those_of_a_list_and_of_all()
    {
        string rules = WriteRules();
        string wanted = _cli.Write("wanted.txt", "# ours\nT1059 # whatever runs\n\n t1059.003\nT1190\nT1190\n");

        CommandLine.Outcome text = await RunAsync("coverage", "--rules", rules, "--techniques", wanted, "--gaps");
        CommandLine.Outcome json = await RunAsync("coverage", "--rules", rules, "--techniques", wanted, "--format", "json");

        Assert.Contains("Not covered of the 3 techniques asked for: 2", text.Output, StringComparison.Ordinal);
        Assert.Contains("Not covered of all in ATT&CK v19.2: 694", text.Output, StringComparison.Ordinal);
        Assert.Equal("""["T1059.003","T1190"]""", json.Json.GetProperty("wantedGaps").GetRawText());
        Assert.Equal(694, json.Json.GetProperty("gaps").GetArrayLength());
        Assert.Equal("2", json.Json.GetProperty("tactics").EnumerateArray().Single(one => one.GetProperty("tactic").GetString() == "execution").GetProperty("rules").GetRawText());
    }

    [Fact]
    public async Task Retired_names_are_told_with_what_replaces_them()
    {
        _cli.Write("rules/a.yml", Rule("1", "attack.defense-evasion, attack.t1562.001"));
        _cli.Write("rules/b.yml", Rule("2", "attack.defense_evasion, attack.t1064"));
        string rules = Path.Combine(_cli.Folder, "rules");

        CommandLine.Outcome text = await RunAsync("coverage", "--rules", rules);
        CommandLine.Outcome json = await RunAsync("coverage", "--rules", rules, "--format", "json");

        Assert.Matches(@"(?m)^Stealth +1 +0 +148 *$", text.Output);
        Assert.Matches(@"(?m)^Defense Impairment +1 +1 +56 *$", text.Output);
        Assert.DoesNotMatch("(?m)^Defense Evasion", text.Output);
        Assert.Matches(@"(?m)^T1685 +Disable or Modify Tools +1 +1 +defense-impairment *$", text.Output);
        Assert.Matches(@"(?m)^T1064 +Scripting \(deprecated\) +1 +1 +execution, stealth *$", text.Output);
        Assert.Matches(@"(?m)^attack\.defense-evasion +Defense Evasion +renamed +Stealth, Defense Impairment +2 *$", text.Output);
        Assert.Matches(@"(?m)^attack\.t1562\.001 +Impair Defenses: Disable or Modify Tools +revoked +T1685 Disable or Modify Tools +1 *$", text.Output);
        Assert.Matches(@"(?m)^attack\.t1064 +Scripting +deprecated +- +1 *$", text.Output);
        Assert.DoesNotContain("does not have", text.Output, StringComparison.Ordinal);
        Assert.Equal("[]", json.Json.GetProperty("unknownTags").GetRawText());
        Assert.Equal(
            [
                """attack.t1064 Scripting deprecated []""",
                """attack.t1562.001 Impair Defenses: Disable or Modify Tools revoked ["T1685"]""",
                """attack.defense-evasion Defense Evasion renamed ["stealth","defense-impairment"]""",
            ],
            json.Json.GetProperty("retiredTags").EnumerateArray().Select(one => $"{one.GetProperty("tag")} {one.GetProperty("name")} {one.GetProperty("state")} {one.GetProperty("replacedBy").GetRawText()}"));
        Assert.Equal(
            """["aaaaaaaa-0000-4000-8000-000000000001","aaaaaaaa-0000-4000-8000-000000000002"]""",
            json.Json.GetProperty("retiredTags")[2].GetProperty("ruleIds").GetRawText());
    }

    [Fact]
    public async Task A_retired_technique_that_is_asked_for_is_what_replaces_it()
    {
        _cli.Write("rules/a.yml", Rule("1", "attack.t1070.001"));
        string rules = Path.Combine(_cli.Folder, "rules");
        string wanted = _cli.Write("wanted.txt", "T1562.001\nT1685\nT1685.005\nT1064\n");

        CommandLine.Outcome text = await RunAsync("coverage", "--rules", rules, "--techniques", wanted);
        CommandLine.Outcome json = await RunAsync("coverage", "--rules", rules, "--techniques", wanted, "--format", "json");

        Assert.Contains("T1562.001 Impair Defenses: Disable or Modify Tools is revoked; T1685 Disable or Modify Tools is asked for in its place\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("T1064 Scripting is deprecated, without a replacement\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("Not covered of the 3 techniques asked for: 1\n", text.Output, StringComparison.Ordinal);
        Assert.Equal("""["T1064"]""", json.Json.GetProperty("wantedGaps").GetRawText());
    }

    [Fact]
    public async Task Correlations_are_counted_apart_and_those_without_their_rules_not_at_all()
    {
        string rules = WriteRules();
        _cli.Write("rules/c.yml", Correlation("3", "aaaaaaaa-0000-4000-8000-000000000001", "attack.t1110.003, attack.t1059.001"));
        _cli.Write("rules/d.yml", Correlation("4", "aaaaaaaa-0000-4000-8000-00000000000f", "attack.t1190"));

        CommandLine.Outcome text = await RunAsync("coverage", "--rules", rules);
        CommandLine.Outcome json = await RunAsync("coverage", "--rules", rules, "--format", "json");

        Assert.Equal("sigmaf: 1 rule rejected; 'sigmaf check' tells all about them\n", text.Errors);
        Assert.Matches(@"(?m)^technique +name +rules +with sub-techniques +correlations +tactics *$", text.Output);
        Assert.Matches(@"(?m)^T1059\.001 +Command and Scripting Interpreter: PowerShell +2 +1 +execution *$", text.Output);
        Assert.Matches(@"(?m)^T1110 +Brute Force +0 +0 +0 +credential-access *$", text.Output);
        Assert.Matches(@"(?m)^T1110\.003 +Brute Force: Password Spraying +0 +1 +credential-access *$", text.Output);
        Assert.DoesNotContain("T1190", text.Output, StringComparison.Ordinal);
        Assert.Contains("2 rules (0 name no technique), 1 correlation (0 name none); 5 of 697 techniques covered, 2 by correlations alone", text.Output, StringComparison.Ordinal);
        Assert.Equal(
            """["aaaaaaaa-0000-4000-8000-000000000003"]""",
            json.Json.GetProperty("techniques").EnumerateArray().Single(one => one.GetProperty("technique").GetString() == "T1110.003").GetProperty("correlationIds").GetRawText());
        Assert.Equal((1, 0), (json.Json.GetProperty("correlations").GetInt32(), json.Json.GetProperty("untaggedCorrelations").GetInt32()));
    }

    [Fact]
    public async Task A_layer_is_written()
    {
        string file = Path.Combine(_cli.Folder, "layer.json");

        Assert.Equal(0, (await RunAsync("coverage", "--rules", WriteRules(), "--navigator", file)).ExitCode);

        Assert.Contains("\"techniqueID\": \"T1059.001\"", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(2): ATT&CK v19.2 has no technique 'T0'", "--techniques", "wrong.txt")]
    [InlineData("none.txt", "--techniques", "none.txt")]
    public async Task What_is_not_usable_is_told(string message, string option, string file)
    {
        _cli.Write("wrong.txt", "T1059\nT0");

        CommandLine.Outcome outcome = await RunAsync("coverage", "--rules", WriteRules(), option, Path.Combine(_cli.Folder, file));

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
    }

    private string WriteRules()
    {
        _cli.Write("rules/a.yml", Rule("1", "attack.execution, attack.t1059.001, attack.t1002"));
        _cli.Write("rules/b.yml", Rule("2", "attack.execution, attack.stealth, attack.t1059.001, attack.t9999"));
        return Path.Combine(_cli.Folder, "rules");
    }

    private static string Correlation(string id, string rule, string tags) =>
        $"title: Correlation {id}\nid: aaaaaaaa-0000-4000-8000-00000000000{id}\ntags: [{tags}]\ncorrelation: {{type: event_count, rules: [{rule}], timespan: 1h, condition: {{gte: 5}}}}\n";

    private static string Rule(string id, string tags) =>
        $"title: Rule {id}\nid: aaaaaaaa-0000-4000-8000-00000000000{id}\ntags: [{tags}]\nlogsource: {{category: test}}\ndetection: {{s: {{a: x}}, condition: s}}\n";

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
