using System.Collections.Immutable;
using System.Text.Json;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>What goes in at the event hub comes out as rows and alerts, once, whatever happens in between.</summary>
public sealed class DeliveryTests
{
    private const string Defender = """
        {"records":[
          {"time":"2026-01-02T03:04:05Z","tenantId":"tenant-1","operationName":"Publish","category":"AdvancedHunting-DeviceProcessEvents","properties":{"Timestamp":"2026-01-02T03:04:04Z","DeviceName":"host-d0","ActionType":"ProcessCreated","FolderPath":"C:\\a.exe","FileName":"a.exe","ProcessCommandLine":"a.exe marker 1","AccountDomain":"corp","AccountName":"ann"}},
          {"time":"2026-01-02T03:04:05Z","tenantId":"tenant-1","operationName":"Publish","category":"AdvancedHunting-DeviceProcessEvents","properties":{"Timestamp":"2026-01-02T03:04:04Z","DeviceName":"host-d1","ActionType":"ProcessCreated","FolderPath":"C:\\a.exe","FileName":"a.exe","ProcessCommandLine":"a.exe","AccountDomain":"corp","AccountName":"ann"}},
          {"time":"2026-01-02T03:04:05Z","tenantId":"tenant-1","operationName":"Publish","category":"AdvancedHunting-DeviceProcessEvents","properties":{"Timestamp":"2026-01-02T03:04:04Z","DeviceName":"host-d2","ActionType":"ProcessCreated","FolderPath":"C:\\a.exe","FileName":"a.exe","ProcessCommandLine":"a.exe marker 2","AccountDomain":"corp","AccountName":"ann"}}]}
        """;

    private const string Sysmon = """
        {"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"host-s","TimeCreated":{"#attributes":{"SystemTime":"2026-01-02T03:04:05Z"}}},"EventData":{"UtcTime":"2026-01-02 03:04:05.000","Image":"C:\\a.exe","CommandLine":"a.exe marker 3","User":"corp\\ann"}}}
        """;

    private const string Unreadable = "{'single': 'quotes'}";

