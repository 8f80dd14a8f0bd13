using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

public sealed class AlertOutboxTests(StorageAccount account)
{
    private readonly FakeTimeProvider _clock = new(Some.Time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_owed_is_found_once_it_is_old_and_until_it_is_settled()
    {
        AlertOutbox outbox = new(await account.CreateTableAsync(), _clock);
        DetectionId[] ids = [.. Some.Detections(3).Select(detection => detection.Id)];

        IReadOnlyList<OutboxEntry> entries = await outbox.AddAsync(ids, Token);

        Assert.Empty(await outbox.FindAsync(Some.Time, Token).ToListAsync(Token));
        OutboxEntry found = Assert.Single(await outbox.FindAsync(Some.Time.AddSeconds(1), Token).ToListAsync(Token));
        Assert.Equal(ids, found.Ids);
        Assert.Equal(Some.Time, found.WrittenAt);

        await outbox.RemoveAsync(entries, Token);
        Assert.Empty(await outbox.FindAsync(Some.Time.AddDays(1), Token).ToListAsync(Token));
        await outbox.RemoveAsync(entries, Token);
    }

    [Fact]
    public async Task The_same_again_renews_the_entry()
    {
        AlertOutbox outbox = new(await account.CreateTableAsync(), _clock);
        DetectionId[] ids = [.. Some.Detections(3).Select(detection => detection.Id)];
        await outbox.AddAsync(ids, Token);
        _clock.Advance(TimeSpan.FromMinutes(4));

        await outbox.AddAsync(ids, Token);

        Assert.Empty(await outbox.FindAsync(Some.Time.AddMinutes(1), Token).ToListAsync(Token));
        Assert.Single(await outbox.FindAsync(Some.Time.AddMinutes(5), Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Settling_one_cut_of_a_batch_leaves_another_that_begins_alike()
    {
        AlertOutbox outbox = new(await account.CreateTableAsync(), _clock);
        DetectionId[] ids = [.. Some.Detections(3).Select(detection => detection.Id)];
        IReadOnlyList<OutboxEntry> part = await outbox.AddAsync(ids[..2], Token);
        await outbox.AddAsync(ids, Token);

        await outbox.RemoveAsync(part, Token);

        Assert.Equal(ids, Assert.Single(await outbox.FindAsync(Some.Time.AddDays(1), Token).ToListAsync(Token)).Ids);
    }

    [Fact]
    public async Task Many_are_spread_over_entries_of_one_partition_each()
    {
        AlertOutbox outbox = new(await account.CreateTableAsync(), _clock);
        DetectionId[] ids =
        [
            .. Some.Detections(1_200).Select(detection => detection.Id),
            Some.Detection(Some.Identity(enqueued: Some.Time.AddHours(1))).Id,
        ];

        await outbox.AddAsync(ids, Token);

        List<OutboxEntry> entries = await outbox.FindAsync(Some.Time.AddDays(1), Token).ToListAsync(Token);
        Assert.Equal([1, 200, 500, 500], entries.Select(entry => entry.Ids.Count).Order());
        Assert.All(entries, entry => Assert.Single(entry.Ids.Select(id => id.PartitionKey).Distinct()));
        Assert.Equal(ids.Order(Comparer<DetectionId>.Create((x, y) => string.CompareOrdinal(x.Value, y.Value))),
            entries.SelectMany(entry => entry.Ids).Order(Comparer<DetectionId>.Create((x, y) => string.CompareOrdinal(x.Value, y.Value))));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData(1)]
    [InlineData(null)]
    public async Task A_row_that_is_no_entry_is_given_without_ids_and_hides_no_other(object? ids)
    {
        TableClient table = await account.CreateTableAsync();
        AlertOutbox outbox = new(table, _clock);
        await table.AddEntityAsync(new TableEntity("0", "b") { ["Ids"] = ids, ["WrittenAt"] = Some.Time }, Token);
        await outbox.AddAsync([.. Some.Detections(600).Select(detection => detection.Id)], Token);

        List<OutboxEntry> found = await outbox.FindAsync(Some.Time.AddDays(1), Token).ToListAsync(Token);

        Assert.Equal([0, 100, 500], found.Select(entry => entry.Ids.Count).Order());
        Assert.Equal(("b", Some.Time), found.Where(entry => entry.Ids is []).Select(entry => (entry.RowKey, entry.WrittenAt)).Single());
    }
}
