using Azure.Core;

namespace SigmaFunctions.Storage.Accounts;

/// <summary>How often and how long clients of a storage account try. Which one fits depends on who waits.</summary>
/// <param name="MaxRetries">Tries after the first.</param>
/// <param name="NetworkTimeout">How long one try waits for an answer.</param>
public sealed record StoragePatience(int MaxRetries, TimeSpan NetworkTimeout)
{
    /// <summary>
    /// A batch waits, and is tried again anyway. The service itself ends an operation after 30 seconds: an answer that has not come by then is lost.
    /// The SDK would wait 100 seconds, and queues and blobs would be tried six times, over 25 seconds, in which the batch holds its partition silently.
    /// </summary>
    public static StoragePatience Batch { get; } = new(3, TimeSpan.FromSeconds(30));

    /// <summary>A person waits: say soon that nobody answers.</summary>
    public static StoragePatience Person { get; } = new(2, TimeSpan.FromSeconds(30));

    /// <summary>Nobody waits: one answer in good time is all that a look needs, the next one is a minute away.</summary>
    public static StoragePatience Look { get; } = new(1, TimeSpan.FromSeconds(15));

    internal void ApplyTo(ClientOptions options)
    {
        options.Retry.MaxRetries = MaxRetries;
        options.Retry.NetworkTimeout = NetworkTimeout;
    }
}
