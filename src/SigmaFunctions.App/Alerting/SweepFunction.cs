using Microsoft.Azure.Functions.Worker;

namespace SigmaFunctions.App.Alerting;

/// <summary>The function that announces, every minute, detections whose alerts were left behind.</summary>
/// <param name="sweep">Does the work.</param>
public sealed class SweepFunction(AlertSweep sweep)
{
    /// <summary>Name of the function.</summary>
    public const string Name = "Sweep";

    /// <summary>Announces what is owed.</summary>
    [Function(Name)]
    public Task RunAsync([TimerTrigger("0 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return sweep.RunAsync(cancellationToken);
    }
}
