using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Correlations;

/// <summary>A match that a correlation counts, as it is kept.</summary>
/// <param name="Rule">The rule's place among those of the correlation, from 0 to 65,535.</param>
/// <param name="Time">Its time as correlations take it, in ticks of 100 ns, UTC.</param>
/// <param name="Identity">The event; namespace and hub in lower case.</param>
/// <param name="Host">The host it happened on; null where none is stated.</param>
/// <param name="User">The account it happened under; null where none is stated.</param>
/// <param name="Values">The values that the correlation asks for, as it keeps them.</param>
public sealed record StoredMatch(int Rule, long Time, HubEventIdentity Identity, string? Host, string? User, ReadOnlyMemory<byte> Values)
{
    /// <summary>The order of events: when they were enqueued, where, and their place there.</summary>
    public static int Compare(HubEventIdentity left, HubEventIdentity right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        int compared = left.EnqueuedTime.UtcTicks.CompareTo(right.EnqueuedTime.UtcTicks);
        compared = compared != 0 ? compared : string.CompareOrdinal(left.Namespace, right.Namespace);
        compared = compared != 0 ? compared : string.CompareOrdinal(left.EventHub, right.EventHub);
        compared = compared != 0 ? compared : string.CompareOrdinal(left.Partition, right.Partition);
        compared = compared != 0 ? compared : left.SequenceNumber.CompareTo(right.SequenceNumber);
        return compared != 0 ? compared : left.Record.CompareTo(right.Record);
    }
}
