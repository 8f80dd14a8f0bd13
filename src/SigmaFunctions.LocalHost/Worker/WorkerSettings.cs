using System.Collections.Immutable;

namespace SigmaFunctions.LocalHost.Worker;

/// <summary>The app's settings for a run on this machine.</summary>
internal static class WorkerSettings
{
    /// <summary>Setting with the connection string of the event hub's namespace.</summary>
    public const string EventHubConnection = "EventHubConnection";

    /// <summary>Setting with the event hub's name, or those of several with <c>;</c> between them.</summary>
    public const string EventHubName = "EventHubName";

    /// <summary>Event hub that events are sent to, where no other is named.</summary>
    public const string LocalEventHub = "events";

    /// <summary>
    /// Settings for an Event Hubs endpoint and a storage account, for rules where <paramref name="rules"/> has any, for a container of further
    /// rules where one is named, and for a catalogue that alerts link to where there is one.
    /// </summary>
    public static ImmutableDictionary<string, string> Create(
        string eventHubConnectionString,
        string storageConnectionString,
        IReadOnlyCollection<string> rules,
        Uri? catalogAddress = null,
        string? ruleContainer = null)
    {
        ImmutableDictionary<string, string> settings = ImmutableDictionary<string, string>.Empty
            .Add(EventHubConnection, eventHubConnectionString)
            .Add(EventHubName, LocalEventHub)
            .Add("EventHubConsumerGroup", EventHubs.EventHubDefinition.DefaultConsumerGroup)
            .Add("DetectionStorage", storageConnectionString)
            .Add("AzureWebJobsStorage", storageConnectionString)
            .Add("Detections__CreateIfNotExists", "true")
            .Add("Detections__CatalogAddress", catalogAddress?.AbsoluteUri ?? "");
        if (ruleContainer is not null)
        {
            settings = settings.Add("Rules__BlobContainer", ruleContainer);
        }

        return rules.Count > 0 ? settings.Add("Rules__Path", string.Join(';', rules)) : settings;
    }
}
