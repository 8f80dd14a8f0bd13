using Microsoft.Azure.Functions.Worker;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Triggers;

namespace SigmaFunctions.App.Detecting;

/// <summary>The function that runs the rules over each batch of the event hub.</summary>
/// <param name="pipeline">Does the work.</param>
/// <param name="inHand">Told what is taken and what is done.</param>
public sealed class DetectFunction(DetectionPipeline pipeline, WorkInHand inHand)
{
    /// <summary>Name of the function.</summary>
    public const string Name = "Detect";

    /// <summary>
    /// Runs the rules over one batch. A batch that fails is tried again until it succeeds, and its partition waits meanwhile:
    /// without a retry policy the host would move on past it.
    /// </summary>
    [Function(Name)]
    [ExponentialBackoffRetry(-1, "00:00:01", "00:01:00")]
    public async Task RunAsync(
        [EventHubTrigger("%EventHubName%", Connection = "EventHubConnection", ConsumerGroup = "%EventHubConsumerGroup%")] byte[][] bodies,
        FunctionContext context,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bodies);
        ArgumentNullException.ThrowIfNull(context);
        var batch = EventBatch.Read(context.BindingContext.BindingData, bodies.Length);
        using WorkInHand.Batch? taken = bodies.Length == 0 ? null : inHand.Begin(batch.Identity(message: 0, record: 0));
        await pipeline.RunAsync(bodies, batch, cancellationToken);
        taken?.Done();
    }
}
