using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using Moq;
using SigmaFunctions.App.Alerting;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Tests;

/// <summary>Claims are given back while the app runs and when it ends; a store out of reach stops neither.</summary>
public sealed class ClaimKeeperTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 25, 3, 14, 15, TimeSpan.Zero));
    private readonly Mock<TableClient> _table = new();
    private readonly TestLogger<ClaimKeeper> _log = new();
    private int _removals;
    private int _left;

    public ClaimKeeperTests() => _table
        .Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
        .Returns((IEnumerable<TableTransactionAction> actions, CancellationToken _) =>
        {
            Interlocked.Increment(ref _removals);
            return Interlocked.Decrement(ref _left) < 0
                ? throw new RequestFailedException(503, "secret", "ServerBusy", null)
                : Task.FromResult(Response.FromValue<IReadOnlyList<Response>>([], Mock.Of<Response>()));
        });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_idle_goes_while_the_app_runs_and_the_rest_when_it_ends()
    {
        _left = 2;
        var claims = new AlertClaims(_table.Object, _clock);
        using var keeper = new ClaimKeeper(claims, _clock, _log);
        await keeper.StartAsync(Token);
        await UseAsync(claims);
        await RemovalsAsync(1);
        await UseAsync(claims);
        Assert.Equal(1, _left);

        await keeper.StopAsync(Token);

        Assert.Equal((2, 0), (_removals, _left));
        Assert.Empty(_log.Entries);
    }

    [Fact]
    public async Task A_store_out_of_reach_is_told_of_and_stops_nothing()
    {
        var claims = new AlertClaims(_table.Object, _clock);
        using var keeper = new ClaimKeeper(claims, _clock, _log);
        await keeper.StartAsync(Token);
        for (int round = 0; round < 2; round++)
        {
            await UseAsync(claims);
            await RemovalsAsync(round + 1);
        }
        await UseAsync(claims);

        await keeper.StopAsync(Token);

        Assert.Equal([24, 24, 24], _log.Entries.Select(entry => entry.Id));
        Assert.All(_log.Entries, entry => Assert.Contains("(ServerBusy)", entry.Message, StringComparison.Ordinal));
    }

    // The keeper's timer may not have begun yet.
    private async Task RemovalsAsync(int count)
    {
        while (Volatile.Read(ref _removals) < count)
        {
            _clock.Advance(AlertClaims.IdleAfter);
            await Task.Delay(1, Token);
        }
    }

    private async Task UseAsync(AlertClaims claims)
    {
        var identity = new HubEventIdentity("hub", "events", "0", _clock.GetUtcNow(), 1, 0);
        using ClaimUse use = await claims.EnterAsync([DetectionId.Create(identity, "rule")], Token);
        use.Settle();
    }
}