    private static string Flat(string commandLine) =>
        $$"""{"category":"process_creation","product":"windows","Computer":"host-f","Image":"C:\\a.exe","CommandLine":{{JsonSerializer.Serialize(commandLine)}}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_of_every_shape_become_rows_and_alerts()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml);
        await deployment.SendAsync(Defender, Unreadable, Sysmon, "", Flat("a.exe"), Flat("a.exe marker 4"));
        await LocalDeployment.ProcessAsync(deployment.CreateTrigger(), events: 6);

        var table = new DetectionTable(deployment.Table);
        ImmutableArray<Alert> alerts = await deployment.TakeAlertsAsync();
        var detections = new List<Detection>();
        foreach (Alert alert in alerts)
        {
            Assert.True(DetectionId.TryParse(alert.Id, out DetectionId id));
            Assert.Equal((id.PartitionKey, id.RowKey), (alert.Detection.PartitionKey, alert.Detection.RowKey));
            detections.Add((await table.FindAsync(id, Token))!);
        }

        Assert.Equal(
            ["0/0 host-d0 a.exe marker 1", "0/2 host-d2 a.exe marker 2", "2/0 host-s a.exe marker 3", "5/0 host-f a.exe marker 4"],
            detections
                .Select(item => $"{item.Identity.ByKind(hub => $"{hub.SequenceNumber}/{hub.Record}")} {item.Host} {item.Fields.Single().Value}")
                .Order(StringComparer.Ordinal));
        Assert.Equal(4, (await deployment.RowsAsync()).Length);

        Detection first = detections.Single(item => item.Host == "host-d0");
        Assert.Equal(("Marked process", "high", "attack.t1059"), (first.RuleTitle, first.Level, first.Tags.Single()));
        Assert.Equal((DateTimeOffset.Parse("2026-01-02T03:04:04Z", null), "corp\\ann", "tenant-1"), (first.EventTime, first.User, first.TenantId));
        Assert.Equal(("events", "0", "CommandLine"), (first.Identity.ByKind(hub => hub.EventHub), first.Identity.ByKind(hub => hub.Partition), first.Fields.Single().Field));
        Assert.Equal("host-d0", JsonDocument.Parse(first.Original).RootElement.GetProperty("properties").GetProperty("DeviceName").GetString());
    }

    [Fact]
    public async Task A_batch_that_is_delivered_again_changes_nothing()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml);
        await deployment.SendAsync(Defender, Sysmon, Flat("a.exe marker"));
        TriggerBatch batch = await deployment.ReadBatchAsync(3);
        await deployment.InvokeAsync(batch);
        ImmutableArray<TableEntity> rows = await deployment.RowsAsync();
        Assert.Equal(4, rows.Length);
        Assert.Equal(4, (await deployment.TakeAlertsAsync()).Length);

        await deployment.InvokeAsync(batch);
        // In part and in another cut, as after a checkpoint that was not written.
        await deployment.InvokeAsync(batch with { Events = batch.Events[1..] });

        Assert.Equal(rows.Select(Describe), (await deployment.RowsAsync()).Select(Describe));
        Assert.Empty(await deployment.TakeAlertsAsync());

        static string Describe(TableEntity row) => $"{row.PartitionKey} {row.RowKey} {row.ETag}";
    }

    [Fact]
    public async Task A_second_worker_that_sees_the_same_events_changes_nothing()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml);
        await deployment.SendAsync(Enumerable.Range(0, 50).Select(i => Flat($"a.exe marker {i}")));
        TriggerBatch batch = await deployment.ReadBatchAsync(50);
        await deployment.InvokeAsync(batch);
        deployment.Worker.Kill();
        await deployment.Worker.DisposeAsync();

        await deployment.StartWorkerAsync();
        await deployment.InvokeAsync(batch);

        Assert.Equal(50, (await deployment.RowsAsync()).Length);
        Assert.Equal(50, (await deployment.TakeAlertsAsync()).Select(alert => alert.Id).ToHashSet().Count);
    }

    [Fact]
    public async Task A_worker_that_is_killed_in_the_middle_of_its_batches_loses_nothing()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(
            MarkedRule.Yaml, settings: ImmutableDictionary<string, string>.Empty.Add("Alerts__MaximumPerRule", "0"));
        const int Events = 600;
        foreach (string[] chunk in Enumerable.Range(0, Events).Select(i => Flat($"a.exe marker {i}")).Chunk(100))
        {
            await deployment.SendAsync(chunk);
        }

        var checkpoints = new Checkpoints();
        EventHubsTrigger trigger = deployment.CreateTrigger(checkpoints);
        Task running = trigger.RunAsync(Token);
        while (trigger.Statistics.Events == 0 && !running.IsCompleted)
        {
            await Task.Delay(1, Token);
        }

        deployment.Worker.Kill();
        await Assert.ThrowsAsync<LocalHost.Worker.WorkerException>(() => running);
        await deployment.Worker.DisposeAsync();

        await deployment.StartWorkerAsync();
        await LocalDeployment.ProcessAsync(deployment.CreateTrigger(checkpoints), Events - (int)trigger.Statistics.Events);

        Assert.Equal(Events, (await deployment.RowsAsync()).Length);
        Assert.Equal(Events, (await deployment.TakeAlertsAsync()).Select(alert => alert.Id).ToHashSet().Count);
    }

    [Fact]
    public async Task A_store_that_fails_holds_the_partition_until_it_is_back()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml);
        await deployment.SendAsync(Flat("a.exe marker 1"), Flat("a.exe marker 2"));
        await deployment.Queue.DeleteAsync(Token);
        var failures = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        EventHubsTrigger trigger = deployment.CreateTrigger(failed: reason => failures.TrySetResult(reason));

        Task processing = LocalDeployment.ProcessAsync(trigger, events: 2);
        string reason = await failures.Task.WaitAsync(Token);
        Assert.Contains("QueueNotFound", reason, StringComparison.Ordinal);
        Assert.DoesNotContain("marker", reason, StringComparison.Ordinal);
        await deployment.Queue.CreateAsync(cancellationToken: Token);
        await processing;

        Assert.Equal(0, trigger.Statistics.FailedEvents);
        Assert.True(trigger.Statistics.Retries > 0);
        Assert.Equal(2, (await deployment.RowsAsync()).Length);
        Assert.Equal(2, (await deployment.TakeAlertsAsync()).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_worker_recorded_and_left_unannounced_is_announced_without_another_delivery(bool byVersionBeforeClaims)
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml);
        // The last look at a claim: rows of any age are left behind then.
        var past = new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(-8));
        Detection[] left =
        [
            .. Enumerable.Range(0, 3).Select(number => new Detection
            {
                Identity = new HubEventIdentity("hub", "events", "0", past.GetUtcNow(), number, 0),
                RuleId = "11111111-1111-4111-8111-111111111111",
                RuleTitle = "Marked process",
                Original = "{}",
            }),
        ];
        DetectionId[] ids = [.. left.Select(detection => detection.Id)];
        if (byVersionBeforeClaims)
        {
            await deployment.Outbox.AddEntityAsync(
                new TableEntity("0", "00") { ["Ids"] = string.Join(' ', ids), ["WrittenAt"] = past.GetUtcNow() }, Token);
        }
        else
        {
            (await new AlertClaims(deployment.Outbox, past).EnterAsync(ids, Token)).Dispose();
        }

        await new DetectionTable(deployment.Table, past).AddAsync(left, Token);

        await deployment.SweepAsync();
        await deployment.SweepAsync();

        Assert.Equal(left.Select(detection => detection.Id.Value).Order(), (await deployment.TakeAlertsAsync()).Select(alert => alert.Id).Order());
        Assert.Empty(await deployment.Outbox.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_worker_that_is_told_to_end_leaves_no_claim_behind()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml);
        await deployment.SendAsync(Flat("a.exe marker 1"));
        await deployment.InvokeAsync(await deployment.ReadBatchAsync(1));
        Assert.Single(await deployment.Outbox.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));

        await deployment.Worker.DisposeAsync();

        Assert.Empty(await deployment.Outbox.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));
        Assert.Single(await deployment.TakeAlertsAsync());
    }

    [Fact]
    public async Task Every_partition_is_processed()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml, partitions: 4);
        for (int i = 0; i < 20; i++)
        {
            await deployment.SendAsync(Flat($"a.exe marker {i}"), Flat("a.exe"));
        }

        await LocalDeployment.ProcessAsync(deployment.CreateTrigger(), events: 40);

        Assert.Equal(20, (await deployment.TakeAlertsAsync()).Length);
        Assert.True((await deployment.RowsAsync()).Select(row => row.GetString("Partition")).Distinct().Count() > 1);
    }
}
