using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.Storage.Outputs;
using SigmaFunctions.Tests;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>
/// Outputs of the real worker whose receivers misbehave, all at once: each receiver is in the end told of each alert, and none of them holds up detection or another.
/// The worker is killed on the way. The table in docs/reliability.md is what this test prints.
/// </summary>
public sealed class OutputFaultTests(ITestOutputHelper output)
{
    private const int Alerts = 30;
    private const int AlertsOfKill = 20;
    private const string Token = "a-token-of-the-test";
    private const string RuleId = "dcr-0123456789abcdef0123456789abcdef";
    private const string Stream = "Custom-SigmaDetections_CL";
    private const string Identity = "a-header-of-the-test";
    private const string SigningKey = "a key of the test with enough characters";

    private const string Rule = """
        title: Marked process
        id: 11111111-1111-4111-8111-111111111111
        logsource: {category: process_creation, product: windows}
        detection: {selection: {CommandLine|contains: marker}, condition: selection}
        level: high
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // Of Sentinel all rows go in a call, and one that fails is tried again after 15 seconds, and then 30.
    private static readonly ImmutableArray<Fault> Faults =
    [
        new("well", "none", null, 0, 0),
        new("slow", "the first request is taken and never answered", Behaviour.Silent, 1, 1),
        new("busy", "429 with Retry-After", Behaviour.Answer(429, ("Retry-After", "2")), 3, 2),
        new("broken", "500", Behaviour.Answer(500), 10, 2),
        new("before", "reset before it is taken", Behaviour.ResetBefore, 5, 2),
        new("after", "reset after it is taken", Behaviour.ResetAfter, 5, 1),
        new("gone", "nobody listens for 20 seconds", null, 0, 0) { Absence = TimeSpan.FromSeconds(20) },
        new("rejects", "one alert is rejected", null, 0, 0) { Rejected = 1 },
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_receiver_is_told_of_every_alert_in_the_end_and_none_waits_for_another()
    {
        using X509Certificate2 certificate = CreateCertificate();
        string trusted = Path.GetTempFileName();
        await File.WriteAllTextAsync(trusted, certificate.ExportCertificatePem(), Cancelled);
        await using WebApplication tokens = await ServeTokensAsync();
        ImmutableArray<Case> cases = await StartAsync(certificate);
        ImmutableDictionary<string, string> settings = cases.SelectMany(one => one.Settings).ToImmutableDictionary()
            .Add("SSL_CERT_FILE", trusted)
            .Add("IDENTITY_ENDPOINT", $"{tokens.Urls.Single()}/token")
            .Add("IDENTITY_HEADER", Identity)
            .Add("DetectionStorage__credential", "managedidentity")
            .Add("Outputs__never__Type", "Webhook")
            .Add("Outputs__never__Url", "https://localhost:1/SECRET")
            .Add("Outputs__never__AllowsPrivateAddresses", "true")
            .Add("Outputs__never__BurstAfter", "0");
        var log = new ConcurrentQueue<string>();
        await using (LocalDeployment deployment = await LocalDeployment.StartAsync(Rule, settings: settings, log: line => log.Enqueue(line.Message)))
        {
            await RunAsync(deployment, cases);
        }

        foreach (Case one in cases)
        {
            await one.Receiver.DisposeAsync();
        }

        File.Delete(trusted);
        Assert.Contains(log, line => line.Contains("Output never cannot be reached", StringComparison.Ordinal));
        Assert.DoesNotContain(log, line => line.Contains("SECRET", StringComparison.Ordinal) || line.Contains(Token, StringComparison.Ordinal));
    }

    private async Task RunAsync(LocalDeployment deployment, ImmutableArray<Case> cases)
    {
        var workers = new Workers(deployment);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        ImmutableArray<QueueTrigger> triggers = QueueTrigger.Find(deployment.Worker.Functions, []);
        Assert.Equal(cases.Length + 1, triggers.Length);
        var queues = new QueueSettings(MaxDequeueCount: 50, VisibilityTimeout: TimeSpan.FromSeconds(1));

        // Detection is done whatever receivers do.
        await DetectAsync(deployment, 0, Alerts);
        Task[] running = [.. triggers.Select(trigger => trigger.RunAsync(deployment.StorageConnection, queues, workers, null, TimeProvider.System, stop.Token))];
        await UntilToldAsync(cases, Alerts, running);
        foreach (Case one in cases)
        {
            output.WriteLine(one.ToString(await CountAsync(deployment, one.PoisonQueue)));
        }

        // Another batch, and the worker is killed while it is delivered.
        int before = cases.Sum(one => one.Receiver.Taken.Length);
        await DetectAsync(deployment, Alerts, AlertsOfKill);
        while (cases.Sum(one => one.Receiver.Taken.Length) < before + AlertsOfKill)
        {
            await Task.Delay(1, Cancelled);
        }

        await workers.KillAsync();
        await UntilToldAsync(cases, Alerts + AlertsOfKill, running);
        int twice = cases.Sum(one => one.Receiver.Taken.Length - one.Told) - cases.Sum(one => one.TwiceBefore);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| all | the worker is killed while they are told of {AlertsOfKill} more | {AlertsOfKill * cases.Length} | {twice} | 0 | |"));
        await stop.CancelAsync();
        await Task.WhenAny(Task.WhenAll(running), Task.Delay(TimeSpan.FromSeconds(10), Cancelled));
        Assert.All(running, task => Assert.True(task.IsCanceled || task.IsFaulted, "a queue is still read"));

        HashSet<string> all = [.. (await deployment.TakeAlertsAsync()).Select(alert => alert.Id)];
        Assert.Equal(Alerts + AlertsOfKill, all.Count);
        foreach (Case one in cases)
        {
            Assert.True(one.Receiver.Violations.IsEmpty, $"{one.Output}: {string.Join(", ", one.Receiver.Violations)}");
            Assert.Subset(all, one.Ids.ToHashSet());
            Assert.Equal((one.Output, one.Fault.Rejected), (one.Output, await CountAsync(deployment, one.PoisonQueue)));
        }

        // What the killed worker had put back and not taken off yet is there twice.
        Assert.InRange(await CountAsync(deployment, "alerts-never"), Alerts + AlertsOfKill, Alerts + AlertsOfKill + queues.BatchSize);
    }

    private static Task DetectAsync(LocalDeployment deployment, int first, int events) => deployment.InvokeAsync(deployment.MakeBatch(
        "0",
        Enumerable.Range(first, events).Select(i => Encoding.UTF8.GetBytes($$"""{"category":"process_creation","product":"windows","Computer":"WS-{{i}}","CommandLine":"a.exe marker"}""")),
        first));

    private static async Task UntilToldAsync(ImmutableArray<Case> cases, int alerts, Task[] running)
    {
        var watch = Stopwatch.StartNew();
        while (cases.Any(one => !one.IsTold(alerts)))
        {
            Assert.True(watch.Elapsed < Patience, $"still not told: {string.Join(", ", cases.Where(one => !one.IsTold(alerts)).Select(one => one.Output))}");
            Assert.DoesNotContain(running, task => task.IsCompleted);
            await Task.Delay(100, Cancelled);
            foreach (Case one in cases)
            {
                await one.WatchAsync(watch.Elapsed, alerts);
            }
        }
    }

    private static async Task<int> CountAsync(LocalDeployment deployment, string queue) =>
        (await new QueueClient(deployment.StorageConnection, queue).GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount;

    private static async Task<ImmutableArray<Case>> StartAsync(X509Certificate2 certificate)
    {
        ImmutableArray<Case>.Builder cases = ImmutableArray.CreateBuilder<Case>();
        foreach (Fault fault in Faults)
        {
            cases.Add(new Case(fault, false, await MisbehavingReceiver.StartWebhookAsync(Encoding.UTF8.GetBytes(SigningKey), certificate: certificate)));
        }

        // Eight webhooks, seven of Sentinel, and one that is never there are as many as an app has.
        foreach (Fault fault in Faults.Where(fault => fault.Name != "well"))
        {
            cases.Add(new Case(fault, true, await MisbehavingReceiver.StartLogsIngestionAsync(RuleId, Stream, Token, certificate)));
        }

        foreach (Case one in cases)
        {
            await one.MisbehaveAsync();
        }

        return cases.ToImmutable();
    }

    // As the platform gives tokens to the identity of an app.
    private static async Task<WebApplication> ServeTokensAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication server = builder.Build();
        server.Run(context =>
        {
            if (context.Request.Headers["X-IDENTITY-HEADER"] != Identity || context.Request.Query["resource"] != "https://monitor.azure.com/")
            {
                context.Response.StatusCode = 400;
                return Task.CompletedTask;
            }

            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(
                $$"""{"access_token":"{{Token}}","expires_on":"{{DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()}}","resource":"https://monitor.azure.com/","token_type":"Bearer"}""");
        });
        await server.StartAsync(Cancelled);
        return server;
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private sealed record Fault(string Name, string What, Behaviour? Behaviour, int TimesOfWebhook, int TimesOfSentinel)
    {
        public TimeSpan Absence { get; init; }

        public int Rejected { get; init; }
    }

    private sealed class Case(Fault fault, bool isSentinel, MisbehavingReceiver receiver)
    {
        private bool _isAway;
        private TimeSpan _toldAfter;

        public Fault Fault { get; } = fault;

        public MisbehavingReceiver Receiver { get; } = receiver;

        public string Output { get; } = (isSentinel ? "s" : "w") + fault.Name;

        public string PoisonQueue => $"alerts-{Output}{OutputQueue.PoisonSuffix}";

        public IEnumerable<string> Ids => Receiver.Taken.Select(message => IdOf(message.Content)).Distinct();

        public int Told => Ids.Count();

        /// <summary>What had come twice before the worker was killed.</summary>
        public int TwiceBefore { get; private set; }

        public Dictionary<string, string> Settings
        {
            get
            {
                string prefix = $"Outputs__{Output}__";
                return isSentinel
                    ? new()
                    {
                        [$"{prefix}Type"] = "Sentinel",
                        [$"{prefix}Endpoint"] = Receiver.Url.AbsoluteUri,
                        [$"{prefix}DataCollectionRuleId"] = RuleId,
                    }
                    : new()
                    {
                        [$"{prefix}Type"] = "Webhook",
                        [$"{prefix}Url"] = Receiver.Url.AbsoluteUri,
                        [$"{prefix}SigningKey"] = SigningKey,
                        [$"{prefix}AllowsPrivateAddresses"] = "true",
                        [$"{prefix}BurstAfter"] = "0",
                        [$"{prefix}MaximumPerMinute"] = "0",
                    };
            }
        }

        private int Times => isSentinel ? Fault.TimesOfSentinel : Fault.TimesOfWebhook;

        public async Task MisbehaveAsync()
        {
            string? refused = null;
            if (Fault.Rejected > 0)
            {
                // The first that comes, of many at once.
                Receiver.Refuses = content => IdOf(content) is var id && (Interlocked.CompareExchange(ref refused, id, null) ?? id) == id;
            }

            if (Fault.Behaviour is { } behaviour)
            {
                Receiver.Next([.. Enumerable.Repeat(behaviour, Times)]);
            }

            if (Fault.Absence > TimeSpan.Zero)
            {
                _isAway = true;
                await Receiver.GoAsync();
            }
        }

        public bool IsTold(int alerts) => Told >= alerts - Fault.Rejected;

        public async Task WatchAsync(TimeSpan elapsed, int alerts)
        {
            if (_isAway && elapsed >= Fault.Absence)
            {
                _isAway = false;
                await Receiver.ReturnAsync();
            }

            if (_toldAfter == TimeSpan.Zero && IsTold(alerts))
            {
                _toldAfter = elapsed;
            }
        }

        public string ToString(int aside)
        {
            TwiceBefore = Receiver.Taken.Length - Told;
            string times = Fault.Behaviour is null ? "" : string.Create(CultureInfo.InvariantCulture, $", {Times} time{(Times == 1 ? "" : "s")}");
            return string.Create(
                CultureInfo.InvariantCulture,
                $"| {(isSentinel ? "Sentinel" : "webhook")} | {Fault.What}{times} | {Told} | {TwiceBefore} | {aside} | {_toldAfter.TotalSeconds:0} s |");
        }

        private string IdOf(JsonElement content) => content.GetProperty(isSentinel ? "DetectionId" : "id").GetString()!;
    }

    /// <summary>The worker of a deployment, and another when it was killed; what it had in hand is answered as cancelled, as the host does.</summary>
    private sealed class Workers(LocalDeployment deployment) : IFunctionWorker
    {
        private TaskCompletionSource _ready = Ready();

        public ImmutableDictionary<string, string> Capabilities => deployment.Worker.Capabilities;

        public async Task KillAsync()
        {
            _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            deployment.Worker.Kill();
            await deployment.Worker.DisposeAsync();
            await deployment.StartWorkerAsync();
            _ready.SetResult();
        }

        public async Task<LocalHost.Worker.Protocol.InvocationResponse> InvokeAsync(LocalHost.Worker.Protocol.InvocationRequest request, CancellationToken cancellationToken)
        {
            await _ready.Task.WaitAsync(cancellationToken);
            try
            {
                return await deployment.Worker.InvokeAsync(request, cancellationToken);
            }
            catch (WorkerException)
            {
                return new LocalHost.Worker.Protocol.InvocationResponse
                {
                    Result = new LocalHost.Worker.Protocol.StatusResult { Status = LocalHost.Worker.Protocol.StatusResult.Types.Status.Cancelled },
                };
            }
        }

        private static TaskCompletionSource Ready()
        {
            var ready = new TaskCompletionSource();
            ready.SetResult();
            return ready;
        }
    }
}
