using Azure.Core;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Producer;
using Microsoft.Extensions.Configuration;

namespace SigmaFunctions.App.Options;

/// <summary>
/// The connection to the namespace of the hubs, which the Functions host reads from the same settings: <c>EventHubConnection</c> is a connection
/// string, or <c>EventHubConnection__fullyQualifiedNamespace</c> is reached as an identity. Canaries are sent with it, and hubs asked how far they are.
/// </summary>
public sealed class HubConnectionOptions
{
    /// <summary>Name of the setting, and prefix of those of an identity.</summary>
    public const string Section = "EventHubConnection";

    /// <summary>Reads the settings.</summary>
    public HubConnectionOptions(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        IConfigurationSection section = configuration.GetSection(Section);
        ConnectionString = section.Value;
        FullyQualifiedNamespace = section["fullyQualifiedNamespace"];
        Credential = section["credential"];
        ClientId = section["clientId"];
    }

    private string? ConnectionString { get; }

    private string? FullyQualifiedNamespace { get; }

    private string? Credential { get; }

    private string? ClientId { get; }

    /// <summary>What is wrong with the settings for sending to these hubs; null if nothing is. Nothing of a connection string is in it.</summary>
    internal string? Fault(IEnumerable<string> hubs)
    {
        try
        {
            foreach (string hub in hubs)
            {
                _ = CreateProducer(hub);
            }

            return null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return "Canary__Enabled is true, and EventHubConnection is neither the connection string of an Event Hubs namespace (or of the one hub that EventHubName "
                + "names) nor is EventHubConnection__fullyQualifiedNamespace set (NAME.servicebus.windows.net).";
        }
    }

    /// <summary>A producer for a hub; nothing is sent yet.</summary>
    internal EventHubProducerClient CreateProducer(string hub) => string.IsNullOrEmpty(ConnectionString)
        ? new EventHubProducerClient(FullyQualifiedNamespace, hub, CreateCredential())
        : new EventHubProducerClient(ConnectionString, hub);

    /// <summary>A consumer that asks a hub of its partitions; it never receives, which the host's receivers would not let it.</summary>
    /// <exception cref="ArgumentException">The settings name no namespace.</exception>
    /// <exception cref="FormatException">The connection string is not one.</exception>
    internal EventHubConsumerClient CreateConsumer(string hub, string consumerGroup)
    {
        // One answer in good time is all that a look needs: the next one is a minute away.
        var options = new EventHubConsumerClientOptions
        {
            RetryOptions = new EventHubsRetryOptions { MaximumRetries = 1, TryTimeout = TimeSpan.FromSeconds(15) },
        };
        return string.IsNullOrEmpty(ConnectionString)
            ? new EventHubConsumerClient(consumerGroup, FullyQualifiedNamespace, hub, CreateCredential(), options)
            : new EventHubConsumerClient(consumerGroup, ConnectionString, hub, options);
    }

    private TokenCredential CreateCredential() => IdentityCredential.Create(Credential, ClientId);
}
