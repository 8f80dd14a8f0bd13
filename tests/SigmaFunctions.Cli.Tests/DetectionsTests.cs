using System.Text.Json;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf detections</c>, on a real storage service.</summary>
public sealed class DetectionsTests : IDisposable
{
    private const string Hostile = "\u001b]0;x\u0007[red]=cmd|'/c calc'!A1\u202Eexe";

    private static readonly DateTimeOffset Now = new(2026, 11, 26, 10, 30, 0, TimeSpan.Zero);

    private readonly StorageAccount _account;
    private readonly CommandLine _cli = new() { Time = new FakeTimeProvider(Now) };

    public DetectionsTests(StorageAccount account)
    {
        _account = account;
        _cli.Environment["DetectionStorage"] = account.ConnectionString;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_list_is_of_the_last_hour_newest_first()
    {
        string table = await FillAsync(Detection(1, minutes: 10), Detection(2, minutes: 70), Detection(3, minutes: 5));

        CommandLine.Outcome outcome = await RunAsync("detections", "list", "--table", table);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        string[] lines = outcome.Output.TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Matches(@"^enqueued +level +rule +host +user +id *$", lines[0]);
        Assert.Matches(@"^2026-11-26 10:25:00Z +high +A title +ws01 +corp\\ann +202611261025000030000-[0-9a-f]{32} *$", lines[1]);
        Assert.Contains("10:20:00Z", lines[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3 1 2", "--since", "2h")]
    [InlineData("1 2", "--since", "2026-11-26", "--until", "2026-11-26T10:22Z")]
    [InlineData("2", "--since", "1d", "--rule", "rule-2")]
    [InlineData("1", "--since", "1d", "--host", "WS01", "--level", "high", "--until", "8m")]
    [InlineData("3", "--since", "1d", "--limit", "1")]
    [InlineData("", "--since", "1m")]
    public async Task What_is_asked_for_is_listed_as_json(string expected, params string[] arguments)
    {
        string table = await FillAsync(
            Detection(1, minutes: 10), Detection(2, minutes: 70) with { RuleId = "rule-2", Host = "other" }, Detection(3, minutes: 5));

        CommandLine.Outcome outcome = await RunAsync(["detections", "list", "--table", table, "--format", "json", .. arguments]);

        Assert.Equal(0, outcome.ExitCode);
        JsonElement[] found = [.. outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(expected, string.Join(' ', found.Select(one => one.GetProperty("event").GetProperty("sequenceNumber").GetInt64())));
        Assert.All(found, one => Assert.True(DetectionId.TryParse(one.GetProperty("id").GetString(), out _)));
        Assert.Equal(arguments.Contains("--limit") ? "sigmaf: there are more than these 1: see --limit" : "", outcome.Errors.TrimEnd());
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task Nothing_of_an_event_steers_the_terminal(string format)
    {
        _cli.IsInteractive = true;
        string table = await FillAsync(Detection(1, minutes: 1) with { Host = Hostile, User = "a\r\nb", RuleTitle = "[blink]" });

        CommandLine.Outcome outcome = await RunAsync("detections", "list", "--table", table, "--format", format);

        Assert.Equal(0, outcome.ExitCode);
        Assert.DoesNotContain(outcome.Output, c => c is '\u0007' or '\r' or '\u202E');
        Assert.DoesNotContain("\u001b]", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_is_shown_by_its_id_with_the_whole_original()
    {
        BlobContainerClient originals = await _account.CreateContainerAsync();
        Detection detection = Detection(1, minutes: 1) with
        {
            Host = Hostile,
            Original = "{\"a\":\"\u001b[2J" + new string('x', 300_000) + "\"}",
            Fields = [new DetectedField("Image", @"C:\a.exe"), new DetectedField("", "mark")],
        };
        string table = await FillAsync([detection], originals);
        string[] show = ["detections", "show", detection.Id.Value, "--table", table, "--originals", originals.Name];

        CommandLine.Outcome text = await RunAsync(show);
        CommandLine.Outcome json = await RunAsync([.. show, "--format", "json"]);
        CommandLine.Outcome raw = await RunAsync([.. show, "--original"]);
        _cli.IsInteractive = true;
        CommandLine.Outcome shown = await RunAsync([.. show, "--original"]);

        Assert.Equal((0, 0, 0, 0), (text.ExitCode, json.ExitCode, raw.ExitCode, shown.ExitCode));
        Assert.Contains("rule       A title (rule)\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("\n  Image C:\\a.exe\n  keyword mark\noriginal\n", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(text.Output + shown.Output, c => c is '\u001b' or '\u0007' or '\u202E');
        Assert.Equal(detection.Original, json.Json.GetProperty("original").GetString());
        Assert.Equal(Hostile, json.Json.GetProperty("host").GetString()!.Replace('\uFFFD', '\u001b').Replace("0;x\u001b", "0;x\u0007", StringComparison.Ordinal));
        Assert.Equal(detection.Original, raw.Output);
        Assert.StartsWith("{\"a\":\"\\u001B[2Jxxx", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_event_is_about_is_shown()
    {
        BlobContainerClient originals = await _account.CreateContainerAsync();
        Detection detection = Detection(1, minutes: 1) with
        {
            Facts = new EventFacts
            {
                Process = new ProcessFacts(@"C:\node.exe", "node -e 1", "4711"),
                Parent = new ProcessFacts(@"C:\cmd.exe", "cmd /c x"),
                Hashes = new FileHashes(Md5: new string('a', 32), Sha256: new string('b', 64)),
                Addresses = [new NetworkAddress(AddressRole.Source, "10.0.0.1"), new NetworkAddress(AddressRole.Destination, "2001:db8::1", 443)],
            },
        };
        Detection other = Detection(2, minutes: 2) with { Facts = new EventFacts { Process = new ProcessFacts(CommandLine: "x") } };
        string table = await FillAsync([detection, other], originals);
        string[] show = ["detections", "show", detection.Id.Value, "--table", table, "--originals", originals.Name];

        CommandLine.Outcome text = await RunAsync(show);
        CommandLine.Outcome json = await RunAsync([.. show, "--format", "json"]);
        CommandLine.Outcome little = await RunAsync("detections", "show", other.Id.Value, "--table", table, "--originals", originals.Name);

        Assert.Contains(
            $"""

            process    C:\node.exe (4711)
            command    node -e 1
            parent     C:\cmd.exe
              command  cmd /c x
            hashes     md5 {new string('a', 32)} sha256 {new string('b', 64)}
            addresses  source 10.0.0.1, destination [2001:db8::1]:443

            """.ReplaceLineEndings("\n"),
            text.Output,
            StringComparison.Ordinal);
        Assert.Contains("\ncommand    x\n", little.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("process ", little.Output, StringComparison.Ordinal);
        Assert.Equal(
            """{"image":"C:\\node.exe","commandLine":"node -e 1","id":"4711"} {"image":"C:\\cmd.exe","commandLine":"cmd /c x"}""",
            $"{json.Json.GetProperty("process").GetRawText()} {json.Json.GetProperty("parent").GetRawText()}");
        Assert.Equal(
            """[{"role":"source","ip":"10.0.0.1"},{"role":"destination","ip":"2001:db8::1","port":443}]""", json.Json.GetProperty("addresses").GetRawText());
        Assert.Equal(new string('b', 64), json.Json.GetProperty("hashes").GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task The_beginning_of_an_id_is_enough_where_no_other_begins_so()
    {
        Detection detection = Detection(1, minutes: 10);
        Detection another = detection with { RuleId = "rule-2" };
        string table = await FillAsync(detection, another, Detection(2, minutes: 70), Detection(3, minutes: 5));
        string id = detection.Id.Value;
        int common = id.Zip(another.Id.Value).TakeWhile(pair => pair.First == pair.Second).Count();
        BlobContainerClient originals = await _account.CreateContainerAsync();

        async Task<(int ExitCode, string Told)> ShowAsync(string prefix)
        {
            CommandLine.Outcome outcome = await RunAsync("detections", "show", prefix, "--table", table, "--originals", originals.Name, "--format", "json");
            return (outcome.ExitCode, outcome.ExitCode == 0 ? outcome.Json.GetProperty("id").GetString()! : outcome.Errors.TrimEnd());
        }

        Assert.Equal((0, id), await ShowAsync(id[..(common + 1)]));
        Assert.Equal((0, id), await ShowAsync(id[..^1]));
        Assert.Equal((0, Detection(2, minutes: 70).Id.Value), await ShowAsync("2026112609"));
        Assert.Equal((0, Detection(3, minutes: 5).Id.Value), await ShowAsync("202611261025"));
        Assert.Equal((2, $"sigmaf: 2 detections have an id that begins with {id[..21]}: give more of it"), await ShowAsync(id[..21]));
        Assert.Equal((2, $"sigmaf: 2 detections have an id that begins with {id[..common]}: give more of it"), await ShowAsync(id[..common]));
        Assert.Equal((2, "sigmaf: 3 detections have an id that begins with 20261126102: give more of it"), await ShowAsync("20261126102"));
        Assert.Equal((1, "sigmaf: there is no detection of this id"), await ShowAsync("2026112608"));
    }

    [Theory]
    [InlineData(2, "no detection of this time is of a rule with the id 'whoami': did you mean aaaaaaaa-0000-4000-8000-000000000001 (Whoami Run By A Service)?", "whoami")]
    [InlineData(2, "with the id 'Whoami Run By Service': did you mean aaaaaaaa-0000-4000-8000-000000000001 (Whoami Run By A Service)?", "Whoami Run By Service")]
    [InlineData(2, "with the id 'Certutil' (--rule takes the id, not the title)", "Certutil")]
    [InlineData(0, "", "aaaaaaaa-0000-4000-8000-000000000002")]
    public async Task What_is_no_rules_id_is_refused(int exitCode, string message, string rule)
    {
        string table = await FillAsync(Detection(1, minutes: 1) with { RuleId = "aaaaaaaa-0000-4000-8000-000000000001", RuleTitle = "Whoami Run By A Service" });

        CommandLine.Outcome outcome = await RunAsync("detections", "list", "--table", table, "--format", "json", "--rule", rule);

        Assert.Equal((exitCode, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(exitCode == 0 ? 0 : 1, outcome.Errors.Count(c => c == '\n'));
    }

    /// <summary>A window of 80 columns: an id in pieces could not be copied.</summary>
    [Fact]
    public async Task On_a_narrow_terminal_an_id_is_a_line_of_its_own()
    {
        _cli.IsInteractive = true;
        Detection detection = Detection(1, minutes: 1) with { RuleTitle = "Certutil Fetches A Remote File", User = null };
        string table = await FillAsync(detection);

        CommandLine.Outcome outcome = await RunAsync("detections", "list", "--table", table);

        Assert.Equal($"2026-11-26 10:29:00Z  high  Certutil Fetches A Remote File  ws01\n  {detection.Id}\n", outcome.Output);
    }

    /// <summary>Not of this level, though of this time.</summary>
    [Fact]
    public async Task A_rule_that_has_other_detections_is_one()
    {
        string table = await FillAsync(Detection(1, minutes: 1));

        CommandLine.Outcome outcome = await RunAsync("detections", "list", "--table", table, "--rule", "RULE", "--level", "low");

        Assert.Equal((0, "sigmaf: there are none"), (outcome.ExitCode, outcome.Errors.TrimEnd()));
    }

    [Theory]
    [InlineData("high")]
    [InlineData("HIGH")]
    public async Task A_level_is_found_as_rules_write_it(string level)
    {
        string table = await FillAsync(Detection(1, minutes: 1) with { Level = "High" }, Detection(2, minutes: 1), Detection(3, minutes: 1) with { Level = "low" });

        CommandLine.Outcome outcome = await RunAsync("detections", "list", "--table", table, "--level", level, "--format", "json");

        Assert.Equal(2, outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData(1, "there is no detection of this id", "show", "202611261025000030000-00000000000000000000000000000000")]
    [InlineData(2, "ID is not that of a detection", "show", "x")]
    [InlineData(2, "has no such table", "list", "--table", "Missing")]
    [InlineData(2, "ID is not that of a detection", "show", "2026112610-ae")]
    [InlineData(2, "ID is not that of a detection", "show", "202611261")]
    [InlineData(2, "--original and --events exclude each other", "show", "2026112610", "--original", "--events")]
    [InlineData(2, "--events is for what a correlation detected", "show", "2026112609", "--events")]
    [InlineData(2, "--since is so long ago", "list", "--since", "yesterday")]
    [InlineData(2, "--level is one of informational, low, medium, high, critical, not 'hihg': did you mean 'high'?", "list", "--level", "hihg")]
    [InlineData(2, "no detection of this time is of a rule with the id 'Whoami' (--rule takes the id, not the title)", "list", "--rule", "Whoami")]
    [InlineData(2, "--limit must be", "list", "--limit", "0")]
    [InlineData(2, "See 'sigmaf detections list --help'", "list", "--nonsense")]
    [InlineData(2, "exclude each other", "list", "--storage", "secret", "--account", "abc")]
    [InlineData(2, "not one of a storage account", "list", "--storage", "AccountName=a;AccountKey=secret")]
    [InlineData(2, "--account is the name", "list", "--account", "evil.example.net/x")]
    [InlineData(2, "cannot be reached", "list", "--storage", "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;TableEndpoint=http://127.0.0.1:9/a")]
    public async Task What_cannot_be_read_says_why_and_no_secret(int exitCode, string message, params string[] arguments)
    {
        string table = await FillAsync(Detection(1, minutes: 60));
        if (!arguments.Contains("--table"))
        {
            arguments = [.. arguments, "--table", table];
        }

        CommandLine.Outcome outcome = await RunAsync(["detections", .. arguments]);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_and_a_missing_account_are_told()
    {
        _cli.Environment["DetectionStorage"] = _account.ConnectionString.Replace("Eby8", "AAAA", StringComparison.Ordinal);
        CommandLine.Outcome outcome = await RunAsync("detections", "list");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("denies this", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAA", outcome.Errors, StringComparison.Ordinal);

        _cli.Environment.Remove("DetectionStorage");
        outcome = await RunAsync("detections", "list");
        Assert.Equal((2, "sigmaf: no storage account: give --storage CONNECTION or --account NAME, or set DetectionStorage"), (outcome.ExitCode, outcome.Errors.TrimEnd()));
    }

    [Fact]
    public async Task Of_a_correlation_the_list_has_group_and_value_in_place_of_host_and_user()
    {
        Detection none = Correlated(3, 'd', [("User", "bob")]);
        string table = await FillAsync(
            Correlated(3, 'c', [("TargetUserName", "alice"), ("Computer", "ws01.contoso.example")]), none with { Correlation = none.Correlation! with { IsSuperseded = true } });

        CommandLine.Outcome outcome = await RunAsync("detections", "list", "--table", table);
        CommandLine.Outcome all = await RunAsync("detections", "list", "--table", table, "--superseded");
        CommandLine.Outcome json = await RunAsync("detections", "list", "--table", table, "--format", "json");

        string line = outcome.Output.TrimEnd().Split('\n')[1];
        Assert.Equal(2, outcome.Output.TrimEnd().Split('\n').Length);
        Assert.Matches(@"^2026-11-26 10:20:00Z +high +Burst +TargetUserName=alice, Computer=ws01\.contoso\.example +event_count 12\.5 +202611261020000070000-c{32} *$", line);
        Assert.Equal(3, all.Output.TrimEnd().Split('\n').Length);
        Assert.Matches("User=bob +event_count 12.5 \\(superseded\\) +202611261020000070000-d{32}", all.Output);
        Assert.Equal(
            """
            {"type":"event_count","group":[{"field":"TargetUserName","value":"alice"},{"field":"Computer","value":"ws01.contoso.example"}],"value":12.5,"first":"2026-11-26T10:00:00+00:00","last":"2026-11-26T10:20:00+00:00","eventCount":3,"values":["a","b"],"revision":2}
            """,
            json.Json.GetProperty("correlation").GetRawText());
        Assert.Equal("ws01", json.Json.GetProperty("host").GetString());
    }

    [Fact]
    public async Task A_long_group_is_cut_in_the_list_and_its_end_stays()
    {
        string alike = new('a', 300);
        (string, string)[] many = [.. Enumerable.Range(0, 9).Select(number => ($"Field{number}", $"{number}{alike}"))];
        string table = await FillAsync(
            Correlated(3, 'c', [("User", "bob")]), Correlated(3, 'd', [("CommandLine", alike + "b")]), Correlated(3, 'e', [("CommandLine", alike + "c")]), Correlated(3, 'f', many));

        string[] lines = (await RunAsync("detections", "list", "--table", table)).Output.TrimEnd().Split('\n');

        Assert.Equal(5, lines.Length);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 300));
        string[] groups = [.. lines[1..].Select(line => line[line.IndexOf("Burst", StringComparison.Ordinal)..].Split("event_count")[0]["Burst".Length..].Trim()).Order(StringComparer.Ordinal)];
        Assert.Equal(4, groups.Distinct().Count());
        Assert.All(groups[..2], group => Assert.Matches(@"^CommandLine=a{45}…\[[0-9a-f]{16}\]$", group));
        Assert.Matches(@"^Field0=0a{44}…\[[0-9a-f]{16}\], Field1=1a{44}…\[[0-9a-f]{16}\], Fi.*…$", groups[2]);
        Assert.Equal("User=bob", groups[3]);
    }

    [Theory]
    [InlineData(3, "events (3)", 3)]
    [InlineData(12, "events (12, the first 10; --events shows all)", 10)]
    [InlineData(250, "events (250, the first 10; --events shows 100)", 10)]
    public async Task Of_a_correlation_group_value_window_and_first_events_are_shown(int events, string heading, int told)
    {
        Detection detection = Correlated(events, 'c', [("TargetUserName", "alice\u001b"), ("Computer", "ws01\nid         x")]) with
        {
            EventTime = new DateTimeOffset(2026, 11, 26, 12, 19, 59, 100, TimeSpan.FromHours(2)),
        };
        string table = await FillAsync(detection);
        BlobContainerClient originals = await _account.CreateContainerAsync();
        string[] show = ["detections", "show", detection.Id.Value, "--table", table, "--originals", originals.Name];

        CommandLine.Outcome text = await RunAsync(show);
        CommandLine.Outcome json = await RunAsync([.. show, "--format", "json"]);

        Assert.Equal((0, 0), (text.ExitCode, json.ExitCode));
        string[] lines = text.Output.Split('\n');
        Assert.Contains("event time 2026-11-26 10:19:59.1Z", lines);
        Assert.Contains("enqueued   2026-11-26 10:20:00.007Z", lines);
        int group = Array.FindIndex(lines, line => line.StartsWith("group", StringComparison.Ordinal));
        Assert.Equal(
            [
                "group      TargetUserName alice\uFFFD",
                @"           Computer ws01\nid         x",
                "value      event_count 12.5",
                "values     a, b",
                "first      2026-11-26 10:00:00Z",
                "last       2026-11-26 10:20:00Z",
                "changed    1 time, by events that came late",
            ],
            lines[group..(group + 7)]);
        int at = Array.IndexOf(lines, heading);
        Assert.True(at > 0, text.Output);
        Assert.Equal("  2026-11-26 10:00:00.0000001Z  rule  ws-00  ann", lines[at + 1]);
        Assert.Equal("  2026-11-26 10:00:01.0000001Z  inner", lines[at + 2]);
        Assert.Equal("fields", lines[at + told + 1]);
        JsonElement correlation = json.Json.GetProperty("correlation");
        Assert.Equal((events, Math.Min(events, 100)), (correlation.GetProperty("eventCount").GetInt32(), correlation.GetProperty("events").GetArrayLength()));
        Assert.Equal(
            """
            {"time":"2026-11-26T10:00:00.0000001+00:00","rule":"rule","host":"ws-00","user":"ann","enqueuedTime":"2026-11-26T10:00:00+00:00","event":{"namespace":"ns.example.net","eventHub":"events","partition":"0","sequenceNumber":0,"record":0}}
            """,
            correlation.GetProperty("events")[0].GetRawText());
    }

    /// <summary>It is that of the completing event, which whoever finds a detection may not have in hand.</summary>
    [Fact]
    public async Task Of_a_detection_without_an_original_it_is_said_that_there_is_none()
    {
        Detection without = Correlated(3, 'c', [("User", "alice")]) with { Original = "" };
        Detection with = Correlated(3, 'd', [("User", "alice")]) with { Original = "{\"a\":1}" };
        string table = await FillAsync(without, with);
        BlobContainerClient originals = await _account.CreateContainerAsync();
        string[] Show(Detection detection) => ["detections", "show", detection.Id.Value, "--table", table, "--originals", originals.Name];

        CommandLine.Outcome none = await RunAsync(Show(without));
        CommandLine.Outcome raw = await RunAsync([.. Show(without), "--original"]);
        CommandLine.Outcome some = await RunAsync(Show(with));

        const string NotKept = "not kept: the instance that found this did not have the completing event in hand\n";
        Assert.EndsWith($"\nfields\noriginal   {NotKept}", none.Output, StringComparison.Ordinal);
        Assert.Equal((0, "", $"sigmaf: original {NotKept}"), (raw.ExitCode, raw.Output, raw.Errors));
        Assert.EndsWith("\nfields\noriginal\n{\"a\":1}\n", some.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_events_of_a_correlation_are_shown_with_what_their_own_rules_recorded()
    {
        Detection detection = Correlated(250, 'c', [("User", "alice")]);
        Detection base0 = BaseOf(detection, 0) with { Fields = [new DetectedField("Image", "x.exe"), new DetectedField("CommandLine", "whoami /all\u001b[2J")], Original = "{}" };
        Detection base2 = BaseOf(detection, 2) with { Fields = [new DetectedField("", "a keyword"), new DetectedField("Image", "x.exe")] };
        string table = await FillAsync(detection, base0, base2);
        string[] show = ["detections", "show", detection.Id.Value, "--table", table, "--events"];

        CommandLine.Outcome text = await RunAsync(show);
        CommandLine.Outcome json = await RunAsync([.. show, "--format", "json"]);
        _cli.IsInteractive = true;
        CommandLine.Outcome narrow = await RunAsync(show);

        Assert.Equal((0, "sigmaf: of 250 events these 100 are kept: the first and the last\n"), (text.ExitCode, text.Errors));
        string[] lines = text.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(101, lines.Length);
        Assert.Matches("^time +rule +host +user +event +field +detection *$", lines[0]);
        Assert.Matches(
            @"^2026-11-26 10:00:00\.0000001Z +A title +ws-00 +ann +events/0 0, record 0 +CommandLine whoami /all(\uFFFD|\\uFFFD)\[2J +" + base0.Id + " *$", lines[1]);
        Assert.Matches(@"^2026-11-26 10:00:01\.0000001Z +inner +events/0 1, record 0 *$", lines[2]);
        Assert.Matches(@"^2026-11-26 10:00:02\.0000001Z +A title +ws-02 +ann +events/0 2, record 0 +keyword a keyword +" + base2.Id + " *$", lines[3]);
        Assert.Matches(@"^2026-11-26 10:04:09\.0000001Z +inner ", lines[100]);
        JsonElement[] told = [.. json.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(100, told.Length);
        Assert.Equal((base2.Id.Value, "A title", "a keyword"), (
            told[2].GetProperty("detection").GetProperty("id").GetString(),
            told[2].GetProperty("detection").GetProperty("title").GetString(),
            told[2].GetProperty("detection").GetProperty("value").GetString()));
        Assert.False(told[1].TryGetProperty("detection", out _));
        Assert.DoesNotContain(text.Output + narrow.Output, c => c is '\u001b');
        Assert.Contains($"\n  {base2.Id}\n2026-11-26 10:00:03.0000001Z  inner  events/0 3, record 0\n2026-", narrow.Output, StringComparison.Ordinal);
    }

    private static Detection BaseOf(Detection correlated, int number) => Detection(0, minutes: 0) with
    {
        Identity = correlated.Correlation!.Events[number].Identity,
        RuleId = correlated.Correlation.Events[number].RuleId,
    };

    /// <summary>What a correlation detected at 10:20, of events from 10:00 on, a second apart, every other of an inner correlation.</summary>
    private static Detection Correlated(int events, char hash, (string Field, string Value)[] group)
    {
        Detection completing = Detection(7, minutes: 10);
        DateTimeOffset first = Now.AddMinutes(-30);
        IEnumerable<DetectedEvent> all = Enumerable.Range(0, events).Select(number => new DetectedEvent(
            new HubEventIdentity("ns.example.net", "events", "0", first.AddSeconds(number), number, 0),
            first.AddSeconds(number).AddTicks(1),
            number % 2 == 0 ? "rule" : "inner",
            number % 2 == 0 ? $"ws-{number:D2}" : null,
            number % 2 == 0 ? "ann" : null));
        return completing with
        {
            RuleId = "burst",
            RuleTitle = "Burst",
            Correlation = new DetectedCorrelation
            {
                Id = new DetectionId($"202611261020000070000-{new string(hash, 32)}"),
                Type = "event_count",
                Group = [.. group.Select(one => new DetectedField(one.Field, one.Value))],
                Value = "12.5",
                First = first,
                Last = Now.AddMinutes(-10),
                EventCount = events,
                Events = [.. events <= 100 ? all : [.. all.Take(50), .. all.Skip(events - 50)]],
                Values = ["a", "b"],
                Revision = 2,
            },
        };
    }

    private static Detection Detection(long sequenceNumber, int minutes) => new()
    {
        Identity = new HubEventIdentity("ns.example.net", "events", "0", Now.AddMinutes(-minutes).AddTicks(10_000 * sequenceNumber), sequenceNumber, 0),
        RuleId = "rule",
        RuleTitle = "A title",
        Level = "high",
        Host = "ws01",
        User = @"corp\ann",
        Original = "{}",
    };

    [Fact]
    public async Task Detections_of_versions_before_the_index_are_found_after_reindex()
    {
        string table = await FillAsync(Detection(1, 5), Detection(2, 90), Detection(3, 150));
        var pointers = new Azure.Data.Tables.TableClient(_account.ConnectionString, table + DetectionIndex.NameSuffix);
        var index = new DetectionIndex(pointers);

        CommandLine.Outcome outcome = await RunAsync("detections", "reindex", "--table", table, "--since", "2h");
        Assert.Equal((0, $"2 detections have pointers in {table}Index\n", "sigmaf: 2 detections indexed\n"), (outcome.ExitCode, outcome.Output, outcome.Errors));
        Assert.Equal(2, (await index.FindAsync(IndexKind.Host, "ws01", Now.AddDays(-1), Now, 10, Token)).Ids.Count);
        outcome = await RunAsync("detections", "reindex", "--table", table);
        Assert.Equal($"3 detections have pointers in {table}Index\n", outcome.Output);
        Assert.Equal(3, (await index.FindAsync(IndexKind.User, @"CORP\ann", Now.AddDays(-1), Now, 10, Token)).Ids.Count);
    }

    private async Task<string> FillAsync(params Detection[] detections) => await FillAsync(detections, null);

    private async Task<string> FillAsync(Detection[] detections, BlobContainerClient? originals)
    {
        Azure.Data.Tables.TableClient table = await _account.CreateTableAsync();
        await new DetectionTable(table, originals: originals is null ? null : new OriginalStore(originals)).AddAsync(detections, Token);
        return table.Name;
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) => _cli.RunAsync(arguments, cancellationToken: Token);
}
