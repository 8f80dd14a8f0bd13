using Microsoft.Azure.Functions.Worker;
using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.App.Alerting;

/// <summary>The function that announces, every minute, detections whose alerts were left behind, and removes windows of no more use.</summary>
/// <param name="sweep">Announces.</param>
/// <param name="windows">Which alerts stand for others.</param>
public sealed class SweepFunction(AlertSweep sweep, AlertWindows windows)
{
    /// <summary>Name of the function.</summary>
    public const string Name = "Sweep";

    /// <summary>Announces what is owed, and removes windows; neither stops the other.</summary>
    [Function(Name)]
    public Task RunAsync([TimerTrigger("0 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return Task.WhenAll(sweep.RunAsync(cancellationToken), windows.RemoveClosedAsync(cancellationToken));
    }
}
