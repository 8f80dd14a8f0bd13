using Azure.Identity;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using SigmaFunctions.Cli.Output;

namespace SigmaFunctions.Cli.Sending;

/// <summary>Opens a producer for a hub.</summary>
/// <param name="connection">Connection string of the namespace or hub.</param>
/// <param name="hub">Name of the hub; <see langword="null"/> where the connection string should name it.</param>
internal delegate EventHubProducerClient ConnectToHub(string connection, string? hub);

/// <summary>Connections to Event Hubs.</summary>
internal static class HubConnection
{
    /// <summary>Hub that is meant where neither the command line nor the connection string names one.</summary>
    public const string DefaultHub = "events";

    /// <summary>Environment variable of the connection string.</summary>
    public const string Variable = "EVENTHUB_CONNECTION";

    private static readonly EventHubProducerClientOptions Options = new()
    {
        // A person is waiting: say soon that nobody answers.
        RetryOptions = new EventHubsRetryOptions { MaximumRetries = 2, TryTimeout = TimeSpan.FromSeconds(15) },
    };

    /// <summary>Opens a producer as the Azure identity that is signed in; nothing is sent yet.</summary>
    /// <exception cref="CommandException">The namespace is not a host name.</exception>
    public static EventHubProducerClient OpenAsIdentity(string fullyQualifiedNamespace, string? hub) =>
        Uri.CheckHostName(fullyQualifiedNamespace) == UriHostNameType.Dns && fullyQualifiedNamespace.Contains('.')
            ? new EventHubProducerClient(fullyQualifiedNamespace, hub ?? DefaultHub, new DefaultAzureCredential(), Options)
            : throw new CommandException("--hub-namespace is a host name such as NAME.servicebus.windows.net");

    /// <summary>The hub that a connection string names; <see langword="null"/> where it names none, or is no connection string.</summary>
    public static string? HubOf(string connection)
    {
        try
        {
            return EventHubsConnectionStringProperties.Parse(connection).EventHubName;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Opens a producer; nothing is sent yet.</summary>
    /// <exception cref="CommandException">The connection string is unusable.</exception>
    public static EventHubProducerClient Open(string connection, string? hub)
    {
        try
        {
            string? named = EventHubsConnectionStringProperties.Parse(connection).EventHubName;
            if (named is not null && hub is not null && named != hub)
            {
                throw new CommandException($"the connection string is for the hub '{named}', not for '{hub}'");
            }

            return named is not null
                ? new EventHubProducerClient(connection, Options)
                : new EventHubProducerClient(connection, hub ?? DefaultHub, Options);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            // Without the inner message: it may quote the string, and that holds a key.
            throw new CommandException(
                "the connection string is not one of an Event Hub: Endpoint=sb://...;SharedAccessKeyName=...;SharedAccessKey=...");
        }
    }
}
