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
        string table = await FillAsync();
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

    private async Task<string> FillAsync(params Detection[] detections) => await FillAsync(detections, null);

    private async Task<string> FillAsync(Detection[] detections, BlobContainerClient? originals)
    {
        Azure.Data.Tables.TableClient table = await _account.CreateTableAsync();
        await new DetectionTable(table, originals: originals is null ? null : new OriginalStore(originals)).AddAsync(detections, Token);
        return table.Name;
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) => _cli.RunAsync(arguments, cancellationToken: Token);
}
