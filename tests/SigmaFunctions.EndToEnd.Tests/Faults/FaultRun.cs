using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Azure.Data.Tables;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Queues;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Tests;

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

    /// <summary>
    /// How often a partition goes to another worker, in each phase; with any, <see cref="Workers"/> run at once where no <see cref="Phases"/> say which.
    /// </summary>
    public int Moves { get; init; }

    /// <summary>How many workers run at once where partitions move.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>Whether faults last so long that invocations must fail of them.</summary>
    public bool FailsInvocations { get; init; }

    /// <summary>Whether a body of every tenth batch cannot be read.</summary>
    public bool Poison { get; init; }

    /// <summary>Most workers that are killed, in each phase.</summary>
    public int MaxKills { get; init; } = 4;

    /// <summary>The app of each host; the built one where there is none.</summary>
    public ImmutableArray<string> Apps { get; init; } = [];

    /// <summary>
    /// What runs, one phase after the other, each with its share of the messages and the checkpoints that the hosts had. Where there is none, one or
    /// several hosts run to the end.
    /// </summary>
    public ImmutableArray<FaultPhase> Phases { get; init; } = [];

    /// <summary>Whether each body can be read, and no worker may log an error.</summary>
    public bool IsFlawless { get; init; }

    /// <summary>Whether correlations run as well.</summary>
    public bool Correlates { get; init; }

    /// <summary>For how long correlations wait for late events, where these may take back what was detected.</summary>
    public TimeSpan Grace => TimeSpan.FromSeconds(5 * (Plan.Seed % 3));
}

/// <summary>A part of a run.</summary>
/// <param name="Hosts">The hosts that run.</param>
/// <param name="PushesRules">
/// Whether a set of rules is pushed meanwhile, the rules of the workload and another one; the phase lasts until each host has used it.
/// </param>
internal sealed record FaultPhase(ImmutableArray<int> Hosts, bool PushesRules = false);

/// <summary>
/// One run: messages at the event hub, one or several real workers with triggers of their own, and a storage account behind a
/// <see cref="FaultProxy"/>. Faults are lifted when all was processed, or after a while; then everything is let finish, and what is in
/// the account is held against what must be.
/// </summary>
internal sealed partial class FaultRun : IAsyncDisposable
{
    private const string Hub = "events";
    private const int OldestCheckpoint = 40;
    private const int Redeliverers = 3;

    private const int MaxLastSweeps = 5;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    private readonly string _account;
    private readonly FaultScenario _scenario;
    private readonly ImmutableArray<FaultPhase> _phases;
    private readonly string _rules = Directory.CreateTempSubdirectory("sigmafunctions-").FullName;
    private readonly EventHubsEndpoint _endpoint;
    private readonly TableClient _table;
    private readonly TableClient _outbox;
    private readonly TableClient _windows;
    private readonly BlobContainerClient _deadLetters;
    private readonly QueueClient _queue;
    private readonly TableClient _instances;
    private readonly TableClient _correlations;
    private readonly TableClient _ruleSets;
    private readonly BlobContainerClient _ruleContainer;
    private readonly BlobContainerClient _compiledContainer;
    private readonly ConcurrentDictionary<int, RunningWorker> _workers = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentQueue<RulesInUse> _rulesInUse = new();
    private readonly ConcurrentDictionary<int, bool> _fromPack = new();
    private readonly Dictionary<string, ImmutableArray<EventData>> _events = [];
    private readonly Expectation _expectation = new();
    private readonly CorrelationExpectation _correlated = new();
    private readonly DateTimeOffset _begin = DateTimeOffset.UtcNow;
    private FaultProxy? _proxy;
    private volatile int _number;
    private volatile bool _faultsOver;
    private volatile string _left = "the beginning";
    private int _kills;
    private int _moves;
    private int _allMoves;
    private int _resting;
    private int _failures;

