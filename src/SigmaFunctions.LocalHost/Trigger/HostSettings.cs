using System.Text.Json;
using SigmaFunctions.LocalHost.Processes;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>What <c>host.json</c> says about the Event Hubs trigger, with the extension's defaults.</summary>
/// <param name="MaxEventBatchSize">Most events in a batch.</param>
/// <param name="PrefetchCount">Events fetched ahead for each partition.</param>
internal sealed record HostSettings(int MaxEventBatchSize = 100, int PrefetchCount = 300)
{
    /// <summary>Reads a <c>host.json</c>.</summary>
    /// <exception cref="LocalHostException">The file is missing or not as it should be.</exception>
    public static HostSettings Read(string path)
    {
        var defaults = new HostSettings();
        try
        {
            using FileStream stream = File.OpenRead(path);
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.TryGetProperty("extensions", out JsonElement extensions) && extensions.TryGetProperty("eventHubs", out JsonElement eventHubs)
                ? new HostSettings(
                    Number(eventHubs, "maxEventBatchSize", 1, defaults.MaxEventBatchSize),
                    Number(eventHubs, "prefetchCount", 0, defaults.PrefetchCount))
                : defaults;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or FormatException or InvalidOperationException)
        {
            throw new LocalHostException($"{path} cannot be used: {exception.Message}", exception);
        }
    }

    private static int Number(JsonElement section, string name, int minimum, int otherwise)
    {
        if (!section.TryGetProperty(name, out JsonElement value))
        {
            return otherwise;
        }

        int number = value.GetInt32();
        return number >= minimum ? number : throw new FormatException($"extensions.eventHubs.{name} is {number}; it must be {minimum} or more.");
    }
}
