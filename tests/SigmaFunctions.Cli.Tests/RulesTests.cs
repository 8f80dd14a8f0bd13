using System.Globalization;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf rules</c>, on a real storage service.</summary>
public sealed class RulesTests : IDisposable
{
    private const string One = "00000000-0000-4000-8000-000000000001";
    private const string Two = "00000000-0000-4000-8000-000000000002";

    private readonly StorageAccount _account;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 26, 10, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.FromSeconds(1) };
    private readonly CommandLine _cli;
    private BlobContainerClient _container = null!;
    private TableClient _table = null!;

    public RulesTests(StorageAccount account)
    {
        _account = account;
        _cli = new CommandLine { Time = _clock };
        _cli.Environment["DetectionStorage"] = account.ConnectionString;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RuleStore Store => new(_container, _clock);

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task What_is_pushed_is_what_the_app_reads()
    {
        string folder = Path.GetDirectoryName(Path.GetDirectoryName(_cli.WriteRule("mine/deep/one.yml", One, "F", "x")))!;
        _cli.Write("mine/one.test.yml", "no rule");
        string archive = _cli.Write("sigma.zip", RuleArchive.Write([new("rules/two.yml", Rule(Two))]));
        string overrides = _cli.Write("o.yml", $"{One}: {{ level: low }}");
        string placeholders = _cli.Write("p.yml", "a: b");

        CommandLine.Outcome outcome = await RunAsync("push", folder, archive, "--overrides", overrides, "--placeholders", placeholders);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        string set = (await Store.GetCurrentAsync(Token))!;
        Assert.Equal($"{set}: 2 rules pushed\n", outcome.Output);
        RuleStoreContent content = await Store.ReadAsync(await Store.GetVersionAsync(Token), withRules: true, Token);
        Assert.Equal(["deep/one.yml", "sigma/rules/two.yml"], content.Files.Select(file => file.Path));
        Assert.Equal(($"{One}: {{ level: low }}", "a: b"), (content.Overrides!.Text, content.Placeholders!.Text));
        Assert.Equal(2, Assert.Single(await Store.ListSetsAsync(Token)).Rules);
    }

    [Theory]
    [InlineData("bad", 1, "sigmaf: nothing was pushed; --allow-rejected pushes the others")]
    [InlineData("nothing", 2, "no rule was loaded")]
    [InlineData("twice", 2, "two files are named 'a/one.yml': push a folder that holds both")]
    [InlineData("archive", 2, "cannot be read: it is damaged, or no zip archive")]
    [InlineData("overrides", 2, "A file of overrides is a map of rule ids.")]
    [InlineData("absent", 2, "There is no file or folder")]
    public async Task What_an_app_could_not_use_is_not_pushed(string fault, int exitCode, string message)
    {
        string good = _cli.WriteRule("good/one.yml", One, "F", "x");
        string[] arguments = fault switch
        {
            "bad" => [good, _cli.Write("bad.yml", "title: [")],
            "nothing" => [_cli.Write("empty/notes.txt", "")],
            "twice" => [_cli.Write("a.zip", RuleArchive.Write([new("one.yml", Rule(One))])), Path.GetDirectoryName(Path.GetDirectoryName(_cli.WriteRule("x/a/one.yml", Two, "F", "x")))!],
            "archive" => [good, _cli.Write("a.zip", "no zip")],
            "overrides" => [good, "--overrides", _cli.Write("o.yml", "- x")],
            _ => [good, Path.Combine(_cli.Folder, "absent")],
        };

        CommandLine.Outcome outcome = await RunAsync(["push", .. arguments]);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
        Assert.Null(await Store.GetCurrentAsync(Token));
    }

    [Fact]
    public async Task Overrides_and_placeholders_at_the_top_of_the_rules_go_with_them()
    {
        string folder = Path.GetDirectoryName(_cli.Write("mine/one.yml", Rule(One).Replace("{F: x}", "{F|expand: '%a%'}", StringComparison.Ordinal)))!;
        _cli.Write("mine/overrides.yml", $"{One}: {{ level: low }}");
        _cli.Write("mine/placeholders.yml", "a: b");

        Assert.Equal((0, ""), await RunAsync("push", folder) is var pushed ? (pushed.ExitCode, pushed.Errors) : default);

        RuleStoreContent content = await Store.ReadAsync(await Store.GetVersionAsync(Token), withRules: true, Token);
        Assert.Equal(("one.yml", $"{One}: {{ level: low }}", "a: b"), (Assert.Single(content.Files).Path, content.Overrides?.Text, content.Placeholders?.Text));
        CommandLine.Outcome twice = await RunAsync("push", folder, "--overrides", _cli.Write("o.yml", ""));
        Assert.Equal((2, "sigmaf: there is 'overrides.yml' at the top of the rules, and --overrides names another: keep one\n"), (twice.ExitCode, twice.Errors));
    }

    [Fact]
    public async Task Rejected_rules_can_be_left_out_knowingly()
    {
        CommandLine.Outcome outcome = await RunAsync(
            "push", _cli.WriteRule("good.yml", One, "F", "x"), _cli.Write("bad.yml", "title: ["), "--allow-rejected", "--overrides", _cli.Write("o.yml", $"{Two}: {{ enabled: false }}"));

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("1 rule was rejected", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains($"the overrides change {Two}, which is not among these rules", outcome.Errors, StringComparison.Ordinal);
        Assert.NotNull(await Store.GetCurrentAsync(Token));
    }

    [Fact]
    public async Task Rollback_goes_to_the_set_before_and_by_name_to_any()
    {
        await PrepareAsync();
        string[] sets = [await PushAsync(1), await PushAsync(2), await PushAsync(3)];

        foreach (string expected in (string[])[sets[1], sets[0]])
        {
            Assert.Equal($"{expected} counts now\n", (await RunAsync("rollback")).Output);
            Assert.Equal(expected, await Store.GetCurrentAsync(Token));
        }

        CommandLine.Outcome outcome = await RunAsync("rollback");
        Assert.Equal((1, $"sigmaf: no set was pushed before {sets[0]}\n"), (outcome.ExitCode, outcome.Errors));
        Assert.Equal(0, (await RunAsync("rollback", sets[2])).ExitCode);
        Assert.Equal(sets[2], await Store.GetCurrentAsync(Token));
        outcome = await RunAsync("rollback", "sets/none.zip");
        Assert.Equal((1, "sigmaf: there is no pushed set 'sets/none.zip': 'sigmaf rules status' lists them\n"), (outcome.ExitCode, outcome.Errors));
    }

    [Fact]
    public async Task There_is_nothing_to_roll_back_where_nothing_was_pushed()
    {
        CommandLine.Outcome outcome = await RunAsync("rollback");

        Assert.Equal((1, "sigmaf: no set was pushed into this container: there is none to go back from\n"), (outcome.ExitCode, outcome.Errors));
    }

    [Fact]
    public async Task Status_tells_what_is_there_and_what_the_app_made_of_it()
    {
        await PrepareAsync();
        string first = await PushAsync(1);
        Assert.Contains("app        has not looked at it yet", (await RunAsync("status")).Output, StringComparison.Ordinal);
        await ReportAsync(first, report => report with { Rules = 3, Rejected = 1, Revision = "r1", Rejections = ["bad.yml(1,1): error: \u001b[31m"] });

        string[] lines = (await RunAsync("status")).Output.Split('\n');
        Assert.Equal($"container  set {first}", lines[0]);
        Assert.Matches($"^app        runs it since 2026-11-26 10:00:..Z: 3 rules, 1 rejected, revision r1, set {first}$", lines[1]);
        Assert.Equal("bad.yml(1,1): error: \\u001B[31m", lines[3]);
        Assert.Contains($"{first} (counts)", lines[6], StringComparison.Ordinal);

        string second = await PushAsync(2);
        await ReportAsync(second, report => report with { Broken = "why" });
        CommandLine.Outcome outcome = await RunAsync("status", "--format", "json");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal((second, "why"), (outcome.Json.GetProperty("set").GetString(), outcome.Json.GetProperty("app").GetProperty("broken").GetString()));
        Assert.Equal((first, 3), (outcome.Json.GetProperty("running").GetProperty("set").GetString(), outcome.Json.GetProperty("running").GetProperty("rules").GetInt32()));
        Assert.Equal([second, first], outcome.Json.GetProperty("sets").EnumerateArray().Select(set => set.GetProperty("set").GetString()));
    }

    [Theory]
    [InlineData(false, 0, "the app runs it: 1 rule, 0 rejected, revision r\n")]
    [InlineData(true, 1, "")]
    public async Task Push_waits_for_the_app(bool broken, int exitCode, string output)
    {
        await PrepareAsync();
        Task<CommandLine.Outcome> pushing = RunAsync("push", _cli.WriteRule("a.yml", One, "F", "x"), "--wait");
        string? set;
        while ((set = await Store.GetCurrentAsync(Token)) is null)
        {
            await Task.Delay(20, Token);
        }

        await ReportAsync(set, report => broken ? report with { Broken = "why" } : report with { Rules = 1, Revision = "r" });
        CommandLine.Outcome outcome = await EndedAsync(pushing);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.EndsWith(output, outcome.Output);
        Assert.Equal(broken ? "sigmaf: the app cannot use it: why\n" : "", outcome.Errors);
    }

    [Fact]
    public async Task Nobody_waits_for_ever()
    {
        CommandLine.Outcome outcome = await EndedAsync(RunAsync("push", _cli.WriteRule("a.yml", One, "F", "x"), "--wait"));

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("the app has not said in time that it runs it", outcome.Errors, StringComparison.Ordinal);
    }

    private async Task<CommandLine.Outcome> EndedAsync(Task<CommandLine.Outcome> running)
    {
        while (!running.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(20, Token);
        }

        return await running;
    }

    private async Task<string> PushAsync(int number) =>
        (await Store.PushAsync([new("a.yml", number.ToString(CultureInfo.InvariantCulture))], null, null, number, Token)).Name;

    private Task ReportAsync(string set, Func<RuleSetReport, RuleSetReport> change) => new RuleSetTable(_table)
        .WriteAsync(change(new RuleSetReport(RuleStore.VersionOf(set).Key, _clock.GetUtcNow()) { Set = set }), Token);

    private async Task PrepareAsync()
    {
        _container ??= await _account.CreateContainerAsync();
        _table ??= await _account.CreateTableAsync();
    }

    private async Task<CommandLine.Outcome> RunAsync(params string[] arguments)
    {
        await PrepareAsync();
        return await _cli.RunAsync(["rules", .. arguments, "--container", _container.Name, "--table", _table.Name], cancellationToken: Token);
    }

    private static string Rule(string id) =>
        $"title: A rule\nid: {id}\nstatus: test\nlevel: low\nlogsource: {{category: test}}\ndetection: {{s: {{F: x}}, condition: s}}";
}
