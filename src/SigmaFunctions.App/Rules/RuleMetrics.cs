using System.Diagnostics.Metrics;

namespace SigmaFunctions.App.Rules;

/// <summary>What is measured of the app's rules.</summary>
public sealed class RuleMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "SigmaFunctions";

    /// <summary>Rules that can never fire on a source, by its name under <c>source</c>.</summary>
    public const string BlindRules = "sigmafunctions.rules.blind";

    private IReadOnlyList<Measurement<int>> _blind = [];

    /// <summary>Makes the instruments.</summary>
    public RuleMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        meters.Create(MeterName).CreateObservableGauge(
            BlindRules, () => _blind, "{rule}", "Rules that can never fire on a source, since its events lack fields that they need.");
    }

    internal void SetBlind(IEnumerable<(string Source, int Rules)> blind) =>
        _blind = [.. blind.Select(one => new Measurement<int>(one.Rules, KeyValuePair.Create("source", (object?)one.Source)))];
}
