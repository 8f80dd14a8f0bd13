using System.Collections.Immutable;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Triggers;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.App.Outputs;

/// <summary>Gives every output a function of its own, <c>Deliver-NAME</c>, in the place of <c>Deliver</c>; where there are no outputs there is none.</summary>
/// <param name="outputs">The outputs; checked at start.</param>
/// <param name="detections">Name of the queue of alerts.</param>
internal sealed class OutputFunctions(IOptions<OutputsOptions> outputs, IOptions<DetectionOptions> detections) : IFunctionMetadataTransformer
{
    private readonly ImmutableArray<OutputOptions> _outputs = outputs.Value.All;

    /// <inheritdoc/>
    public string Name => nameof(OutputFunctions);

    /// <inheritdoc/>
    public void Transform(IList<IFunctionMetadata> original)
    {
        IFunctionMetadata deliver = original.Single(function => function.Name == DeliverFunction.Name);
        original.Remove(deliver);
        foreach (OutputOptions output in _outputs)
        {
            original.Add(FunctionCopy.Of(deliver, $"{DeliverFunction.Name}-{output.Name}", "queueName", OutputQueue.NameOf(detections.Value.QueueName, output.Name)));
        }
    }
}
