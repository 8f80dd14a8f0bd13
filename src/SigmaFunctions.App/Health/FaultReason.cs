using Azure;
using Azure.Messaging.EventHubs;

namespace SigmaFunctions.App.Health;

/// <summary>Why something could not be asked, in a few words that hold no value of a setting.</summary>
internal static class FaultReason
{
    /// <summary>The words for an exception.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="patience">How long it was waited.</param>
    public static string Of(Exception exception, TimeSpan patience) => exception switch
    {
        OperationCanceledException => $"no answer in {patience.TotalSeconds:F0} s",
        FormatException or CheckpointsUnknownException => exception.Message,
        RequestFailedException { ErrorCode: { } code } failed => $"status {failed.Status} {code}",
        EventHubsException hub => hub.Reason.ToString(),
        RequestFailedException or AggregateException => "it cannot be reached",
        _ => exception.GetType().Name,
    };
}
