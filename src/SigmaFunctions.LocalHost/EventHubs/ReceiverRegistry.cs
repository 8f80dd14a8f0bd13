using Amqp;
using Amqp.Framing;
using Amqp.Listener;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>
/// Who reads a partition, per consumer group. A receiver with an owner level (epoch) drives out all with none, an equal or a lower
/// one; without a level up to five may read together, but not beside one that has a level.
/// </summary>
internal sealed class ReceiverRegistry
{
    /// <summary>Receivers without an owner level that the service allows on a partition of a consumer group.</summary>
    public const int MaxSharedReceivers = 5;

    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    /// <summary>Lets a receiver in.</summary>
    /// <returns>The reason if it is refused; null if it was let in.</returns>
    public Error? TryAdd(ListenerLink link, string consumerGroup, long? epoch)
    {
        List<Entry> drivenOut;
        lock (_gate)
        {
            _entries.RemoveAll(e => e.Link.IsClosed);
            List<Entry> others = _entries.FindAll(e => string.Equals(e.ConsumerGroup, consumerGroup, StringComparison.OrdinalIgnoreCase));
            long? highest = others.Max(e => e.Epoch);
            if (highest is { } level && (epoch is null || epoch < level))
            {
                return AmqpNames.Error(AmqpNames.LinkStolen, $"At least one receiver for the endpoint is created with epoch of '{level}', and so a receiver with epoch '{epoch?.ToString() ?? "none"}' is not allowed.");
            }

            if (epoch is null && others.Count >= MaxSharedReceivers)
            {
                return AmqpNames.Error(ErrorCode.ResourceLimitExceeded, $"Exceeded the maximum number of allowed receivers per partition in a consumer group, which is {MaxSharedReceivers}.");
            }

            drivenOut = epoch is null ? [] : others;
            _entries.RemoveAll(drivenOut.Contains);
            _entries.Add(new Entry(link, consumerGroup, epoch));
        }
        foreach (Entry entry in drivenOut)
        {
            entry.Link.CloseAsync(TimeSpan.Zero, AmqpNames.Error(AmqpNames.LinkStolen, $"New receiver with higher epoch of '{epoch}' is created, hence this receiver is getting disconnected."));
        }

        return null;
    }

    /// <summary>Forgets a receiver that is gone.</summary>
    public void Remove(ListenerLink link)
    {
        lock (_gate)
        {
            _entries.RemoveAll(e => ReferenceEquals(e.Link, link));
        }
    }

    private sealed record Entry(ListenerLink Link, string ConsumerGroup, long? Epoch);
}