    private FaultRun(string account, FaultScenario scenario)
    {
        _account = account;
        _scenario = scenario;
        _phases = scenario.Phases is [] ? [new FaultPhase([.. Enumerable.Range(0, scenario.Moves > 0 ? scenario.Workers : 1)])] : scenario.Phases;
        _endpoint = EventHubsEndpoint.Start(new EventHubsEndpointOptions { Port = 0, Hubs = [new EventHubDefinition(Hub, scenario.Partitions)] });
        string name = Guid.NewGuid().ToString("N");
        _table = new TableClient(account, $"T{name}");
        _outbox = new TableClient(account, _table.Name + AlertOutbox.NameSuffix);
        _windows = new TableClient(account, _table.Name + AlertWindows.NameSuffix);
        _instances = new TableClient(account, _table.Name + InstanceTable.NameSuffix);
        _correlations = new TableClient(account, _table.Name + CorrelationTable.NameSuffix);
        _ruleSets = new TableClient(account, $"R{name}");
        _ruleContainer = new BlobContainerClient(account, $"r{name}");
        _compiledContainer = new BlobContainerClient(account, $"c{name}");
        _deadLetters = new BlobContainerClient(account, $"d{name}");
        _queue = new QueueClient(account, $"q{name}", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
    }

    private FaultPlan Plan => _scenario.Plan;

    private FaultPhase Phase => _phases[_number];

    private bool HasRuleContainer => _phases.Any(phase => phase.PushesRules);

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
            await run.ProcessAsync(stop.Token).WaitAsync(Limit, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"There were left, in {run._left}.", exception);
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
        {
            await EndAsync(worker.Process);
        }

        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        _endpoint.Dispose();
        Directory.Delete(_rules, recursive: true);
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        foreach (WordRule rule in Workload.Rules)
        {
            await File.WriteAllTextAsync(Path.Combine(_rules, $"{rule.Id}.yml"), rule.Yaml, cancellationToken);
        }

        if (_scenario.Correlates)
        {
            await File.WriteAllTextAsync(Path.Combine(_rules, "correlations.yml"), CorrelationWorkload.Yaml, cancellationToken);
            await _correlations.CreateAsync(cancellationToken);
            var agenda = new CorrelationAgenda(new CorrelationTable(_correlations), new FakeTimeProvider(_begin.AddDays(-1)));
            foreach (CorrelationTree tree in CorrelationWorkload.InForce)
            {
                await agenda.InForceSinceAsync(tree.Key, cancellationToken);
            }
        }

        await _table.CreateAsync(cancellationToken);
        await _outbox.CreateAsync(cancellationToken);
        await _windows.CreateAsync(cancellationToken);
        await _deadLetters.CreateAsync(cancellationToken: cancellationToken);
        await _queue.CreateAsync(cancellationToken: cancellationToken);
        if (_scenario.IsFlawless)
        {
            await _instances.CreateAsync(cancellationToken);
        }

        if (HasRuleContainer)
        {
            await _ruleSets.CreateAsync(cancellationToken);
            await _ruleContainer.CreateAsync(cancellationToken: cancellationToken);
            await _compiledContainer.CreateAsync(cancellationToken: cancellationToken);
        }
        _proxy = await FaultProxy.StartAsync(_account, KillOne);
    }

    private async Task SendAsync(int phase, CancellationToken cancellationToken)
    {
        int count = _scenario.Messages / _phases.Length;
        EventScatter? scatter = _scenario.Correlates ? new EventScatter(Plan.Seed + phase, _begin - ((count + 1) * EventScatter.Step)) : null;
        ILookup<int, WorkloadMessage> messages = Workload
            .Create(Plan.Seed + phase, _scenario.Partitions, count, _scenario.Poison, hasUnreadable: !_scenario.IsFlawless, scatter)
            .ToLookup(message => message.Partition);
        foreach (IGrouping<int, WorkloadMessage> partition in messages)
        {
            await SendAsync($"{partition.Key}", [.. partition], cancellationToken);
        }
    }

