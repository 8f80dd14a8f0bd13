using System.Collections.Immutable;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using Moq;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;
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
    public async Task A_window_is_written_where_it_is_as_it_was_seen()
    {
        AlertWindows windows = await CreateAsync();
        AlertWindow first = Window(Ids(0, 1)[0]);
        AlertWindow second = first with { HeldBack = 6, HeldBackBefore = 2 };

        SeenWindow none = await windows.LookAsync(Key, Token);
        SeenWindow? opened = await windows.TryWriteAsync(none, first, Token);
        SeenWindow? counted = await windows.TryWriteAsync(opened!, second, Token);

        Assert.Equal(new SeenWindow(Key, null, null), none);
        Assert.Equal(first, opened?.Window);
        Assert.Equal(second, counted?.Window);
        Assert.Equal(counted, await windows.LookAsync(Key, Token));

        Assert.Null(await windows.TryWriteAsync(none, Window(Ids(1, 1)[0]), Token));
        Assert.Null(await windows.TryWriteAsync(opened!, Window(Ids(1, 1)[0]), Token));
        Assert.Equal(counted, await windows.LookAsync(Key, Token));
    }

    [Theory]
    [InlineData("entity\nrule\nWS02")]
    [InlineData("entity\nrule\nws01")]
    [InlineData("rule\nrule")]
    [InlineData("/#?\0\u0001'\ud800")]
    public async Task Other_keys_are_other_windows(string other)
    {
        AlertWindows windows = await CreateAsync();
        await OpenAsync(windows, Key, Ids(0, 1)[0]);

        Assert.Null((await windows.LookAsync(other, Token)).Window);
        await OpenAsync(windows, other, Ids(1, 1)[0]);
        Assert.Equal(Ids(1, 1)[0], (await windows.LookAsync(other, Token)).Window?.AlertId);
    }

    [Theory]
    [InlineData("AlertId", 7)]
    [InlineData("Until", "soon")]
    public async Task A_row_that_is_no_window_counts_as_none_and_holds_nobody_up(string property, object value)
    {
        TableClient table = await account.CreateTableAsync();
        var windows = new AlertWindows(table, _clock);
        await OpenAsync(windows, Key, Ids(0, 1)[0]);
        TableEntity row = await table.QueryAsync<TableEntity>(cancellationToken: Token).SingleAsync(Token);
        row[property] = value;
        await table.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, Token);

        Assert.Null((await windows.LookAsync(Key, Token)).Window);
        await OpenAsync(windows, Key, Ids(5, 1)[0]);
        Assert.Equal(Ids(5, 1)[0], (await windows.LookAsync(Key, Token)).Window?.AlertId);
    }

    [Fact]
    public async Task Of_many_that_saw_none_one_opens_the_window()
    {
        AlertWindows windows = await CreateAsync();
        SeenWindow none = await windows.LookAsync(Key, Token);

        SeenWindow?[] written = await Task.WhenAll(Ids(0, 12).Select(id => windows.TryWriteAsync(none, Window(id), Token)));

        SeenWindow opened = Assert.Single(written, one => one is not null)!;
        Assert.Equal(opened, await windows.LookAsync(Key, Token));
    }

    [Fact]
    public async Task All_mutes_of_a_rule_come_back_from_one_row()
    {
        AlertWindows windows = await CreateAsync();
        DetectionId[] ids = Ids(0, RuleMutes.MaxHosts + 1);
        var mutes = new RuleMutes(
            new AlertWindow(ids[^1], Some.Time + Hour, 7, 3),
            Enumerable.Range(0, RuleMutes.MaxHosts).ToImmutableDictionary(
                number => UInt128.MaxValue - (UInt128)number, number => new HostMute(ids[number], DateTimeOffset.MaxValue.AddTicks(-number))));

        SeenMutes none = await windows.LookAtMutesAsync("rule", Token);
        Assert.NotNull(await windows.TryWriteAsync(none, mutes, Token));
        SeenMutes seen = await windows.LookAtMutesAsync("rule", Token);

        Assert.Empty(none.Mutes.All);
        Assert.Equal(mutes.Everywhere, seen.Mutes.Everywhere);
        Assert.Equal(mutes.Hosts.OrderBy(pair => pair.Key), seen.Mutes.Hosts.OrderBy(pair => pair.Key));
        Assert.Equal(ids.ToHashSet(), seen.Mutes.All.Select(mute => mute.AlertId).ToHashSet());
        Assert.Equal([ids[0]], seen.Mutes.Without(ids.Skip(1).ToHashSet()).All.Select(mute => mute.AlertId));
        Assert.Null(await windows.TryWriteAsync(none, mutes, Token));
        Assert.Empty((await windows.LookAtMutesAsync("other", Token)).Mutes.All);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("soon", 0)]
    [InlineData("0:1", 0)]
    [InlineData("0:99999999999999999999:20261125031415000000-00000000000000000000000000000000", 0)]
    [InlineData("x:1:202611250314150000000-00000000000000000000000000000000", 0)]
    [InlineData("0:1:202611250314150000000-00000000000000000000000000000000", 1)]
    [InlineData("soon 0:1:202611250314150000000-00000000000000000000000000000000 ", 1)]
    public async Task What_is_no_mute_of_a_host_counts_as_none(string hosts, int mutes)
    {
        TableClient table = await account.CreateTableAsync();
        await table.AddEntityAsync(FormerMute(("Hosts", hosts)), Token);

        Assert.Equal(mutes + 1, (await new AlertWindows(table, _clock).LookAtMutesAsync("rule", Token)).Mutes.All.Count());
    }

    [Fact]
    public async Task A_version_that_mutes_rules_everywhere_reads_and_is_read()
    {
        TableClient table = await account.CreateTableAsync();
        AlertWindows windows = new(table, _clock);
        var host = new RuleMutes(null, RuleMutes.None.Hosts.Add(7, new HostMute(Ids(1, 1)[0], Some.Time + Hour)));

        // Its row is that of a window: the alert, until when, and two counts.
        await table.AddEntityAsync(FormerMute(), Token);
        SeenMutes seen = await windows.LookAtMutesAsync("rule", Token);
        Assert.Equal(new AlertWindow(Ids(0, 1)[0], Some.Time + Hour, 5, 4), seen.Mutes.Everywhere);
        Assert.Empty(seen.Mutes.Hosts);

        // It passes over what it does not know of an open mute, and takes a row without an alert for none.
        seen = (await windows.TryWriteAsync(seen, seen.Mutes with { Hosts = host.Hosts }, Token))!;
        TableEntity both = await table.QueryAsync<TableEntity>(cancellationToken: Token).SingleAsync(Token);
        Assert.Equal((Ids(0, 1)[0].Value, Some.Time + Hour, 5, 4), (both["AlertId"], both["Until"], both["HeldBack"], both["HeldBackBefore"]));
        await windows.TryWriteAsync(seen, host, Token);
        TableEntity alone = await table.QueryAsync<TableEntity>(cancellationToken: Token).SingleAsync(Token);
        Assert.Null(alone.GetString("AlertId"));
        Assert.Equal(Some.Time + Hour, alone["Until"]);
    }

    [Fact]
    public async Task Windows_that_closed_long_ago_are_removed_in_one_pass_over_the_table()
    {
        TableClient table = await account.CreateTableAsync();
        AlertWindows windows = new(table, _clock);
        string[] keys = [.. Enumerable.Range(0, 40).Select(number => $"entity\nrule\nWS{number}")];
        foreach (string key in keys)
        {
            await OpenAsync(windows, key, Ids(0, 1)[0]);
        }

        _clock.Advance(Hour + AlertWindows.KeptFor - TimeSpan.FromMinutes(257));
        await OpenAsync(windows, keys[7], Ids(2, 1)[0]);
        Assert.Equal(0, await RemoveAsync());
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(39, await RemoveAsync());

        Assert.Equal(Ids(2, 1)[0], (await windows.LookAsync(keys[7], Token)).Window?.AlertId);
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
        await OpenAsync(windows, Key, Ids(0, 1)[0]);
        _clock.Advance(Hour + AlertWindows.KeptFor + Hour);
        var client = new Mock<TableClient>();
        client.Setup(mock => mock.QueryAsync<TableEntity>(It.IsAny<string>(), It.IsAny<int?>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
            .Returns((string filter, int? size, IEnumerable<string> select, CancellationToken token) => real.QueryAsync<TableEntity>(filter, size, select, token));
        client.Setup(mock => mock.DeleteEntityAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<ETag>(), It.IsAny<CancellationToken>()))
            .Returns(async (string partition, string row, ETag tag, CancellationToken token) =>
            {
                await OpenAsync(windows, Key, Ids(1, 1)[0]);
                return await real.DeleteEntityAsync(partition, row, tag, token);
            });
        var removing = new AlertWindows(client.Object, _clock);

        for (int minute = 0; minute < 256; minute++)
        {
            Assert.Equal(0, await removing.RemoveClosedAsync(Token));
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        client.Verify(mock => mock.DeleteEntityAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<ETag>(), It.IsAny<CancellationToken>()), Times.Once);
        Assert.Equal(Ids(1, 1)[0], (await windows.LookAsync(Key, Token)).Window?.AlertId);
    }

    private static TableEntity FormerMute(params (string Name, object Value)[] more)
    {
        // The first half of SHA-256 of "rule\nrule", and its first byte.
        var row = new TableEntity("76", "76889ab5698dfe0382acde91583b78c1")
        {
            ["AlertId"] = Ids(0, 1)[0].Value,
            ["Until"] = Some.Time + Hour,
            ["HeldBack"] = 5,
            ["HeldBackBefore"] = 4,
        };
        foreach ((string name, object value) in more)
        {
            row[name] = value;
        }

        return row;
    }

    private AlertWindow Window(DetectionId id) => new(id, _clock.GetUtcNow() + Hour, 0, 0);

    private async Task OpenAsync(AlertWindows windows, string key, DetectionId id) =>
        Assert.NotNull(await windows.TryWriteAsync(await windows.LookAsync(key, Token), Window(id), Token));

    private async Task<AlertWindows> CreateAsync() => new(await account.CreateTableAsync(), _clock);
}
