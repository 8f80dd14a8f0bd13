using System.Collections.Concurrent;
using System.Collections.Immutable;
using Azure.Data.Tables;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using SigmaFunctions.LocalHost;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.Storage;

namespace SigmaFunctions.EndToEnd.Tests.Faults;

/// <summary>What a run goes through.</summary>
/// <param name="Plan">What happens to requests to storage, and to workers meanwhile.</param>
internal sealed record FaultScenario(FaultPlan Plan)
{
    /// <summary>Partitions of the event hub.</summary>
    public int Partitions { get; init; } = 2;

    /// <summary>Messages a partition.</summary>
    public int Messages { get; init; } = 112;

    /// <summary>Batches that are delivered beside those of the trigger: of other cuts, out of order, by several at once.</summary>
    public int Redeliveries { get; init; }

    /// <summary>How often a partition goes to another worker; with any, two workers run at once.</summary>
    public int Moves { get; init; }

    /// <summary>Whether faults last so long that invocations must fail of them.</summary>
    public bool FailsInvocations { get; init; }

    /// <summary>Whether a body of every tenth batch cannot be read.</summary>
    public bool Poison { get; init; }
}

/// <summary>
/// One run: messages at the event hub, one or two real workers with triggers of their own, and a storage account behind a
/// <see cref="FaultProxy"/>. Faults are lifted when all was processed, or after a while; then everything is let finish, and what is in
/// the account is held against what must be.
/// </summary>
internal sealed class FaultRun : IAsyncDisposable
{
    private const string Hub = "events";
    private const int OldestCheckpoint = 40;
    private const int MaximumKills = 4;
    private const int Redeliverers = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly string _account;
    private readonly FaultScenario _scenario;
    private readonly string _rules = Directory.CreateTempSubdirectory("sigmafunctions-").FullName;
    private readonly EventHubsEndpoint _endpoint;
    private readonly TableClient _table;
    private readonly TableClient _outbox;
    private readonly TableClient _windows;
    private readonly BlobContainerClient _deadLetters;
    private readonly QueueClient _queue;
    private readonly ConcurrentDictionary<int, RunningWorker> _workers = new();
    private readonly Dictionary<string, ImmutableArray<EventData>> _events = [];
    private readonly Expectation _expectation = new();
    private FaultProxy? _proxy;
    private volatile bool _faultsOver;
    private int _kills;
    private int _moves;
    private int _failures;

