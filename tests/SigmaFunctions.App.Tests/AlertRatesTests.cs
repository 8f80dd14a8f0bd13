using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Alerting;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Tests;

/// <summary>How many alerts a rule may send, on a host and in all, and that counting them takes a bounded memory.</summary>
public sealed class AlertRatesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 3, 14, 15, TimeSpan.Zero);
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private static readonly DetectionId Id = DetectionId.Create(new HubEventIdentity("hub", "events", "0", Now, 1, 0), "rule");

    private readonly FakeTimeProvider _clock = new(Now);

    [Fact]
    public void One_host_alone_never_uses_up_the_room_of_a_rule()
    {
        var rates = new AlertRates(_clock);
        AlertClaim claim = rates.Claim("rule", new AlertLimits(3, 2, Window));

        Assert.Equal("host 1 has room, host 1 has room, Host is full, Host is full", string.Join(", ", Take(claim, 1, 1, 1, 1)));
        claim.Force(1);
        claim.Force(1);
        Assert.Equal("host 2 has room, Everywhere is full, Host is full", string.Join(", ", Take(claim, 2, 3, 1)));
        Assert.Equal("host 1 has room", string.Join(", ", Take(rates.Claim("other", new AlertLimits(3, 2, Window)), 1)));

        _clock.Advance(Window - TimeSpan.FromTicks(1));
        Assert.Equal("Everywhere is full", string.Join(", ", Take(claim, 3)));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("host 1 has room, host 3 has room", string.Join(", ", Take(claim, 1, 3)));
    }

    [Fact]
    public void What_a_batch_gives_back_is_there_again_and_nothing_more()
    {
        var rates = new AlertRates(_clock);
        AlertClaim kept = rates.Claim("rule", new AlertLimits(3, 2, Window));
        AlertClaim released = rates.Claim("rule", new AlertLimits(3, 2, Window));
        _ = Take(kept, 1);
        kept.Keep();
        _ = Take(released, 1, 2);

        released.Release();
        released.Release();
        kept.Release();

        Assert.Equal("host 1 has room, Host is full, host 2 has room, Everywhere is full", string.Join(", ", Take(released, 1, 1, 2, 2)));
        _clock.Advance(Window);
        _ = Take(kept, 1, 2, 3);
        released.Release();
        Assert.Equal("Everywhere is full", string.Join(", ", Take(kept, 4)));
    }

    [Fact]
    public void A_mute_covers_its_host_or_all_and_what_it_held_back_is_told_once()
    {
        AlertClaim claim = new AlertRates(_clock).Claim("rule", new AlertLimits(3, 2, Window));
        claim.Note(1, new Mute(Id, Now + Window, MuteScope.Host), 5);
        Assert.Equal((Id, null), (claim.FindMute(1)?.AlertId, claim.FindMute(2)?.AlertId));
        claim.Note(2, new Mute(Id, Now + Window, MuteScope.Everywhere), 7);

        Assert.Equal((Id, Id), (claim.FindMute(2)?.AlertId, claim.FindMute(3)?.AlertId));
        Assert.Equal(0, claim.TakeUntold(1));
        _clock.Advance(Window);
        Assert.Null(claim.FindMute(1));
        Assert.Equal((7, 5, 0), (claim.TakeUntold(3), claim.TakeUntold(1), claim.TakeUntold(1)));
        claim.Release();
        Assert.Equal((12, 0), (claim.TakeUntold(1), claim.TakeUntold(1)));
    }

    [Fact]
    public void Hosts_beyond_those_that_are_told_apart_share_what_one_has()
    {
        var rates = new AlertRates(_clock);
        var limits = new AlertLimits(null, 2, Window);
        AlertClaim first = rates.Claim("rule", limits);
        AlertClaim second = rates.Claim("other", limits);
        for (uint host = 1; host <= AlertRates.MaxHosts + 1_000; host++)
        {
            first.Force(first.Resolve(host));
        }

        Assert.Equal(AlertRates.MaxHosts, rates.Hosts);
        Assert.Equal(1, (int)first.Resolve(1));
        Assert.Equal((AlertRates.OtherHosts, AlertRates.OtherHosts), (first.Resolve(uint.MaxValue), second.Resolve(1)));
        Assert.Equal("host 1 has room, Host is full", string.Join(", ", Take(first, 1, 1)));
        Assert.Equal("host 0 has room, host 0 has room, Host is full", string.Join(", ", Take(second, 1, 2, 3)));

        // The mute of one that is told apart elsewhere is not that of all others.
        second.Note(4, new Mute(Id, Now + Window, MuteScope.Host), 1);
        Assert.Null(second.FindMute(second.Resolve(5)));

        _clock.Advance(Window);
        Assert.Equal("host 3 has room", string.Join(", ", Take(second, 3)));
        Assert.Equal(1, rates.Hosts);
    }

    private static List<string> Take(AlertClaim claim, params int[] hosts) =>
    [
        .. hosts.Select(host =>
        {
            UInt128 key = claim.Resolve((UInt128)host);
            return claim.TryTake(key, out MuteScope full) ? $"host {key} has room" : $"{full} is full";
        }),
    ];
}
