using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.App.Options;

namespace SigmaFunctions.App.Triggers;

/// <summary>
/// Gives every event hub a function of its own where the app reads several: a trigger has one hub. They take the place of <c>Detect</c> and
/// differ from it in their name and hub alone. One hub leaves <c>Detect</c> as it was built.
/// </summary>
/// <param name="options">Which hubs; checked at start.</param>
internal sealed class HubFunctions(IOptions<EventHubOptions> options) : IFunctionMetadataTransformer
{
    // The host takes letters, digits, hyphens and underscores, at most 128.
    private const int MaxNameLength = 128;

    private readonly ImmutableArray<string> _hubs = options.Value.Names;

    /// <inheritdoc/>
    public string Name => nameof(HubFunctions);

    /// <inheritdoc/>
    public void Transform(IList<IFunctionMetadata> original)
    {
        if (_hubs.Length == 1)
        {
            return;
        }

        IFunctionMetadata detect = original.Single(function => function.Name == DetectFunction.Name);
        original.Remove(detect);
        foreach (string hub in _hubs)
        {
            original.Add(Of(detect, hub));
        }
    }

    /// <summary>
    /// Name of the function of a hub: <c>Detect-HUB</c>. A hub whose name no function can have (a period, or too long) gets a name like it that ends in
    /// eight hex digits of its own.
    /// </summary>
    internal static string NameOf(string hub)
    {
        string name = $"{DetectFunction.Name}-{hub}";
        if (name.Length <= MaxNameLength && !hub.Contains('.', StringComparison.Ordinal))
        {
            return name;
        }

        string own = $"-{XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(hub.ToUpperInvariant())):x8}";
        return name[..Math.Min(name.Length, MaxNameLength - own.Length)].Replace('.', '_') + own;
    }

    private static DefaultFunctionMetadata Of(IFunctionMetadata detect, string hub) => new()
    {
        Name = NameOf(hub),
        EntryPoint = detect.EntryPoint,
        ScriptFile = detect.ScriptFile,
        Language = detect.Language,
        IsProxy = detect.IsProxy,
        ManagedDependencyEnabled = detect.ManagedDependencyEnabled,
        Retry = detect.Retry,
        RawBindings = [.. detect.RawBindings!.Select(binding => WithHub(binding, hub))],
    };

    private static string WithHub(string rawBinding, string hub)
    {
        JsonObject binding = JsonNode.Parse(rawBinding)!.AsObject();
        binding["eventHubName"] = hub;
        return binding.ToJsonString();
    }
}
