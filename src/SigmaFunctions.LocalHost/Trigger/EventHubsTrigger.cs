using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>
/// The host's part of the Event Hubs trigger. Partitions are read side by side, each strictly in order: the next batch waits until
/// the one before has succeeded or been given up, and only then does the checkpoint move. A batch that was cancelled is not
/// checkpointed and comes again.
/// </summary>
internal sealed class EventHubsTrigger
{
    private static readonly TimeSpan ReceiveWait = TimeSpan.FromSeconds(5);

    private readonly string _connectionString;
    private readonly TriggerBinding _binding;
    private readonly HostSettings _settings;
    private readonly IFunctionWorker _worker;
    private readonly Checkpoints _checkpoints;
    private readonly Action<string>? _failed;
    private readonly TimeProvider _time;
    private readonly CheckpointBlobs? _blobs;

    /// <param name="connectionString">Connection string of the namespace.</param>
    /// <param name="binding">The function and what triggers it.</param>
    /// <param name="settings">From <c>host.json</c>.</param>
    /// <param name="worker">The worker with the function.</param>
    /// <param name="checkpoints">Where reading goes on.</param>
    /// <param name="failed">Told the reason of each invocation that fails; called from several threads.</param>
    /// <param name="time">Clock of the retries' delays.</param>
    /// <param name="statistics">Where what is done is counted; triggers may share it.</param>
    /// <param name="blobs">Where checkpoints are kept besides, as the Functions host keeps them; nowhere if null.</param>
    public EventHubsTrigger(
        string connectionString,
        TriggerBinding binding,
        HostSettings settings,
        IFunctionWorker worker,
        Checkpoints checkpoints,
        Action<string>? failed = null,
        TimeProvider? time = null,
        TriggerStatistics? statistics = null,
        CheckpointBlobs? blobs = null)
    {
        _connectionString = connectionString;
        _binding = binding;
        _settings = settings;
        _worker = worker;
        _checkpoints = checkpoints;
        _failed = failed;
        _time = time ?? TimeProvider.System;
        Statistics = statistics ?? new TriggerStatistics();
        _blobs = blobs;
    }

    /// <summary>What was done so far.</summary>
    public TriggerStatistics Statistics { get; }

    /// <summary>Reads and invokes until cancelled.</summary>
    /// <param name="cancellationToken">Ends it, and cancels what the worker is at.</param>
    /// <param name="draining">Ends it once what the worker is at is done: no other batch is begun, and none is tried again.</param>
    /// <exception cref="WorkerException">The worker ended.</exception>
    /// <exception cref="EventHubsException">The event hub cannot be read.</exception>
    /// <exception cref="Azure.RequestFailedException">Checkpoints cannot be kept.</exception>
    public async Task RunAsync(CancellationToken cancellationToken, CancellationToken draining = default)
    {
        string[] partitions;
        string fullyQualifiedNamespace;
        await using (var client = new EventHubConsumerClient(_binding.ConsumerGroup, _connectionString, _binding.EventHubName))
        {
            partitions = await client.GetPartitionIdsAsync(cancellationToken);
            fullyQualifiedNamespace = client.FullyQualifiedNamespace;
        }

        if (_blobs is not null)
        {
            await _blobs.CreateContainerIfNotExistsAsync(cancellationToken);
        }

        // One partition's failure ends the others too.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] readers = [.. partitions.Select(id => Task.Run(
            () => ReadAsync(new BatchSource(fullyQualifiedNamespace, _binding.EventHubName, _binding.ConsumerGroup, id), stop.Token, draining), CancellationToken.None))];
        await Task.WhenAny(readers);
        if (!draining.IsCancellationRequested)
        {
            await stop.CancelAsync();
        }

        await Task.WhenAll(readers);
    }

    /// <summary>Invokes the function with a batch, trying again as its retry policy says.</summary>
    /// <returns>Whether it succeeded in the end.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; the batch is not done.</exception>
    /// <exception cref="WorkerException">The worker ended.</exception>
    [SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "It spreads retries.")]
    public async Task<bool> InvokeAsync(TriggerBatch batch, CancellationToken cancellationToken, CancellationToken draining = default)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, draining);
        for (int retry = 0; ; retry++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long started = _time.GetTimestamp();
            InvocationResponse response = await _worker.InvokeAsync(batch.ToRequest(_binding, _worker.Capabilities, retry), cancellationToken);
            if (response.Result.Status == StatusResult.Types.Status.Success)
            {
                Statistics.Succeeded(_time.GetElapsedTime(started));
                return true;
            }
            cancellationToken.ThrowIfCancellationRequested();
            // A worker that ended gives no reason here: it is told once, and not for each of its invocations.
            if ((response.Result.Exception?.Message ?? response.Result.Result) is { Length: > 0 } reason)
            {
                _failed?.Invoke(reason);
            }

            if (!_binding.Retry.Allows(retry))
            {
                return false;
            }

            Statistics.Retried();
            await Task.Delay(_binding.Retry.DelayBefore(retry + 1, Random.Shared.NextDouble()), _time, waiting.Token);
        }
    }

    private async Task ReadAsync(BatchSource source, CancellationToken cancellationToken, CancellationToken draining)
    {
        if (_blobs is not null && await _blobs.ReadAsync(source, cancellationToken) is { } kept)
        {
            _checkpoints.Advance(source.PartitionId, kept);
        }

        long last = _checkpoints[source.PartitionId];
        EventPosition start = last < 0 ? EventPosition.Earliest : EventPosition.FromSequenceNumber(last, isInclusive: false);
        await using var receiver = new PartitionReceiver(source.ConsumerGroup, source.PartitionId, start, _connectionString, source.EventHubName, new PartitionReceiverOptions
        {
            PrefetchCount = _settings.PrefetchCount,
            OwnerLevel = 0,
            TrackLastEnqueuedEventProperties = false,
        });

        using var receiving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, draining);

        // The host traces some invocations and others not; here every other one, so that a short run has both.
        bool isSampled = false;

        // A checkpoint is written while the next batch is worked on, and is there before the one after it.
        Task keeping = Task.CompletedTask;
        try
        {
            while (true)
            {
                ImmutableArray<EventData> events = [.. await receiver.ReceiveBatchAsync(_settings.MaxEventBatchSize, ReceiveWait, receiving.Token)];
                if (events.IsEmpty)
                {
                    await keeping;
                    continue;
                }
                Statistics.Lost(events[^1].SequenceNumber - last - events.Length);
                bool succeeded = await InvokeAsync(new TriggerBatch(source, events) { IsSampled = isSampled = !isSampled }, cancellationToken, draining);
                last = events[^1].SequenceNumber;
                _checkpoints.Advance(source.PartitionId, last);
                Statistics.Done(events.Length, failed: !succeeded);
                await keeping;
                keeping = _blobs?.WriteAsync(source, events[^1], CancellationToken.None) ?? Task.CompletedTask;
            }
        }
        finally
        {
            // What ends the reading is what is told.
            await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
