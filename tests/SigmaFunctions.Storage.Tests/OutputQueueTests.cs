using System.Text;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Outputs;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

public sealed class OutputQueueTests(StorageAccount account)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 3, 14, 15, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Alert Alert => Alert.From(Some.Detection(), "Detections");

    public static TheoryData<OutputMessage> Messages =>
    [
        new OutputMessage(Alert, Now),
        new OutputMessage(Alert, Now.AddTicks(1)) { Attempts = 17 },
        new OutputMessage(Alert, Now) { Burst = new OutputBurst("id-1", Now, Now.AddMinutes(5)) },
    ];

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_is_read_as_it_was_written(OutputMessage message)
    {
        var read = OutputMessage.Parse(message.ToJson());

        Assert.Equal((message.Since, message.Attempts, message.Burst), (read.Since, read.Attempts, read.Burst));
        Assert.Equal(message.Alert.ToJson(), read.Alert.ToJson());
    }

    [Theory]
    [InlineData("")]
    [InlineData("SECRET")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"version":2,"attempts":0,"since":"2026-11-30T00:00:00Z","alert":{}}""")]
    [InlineData("""{"version":1,"attempts":0,"since":"SECRET","alert":{}}""")]
    [InlineData("""{"version":1,"attempts":0,"since":"2026-11-30T00:00:00Z","alert":{"id":"SECRET"}}""")]
    [InlineData("""{"version":1,"attempts":"SECRET","since":"2026-11-30T00:00:00Z","alert":{}}""")]
    public void What_is_no_message_is_said_to_be_none_and_is_not_shown(string text)
    {
        FormatException exception = Assert.Throws<FormatException>(() => OutputMessage.Parse(Encoding.UTF8.GetBytes(text)));

        Assert.DoesNotContain("SECRET", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_sent_is_seen_when_its_time_has_come_and_never_expires()
    {
        (QueueClient client, QueueClient poison, OutputQueue queue) = await CreateAsync();

        await queue.SendAsync(new OutputMessage(Alert, Now), TimeSpan.Zero, Token);
        await queue.SendAsync(new OutputMessage(Alert, Now), TimeSpan.FromHours(1), Token);
        await queue.PutAsideAsync(new OutputMessage(Alert, Now) { Attempts = 3 }, Token);

        QueueMessage message = Assert.Single((await client.ReceiveMessagesAsync(10, cancellationToken: Token)).Value);
        Assert.Equal(DateTimeOffset.MaxValue.Year, message.ExpiresOn!.Value.Year);
        Assert.Equal(2, (await client.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount);
        QueueMessage aside = Assert.Single((await poison.ReceiveMessagesAsync(10, cancellationToken: Token)).Value);
        Assert.Equal(3, OutputMessage.Parse(aside.Body).Attempts);
        Assert.True(await queue.ExistsAsync(Token));
    }

    [Fact]
    public async Task Queues_are_made_where_they_are_not_there()
    {
        var client = new QueueClient(account.ConnectionString, $"q{Guid.NewGuid():N}");
        var poison = new QueueClient(account.ConnectionString, $"{client.Name}{OutputQueue.PoisonSuffix}");
        var queue = new OutputQueue(client, poison);
        Assert.False(await queue.ExistsAsync(Token));

        await queue.CreateIfNotExistsAsync(Token);

        Assert.True(await queue.ExistsAsync(Token));
        await poison.DeleteAsync(Token);
        Assert.False(await queue.ExistsAsync(Token));
    }

    [Fact]
    public async Task A_burst_is_written_where_nobody_else_did()
    {
        var bursts = new BurstTable(await account.CreateTableAsync(), "teams");
        SeenBurst none = await bursts.LookAsync("rule", Token);
        Assert.Null(none.Burst);
        var first = new StoredBurst(new OutputBurst("a-1", Now, Now.AddMinutes(5)), ["a"]);

        Assert.True(await bursts.TryWriteAsync(none, first, Token));
        Assert.False(await bursts.TryWriteAsync(none, first, Token));
        SeenBurst seen = await bursts.LookAsync("rule", Token);
        Assert.Equal((first.Burst, "a", false, false), (seen.Burst!.Burst, Assert.Single(seen.Burst.Told), seen.Burst.IsAnnounced, seen.Burst.IsClosed));
        Assert.True(await bursts.TryWriteAsync(seen, first with { Told = ["a", "b"], IsAnnounced = true, IsClosed = true }, Token));
        Assert.False(await bursts.TryWriteAsync(seen, first, Token));
        StoredBurst last = (await bursts.LookAsync("rule", Token)).Burst!;
        Assert.Equal(("a b", true, true), (string.Join(' ', last.Told), last.IsAnnounced, last.IsClosed));
        Assert.Null((await bursts.LookAsync("other", Token)).Burst);
    }

    [Fact]
    public async Task What_is_counted_is_counted_once_for_its_burst_alone()
    {
        TableClient table = await account.CreateTableAsync();
        var bursts = new BurstTable(table, "teams");
        var burst = new OutputBurst("a-1", Now, Now.AddMinutes(5));
        string[] ids = [.. Some.Detections(7).Select(detection => detection.Id.Value).Order()];
        string Id(int i) => ids[i];

        foreach ((int id, string? host) in new (int, string?)[] { (1, "WS-1"), (2, "ws-1"), (3, "WS-2"), (3, "WS-2"), (4, null), (5, "WS-3") })
        {
            await bursts.AddAsync(burst, Alert with { Id = Id(id), Host = host }, Token);
        }

        await bursts.RemoveAsync(burst, Alert with { Id = Id(5) }, Token);
        await bursts.RemoveAsync(burst, Alert with { Id = Id(6) }, Token);
        await bursts.AddAsync(burst with { Id = "a-2" }, Alert, Token);
        await new BurstTable(table, "slack").AddAsync(burst, Alert, Token);

        BurstCount count = await bursts.CountAsync(burst, 10, Token);
        Assert.Equal((4, 2), (count.Alerts, count.HostCount));
        Assert.Equal([Id(2), Id(3)], count.AlertIds);
        Assert.Equal([Id(2)], (await bursts.CountAsync(burst, 1, Token)).AlertIds);
        Assert.Equal(0, (await bursts.CountAsync(burst with { Id = "a-3" }, 1, Token)).Alerts);
    }

    /// <summary>Whose detections are erased must not stay in what is counted; and the sweep removes the rows with other windows.</summary>
    [Fact]
    public async Task Rows_name_no_host_and_go_a_week_after_their_burst()
    {
        TableClient table = await account.CreateTableAsync();
        var bursts = new BurstTable(table, "teams");
        var burst = new OutputBurst("a-1", Now, Now.AddMinutes(5));
        await bursts.TryWriteAsync(await bursts.LookAsync("rule", Token), new StoredBurst(burst, ["a"]), Token);
        await bursts.AddAsync(burst, Alert with { Host = "WS-SECRET" }, Token);

        List<TableEntity> rows = await table.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);

        Assert.Equal(2, rows.Count);
        Assert.All(rows, row => Assert.Equal(burst.Until, row.GetDateTimeOffset("Until")));
        Assert.DoesNotContain(rows, row => row.Any(column => column.Value?.ToString()?.Contains("SECRET", StringComparison.OrdinalIgnoreCase) ?? false));

        // As the sweep does: a partition a minute.
        DateTimeOffset gone = burst.Until + AlertWindows.KeptFor;
        foreach (string partition in rows.Select(row => row.PartitionKey).Distinct())
        {
            await RemoveClosedAsync(table, partition, gone);
            Assert.Equal(2, await table.QueryAsync<TableEntity>(cancellationToken: Token).CountAsync(Token));
        }

        foreach (string partition in rows.Select(row => row.PartitionKey).Distinct())
        {
            await RemoveClosedAsync(table, partition, gone.AddHours(5));
        }

        Assert.Empty(await table.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));
    }

    /// <summary>At the last time before then that the windows' clock comes to the partition.</summary>
    private static Task<int> RemoveClosedAsync(TableClient table, string partition, DateTimeOffset before)
    {
        const int partitions = 256;
        long minute = before.UtcTicks / TimeSpan.TicksPerMinute;
        minute -= (minute - Convert.ToInt32(partition, 16) + partitions) % partitions;
        return new AlertWindows(table, new FakeTimeProvider(new DateTimeOffset(minute * TimeSpan.TicksPerMinute, TimeSpan.Zero))).RemoveClosedAsync(Token);
    }

    private async Task<(QueueClient Queue, QueueClient Poison, OutputQueue Output)> CreateAsync()
    {
        QueueClient queue = await account.CreateQueueAsync();
        QueueClient poison = await account.CreateQueueAsync();
        return (queue, poison, new OutputQueue(queue, poison));
    }
}
