using System.Globalization;
using System.Text.Json;
using SigmaFunctions.LocalHost.Processes;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>What <c>host.json</c> says about triggers, with the extensions' defaults.</summary>
/// <param name="MaxEventBatchSize">Most events in a batch of an event hub.</param>
/// <param name="PrefetchCount">Events fetched ahead for each partition.</param>
internal sealed record HostSettings(int MaxEventBatchSize = 100, int PrefetchCount = 300)
{
    /// <summary>Those of queues.</summary>
    public QueueSettings Queues { get; init; } = new();

    /// <summary>Reads a <c>host.json</c>.</summary>
    /// <exception cref="LocalHostException">The file is missing or not as it should be.</exception>
    public static HostSettings Read(string path)
    {
        var defaults = new HostSettings();
        try
        {
            using FileStream stream = File.OpenRead(path);
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (!document.RootElement.TryGetProperty("extensions", out JsonElement extensions))
            {
                return defaults;
            }

            HostSettings settings = extensions.TryGetProperty("eventHubs", out JsonElement eventHubs)
                ? new HostSettings(
                    Number(eventHubs, "eventHubs.maxEventBatchSize", 1, defaults.MaxEventBatchSize),
                    Number(eventHubs, "eventHubs.prefetchCount", 0, defaults.PrefetchCount))
                : defaults;
            return extensions.TryGetProperty("queues", out JsonElement queues) ? settings with { Queues = ReadQueues(queues) } : settings;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or FormatException or InvalidOperationException)
        {
            throw new LocalHostException($"{path} cannot be used: {exception.Message}", exception);
        }
    }

    private static QueueSettings ReadQueues(JsonElement queues)
    {
        var defaults = new QueueSettings();
        return new QueueSettings(
            Math.Min(Number(queues, "queues.batchSize", 1, defaults.BatchSize), QueueSettings.MaxBatchSize),
            Number(queues, "queues.maxDequeueCount", 1, defaults.MaxDequeueCount),
            queues.TryGetProperty("visibilityTimeout", out JsonElement time)
                ? TimeSpan.Parse(time.GetString()!, CultureInfo.InvariantCulture)
                : defaults.VisibilityTimeout);
    }

    private static int Number(JsonElement section, string path, int minimum, int otherwise)
    {
        if (!section.TryGetProperty(path.AsSpan(path.IndexOf('.') + 1), out JsonElement value))
        {
            return otherwise;
        }

        int number = value.GetInt32();
        return number >= minimum ? number : throw new FormatException($"extensions.{path} is {number}; it must be {minimum} or more.");
    }
}

/// <summary>What <c>host.json</c> says about the queue trigger, with the extension's defaults.</summary>
/// <param name="BatchSize">Messages taken at once.</param>
/// <param name="MaxDequeueCount">Times that a message is tried.</param>
/// <param name="VisibilityTimeout">When a message that failed is seen again.</param>
internal sealed record QueueSettings(int BatchSize = 16, int MaxDequeueCount = 5, TimeSpan VisibilityTimeout = default)
{
    /// <summary>Most that a queue gives at once.</summary>
    public const int MaxBatchSize = 32;
}
