using System.Diagnostics.Metrics;
using SigmaFunctions.App.Diagnostics;

namespace SigmaFunctions.App.Sources;

/// <summary>What is measured of sources that change.</summary>
public sealed class SourceMetrics
{
    /// <summary>Sources that were told as silent, each once, by <c>hub</c>.</summary>
    public const string Silent = "sigmafunctions.sources.silent";

    /// <summary>Sources that were told to have lost fields, each time once, by <c>hub</c>.</summary>
    public const string Thinner = "sigmafunctions.sources.thinner";

    private readonly Counter<long> _silent;
    private readonly Counter<long> _thinner;

    /// <summary>Makes the instruments.</summary>
    public SourceMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        Meter meter = meters.Create(DetectionMetrics.MeterName);
        _silent = meter.CreateCounter<long>(Silent, "{source}", "Sources that fell silent, by hub.");
        _thinner = meter.CreateCounter<long>(Thinner, "{source}", "Sources that lost fields that rules use, by hub.");
    }

    internal void AddSilent(string hub) => _silent.Add(1, KeyValuePair.Create("hub", (object?)hub));

    internal void AddThinner(string hub) => _thinner.Add(1, KeyValuePair.Create("hub", (object?)hub));
}