    private async Task SendAsync(string partition, ImmutableArray<WorkloadMessage> messages, CancellationToken cancellationToken)
    {
        await using var producer = new EventHubProducerClient(_endpoint.ConnectionString, Hub);
        foreach (WorkloadMessage[] chunk in messages.Chunk(Workload.BatchSize))
        {
            await producer.SendAsync(chunk.Select(message => new EventData(message.Body)), new SendEventOptions { PartitionId = partition }, cancellationToken);
        }

        await using var receiver = new PartitionReceiver(
            EventHubDefinition.DefaultConsumerGroup, partition, EventPosition.Earliest, _endpoint.ConnectionString, Hub);
        int before = _events.GetValueOrDefault(partition, []).Length;
        var received = new List<EventData>();
        while (received.Count < before + messages.Length)
        {
            received.AddRange(await receiver.ReceiveBatchAsync(before + messages.Length - received.Count, TimeSpan.FromSeconds(5), cancellationToken));
        }

        _events[partition] = [.. received];
        foreach ((EventData item, WorkloadMessage message) in received.Skip(before).Zip(messages))
        {
            var identity = new HubEventIdentity(receiver.FullyQualifiedNamespace, Hub, partition, item.EnqueuedTime, item.SequenceNumber, 0);
            _expectation.Add(identity, message);
            _correlated.Add(identity, message.Body);
        }
    }

    private async Task ProcessAsync(CancellationToken cancellationToken)
    {
        // Each host checkpoints for itself, so that what one has done says nothing to the other: as late as a checkpoint can be.
        Checkpoints[] checkpoints = [.. Enumerable.Range(0, 1 + _phases.Max(phase => phase.Hosts.Max())).Select(_ => new Checkpoints())];
        for (int number = 0; number < _phases.Length; number++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await SendAsync(number, stop.Token);
            await ProcessAsync(number, checkpoints, stop);
            if (_scenario.Correlates)
            {
                await SettleAsync(cancellationToken);
            }

            // As instances end that are replaced; the last ones end with the run.
            if (number < _phases.Length - 1)
            {
                foreach (int host in Phase.Hosts)
                {
                    if (_workers.TryRemove(host, out RunningWorker? worker))
                    {
                        await worker.Process.DisposeAsync();
                    }
                }
            }
        }
    }

    private async Task ProcessAsync(int number, Checkpoints[] checkpoints, CancellationTokenSource stop)
    {
        _number = number;
        _faultsOver = false;
        _kills = 0;
        _moves = 0;
        _resting = 0;
        foreach (int host in Phase.Hosts)
        {
            _workers[host] = await StartWorkerAsync(host, stop.Token);
        }

        _proxy!.Follow(Plan);
        Task lifting = LiftAsync(stop.Token);
        Task[] hosts = [.. Phase.Hosts.Select(host => RunHostAsync(host, checkpoints, stop.Token))];
        Task[] redeliveries =
            [.. Enumerable.Range(0, _scenario.Redeliveries == 0 ? 0 : Redeliverers).Select(redeliverer => RedeliverAsync(redeliverer, stop.Token))];
        Task sweeps = _scenario.Correlates ? SweepNowAndThenAsync(stop.Token) : Task.CompletedTask;
        List<string> packs = Phase.PushesRules ? await ListPacksAsync(stop.Token) : [];
        string? set = Phase.PushesRules ? await PushRulesAsync(stop.Token) : null;

        while (await LeftAsync() is { } left)
        {
            _left = $"phase {number}: {left}";
            if (hosts.Concat(redeliveries).Append(sweeps).FirstOrDefault(task => task.IsFaulted) is { } failed)
            {
                await failed;
            }

            await Task.Delay(20, stop.Token);
        }
        await Task.WhenAll(redeliveries);
        await stop.CancelAsync();
        await Task.WhenAll([lifting, sweeps, .. hosts]);
        _allMoves += _moves;

        async Task<string?> LeftAsync() =>
            !Phase.Hosts.Any(host => IsDone(checkpoints[host])) ? "events that are not done"
            : redeliveries.Any(task => !task.IsCompleted) ? "batches that are delivered again"
            : Phase.Hosts.Length > 1 && _moves == 0 ? "partitions that did not move"
            : set is null ? null
            : Phase.Hosts.Any(host => !_rulesInUse.Any(rules => rules.Host == host && rules.Set == set)) ? "pushed rules that are not in use"
            : (await ListPacksAsync(stop.Token)).Except(packs).Count() < Phase.Hosts.Select(AppOf).Distinct().Count() ? "pushed rules without a pack"
            : null;
    }

