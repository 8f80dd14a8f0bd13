using Microsoft.Extensions.Time.Testing;
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

    [Fact]
    public async Task Of_many_that_ask_at_once_one_opens_the_window()
    {
        AlertWindows windows = await CreateAsync();

        AlertWindow[] entered = await Task.WhenAll(Enumerable.Range(0, 12).Select(number => windows.EnterAsync(Key, Ids(number, 1), Hour, Token)));

        DetectionId opened = Assert.Single(entered.Select(window => window.AlertId).Distinct());
        Assert.Contains(opened, Ids(0, 12));
        Assert.Equal(11, (await windows.FindAsync(Key, Token))?.HeldBack);
    }

    private async Task<AlertWindows> CreateAsync() => new(await account.CreateTableAsync(), _clock);
}
