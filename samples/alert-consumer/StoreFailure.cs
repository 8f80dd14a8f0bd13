using Azure;
using Azure.Identity;

namespace SigmaFunctions.Samples;

/// <summary>What a storage account's failure means.</summary>
internal static class StoreFailure
{
    private const string NoAnswer = "the storage account does not answer";

    /// <summary>
    /// Why the account did not do what was asked, in words without any content, where trying again may help: it cannot be reached, is busy, denies it, or
    /// lacks the queue or table. Null for everything else, a request that it will never accept among it.
    /// </summary>
    public static string? ReasonOf(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [.., { } last] } => ReasonOf(last),
        AuthenticationFailedException => "no Azure identity is signed in here, or it gets no token",
        RequestFailedException { ErrorCode: "QueueNotFound" } => "the storage account has no such queue",
        RequestFailedException { ErrorCode: "TableNotFound" } => "the storage account has no such table",
        RequestFailedException { Status: 401 or 403 } refused =>
            $"the storage account denies this ({refused.ErrorCode}): the key is wrong, or the identity lacks the role",
        RequestFailedException { Status: 404 or 408 or 409 or 429 or >= 500 } failed => $"the storage account answers {failed.Status} {failed.ErrorCode}",
        // No answer, one that was cut off, or none within the time that a client waits.
        RequestFailedException { Status: 0 } or IOException or OperationCanceledException => NoAnswer,
        _ => null,
    };

    /// <summary>Whether a message is no longer this consumer's: its receipt is an old one, or it is gone.</summary>
    public static bool IsLost(RequestFailedException exception) => exception.Status == 404 || exception.ErrorCode == "PopReceiptMismatch";
}