    private async Task<string> PushRulesAsync(CancellationToken cancellationToken)
    {
        string further = $$"""
            title: Further {{_number}}
            id: 00000000-0000-4000-8000-00000000000{{_number}}
            logsource: {category: process_creation, product: windows}
            detection: {selection: {CommandLine: nothing}, condition: selection}
            """;
        RuleFile[] files = [new("further.yml", further), .. Workload.Rules.Select(rule => new RuleFile($"{rule.Id}.yml", rule.Yaml))];
        return (await new RuleStore(_ruleContainer).PushAsync(files, null, null, files.Length, cancellationToken)).Name;
    }

    // What a build compiled bears its name; versions before the container of compiled rules keep it beside the rules.
    private async Task<List<string>> ListPacksAsync(CancellationToken cancellationToken) => await _ruleContainer
        .GetBlobsAsync(new GetBlobsOptions { Prefix = "packs/" }, cancellationToken)
        .Concat(_compiledContainer.GetBlobsAsync(cancellationToken: cancellationToken))
        .Select(blob => blob.Name).ToListAsync(cancellationToken);

    private string AppOf(int host) => host < _scenario.Apps.Length ? _scenario.Apps[host] : LocalPaths.AppAssembly;

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
        if (host != Phase.Hosts[0])
        {
            await WaitAsync(TimeSpan.FromMilliseconds(100 + (400 * Plan.Draw($"join/{host}"))), cancellationToken);
        }

