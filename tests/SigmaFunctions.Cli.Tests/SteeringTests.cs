using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Storage.Sources;

namespace SigmaFunctions.Cli.Tests;

/// <summary>
/// No command lets anything steer or deceive a terminal: names of files, ids, tags, titles, fields, values, reasons and arguments hold every kind of
/// character that could, and none of them comes out. A command that is not tried here fails the test.
/// </summary>
public sealed class SteeringTests : IDisposable
{
    /// <summary>Characters of each kind, but those that no file name holds (NUL, slash); what follows the line feed must not begin a line.</summary>
    private const string Hostile =
        "x\u0007\u001b]0;t\u0007\u001b[2J\u001b[31m\r\t\u007f\u0085\u009b31m\u00AD\u034F\u061C\u180E\u200B\u200D\u200E\u200F\u2028\u2029\u202A\u202B\u202C\u202D\u202E"
        + "\u2060\u2066\u2067\u2068\u2069\u2800\u3164\uE000\uFE0F\uFEFF\uFFA0\uFFF9\U000E0041\nFORGED";

    private static readonly HashSet<Rune> HostileRunes = [.. Hostile.EnumerateRunes()];

    private const string Id = "aaaaaaaa-0000-4000-8000-000000000001";

    private readonly StorageAccount _account;
    private readonly CommandLine _cli = new();
    private readonly string _folder;
    private TableClient _detections = null!;
    private TableClient _ruleSets = null!;
    private TableClient _sources = null!;
    private BlobContainerClient _letters = null!;
    private BlobContainerClient _rules = null!;
    private BlobContainerClient _pushed = null!;
    private string _detectionId = "";
    private string _letter = "";

