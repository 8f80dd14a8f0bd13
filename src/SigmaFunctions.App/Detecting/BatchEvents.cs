using SigmaFunctions.App.Correlating;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Detecting;

/// <summary>The events of a batch that is in hand. A message is read again for the one that is asked for; one that needs to be unpacked where there is room.</summary>
/// <param name="decoder">Reads bodies.</param>
/// <param name="gate">Bounds what is unpacked.</param>
/// <param name="bodies">The messages' bodies.</param>
/// <param name="batch">Where they came from.</param>
internal sealed class BatchEvents(EventDecoder decoder, BodyGate gate, IReadOnlyList<byte[]> bodies, EventBatch batch) : ICompletingEvents
{
    /// <inheritdoc/>
    public DecodedEvent? Find(HubEventIdentity identity)
    {
        for (int message = 0; message < bodies.Count; message++)
        {
            HubEventIdentity known = batch.Identity(message, identity.Record);
            if (known.SequenceNumber != identity.SequenceNumber || known.EnqueuedTime != identity.EnqueuedTime || known.Partition != identity.Partition
                || !known.EventHub.Equals(identity.EventHub, StringComparison.OrdinalIgnoreCase)
                || !known.Namespace.Equals(identity.Namespace, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            using IDisposable? lease = gate.TryEnter(bodies[message]);
            return lease is null ? null : decoder.Decode(bodies[message]).Events.FirstOrDefault(one => one.Record == identity.Record);
        }

        return null;
    }
}
