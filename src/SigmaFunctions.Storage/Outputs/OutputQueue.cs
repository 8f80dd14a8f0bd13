using Azure.Storage.Queues;

namespace SigmaFunctions.Storage.Outputs;

/// <summary>The queue of one output, and that of what it cannot be told. Messages never expire.</summary>
public sealed class OutputQueue
{
    /// <summary>What the Functions host puts behind the name of a queue for messages that its function failed on five times.</summary>
    public const string PoisonSuffix = "-poison";

    private static readonly TimeSpan NoExpiry = TimeSpan.FromSeconds(-1);

    private readonly QueueClient _queue;
    private readonly QueueClient _poison;

    /// <summary>Uses queues that exist; the Functions host expects Base64.</summary>
    public OutputQueue(QueueClient queue, QueueClient poison)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(poison);
        (_queue, _poison) = (queue, poison);
    }

    /// <summary>Name of an output's queue beside that of alerts.</summary>
    public static string NameOf(string alertQueue, string output) => $"{alertQueue}-{output}";

    /// <summary>Creates the queues where they are not there.</summary>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    public async Task CreateIfNotExistsAsync(CancellationToken cancellationToken)
    {
        await _queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await _poison.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
    }

    /// <summary>Whether both are there.</summary>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken) =>
        await _queue.ExistsAsync(cancellationToken) && await _poison.ExistsAsync(cancellationToken);

    /// <summary>Puts a message there, to be seen after <paramref name="delay"/>, up to seven days.</summary>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    public Task SendAsync(OutputMessage message, TimeSpan delay, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _queue.SendMessageAsync(BinaryData.FromBytes(message.ToJson()), delay, NoExpiry, cancellationToken);
    }

    /// <summary>Puts aside a message that the output is never told.</summary>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    public Task PutAsideAsync(OutputMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _poison.SendMessageAsync(BinaryData.FromBytes(message.ToJson()), timeToLive: NoExpiry, cancellationToken: cancellationToken);
    }
}
