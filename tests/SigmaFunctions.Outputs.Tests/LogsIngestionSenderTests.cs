using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net.Security;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Outputs.Sentinel;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Outputs.Tests;

/// <summary>Delivering rows to an endpoint of the Logs Ingestion API that behaves, and to one that does not.</summary>
public sealed class LogsIngestionSenderTests
{
    private const string RuleId = "dcr-0123456789abcdef0123456789abcdef";
    private const string Stream = "Custom-SigmaDetections_CL";
    private const string Token = "token-1";
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(200);

    private static readonly ImmutableDictionary<string, Behaviour> Behaviours = new Dictionary<string, Behaviour>
    {
        ["takes it"] = Behaviour.Take,
        ["is something else"] = Behaviour.Answer(200),
        ["answers 500"] = Behaviour.Answer(500),
        ["answers 403"] = Behaviour.Answer(403),
        ["answers 400"] = Behaviour.Answer(400),
        ["does not have the stream"] = Behaviour.Answer(400, ("x-ms-error-code", "InvalidStream")),
        ["redirects"] = Behaviour.Redirect(307, new Uri("https://localhost/elsewhere")),
        ["resets before it has it"] = Behaviour.ResetBefore,
        ["resets after it has it"] = Behaviour.ResetAfter,
        ["sends headers without end"] = Behaviour.EndlessHeaders,
        ["sends a body without end"] = Behaviour.EndlessBody with { Status = 200 },
    }.ToImmutableDictionary();

    [Theory]
    [InlineData(200, null, DeliveryStatus.Retry, "200")]
    [InlineData(204, null, DeliveryStatus.Delivered, null)]
    [InlineData(302, null, DeliveryStatus.Retry, "redirect (302)")]
    [InlineData(400, null, DeliveryStatus.Rejected, "400")]
    [InlineData(400, "InvalidStream", DeliveryStatus.Retry, "400 (InvalidStream)")]
    [InlineData(400, "Other", DeliveryStatus.Rejected, "400")]
    [InlineData(401, null, DeliveryStatus.Retry, "401")]
    [InlineData(403, null, DeliveryStatus.Retry, "403")]
    [InlineData(404, null, DeliveryStatus.Retry, "404")]
    [InlineData(408, null, DeliveryStatus.Retry, "408")]
    [InlineData(413, null, DeliveryStatus.Rejected, "413")]
    [InlineData(415, null, DeliveryStatus.Rejected, "415")]
    [InlineData(429, null, DeliveryStatus.Retry, "429")]
    [InlineData(500, null, DeliveryStatus.Retry, "500")]
    [InlineData(503, null, DeliveryStatus.Retry, "503")]
    public void A_status_says_whether_rows_are_delivered(int status, string? errorCode, DeliveryStatus expected, string? reason) =>
        Assert.Equal(new DeliveryResult(expected, reason), LogsIngestionClient.Judge(status, errorCode, null));

    [Theory]
    [InlineData("takes it", DeliveryStatus.Delivered, null, 1)]
    [InlineData("is something else", DeliveryStatus.Retry, "200", 0)]
    [InlineData("answers 500", DeliveryStatus.Retry, "500", 0)]
    [InlineData("answers 403", DeliveryStatus.Retry, "403", 0)]
    [InlineData("answers 400", DeliveryStatus.Rejected, "400", 0)]
    [InlineData("does not have the stream", DeliveryStatus.Retry, "400 (InvalidStream)", 0)]
    [InlineData("redirects", DeliveryStatus.Retry, "redirect (307)", 0)]
    [InlineData("resets before it has it", DeliveryStatus.Retry, "connection closed", 0)]
    [InlineData("resets after it has it", DeliveryStatus.Retry, "connection closed", 1)]
    [InlineData("sends headers without end", DeliveryStatus.Retry, "answer too large", 1)]
    [InlineData("sends a body without end", DeliveryStatus.Retry, "200", 1)]
    public async Task An_endpoint_behaves_and_the_same_row_comes_again(string behaviour, DeliveryStatus status, string? reason, int taken)
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        endpoint.Receiver.Next(Behaviours[behaviour]);

