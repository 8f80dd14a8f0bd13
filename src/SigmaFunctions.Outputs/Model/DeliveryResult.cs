namespace SigmaFunctions.Outputs.Model;

/// <summary>What became of a try to deliver.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Reason">Why it did not succeed, in a few words without addresses, secrets or contents (<c>503</c>, <c>timeout</c>, <c>connection refused</c>); null where it did.</param>
/// <param name="RetryAfter">For how long the receiver asks to be left alone; null where it does not say.</param>
public sealed record DeliveryResult(DeliveryStatus Status, string? Reason = null, TimeSpan? RetryAfter = null)
{
    /// <summary>The receiver has it.</summary>
    public static DeliveryResult Delivered { get; } = new(DeliveryStatus.Delivered);

    /// <summary>It may have it or not, and is to be tried again.</summary>
    public static DeliveryResult Retry(string reason, TimeSpan? retryAfter = null) => new(DeliveryStatus.Retry, reason, retryAfter);

    /// <summary>The receiver does not take this one, however often it is tried.</summary>
    public static DeliveryResult Rejected(string reason) => new(DeliveryStatus.Rejected, reason);
}

/// <summary>How a try ended.</summary>
public enum DeliveryStatus
{
    /// <summary>The receiver has it.</summary>
    Delivered,

    /// <summary>To be tried again: nobody answered, or asked to wait, or the settings or permissions are wrong, which someone will mend.</summary>
    Retry,

    /// <summary>Never taken: what is sent is wrong for the receiver.</summary>
    Rejected,
}
