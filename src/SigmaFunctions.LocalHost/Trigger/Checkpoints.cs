using System.Collections.Concurrent;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>How far each partition was processed, for one event hub and consumer group. Outlives a trigger, as the host's blobs do.</summary>
internal sealed class Checkpoints
{
    private readonly ConcurrentDictionary<string, long> _sequenceNumbers = new(StringComparer.Ordinal);

    /// <summary>Sequence number of the last event that was processed; −1 for none.</summary>
    public long this[string partitionId] => _sequenceNumbers.GetValueOrDefault(partitionId, -1);

    /// <summary>Notes that the event with this sequence number, and all before it, were processed.</summary>
    public void Advance(string partitionId, long sequenceNumber) =>
        _sequenceNumbers.AddOrUpdate(partitionId, sequenceNumber, (_, current) => Math.Max(current, sequenceNumber));
}
