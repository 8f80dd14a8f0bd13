using System.Text.Json;
using Azure.Data.Tables;
using SigmaFunctions.EndToEnd.Tests.Faults;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>A partition that stands while the others go on is seen, before anything of it is done: by the instance that has its batch, and from the hub.</summary>
public sealed class StalledPartitionTests
{
    private const string Hanging = "2";
    private const string Unreadable = "{'single': 'quotes'}";

    private static readonly string[] Others = ["0", "1", "3"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_partition_of_four_that_hangs_grows_older_in_health_and_backlog_while_the_others_stay_at_zero()
    {
        FaultProxy? started = null;
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(
            MarkedRule.Yaml, partitions: 4, storeThrough: async address => (started = await FaultProxy.StartAsync(address, () => false)).ConnectionString);
        await using FaultProxy proxy = started!;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        EventHubsTrigger trigger = deployment.CreateTrigger(blobs: new CheckpointBlobs(deployment.StorageConnection));

        // The store never answers for the one dead letter, which only one partition has.
        proxy.Hold(DeadLetterStore.DefaultName);
        await deployment.SendToAsync(Hanging, Unreadable);
        foreach (string partition in Others)
        {
            await deployment.SendToAsync(partition, Event(1), Event(2));
        }

        Task running = trigger.RunAsync(stop.Token);
        await UntilAsync(running, () => Task.FromResult(trigger.Statistics.Events == 6));
        foreach (string partition in Others)
        {
            await deployment.SendToAsync(partition, Event(3));
        }

        await UntilAsync(running, () => Task.FromResult(trigger.Statistics.Events == 9));
        await UntilAsync(running, async () => (await LookAsync(deployment)).Count(one => one.Behind == 0) == Others.Length);

        Dictionary<string, JsonElement> first = await PartitionsAsync(deployment);
        Assert.Equal(["0", "1", "2", "3"], first.Keys);
        Assert.All(Others, partition =>
        {
            Assert.Equal((0, 0), (first[partition].GetProperty("behind").GetInt64(), first[partition].GetProperty("ageSeconds").GetDouble()));
            Assert.Equal(2, first[partition].GetProperty("checkpoint").GetInt64());
            Assert.Empty(first[partition].GetProperty("inHand").EnumerateArray());
        });
        Assert.Equal((1, JsonValueKind.Null), (first[Hanging].GetProperty("behind").GetInt64(), first[Hanging].GetProperty("checkpoint").ValueKind));
        Assert.True(Age(first) > 0);
        Assert.True(AgeInHand(first) > 0);

        // Health is looked at no more often than every ten seconds.
        Dictionary<string, JsonElement> later = first;
        await UntilAsync(running, async () =>
        {
            await LookAsync(deployment);
            later = await PartitionsAsync(deployment);
            return AgeInHand(later) > AgeInHand(first);
        });
        Assert.True(Age(later) > Age(first));
        Assert.All(Others, partition => Assert.Equal(0, later[partition].GetProperty("ageSeconds").GetDouble()));

        proxy.Release();
        await UntilAsync(running, () => Task.FromResult(trigger.Statistics.Events == 10));
        await UntilAsync(running, async () => (await LookAsync(deployment)).All(one => one.Behind == 0));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.All(await LookAsync(deployment), one => Assert.Equal(TimeSpan.Zero, one.AgeAt(DateTimeOffset.UtcNow)));
    }

    private static string Event(int number) =>
        $$"""{"category":"process_creation","product":"windows","Computer":"host","Image":"C:\\a.exe","CommandLine":"a.exe marker {{number}}"}""";

    private static double Age(Dictionary<string, JsonElement> partitions) => partitions[Hanging].GetProperty("ageSeconds").GetDouble();

    private static double AgeInHand(Dictionary<string, JsonElement> partitions)
    {
        JsonElement batch = Assert.Single(partitions[Hanging].GetProperty("inHand").EnumerateArray());
        Assert.True(batch.GetProperty("tries").GetInt32() > 0);
        Assert.True(batch.GetProperty("since").GetDateTimeOffset() >= batch.GetProperty("oldestEnqueuedTime").GetDateTimeOffset());
        return batch.GetProperty("ageSeconds").GetDouble();
    }

    private static async Task<IReadOnlyList<PartitionProgress>> LookAsync(LocalDeployment deployment)
    {
        await deployment.InvokeTimerAsync("Backlog");
        return await new PartitionProgressTable(
            new TableClient(deployment.StorageConnection, DetectionTable.DefaultName + InstanceTable.NameSuffix)).ListAsync(DateTimeOffset.UnixEpoch, Token);
    }

    private static async Task<Dictionary<string, JsonElement>> PartitionsAsync(LocalDeployment deployment)
    {
        HttpReply reply = await HttpTrigger.Find(deployment.Worker.Functions).Single(found => found.Route == "health/details")
            .InvokeAsync(deployment.Worker, new Uri("http://127.0.0.1/api/health/details"), Token);
        Assert.Equal(200, reply.Status);
        return JsonDocument.Parse(reply.Body).RootElement.GetProperty("partitions").EnumerateArray()
            .ToDictionary(one => one.GetProperty("partition").GetString()!, StringComparer.Ordinal);
    }

    private static async Task UntilAsync(Task running, Func<Task<bool>> isSo)
    {
        while (!await isSo())
        {
            if (running.IsCompleted)
            {
                await running;
            }

            await Task.Delay(50, Token);
        }
    }
}
