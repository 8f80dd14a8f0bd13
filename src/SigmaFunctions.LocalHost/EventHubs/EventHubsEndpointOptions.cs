using System.Collections.Immutable;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>What an <see cref="EventHubsEndpoint"/> serves.</summary>
internal sealed record EventHubsEndpointOptions
{
    /// <summary>The port of AMQP without TLS.</summary>
    public const int DefaultPort = 5672;

    /// <summary>TCP port on the loopback address; 0 for any that is free.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>The event hubs of the namespace.</summary>
    public required ImmutableArray<EventHubDefinition> Hubs { get; init; }

    /// <summary>Largest message or batch that is taken, in bytes; the standard tier's 1 MiB unless told.</summary>
    public int MaxMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of events that a partition keeps; the oldest are dropped beyond it.</summary>
    public long MaxPartitionBytes { get; init; } = 128L * 1024 * 1024;

    /// <summary>Events that a partition keeps; the oldest are dropped beyond it.</summary>
    public int MaxPartitionEvents { get; init; } = 1_000_000;

    /// <summary>The clock of enqueued times.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>An event hub.</summary>
/// <param name="Name">Name; compared without regard to case.</param>
/// <param name="Partitions">Number of partitions, from 1.</param>
/// <param name="ConsumerGroups">Consumer groups beside <c>$Default</c>, which is always there.</param>
internal sealed record EventHubDefinition(string Name, int Partitions, params ImmutableArray<string> ConsumerGroups)
{
    /// <summary>The consumer group that every event hub has.</summary>
    public const string DefaultConsumerGroup = "$Default";
}
