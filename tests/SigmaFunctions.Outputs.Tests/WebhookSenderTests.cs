using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Outputs.Webhooks;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Outputs.Tests;

/// <summary>Delivering to a webhook that behaves, and to one that does not.</summary>
public sealed class WebhookSenderTests
{
    private static readonly byte[] Key = Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef");
    private static readonly DateTimeOffset Start = new(2026, 11, 30, 3, 0, 0, TimeSpan.Zero);

    private static readonly Notification One = new("202611300312450000000-0123456789abcdef0123456789abcdef", Alerts.Full);

    private static readonly ImmutableDictionary<string, Behaviour> Behaviours = new Dictionary<string, Behaviour>
    {
        ["takes it"] = Behaviour.Take,
        ["takes it with 204"] = Behaviour.Take with { Status = 204 },
        ["answers 500"] = Behaviour.Answer(500),
        ["answers 404"] = Behaviour.Answer(404) with { Body = "no_service" },
        ["answers 400"] = Behaviour.Answer(400) with { Body = "invalid_payload" },
        ["redirects"] = Behaviour.Redirect(302, new Uri("https://localhost/elsewhere")),
        ["redirects for good"] = Behaviour.Redirect(308, new Uri("https://localhost/elsewhere")),
        ["resets before it has it"] = Behaviour.ResetBefore,
        ["resets after it has it"] = Behaviour.ResetAfter,
        ["sends headers without end"] = Behaviour.EndlessHeaders,
        ["sends a body without end"] = Behaviour.EndlessBody,
    }.ToImmutableDictionary();

    [Theory]
    [InlineData(200, DeliveryStatus.Delivered, null)]
    [InlineData(202, DeliveryStatus.Delivered, null)]
    [InlineData(204, DeliveryStatus.Delivered, null)]
    [InlineData(301, DeliveryStatus.Retry, "redirect (301)")]
    [InlineData(304, DeliveryStatus.Retry, "redirect (304)")]
    [InlineData(400, DeliveryStatus.Rejected, "400")]
    [InlineData(401, DeliveryStatus.Retry, "401")]
    [InlineData(402, DeliveryStatus.Rejected, "402")]
    [InlineData(403, DeliveryStatus.Retry, "403")]
    [InlineData(404, DeliveryStatus.Retry, "404")]
    [InlineData(405, DeliveryStatus.Retry, "405")]
    [InlineData(408, DeliveryStatus.Retry, "408")]
    [InlineData(409, DeliveryStatus.Rejected, "409")]
    [InlineData(410, DeliveryStatus.Retry, "410")]
    [InlineData(413, DeliveryStatus.Rejected, "413")]
    [InlineData(414, DeliveryStatus.Retry, "414")]
    [InlineData(415, DeliveryStatus.Rejected, "415")]
    [InlineData(422, DeliveryStatus.Rejected, "422")]
    [InlineData(425, DeliveryStatus.Retry, "425")]
    [InlineData(429, DeliveryStatus.Retry, "429")]
    [InlineData(500, DeliveryStatus.Retry, "500")]
    [InlineData(503, DeliveryStatus.Retry, "503")]
    [InlineData(599, DeliveryStatus.Retry, "599")]
    [InlineData(999, DeliveryStatus.Retry, "999")]
    public void A_status_says_whether_it_is_delivered(int status, DeliveryStatus expected, string? reason) =>
        Assert.Equal(new DeliveryResult(expected, reason), WebhookSender.Judge(status, null));

