using Azure.Data.Tables;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>Entries that versions before claims leave in the outbox are read as long as there may be any.</summary>
public sealed class AlertOutboxTests(StorageAccount account)
{
    // As those versions write them.
    private const string IdsOfThree =
        "202611250314159260000-0f7e1f2a9d4a473749fd7c019c2a7cc5 202611250314159270000-032d93fc7c67edf5a6fb94e0cf4c8b32 202611250314159280000-09f2c53f7d4d9120daa20d1de457476e";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_owed_is_found_once_it_is_old_and_until_it_is_settled()
    {
        TableClient table = await account.CreateTableAsync();
        var outbox = new AlertOutbox(table);
        await table.AddEntityAsync(Entry("00", IdsOfThree), Token);

        Assert.Empty(await outbox.FindAsync(Some.Time, Token).ToListAsync(Token));
        OutboxEntry found = Assert.Single(await outbox.FindAsync(Some.Time.AddSeconds(1), Token).ToListAsync(Token));
        Assert.Equal(IdsOfThree.Split(' '), found.Ids.Select(id => id.Value));
        Assert.Equal(Some.Time, found.WrittenAt);

        await outbox.RemoveAsync(found, Token);
        Assert.Empty(await outbox.FindAsync(Some.Time.AddDays(1), Token).ToListAsync(Token));
        await outbox.RemoveAsync(found, Token);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData(1)]
    [InlineData(null)]
    public async Task A_row_that_is_no_entry_is_given_without_ids_and_hides_no_other(object? ids)
    {
        TableClient table = await account.CreateTableAsync();
        await table.AddEntityAsync(Entry("b", ids), Token);
        await table.AddEntityAsync(Entry("00", IdsOfThree), Token);

        List<OutboxEntry> found = await new AlertOutbox(table).FindAsync(Some.Time.AddDays(1), Token).ToListAsync(Token);

        Assert.Equal([0, 3], found.Select(entry => entry.Ids.Count).Order());
        Assert.Equal(("b", Some.Time), found.Where(entry => entry.Ids is []).Select(entry => (entry.RowKey, entry.WrittenAt)).Single());
    }

    private static TableEntity Entry(string rowKey, object? ids) => new("0", rowKey) { ["Ids"] = ids, ["WrittenAt"] = Some.Time };
}
