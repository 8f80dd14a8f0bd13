namespace SigmaFunctions.Storage.Model;

/// <summary>
/// An event of a message that an event hub took in, wherever the message is read. It is new when a hub is deleted and made again, since the enqueued time
/// differs. Namespace and hub compare without regard to case in all that is derived from it.
/// </summary>
/// <param name="Namespace">Fully qualified Event Hubs namespace.</param>
/// <param name="EventHub">Event hub name.</param>
/// <param name="Partition">Partition id.</param>
/// <param name="EnqueuedTime">When the hub took the message in (UTC, precise to the millisecond).</param>
/// <param name="SequenceNumber">Sequence number of the message in its partition.</param>
/// <param name="Record">Index of the event in the message's body, from 0; <see cref="WholeBody"/> for all of it.</param>
public sealed record HubEventIdentity(
    string Namespace, string EventHub, string Partition, DateTimeOffset EnqueuedTime, long SequenceNumber, int Record) : EventIdentity
{
    /// <summary>In place of a record's index: the whole body of the message.</summary>
    public const int WholeBody = -1;

    /// <inheritdoc/>
    public override DateTimeOffset Time => EnqueuedTime;

    /// <inheritdoc/>
    public override T ByKind<T>(Func<HubEventIdentity, T> hubEvent)
    {
        ArgumentNullException.ThrowIfNull(hubEvent);
        return hubEvent(this);
    }

    /// <inheritdoc/>
    internal override void EncodeOrigin(IdentityEncoding encoding)
    {
        encoding.Add(Namespace.ToLowerInvariant());
        encoding.Add(EventHub.ToLowerInvariant());
        encoding.Add(Partition);
    }

    /// <inheritdoc/>
    internal override void EncodeEvent(IdentityEncoding encoding)
    {
        encoding.Add(EnqueuedTime.UtcTicks);
        encoding.Add(SequenceNumber);
        encoding.Add(Record);
    }
}