    [Theory]
    [InlineData("takes it", DeliveryStatus.Delivered, null, 1)]
    [InlineData("takes it with 204", DeliveryStatus.Delivered, null, 1)]
    [InlineData("answers 500", DeliveryStatus.Retry, "500", 0)]
    [InlineData("answers 404", DeliveryStatus.Retry, "404", 0)]
    [InlineData("answers 400", DeliveryStatus.Rejected, "400", 0)]
    [InlineData("redirects", DeliveryStatus.Retry, "redirect (302)", 0)]
    [InlineData("redirects for good", DeliveryStatus.Retry, "redirect (308)", 0)]
    [InlineData("resets before it has it", DeliveryStatus.Retry, "connection closed", 0)]
    [InlineData("resets after it has it", DeliveryStatus.Retry, "connection closed", 1)]
    [InlineData("sends headers without end", DeliveryStatus.Retry, "answer too large", 1)]
    [InlineData("sends a body without end", DeliveryStatus.Delivered, null, 1)]
    public async Task A_receiver_behaves_and_the_same_message_comes_again(string behaviour, DeliveryStatus status, string? reason, int taken)
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key);
        using WebhookSender sender = Sender(receiver, Options(receiver));
        receiver.Next(Behaviours[behaviour]);

        DeliveryResult result = await sender.SendAsync(One, TestContext.Current.CancellationToken);
        int takenThen = receiver.Taken.Length;
        DeliveryResult again = await sender.SendAsync(One, TestContext.Current.CancellationToken);

        Assert.Equal((status, reason, taken), (result.Status, result.Reason, takenThen));
        Assert.Equal(DeliveryResult.Delivered, again);
        Assert.Equal(taken + 1, receiver.Taken.Length);
        Assert.All(receiver.Taken, message => Assert.Equal((One.Id, Body(One)), (message.Id, Encoding.UTF8.GetString(message.Body))));
        Assert.Empty(receiver.Violations);
    }

    [Fact]
    public async Task A_body_without_end_is_not_listened_to()
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync();
        using WebhookSender sender = Sender(receiver, Options(receiver) with { SigningKey = [] });
        receiver.Next(Behaviour.EndlessBody);

        await sender.SendAsync(One, TestContext.Current.CancellationToken);

        await receiver.Abandoned.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Nobody_is_waited_for_beyond_the_time_of_a_try()
    {
        var time = new FakeTimeProvider(Start);
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key, time);
        using WebhookSender sender = Sender(receiver, Options(receiver), time);
        receiver.Next(Behaviour.Silent);

        Task<DeliveryResult> sending = sender.SendAsync(One, TestContext.Current.CancellationToken);
        await receiver.ArrivalAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(sending.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(DeliveryResult.Retry("timeout"), await sending);
    }

    [Fact]
    public async Task Without_a_key_there_is_no_signature()
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(key: null);
        using WebhookSender sender = Sender(receiver, Options(receiver) with { SigningKey = [] });

        Assert.Equal(DeliveryResult.Delivered, await sender.SendAsync(One, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("webhook-signature", receiver.Requests.Single().Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_signature_is_that_of_the_specification() =>
        Assert.Equal(
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            WebhookSignature.Create(
                Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, """{"test": 2432232314}"""u8));

    [Fact]
    public async Task Every_try_has_a_time_of_its_own_and_no_cookies_of_the_one_before()
    {
        var time = new FakeTimeProvider(Start);
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key, time);
        using WebhookSender sender = Sender(receiver, Options(receiver), time);
        receiver.Next(Behaviour.Answer(500, ("Set-Cookie", "session=1")));

        await sender.SendAsync(One, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromHours(2));
        await sender.SendAsync(One, TestContext.Current.CancellationToken);

        Assert.Equal(["1796007600", "1796014800"], receiver.Requests.Select(request => request.Headers["webhook-timestamp"]));
        Assert.Empty(receiver.Violations);
    }

    [Theory]
    [InlineData(429, "120", 120)]
    [InlineData(503, "120", 120)]
    [InlineData(429, "Mon, 30 Nov 2026 03:02:00 GMT", 120)]
    [InlineData(429, "86400", 3600)]
    public async Task A_receiver_that_asks_to_wait_is_left_alone(int status, string retryAfter, int seconds)
    {
        var time = new FakeTimeProvider(Start);
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key, time);
        using WebhookSender sender = Sender(receiver, Options(receiver), time);
        receiver.Next(Behaviour.Answer(status, ("Retry-After", retryAfter)));

        DeliveryResult first = await sender.SendAsync(One, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(seconds - 1));
        DeliveryResult second = await sender.SendAsync(One, TestContext.Current.CancellationToken);
        int requests = receiver.Requests.Length;
        time.Advance(TimeSpan.FromSeconds(1));
        DeliveryResult third = await sender.SendAsync(One, TestContext.Current.CancellationToken);

        Assert.Equal(DeliveryResult.Retry($"{status}", TimeSpan.FromSeconds(seconds)), first);
        Assert.Equal((DeliveryResult.Retry("asked to wait", TimeSpan.FromSeconds(1)), 1), (second, requests));
        Assert.Equal(DeliveryResult.Delivered, third);
    }

    [Theory]
    [InlineData(429, "-1")]
    [InlineData(429, "later")]
    [InlineData(500, "120")]
    public async Task A_receiver_that_does_not_ask_to_wait_is_tried_again(int status, string retryAfter)
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key);
        using WebhookSender sender = Sender(receiver, Options(receiver));
        receiver.Next(Behaviour.Answer(status, ("Retry-After", retryAfter)));

        Assert.Equal(DeliveryResult.Retry($"{status}"), await sender.SendAsync(One, TestContext.Current.CancellationToken));
        Assert.Equal(DeliveryResult.Delivered, await sender.SendAsync(One, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task No_more_than_so_many_go_in_any_minute()
    {
        var time = new FakeTimeProvider(Start);
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key, time);
        using WebhookSender sender = Sender(receiver, Options(receiver) with { MaximumPerMinute = 2 }, time);
        List<(DeliveryStatus, string?, double?)> results = [];
        foreach (int wait in (int[])[0, 20, 10, 29, 1, 1])
        {
            time.Advance(TimeSpan.FromSeconds(wait));
            DeliveryResult result = await sender.SendAsync(One, TestContext.Current.CancellationToken);
            results.Add((result.Status, result.Reason, result.RetryAfter?.TotalSeconds));
        }

        Assert.Equal(
            [
                (DeliveryStatus.Delivered, null, null),
                (DeliveryStatus.Delivered, null, null),
                (DeliveryStatus.Retry, "rate", 30d),
                (DeliveryStatus.Retry, "rate", 1d),
                (DeliveryStatus.Delivered, null, null),
                (DeliveryStatus.Retry, "rate", 19d),
            ],
            results);
        Assert.Equal(3, receiver.Requests.Length);
    }

    [Fact]
    public async Task No_more_than_so_many_go_however_many_want_to()
    {
        var time = new FakeTimeProvider(Start);
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key, time);
        using WebhookSender sender = Sender(receiver, Options(receiver) with { MaximumPerMinute = 10 }, time);

        DeliveryResult[] results =
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => sender.SendAsync(One, TestContext.Current.CancellationToken))));

        Assert.Equal((10, 40), (results.Count(DeliveryResult.Delivered.Equals), results.Count(DeliveryResult.Retry("rate", TimeSpan.FromMinutes(1)).Equals)));
        Assert.Equal(10, receiver.Taken.Length);
    }

    [Fact]
    public async Task A_receiver_that_connects_and_then_says_nothing_is_given_up_soon()
    {
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        OutputOptions options = new()
        {
            Name = "hook",
            Type = OutputType.Webhook,
            Format = OutputFormat.Alert,
            Url = new Uri($"https://127.0.0.1:{((IPEndPoint)mute.LocalEndpoint).Port}/"),
            AllowsPrivateAddresses = true,
        };
        var transport = new WebhookTransport { ConnectTimeout = TimeSpan.FromMilliseconds(100), Timeout = TimeSpan.FromMinutes(5) };
        using var sender = new WebhookSender(options, Write, TimeProvider.System, transport);

        Task<DeliveryResult> sending = sender.SendAsync(One, TestContext.Current.CancellationToken);

        Assert.Equal(DeliveryResult.Retry("timeout"), await sending.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("gone", "connection refused")]
    [InlineData("certificate", "TLS failed")]
    [InlineData("no such name", "name not resolved")]
    [InlineData("no addresses", "name not resolved")]
    [InlineData("private", "address not allowed")]
    [InlineData("one of several is metadata", "address not allowed")]
    [InlineData("writer", "InvalidOperationException")]
    [InlineData("name server", "FormatException")]
    public async Task What_hinders_a_try_is_told_without_address_and_content(string hindrance, string reason)
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key);
        var transport = new WebhookTransport { Certificates = receiver.Trust };
        OutputOptions options = Options(receiver);
        Func<Notification, byte[]> write = Write;
        switch (hindrance)
        {
            case "gone":
                await receiver.GoAsync();
                break;
            case "certificate":
                transport = new WebhookTransport();
                break;
            case "no such name":
                transport = transport with { Resolve = (name, _) => throw new SocketException((int)SocketError.HostNotFound, $"No {name}") };
                break;
            case "no addresses":
                transport = transport with { Resolve = (_, _) => Task.FromResult<IPAddress[]>([]) };
                break;
            case "private":
                options = options with { AllowsPrivateAddresses = false };
                break;
            case "one of several is metadata":
                transport = transport with { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback, IPAddress.Parse("169.254.169.254")]) };
                break;
            case "writer":
                write = _ => throw new InvalidOperationException($"{MisbehavingReceiver.WebhookPath} localhost hunter2");
                break;
            default:
                transport = transport with { Resolve = (name, _) => throw new FormatException($"{name} {MisbehavingReceiver.WebhookPath}") };
                break;
        }

        using var sender = new WebhookSender(options, write, TimeProvider.System, transport);
        DeliveryResult result = await sender.SendAsync(One, TestContext.Current.CancellationToken);

        Assert.Equal(DeliveryStatus.Retry, result.Status);
        Assert.Contains(reason, result.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", $"{result}", StringComparison.Ordinal);
        Assert.DoesNotContain("localhost", $"{result}", StringComparison.Ordinal);
        Assert.Empty(receiver.Requests);
    }

    [Theory]
    [InlineData("https://127.0.0.1/hook")]
    [InlineData("https://2130706433/hook")]
    [InlineData("https://0x7f.1/hook")]
    [InlineData("https://[::1]/hook")]
    [InlineData("https://[::ffff:169.254.169.254]/hook")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://localhost/hook")]
    public async Task An_address_that_only_the_app_can_reach_is_not_connected_to(string url)
    {
        OutputOptions options = new() { Name = "hook", Type = OutputType.Webhook, Format = OutputFormat.Alert, Url = new Uri(url) };
        using var sender = new WebhookSender(options, Write, TimeProvider.System);

        Assert.Equal(DeliveryResult.Retry("address not allowed"), await sender.SendAsync(One, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_name_is_resolved_once_for_a_connection_and_what_was_checked_is_connected_to()
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key);
        int resolved = 0;
        // The second answer is what a name server that means harm gives; nobody asks for it.
        Task<IPAddress[]> Resolve(string name, CancellationToken cancellationToken) =>
            Task.FromResult<IPAddress[]>([Interlocked.Increment(ref resolved) == 1 ? IPAddress.Loopback : IPAddress.Parse("169.254.169.254")]);
        OutputOptions options = Options(receiver) with { Url = new UriBuilder(receiver.Url) { Host = "receiver.example" }.Uri };
        using var sender = new WebhookSender(options, Write, TimeProvider.System, new WebhookTransport { Certificates = receiver.Trust, Resolve = Resolve });

        DeliveryResult[] results =
        [
            await sender.SendAsync(One, TestContext.Current.CancellationToken), await sender.SendAsync(One, TestContext.Current.CancellationToken),
        ];

        Assert.Equal([DeliveryResult.Delivered, DeliveryResult.Delivered], results);
        Assert.Equal(1, resolved);
    }

    [Fact]
    public async Task A_connection_that_is_old_is_not_used_again()
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key);
        int resolved = 0;
        Task<IPAddress[]> Resolve(string name, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref resolved);
            return Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        }

        var transport = new WebhookTransport { Certificates = receiver.Trust, Resolve = Resolve, ConnectionLifetime = TimeSpan.Zero };
        using var sender = new WebhookSender(Options(receiver), Write, TimeProvider.System, transport);

        await sender.SendAsync(One, TestContext.Current.CancellationToken);
        await sender.SendAsync(One, TestContext.Current.CancellationToken);

        Assert.Equal(2, resolved);
    }

    [Fact]
    public async Task Where_one_address_does_not_answer_the_next_is_tried()
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key);
        var transport = new WebhookTransport
        {
            Certificates = receiver.Trust,
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]),
        };
        using var sender = new WebhookSender(Options(receiver), Write, TimeProvider.System, transport);

        Assert.Equal(DeliveryResult.Delivered, await sender.SendAsync(One, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_caller_that_gives_up_learns_that_and_no_address()
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key);
        using WebhookSender sender = Sender(receiver, Options(receiver));
        using var caller = new CancellationTokenSource();
        receiver.Next(Behaviour.Silent);

        Task<DeliveryResult> sending = sender.SendAsync(One, caller.Token);
        await receiver.ArrivalAsync(TestContext.Current.CancellationToken);
        await caller.CancelAsync();

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal(caller.Token, exception.CancellationToken);
        Assert.DoesNotContain("SECRET", $"{exception}", StringComparison.Ordinal);
        Assert.DoesNotContain("localhost", $"{exception}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sender_that_is_disposed_lets_go_of_its_tries()
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key);
        WebhookSender sender = Sender(receiver, Options(receiver));
        receiver.Next(Behaviour.Silent);

        Task<DeliveryResult> sending = sender.SendAsync(One, TestContext.Current.CancellationToken);
        await receiver.ArrivalAsync(TestContext.Current.CancellationToken);
        sender.Dispose();

        Assert.Equal(DeliveryResult.Retry("stopped"), await sending.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sender.SendAsync(One, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task No_trace_tells_of_the_address_and_the_receiver_learns_of_none()
    {
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key);
        ConcurrentQueue<string> said = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("System.Net", StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => said.Enqueue(string.Join(' ', activity.TagObjects.Select(tag => $"{tag.Value}"))),
        };
        ActivitySource.AddActivityListener(listener);
        using Activity current = new Activity("delivering").Start();
        using WebhookSender sender = Sender(receiver, Options(receiver));

        Assert.Equal(DeliveryResult.Delivered, await sender.SendAsync(One, TestContext.Current.CancellationToken));
        Assert.DoesNotContain(said, tags => tags.Contains("SECRET", StringComparison.Ordinal));
        Assert.Empty(receiver.Violations);
    }

    [Fact]
    public async Task What_a_certificate_names_is_not_fetched()
    {
        using var trap = new TcpListener(IPAddress.Loopback, 0);
        trap.Start();
        using X509Certificate2 certificate = CertificateWithIssuerAt($"http://127.0.0.1:{((IPEndPoint)trap.LocalEndpoint).Port}/issuer.cer");
        await using MisbehavingReceiver receiver = await MisbehavingReceiver.StartWebhookAsync(Key, certificate: certificate);
        using WebhookSender sender = Sender(receiver, Options(receiver));

        Assert.Equal(DeliveryResult.Delivered, await sender.SendAsync(One, TestContext.Current.CancellationToken));
        Assert.False(trap.Pending());
    }

    [Theory]
    [InlineData("http://localhost/hook/T0SECRETPATH")]
    [InlineData("ftp://localhost/hook/T0SECRETPATH")]
    [InlineData("/hook/T0SECRETPATH")]
    [InlineData(null)]
    public void An_address_has_to_be_of_https(string? url)
    {
        OutputOptions options = new()
        {
            Name = "hook",
            Type = OutputType.Webhook,
            Format = OutputFormat.Alert,
            Url = url is null ? null : new Uri(url, UriKind.RelativeOrAbsolute),
        };

        ArgumentException exception = Assert.Throws<ArgumentException>(() => new WebhookSender(options, Write, TimeProvider.System));

        Assert.DoesNotContain("SECRET", $"{exception}", StringComparison.Ordinal);
    }

    private static X509Certificate2 CertificateWithIssuerAt(string address)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuerRequest = new CertificateRequest("CN=Issuer that nobody has", issuerKey, HashAlgorithmName.SHA256);
        issuerRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 issuer = issuerRequest.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([], [address]));
        using X509Certificate2 certificate = request.Create(issuer, now.AddDays(-1), now.AddDays(1), [1, 2, 3]);
        return certificate.CopyWithPrivateKey(key);
    }

    private static OutputOptions Options(MisbehavingReceiver receiver) => new()
    {
        Name = "hook",
        Type = OutputType.Webhook,
        Format = OutputFormat.Alert,
        Url = receiver.Url,
        SigningKey = [.. Key],
        AllowsPrivateAddresses = true,
    };

    private static WebhookSender Sender(MisbehavingReceiver receiver, OutputOptions options, TimeProvider? time = null) =>
        new(options, Write, time ?? TimeProvider.System, new WebhookTransport { Certificates = receiver.Trust });

    private static string Body(Notification notification) => $$"""{"id":"{{notification.Id}}","title":"Übung"}""";

    private static byte[] Write(Notification notification) => Encoding.UTF8.GetBytes(Body(notification));
}
