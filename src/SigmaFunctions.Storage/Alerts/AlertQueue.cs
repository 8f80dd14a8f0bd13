using Azure.Storage.Queues;
using SigmaFunctions.Storage.Accounts;

namespace SigmaFunctions.Storage.Alerts;

/// <summary>The queue of alerts.</summary>
public sealed class AlertQueue
{
    /// <summary>Name of the queue that deployments create.</summary>
    public const string DefaultName = "alerts";

    // Messages never expire: a consumer that was away for longer than the service's default of seven days still gets them.
    private static readonly TimeSpan NoExpiry = TimeSpan.FromSeconds(-1);

    private readonly QueueClient _queue;

    /// <summary>Uses a queue that exists. The client's <see cref="QueueClientOptions.MessageEncoding"/> is what consumers must expect.</summary>
    public AlertQueue(QueueClient queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        _queue = queue;
    }

    /// <summary>Creates the queue where it is not there.</summary>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) => _queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken);

    /// <summary>Sends alerts, a bounded number at a time and in no particular order.</summary>
    /// <exception cref="Azure.RequestFailedException">The queue could not be reached or refused; some of the alerts may be on it.</exception>
    public Task SendAsync(IReadOnlyCollection<Alert> alerts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(alerts);
        return Parallel.ForEachAsync(
            alerts,
            StorageConcurrency.Options(cancellationToken),
            async (alert, token) => await _queue.SendMessageAsync(
                BinaryData.FromBytes(alert.ToJson()), timeToLive: NoExpiry, cancellationToken: token));
    }
}
