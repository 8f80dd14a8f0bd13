using Azure.Data.Tables;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>What is removed for its age, and what stays.</summary>
public sealed class RetentionTests(StorageAccount account)
{
    private static readonly DateTimeOffset Before = new(2026, 11, 26, 10, 30, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whole_hours_that_ended_before_are_removed_and_nothing_else()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);
        Detection[] old = [.. Enumerable.Range(0, 250).Select(i => At(Before.AddHours(-1 - (i % 3)), i))];
        Detection[] kept = [At(Before.AddMinutes(-30), 1_000), At(Before.AddMinutes(-1), 1_001), At(Before.AddDays(1), 1_002)];
        await table.AddAsync([.. old, .. kept], Token);
        await client.AddEntityAsync(new TableEntity("00000000", "not a detection"), Token);

        Assert.Equal(250, await table.RemoveAsync(Before, int.MaxValue, Token));

        List<TableEntity> rows = await client.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(
            kept.Select(detection => detection.Id.RowKey).Append("not a detection").Order(StringComparer.Ordinal),
            rows.Select(row => row.RowKey).Order(StringComparer.Ordinal));
        Assert.Equal(0, await table.RemoveAsync(Before, int.MaxValue, Token));
    }

    [Fact]
    public async Task A_run_removes_no_more_than_it_may_and_the_oldest_first()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);
        await table.AddAsync([.. Enumerable.Range(1, 30).Select(i => At(Before.AddHours(-i), i))], Token);

        Assert.Equal(20, await table.RemoveAsync(Before, 20, Token));

        List<Detection> left = await table.QueryAsync(Before.AddDays(-30), Before, Token).ToListAsync(Token);
        Assert.Equal(Enumerable.Range(1, 10), left.Select(detection => (int)detection.Identity.ByKind(hub => hub.SequenceNumber)).Order());
    }

    [Fact]
    public async Task What_instances_say_is_read_newest_first_and_removed_when_they_are_gone()
    {
        var table = new InstanceTable(await account.CreateTableAsync());
        var busy = new InstanceReport("a", Before)
        {
            AppVersion = "1",
            Revision = "r",
            Rules = 3,
            Rejected = 1,
            IsStale = true,
            Events = 5_000_000_000,
            LastBatchAt = Before,
            LastEnqueuedTime = Before.AddSeconds(-1),
            UncountedSince = Before.AddHours(-3),
            HasEnded = true,
        };
        await table.WriteAsync(busy with { Events = 1 }, Token);
        await table.WriteAsync(busy, Token);
        await table.WriteAsync(new InstanceReport("b", Before.AddMinutes(1)), Token);
        await table.WriteAsync(new InstanceReport("c", Before.AddHours(-1)), Token);

        Assert.Equal([new InstanceReport("b", Before.AddMinutes(1)), busy], await table.ListAsync(Before, Token));
        await table.RemoveAsync(Before, Token);
        Assert.Equal(["b", "a"], (await table.ListAsync(DateTimeOffset.UnixEpoch, Token)).Select(report => report.Instance));
    }

    [Fact]
    public async Task What_an_instance_has_in_hand_is_told_oldest_first_up_to_a_bound()
    {
        var table = new InstanceTable(await account.CreateTableAsync());
        string longest = new('h', 256);
        var report = new InstanceReport("a", Before)
        {
            InHand = [.. Enumerable.Range(1, 100).Select(i => new BatchInHand(longest, $"{i}", Before.AddMinutes(-i), Before.AddSeconds(-i), i))],
            InHandCount = 100,
        };

        await table.WriteAsync(report, Token);

        InstanceReport read = Assert.Single(await table.ListAsync(Before, Token));
        Assert.Equal(report.InHand.Reverse().Take(InstanceTable.MaxBatchesInHand), read.InHand);
        Assert.Equal(100, read.InHandCount);
    }

    [Fact]
    public async Task What_instances_of_the_version_before_say_is_read_and_theirs_read_what_this_one_says()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new InstanceTable(client);
        // As it was written before batches in hand were told.
        await client.AddEntityAsync(
            new TableEntity("instances", "former")
            {
                ["At"] = Before,
                ["AppVersion"] = "1.0.0",
                ["Revision"] = "0123456789abcdef",
                ["Rules"] = 3,
                ["Rejected"] = 0,
                ["IsStale"] = false,
                ["Events"] = 12L,
                ["LastBatchAt"] = Before,
                ["LastEnqueuedTime"] = Before,
            },
            Token);
        await table.WriteAsync(
            new InstanceReport("this", Before) { Rules = 4, InHand = [new BatchInHand("events", "0", Before, Before, 1)], InHandCount = 1 }, Token);

        InstanceReport former = (await table.ListAsync(Before, Token)).Single(report => report.Instance == "former");
        Assert.Equal((12L, 0, 0), (former.Events, former.InHand.Length, former.InHandCount));
        // What that version reads, by name and type.
        TableEntity row = await client.GetEntityAsync<TableEntity>("instances", "this", cancellationToken: Token);
        Assert.Equal(
            (Before, 4, 0, false, 0L),
            (row.GetDateTimeOffset("At"), row.GetInt32("Rules"), row.GetInt32("Rejected"), row.GetBoolean("IsStale"), row.GetInt64("Events")));
    }

    private static Detection At(DateTimeOffset enqueued, int number) => Some.Detection(Some.Identity(number, enqueued: enqueued));
}
