using System.Text;
using Microsoft.Azure.Functions.Worker;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Triggers;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.App.Outputs;

/// <summary>The function that delivers what is on the queue of an output; each output has one of its own (<see cref="OutputFunctions"/>).</summary>
/// <param name="deliveries">Deliver.</param>
public sealed class DeliverFunction(OutputDeliveries deliveries)
{
    /// <summary>Name of the function, which that of an output has <c>-NAME</c> behind.</summary>
    public const string Name = "Deliver";

    /// <summary>Deals with one message. One that fails is tried again by the host, and put aside after five times.</summary>
    /// <exception cref="FormatException">The message is not one of this app.</exception>
    [Function(Name)]
    public Task RunAsync(
        [QueueTrigger("alerts-output", Connection = DetectionStorageOptions.Section)] string message,
        FunctionContext context,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(context);
        return deliveries.DeliverAsync(context.FunctionDefinition.Name[(Name.Length + 1)..], OutputMessage.Parse(Encoding.UTF8.GetBytes(message)), cancellationToken);
    }
}
