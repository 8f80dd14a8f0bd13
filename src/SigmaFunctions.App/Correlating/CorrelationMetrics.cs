using System.Diagnostics.Metrics;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Storage.Correlations;

namespace SigmaFunctions.App.Correlating;

/// <summary>What is measured of correlations.</summary>
public sealed class CorrelationMetrics
{
    /// <summary>Matches that correlations count, once for each part of a correlation; a second delivery counts again.</summary>
    public const string Matches = "sigmafunctions.correlation.matches";

    /// <summary>Evaluations of a part, by <c>kind</c>: <c>full</c>, or <c>short</c> where an earlier firing holds all off.</summary>
    public const string Evaluations = "sigmafunctions.correlation.evaluations";

    /// <summary>Firings that were written, by <c>kind</c>: <c>new</c>, <c>changed</c> or <c>superseded</c> by events that came late.</summary>
    public const string Firings = "sigmafunctions.correlation.firings";

    /// <summary>Evaluations that were put off until late events have come.</summary>
    public const string Due = "sigmafunctions.correlation.due";

    /// <summary>Matches that take no part, and evaluations that did not look at all, since there were too many.</summary>
    public const string LeftOut = "sigmafunctions.correlation.left_out";

    /// <summary>Seconds that the oldest evaluation which is due has waited, as of the last look; 0 where none does.</summary>
    public const string Overdue = "sigmafunctions.correlation.overdue";

    // Two looks and what they may take. Then another instance looks, and what this one knew is no longer so.
    private static readonly TimeSpan ToldFor = TimeSpan.FromMinutes(3);

    private readonly TimeProvider _timeProvider;
    private (DateTimeOffset At, TimeSpan Overdue)? _look;
    private readonly Counter<long> _matches;
    private readonly Counter<long> _evaluations;
    private readonly Counter<long> _firings;
    private readonly Counter<long> _due;
    private readonly Counter<long> _leftOut;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Makes the meter.</param>
    /// <param name="timeProvider">Clock.</param>
    public CorrelationMetrics(IMeterFactory meters, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _timeProvider = timeProvider;
        Meter meter = meters.Create(DetectionMetrics.MeterName);
        _matches = meter.CreateCounter<long>(Matches, "{match}", "Matches that correlations count.");
        _evaluations = meter.CreateCounter<long>(Evaluations, "{evaluation}", "Evaluations of a part of a correlation, by kind.");
        _firings = meter.CreateCounter<long>(Firings, "{firing}", "Firings of correlations that were written, by kind.");
        _due = meter.CreateCounter<long>(Due, "{evaluation}", "Evaluations that were put off until late events have come.");
        meter.CreateObservableGauge(Overdue, Measure, "s", "How long the oldest evaluation that is due has waited.");
        _leftOut = meter.CreateCounter<long>(LeftOut, "{match}", "Matches that correlations leave out, since there were too many.");
    }

    internal void Looked(TimeSpan overdue)
    {
        lock (_matches)
        {
            _look = (_timeProvider.GetUtcNow(), overdue);
        }
    }

    internal void AddMatches(long matches) => _matches.Add(matches);

    internal void AddEvaluation(bool isShort) => _evaluations.Add(1, KeyValuePair.Create("kind", (object?)(isShort ? "short" : "full")));

    internal void AddFiring(StoredFiring firing) =>
        _firings.Add(1, KeyValuePair.Create("kind", (object?)(firing.IsSuperseded ? "superseded" : firing.Revision == 1 ? "new" : "changed")));

    internal void AddDue() => _due.Add(1);

    private IEnumerable<Measurement<double>> Measure()
    {
        lock (_matches)
        {
            return _look is { } look && _timeProvider.GetUtcNow() - look.At <= ToldFor ? [new Measurement<double>(look.Overdue.TotalSeconds)] : [];
        }
    }

    internal void AddLeftOut(long matches)
    {
        if (matches > 0)
        {
            _leftOut.Add(matches);
        }
    }
}
