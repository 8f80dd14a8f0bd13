using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using SigmaFunctions.Outputs.Model;

namespace SigmaFunctions.App.Options;

/// <summary>Where alerts go besides the queue: settings <c>Outputs__NAME__*</c>.</summary>
public sealed class OutputsOptions
{
    /// <summary>The outputs by name.</summary>
    public ImmutableArray<OutputOptions> All { get; set; } = [];

    /// <summary>What is wrong with the settings.</summary>
    internal ImmutableArray<string> Faults { get; private set; } = [];

    internal void Read(IConfiguration configuration)
    {
        All = OutputSettings.Read(configuration.GetSection(OutputSettings.Section).AsEnumerable(makePathsRelative: true), out ImmutableArray<string> faults);
        Faults = faults;
    }
}

/// <summary>Checks <see cref="OutputsOptions"/>, and shows no address and no secret.</summary>
/// <param name="detections">Where the queue of alerts is, which those of outputs are named after.</param>
internal sealed class OutputsOptionsValidator(IOptions<DetectionOptions> detections) : IValidateOptions<OutputsOptions>
{
    private const int LongestQueueName = 63;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, OutputsOptions options)
    {
        string[] failures =
        [
            .. options.Faults,
            .. options.All.Where(output => PoisonQueueOf(output).Length > LongestQueueName)
                .Select(output => $"Detections__QueueName is too long for output {output.Name}: the queue {PoisonQueueOf(output)} has more than {LongestQueueName} characters."),
        ];
        return failures is [] ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private string PoisonQueueOf(OutputOptions output) =>
        Storage.Outputs.OutputQueue.NameOf(detections.Value.QueueName, output.Name) + Storage.Outputs.OutputQueue.PoisonSuffix;
}
