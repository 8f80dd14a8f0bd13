using Microsoft.Azure.Functions.Worker;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.App.Alerting;

/// <summary>
/// The function that does, every minute, what was left for later: it announces detections whose alerts were left behind, evaluates correlations that are due,
/// and removes windows of no more use.
/// </summary>
/// <param name="sweep">Announces.</param>
/// <param name="windows">Which alerts stand for others.</param>
/// <param name="correlations">Evaluates correlations.</param>
public sealed class SweepFunction(AlertSweep sweep, AlertWindows windows, CorrelationRunner correlations)
{
    /// <summary>Name of the function.</summary>
    public const string Name = "Sweep";

    /// <summary>Announces what is owed, evaluates what is due, and removes windows; none stops the others. Where no other run follows, nothing is left for later.</summary>
    [Function(Name)]
    public Task RunAsync([TimerTrigger("0 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        bool isLast = timer.ScheduleStatus is { } status && status.Next.Year == DateTime.MaxValue.Year;
        return Task.WhenAll(sweep.RunAsync(cancellationToken), windows.RemoveClosedAsync(cancellationToken), correlations.SweepAsync(isLast, cancellationToken));
    }
}
