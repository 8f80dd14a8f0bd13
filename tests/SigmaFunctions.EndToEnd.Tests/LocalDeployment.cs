using System.Collections.Immutable;
using Azure.Data.Tables;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>
/// The whole path for one test: an Event Hubs endpoint, a storage account, the built worker with rules of the test's own, and the
/// host's side of the trigger.
/// </summary>
internal sealed class LocalDeployment : IAsyncDisposable
{
    private const string Hub = "events";

    private readonly AzuriteProcess _azurite;
    private readonly EventHubsEndpoint _endpoint;
    private readonly string _rules;
    private readonly Action<WorkerLogLine>? _log;
    private readonly EventHubProducerClient _producer;

    private LocalDeployment(AzuriteProcess azurite, EventHubsEndpoint endpoint, string rules, Action<WorkerLogLine>? log)
    {
        _log = log;
        _azurite = azurite;
        _endpoint = endpoint;
        _rules = rules;
        _producer = new EventHubProducerClient(endpoint.ConnectionString, Hub);
        var account = new TableServiceClient(azurite.ConnectionString);
        Table = account.GetTableClient(DetectionTable.DefaultName);
        Outbox = account.GetTableClient(DetectionTable.DefaultName + AlertOutbox.NameSuffix);
        Rules = new RuleStore(new BlobContainerClient(azurite.ConnectionString, RuleStore.DefaultName));
        RuleSets = new RuleSetTable(account.GetTableClient(RuleSetTable.DefaultName));
        Queue = new QueueClient(azurite.ConnectionString, AlertQueue.DefaultName, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
    }

    /// <summary>Connection string of the storage account.</summary>
    public string StorageConnection => _azurite.ConnectionString;

    public TableClient Table { get; }

    /// <summary>The process of the storage account.</summary>
    public int StorageProcess => _azurite.ProcessId;

    /// <summary>The app that workers run: the built one, or another.</summary>
    public string AppAssembly { get; set; } = LocalPaths.AppAssembly;

    /// <summary>Files and folders of rules beside the test's own.</summary>
    public ImmutableArray<string> FurtherRules { get; init; } = [];

    /// <summary>Settings of workers beside those that name hub, storage and rules.</summary>
    public ImmutableDictionary<string, string> Settings { get; init; } = ImmutableDictionary<string, string>.Empty;

    public TableClient Outbox { get; }

    public QueueClient Queue { get; }

    public RuleStore Rules { get; }

    public RuleSetTable RuleSets { get; }

    public WorkerProcess Worker { get; private set; } = null!;

    public TriggerBinding Binding { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<LocalDeployment> StartAsync(
        string rule,
        int partitions = 1,
        Action<WorkerLogLine>? log = null,
        ImmutableDictionary<string, string>? settings = null,
        string? appAssembly = null,
        ImmutableArray<string> furtherRules = default,
        Func<string, Task<string>>? storeThrough = null)
    {
        string rules = Directory.CreateTempSubdirectory("sigmafunctions-").FullName;
        await File.WriteAllTextAsync(Path.Combine(rules, "rule.yml"), rule, Token);
        var endpoint = EventHubsEndpoint.Start(new EventHubsEndpointOptions { Port = 0, Hubs = [new EventHubDefinition(Hub, partitions)] });
        settings ??= ImmutableDictionary<string, string>.Empty;
        AzuriteProcess azurite = await AzuriteProcess.StartAsync(Token);
        if (storeThrough is not null)
        {
            settings = settings.Add("DetectionStorage", await storeThrough(azurite.ConnectionString));
        }

        var deployment = new LocalDeployment(azurite, endpoint, rules, log)
        {
            Settings = settings,
            AppAssembly = appAssembly ?? LocalPaths.AppAssembly,
            FurtherRules = furtherRules.IsDefault ? [] : furtherRules,
        };
        await deployment.StartWorkerAsync();
        return deployment;
    }

    /// <summary>Has the worker process a batch, which must succeed.</summary>
    public async Task InvokeAsync(TriggerBatch batch)
    {
        InvocationResponse response = await Worker.InvokeAsync(batch.ToRequest(Binding, Worker.Capabilities, retry: 0), Token);
        Assert.True(response.Result.Status == StatusResult.Types.Status.Success, response.Result.Exception?.Message);
    }

    /// <summary>Starts a worker; an earlier one must have ended.</summary>
    /// <param name="createsStore">Whether it creates the tables and containers, as only a development machine's does.</param>
    public async Task StartWorkerAsync(bool createsStore = true)
    {
        ImmutableDictionary<string, string> settings = WorkerSettings.Create(_endpoint.ConnectionString, _azurite.ConnectionString, [_rules, .. FurtherRules], ruleContainer: RuleStore.DefaultName)
            .Add("Rules__CheckInterval", "00:00:01")
            .SetItem("Detections__CreateIfNotExists", createsStore ? "true" : "false")
            .SetItems(Settings);
        Worker = await WorkerProcess.StartAsync(new WorkerOptions { AssemblyPath = AppAssembly, Settings = settings, Log = _log }, Token);
        Binding = TriggerBinding.Find(Worker.Functions, settings).Single();
    }

    public EventHubsTrigger CreateTrigger(
        Checkpoints? checkpoints = null, Action<string>? failed = null, HostSettings? settings = null, CheckpointBlobs? blobs = null) =>
        new(_endpoint.ConnectionString, Binding, settings ?? new HostSettings(), Worker, checkpoints ?? new Checkpoints(), failed, blobs: blobs);

    /// <summary>Invokes the function that announces what was left behind, as its timer would.</summary>
    public Task SweepAsync() => InvokeTimerAsync("Sweep");

    /// <summary>Invokes a function as its timer would; it must succeed.</summary>
    public async Task InvokeTimerAsync(string function)
    {
        TimerTrigger timer = TimerTrigger.Find(Worker.Functions, ImmutableDictionary<string, string>.Empty).Single(found => found.FunctionName == function);
        InvocationResponse response = await timer.InvokeAsync(Worker, isLast: false, Token);
        Assert.True(response.Result.Status == LocalHost.Worker.Protocol.StatusResult.Types.Status.Success, response.Result.Exception?.Message);
    }

    public async Task SendAsync(params IEnumerable<string> bodies) =>
        await _producer.SendAsync(bodies.Select(body => new EventData(body)), Token);

    public async Task SendToAsync(string partition, params IEnumerable<string> bodies) =>
        await _producer.SendAsync(bodies.Select(body => new EventData(body)), new SendEventOptions { PartitionId = partition }, Token);

    public async Task SendAsync(byte[] body) => await _producer.SendAsync([new EventData(body)], Token);

    /// <summary>Runs the trigger until it has done this many events.</summary>
    public static async Task ProcessAsync(EventHubsTrigger trigger, int events)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task running = trigger.RunAsync(stop.Token);
        while (trigger.Statistics.Events < events && !running.IsCompleted)
        {
            await Task.Delay(10, Token);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>The first events of a partition as one batch, as the trigger would invoke the function with it.</summary>
    public async Task<TriggerBatch> ReadBatchAsync(int events, string partition = "0")
    {
        await using var receiver = new PartitionReceiver(
            EventHubDefinition.DefaultConsumerGroup, partition, EventPosition.Earliest, _endpoint.ConnectionString, Hub);
        var received = new List<EventData>();
        while (received.Count < events)
        {
            received.AddRange(await receiver.ReceiveBatchAsync(events - received.Count, TimeSpan.FromSeconds(5), Token));
        }

        return new TriggerBatch(new BatchSource(receiver.FullyQualifiedNamespace, Hub, receiver.ConsumerGroup, partition), [.. received]);
    }

    /// <summary>A batch of messages that never were on the hub, as if they had been enqueued now.</summary>
    public TriggerBatch MakeBatch(string partition, IEnumerable<byte[]> bodies, long firstSequenceNumber = 0) => new(
        new BatchSource(_producer.FullyQualifiedNamespace, Hub, EventHubDefinition.DefaultConsumerGroup, partition),
        [.. bodies.Select((body, index) => EventHubsModelFactory.EventData(
            BinaryData.FromBytes(body), sequenceNumber: firstSequenceNumber + index, offsetString: $"{firstSequenceNumber + index}", enqueuedTime: DateTimeOffset.UtcNow))]);

    /// <summary>Every dead letter.</summary>
    public async Task<List<StoredDeadLetter>> LettersAsync() =>
        await new DeadLetterStore(new BlobContainerClient(StorageConnection, DeadLetterStore.DefaultName))
            .ListAsync(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), Token).ToListAsync(Token);

    /// <summary>Every row of the table, without the service's own timestamps.</summary>
    public async Task<ImmutableArray<TableEntity>> RowsAsync() => [.. await Table.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token)];

    /// <summary>Takes every message from the queue.</summary>
    public async Task<ImmutableArray<Alert>> TakeAlertsAsync()
    {
        ImmutableArray<Alert>.Builder alerts = ImmutableArray.CreateBuilder<Alert>();
        while ((await Queue.ReceiveMessagesAsync(32, cancellationToken: Token)).Value is { Length: > 0 } messages)
        {
            foreach (QueueMessage? message in messages)
            {
                alerts.Add(Alert.Parse(message.Body.ToMemory().Span));
                await Queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
            }
        }

        return alerts.ToImmutable();
    }

    public async ValueTask DisposeAsync()
    {
        await _producer.DisposeAsync();
        await Worker.DisposeAsync();
        _endpoint.Dispose();
        await _azurite.DisposeAsync();
        Directory.Delete(_rules, recursive: true);
    }
}
