using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Azure;
using Azure.Messaging.EventHubs;
using Microsoft.Extensions.Configuration;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.LocalHost.Live;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Reporting;
using SigmaFunctions.LocalHost.Sending;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.LocalHost;

/// <summary>One run of the program, from nothing started to nothing left.</summary>
internal sealed class LocalHostRun : IAsyncDisposable
{
    // As 'sigmaf' reads them.
    private const string HubVariable = "EVENTHUB_CONNECTION";
    private const string StorageVariable = "DetectionStorage";

    // The app's, that does what was left for later.
    private const string SweepFunction = "Sweep";
    private const int Partitions = 4;
    private const int SampleBatchSize = 4;
    private const int FileBatchSize = 500;

    // What waits in the hub stays far below what it keeps.
    private const long MaxUnprocessed = 50_000;

    // Of what a worker wrote at its end.
    private const int MaxReason = 300;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CataloguePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    // As long as the Functions host waits for what is under way before it ends its worker.
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10);

    private readonly LocalHostOptions _options;
    private readonly ConsoleReport _report;
    private readonly RuleLog _rules;
    private readonly TimeProvider _time;
    private readonly IConfiguration _environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
    private readonly Stopwatch _watch = new();
    private readonly TriggerStatistics _statistics = new();
    private AzuriteProcess? _azurite;
    private DataFolder? _data;
    private EventHubsEndpoint? _endpoint;
    private RestartingWorker? _worker;
    private LiveSite? _live;
    private DetectionSite? _detections;
    private ImmutableArray<UnseenEvents> _unseen = [];

    public LocalHostRun(LocalHostOptions options, ConsoleReport report, TimeProvider time)
    {
        _options = options;
        _report = report;
        _rules = new RuleLog(report.Log, loaded => report.Step("Rules", loaded));
        _time = time;
    }

    /// <summary>Starts everything, sends the events, shows what is detected, and keeps running until cancelled unless told otherwise.</summary>
    /// <returns>Whether every event was processed.</returns>
    /// <exception cref="LocalHostException">Something that the user can put right.</exception>
    /// <exception cref="WorkerException">The worker ended.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        string eventsPath = _options.EventsPath ?? LocalPaths.SampleEvents;
        if (!File.Exists(eventsPath))
        {
            throw new LocalHostException($"The events file {eventsPath} does not exist.");
        }

        await EventFile.RequireAsync(eventsPath, cancellationToken);
        if (_options.Rules.FirstOrDefault(path => !Path.Exists(path)) is { } missing)
        {
            throw new LocalHostException($"The rules {missing} do not exist.");
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var draining = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var cut = new CancellationTokenSource();
        if (!_options.Once)
        {
            await StartLiveAsync(stop.Token);
        }

        await StartStoresAsync(stop.Token);
        var alerts = new AlertReader(_azurite!.ConnectionString, Show);
        await alerts.CreateIfNotExistsAsync(stop.Token);
        Triggers triggers = await StartWorkerAsync(stop.Token);
        if (_live is { } live)
        {
            _detections = new DetectionSite(_azurite.ConnectionString, () => live.Rules, MappingSettings.Paths(_environment), _time);
            live.Attach(new LiveRun(
                () => new RunCounters(_statistics.Events, _statistics.Batches, _unseen), alerts.FindAsync, _endpoint!.ConnectionString, GetAsync)
            {
                Detections = _detections,
            });
        }

        Task[] triggering =
        [
            .. triggers.Hubs.Select(trigger => trigger.RunAsync(cut.Token, draining.Token)),
            .. triggers.Queues.Select(queue => queue.RunAsync(
                _azurite.ConnectionString, triggers.Settings.Queues, _worker!, reason => ShowFailure(queue.FunctionName, reason), _time, cut.Token, draining.Token)),
            .. triggers.Timers.Select(timer => timer.RunAsync(_worker!, reason => ShowFailure(timer.FunctionName, reason), _time, cut.Token, draining.Token)),
        ];
        Task reading = alerts.RunAsync(stop.Token);
        Task cataloguing = _live?.BuildCatalogueAsync(CataloguePatience, stop.Token) ?? Task.CompletedTask;
        Task<bool> processing = ProcessAsync(eventsPath, alerts, triggers, stop.Token);
        Task[] background = [.. triggering, reading, _worker!.Ended, WatchAzuriteAsync(stop.Token), WatchUnseenAsync(stop.Token)];
        try
        {
            // Whatever ends first decides: the background only ends by failing.
            if (await Task.WhenAny([processing, .. background]) != processing)
            {
                await await Task.WhenAny(background);
            }

            bool complete = await processing;
            if (_options.Once)
            {
                return complete;
            }

            _report.Line("Waiting for events. Ctrl-C stops.");
            await await Task.WhenAny(background);
            return complete;
        }
        catch (Exception exception) when (exception is EventHubsException or RequestFailedException or System.Text.Json.JsonException)
        {
            throw new LocalHostException(exception.Message.ReplaceLineEndings(" "), exception);
        }
        finally
        {
            await draining.CancelAsync();
            await Task.WhenAny(Task.WhenAll(triggering), _worker!.Ended, Task.Delay(DrainPatience, CancellationToken.None));
            await _worker!.DisposeAsync();
            await cut.CancelAsync();
            await stop.CancelAsync();
            await Task.WhenAny(Task.WhenAll([processing, cataloguing, .. background]), Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None));
        }
    }

    private async Task<HttpReply?> GetAsync(Uri address, CancellationToken cancellationToken) =>
        HttpTrigger.Find(_worker!.First.Functions).FirstOrDefault(trigger => address.AbsolutePath == $"/api/{trigger.Route}") is { } found
            ? await found.InvokeAsync(_worker, address, cancellationToken)
            : null;

    /// <summary>Asks the app now and then, while events are processed, which of them no rule could see.</summary>
    private async Task WatchUnseenAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ProgressInterval, _time);
        long asked = 0;
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (_statistics.Events is var events && events != asked)
            {
                asked = events;
                await AskUnseenAsync(cancellationToken);
            }
        }
    }

    private async Task AskUnseenAsync(CancellationToken cancellationToken)
    {
        // A worker that ends meanwhile is told of elsewhere.
        HttpReply? reply = await GetAsync(new Uri("http://localhost/api/health/details"), cancellationToken);
        if (reply is { Status: 200 or 503, Body.Length: > 0 })
        {
            _unseen = UnseenEvents.Read(reply.Body);
        }
    }

    /// <summary>Ends the live view, the worker, the endpoint and Azurite.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_live is not null)
        {
            await _live.DisposeAsync();
        }

        _detections?.Dispose();
        if (_worker is not null)
        {
            await _worker.DisposeAsync();
        }

        _endpoint?.Dispose();
        if (_azurite is not null)
        {
            await _azurite.DisposeAsync();
        }

        _data?.Dispose();
    }

    private async Task StartLiveAsync(CancellationToken cancellationToken)
    {
        _live = await LiveSite.StartAsync(_options.HttpPort, RuleSettings.Create(_options.Rules, _environment), _time, cancellationToken);
        _report.Step("Live view", _live.Address.AbsoluteUri);
        if (_options.HttpPort is null && _live.Address.Port != LiveSite.DefaultPort)
        {
            _report.Warn($"Port {LiveSite.DefaultPort} is in use, so the live view is on {_live.Address.Port}; --http-port chooses another.");
        }
    }

    private void Show(Alert alert, Detection? detection)
    {
        _report.Detection(alert, detection);
        _live?.Show(alert, detection);
    }

    private async Task StartStoresAsync(CancellationToken cancellationToken)
    {
        // First, since a port in use is found at once.
        _endpoint = EventHubsEndpoint.Start(new EventHubsEndpointOptions
        {
            Port = _options.Port,
            Hubs = [.. _options.Hubs.Select(hub => new EventHubDefinition(hub, Partitions))],
        });
        string hubs = string.Join(", ", _options.Hubs.Select(hub => $"'{hub}'"));
        _report.Step("Event Hubs", $"AMQP on 127.0.0.1:{_endpoint.Port}, event hub {hubs} with {Partitions} partitions");
        var watch = Stopwatch.StartNew();
        if (_options.DataPath is { } path)
        {
            _data = DataFolder.Open(path);
        }

        _azurite = await AzuriteProcess.StartAsync(cancellationToken, _data?.Path);
        if (_data is not null)
        {
            await DataFolder.ForgetHubsAsync(_azurite.ConnectionString, cancellationToken);
        }

        _report.Step("Storage", $"Azurite started in {Milliseconds(watch.Elapsed)}{(_data is null ? "" : $", with the data of {_data.Path}")}");
    }

    private async Task<Triggers> StartWorkerAsync(CancellationToken cancellationToken)
    {
        ImmutableDictionary<string, string> settings = WorkerSettings
            .Create(_endpoint!.ConnectionString, _azurite!.ConnectionString, _options.Rules, _live?.CatalogAddress, RuleStore.DefaultName)
            .SetItem(WorkerSettings.EventHubName, string.Join(';', _options.Hubs));
        var options = new WorkerOptions { AssemblyPath = LocalPaths.AppAssembly, Settings = settings, Log = ShowLog };
        _worker = await RestartingWorker.StartAsync(
            async token => await WorkerProcess.StartAsync(options, token),
            reason => _report.Warn(
                $"{(reason.Length > MaxReason ? $"{reason.AsSpan(0, MaxReason)}…" : reason)} Another is started, and what this one had in hand is tried again."),
            worker => _report.Step("Worker", $"started again and loaded in {Milliseconds(worker.LoadedAfter)}"),
            _time,
            cancellationToken);
        ImmutableArray<RpcFunctionMetadata> functions = _worker.First.Functions;
        ImmutableArray<TriggerBinding> bindings = TriggerBinding.Find(functions, settings);
        var host = HostSettings.Read(Path.Combine(Path.GetDirectoryName(LocalPaths.AppAssembly)!, "host.json"));
        _report.Step("Worker", $"started and loaded in {Milliseconds(_worker.First.LoadedAfter)}");
        foreach (TriggerBinding binding in bindings)
        {
            _report.Step("Function", $"{binding.FunctionName} takes batches of up to {host.MaxEventBatchSize} from '{binding.EventHubName}' ({binding.ConsumerGroup})");
        }

        ImmutableArray<QueueTrigger> queues = QueueTrigger.Find(functions, settings);
        foreach (QueueTrigger queue in queues)
        {
            _report.Step("Function", $"{queue.FunctionName} delivers what is on the queue '{queue.QueueName}'");
        }

        _report.Line();
        _report.Line("For sigmaf, in another terminal:");
        _report.Variable(HubVariable, HubConnection);
        _report.Variable(StorageVariable, _azurite.ConnectionString);
        _report.Line();
        ImmutableArray<EventHubsTrigger> triggers =
        [
            .. bindings.Select(binding => new EventHubsTrigger(
                _endpoint.ConnectionString, binding, host, _worker, new Checkpoints(), reason => ShowFailure(binding.FunctionName, reason), _time, _statistics, new CheckpointBlobs(_azurite.ConnectionString))),
        ];
        return new Triggers(triggers, TimerTrigger.Find(functions, settings), queues, host);
    }

    /// <summary>The namespace's connection string, with the hub where no other is meant and it is not what <c>sigmaf send</c> takes to be meant.</summary>
    private string HubConnection =>
        _options.Hubs is [var hub] && hub != WorkerSettings.LocalEventHub ? $"{_endpoint!.ConnectionString}EntityPath={hub};" : _endpoint!.ConnectionString;

    private void ShowFailure(string function, string reason) => _report.Warn($"{function} failed: {FirstLine(reason)}");

    // Without --verbose only what needs attention is shown.
    private void ShowLog(WorkerLogLine line)
    {
        if (!_options.Verbose && _rules.Take(line))
        {
            return;
        }

        if (_options.Verbose || line.Level is RpcLog.Types.Level.Warning or RpcLog.Types.Level.Error or RpcLog.Types.Level.Critical)
        {
            _report.Log(line);
        }
    }

    private async Task WatchAzuriteAsync(CancellationToken cancellationToken)
    {
        await _azurite!.Exited.WaitAsync(cancellationToken);
        throw new LocalHostException("Azurite ended unexpectedly; detections cannot be stored.");
    }

    private async Task<bool> ProcessAsync(string path, AlertReader alerts, Triggers triggers, CancellationToken cancellationToken)
    {
        bool sample = _options.EventsPath is null;
        _report.Step("Sending", sample ? "the sample events" : path);
        var sender = new EventSender(_endpoint!.ConnectionString, _options.Hubs[0], sample ? SampleBatchSize : FileBatchSize, async (sent, token) =>
        {
            while (sent - _statistics.Events > MaxUnprocessed)
            {
                await Task.Delay(PollInterval, token);
            }
        });

        _watch.Start();
        Task sending = sender.SendAsync(EventFile.ReadAsync(path), cancellationToken);
        TimeSpan shown = TimeSpan.Zero;
        while (!sending.IsCompleted || _statistics.Events + _statistics.LostEvents < sender.Sent)
        {
            if (sending.IsFaulted)
            {
                break;
            }

            if (_watch.Elapsed - shown >= ProgressInterval)
            {
                shown = _watch.Elapsed;
                _report.Step("Working", Progress(sender.Sent, _statistics.Events, alerts.Alerts, sending.IsCompleted));
            }
            await Task.Delay(PollInterval, cancellationToken);
        }
        await sending;
        foreach (string fault in sender.Faults)
        {
            _report.Warn(fault);
        }

        TimeSpan processed = _watch.Elapsed;
        bool isSwept = !_options.Once || await SweepAsync(triggers.Timers, cancellationToken);
        await alerts.DrainedAsync(cancellationToken);
        foreach (QueueTrigger queue in triggers.Queues)
        {
            if (await queue.DrainedAsync(cancellationToken) is > 0 and int waiting)
            {
                _report.Warn($"{Count(waiting)} alerts wait on the queue '{queue.QueueName}' to be delivered later.");
            }
        }

        await AskUnseenAsync(cancellationToken);
        long rows = await alerts.CountDetectionsAsync(cancellationToken);
        Summarize(sender, alerts, rows, processed);
        return isSwept && sender is { TooLarge: 0, Unreadable: 0 } && _statistics is { FailedEvents: 0, LostEvents: 0 } && alerts.Dangling == 0;
    }

    /// <summary>Has the app do what it left for later, such as what correlations wait with for late events: none come any more.</summary>
    private async Task<bool> SweepAsync(ImmutableArray<TimerTrigger> timers, CancellationToken cancellationToken)
    {
        TimerTrigger sweep = timers.First(timer => timer.FunctionName == SweepFunction);
        InvocationResponse response = await sweep.InvokeAsync(_worker!, isLast: true, cancellationToken);
        if (response.Result.Status == StatusResult.Types.Status.Success)
        {
            return true;
        }

        ShowFailure(sweep.FunctionName, response.Result.Exception?.Message ?? response.Result.Result);
        return false;
    }

    /// <summary>How far a run is that goes on.</summary>
    internal static string Progress(long sent, long processed, long alerts, bool isSent) =>
        $"{Count(sent)} events sent{(isSent ? "" : " so far")}, {Count(processed)} of them processed, {Count(alerts)} alerts yet";

    private void Summarize(EventSender sender, AlertReader alerts, long rows, TimeSpan elapsed)
    {
        var lines = new List<(string, string)>
        {
            ("Events sent", Count(sender.Sent)),
            ("Batches", Count(_statistics.Batches)),
            ("Detections in the table", Count(rows)),
            ("Alerts from the queue", Count(alerts.Alerts)),
            ("End to end", $"{elapsed.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)} s, {Count((long)(_statistics.Events / elapsed.TotalSeconds))} events/s"),
            ("Worker loaded after", Milliseconds(_worker!.First.LoadedAfter)),
        };
        if (_statistics.FirstInvocation is { } first)
        {
            lines.Add(("First invocation took", Milliseconds(first)));
        }

        if (_statistics.Retries > 0)
        {
            lines.Add(("Invocations tried again", Count(_statistics.Retries)));
        }

        if (_statistics.FailedEvents > 0)
        {
            lines.Add(("Events given up", Count(_statistics.FailedEvents)));
        }

        if (_statistics.LostEvents > 0)
        {
            lines.Add(("Events dropped before reading", Count(_statistics.LostEvents)));
        }

        if (sender.TooLarge > 0)
        {
            lines.Add(("Bodies too large to send", Count(sender.TooLarge)));
        }

        if (sender.Unreadable > 0)
        {
            lines.Add(("Places that cannot be read", Count(sender.Unreadable)));
        }

        if (alerts.Dangling > 0)
        {
            lines.Add(("Alerts without a detection", Count(alerts.Dangling)));
        }

        if (!_unseen.IsEmpty)
        {
            lines.Add(("Events that no rule can see", Count(_unseen.Sum(kind => kind.Events))));
            lines.AddRange(_unseen.Select(kind => ("", $"{Count(kind.Events)} {kind.Description}")));
        }

        _report.Summary(lines);
    }

    private static string FirstLine(string text) => text.AsSpan().IndexOfAny('\r', '\n') is >= 0 and int end ? text[..end] : text;

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Milliseconds(TimeSpan time) => $"{time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms";

    private sealed record Triggers(
        ImmutableArray<EventHubsTrigger> Hubs, ImmutableArray<TimerTrigger> Timers, ImmutableArray<QueueTrigger> Queues, HostSettings Settings);
}
