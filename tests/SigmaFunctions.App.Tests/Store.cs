using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Alerting;
using SigmaFunctions.App.Canary;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Outputs;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;
using MsOptions = Microsoft.Extensions.Options.Options;

namespace SigmaFunctions.App.Tests;

/// <summary>Tables and a queue for one test, and what the app does with them; each member may be replaced by one that fails.</summary>
internal sealed record Store(TableClient Detections, TableClient Outbox, TableClient Windows, QueueClient Queue, BlobContainerClient DeadLetters, FakeTimeProvider Clock)
{
    public RuleOverrides Overrides { get; init; } = RuleOverrides.None;

    public IMeterFactory Meters { get; init; } = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public TestLogger<AlertAnnouncer> AnnouncerLog { get; } = new();

    public TestLogger<AlertSweep> SweepLog { get; } = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The outputs.</summary>
    public ImmutableArray<OutputChannel> Outputs { get; init; } = [];

    /// <summary>The rules that outputs ask about.</summary>
    public RuleSet Rules { get; init; } = RuleSet.Load([]);

    public static async Task<Store> CreateAsync(StorageAccount account, DateTimeOffset now) => new(
        await account.CreateTableAsync(),
        await account.CreateTableAsync(),
        await account.CreateTableAsync(),
        await account.CreateQueueAsync(),
        await CreateContainerAsync(account),
        new FakeTimeProvider(now))
    {
        Instances = await account.CreateTableAsync(),
        State = await account.CreateTableAsync(),
        Pointers = await account.CreateTableAsync(),
    };

    public required TableClient Instances { get; init; }

    /// <summary>To detections.</summary>
    public required TableClient Pointers { get; init; }

    /// <summary>Of correlations.</summary>
    public required TableClient State { get; init; }

    public BatchAttempts Attempts => new(Instances);

    public DetectionTable Table => new(Detections, Clock, index: new DetectionIndex(Pointers));

    /// <summary>Those of one process.</summary>
    public AlertClaims Claims { get; init; } = new(Outbox, Clock);

    public AlertAnnouncer Announcer(AlertOptions? options = null) => new(
        Policy(options),
        new AlertWindows(Windows, Clock),
        new AlertRates(Clock),
        new AlertDispatch(new AlertQueue(Queue), Outputs, new RuleDirectory(() => Rules), Clock),
        Table,
        Metrics,
        Clock,
        AnnouncerLog);

    public DetectionRecorder Recorder(AlertOptions? options = null) => new(Policy(options), Claims, Table, Announcer(options), Metrics);

    public AlertSweep Sweep(AlertOptions? options = null) =>
        new(new AlertClaims(Outbox, Clock), new AlertOutbox(Outbox), Table, Announcer(options), Clock, SweepLog);

    /// <summary>What evaluates correlations in a process of its own.</summary>
    public CorrelationRunner Correlations(Func<CorrelationPlan> plan, TimeSpan? grace = null)
    {
        var rows = new CorrelationTable(State);
        return new CorrelationRunner(
            rows,
            new CorrelationAgenda(rows, Clock),
            new FiringRecorder(Recorder(), Table, Metrics),
            plan,
            MsOptions.Create(new CorrelationOptions { Grace = grace ?? new CorrelationOptions().Grace }),
            new CorrelationMetrics(Meters, Clock),
            Clock,
            new TestLogger<CorrelationRunner>());
    }

    /// <summary>What tells canaries in a process of its own.</summary>
    public CanaryCheck Canaries(TestLogger<CanaryCheck>? log = null) =>
        new(new CanaryKey(new CanaryTable(Instances)), new CanaryTable(Instances), Clock, log ?? new TestLogger<CanaryCheck>());

    public async Task<List<TableEntity>> RowsAsync() => await Detections.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);

    /// <summary>Rows of the outbox once this process has given back what is settled: claims, and entries of earlier versions.</summary>
    public async Task<int> OwedAsync()
    {
        await Claims.ReleaseAsync(TimeSpan.Zero, Token);
        return await Outbox.QueryAsync<TableEntity>(cancellationToken: Token).CountAsync(Token);
    }

    /// <summary>Writes an entry of the outbox as versions before claims did.</summary>
    public Task OweAsBeforeAsync(params IEnumerable<Detection> detections) => Outbox.AddEntityAsync(
        new TableEntity("0", Guid.NewGuid().ToString("N"))
        {
            ["Ids"] = string.Join(' ', detections.Select(detection => detection.Id.Value)),
            ["WrittenAt"] = Clock.GetUtcNow(),
        },
        Token);

    /// <summary>Takes the alerts off the queue.</summary>
    public async Task<List<Alert>> TakeAlertsAsync()
    {
        var alerts = new List<Alert>();
        while ((await Queue.ReceiveMessagesAsync(32, TimeSpan.FromMinutes(10), Token)).Value is { Length: > 0 } messages)
        {
            foreach (QueueMessage message in messages)
            {
                alerts.Add(Alert.Parse(message.Body));
            }
        }

        return alerts;
    }

    private static async Task<BlobContainerClient> CreateContainerAsync(StorageAccount account)
    {
        var container = new BlobContainerClient(account.ConnectionString, $"c{Guid.NewGuid():N}");
        await container.CreateAsync(cancellationToken: Token);
        return container;
    }

    public DetectionMetrics Metrics => new(Meters);

    private AlertPolicy Policy(AlertOptions? options) => new(
        MsOptions.Create(options ?? new AlertOptions()),
        MsOptions.Create(new DetectionOptions { CatalogAddress = "https://rules.contoso.example/sigma" }),
        () => Overrides);
}
