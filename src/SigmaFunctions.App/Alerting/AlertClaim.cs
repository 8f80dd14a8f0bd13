using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.App.Alerting;

/// <summary>
/// What one batch has taken of a rule's room for alerts. It counts at once, so that batches which are under way together do not send
/// more than there is room for; what is not kept in the end is given back, so that a batch which is tried again does not count twice.
/// </summary>
/// <param name="rates">Where it is taken from.</param>
/// <param name="ruleId">The rule.</param>
/// <param name="limits">The limits.</param>
internal sealed class AlertClaim(AlertRates rates, string ruleId, AlertLimits limits)
{
    private readonly List<AlertRates.Place> _places = [];
    private readonly List<(UInt128 Host, MuteScope Scope, int HeldBack)> _told = [];

    /// <summary>The key under which a host counts.</summary>
    public UInt128 Resolve(UInt128 host) => limits.IsAny ? rates.Resolve(ruleId, host) : host;

    /// <summary>The mute that covers a host; null where none does.</summary>
    public Mute? FindMute(UInt128 host) => limits.IsAny ? rates.FindMute(ruleId, host) : null;

    /// <summary>Takes room for one alert.</summary>
    /// <param name="host">The host.</param>
    /// <param name="full">What is full where there is none.</param>
    /// <returns>Whether there is.</returns>
    public bool TryTake(UInt128 host, out MuteScope full) => TryTake(host, isForced: false, out full);

    /// <summary>Counts an alert that is sent whether there is room or not.</summary>
    public void Force(UInt128 host) => TryTake(host, isForced: true, out _);

    /// <summary>How many detections an alert tells of that were held back in mutes which have ended.</summary>
    public int TakeUntold(UInt128 host)
    {
        if (!limits.IsAny)
        {
            return 0;
        }

        (int ofHost, int ofRule) = rates.TakeUntold(ruleId, host);
        if (ofHost > 0)
        {
            _told.Add((host, MuteScope.Host, ofHost));
        }

        if (ofRule > 0)
        {
            _told.Add((host, MuteScope.Everywhere, ofRule));
        }

        return ofHost + ofRule;
    }

    /// <summary>Gives everything back.</summary>
    public void Release()
    {
        _places.ForEach(rates.GiveBack);
        _told.ForEach(told => rates.AddUntold(ruleId, told.Host, told.Scope, told.HeldBack));
        Keep();
    }

    /// <summary>Ends the claim and leaves what it took as taken.</summary>
    public void Keep()
    {
        _places.Clear();
        _told.Clear();
    }

    /// <summary>Notes a mute that was announced or will be, and detections that it held back.</summary>
    public void Note(UInt128 host, Mute mute, int heldBack)
    {
        rates.NoteMute(ruleId, host, mute, limits.Window);
        rates.AddUntold(ruleId, host, mute.Scope, heldBack);
    }

    private bool TryTake(UInt128 host, bool isForced, out MuteScope full)
    {
        full = default;
        if (!limits.IsAny)
        {
            return true;
        }

        if (rates.Take(ruleId, host, limits, isForced, out full) is not { } place)
        {
            return false;
        }

        _places.Add(place);
        return true;
    }
}