    public SteeringTests(StorageAccount account)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "file names hold no control characters there");
        _account = account;
        _cli.Environment["DetectionStorage"] = account.ConnectionString;
        _folder = Path.Combine(_cli.Folder, Hostile);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task No_command_lets_text_steer_a_terminal()
    {
        await PrepareAsync();
        Dictionary<string, string[][]> tries = Tries();
        Assert.Equal(Leaves(new CommandLineApp(new Terminal(Stream.Null, Stream.Null, Stream.Null)).Root, "").Order(), tries.Keys.Order());

        foreach ((string command, string[][] lines) in tries)
        {
            bool isShown = false;
            foreach (string[] line in lines)
            {
                foreach (bool isInteractive in (bool[])[false, true])
                {
                    _cli.IsInteractive = isInteractive;
                    CommandLine.Outcome outcome = await _cli.RunAsync([.. command.Split(' '), .. line], cancellationToken: Token);
                    string what = $"sigmaf {command} {string.Join(' ', line)}";
                    Assert.True(outcome.ExitCode is >= 0 and <= 2, $"{what}: {outcome.ExitCode} {outcome.Errors}");
                    AssertSteersNothing(what, outcome.Errors);
                    AssertSteersNothing(what, outcome.Output);
                    isShown |= (outcome.Output + outcome.Errors).Contains(@"\u202E", StringComparison.Ordinal);
                }
            }

            Assert.True(isShown, $"{command}: none of it came out");
        }
    }

    [Fact]
    public async Task No_help_of_any_command_does()
    {
        foreach (string command in Leaves(new CommandLineApp(new Terminal(Stream.Null, Stream.Null, Stream.Null)).Root, ""))
        {
            CommandLine.Outcome outcome = await _cli.RunAsync([.. command.Split(' '), "--help"], cancellationToken: Token);

            Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
            Assert.Contains("Usage:", outcome.Output, StringComparison.Ordinal);
            AssertSteersNothing(command, outcome.Output);
        }
    }

    [Fact]
    public async Task Json_has_the_very_values()
    {
        await PrepareAsync();

        JsonElement check = (await RunAsync("check", _folder, "--format", "json")).Json;
        Assert.Contains(check.GetProperty("diagnostics").EnumerateArray(), one => one.GetProperty("file").GetString() == Path.Combine(_folder, $"{Hostile}.yml"));
        JsonElement match = (await RunAsync("scan", "--rules", _folder, Path.Combine(_folder, $"{Hostile}.ndjson"))).Json;
        Assert.Equal(Hostile, match.GetProperty("title").GetString());
        JsonElement explained = (await RunAsync("explain", Id, "--rules", _folder, "--event", Path.Combine(_folder, $"{Hostile}.json"), "--format", "json")).Json;
        Assert.Equal(Hostile, explained.GetProperty("title").GetString());
        Assert.Contains(JsonSerializer.Serialize(Hostile)[1..^1], JsonSerializer.Serialize(explained.GetProperty("condition")), StringComparison.Ordinal);
        JsonElement letter = (await RunAsync("deadletters", "list", "--container", _letters.Name, "--since", "7d", "--format", "json")).Json;
        Assert.StartsWith("x\u0007\u001b]0;t", letter.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_of_tests_is_xml_that_shows_the_same()
    {
        await PrepareAsync();
        string file = Path.Combine(_cli.Folder, "results.xml");

        await RunAsync("test", _folder, "--junit", file);

        XElement suites = XDocument.Load(file).Root!;
        Assert.Contains(suites.Descendants("testcase"), one => one.Attribute("name")!.Value.Contains(@"\u202E", StringComparison.Ordinal));
        AssertSteersNothing("junit", File.ReadAllText(file));
    }

    [Theory]
    [InlineData(false, "a\\u001B[31mb: red bold\n")]
    [InlineData(true, "a\\u001B[31mb: \u001b[91mred\u001b[0m \u001b[1mbold\u001b[0m\n")]
    public void Colours_are_the_writers_own(bool hasColours, string expected)
    {
        using var output = new MemoryStream();
        var terminal = new Terminal(Stream.Null, output, Stream.Null, hasColours);

        terminal.Text.Write("a\u001b[31mb: ");
        terminal.Text.Write("red", Ink.Red);
        terminal.Text.Write(" ");
        terminal.Text.Write("bold", Ink.Bold);
        terminal.Text.WriteLine();

        Assert.Equal(expected, Encoding.UTF8.GetString(output.ToArray()));
    }

    /// <summary>Command lines of every command, each with the hostile text in all that it reads and is told.</summary>
    private Dictionary<string, string[][]> Tries()
    {
        string rule = Path.Combine(_folder, $"{Hostile}.yml");
        string events = Path.Combine(_folder, $"{Hostile}.ndjson");
        string body = Path.Combine(_folder, $"{Hostile}.json");
        string mapping = Path.Combine(_folder, "m", $"{Hostile}.map");
        string values = Path.Combine(_folder, "m", $"{Hostile}.values");
        string missing = Path.Combine(_folder, "missing");
        string archive = Path.Combine(_cli.Folder, "m", $"{Hostile}.zip");
        string output = Path.Combine(_cli.Folder, "out" + Hostile);
        return new()
        {
            ["check"] =
            [
                [_folder], [_folder, "--source", "defender"], [_folder, "--format", "json", "--source", "sysmon"], [missing], [_folder, "--format", Hostile], [_folder, "--" + Hostile],
                [_folder, "--placeholders", values], [_folder, "--placeholders", missing],
            ],
            ["test"] = [[_folder], [_folder, "--failures", "--require-tests"], [missing], [_folder, "--junit", Path.Combine(missing, "x")]],
            ["scan"] =
            [
                ["--rules", _folder, "--", events], ["--rules", _folder, "--format", "text", "--stats", "--", events], ["--rules", _folder, "--mapping", mapping, "--body", body],
                ["--rules", _folder, missing], ["--rules", _folder, _folder], ["--rules", _folder, "--threads", Hostile, events], ["--rules", _folder, "--logsource", Hostile, events],
            ],
            ["explain"] =
            [
                [rule], [rule, "--format", "json"], [rule, "--rules", _folder], [Id, "--rules", _folder, "--event", body], [Id, "--rules", _folder, "--event", body, "--format", "json"],
                [Hostile], [Hostile, "--rules", _folder], [rule, "--event", events], [rule, "--event", body, "--mapping", mapping], [rule, "--event", missing],
            ],
            ["fields"] = [["--rules", _folder, "--", events], ["--rules", _folder, "--format", "json", "--", events], ["--rules", missing, events]],
            ["outputs replay"] = [["a"], [Hostile], ["a", "--queue", Hostile], ["a", "--account", Hostile]],
            ["outputs test"] = [["a", "--print"], [Hostile], [Hostile, "--print"], ["a", "--deployed", "--queue", Hostile], ["a", "--level", Hostile], ["a", "--deployed", "--account", Hostile]],
            ["pack"] = [["--rules", _folder, "--out", output + ".pack"], ["--rules", _folder, "--out", output], ["--rules", output + ".pack", "--out", output + ".pack"]],
            ["coverage"] =
            [
                ["--rules", _folder, "--gaps"], ["--rules", _folder, "--format", "json"], ["--rules", _folder, "--techniques", values], ["--rules", _folder, "--navigator", Path.Combine(missing, "x")],
            ],
            ["diff"] =
            [
                [_folder, Path.Combine(_cli.Folder, "other"), "--events", events], [Path.Combine(_cli.Folder, "other"), _folder, "--format", "json", "--events", events],
                [_folder, missing], [_folder, _folder, "--events", missing],
            ],
            ["catalog"] = [["--rules", $"{Hostile}={_folder}", "--out", output, "--title", Hostile], ["--rules", _folder, "--out", _folder], ["--rules", _folder, "--out", output, "--base-url", Hostile]],
            ["send"] =
            [
                [events, "--connection", "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=one", "--hub", Hostile], [missing], [events, "--rate", Hostile],
                [events, "--connection", Hostile],
            ],
            ["detections list"] =
            [
                ["--table", _detections.Name, "--since", "7d"], ["--table", _detections.Name, "--since", "7d", "--format", "json"], ["--since", Hostile],
                ["--table", _detections.Name, "--since", "7d", "--host", Hostile, "--rule", Hostile], ["--level", Hostile], ["--account", Hostile], ["--storage", Hostile],
            ],
            ["detections show"] =
            [
                [_detectionId, "--table", _detections.Name], [_detectionId, "--table", _detections.Name, "--format", "json"], [Hostile], ["2026112610", "--table", _detections.Name], [_detectionId, "--table", _detections.Name, Hostile],
            ],
            ["detections reindex"] = [["--table", _detections.Name, "--since", "7d"], ["--table", _detections.Name, "--since", Hostile], ["--table", _detections.Name, Hostile], ["--account", Hostile]],
            ["completion"] = [["bash"], ["zsh"], ["fish"], ["pwsh"], [Hostile]],
            ["sources"] = [["--table", _sources.Name], ["--table", _sources.Name, "--format", "json"], ["--table", Hostile], ["--account", Hostile]],
            ["deadletters list"] =
            [
                ["--container", _letters.Name, "--since", "7d"], ["--container", _letters.Name, "--since", "7d", "--format", "json"], ["--container", _letters.Name, "--until", Hostile],
            ],
            ["deadletters show"] = [[Hostile, "--container", _letters.Name]],
            ["deadletters replay"] =
            [
                ["--container", _letters.Name, "--since", "7d", "--dry-run"], ["--container", _letters.Name, "--name", Hostile, "--dry-run"],
                ["--container", _letters.Name, "--since", "7d", "--hub-namespace", Hostile], ["--container", _letters.Name, "--name", _letter, "--hub-connection", Hostile],
            ],
            ["rules push"] =
            [
                [_folder, "--container", _rules.Name], [_folder, "--container", _rules.Name, "--overrides", values], [archive, "--container", _rules.Name, "--allow-rejected"],
                [_folder, "--container", _rules.Name, "--overrides", Path.Combine(_folder, "m", "overrides")], [values + ".zip", "--container", _rules.Name],
            ],
            ["rules status"] = [["--container", _pushed.Name, "--table", _ruleSets.Name], ["--container", _pushed.Name, "--table", _ruleSets.Name, "--format", "json"]],
            ["erase"] =
            [
                ["--user", "ann", "--table", _detections.Name, "--originals", Hostile, "--dead-letters", _letters.Name], ["--host", Hostile], ["--user", Hostile, "--yes"],
                ["--user", "y", "--" + Hostile],
            ],
            ["rules rollback"] = [[Hostile, "--container", _rules.Name]],
        };
    }

    private static IEnumerable<string> Leaves(Command command, string path) => command.Subcommands.Count == 0
        ? [path]
        : command.Subcommands.SelectMany(one => Leaves(one, $"{path} {one.Name}".TrimStart()));

    private static void AssertSteersNothing(string what, string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool steers = rune.Value != '\n' && (Rune.IsControl(rune)
                || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
                || (rune.Value > '~' && HostileRunes.Contains(rune)));
            if (steers)
            {
                Assert.Fail($"{JsonSerializer.Serialize(what)}: U+{rune.Value:X4} in {JsonSerializer.Serialize(text)}");
            }
        }

        Assert.DoesNotContain(text.Split('\n'), line => line.StartsWith("FORGED", StringComparison.Ordinal));
    }

    /// <summary>As a string of YAML or JSON.</summary>
    private static string Quoted(string text) => $"\"{string.Concat(text.EnumerateRunes().Select(rune =>
        rune.Value is '\\' or '"' ? $"\\{rune}" : rune.Value is >= ' ' and <= '~' ? rune.ToString() : rune.IsBmp ? $"\\u{rune.Value:X4}" : $"\\U{rune.Value:X8}"))}\"";

    private async Task PrepareAsync()
    {
        string hostile = Quoted(Hostile);
        string rule = $$"""
            title: {{hostile}}
            id: {{Id}}
            status: {{hostile}}
            description: {{hostile.Replace("\\u000AFORGED", "", StringComparison.Ordinal)}}
            author: {{hostile}}
            references: [{{hostile}}]
            falsepositives: [{{hostile}}]
            tags: [{{hostile}}, {{Quoted("attack." + Hostile)}}, {{Quoted("attack.t1" + Hostile)}}]
            related: [{ id: {{hostile}}, type: {{hostile}} }]
            logsource: { category: test, product: {{hostile}} }
            detection:
                {{hostile}}:
                    {{hostile}}: {{hostile}}
                condition: all of them
            level: {{hostile}}
            fields: [{{hostile}}]

            """;
        string broken = $$"""
            title: {{hostile}}
            id: {{hostile}}
            logsource: { category: {{hostile}}, {{hostile}}: {{hostile}} }
            detection:
                {{hostile}}:
                    {{Quoted("f|" + Hostile)}}: {{hostile}}
                    {{Quoted("g|expand")}}: {{Quoted($"%{Hostile}%")}}
                condition: {{Quoted("selection and " + Hostile)}}
            {{hostile}}: {{hostile}}
            ---
            title: {{hostile}}
            correlation: { type: event_count, rules: [{{hostile}}], group-by: [{{hostile}}], timespan: {{hostile}}, condition: { gte: 1 } }
            ---
            {{hostile}}: &{{hostile}} {{Hostile}}
            """;
        _cli.Write($"{Hostile}/{Hostile}.yml", rule);
        _cli.Write($"{Hostile}/{Hostile} broken.yml", broken);
        _cli.Write($"{Hostile}/{Hostile} raw.yml", Hostile + ": [" + Hostile);
        _cli.Write($"{Hostile}/{Hostile}.test.yml", $$"""
            tests:
                - { name: {{hostile}}, event: { {{hostile}}: {{hostile}} }, match: false }
                - { name: {{Quoted("other" + Hostile)}}, event: { {{hostile}}: x }, match: true }
                - { name: {{hostile}}, {{hostile}}: x }
            """);
        string flat = JsonSerializer.Serialize(new Dictionary<string, string> { ["category"] = "test", ["product"] = Hostile, [Hostile] = Hostile });
        _cli.Write($"{Hostile}/{Hostile}.json", flat);
        _cli.Write($"{Hostile}/{Hostile}.ndjson", $"{flat}\n{Hostile}\n{{\"{Hostile.Replace('\n', ' ')}\n");
        _cli.Write($"{Hostile}/m/{Hostile}.map", $"name: {hostile}\nwhen: {{ {hostile}: {hostile} }}\n{hostile}: {hostile}\n");
        _cli.Write($"{Hostile}/m/{Hostile}.values", $"{hostile}: {{ {hostile}: {hostile} }}\n");
        _cli.Write($"{Hostile}/m/{Hostile}.values.zip", Hostile);
        _cli.Write($"{Hostile}/m/overrides", $"{hostile}: {{ level: low }}\n");
        _cli.Write($"m/{Hostile}.zip", RuleArchive.Write([new($"{Hostile.Replace('\n', ' ')}.yml", rule), new("broken.yml", broken)]));
        _cli.WriteRule("other/one.yml", "aaaaaaaa-0000-4000-8000-000000000002", "a", "1");
        _cli.Write("other/two.yml", rule.Replace("all of them", "1 of them", StringComparison.Ordinal).Replace("category: test,", "category: test2,", StringComparison.Ordinal));

        var identity = new HubEventIdentity(Hostile, Hostile, Hostile, DateTimeOffset.UtcNow.AddHours(-1), 1, 0);
        var detection = new Detection
        {
            Identity = identity,
            RuleId = Hostile,
            RuleTitle = Hostile,
            RuleAuthor = Hostile,
            Level = Hostile,
            Tags = [Hostile],
            Host = Hostile,
            User = Hostile,
            TenantId = Hostile,
            Fields = [new DetectedField(Hostile, Hostile)],
            Original = JsonSerializer.Serialize(Hostile),
        };
        _detections = await _account.CreateTableAsync();
        await new DetectionTable(_detections).AddAsync([detection], Token);
        _detectionId = detection.Id.Value;
        _sources = await _account.CreateTableAsync();
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var day = new SourceDay(new SourceKey(Hostile, Hostile, Hostile, Hostile, Hostile), DateOnly.FromDateTime(now.UtcDateTime));
        day.Add(now, 1);
        await new SourceTable(_sources).AddAsync(day, Token);
        _letters = await _account.CreateContainerAsync();
        var letter = DeadLetter.OfRecord(identity, Hostile, 0, Encoding.UTF8.GetBytes(Hostile));
        await new DeadLetterStore(_letters).WriteAsync([letter], Token);
        _letter = letter.Name;
        _rules = await _account.CreateContainerAsync();
        _ruleSets = await _account.CreateTableAsync();
        _pushed = await _account.CreateContainerAsync();
        PushedRuleSet set = await new RuleStore(_pushed).PushAsync([new RuleFile("a.yml", rule)], null, null, 1, Token);
        await new RuleSetTable(_ruleSets).WriteAsync(
            new RuleSetReport(RuleStore.VersionOf(set.Name).Key, DateTimeOffset.UtcNow) { Set = Hostile, Revision = Hostile, Broken = Hostile, Rejections = [Hostile] }, Token);
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) => _cli.RunAsync(arguments, cancellationToken: Token);
}
