namespace SigmaFunctions.Storage.Model;

/// <summary>
/// Where an event came from. It is the same when the event is delivered again, and new when a hub is deleted and made
/// again (the enqueued time differs), so everything derived from it is written once.
/// </summary>
/// <param name="Namespace">Fully qualified Event Hubs namespace.</param>
/// <param name="EventHub">Event hub name.</param>
/// <param name="Partition">Partition id.</param>
/// <param name="EnqueuedTime">When the hub took the message in (UTC, precise to the millisecond).</param>
/// <param name="SequenceNumber">Sequence number of the message in its partition.</param>
/// <param name="Record">Index of the event in the message's body, from 0.</param>
public sealed record EventIdentity(
    string Namespace, string EventHub, string Partition, DateTimeOffset EnqueuedTime, long SequenceNumber, int Record);
