using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using Moq;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

public sealed class AlertWindowsTests(StorageAccount account)
{
    private const string Key = "entity\nrule\nWS01";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _clock = new(Some.Time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DetectionId[] Ids(int from, int count) => [.. Some.Detections(from + count).Skip(from).Select(detection => detection.Id)];

    [Fact]
    public async Task The_first_detection_opens_the_window_and_stands_for_those_that_follow()
    {
        AlertWindows windows = await CreateAsync();

        Assert.Equal(new AlertWindow(Ids(0, 1)[0], Some.Time + Hour, 2, 0), await windows.EnterAsync(Key, Ids(0, 3), Hour, Token));
        _clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(new AlertWindow(Ids(0, 1)[0], Some.Time + Hour, 6, 0), await windows.EnterAsync(Key, Ids(3, 4), Hour, Token));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(new AlertWindow(Ids(7, 1)[0], Some.Time + Hour + Hour, 0, 6), await windows.EnterAsync(Key, Ids(7, 1), Hour, Token));
    }

    [Fact]
    public async Task The_detection_that_opened_a_window_opens_it_again_and_changes_nothing()
    {
        AlertWindows windows = await CreateAsync();
        AlertWindow window = await windows.EnterAsync(Key, Ids(0, 3), Hour, Token);

        Assert.Equal(window, await windows.EnterAsync(Key, Ids(0, 3), Hour, Token));
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(window, await windows.EnterAsync(Key, Ids(0, 1), Hour, Token));
    }

    [Theory]
    [InlineData("entity\nrule\nWS02")]
    [InlineData("entity\nrule\nws01")]
    [InlineData("rule\nrule")]
    [InlineData("/#?\0\u0001'\ud800")]
    public async Task Other_keys_are_other_windows(string other)
    {
        AlertWindows windows = await CreateAsync();
        await windows.EnterAsync(Key, Ids(0, 1), Hour, Token);

        Assert.Null(await windows.FindAsync(other, Token));
        Assert.Equal(Ids(1, 1)[0], (await windows.EnterAsync(other, Ids(1, 1), Hour, Token)).AlertId);
        Assert.Equal(Ids(1, 1)[0], (await windows.FindAsync(other, Token))?.AlertId);
    }

    [Theory]
    [InlineData("AlertId", 7)]
    [InlineData("Until", "soon")]
    public async Task A_row_that_is_no_window_counts_as_none_and_holds_nobody_up(string property, object value)
    {
        TableClient table = await account.CreateTableAsync();
        var windows = new AlertWindows(table, _clock);
        await windows.EnterAsync(Key, Ids(0, 2), Hour, Token);
        TableEntity row = await table.QueryAsync<TableEntity>(cancellationToken: Token).SingleAsync(Token);
        row[property] = value;
        await table.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, Token);

        Assert.Null(await windows.FindAsync(Key, Token));
        Assert.Equal(Ids(5, 1)[0], (await windows.EnterAsync(Key, Ids(5, 1), Hour, Token)).AlertId);
        Assert.Equal(Ids(5, 1)[0], (await windows.FindAsync(Key, Token))?.AlertId);
    }

    [Fact]
    public async Task Of_many_that_ask_at_once_one_opens_the_window()
    {
        AlertWindows windows = await CreateAsync();

        AlertWindow[] entered = await Task.WhenAll(Enumerable.Range(0, 12).Select(number => windows.EnterAsync(Key, Ids(number, 1), Hour, Token)));

        DetectionId opened = Assert.Single(entered.Select(window => window.AlertId).Distinct());
        Assert.Contains(opened, Ids(0, 12));
        Assert.Equal(11, (await windows.FindAsync(Key, Token))?.HeldBack);
    }

    [Fact]
    public async Task Windows_that_closed_long_ago_are_removed_in_one_pass_over_the_table()
    {
        TableClient table = await account.CreateTableAsync();
        AlertWindows windows = new(table, _clock);
        string[] keys = [.. Enumerable.Range(0, 40).Select(number => $"entity\nrule\nWS{number}")];
        foreach (string key in keys)
            await windows.EnterAsync(key, Ids(0, 1), Hour, Token);
        await windows.EnterAsync(keys[7], Ids(1, 1), Hour, Token);

        _clock.Advance(Hour + AlertWindows.KeptFor - TimeSpan.FromMinutes(257));
        await windows.EnterAsync(keys[7], Ids(2, 1), Hour, Token);
        Assert.Equal(0, await RemoveAsync());
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(39, await RemoveAsync());

        Assert.Equal(Ids(2, 1)[0], (await windows.FindAsync(keys[7], Token))?.AlertId);
        Assert.Single(await table.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));

        async Task<int> RemoveAsync()
        {
            int removed = 0;
            for (int minute = 0; minute < 256; minute++)
            {
                removed += await windows.RemoveClosedAsync(Token);
                _clock.Advance(TimeSpan.FromMinutes(1));
            }
            return removed;
        }
    }

    [Fact]
    public async Task A_window_that_opens_again_while_it_is_removed_stays()
    {
        TableClient real = await account.CreateTableAsync();
        AlertWindows windows = new(real, _clock);
        AlertWindow first = await windows.EnterAsync(Key, Ids(0, 1), Hour, Token);
        _clock.Advance(Hour + AlertWindows.KeptFor + Hour);
        var client = new Mock<TableClient>();
        client.Setup(mock => mock.QueryAsync<TableEntity>(It.IsAny<string>(), It.IsAny<int?>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
            .Returns((string filter, int? size, IEnumerable<string> select, CancellationToken token) => real.QueryAsync<TableEntity>(filter, size, select, token));
        client.Setup(mock => mock.DeleteEntityAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<ETag>(), It.IsAny<CancellationToken>()))
            .Returns(async (string partition, string row, ETag tag, CancellationToken token) =>
            {
                await windows.EnterAsync(Key, Ids(1, 1), Hour, token);
                return await real.DeleteEntityAsync(partition, row, tag, token);
            });
        var removing = new AlertWindows(client.Object, _clock);

        for (int minute = 0; minute < 256; minute++)
        {
            Assert.Equal(0, await removing.RemoveClosedAsync(Token));
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        client.Verify(mock => mock.DeleteEntityAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<ETag>(), It.IsAny<CancellationToken>()), Times.Once);
        Assert.NotEqual(first.AlertId, (await windows.FindAsync(Key, Token))?.AlertId);
    }

    private async Task<AlertWindows> CreateAsync() => new(await account.CreateTableAsync(), _clock);
}
