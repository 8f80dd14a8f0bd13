using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging;
using Moq;
using SigmaFunctions.App.Alerting;
using SigmaFunctions.App.Canary;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.App.Options;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;
using MsOptions = Microsoft.Extensions.Options.Options;

namespace SigmaFunctions.App.Tests;

/// <summary>Which recorded detections alert, and that each that should does, whatever stops the app in between.</summary>
public sealed class AlertingTests(StorageAccount account)
{
    // Far ahead of the store's own clock: its rows are as old to the app as a test says.
    private static readonly DateTimeOffset Now = new(2126, 11, 25, 3, 14, 15, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_detection_alerts_where_nothing_is_set()
    {
        Store store = await CreateAsync();

        await store.Recorder().RecordAsync([.. Some(0, 3), .. Some(3, 2, level: null)], Token);

        Assert.Equal(5, (await store.TakeAlertsAsync()).Count);
        Assert.All(await store.RowsAsync(), row => Assert.NotNull(row.GetDateTimeOffset("AlertedAt")));
        Assert.Equal(0, await store.OwedAsync());
    }

    [Theory]
    [InlineData("informational", false)]
    [InlineData("LOW", false)]
    [InlineData("medium", true)]
    [InlineData("critical", true)]
    [InlineData("weird", true)]
    [InlineData("1", true)]
    [InlineData(null, true)]
    public async Task A_level_under_the_least_is_recorded_and_does_not_alert(string? level, bool alerts)
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { MinimumLevel = RuleLevel.Medium };

        await store.Recorder(options).RecordAsync(Some(0, 2, level: level), Token);

        Assert.Equal(alerts ? 2 : 0, (await store.TakeAlertsAsync()).Count);
        Assert.All(await store.RowsAsync(), row => Assert.Equal(alerts ? null : "level", row.GetString("HeldBack")));
        Assert.Equal(0, await store.OwedAsync());
    }

    [Fact]
    public async Task A_repeated_alert_is_held_back_for_a_time_and_the_next_one_tells_how_many_were()
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { SuppressFor = TimeSpan.FromHours(1) };

        await store.Recorder(options).RecordAsync([.. Some(0, 3), .. Some(3, 1, host: "WS02"), .. Some(4, 1, rule: "other")], Token);
        List<Alert> first = await store.TakeAlertsAsync();
        store.Clock.Advance(TimeSpan.FromMinutes(59));
        await store.Recorder(options).RecordAsync(Some(5, 4), Token);
        List<Alert> second = await store.TakeAlertsAsync();
        store.Clock.Advance(TimeSpan.FromMinutes(1));
        await store.Recorder(options).RecordAsync(Some(9, 1), Token);
        Alert third = Assert.Single(await store.TakeAlertsAsync());

        Assert.Equal(["WS01 other 0", "WS01 rule 0", "WS02 rule 0"], first.Select(Tell).Order(StringComparer.Ordinal));
        Assert.Empty(second);
        Assert.Equal("WS01 rule 6", Tell(third));
        List<TableEntity> rows = await store.RowsAsync();
        Assert.Equal(10, rows.Count);
        Assert.Equal(6, rows.Count(row => row.GetString("HeldBack") == "repetition" && row.GetString("HeldBackBy") == Some(0, 1)[0].Id.Value));
        Assert.Equal(0, await store.OwedAsync());

