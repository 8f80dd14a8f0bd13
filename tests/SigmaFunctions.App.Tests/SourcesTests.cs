using System.Globalization;
using System.Text;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Rules;
using SigmaFunctions.App.Sources;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Sources;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Tests;
using MsOptions = Microsoft.Extensions.Options.Options;

namespace SigmaFunctions.App.Tests;

/// <summary>What the function <c>Sources</c> tells; against Azurite.</summary>
public sealed class SourcesTests(StorageAccount account) : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly SourceKey Sysmon = new("events", "evtx", "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", "");
    private static readonly SourceKey Security = new("events", "evtx", "Security", "Microsoft-Windows-Security-Auditing", "");
    private static readonly LogSourceSet Processes = [new LogSource("process_creation", "windows")];
    private static readonly LogSourceSet Connections = [new LogSource("network_connection", "windows")];

    private static readonly RuleSet Rules = RuleSet.Load(
    [
        new RuleFile("a.yml", Rule("process_creation", "CommandLine: a", "attack.t1059.001, attack.execution")),
        new RuleFile("b.yml", Rule("process_creation", "Image: b", "attack.t1036")),
        new RuleFile("c.yml", Rule("network_connection", "Image: c", "attack.t1071, attack.s0002, attack.t1059.001")),
    ]);

    private readonly FakeTimeProvider _clock = new(Start.AddDays(16));
    private readonly TestLogger<SourceCheck> _log = new();
    private readonly Measured _measured = new();
    private InstanceTable? _instances;
    private int _told;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _measured.Dispose();

    [Fact]
    public async Task A_source_that_falls_silent_is_told_once_with_the_rules_that_nothing_supplies_and_so_is_that_it_is_back()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new SourceTable(client);
        await AddHoursAsync(table, Security, 0, (16 * 24) + 10, Processes);
        await AddHoursAsync(table, Sysmon, 0, 16 * 24, Processes, Connections);
        await AddChecksAsync(table, 16 * 24, 1);
        SourceCheck[] instances = [await CreateAsync(client), await CreateAsync(client)];
        _clock.SetUtcNow(Start.AddDays(16).AddMinutes(99));
        await RunAsync(instances);
        Assert.Empty(_log.Entries);

        // Two hours after its last event, at 23:30, and ten minutes for counts that are still to be written.
        _clock.Advance(TimeSpan.FromMinutes(1));
        await RunAsync(instances);
        await RunAsync(instances);

        Assert.Equal(
            ["66 Source events: evtx Microsoft-Windows-Sysmon/Operational (Microsoft-Windows-Sysmon) is silent since 2026-11-17T23:30:00.0000000+00:00; its longest gap was 1 hours. 1 rules see nothing now, of 2 ATT&CK techniques: T1059.001, T1071."],
            Told());
        Assert.Equal(1, _measured.Read()["sigmafunctions.sources.silent events"]);

        await AddHoursAsync(table, Sysmon, (16 * 24) + 1, (16 * 24) + 2, Processes);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await RunAsync(instances);
        await RunAsync(instances);

        Assert.Equal("68 Source events: evtx Microsoft-Windows-Sysmon/Operational (Microsoft-Windows-Sysmon) arrives again.", Assert.Single(Told()));
        Assert.Empty(await table.ListToldAsync(Token));
    }

    [Fact]
    public async Task A_backlog_is_not_taken_for_silence()
    {
        TableClient client = await account.CreateTableAsync();
        await AddHoursAsync(new SourceTable(client), Sysmon, 0, 15 * 24, Processes);
        await AddChecksAsync(new SourceTable(client), 15 * 24, 24);
        SourceCheck check = await CreateAsync(client, behind: TimeSpan.FromHours(23));

        await check.RunAsync(Rules, Token);
        Assert.Empty(Told());

        check = await CreateAsync(client, behind: TimeSpan.FromHours(22));
        await check.RunAsync(Rules, Token);
        Assert.StartsWith("66 ", Assert.Single(Told()), StringComparison.Ordinal);
    }

    /// <summary>What one instance alone cannot write, or an instance that is not heard of may hold, is no silence; what has ended holds nothing.</summary>
    [Fact]
    public async Task Counts_that_are_not_written_are_not_taken_for_silence()
    {
        TableClient client = await account.CreateTableAsync();
        await AddHoursAsync(new SourceTable(client), Sysmon, 0, 15 * 24, Processes);
        await AddChecksAsync(new SourceTable(client), 15 * 24, 24);
        SourceCheck check = await CreateAsync(client);
        var report = new InstanceReport("a", _clock.GetUtcNow()) { LastBatchAt = Start };
        await _instances!.WriteAsync(new InstanceReport("b", _clock.GetUtcNow().AddMinutes(-10)) { LastBatchAt = Start, HasEnded = true }, Token);
        foreach (InstanceReport blind in (InstanceReport[])[report with { UncountedSince = Start.AddDays(15) }, report with { UncountedSince = Start.AddDays(15), HasEnded = true }])
        {
            await _instances.WriteAsync(blind, Token);
            await check.RunAsync(Rules, Token);
            Assert.Empty(Told());
        }

        await _instances.WriteAsync(report, Token);
        await check.RunAsync(Rules, Token);
        Assert.StartsWith("66 ", Assert.Single(Told()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_is_known_of_the_backlog_a_source_is_silent_only_in_comparison_with_others()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new SourceTable(client);
        await AddHoursAsync(table, Sysmon, 0, 15 * 24, Processes);
        await AddChecksAsync(table, 15 * 24, 24);
        SourceCheck check = await CreateAsync(client, isLookedAt: false);

        await check.RunAsync(Rules, Token);
        Assert.Empty(Told());

        await AddHoursAsync(table, Security, 15 * 24, (15 * 24) + 2, Processes);
        await check.RunAsync(Rules, Token);
        Assert.Equal("66", Assert.Single(Told())[..2]);
    }

    [Fact]
    public async Task Days_on_which_the_app_did_not_run_or_counted_nothing_are_not_taken_for_silence()
    {
        TableClient client = await account.CreateTableAsync();
        await AddHoursAsync(new SourceTable(client), Sysmon, 0, (14 * 24) + 1, Processes);
        _clock.SetUtcNow(Start.AddDays(18).AddMinutes(30));
        SourceCheck check = await CreateAsync(client);

        // It runs again from half past midnight on, and nothing comes.
        await check.RunAsync(Rules, Token);
        for (int hour = 1; hour < 4; hour++)
        {
            _clock.Advance(TimeSpan.FromHours(1));
            await check.RunAsync(Rules, Token);
            Assert.Empty(Told());
        }

        _clock.Advance(TimeSpan.FromHours(1));
        await check.RunAsync(Rules, Token);
        Assert.Equal("66", Assert.Single(Told())[..2]);
    }

    [Fact]
    public async Task Sources_of_a_hub_that_is_not_read_any_more_are_not_looked_at()
    {
        TableClient client = await account.CreateTableAsync();
        await AddHoursAsync(new SourceTable(client), Sysmon with { Hub = "former" }, 0, 15 * 24, Processes);

        await RunAsync([await CreateAsync(client)]);

        Assert.Empty(Told());
    }

    [Fact]
    public async Task A_field_that_is_lost_is_told_once_with_the_rules_that_need_it_and_so_is_that_it_is_back()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new SourceTable(client);
        SourceCheck[] instances = [await CreateAsync(client), await CreateAsync(client)];
        await table.AddAsync(Fields(9, 1, 1), Token);
        await table.AddAsync(Fields(14, 1000, 1000), Token);
        await table.AddAsync(Fields(15, 1000, 1000), Token);
        await table.AddAsync(Fields(16, 100, 0), Token);
        _clock.SetUtcNow(Start.AddDays(16).AddHours(1));

        await RunAsync(instances);
        await RunAsync(instances);

        Assert.Equal(
            ["67 Source events: evtx Security (Microsoft-Windows-Security-Auditing) has lost CommandLine, which nearly all of its events had on 2026-11-17. 1 rules cannot hold on them now, of 1 ATT&CK techniques: T1059.001."],
            Told());
        Assert.Equal(1, _measured.Read()["sigmafunctions.sources.thinner events"]);

        await table.AddAsync(Fields(16, 100, 100), Token);
        await RunAsync(instances);

        Assert.Equal("68 Source events: evtx Security (Microsoft-Windows-Security-Auditing) has CommandLine again.", Assert.Single(Told()));
    }

    [Fact]
    public async Task What_was_told_of_a_source_is_forgotten_with_it()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new SourceTable(client);
        await table.TryTellAsync(SourceTold.Nothing(Sysmon) with { SilentSince = Start }, null, Token);

        await RunAsync([await CreateAsync(client)]);

        Assert.Empty(Told());
        Assert.Empty(await table.ListToldAsync(Token));
    }

    [Fact]
    public async Task What_cannot_be_written_is_written_later_and_is_told()
    {
        var gate = new Gate();
        TableClient client = await account.CreateTableAsync(gate.Options);
        var counts = new SourceCounts();
        var activity = new InstanceActivity();
        var log = new TestLogger<SourceReporter>();
        using var reporter = new SourceReporter(counts, new SourceTable(client), activity, _clock, log);
        counts.Add("events", Batch(10));
        gate.IsShut = true;

        await reporter.WriteAsync(Token);
        await reporter.WriteAsync(Token);
        Assert.Equal([69, 69], log.Entries.Select(entry => entry.Id));
        Assert.Equal(Start.AddHours(10), activity.UncountedSince);
        counts.Add("events", Batch(10, 11));
        gate.IsShut = false;
        await reporter.StopAsync(Token);
        Assert.Null(activity.UncountedSince);

        SourceDay day = Assert.Single(Assert.Single((await new SourceTable(client).ListAsync(DayOf(Start), DayOf(Start), DayOf(Start), Token)).Sources));
        Assert.Equal(new SourceKey("events", "flat", "Security", "", "t"), day.Source);
        Assert.Equal((2, 1, 3), (day.Hours[10], day.Hours[11], day.Hours.Sum()));
        Assert.Equal(Start.AddHours(11), day.LastEnqueued);
        SourceDayView view = Assert.Single(day.Views).Value;
        Assert.Equal((Processes, 3, new FieldArrivals(3, 3), new FieldArrivals(0, 3)), (view.LogSources, view.Events, view.Fields["CommandLine"], view.Fields["Image"]));
        Assert.Empty(counts.Take(DayOf(Start)));
    }

    [Fact]
    public async Task What_the_store_will_never_take_keeps_nothing_else_from_being_written()
    {
        var gate = new Gate { Refused = "day-00010101" };
        TableClient client = await account.CreateTableAsync(gate.Options);
        var counts = new SourceCounts();
        var log = new TestLogger<SourceReporter>();
        using var reporter = new SourceReporter(counts, new SourceTable(client), new InstanceActivity(), _clock, log);
        counts.Add("events", Batch(DateTimeOffset.MinValue));
        counts.Add("events", Batch(10));

        await reporter.WriteAsync(Token);
        await reporter.WriteAsync(Token);

        Assert.Single((await new SourceTable(client).ListAsync(DayOf(Start), DayOf(Start), DayOf(Start), Token)).Sources);
        (int id, string message) = Assert.Single(log.Entries.Select(entry => (entry.Id, entry.Message)));
        Assert.Equal(69, id);
        Assert.EndsWith("; 0 rows are tried again.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sources_beyond_what_there_is_room_for_are_one_and_those_that_come_a_lot_have_names()
    {
        var counts = new SourceCounts();
        BodyMatcher matcher = Matcher();
        for (int body = 0; body < (SourceCounts.MaxHours / 400) + 2; body++)
        {
            var batch = new SourceBatch();
            batch.Add(Start, matcher.Match(Channels(400, body), Token).Sources);
            batch.Add(Start, matcher.Match("""{"EventID":4688,"Channel":"Security","CommandLine":"x"}"""u8.ToArray(), Token).Sources);
            counts.Add("events", batch);
        }

        IReadOnlyList<SourceDay> days = counts.Take(DayOf(Start));

        Assert.Equal(SourceCounts.MaxRows + 1, days.Count);
        SourceDay rest = Assert.Single(days, day => day.Source.IsRest);
        Assert.Equal(42, Assert.Single(days, day => day.Source is { Channel: "Security", Provider: "" }).Hours[0]);
        Assert.Equal((SourceCounts.MaxHours / 400) + 2, 42);
        Assert.Equal(42 * 401, days.Sum(day => day.Hours[0]));
        Assert.InRange(rest.Hours[0], (42 * 401) - SourceCounts.MaxRows - 41, 42 * 401);

        // The next have names on the next day.
        counts.Add("events", Batch(0));
        Assert.Equal(SourceKey.RestOf("events"), Assert.Single(counts.Take(DayOf(Start))).Source);
        counts.Add("events", Batch(0));
        Assert.Equal("Security", Assert.Single(counts.Take(DayOf(Start).AddDays(1))).Source.Channel);
    }

    [Fact]
    public void Sources_and_views_of_a_batch_are_bounded()
    {
        var batch = new SourceBatch();
        for (int body = 0; body < 10; body++)
        {
            batch.Add(Start, Matcher().Match(Channels(400, body), Token).Sources);
        }

        Assert.Equal(SourceBatch.MaxHours + 1, batch.Hours.Count);
        Assert.Equal(4_000, batch.Hours.Sum(hour => hour.Events));
        Assert.Equal(EventSource.Other, batch.Hours[^1].Source);
        Assert.Equal(SourceBatch.MaxViews, batch.Hours.Sum(hour => hour.Views.Count));
        Assert.Equal(SourceKey.RestShape, EventSource.Other.Shape);
    }

    /// <summary>Processes, each of another provider.</summary>
    private static byte[] Channels(int number, int body) => Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, number).Select(n =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"EventID":4688,"Channel":"Security","Provider_Name":"p{{body}}.{{n}}","CommandLine":"x"}"""))));

    private static BodyMatcher Matcher() => new(new EventDecoder(), new Detector(Rules));

    private static DateOnly DayOf(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);

    /// <summary>A batch of an event and a canary in each of some hours.</summary>
    private static SourceBatch Batch(params int[] hours) => Batch([.. hours.Select(hour => Start.AddHours(hour))]);

    private static SourceBatch Batch(params DateTimeOffset[] times)
    {
        BodyMatcher matcher = Matcher();
        var batch = new SourceBatch();
        foreach (DateTimeOffset time in times)
        {
            batch.Add(time, matcher.Match(
                """
                {"EventID":4688,"Channel":"Security","tenantId":"t","CommandLine":"x"}
                {"product":"sigmafunctions","category":"canary","Canary":"sigmafunctions"}
                """u8.ToArray(),
                Token).Sources);
        }

        return batch;
    }

    private static async Task AddChecksAsync(SourceTable table, int from, int hours)
    {
        foreach (int hour in Enumerable.Range(from, hours))
        {
            await table.AddCheckAsync(Start.AddHours(hour), Token);
        }
    }

    private static async Task AddHoursAsync(SourceTable table, SourceKey key, int from, int to, params LogSourceSet[] views)
    {
        foreach (IGrouping<DateOnly, DateTimeOffset> hours in Enumerable.Range(from, to - from).Select(hour => Start.AddHours(hour).AddMinutes(30)).GroupBy(DayOf))
        {
            var day = new SourceDay(key, hours.Key);
            foreach (DateTimeOffset hour in hours)
            {
                day.Add(hour, 5);
            }

            foreach (LogSourceSet view in views)
            {
                day.View(view).Add(5);
            }

            await table.AddAsync(day, Token);
        }
    }

    private static SourceDay Fields(int day, long events, long present)
    {
        var counted = new SourceDay(Security, DayOf(Start.AddDays(day)));
        counted.Add(Start.AddDays(day), events);
        SourceDayView view = counted.View(Processes);
        view.Add(events);
        view.Add("CommandLine", present, events);
        view.Add("Image", events, events);
        return counted;
    }

    private static string Rule(string category, string field, string tags) =>
        $"title: t\nlogsource: {{ product: windows, category: {category} }}\ntags: [{tags}]\ndetection:\n  selection:\n    {field}\n  condition: selection\n";

    private static Task RunAsync(IEnumerable<SourceCheck> instances) => Task.WhenAll(instances.Select(instance => instance.RunAsync(Rules, Token)));

    private async Task<SourceCheck> CreateAsync(TableClient client, TimeSpan behind = default, bool isLookedAt = true)
    {
        var partitions = new PartitionProgressTable(await account.CreateTableAsync());
        if (isLookedAt)
        {
            // A look that stays fresh as the clock goes on.
            DateTimeOffset now = _clock.GetUtcNow();
            await partitions.WriteAsync(
                [
                    new PartitionProgress("ns", "events", "sigma", "0", now.AddHours(12))
                    {
                        LastEnqueued = 10,
                        DoneThrough = behind == default ? 10 : 5,
                        Pending = behind == default ? [] : [new PendingEvent(10, now - behind)],
                    },
                ],
                Token);
        }

        return new SourceCheck(
            new SourceTable(client),
            partitions,
            _instances ??= new InstanceTable(await account.CreateTableAsync()),
            MsOptions.Create(new EventHubOptions { Names = ["Events"], ConsumerGroup = "sigma" }),
            new DetectorProvider(),
            new SourceMetrics(_measured.Meters),
            _clock,
            _log);
    }

    private string[] Told()
    {
        string[] told = [.. _log.Entries.Skip(_told).Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Id} {entry.Message}"))];
        _told += told.Length;
        return told;
    }

    /// <summary>Lets nothing through while it is shut, and never what names what is refused.</summary>
    private sealed class Gate : HttpPipelineSynchronousPolicy
    {
        public bool IsShut { get; set; }

        public string? Refused { get; init; }

        public TableClientOptions Options
        {
            get
            {
                var options = new TableClientOptions { Retry = { MaxRetries = 0 } };
                options.AddPolicy(this, HttpPipelinePosition.PerCall);
                return options;
            }
        }

        public override void OnSendingRequest(HttpMessage message)
        {
            if (IsShut)
            {
                throw new RequestFailedException(503, "busy", "ServerBusy", null);
            }

            if (Refused is not null && message.Request.Uri.ToString().Contains(Refused, StringComparison.Ordinal))
            {
                throw new RequestFailedException(400, "no such time", "OutOfRangeInput", null);
            }
        }
    }
}
