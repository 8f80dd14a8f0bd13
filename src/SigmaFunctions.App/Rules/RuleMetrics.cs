using System.Diagnostics.Metrics;
using SigmaFunctions.App.Diagnostics;

namespace SigmaFunctions.App.Rules;

/// <summary>What is measured of the app's rules.</summary>
public sealed class RuleMetrics
{
    /// <summary>Rules that can never fire on a source, by its name under <c>source</c>.</summary>
    public const string BlindRules = "sigmafunctions.rules.blind";

    /// <summary>Rules that run, with the <c>revision</c> of their set.</summary>
    public const string LoadedRules = "sigmafunctions.rules.loaded";

    /// <summary>Rules that could not be used, with the <c>revision</c> of the set that they are not in.</summary>
    public const string RejectedRules = "sigmafunctions.rules.rejected";

    /// <summary>1 while the newest rules of the container cannot be used and older ones go on, else 0.</summary>
    public const string StaleRules = "sigmafunctions.rules.stale";

    private IReadOnlyList<Measurement<int>> _blind = [];
    private IReadOnlyList<Measurement<int>> _loaded = [];
    private IReadOnlyList<Measurement<int>> _rejected = [];
    private volatile int _stale;

    /// <summary>Makes the instruments.</summary>
    public RuleMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        Meter meter = meters.Create(DetectionMetrics.MeterName);
        meter.CreateObservableGauge(LoadedRules, () => _loaded, "{rule}", "Rules that run.");
        meter.CreateObservableGauge(RejectedRules, () => _rejected, "{rule}", "Rules that could not be used.");
        meter.CreateObservableGauge(StaleRules, () => _stale, "{state}", "1 while the newest rules cannot be used and older ones go on.");
        meter.CreateObservableGauge(
            BlindRules, () => _blind, "{rule}", "Rules that can never fire on a source, since its events lack fields that they need.");
    }

    internal void SetRules(int loaded, int rejected, string revision)
    {
        KeyValuePair<string, object?> tag = new("revision", revision);
        _loaded = [new Measurement<int>(loaded, tag)];
        _rejected = [new Measurement<int>(rejected, tag)];
    }

    internal void SetStale(bool stale) => _stale = stale ? 1 : 0;

    internal void SetBlind(IEnumerable<(string Source, int Rules)> blind) =>
        _blind = [.. blind.Select(one => new Measurement<int>(one.Rules, KeyValuePair.Create("source", (object?)one.Source)))];
}
