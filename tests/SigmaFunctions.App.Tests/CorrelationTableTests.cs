using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Tests;

namespace SigmaFunctions.App.Tests;

/// <summary>What evaluating correlations asks of a table: the same of the one that the service has as of the one in memory that other tests use.</summary>
public sealed class CorrelationTableTests(StorageAccount account)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_does_what_evaluating_needs(bool isInMemory)
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);

        // There is none yet: reading finds nothing, and writing makes it.
        ICorrelationRows rows = isInMemory
            ? new MemoryCorrelationRows(new MemoryState(clock), () => Task.CompletedTask)
            : new CorrelationTable(new TableClient(account.ConnectionString, $"t{Guid.NewGuid():N}"));
        Assert.Null(await rows.FindAsync("p", "a", Token));
        Assert.Empty(await rows.ReadAsync("p", "z", Token).ToListAsync(Token));
        Assert.False(await rows.AnyBeforeAsync("p", "z", Token));
        Assert.Empty(await rows.ReadManyAsync("a", "z", Token).ToListAsync(Token));
        Assert.Empty(await rows.ReadOldAsync("p", DateTimeOffset.MaxValue, Token).ToListAsync(Token));
        await rows.RemoveAsync([], Token);

        await rows.UpsertAsync([Row("c", 1)], Token);
        await rows.UpsertAsync([Row("a", 2), Row("b", 3), Row("c", 4), Firing("d", 5)], Token);
        await rows.UpsertAsync([new TableEntity("q", "a") { ["Number"] = 6 }], Token);
        Assert.Equal("a2 b3 c4 d5", await ReadAsync("p", "z"));
        Assert.Equal("a2 b3", await ReadAsync("p", "b"));
        Assert.Equal("a6", await ReadAsync("q", "z"));
        Assert.True(await rows.AnyBeforeAsync("p", "b", Token));
        Assert.False(await rows.AnyBeforeAsync("p", "a", Token));
        Assert.Equal("a2 b3 c4 d5 a6", string.Join(' ', await rows.ReadManyAsync("p", "q", Token).Select(Name).ToListAsync(Token)));
        Assert.Equal("d5", string.Join(' ', await rows.ReadFiringsAsync("p", "a", "z", Token).Select(Name).ToListAsync(Token)));
        Assert.Equal("", string.Join(' ', await rows.ReadFiringsAsync("p", "d", "z", Token).Select(Name).ToListAsync(Token)));

        // A row is added where there is none, and changed where it is as it was read.
        Assert.False(await rows.TryWriteAsync([Row("a", 7)], Token));
        TableEntity added = Row("e", 7);
        Assert.True(await rows.TryWriteAsync([added], Token));
        TableEntity read = (await rows.FindAsync("p", "e", Token))!;
        Assert.Equal(read.ETag, added.ETag);
        added["Number"] = 8;
        Assert.True(await rows.TryWriteAsync([added], Token));
        Assert.False(await rows.TryWriteAsync([read], Token));
        Assert.Equal("e8", Name((await rows.FindAsync("p", "e", Token))!));
        await rows.RemoveAsync([Row("e", 0)], Token);
        Assert.False(await rows.TryWriteAsync([added], Token));

        // Several together, or none of them.
        TableEntity first = Row("g", 1);
        TableEntity second = Row("h", 2);
        Assert.True(await rows.TryWriteAsync([first, second], Token));
        Assert.Equal((await rows.FindAsync("p", "h", Token))!.ETag, second.ETag);
        await rows.UpsertAsync([Row("h", 3)], Token);
        first["Number"] = 4;
        Assert.False(await rows.TryWriteAsync([first, second, Row("i", 5)], Token));
        Assert.False(await rows.TryWriteAsync([Row("h", 6), Row("i", 5)], Token));
        Assert.Equal("g1 h3", string.Join(' ', (await rows.ReadAsync("p", "z", Token).Select(Name).ToListAsync(Token)).Where(name => name[0] > 'd')));
        Assert.True(await rows.TryWriteAsync([first, Row("i", 5)], Token));
        await rows.RemoveAsync([Row("i", 0)], Token);
        Assert.False(await rows.TryWriteAsync([first, (await rows.FindAsync("p", "h", Token))!, new TableEntity("p", "i") { ETag = second.ETag }], Token));
        Assert.Equal("g4 h3", string.Join(' ', (await rows.ReadAsync("p", "z", Token).Select(Name).ToListAsync(Token)).Where(name => name[0] > 'd')));
        await rows.RemoveAsync([Row("g", 0), Row("h", 0)], Token);

        // Rows are exchanged together or not at all.
        List<TableEntity> all = await rows.ReadAsync("p", "z", Token).ToListAsync(Token);
        await rows.UpsertAsync([Row("b", 9)], Token);
        Assert.False(await rows.TryExchangeAsync([Row("f", 1)], [all[0], all[1]], Token));
        Assert.Equal("a2 b9 c4 d5", await ReadAsync("p", "z"));
        Assert.True(await rows.TryExchangeAsync([Row("f", 1)], [all[0], all[2]], Token));
        Assert.Equal("b9 d5 f1", await ReadAsync("p", "z"));
        Assert.False(await rows.TryExchangeAsync([], [all[0]], Token));

        Assert.Empty(await rows.ReadOldAsync("p", clock.GetUtcNow().AddMinutes(-1), Token).ToListAsync(Token));
        Assert.Equal(3, await rows.ReadOldAsync("p", clock.GetUtcNow().AddMinutes(1), Token).CountAsync(Token));
        await rows.RemoveAsync([Row("b", 0), Row("gone", 0), Row("f", 0)], Token);
        Assert.Equal("d5", await ReadAsync("p", "z"));

        async Task<string> ReadAsync(string partition, string to) => string.Join(' ', await rows.ReadAsync(partition, to, Token).Select(Name).ToListAsync(Token));
    }

    private static string Name(TableEntity row) => $"{row.RowKey}{row.GetInt32("Number")}";

    private static TableEntity Row(string key, int number) => new("p", key) { ["Number"] = number, ["Nothing"] = null };

    private static TableEntity Firing(string key, int number) => new("p", key) { ["Number"] = number, ["Condition"] = "c" };
}
