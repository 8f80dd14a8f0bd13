using System.Net.Sockets;
using System.Security.Authentication;

namespace SigmaFunctions.Outputs.Delivering;

/// <summary>Why there was no answer, in fixed words: messages of exceptions have addresses in them.</summary>
internal static class Failure
{
    /// <summary>Nobody answered in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>The sender was disposed.</summary>
    public const string Stopped = "stopped";

    /// <summary>The receiver asked to be left alone, and that is not over.</summary>
    public const string AskedToWait = "asked to wait";

    /// <summary>What went wrong: a few words, or else the names of the exceptions' types.</summary>
    public static string Describe(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            string? reason = cause switch
            {
                DeliveryFailedException failed => failed.Reason,
                AuthenticationException => "TLS failed",
                HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "TLS failed",
                HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "name not resolved",
                HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => "answer too large",
                HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => "answer is not HTTP",
                HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "connection closed",
                HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => "connection closed",
                SocketException socket => Describe(socket.SocketErrorCode),
                OperationCanceledException or TimeoutException => Timeout,
                _ => null,
            };
            if (reason is not null)
            {
                return reason;
            }
        }

        return exception.InnerException is Exception inner ? $"{exception.GetType().Name}, {inner.GetType().Name}" : exception.GetType().Name;
    }

    private static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "connection closed",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery => "name not resolved",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown => "not reachable",
        SocketError.TimedOut => Timeout,
        _ => $"connection failed ({error})",
    };
}

/// <summary>There is nothing to be had for a reason of our own.</summary>
/// <param name="reason">A few words without addresses, secrets or contents.</param>
/// <param name="cause">What led to it; null where nothing did.</param>
internal sealed class DeliveryFailedException(string reason, Exception? cause = null) : Exception(reason, cause)
{
    /// <summary>A few words without addresses, secrets or contents.</summary>
    public string Reason => Message;
}