    private FaultRun(string account, FaultScenario scenario)
    {
        _account = account;
        _scenario = scenario;
        _endpoint = EventHubsEndpoint.Start(new EventHubsEndpointOptions { Port = 0, Hubs = [new EventHubDefinition(Hub, scenario.Partitions)] });
        string name = Guid.NewGuid().ToString("N");
        _table = new TableClient(account, $"T{name}");
        _outbox = new TableClient(account, _table.Name + AlertOutbox.NameSuffix);
        _windows = new TableClient(account, _table.Name + AlertWindows.NameSuffix);
        _deadLetters = new BlobContainerClient(account, $"d{name}");
        _queue = new QueueClient(account, $"q{name}", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
    }

    private FaultPlan Plan => _scenario.Plan;

    private int Hosts => _scenario.Moves > 0 ? 2 : 1;

    /// <summary>Runs.</summary>
    /// <param name="account">Connection string of a storage account, past any proxy.</param>
    /// <param name="scenario">What to go through.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public static async Task<FaultOutcome> RunAsync(string account, FaultScenario scenario, CancellationToken cancellationToken)
    {
        await using var run = new FaultRun(account, scenario);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await run.PrepareAsync(stop.Token);
        try
        {
            await run.ProcessAsync(stop).WaitAsync(Limit, cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
        }
        return await run.ReadOutcomeAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RunningWorker worker in _workers.Values)
            await EndAsync(worker.Process);
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        _endpoint.Dispose();
        Directory.Delete(_rules, recursive: true);
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        foreach (WordRule rule in Workload.Rules)
            await File.WriteAllTextAsync(Path.Combine(_rules, $"{rule.Id}.yml"), rule.Yaml, cancellationToken);
        await _table.CreateAsync(cancellationToken);
        await _outbox.CreateAsync(cancellationToken);
        await _windows.CreateAsync(cancellationToken);
        await _deadLetters.CreateAsync(cancellationToken: cancellationToken);
        await _queue.CreateAsync(cancellationToken: cancellationToken);
        _proxy = await FaultProxy.StartAsync(_account, KillOne);
        ILookup<int, WorkloadMessage> messages =
            Workload.Create(Plan.Seed, _scenario.Partitions, _scenario.Messages, _scenario.Poison).ToLookup(message => message.Partition);
        foreach (IGrouping<int, WorkloadMessage> partition in messages)
            await SendAsync($"{partition.Key}", [.. partition], cancellationToken);
    }

    private async Task SendAsync(string partition, ImmutableArray<WorkloadMessage> messages, CancellationToken cancellationToken)
    {
        await using var producer = new EventHubProducerClient(_endpoint.ConnectionString, Hub);
        foreach (WorkloadMessage[] chunk in messages.Chunk(Workload.BatchSize))
            await producer.SendAsync(chunk.Select(message => new EventData(message.Body)), new SendEventOptions { PartitionId = partition }, cancellationToken);

        await using var receiver = new PartitionReceiver(
            EventHubDefinition.DefaultConsumerGroup, partition, EventPosition.Earliest, _endpoint.ConnectionString, Hub);
        var received = new List<EventData>();
        while (received.Count < messages.Length)
            received.AddRange(await receiver.ReceiveBatchAsync(messages.Length - received.Count, TimeSpan.FromSeconds(5), cancellationToken));
        _events[partition] = [.. received];
        foreach ((EventData item, WorkloadMessage message) in received.Zip(messages))
            _expectation.Add(new EventIdentity(receiver.FullyQualifiedNamespace, Hub, partition, item.EnqueuedTime, item.SequenceNumber, 0), message);
    }

    private async Task ProcessAsync(CancellationTokenSource stop)
    {
        // Each host checkpoints for itself, so that what one has done says nothing to the other: as late as a checkpoint can be.
        Checkpoints[] checkpoints = [.. Enumerable.Range(0, Hosts).Select(_ => new Checkpoints())];
        foreach (int host in Enumerable.Range(0, Hosts))
            _workers[host] = await StartWorkerAsync(stop.Token);
        _proxy!.Follow(Plan);
        Task lifting = LiftAsync(stop.Token);
        Task[] hosts = [.. Enumerable.Range(0, Hosts).Select(host => RunHostAsync(host, checkpoints, stop.Token))];
        Task[] redeliveries = [.. Enumerable.Range(0, _scenario.Redeliveries == 0 ? 0 : Redeliverers).Select(number => RedeliverAsync(number, stop.Token))];

        while (!checkpoints.Any(IsDone) || redeliveries.Any(task => !task.IsCompleted))
        {
            if (hosts.Concat(redeliveries).FirstOrDefault(task => task.IsFaulted) is { } failed)
                await failed;
            await Task.Delay(20, stop.Token);
        }
        await Task.WhenAll(redeliveries);
        await stop.CancelAsync();
        await Task.WhenAll([lifting, .. hosts]);
    }

    private bool IsDone(Checkpoints checkpoints) => _events.All(partition => checkpoints[partition.Key] >= partition.Value[^1].SequenceNumber);

    private async Task LiftAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Plan.Gone > TimeSpan.Zero)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500 * Plan.Draw("gone")), cancellationToken);
                await _proxy!.BeGoneAsync(Plan.Gone);
            }
            await Task.Delay(Plan.Lifted, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // All was done under the faults.
        }
        _faultsOver = true;
        _proxy!.Follow(FaultPlan.None);
    }

    private async Task RunHostAsync(int host, Checkpoints[] all, CancellationToken cancellationToken)
    {
        if (host > 0)
            await WaitAsync(TimeSpan.FromMilliseconds(100 + (400 * Plan.Draw($"join/{host}"))), cancellationToken);
        for (int round = 0; !cancellationToken.IsCancellationRequested; round++)
        {
            RunningWorker worker = _workers[host];
            EventHubsTrigger trigger = CreateTrigger(worker, all[host]);
            try
            {
                await trigger.RunAsync(cancellationToken);
            }
            catch (WorkerException)
            {
                await EndAsync(worker.Process);
                all[host] = Older(all[host], $"{host}/{round}");
                _workers[host] = await StartWorkerAsync(CancellationToken.None);
            }
            catch (EventHubsException exception) when (exception.Reason == EventHubsException.FailureReason.ConsumerDisconnected)
            {
                if (Interlocked.Increment(ref _moves) >= _scenario.Moves)
                    return;
                all[host] = Older(all[host], $"{host}/{round}");
                await WaitAsync(TimeSpan.FromMilliseconds(600 * Plan.Draw($"steal/{host}/{round}")), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static async Task WaitAsync(TimeSpan time, CancellationToken cancellationToken) =>
        await Task.Delay(time, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);

    /// <summary>What may be left of checkpoints when their writer ended: each as it was, or some events before.</summary>
    private Checkpoints Older(Checkpoints checkpoints, string name)
    {
        var older = new Checkpoints();
        foreach (string partition in _events.Keys)
            if (checkpoints[partition] - (long)(OldestCheckpoint * Plan.Draw($"older/{name}/{partition}")) is >= 0 and long sequenceNumber)
                older.Advance(partition, sequenceNumber);
        return older;
    }

    private async Task RedeliverAsync(int number, CancellationToken cancellationToken)
    {
        var random = new Random((int)(Plan.Draw($"redeliver/{number}") * int.MaxValue));
        for (int delivery = number; delivery < _scenario.Redeliveries; delivery += Redeliverers)
        {
            string partition = $"{random.Next(_scenario.Partitions)}";
            ImmutableArray<EventData> events = _events[partition];
            EventData[] cut = [.. Cut(random, events), .. random.Next(2) == 0 ? Cut(random, events) : []];
            if (random.Next(2) == 0)
                random.Shuffle(cut);
            RunningWorker worker = _workers[random.Next(Hosts)];
            var batch = new TriggerBatch(new BatchSource("127.0.0.1", Hub, EventHubDefinition.DefaultConsumerGroup, partition), [.. cut]);
            try
            {
                await CreateTrigger(worker, new Checkpoints()).InvokeAsync(batch, cancellationToken);
            }
            catch (WorkerException)
            {
                // It was killed: the trigger starts another, and what this delivery held comes from the trigger as well.
                await WaitAsync(TimeSpan.FromMilliseconds(100), cancellationToken);
            }
        }

        static EventData[] Cut(Random random, ImmutableArray<EventData> events)
        {
            int start = random.Next(events.Length);
            return [.. events.Skip(start).Take(random.Next(1, 2 * Workload.BatchSize))];
        }
    }

    private EventHubsTrigger CreateTrigger(RunningWorker worker, Checkpoints checkpoints) => new(
        _endpoint.ConnectionString, worker.Binding, new HostSettings(Workload.BatchSize, PrefetchCount: 4 * Workload.BatchSize), worker.Process, checkpoints, _ => Interlocked.Increment(ref _failures));

    private async Task<RunningWorker> StartWorkerAsync(CancellationToken cancellationToken)
    {
        ImmutableDictionary<string, string> settings = WorkerSettings.Create(_endpoint.ConnectionString, _proxy!.ConnectionString, [_rules])
            .SetItem("Detections__CreateIfNotExists", "false")
            .SetItem("Detections__TableName", _table.Name)
            .SetItem("Detections__QueueName", _queue.Name)
            .SetItem("Detections__DeadLetterContainer", _deadLetters.Name);
        WorkerProcess process = await WorkerProcess.StartAsync(new WorkerOptions { AssemblyPath = LocalPaths.AppAssembly, Settings = settings }, cancellationToken);
        TriggerBinding binding = TriggerBinding.Find(process.Functions, settings).Single();
        // As patient as the app asks for, and quicker than it asks for.
        RetryPolicy retry = binding.Retry with { Minimum = TimeSpan.FromMilliseconds(50), Maximum = TimeSpan.FromMilliseconds(500) };
        return new RunningWorker(process, binding with { Retry = retry });
    }

    private bool KillOne()
    {
        if (_faultsOver || Interlocked.Increment(ref _kills) is var kill && kill > MaximumKills)
            return false;
        _workers[(int)(Plan.Draw($"kill/{kill}") * Hosts)].Process.Kill();
        return true;
    }

    private static async Task EndAsync(WorkerProcess process)
    {
        process.Kill();
        await process.DisposeAsync();
    }

    private async Task<FaultOutcome> ReadOutcomeAsync(CancellationToken cancellationToken)
    {
        List<TableEntity> rows = await _table.QueryAsync<TableEntity>(cancellationToken: cancellationToken).ToListAsync(cancellationToken);
        List<Detection> detections = await new DetectionTable(_table)
            .QueryAsync(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, cancellationToken).ToListAsync(cancellationToken);
        var alerts = new List<Alert>();
        while ((await _queue.ReceiveMessagesAsync(32, TimeSpan.FromHours(1), cancellationToken)).Value is { Length: > 0 } messages)
            alerts.AddRange(messages.Select(message => Alert.Parse(message.Body.ToMemory().Span)));
        await _queue.DeleteAsync(cancellationToken);
        List<StoredDeadLetter> letters = await new DeadLetterStore(_deadLetters)
            .ListAsync(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), cancellationToken).ToListAsync(cancellationToken);
        HashSet<(string, long)> kept = [.. letters.Select(letter => (letter.Partition ?? "", letter.SequenceNumber))];
        await _table.DeleteAsync(cancellationToken);
        return FaultOutcome.Of(
            _expectation,
            _table.Name,
            rows,
            detections,
            alerts,
            _expectation.Unreadable.Count(message => !kept.Contains(message)) + (letters.Count - kept.Count)) with
        {
            Messages = _events.Values.Sum(partition => partition.Length),
            Injected = _proxy!.Injected.Values.Sum(),
            Kills = _proxy!.Injected.GetValueOrDefault(FaultKind.Kill),
            Moves = _moves,
            FailedInvocations = _failures,
        };
    }

    private sealed record RunningWorker(WorkerProcess Process, TriggerBinding Binding);
}
