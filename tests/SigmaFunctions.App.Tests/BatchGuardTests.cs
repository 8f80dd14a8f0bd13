using System.Text.Json;
using Azure.Data.Tables;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Tests;

namespace SigmaFunctions.App.Tests;

/// <summary>Each guard of a test is another process; one that does not end its batch has ended itself.</summary>
public sealed class BatchGuardTests(StorageAccount account)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_that_ends_well_leaves_no_note_and_the_next_ones_of_its_partition_need_none()
    {
        TableClient table = await account.CreateTableAsync();
        BatchGuard guard = Process(table);

        GuardedBatch first = await guard.BeginAsync(Batch(100), Token);
        Assert.Single(await NotesAsync(table));
        await first.EndAsync(Token);
        Assert.Empty(await NotesAsync(table));
        _ = await guard.BeginAsync(Batch(103), Token);

        Assert.Empty(await NotesAsync(table));
        _ = await guard.BeginAsync(Batch(100, partition: "1"), Token);
        Assert.Single(await NotesAsync(table));
    }

    [Fact]
    public async Task A_batch_that_cannot_be_noted_is_taken_all_the_same()
    {
        TableClient table = await account.CreateTableAsync();
        await table.DeleteAsync(Token);
        var logger = new TestLogger<BatchGuard>();

        GuardedBatch batch = await new BatchGuard(new BatchAttempts(table), logger).BeginAsync(Batch(100), Token);
        await batch.EndAsync(Token);

        Assert.False(batch.IsIsolated);
        Assert.Equal(64, Assert.Single(logger.Entries).Id);
    }

    [Fact]
    public async Task A_batch_that_three_processes_began_and_none_ended_is_taken_message_by_message()
    {
        TableClient table = await account.CreateTableAsync();
        for (int process = 0; process < BatchGuard.MaxAttempts; process++)
        {
            Assert.False((await Process(table).BeginAsync(Batch(100), Token)).IsIsolated);
        }

        Assert.True((await Process(table).BeginAsync(Batch(100), Token)).IsIsolated);
        Assert.False((await Process(table).BeginAsync(Batch(100, partition: "1"), Token)).IsIsolated);
        Assert.False((await Process(table).BeginAsync(Batch(101), Token)).IsIsolated);
    }

    [Fact]
    public async Task A_process_that_fails_and_goes_on_does_not_count()
    {
        TableClient table = await account.CreateTableAsync();
        for (int attempt = 0; attempt < 10; attempt++)
        {
            GuardedBatch batch = await Process(table).BeginAsync(Batch(100), Token);
            Assert.False(batch.IsIsolated);
            await batch.WithdrawAsync();
        }
        Assert.Empty(await NotesAsync(table));
    }

    /// <summary>The host tries a batch again at once while the process that ran out of memory has not ended yet.</summary>
    [Fact]
    public async Task What_one_process_begins_again_and_again_counts_once()
    {
        TableClient table = await account.CreateTableAsync();
        await IsolateAsync(table);
        BatchGuard process = Process(table);
        for (int attempt = 0; attempt < 5; attempt++)
        {
            GuardedBatch batch = await process.BeginAsync(Batch(100), Token);
            Assert.Equal(0, batch.DeadlyAttempts(100));
            await batch.TakeAloneAsync(100, Token);
        }
        Assert.Equal(1, (await Process(table).BeginAsync(Batch(100), Token)).DeadlyAttempts(100));
    }

    [Fact]
    public async Task A_hub_that_is_made_again_has_no_part_in_what_became_of_the_former_one()
    {
        TableClient table = await account.CreateTableAsync();
        await IsolateAsync(table);

        Assert.False((await Process(table).BeginAsync(Batch(100, enqueued: DateTime.UnixEpoch.AddHours(1)), Token)).IsIsolated);
    }

    [Fact]
    public async Task A_process_that_ends_a_batch_leaves_the_note_that_another_has_written_since()
    {
        TableClient table = await account.CreateTableAsync();
        GuardedBatch first = await Process(table).BeginAsync(Batch(100), Token);
        _ = await Process(table).BeginAsync(Batch(103), Token);

        await first.EndAsync(Token);

        Assert.Equal(103L, Assert.Single(await NotesAsync(table)).GetInt64("FirstSequenceNumber"));
    }

    [Fact]
    public async Task Of_an_isolated_batch_the_message_that_was_alone_in_hand_is_known_and_those_before_it_are_done()
    {
        TableClient table = await account.CreateTableAsync();
        await IsolateAsync(table);
        for (int deaths = 0; deaths < BatchGuard.MaxAloneAttempts; deaths++)
        {
            GuardedBatch batch = await Process(table).BeginAsync(Batch(100), Token);
            Assert.Equal(deaths, batch.DeadlyAttempts(101));
            Assert.Equal(deaths > 0, batch.IsDone(100));
            if (!batch.IsDone(100))
            {
                await batch.TakeAloneAsync(100, Token);
            }

            await batch.TakeAloneAsync(101, Token);
        }

        GuardedBatch last = await Process(table).BeginAsync(Batch(100), Token);
        Assert.Equal((0, BatchGuard.MaxAloneAttempts, 0), (last.DeadlyAttempts(100), last.DeadlyAttempts(101), last.DeadlyAttempts(102)));
        Assert.Equal((true, false, false), (last.IsDone(100), last.IsDone(101), last.IsDone(102)));
        await last.TakeAloneAsync(102, Token);
        await last.EndAsync(Token);
        Assert.Empty(await NotesAsync(table));
    }

    [Fact]
    public async Task A_message_alone_in_hand_when_a_process_fails_and_goes_on_is_not_blamed()
    {
        TableClient table = await account.CreateTableAsync();
        await IsolateAsync(table);
        for (int attempt = 0; attempt < 5; attempt++)
        {
            GuardedBatch batch = await Process(table).BeginAsync(Batch(100), Token);
            Assert.True(batch.IsIsolated);
            Assert.Equal(0, batch.DeadlyAttempts(100));
            await batch.TakeAloneAsync(100, Token);
            await batch.WithdrawAsync();
        }
    }

    private static async Task IsolateAsync(TableClient table)
    {
        for (int process = 0; process < BatchGuard.MaxAttempts; process++)
        {
            _ = await Process(table).BeginAsync(Batch(100), Token);
        }
    }

    private static BatchGuard Process(TableClient table) => new(new BatchAttempts(table), new TestLogger<BatchGuard>());

    private static EventBatch Batch(long first, string partition = "0", DateTime? enqueued = null) => EventBatch.Read(
        new Dictionary<string, object?>
        {
            ["PartitionContext"] = $$"""{"FullyQualifiedNamespace":"hub.servicebus.windows.net","EventHubName":"events","PartitionId":"{{partition}}"}""",
            ["SequenceNumberArray"] = new[] { first, first + 1, first + 2 },
            ["EnqueuedTimeUtcArray"] = JsonSerializer.Serialize(Enumerable.Repeat(enqueued ?? DateTime.UnixEpoch, 3)),
        },
        3);

    private static async Task<List<TableEntity>> NotesAsync(TableClient table) => await table.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);
}
