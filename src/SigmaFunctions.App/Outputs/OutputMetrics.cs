using System.Diagnostics.Metrics;
using SigmaFunctions.App.Diagnostics;

namespace SigmaFunctions.App.Outputs;

/// <summary>What is measured of outputs.</summary>
public sealed class OutputMetrics
{
    /// <summary>
    /// Messages on the queues of outputs that were dealt with, by <c>output</c> and <c>outcome</c>: <c>delivered</c>, <c>suppressed</c>, <c>grouped</c> (counted for
    /// one message about many), <c>postponed</c> (to be tried again) or <c>put_aside</c> (never to be delivered).
    /// </summary>
    public const string Notifications = "sigmafunctions.outputs.notifications";

    /// <summary>Seconds from when an alert was put on the queue of an output until the output has it, by <c>output</c>.</summary>
    public const string Lag = "sigmafunctions.outputs.lag";

    private static readonly InstrumentAdvice<double> LagAdvice = new()
    {
        HistogramBucketBoundaries = [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400],
    };

    private readonly Counter<long> _notifications;
    private readonly Histogram<double> _lag;

    /// <summary>Makes the instruments.</summary>
    public OutputMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        Meter meter = meters.Create(DetectionMetrics.MeterName);
        _notifications = meter.CreateCounter<long>(Notifications, "{message}", "Messages of outputs that were dealt with, by output and outcome.");
        _lag = meter.CreateHistogram(Lag, "s", "From the queue of an output until the output has an alert.", advice: LagAdvice);
    }

    internal void Add(string output, string outcome) =>
        _notifications.Add(1, KeyValuePair.Create("output", (object?)output), KeyValuePair.Create("outcome", (object?)outcome));

    internal void AddDelivered(string output, TimeSpan lag)
    {
        Add(output, "delivered");
        _lag.Record(lag.TotalSeconds, KeyValuePair.Create("output", (object?)output));
    }
}