        for (int round = 0; !cancellationToken.IsCancellationRequested; round++)
        {
            RunningWorker worker = _workers[host];
            try
            {
                await RunTriggerAsync(worker, all[host], cancellationToken);
            }
            catch (WorkerException)
            {
                await ReplaceAsync(worker, host, all, round);
            }
            catch (EventHubsException exception) when (exception.Reason == EventHubsException.FailureReason.ConsumerDisconnected)
            {
                // All hosts but one leave the partitions to it then, each until its own worker ends.
                if (Interlocked.Increment(ref _moves) >= _scenario.Moves && MayRest())
                {
                    await Task.WhenAny(worker.Process.Exited, WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken));
                    if (cancellationToken.IsCancellationRequested)
                    {
                        return;
                    }

                    await ReplaceAsync(worker, host, all, round);
                    Interlocked.Decrement(ref _resting);
                    continue;
                }
                all[host] = Older(all[host], $"{host}/{round}");
                await WaitAsync(TimeSpan.FromMilliseconds(600 * Plan.Draw($"steal/{host}/{round}")), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private bool MayRest()
    {
        if (Interlocked.Increment(ref _resting) < Phase.Hosts.Length)
        {
            return true;
        }

        Interlocked.Decrement(ref _resting);
        return false;
    }

    // A trigger that has nothing to invoke does not see that its worker has ended.
    private async Task RunTriggerAsync(RunningWorker worker, Checkpoints checkpoints, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task running = CreateTrigger(worker, checkpoints).RunAsync(stop.Token);
        await Task.WhenAny(running, worker.Process.Exited);
        await stop.CancelAsync();
        try
        {
            await running;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WorkerException("The worker ended.", exception);
        }
    }

    private async Task ReplaceAsync(RunningWorker worker, int host, Checkpoints[] all, int round)
    {
        _workers.TryRemove(host, out _);
        await EndAsync(worker.Process);
        all[host] = Older(all[host], $"{host}/{round}");
        _workers[host] = await StartWorkerAsync(host, CancellationToken.None);
    }

    private static async Task WaitAsync(TimeSpan time, CancellationToken cancellationToken) =>
        await Task.Delay(time, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);

    /// <summary>What may be left of checkpoints when their writer ended: each as it was, or some events before.</summary>
    private Checkpoints Older(Checkpoints checkpoints, string name)
    {
        var older = new Checkpoints();
        foreach (string partition in _events.Keys)
        {
            if (checkpoints[partition] - (long)(OldestCheckpoint * Plan.Draw($"older/{name}/{partition}")) is >= 0 and long sequenceNumber)
            {
                older.Advance(partition, sequenceNumber);
            }
        }

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
            {
                random.Shuffle(cut);
            }

            int host = Phase.Hosts[random.Next(Phase.Hosts.Length)];
            RunningWorker? worker;
            while (!_workers.TryGetValue(host, out worker))
            {
                await Task.Delay(20, cancellationToken);
            }

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

    // As the timer would, but more often: what is due is evaluated while batches are.
    private async Task SweepNowAndThenAsync(CancellationToken cancellationToken)
    {
        for (int number = 0; !cancellationToken.IsCancellationRequested; number++)
        {
            await WaitAsync(TimeSpan.FromMilliseconds(200 + (1_500 * Plan.Draw($"sweep/{number}"))), cancellationToken);
            int host = Phase.Hosts[number % Phase.Hosts.Length];
            if (_workers.TryGetValue(host, out RunningWorker? worker))
            {
                try
                {
                    // A failure is tried again by the next one.
                    await SweepOf(worker).InvokeAsync(worker.Process, isLast: false, cancellationToken);
                }
                catch (WorkerException)
                {
                    // It was killed.
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    return;
                }
            }
        }
    }

    private static TimerTrigger SweepOf(RunningWorker worker) =>
        TimerTrigger.Find(worker.Process.Functions, ImmutableDictionary<string, string>.Empty).Single(timer => timer.FunctionName == "Sweep");

    /// <summary>
    /// Waits until nobody works at correlations any more, and has what is due done. What was delivered to a worker and cancelled, since another one did it,
    /// still goes on there.
    /// </summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        await QuietAsync();
        for (int attempt = 1; ; attempt++)
        {
            int host = Phase.Hosts[0];
            RunningWorker worker = _workers.GetOrAdd(host, _ => throw new InvalidOperationException("There is no worker."));
            string? failure;
            try
            {
                InvocationResponse response = await SweepOf(worker).InvokeAsync(worker.Process, isLast: true, cancellationToken);
                failure = response.Result.Status == StatusResult.Types.Status.Success ? null : response.Result.Exception?.Message ?? response.Result.Result;
            }
            catch (WorkerException exception)
            {
                // The last kill was seen by nobody.
                failure = exception.Message;
                await EndAsync(worker.Process);
                _workers[host] = await StartWorkerAsync(host, cancellationToken);
            }

            if (failure is null)
            {
                break;
            }

            if (attempt == MaxLastSweeps)
            {
                throw new InvalidOperationException($"The last sweep failed: {failure}");
            }
        }

        await QuietAsync();

        async Task QuietAsync()
        {
            int requests;
            do
            {
                requests = _proxy!.RequestsTo(_correlations.Name);
                await Task.Delay(Quiet, cancellationToken);
            }
            while (requests != _proxy.RequestsTo(_correlations.Name));
        }
    }

    private EventHubsTrigger CreateTrigger(RunningWorker worker, Checkpoints checkpoints) => new(
        _endpoint.ConnectionString, worker.Binding, new HostSettings(Workload.BatchSize, PrefetchCount: 4 * Workload.BatchSize), worker.Process, checkpoints, _ => Interlocked.Increment(ref _failures));

    private async Task<RunningWorker> StartWorkerAsync(int host, CancellationToken cancellationToken)
    {
        ImmutableDictionary<string, string> settings = WorkerSettings
            .Create(_endpoint.ConnectionString, _proxy!.ConnectionString, [_rules], ruleContainer: HasRuleContainer ? _ruleContainer.Name : null)
            .SetItem("Rules__TableName", _ruleSets.Name)
            .SetItem("Rules__CompiledContainer", _compiledContainer.Name)
            .SetItem("Rules__CheckInterval", "00:00:01")
            .SetItem("Correlation__Grace", $"{_scenario.Grace}")
            .SetItem("Detections__CreateIfNotExists", "false")
            .SetItem("Detections__TableName", _table.Name)
            .SetItem("Detections__QueueName", _queue.Name)
            .SetItem("Detections__DeadLetterContainer", _deadLetters.Name);
        var options = new WorkerOptions { AssemblyPath = AppOf(host), Settings = settings, Log = line => Note(host, line) };
        WorkerProcess process = await WorkerProcess.StartAsync(options, cancellationToken);
        TriggerBinding binding = TriggerBinding.Find(process.Functions, settings).Single();
        // As patient as the app asks for, and quicker than it asks for.
        RetryPolicy retry = binding.Retry with { Minimum = TimeSpan.FromMilliseconds(50), Maximum = TimeSpan.FromMilliseconds(500) };
        return new RunningWorker(process, binding with { Retry = retry });
    }

    private void Note(int host, WorkerLogLine line)
    {
        if (line.Level is RpcLog.Types.Level.Error or RpcLog.Types.Level.Critical && !Cancelled().IsMatch(line.Message))
        {
            _errors.Enqueue($"{line.Category}: {line.Message}");
        }
        else if (line.Message.Contains("The rules come compiled", StringComparison.Ordinal))
        {
            _fromPack[host] = true;
        }
        else if (line.Message.Contains("The rules were read as YAML", StringComparison.Ordinal))
        {
            _fromPack[host] = false;
        }
        else if (PushedSet().Match(line.Message) is { Success: true } match)
        {
            _rulesInUse.Enqueue(new RulesInUse(_number, host, match.Groups["set"].Value, _fromPack.GetValueOrDefault(host)));
        }
    }

    private bool KillOne()
    {
        if (_faultsOver || Interlocked.Increment(ref _kills) is var kill && kill > _scenario.MaxKills)
        {
            return false;
        }

        int host = Phase.Hosts[(int)(Plan.Draw($"kill/{kill}") * Phase.Hosts.Length)];
        if (!_workers.TryGetValue(host, out RunningWorker? worker))
        {
            return false;
        }

        worker.Process.Kill();
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
        ILookup<bool, TableEntity> rowsByKind = rows.ToLookup(row => row.GetInt32("SchemaVersion") == Detection.CorrelationSchemaVersion);
        ILookup<bool, Detection> byKind = (await _table.ReadDetectionsAsync(cancellationToken)).ToLookup(item => item.Correlation is not null);
        HashSet<string> correlated = [.. byKind[true].Select(item => item.Id.Value)];
        List<TableEntity> state = _scenario.Correlates ? await _correlations.QueryAsync<TableEntity>(cancellationToken: cancellationToken).ToListAsync(cancellationToken) : [];
        var alerts = new List<Alert>();
        while ((await _queue.ReceiveMessagesAsync(32, TimeSpan.FromHours(1), cancellationToken)).Value is { Length: > 0 } messages)
        {
            alerts.AddRange(messages.Select(message => Alert.Parse(message.Body.ToMemory().Span)));
        }

        ILookup<bool, Alert> alertsByKind = alerts.ToLookup(alert => alert.Correlation is not null || correlated.Contains(alert.Id));
        await _queue.DeleteAsync(cancellationToken);
        List<StoredDeadLetter> letters = await new DeadLetterStore(_deadLetters)
            .ListAsync(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), cancellationToken).ToListAsync(cancellationToken);
        HashSet<(string, long)> kept = [.. letters.Select(letter => (letter.Partition ?? "", letter.SequenceNumber))];
        int unindexed = await CountUnindexedAsync([.. byKind[false], .. byKind[true]], cancellationToken);
        await _table.DeleteAsync(cancellationToken);
        FaultOutcome outcome = FaultOutcome.Of(
            _expectation,
            _table.Name,
            [.. rowsByKind[false]],
            [.. byKind[false]],
            [.. alertsByKind[false]],
            _expectation.Unreadable.Count(message => !kept.Contains(message))
                + kept.Count(message => !_expectation.Unreadable.Contains(message)) + (letters.Count - kept.Count)) with
        {
            Messages = _events.Values.Sum(partition => partition.Length),
            Injected = _proxy!.Injected.Values.Sum(),
            Kills = _proxy!.Injected.GetValueOrDefault(FaultKind.Kill),
            Moves = _allMoves,
            FailedInvocations = _failures,
            RulesInUse = [.. _rulesInUse],
        };
        if (_scenario.Correlates)
        {
            var correlations = CorrelationOutcome.Of(_correlated, _table.Name, [.. rowsByKind[true]], [.. byKind[true]], [.. alertsByKind[true]], state);
            outcome = outcome with { Correlations = correlations, Problems = [.. outcome.Problems, .. correlations.Problems] };
        }

        if (unindexed > 0)
        {
            outcome = outcome with { Problems = outcome.Problems.Add($"{unindexed} rows are not in the index") };
        }

        if (!_scenario.IsFlawless || _errors.IsEmpty)
        {
            return outcome;
        }

        return outcome with { Problems = outcome.Problems.Add($"{_errors.Count} errors were logged, the first: {_errors.First()}") };
    }

    /// <summary>Rows that are not found by their rule, host or user.</summary>
    private async Task<int> CountUnindexedAsync(Detection[] detections, CancellationToken cancellationToken)
    {
        var index = new DetectionIndex(new TableClient(_account, _table.Name + DetectionIndex.NameSuffix));
        if (_phases.Length > 1)
        {
            // One of the versions wrote no pointers.
            await new DetectionTable(_table, index: index).ReindexAsync(_begin.AddDays(-1), _begin.AddDays(1), null, cancellationToken);
        }

        var missing = new HashSet<DetectionId>();
        foreach (IGrouping<(IndexKind Kind, string? Value), Detection> wanted in detections
            .SelectMany(item => new[] { (IndexKind.Rule, item.RuleId), (IndexKind.Host, item.Host), (IndexKind.User, item.User) }, (item, key) => (Key: key, Item: item))
            .Where(pair => !string.IsNullOrEmpty(pair.Key.Item2))
            .GroupBy(pair => (pair.Key.Item1, pair.Key.Item2), pair => pair.Item))
        {
            IndexedDetections found = await index.FindAsync(
                wanted.Key.Kind, wanted.Key.Value!, _begin.AddDays(-1), _begin.AddDays(1), DetectionIndex.MaxFound, cancellationToken);
            missing.UnionWith(wanted.Select(item => item.Id).Except(found.Ids));
        }

        return missing.Count;
    }

    // The Functions library calls it an error when the host cancels an invocation, as it does when a partition moves.
    [GeneratedRegex("System.OperationCanceledException|TaskCanceledException")]
    private static partial Regex Cancelled();

    [GeneratedRegex(@"The rules of container .*\(pushed set: (?<set>.*)\), in use")]
    private static partial Regex PushedSet();

    private sealed record RunningWorker(WorkerProcess Process, TriggerBinding Binding);
}
