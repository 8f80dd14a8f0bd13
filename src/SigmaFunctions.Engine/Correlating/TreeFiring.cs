using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>A firing of a correlation of a <see cref="CorrelationTree"/>.</summary>
/// <param name="Correlation">The correlation's place in the tree.</param>
/// <param name="Group">The group, as a key: equal where groups are.</param>
/// <param name="Time">When it fired, in ticks.</param>
/// <param name="Detection">What is to be told of it; null where it is not the root's.</param>
/// <param name="Values">Some of the values that were counted, in the order of events; empty where values are not counted.</param>
public sealed record TreeFiring(
    int Correlation, ReadOnlyMemory<byte> Group, long Time, CorrelationDetection? Detection, ImmutableArray<string> Values);

/// <summary>What is known of the firings of a group, and from when on they are to be found.</summary>
/// <param name="From">The time from which they are to be found, in ticks.</param>
/// <param name="Last">The last firing before it; null where there is none that still holds the next one off.</param>
/// <param name="Before">Firings before <paramref name="From"/>, as far as others may count them.</param>
public readonly record struct GroupLedger(long From, long? Last, IReadOnlySet<long> Before)
{
    /// <summary>Nothing is known; firings are to be found from the first match on.</summary>
    public static GroupLedger Empty { get; } = new(long.MinValue, null, ImmutableHashSet<long>.Empty);
}
