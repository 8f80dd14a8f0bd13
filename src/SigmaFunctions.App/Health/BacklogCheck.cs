using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;
using SigmaFunctions.Storage.Instances;

namespace SigmaFunctions.App.Health;

/// <summary>
/// Compares what each partition has with how far the host has got in it. It depends on no instance that reads events: one that hangs, or none that runs the
/// trigger at all, is seen all the same. What it knows is kept in a table; where that cannot be reached, it goes on with what this instance knows.
/// </summary>
/// <param name="hubs">Which hubs are read.</param>
/// <param name="connection">How they are reached.</param>
/// <param name="checkpoints">How far the host has got.</param>
/// <param name="table">What former looks told.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="timeProvider">Clock.</param>
/// <param name="logger">Log.</param>
public sealed class BacklogCheck(
    IOptions<EventHubOptions> hubs,
    HubConnectionOptions connection,
    HostCheckpoints checkpoints,
    PartitionProgressTable table,
    BacklogMetrics metrics,
    TimeProvider timeProvider,
    ILogger<BacklogCheck> logger)
{
    // The next look is a minute away.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    // A hub is a connection to the namespace, and a partition a request: some at once, so that many hubs are asked within the patience.
    private const int HubsAtOnce = 4;
    private const int PartitionsAtOnce = 8;

    private const string CatchReason = "Whatever keeps one thing from being asked must not keep the others from it; it is told.";

    private readonly ConcurrentDictionary<(string Hub, string Partition), PartitionProgress> _known = [];

    // Each is told when it comes, not every minute.
    private readonly ConcurrentDictionary<string, string> _faults = new(StringComparer.Ordinal);

    /// <summary>Looks at all hubs once; looks must not overlap.</summary>
    /// <exception cref="OperationCanceledException">The invocation was cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        string? fault = await FaultOfAsync(() => RememberAsync(either.Token), cancellationToken);
        var looked = new ConcurrentBag<PartitionProgress>();
        await Parallel.ForEachAsync(
            hubs.Value.Names,
            new ParallelOptions { MaxDegreeOfParallelism = HubsAtOnce, CancellationToken = cancellationToken },
            async (hub, _) =>
            {
                string? hubFault = await FaultOfAsync(() => LookAsync(hub, looked, either.Token, cancellationToken), cancellationToken);
                if (hubFault is not null && looked.All(one => one.EventHub != hub))
                {
                    Add(looked, [.. _known.Values.Where(one => one.EventHub == hub).Select(one => one.Unknown(hubFault, timeProvider.GetUtcNow()))]);
                }

                string? told = hubFault ?? looked.FirstOrDefault(one => one.EventHub == hub && one.Fault is not null)?.Fault;
                if (IsNew($"hub {hub}", told))
                {
                    logger.BacklogUnknown(hub, told!);
                }
            });
        metrics.Set([.. looked]);
        fault = await FaultOfAsync(() => table.WriteAsync(looked, either.Token), cancellationToken) ?? fault;
        if (IsNew("table", fault))
        {
            logger.BacklogNotKept(fault!);
        }
    }

    private async Task RememberAsync(CancellationToken cancellationToken)
    {
        foreach (PartitionProgress stored in await table.ListAsync(timeProvider.GetUtcNow() - PartitionProgressTable.KeptFor, cancellationToken))
        {
            if (stored.ConsumerGroup.Equals(hubs.Value.ConsumerGroup, StringComparison.OrdinalIgnoreCase))
            {
                _known.AddOrUpdate((stored.EventHub, stored.Partition), stored, (_, known) => stored.At > known.At ? stored : known);
            }
        }
    }

    private async Task LookAsync(string hub, ConcurrentBag<PartitionProgress> looked, CancellationToken patience, CancellationToken cancellationToken)
    {
        string group = hubs.Value.ConsumerGroup;
        await using EventHubConsumerClient consumer = CreateConsumer(hub, group);
        string[] partitions = await consumer.GetPartitionIdsAsync(patience);

        // Before the hub is asked how far it is: a checkpoint that is ahead of it is then not of this hub.
        IReadOnlyDictionary<string, long?> done = new Dictionary<string, long?>();
        string? fault = await FaultOfAsync(
            async () => done = await checkpoints.ReadAsync(consumer.FullyQualifiedNamespace, hub, group, patience), cancellationToken);
        await Parallel.ForEachAsync(
            partitions,
            new ParallelOptions { MaxDegreeOfParallelism = PartitionsAtOnce, CancellationToken = cancellationToken },
            async (partition, _) =>
            {
                PartitionProgress before = Known(consumer.FullyQualifiedNamespace, hub, group, partition);
                HubPartition? state = null;
                string? unknown = fault is not null
                    ? $"the host's checkpoints: {fault}"
                    : done.TryGetValue(partition, out long? checkpoint) && checkpoint is null
                        ? "the host's checkpoint tells no sequence number"
                        : await FaultOfAsync(async () => state = await AskAsync(consumer, partition, patience), cancellationToken);
                Add(looked, state is null
                    ? before.Unknown(unknown!, timeProvider.GetUtcNow())
                    : before.Next(FromStart(state, done.ContainsKey(partition)), done.GetValueOrDefault(partition), timeProvider.GetUtcNow()));
            });
    }

    // Of a partition without a checkpoint the host does not read what was there before its start.
    private HubPartition FromStart(HubPartition state, bool hasCheckpoint) => !hasCheckpoint && hubs.Value.Start is { } start && state.LastEnqueuedTime < start
        ? state with { IsEmpty = true }
        : state;

    private static async Task<HubPartition> AskAsync(EventHubConsumerClient consumer, string partition, CancellationToken cancellationToken)
    {
        PartitionProperties properties = await consumer.GetPartitionPropertiesAsync(partition, cancellationToken);
        return new HubPartition(properties.BeginningSequenceNumber, properties.LastEnqueuedSequenceNumber, properties.LastEnqueuedTime, properties.IsEmpty);
    }

    private EventHubConsumerClient CreateConsumer(string hub, string group)
    {
        try
        {
            return connection.CreateConsumer(hub, group);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            throw new CheckpointsUnknownException($"{HubConnectionOptions.Section} names no namespace of this hub");
        }
    }

    // What is known of a hub in another namespace is not of this one.
    private PartitionProgress Known(string fullyQualifiedNamespace, string hub, string group, string partition) =>
        _known.TryGetValue((hub, partition), out PartitionProgress? known) && known.Namespace.Equals(fullyQualifiedNamespace, StringComparison.OrdinalIgnoreCase)
            ? known
            : new PartitionProgress(fullyQualifiedNamespace, hub, group, partition, timeProvider.GetUtcNow());

    private void Add(ConcurrentBag<PartitionProgress> looked, params ReadOnlySpan<PartitionProgress> partitions)
    {
        foreach (PartitionProgress now in partitions)
        {
            bool counted = _known.TryGetValue((now.EventHub, now.Partition), out PartitionProgress? before) && before.HasCheckpoint;
            _known[(now.EventHub, now.Partition)] = now;
            looked.Add(now);
            if (now.Expired > 0)
            {
                logger.EventsExpired(now.EventHub, now.Partition, now.Expired, now.AccountedThrough);
            }

            if (counted && now is { HasCheckpoint: false, Checkpoint: { } checkpoint, LastEnqueued: { } last, Fault: null })
            {
                logger.CheckpointAhead(now.EventHub, now.Partition, checkpoint, last);
            }
        }
    }

    private bool IsNew(string what, string? fault)
    {
        if (fault is null)
        {
            _faults.TryRemove(what, out _);
            return false;
        }
        bool isNew = !_faults.TryGetValue(what, out string? before) || before != fault;
        _faults[what] = fault;
        return isNew;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = CatchReason)]
    private static async Task<string?> FaultOfAsync(Func<Task> ask, CancellationToken cancellationToken)
    {
        try
        {
            await ask();
            return null;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return FaultReason.Of(exception, Patience);
        }
    }
}
