using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>An event hub: its partitions and consumer groups.</summary>
internal sealed class EventHub
{
    private readonly FrozenDictionary<string, Partition> _byId;
    private readonly FrozenSet<string> _consumerGroups;
    private int _next = -1;

    public EventHub(EventHubDefinition definition, EventHubsEndpointOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(definition.Partitions, 1);
        Name = definition.Name;
        CreatedAt = options.TimeProvider.GetUtcNow().UtcDateTime;
        Partitions = [.. Enumerable.Range(0, definition.Partitions).Select(i => new Partition(
            i.ToString(CultureInfo.InvariantCulture), new PartitionLog(options.MaxPartitionBytes, options.MaxPartitionEvents, options.TimeProvider)))];
        _byId = Partitions.ToFrozenDictionary(p => p.Id, StringComparer.Ordinal);
        _consumerGroups = definition.ConsumerGroups.Append(EventHubDefinition.DefaultConsumerGroup).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Name as it was defined.</summary>
    public string Name { get; }

    /// <summary>When the event hub was made (UTC).</summary>
    public DateTime CreatedAt { get; }

    /// <summary>All partitions, in the order of their ids.</summary>
    public ImmutableArray<Partition> Partitions { get; }

    /// <summary>Whether there is a consumer group of this name.</summary>
    public bool HasConsumerGroup(string name) => _consumerGroups.Contains(name);

    /// <summary>The partition with this id; null if there is none.</summary>
    public Partition? FindPartition(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The partition for what is sent to the hub as a whole: by key, or in turn where there is none.</summary>
    public Partition Assign(string? partitionKey) => Partitions[partitionKey is null
        ? (int)((uint)Interlocked.Increment(ref _next) % (uint)Partitions.Length)
        : PartitionKeyHash.Partition(partitionKey, Partitions.Length)];
}

/// <summary>A partition: its events and who reads them.</summary>
/// <param name="Id">Partition id.</param>
/// <param name="Log">The events.</param>
internal sealed record Partition(string Id, PartitionLog Log)
{
    /// <summary>The receivers of each consumer group.</summary>
    public ReceiverRegistry Receivers { get; } = new();
}