        static string Tell(Alert alert) => $"{alert.Host} {alert.Rule.Id} {alert.HeldBack}";
    }

    [Theory]
    [InlineData("rule: { suppressFor: 2h }", 0, 1)]
    [InlineData("RULE: { suppressFor: 2h }", 0, 1)]
    [InlineData("other: { suppressFor: 2h }", 0, 5)]
    [InlineData("rule: { suppressFor: 0s }", 3_600, 5)]
    [InlineData("rule: { level: low }", 3_600, 1)]
    public async Task A_rule_may_have_a_suppression_of_its_own(string overrides, int suppressSeconds, int alerts)
    {
        Store store = (await CreateAsync()) with { Overrides = RuleOverrides.Parse(new RuleFile("overrides.yml", overrides)) };

        await store.Recorder(new AlertOptions { SuppressFor = TimeSpan.FromSeconds(suppressSeconds) }).RecordAsync(Some(0, 5), Token);

        Assert.Equal(alerts, (await store.TakeAlertsAsync()).Count);
    }

    [Theory]
    [InlineData(AlertEntity.Rule, 1)]
    [InlineData(AlertEntity.Host, 2)]
    [InlineData(AlertEntity.HostAndUser, 3)]
    public async Task What_counts_as_the_same_can_be_chosen(AlertEntity entity, int alerts)
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { SuppressFor = TimeSpan.FromHours(1), SuppressBy = entity };

        await store.Recorder(options).RecordAsync(
            [.. Some(0, 2), .. Some(2, 1, host: "ws01"), .. Some(3, 1, user: "bob"), .. Some(4, 1, host: "WS02")], Token);

        Assert.Equal(alerts, (await store.TakeAlertsAsync()).Count);
    }

    [Theory]
    [InlineData(AlertEntity.Rule, 1)]
    [InlineData(AlertEntity.Host, 4)]
    [InlineData(AlertEntity.HostAndUser, 4)]
    public async Task What_a_correlation_detects_is_the_same_where_its_group_is(AlertEntity entity, int alerts)
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { SuppressFor = TimeSpan.FromHours(1), SuppressBy = entity };

        await store.Recorder(options).RecordAsync(
            [
                Correlated(0, ["alice", "a\nb", "c"], host: "WS01"),
                Correlated(1, ["ALICE", "A\nB", "C"], host: "WS02", user: "bob"),
                Correlated(2, ["alice", "a\nb", "c"], host: null, user: null),
                Correlated(3, ["bob", "a\nb", "c"], host: "WS01"),
                Correlated(4, ["alice", "a", "b\nc"], host: "WS01"),
                Correlated(5, [], host: "WS01"),
                Correlated(6, [], host: "WS02"),
            ],
            Token);

        List<Alert> told = await store.TakeAlertsAsync();
        Assert.Equal(alerts, told.Count);
        Assert.All(told, alert => Assert.Equal("event_count", alert.Correlation?.Type));
        Assert.Equal(7 - alerts, (await store.RowsAsync()).Count(row => row.GetString("HeldBack") == "repetition"));
    }

    [Fact]
    public void What_correlations_detect_counts_on_the_host_of_the_event_that_completes_it()
    {
        var options = new AlertOptions { MaximumPerRule = 100, MaximumPerHost = 2 };
        AlertPlan plan = Plan(options, [.. Enumerable.Range(0, 6).Select(number => Correlated(number, [$"user{number}"], host: number < 5 ? "WS01" : "WS02"))]);

        // The third on a host tells that it is muted there.
        Assert.Equal(
            ["WS01", "WS01"],
            plan.Items.Where(item => item.HeldBack == HoldReason.Rate).Select(item => item.Detection.Host));
    }

    [Fact]
    public async Task A_rule_that_fires_on_everything_is_muted_with_one_alert_about_it()
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { MaximumPerRule = 10, RateWindow = TimeSpan.FromMinutes(10) };
        AlertAnnouncer announcer = store.Announcer(options);
        await store.Table.AddAsync([.. OnHosts(0, 60), .. Some(60, 1, rule: "other")], Token);

        await announcer.AnnounceAsync(OnHosts(0, 8), Token);
        await announcer.AnnounceAsync([.. OnHosts(8, 12), .. Some(60, 1, rule: "other")], Token);
        await announcer.AnnounceAsync(OnHosts(20, 20), Token);
        List<Alert> alerts = await store.TakeAlertsAsync();

        Assert.Equal(10, alerts.Count(alert => alert.Kind == AlertKind.Detection && alert.Rule.Id == "rule"));
        Alert loud = Assert.Single(alerts, alert => alert.Kind == AlertKind.RuleMuted);
        Assert.Equal((OnHosts(10, 1)[0].Id.Value, Now.AddMinutes(10), MuteScope.Everywhere), (loud.Id, loud.MutedUntil, loud.MutedOn));
        Assert.Single(alerts, alert => alert.Rule.Id == "other");
        Assert.Equal(29, (await store.RowsAsync()).Count(row => row.GetString("HeldBack") == "rate" && row.GetString("HeldBackBy") == loud.Id));
        Assert.Equal(
            "Rule rule is muted everywhere until 2126-11-25T03:24:15.0000000+00:00: it sent 10 alerts there in 00:10:00. Its detections are recorded without alerts.",
            Assert.Single(store.AnnouncerLog.Entries, entry => entry.Id == 15).Message);

        store.Clock.Advance(TimeSpan.FromMinutes(10));
        await announcer.AnnounceAsync(OnHosts(40, 2), Token);

        Assert.Equal([29, 0], (await store.TakeAlertsAsync()).Select(alert => alert.HeldBack).OrderDescending());
    }

    [Fact]
    public async Task A_host_that_floods_mutes_a_rule_for_itself_alone()
    {
        Store store = await CreateAsync();
        AlertAnnouncer announcer = store.Announcer();
        Detection[] flood = [.. Some(0, 900), .. Some(900, 200, host: "ws01")];
        Detection[] others = [.. Some(1_100, 1, host: "DC01"), .. Some(1_101, 1, host: "WS01", tenant: "contoso"), .. Some(1_102, 1, host: null)];
        await store.Table.AddAsync([.. flood, .. others, .. Some(2_000, 3), .. Some(2_003, 2, host: "DC01")], Token);

        await announcer.AnnounceAsync(flood, Token);
        await announcer.AnnounceAsync(others, Token);
        List<Alert> alerts = await store.TakeAlertsAsync();

        Assert.Equal(100, alerts.Count(alert => alert.Kind == AlertKind.Detection && alert is { Host: "WS01", TenantId: null }));
        Alert loud = Assert.Single(alerts, alert => alert.Kind == AlertKind.RuleMuted);
        Assert.Equal((flood[100].Id.Value, MuteScope.Host), (loud.Id, loud.MutedOn));
        Assert.Equal(3, alerts.Count(alert => others.Any(other => other.Id.Value == alert.Id)));
        Assert.Equal(999, (await store.RowsAsync()).Count(row => row.GetString("HeldBack") == "rate" && row.GetString("HeldBackBy") == loud.Id));
        Assert.DoesNotContain("WS01", Assert.Single(store.AnnouncerLog.Entries, entry => entry.Id == 15).Message, StringComparison.OrdinalIgnoreCase);

        // Another instance takes part in the mute once its own room is used up, and needs no second alert for it.
        Detection[] more = Some(3_000, 300);
        await store.Table.AddAsync(more, Token);
        await store.Announcer().AnnounceAsync(more, Token);
        Assert.Equal(100, (await store.TakeAlertsAsync()).Count(alert => alert.Kind == AlertKind.Detection));
        Assert.Equal(1_199, (await store.RowsAsync()).Count(row => row.GetString("HeldBack") == "rate" && row.GetString("HeldBackBy") == loud.Id));

        store.Clock.Advance(TimeSpan.FromMinutes(10));
        await announcer.AnnounceAsync([.. Some(2_003, 2, host: "DC01"), .. Some(2_000, 3)], Token);
        Assert.Equal(["DC01 0", "DC01 0", "WS01 0", "WS01 0", "WS01 999"], (await store.TakeAlertsAsync()).Select(alert => $"{alert.Host} {alert.HeldBack}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_host_that_falls_silent_in_a_mute_alerts_when_the_mute_ends()
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { SuppressFor = TimeSpan.FromHours(4), MaximumPerRule = 5, RateWindow = TimeSpan.FromSeconds(10) };
        AlertAnnouncer announcer = store.Announcer(options);
        await store.Table.AddAsync(OnHosts(0, 20), Token);

        await announcer.AnnounceAsync(OnHosts(0, 10), Token);
        Alert loud = Assert.Single(await store.TakeAlertsAsync(), alert => alert.Kind == AlertKind.RuleMuted);
        store.Clock.Advance(TimeSpan.FromSeconds(10));
        Detection late = Some(20, 1, host: "WS09")[0];
        await store.Table.AddAsync([late], Token);
        await announcer.AnnounceAsync([late], Token);

        Assert.Equal("WS05", loud.Host);
        Assert.Equal((late.Id.Value, AlertKind.Detection, 4), (await store.TakeAlertsAsync()).Select(alert => (alert.Id, alert.Kind, alert.HeldBack)).Single());
    }

    [Fact]
    public async Task Nothing_is_held_back_by_an_alert_that_its_batch_never_sent()
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { SuppressFor = TimeSpan.FromMinutes(1) };
        Store broken = store with { Queue = FailingQueue() };
        await store.Table.AddAsync(Some(0, 3), Token);
        await Assert.ThrowsAsync<RequestFailedException>(() => broken.Announcer(options).AnnounceAsync(Some(0, 1), Token));

        // The next one is held back by what is owed; the one after that takes the window over.
        await store.Announcer(options).AnnounceAsync(Some(1, 1), Token);
        store.Clock.Advance(TimeSpan.FromMinutes(1));
        await store.Announcer(options).AnnounceAsync(Some(2, 1), Token);

        Assert.Equal([Some(0, 1)[0].Id.Value, Some(2, 1)[0].Id.Value], (await store.TakeAlertsAsync()).Select(alert => alert.Id).Order(StringComparer.Ordinal));
        Assert.Equal(Some(0, 1)[0].Id.Value, Assert.Single(await store.RowsAsync(), row => row.GetString("HeldBackBy") is not null).GetString("HeldBackBy"));
    }

    [Fact]
    public async Task Batches_under_way_together_share_the_room_there_is()
    {
        Store store = await CreateAsync();
        AlertAnnouncer announcer = store.Announcer(new AlertOptions { MaximumPerRule = 10 });
        await store.Table.AddAsync(OnHosts(0, 80), Token);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(batch => announcer.AnnounceAsync(OnHosts(batch * 10, 10), Token)));

        List<Alert> alerts = await store.TakeAlertsAsync();
        Assert.Equal((10, 1), (alerts.Count(alert => alert.Kind == AlertKind.Detection), alerts.Count(alert => alert.Kind == AlertKind.RuleMuted)));
    }

    [Fact]
    public async Task Two_instances_tell_once_that_a_rule_is_muted()
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { MaximumPerRule = 2 };

        await Task.WhenAll(
            store.Recorder(options).RecordAsync(OnHosts(0, 20), Token), store.Recorder(options).RecordAsync(OnHosts(20, 20), Token));

        List<Alert> alerts = await store.TakeAlertsAsync();
        Assert.Equal((4, 1), (alerts.Count(alert => alert.Kind == AlertKind.Detection), alerts.Count(alert => alert.Kind == AlertKind.RuleMuted)));
    }

    [Theory]
    [InlineData(0, null, 1_200, 0)]
    [InlineData(0, 7, 7, 1)]
    [InlineData(1, null, 1, 1)]
    [InlineData(2, 1, 1, 1)]
    [InlineData(9, null, 1, 1)]
    [InlineData(1_000, null, 100, 1)]
    [InlineData(1_000, 999, 999, 1)]
    public void A_host_has_a_tenth_of_a_rules_alerts_unless_it_is_set(int perRule, int? perHost, int alerts, int muted)
    {
        var options = new AlertOptions { MaximumPerRule = perRule, MaximumPerHost = perHost };
        Assert.True(new AlertOptionsValidator().Validate(null, options).Succeeded);
        AlertPlan plan = Plan(options, Some(0, 1_200));

        Assert.Equal((alerts, muted), (plan.Items.Count(item => item is { HeldBack: null, Mute: null }), plan.NewMutes.Count(mute => mute.Scope == MuteScope.Host)));
    }

    [Fact]
    public void A_rule_that_is_muted_on_too_many_hosts_is_muted_everywhere()
    {
        Detection[] twice = [.. OnHosts(0, 400), .. OnHosts(400, 400, from: 0)];

        AlertPlan plan = Plan(new AlertOptions { MaximumPerRule = 0, MaximumPerHost = 1 }, twice);

        Assert.Equal(RuleMutes.MaxHosts, plan.NextMutes?.Hosts.Count);
        Assert.Equal(twice[400 + RuleMutes.MaxHosts].Id, plan.NextMutes?.Everywhere?.AlertId);
        Assert.Equal(400 - RuleMutes.MaxHosts - 1, plan.Items.Count(item => item.HeldBack == HoldReason.Rate));
    }

    [Fact]
    public async Task No_rule_is_muted_where_there_is_no_limit()
    {
        Store store = await CreateAsync();

        await store.Recorder(new AlertOptions { MaximumPerRule = 0 }).RecordAsync(Some(0, 1_100), Token);

        Assert.Equal(1_100, (await store.TakeAlertsAsync()).Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_600)]
    public async Task A_crash_before_the_alert_and_no_second_delivery_leave_it_to_the_sweep(int suppressSeconds)
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { SuppressFor = TimeSpan.FromSeconds(suppressSeconds) };
        Store broken = store with { Queue = FailingQueue() };
        await Assert.ThrowsAsync<RequestFailedException>(() => broken.Recorder(options).RecordAsync(Some(0, 3), Token));
        int alerts = suppressSeconds == 0 ? 3 : 1;

        Assert.Equal(0, await store.Sweep(options).RunAsync(Token));
        Assert.Equal(1, await store.OwedAsync());
        store.Clock.Advance(AlertSweep.MinimumAge + TimeSpan.FromSeconds(1));
        Assert.Equal(3, await store.Sweep(options).RunAsync(Token));

        Assert.Equal(alerts, (await store.TakeAlertsAsync()).Count);
        Assert.Equal(0, await store.Sweep(options).RunAsync(Token));
        Assert.Empty(await store.TakeAlertsAsync());
        store.Clock.Advance(AlertSweep.MaxAge);
        Assert.Equal(0, await store.Sweep(options).RunAsync(Token));
        Assert.Equal(0, await store.OwedAsync());
    }

    /// <summary>
    /// Detections that are erased are nothing that the sweep, a mark or a window's next alert stumbles over, not even where their alerts were owed.
    /// </summary>
    [Theory]
    [InlineData(0, 2)]
    [InlineData(60, 1)]
    public async Task Detections_that_vanish_are_no_fault(int suppressSeconds, int alerts)
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { SuppressFor = TimeSpan.FromSeconds(suppressSeconds) };
        Store broken = store with { Queue = FailingQueue() };
        Detection[] hers = Some(0, 3);
        await Assert.ThrowsAsync<RequestFailedException>(() => broken.Recorder(options).RecordAsync([.. hers, .. Some(3, 2, host: "WS02", user: "bob")], Token));
        foreach (Detection one in hers)
        {
            await store.Detections.DeleteEntityAsync(one.Id.PartitionKey, one.Id.RowKey, cancellationToken: Token);
        }

        await store.Table.MarkAsync([.. hers.Select(one => new AlertOutcome(one.Id))], Token);
        store.Clock.Advance(AlertSweep.MinimumAge + TimeSpan.FromSeconds(1));

        Assert.Equal(2, await store.Sweep(options).RunAsync(Token));
        Assert.Equal(alerts, (await store.TakeAlertsAsync()).Count);
        await store.Recorder(options).RecordAsync(Some(10, 1), Token);
        Assert.Equal("alice", Assert.Single(await store.TakeAlertsAsync()).User);
        store.Clock.Advance(AlertSweep.MaxAge);
        Assert.Equal(0, await store.Sweep(options).RunAsync(Token));
        Assert.Equal(0, await store.OwedAsync());
        Assert.DoesNotContain(store.SweepLog.Entries, entry => entry.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task A_crash_before_the_rows_leaves_the_entry_until_they_can_no_longer_come()
    {
        Store store = await CreateAsync();
        await store.OweAsBeforeAsync(Some(0, 3));
        store.Clock.Advance(AlertSweep.MinimumAge + TimeSpan.FromSeconds(1));

        Assert.Equal(0, await store.Sweep().RunAsync(Token));
        Assert.Equal(1, await store.OwedAsync());

        // A slow delivery records them after all, and stops before it announces.
        await store.Table.AddAsync(Some(0, 2), Token);
        Assert.Equal(2, await store.Sweep().RunAsync(Token));
        Assert.Equal(2, (await store.TakeAlertsAsync()).Count);
        Assert.Equal(1, await store.OwedAsync());

        store.Clock.Advance(AlertSweep.MaxAge);
        Assert.Equal(0, await store.Sweep().RunAsync(Token));
        Assert.Equal(0, await store.OwedAsync());
        Assert.Empty(await store.TakeAlertsAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public async Task Entries_that_fail_stop_no_others_and_the_run_fails_at_its_end(int foreign)
    {
        Store store = await CreateAsync();
        await store.Table.AddAsync([.. Some(0, 4), .. Some(4, 2)], Token);
        Detection unreadable = Some(1, 1)[0];
        await store.Detections.UpsertEntityAsync(new TableEntity(unreadable.Id.PartitionKey, unreadable.Id.RowKey) { ["RuleId"] = 1 }, cancellationToken: Token);
        for (int number = 0; number < foreign; number++)
        {
            await store.Outbox.AddEntityAsync(new TableEntity("0", $"{number:D3}") { ["WrittenAt"] = Now }, Token);
        }

        await store.OweAsBeforeAsync(Some(0, 2));
        await store.OweAsBeforeAsync(Some(2, 4));
        store.Clock.Advance(AlertSweep.MinimumAge + TimeSpan.FromSeconds(1));

        AggregateException exception = await Assert.ThrowsAsync<AggregateException>(() => store.Sweep().RunAsync(Token));

        Assert.StartsWith($"{foreign + 1} entries of the outbox could not be settled.", exception.Message, StringComparison.Ordinal);
        Assert.Equal(Math.Min(foreign + 1, 20), exception.InnerExceptions.Count);
        Assert.Equal(Math.Min(foreign + 1, 20), store.SweepLog.Entries.Count(entry => entry is { Id: 22, Level: LogLevel.Error }));
        Assert.Contains(store.SweepLog.Entries, entry => entry is { Id: 16, Level: LogLevel.Warning } && entry.Message.StartsWith("5 detections", StringComparison.Ordinal));
        Assert.Equal(
            Some(0, 6).Where(detection => detection.Id != unreadable.Id).Select(detection => detection.Id.Value),
            (await store.TakeAlertsAsync()).Select(alert => alert.Id).Order(StringComparer.Ordinal));
        Assert.Equal(foreign + 1, await store.OwedAsync());

        store.Clock.Advance(AlertSweep.MaxAge);
        Assert.Equal(0, await store.Sweep().RunAsync(Token));

        Assert.Equal(foreign + 1, store.SweepLog.Entries.Count(entry => entry is { Id: 23, Level: LogLevel.Error }));
        Assert.Contains(store.SweepLog.Entries, entry => entry.Id == 23 && entry.Message.EndsWith("0 of its detections were never recorded, 1 cannot be read.", StringComparison.Ordinal));
        Assert.Equal(0, await store.OwedAsync());
        Assert.Empty(await store.TakeAlertsAsync());
    }

    [Fact]
    public async Task A_sweep_ends_soon_where_the_queue_is_out_of_reach_and_forgets_nothing()
    {
        Store store = await CreateAsync();
        await store.Table.AddAsync(Some(0, 9), Token);
        foreach (Detection detection in Some(0, 9))
        {
            await store.OweAsBeforeAsync(detection);
        }

        store.Clock.Advance(AlertSweep.MaxAge);

        await Assert.ThrowsAsync<AggregateException>(() => (store with { Queue = FailingQueue() }).Sweep().RunAsync(Token));

        Assert.Equal(AlertSweep.MaxOutages, store.SweepLog.Entries.Count(entry => entry.Id == 22));
        Assert.Equal(9, await store.Sweep().RunAsync(Token));
        Assert.Equal(9, (await store.TakeAlertsAsync()).Count);
        Assert.Equal(0, await store.OwedAsync());
    }

    [Fact]
    public async Task One_alert_that_the_queue_refuses_holds_up_its_own_entry_alone()
    {
        Store store = await CreateAsync();
        await store.Table.AddAsync([.. Some(0, 9), .. Some(9, 1, host: "REFUSED")], Token);
        foreach (Detection detection in (Detection[])[.. Some(0, 9), .. Some(9, 1)])
        {
            await store.OweAsBeforeAsync(detection);
        }

        store.Clock.Advance(AlertSweep.MaxAge);
        var queue = new Mock<QueueClient>();
        queue.Setup(mock => mock.SendMessageAsync(
                It.IsAny<BinaryData>(), It.IsAny<TimeSpan?>(), It.IsAny<TimeSpan?>(), It.IsAny<CancellationToken>()))
            .Returns((BinaryData body, TimeSpan? visible, TimeSpan? live, CancellationToken token) => body.ToString().Contains("REFUSED", StringComparison.Ordinal)
                ? throw new RequestFailedException(413, "secret", "RequestBodyTooLarge", null)
                : store.Queue.SendMessageAsync(body, visible, live, token));

        await Assert.ThrowsAsync<AggregateException>(() => (store with { Queue = queue.Object }).Sweep().RunAsync(Token));

        Assert.Equal(9, (await store.TakeAlertsAsync()).Count);
        Assert.EndsWith(": RequestBodyTooLarge", Assert.Single(store.SweepLog.Entries, entry => entry.Id == 22).Message, StringComparison.Ordinal);
        Assert.Equal(1, await store.OwedAsync());
    }

    [Fact]
    public async Task What_is_held_back_is_measured_once_by_its_reason_whenever_that_is_decided()
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { MinimumLevel = RuleLevel.Medium, SuppressFor = TimeSpan.FromHours(1), MaximumPerRule = 1 };
        var measured = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Scope == store.Meters)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            measured.AddOrUpdate($"{instrument.Name} {(tags.IsEmpty ? "" : tags[0].Value)}", value, (_, sum) => sum + value));
        listener.Start();
        Detection[] detections =
            [.. Some(0, 3, level: "low"), .. Some(3, 4), .. Some(7, 1, host: "WS02"), .. Some(8, 1, host: "WS03"), .. Some(9, 2, rule: CanaryRule.Id)];
        DetectionRecorder recorder = store.Recorder(options);

        IReadOnlyCollection<AlertOutcome> outcomes = await recorder.RecordAsync(detections, Token);
        await recorder.RecordAsync(detections, Token);

        Assert.Equal(7, outcomes.Count(outcome => outcome.HeldBack is not null));
        Assert.Equal(
            [("sigmafunctions.alerts ", 2), ("sigmafunctions.held_back level", 3), ("sigmafunctions.held_back rate", 1), ("sigmafunctions.held_back repetition", 3)],
            measured.Select(pair => (pair.Key, pair.Value)).Order());
    }

    [Fact]
    public async Task Deciding_again_after_a_failure_gives_the_same_alerts()
    {
        Store store = await CreateAsync();
        var options = new AlertOptions { SuppressFor = TimeSpan.FromHours(1), MaximumPerRule = 2 };
        Detection[] detections = [.. Some(0, 3), .. Some(3, 3, host: "WS02"), .. Some(6, 3, host: "WS03"), .. Some(9, 3, host: "WS04")];
        Store broken = store with { Queue = FailingQueue() };
        AlertAnnouncer announcer = broken.Announcer(options);
        await store.Table.AddAsync(detections, Token);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            await Assert.ThrowsAsync<RequestFailedException>(() => announcer.AnnounceAsync(detections, Token));
        }

        await store.Announcer(options).AnnounceAsync(detections, Token);

        Assert.Equal(
            [(detections[0].Id.Value, AlertKind.Detection), (detections[3].Id.Value, AlertKind.Detection), (detections[6].Id.Value, AlertKind.RuleMuted)],
            (await store.TakeAlertsAsync()).Select(alert => (alert.Id, alert.Kind)).Order());
    }

    [Theory]
    [InlineData("Alerts__MinimumLevel", "9")]
    [InlineData("Alerts__SuppressBy", "9")]
    [InlineData("Alerts__SuppressFor", "-00:00:01")]
    [InlineData("Alerts__SuppressFor", "8.00:00:00")]
    [InlineData("Alerts__MaximumPerRule", "-1")]
    [InlineData("Alerts__MaximumPerHost", "0")]
    [InlineData("Alerts__MaximumPerHost", "1000")]
    [InlineData("Alerts__RateWindow", "00:00:00")]
    public void A_setting_out_of_range_is_named(string setting, string value)
    {
        var options = new AlertOptions();
        switch (setting)
        {
            case "Alerts__MinimumLevel": options.MinimumLevel = (RuleLevel)int.Parse(value, null); break;
            case "Alerts__SuppressBy": options.SuppressBy = (AlertEntity)int.Parse(value, null); break;
            case "Alerts__SuppressFor": options.SuppressFor = TimeSpan.Parse(value, null); break;
            case "Alerts__MaximumPerHost": options.MaximumPerHost = int.Parse(value, null); break;
            case "Alerts__MaximumPerRule": options.MaximumPerRule = int.Parse(value, null); break;
            default: options.RateWindow = TimeSpan.Parse(value, null); break;
        }

        Assert.StartsWith(setting, Assert.Single(new AlertOptionsValidator().Validate(null, options).Failures!), StringComparison.Ordinal);
        Assert.True(new AlertOptionsValidator().Validate(null, new AlertOptions()).Succeeded);
    }

    private Task<Store> CreateAsync() => Store.CreateAsync(account, Now);

    private static QueueClient FailingQueue()
    {
        var queue = new Mock<QueueClient>();
        queue.Setup(mock => mock.SendMessageAsync(
                It.IsAny<BinaryData>(), It.IsAny<TimeSpan?>(), It.IsAny<TimeSpan?>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new RequestFailedException(503, "Busy"));
        return queue.Object;
    }

    private static AlertPlan Plan(AlertOptions options, Detection[] detections)
    {
        var policy = new AlertPolicy(MsOptions.Create(options), MsOptions.Create(new DetectionOptions()), () => RuleOverrides.None);
        var plan = new AlertPlan("rule", detections, policy, new AlertRates(TimeProvider.System)) { Mutes = new SeenMutes("rule", RuleMutes.None, null) };
        plan.Decide(Now);
        return plan;
    }

    // Each on a host of its own.
    private static Detection[] OnHosts(int from, int count) => OnHosts(from, count, from);

    private static Detection[] OnHosts(int first, int count, int from) =>
        [.. Enumerable.Range(0, count).SelectMany(number => Some(first + number, 1, host: $"WS{from + number:D2}"))];

    private static Detection[] Some(
        int from, int count, string rule = "rule", string? level = "high", string? host = "WS01", string user = "alice", string? tenant = null) =>
    [
        .. Enumerable.Range(from, count).Select(number => new Detection
        {
            Identity = new HubEventIdentity("hub.servicebus.windows.net", "events", "0", Now.AddMilliseconds(number), number, 0),
            RuleId = rule,
            RuleTitle = "A title",
            Level = level,
            Host = host,
            User = user,
            TenantId = tenant,
            Original = "{}",
        }),
    ];

    private static Detection Correlated(int number, string[] group, string? host, string? user = "alice") => Some(number, 1, "correlation", host: host)[0] with
    {
        User = user,
        Correlation = new DetectedCorrelation
        {
            Id = new DetectionId($"202611250314150000000-{number:x32}"),
            Type = "event_count",
            Group = [.. group.Select((value, index) => new DetectedField($"field{index}", value))],
            Value = "3",
            First = Now,
            Last = Now,
            EventCount = 3,
        },
    };
}
