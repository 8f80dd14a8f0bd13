using Microsoft.Azure.Functions.Worker;

namespace SigmaFunctions.App.Health;

/// <summary>The function that looks, every minute, how far each partition of each hub is done, from the hub's word and the host's checkpoints alone.</summary>
/// <param name="check">Looks.</param>
public sealed class BacklogFunction(BacklogCheck check)
{
    /// <summary>Name of the function.</summary>
    public const string Name = "Backlog";

    /// <summary>Looks at all hubs. What cannot be looked at is told of as unknown, and does not make it fail.</summary>
    [Function(Name)]
    public Task RunAsync([TimerTrigger("15 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return check.RunAsync(cancellationToken);
    }
}
