using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Options;
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
            string queue = OutputQueue.NameOf(detections.Value.QueueName, output.Name);
            original.Add(new DefaultFunctionMetadata
            {
                Name = NameOf(output.Name),
                EntryPoint = deliver.EntryPoint,
                ScriptFile = deliver.ScriptFile,
                Language = deliver.Language,
                IsProxy = deliver.IsProxy,
                ManagedDependencyEnabled = deliver.ManagedDependencyEnabled,
                Retry = deliver.Retry,
                RawBindings = [.. deliver.RawBindings!.Select(binding => WithQueue(binding, queue))],
            });
        }
    }

    /// <summary>Name of the function of an output.</summary>
    internal static string NameOf(string output) => $"{DeliverFunction.Name}-{output}";

    private static string WithQueue(string rawBinding, string queue)
    {
        JsonObject binding = JsonNode.Parse(rawBinding)!.AsObject();
        binding["queueName"] = queue;
        return binding.ToJsonString();
    }
}
