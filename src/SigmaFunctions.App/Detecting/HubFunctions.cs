using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Triggers;

namespace SigmaFunctions.App.Detecting;

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
            original.Add(FunctionCopy.Of(detect, NameOf(hub), "eventHubName", hub));
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
}