        DeliveryResult result = await endpoint.FinishAsync(endpoint.SendAsync("a"));
        int takenThen = endpoint.Receiver.Taken.Length;
        DeliveryResult again = await endpoint.FinishAsync(endpoint.SendAsync("a"));

        Assert.Equal((status, reason, taken), (result.Status, result.Reason, takenThen));
        Assert.Equal(DeliveryResult.Delivered, again);
        Assert.Equal(Enumerable.Repeat("a", taken + 1), endpoint.TakenIds);
        Assert.Empty(endpoint.Receiver.Violations);
    }

    [Fact]
    public async Task Rows_that_are_sent_at_the_same_time_go_together_and_each_has_its_result()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        string[] ids = [.. Enumerable.Range(0, 50).Select(index => $"row-{index}")];

        DeliveryResult[] results = await endpoint.FinishAsync(Task.WhenAll(ids.Select(id => endpoint.SendAsync(id))));

        Assert.All(results, result => Assert.Equal(DeliveryResult.Delivered, result));
        Assert.Equal(ids, endpoint.TakenIds);
        Assert.Single(endpoint.Receiver.Requests);
        Assert.Equal(["https://monitor.azure.com//.default"], endpoint.Credential.Scopes);
    }

    [Fact]
    public async Task A_call_that_is_full_does_not_wait()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();

        // The clock stands still: what is not full would wait for ever.
        DeliveryResult[] byCount = await Task.WhenAll(Enumerable.Range(0, 500).Select(index => endpoint.SendAsync($"row-{index}")));
        Task<DeliveryResult>[] large = [.. Enumerable.Range(0, 9).Select(index => endpoint.SendAsync($"row-{index}", new string('x', 100_000)))];
        DeliveryResult[] bySize = await Task.WhenAll(large[..8]);

        Assert.All(byCount.Concat(bySize), result => Assert.Equal(DeliveryResult.Delivered, result));
        Assert.Equal(508, endpoint.Receiver.Taken.Length);
        Assert.False(large[8].IsCompleted);
        Assert.Equal(DeliveryResult.Delivered, await endpoint.FinishAsync(large[8]));
        Assert.Empty(endpoint.Receiver.Violations);
    }

    [Fact]
    public async Task Rows_beyond_a_call_go_with_the_next()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        string[] ids = [.. Enumerable.Range(0, 1_201).Select(index => $"row-{index}")];

        await endpoint.FinishAsync(Task.WhenAll(ids.Select(id => endpoint.SendAsync(id))));

        Assert.Equal(ids, endpoint.TakenIds);
        Assert.Equal(3, endpoint.Receiver.Requests.Length);
    }

    [Fact]
    public async Task A_row_beyond_the_limit_is_rejected_without_a_call_and_the_largest_is_not()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        int overhead = Endpoint.Row("a", "").Length;

        DeliveryResult largest = await endpoint.FinishAsync(endpoint.SendAsync("a", new string('x', LogsIngestionSender.MaxRowBytes - overhead)));
        DeliveryResult larger = await endpoint.SendAsync("a", new string('x', LogsIngestionSender.MaxRowBytes - overhead + 1));

        Assert.Equal((DeliveryResult.Delivered, DeliveryResult.Rejected("too large")), (largest, larger));
        Assert.Single(endpoint.Receiver.Requests);
        Assert.Empty(endpoint.Receiver.Violations);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 3)]
    [InlineData(7, 1, 7)]
    [InlineData(7, 2, 11)]
    [InlineData(7, 7, 13)]
    [InlineData(500, 1, 19)]
    public async Task A_row_at_fault_is_rejected_alone(int rows, int faulty, int mostCalls)
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        string[] ids = [.. Enumerable.Range(0, rows).Select(index => $"row-{index}")];
        // From the end, where the halves are largest.
        HashSet<string> refused = [.. ids.TakeLast(faulty)];
        endpoint.Receiver.Refuses = row => refused.Contains(row.GetProperty("DetectionId").GetString()!);

        DeliveryResult[] results = await endpoint.FinishAsync(Task.WhenAll(ids.Select(id => endpoint.SendAsync(id))));

        Assert.Equal(ids.Select(id => refused.Contains(id) ? DeliveryResult.Rejected("400") : DeliveryResult.Delivered), results);
        Assert.Equal(ids.Except(refused), endpoint.TakenIds);
        Assert.InRange(endpoint.Receiver.Requests.Length, 1, mostCalls);
    }

    [Fact]
    public async Task What_was_taken_before_an_outage_stays_delivered()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        endpoint.Receiver.Next(Behaviour.Answer(400), Behaviour.Take, Behaviour.Answer(413), Behaviour.Answer(500));
        string[] ids = [.. Enumerable.Range(0, 8).Select(index => $"row-{index}")];

        DeliveryResult[] results = await endpoint.FinishAsync(Task.WhenAll(ids.Select(id => endpoint.SendAsync(id))));

        Assert.Equal(ids.Select((_, index) => index < 4 ? DeliveryResult.Delivered : DeliveryResult.Retry("500")), results);
        Assert.Equal(ids.Take(4), endpoint.TakenIds);
        Assert.Equal(4, endpoint.Receiver.Requests.Length);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task An_endpoint_that_asks_to_wait_is_left_alone(int status)
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        endpoint.Receiver.Next(Behaviour.Answer(status, ("Retry-After", "1800")));

        DeliveryResult first = await endpoint.FinishAsync(endpoint.SendAsync("a"));
        endpoint.Time.Advance(TimeSpan.FromMinutes(20));
        DeliveryResult second = await endpoint.SendAsync("a");
        int requests = endpoint.Receiver.Requests.Length;
        endpoint.Time.Advance(TimeSpan.FromMinutes(11));
        DeliveryResult third = await endpoint.FinishAsync(endpoint.SendAsync("a"));

        Assert.Equal(DeliveryResult.Retry($"{status}", TimeSpan.FromMinutes(30)), first);
        Assert.Equal((DeliveryStatus.Retry, "asked to wait", 1), (second.Status, second.Reason, requests));
        Assert.InRange(second.RetryAfter!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));
        Assert.Equal(DeliveryResult.Delivered, third);
    }

    [Fact]
    public async Task Nobody_is_waited_for_beyond_the_time_of_a_batch()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        endpoint.Receiver.Next(Behaviour.Silent);

        Task<DeliveryResult[]> sending = Task.WhenAll(endpoint.SendAsync("a"), endpoint.SendAsync("b"));
        await endpoint.FinishAsync(endpoint.Receiver.ArrivalAsync(TestContext.Current.CancellationToken));
        endpoint.Time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal([DeliveryResult.Retry("timeout"), DeliveryResult.Retry("timeout")], await sending);
    }

    [Fact]
    public async Task A_caller_that_gives_up_before_the_call_takes_its_row_along_and_no_other()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        using var caller = new CancellationTokenSource();

        Task<DeliveryResult> first = endpoint.SendAsync("a", cancellationToken: caller.Token);
        Task<DeliveryResult> second = endpoint.SendAsync("b");
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        Assert.Equal(DeliveryResult.Delivered, await endpoint.FinishAsync(second));
        Assert.Equal(["b"], endpoint.TakenIds);
    }

    [Fact]
    public async Task A_caller_that_gives_up_during_the_call_leaves_it_to_the_others()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        using var caller = new CancellationTokenSource();
        var token = new TaskCompletionSource();
        endpoint.Credential.Wait = token.Task;

        Task<DeliveryResult> first = endpoint.SendAsync("a", cancellationToken: caller.Token);
        Task<DeliveryResult> second = endpoint.SendAsync("b");
        await endpoint.FinishAsync(endpoint.Credential.Asked);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        token.SetResult();

        Assert.Equal(DeliveryResult.Delivered, await second);
        Assert.Equal(["a", "b"], endpoint.TakenIds);
    }

    [Fact]
    public async Task Callers_that_all_gave_up_leave_a_sender_that_still_sends()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        using var caller = new CancellationTokenSource();
        Task<DeliveryResult> first = endpoint.SendAsync("a", cancellationToken: caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        endpoint.Time.Advance(Window);

        Assert.Equal(DeliveryResult.Delivered, await endpoint.FinishAsync(endpoint.SendAsync("b")));
        Assert.Equal(["b"], endpoint.TakenIds);
    }

    [Theory]
    [InlineData("gone", "connection refused")]
    [InlineData("certificate", "TLS failed")]
    [InlineData("token", "no token")]
    [InlineData("writer", "InvalidOperationException")]
    public async Task What_hinders_a_call_is_told_without_address_and_content(string hindrance, string reason)
    {
        await using Endpoint endpoint = await Endpoint.StartAsync(trusts: hindrance != "certificate");
        if (hindrance == "gone")
        {
            await endpoint.Receiver.GoAsync();
        }

        endpoint.Credential.Failure = hindrance == "token" ? new InvalidOperationException("the secret of localhost") : null;

        DeliveryResult result = await endpoint.FinishAsync(endpoint.SendAsync(hindrance == "writer" ? Endpoint.Unwritable : "a"));

        Assert.Equal(DeliveryResult.Retry(reason), result);
        Assert.Empty(endpoint.Receiver.Requests);
    }

    [Fact]
    public async Task A_sender_that_is_disposed_lets_go_of_its_rows()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        endpoint.Receiver.Next(Behaviour.Silent);

        Task<DeliveryResult> under = endpoint.SendAsync("a");
        await endpoint.FinishAsync(endpoint.Receiver.ArrivalAsync(TestContext.Current.CancellationToken));
        Task<DeliveryResult> waiting = endpoint.SendAsync("b");
        endpoint.Sender.Dispose();

        Assert.Equal([DeliveryResult.Retry("stopped"), DeliveryResult.Retry("stopped")], await Task.WhenAll(under, waiting));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => endpoint.SendAsync("c"));
    }

    [Fact]
    public async Task Through_all_of_it_every_row_arrives()
    {
        await using Endpoint endpoint = await Endpoint.StartAsync();
        endpoint.Receiver.Next(
            Behaviour.Answer(500), Behaviour.Take, Behaviour.ResetAfter, Behaviour.ResetBefore, Behaviour.Answer(403), Behaviour.Take,
            Behaviour.Answer(429, ("Retry-After", "1")), Behaviour.Answer(408), Behaviour.Take, Behaviour.Answer(502));
        endpoint.Receiver.Refuses = row => row.GetProperty("DetectionId").GetString()!.EndsWith('7');
        string[] ids = [.. Enumerable.Range(0, 200).Select(index => $"row-{index}")];

        async Task<DeliveryResult> UntilSettledAsync(string id)
        {
            DeliveryResult result;
            do
            {
                result = await endpoint.SendAsync(id);
                await Task.Yield();
            }
            while (result.Status == DeliveryStatus.Retry && !TestContext.Current.CancellationToken.IsCancellationRequested);

            return result;
        }

        DeliveryResult[] results = await endpoint.FinishAsync(Task.WhenAll(ids.Select(UntilSettledAsync)));

        Assert.Equal(ids.Select(id => id.EndsWith('7') ? DeliveryResult.Rejected("400") : DeliveryResult.Delivered), results);
        Assert.Equal(ids.Where(id => !id.EndsWith('7')).Order(), endpoint.TakenIds.Distinct().Order());
        Assert.Empty(endpoint.Receiver.Violations);
    }

    [Theory]
    [InlineData("http://localhost", RuleId, Stream)]
    [InlineData(null, RuleId, Stream)]
    [InlineData("https://localhost", null, Stream)]
    [InlineData("https://localhost", RuleId, "")]
    public void It_needs_an_https_endpoint_a_rule_and_a_stream(string? endpoint, string? ruleId, string? stream)
    {
        OutputOptions options = new()
        {
            Name = "sentinel",
            Type = OutputType.Sentinel,
            Format = OutputFormat.Table,
            Endpoint = endpoint is null ? null : new Uri(endpoint),
            DataCollectionRuleId = ruleId,
            Stream = stream,
        };

        Assert.Throws<ArgumentException>(() => new LogsIngestionSender(options, _ => [], new TestCredential(), TimeProvider.System));
    }

    /// <summary>An endpoint with a sender to it, and a clock that only tests move.</summary>
    private sealed class Endpoint : IAsyncDisposable
    {
        public const string Unwritable = "unwritable";
        private readonly HttpClient _client;

        private Endpoint(MisbehavingReceiver receiver, bool trusts)
        {
            Receiver = receiver;
            _client = new HttpClient(new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = trusts ? receiver.Trust : null },
                UseCookies = false,
            });
            OutputOptions options = new()
            {
                Name = "sentinel",
                Type = OutputType.Sentinel,
                Format = OutputFormat.Table,
                Endpoint = receiver.Url,
                DataCollectionRuleId = RuleId,
                Stream = Stream,
            };
            Sender = new LogsIngestionSender(
                options, Write, Credential, Time, LogsIngestionSender.PublicAudience, new IngestionTransport { Pipeline = new HttpClientTransport(_client) });
        }

        public MisbehavingReceiver Receiver { get; }

        public LogsIngestionSender Sender { get; }

        public TestCredential Credential { get; } = new();

        public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 30, 3, 0, 0, TimeSpan.Zero));

        public IEnumerable<string> TakenIds => Receiver.Taken.Select(message => message.Content.GetProperty("DetectionId").GetString()!);

        public static async Task<Endpoint> StartAsync(bool trusts = true) =>
            new(await MisbehavingReceiver.StartLogsIngestionAsync(RuleId, Stream, Token), trusts);

        public static byte[] Row(string id, string text) => Encoding.UTF8.GetBytes($$"""{"DetectionId":"{{id}}","Text":"{{text}}"}""");

        public Task<DeliveryResult> SendAsync(string id, string text = "", CancellationToken? cancellationToken = null) =>
            Sender.SendAsync(new Notification(id, Alerts.Full with { Host = text }), cancellationToken ?? TestContext.Current.CancellationToken);

        /// <summary>Lets windows go by until it is finished: slowly, since thirty seconds of them are the time of a batch.</summary>
        public async Task FinishAsync(Task task)
        {
            while (!task.IsCompleted)
            {
                Time.Advance(Window);
                await Task.WhenAny(task, Task.Delay(50, TestContext.Current.CancellationToken));
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }

            await task;
        }

        public async Task<T> FinishAsync<T>(Task<T> task)
        {
            await FinishAsync((Task)task);
            return await task;
        }

        public async ValueTask DisposeAsync()
        {
            Sender.Dispose();
            _client.Dispose();
            await Receiver.DisposeAsync();
        }

        private static byte[] Write(Notification notification) => notification.Id == Unwritable
            ? throw new InvalidOperationException("the content")
            : Row(notification.Id, notification.Alert.Host!);
    }

    private sealed class TestCredential : TokenCredential
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<string> Scopes { get; } = [];

        public Exception? Failure { get; set; }

        /// <summary>What a token waits for.</summary>
        public Task Wait { get; set; } = Task.CompletedTask;

        public Task Asked => _asked.Task;

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            await Wait.WaitAsync(cancellationToken);
            Scopes.Enqueue(string.Join(' ', requestContext.Scopes));
            return Failure is Exception failure ? throw failure : new AccessToken(Token, DateTimeOffset.UtcNow.AddHours(8));
        }
    }
}
