using Azure.Data.Tables;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Retention;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Sources;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Tests;
using MsOptions = Microsoft.Extensions.Options.Options;

namespace SigmaFunctions.App.Tests;

/// <summary>What the function <c>Retention</c> removes.</summary>
public sealed class RetentionTests(StorageAccount account)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 10, 23, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, "10 30 40 70", 0, "10 30 40 70")]
    [InlineData(30, "10 30", 0, "10 30 40 70")]
    [InlineData(29, "10", 30, "10 30")]
    [InlineData(0, "10 30 40 70", 29, "10")]
    public async Task Detections_and_verdicts_are_kept_for_as_many_days_as_is_set(int days, string kept, int verdictDays, string verdictsKept)
    {
        TableClient client = await account.CreateTableAsync();
        TableClient pointers = await account.CreateTableAsync();
        var index = new DetectionIndex(pointers);
        var table = new DetectionTable(client, index: index);
        Detection[] detections = [.. new[] { 10, 30, 40, 70 }.Select(age => Detection(Now.AddDays(-age), age))];
        await table.AddAsync(detections, Token);
        var verdicts = new VerdictStore(await account.CreateTableAsync());
        foreach (Detection detection in detections)
        {
            Assert.True((await verdicts.SetAsync(new NewVerdict(VerdictKind.Benign, "ann", Now), [new VerdictTarget(detection, 0)], Token)).IsSet);
        }

        TableClient instanceClient = await account.CreateTableAsync();
        var instances = new InstanceTable(instanceClient);
        var partitions = new PartitionProgressTable(instanceClient);
        await partitions.WriteAsync(
            [
                new PartitionProgress("hub.servicebus.windows.net", "gone", "sigma", "0", Now - PartitionProgressTable.KeptFor - TimeSpan.FromMinutes(1)),
                new PartitionProgress("hub.servicebus.windows.net", "here", "sigma", "0", Now.AddDays(-3)),
            ],
            Token);
        var canaries = new CanaryTable(instanceClient);
        byte[] key = await canaries.GetKeyAsync(Token);
        EventIdentity canary = Detection(Now, 1).Identity, copy = Detection(Now, 2).Identity;
        await canaries.TakeAsync("gone", canary, Now - CanaryTable.KeptFor - TimeSpan.FromMinutes(1), Token);
        await canaries.TakeAsync("here", canary, Now.AddMinutes(-1), Token);
        await instances.WriteAsync(new InstanceReport("gone", Now - InstanceTable.KeptFor - TimeSpan.FromMinutes(1)), Token);
        await instances.WriteAsync(new InstanceReport("here", Now.AddMinutes(-1)), Token);
        var sources = new SourceTable(await account.CreateTableAsync());
        foreach (int age in new[] { SourceJudge.DaysNeeded, SourceJudge.DaysNeeded + 1 })
        {
            var day = new SourceDay(new SourceKey("hub", "flat", "", "", ""), DateOnly.FromDateTime(Now.UtcDateTime).AddDays(-age));
            day.Add(Now.AddDays(-age), 1);
            await sources.AddAsync(day, Token);
        }

        var logger = new TestLogger<RetentionFunction>();

        var function = new RetentionFunction(
            MsOptions.Create(new DetectionOptions { RetentionDays = days, VerdictRetentionDays = verdictDays }), table, index, verdicts, instances, partitions, canaries, sources, new CorrelationAgenda(new CorrelationTable(await account.CreateTableAsync()), new FakeTimeProvider(Now)), new FakeTimeProvider(Now), logger);
        await function.RunAsync(new TimerInfo(), Token);

        List<Detection> left = await client.ReadDetectionsAsync(Token);
        Assert.Equal(kept, string.Join(' ', left.Select(detection => detection.Identity.ByKind(hub => hub.SequenceNumber)).Order()));
        IReadOnlyDictionary<DetectionId, Verdict> judged = await verdicts.GetAsync([.. detections.Select(detection => detection.Id)], Token);
        Assert.Equal(verdictsKept, string.Join(' ', detections.Where(detection => judged.ContainsKey(detection.Id)).Select(detection => detection.Identity.ByKind(hub => hub.SequenceNumber))));

        // Of months that ended before: October has days that are kept.
        Assert.Equal(days == 0 ? 4 : 3, await pointers.QueryAsync<TableEntity>(cancellationToken: Token).CountAsync(Token));
        Assert.Equal("here", Assert.Single(await instances.ListAsync(DateTimeOffset.UnixEpoch, Token)).Instance);
        Assert.Equal("here", Assert.Single(await partitions.ListAsync(DateTimeOffset.UnixEpoch, Token)).EventHub);
        var today = DateOnly.FromDateTime(Now.UtcDateTime);
        SourceDay arrived = Assert.Single(Assert.Single((await sources.ListAsync(today.AddDays(-60), today, today, Token)).Sources));
        Assert.Equal(DateOnly.FromDateTime(Now.UtcDateTime).AddDays(-SourceJudge.DaysNeeded), arrived.Day);
        Assert.Equal(key, await canaries.GetKeyAsync(Token));
        Assert.Equal(CanaryTable.NameOf(copy), await canaries.TakeAsync("gone", copy, Now, Token));
        Assert.Equal(CanaryTable.NameOf(canary), await canaries.TakeAsync("here", copy, Now, Token));
        Assert.Equal(left.Count == 4 ? 0 : 1, logger.Entries.Count(entry => entry.Id == 39));
    }

    private static Detection Detection(DateTimeOffset enqueued, int number) => new()
    {
        Identity = new HubEventIdentity("hub.servicebus.windows.net", "events", "0", enqueued, number, 0),
        RuleId = "rule",
        RuleTitle = "A title",
        Original = "{}",
    };
}
