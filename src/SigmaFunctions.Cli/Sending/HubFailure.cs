using System.Net.Sockets;
using System.Net.WebSockets;
using Azure.Identity;
using Azure.Messaging.EventHubs;

namespace SigmaFunctions.Cli.Sending;

/// <summary>What went wrong in sending, in words for users.</summary>
internal static class HubFailure
{
    /// <summary>The reason; <see langword="null"/> where the exception is none of sending.</summary>
    public static string? ReasonOf(Exception e) => e switch
    {
        UnauthorizedAccessException => "the key or identity may not send to this hub (it needs the Send right)",
        EventHubsException hub => ReasonOf(hub),
        AuthenticationFailedException => "no Azure identity is signed in here, or it gets no token: see 'az login'",
        SocketException or WebSocketException or TimeoutException => "the Event Hubs endpoint cannot be reached",
        _ => null,
    };

    private static string ReasonOf(EventHubsException e) => e.Reason switch
    {
        EventHubsException.FailureReason.ResourceNotFound => "the hub does not exist in this namespace",
        EventHubsException.FailureReason.ServiceCommunicationProblem => "the Event Hubs endpoint cannot be reached",
        EventHubsException.FailureReason.ServiceTimeout => "the Event Hubs endpoint does not answer",
        EventHubsException.FailureReason.ServiceBusy => "the namespace is throttling: send more slowly, or try again later",
        EventHubsException.FailureReason.QuotaExceeded => "the namespace's quota is used up",
        EventHubsException.FailureReason.MessageSizeExceeded => "an event is larger than the hub takes",
        _ => $"Event Hubs reported {e.Reason}",
    };
}
