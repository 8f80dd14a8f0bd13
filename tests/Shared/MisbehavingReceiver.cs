using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SigmaFunctions.Tests;

/// <summary>
/// Takes what outputs send, over https on a port of loopback: a webhook (Standard Webhooks) or the Logs Ingestion API. It holds senders to the contract,
/// answers 400 to whoever breaks it and keeps that as a violation, and behaves badly when told to.
/// </summary>
public sealed class MisbehavingReceiver : IAsyncDisposable
{
    /// <summary>What the Logs Ingestion API takes in a call, before compression as well as after it: bytes.</summary>
    public const int CallLimit = 1_000_000;

    private readonly ConcurrentQueue<Behaviour> _next = [];
    private readonly ConcurrentQueue<ReceivedRequest> _requests = [];
    private readonly ConcurrentQueue<ReceivedMessage> _taken = [];
    private readonly ConcurrentQueue<string> _violations = [];
    private readonly SemaphoreSlim _arrivals = new(0);
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly X509Certificate2 _certificate;
    private readonly Contract _contract;
    private readonly TimeProvider _time;
    private WebApplication? _server;
    private int _port;

    private MisbehavingReceiver(Contract contract, TimeProvider time, X509Certificate2? certificate)
    {
        _contract = contract;
        _time = time;
        _certificate = certificate ?? CreateCertificate();
    }

    /// <summary>Where it is: a webhook's address, or the endpoint of the API.</summary>
    public Uri Url => new($"https://localhost:{_port}{(_contract is IngestionContract ? "" : WebhookPath)}");

    /// <summary>Where webhooks are sent to: a secret, which nothing that a sender says may have.</summary>
    public static string WebhookPath => "/hook/T0SECRETPATH";

    /// <summary>What it does with all requests that no <see cref="Next"/> is left for.</summary>
    public Behaviour Always { get; set; } = Behaviour.Take;

    /// <summary>Whether it refuses a message, or a row and with it the whole call.</summary>
    public Func<JsonElement, bool> Refuses { get; set; } = _ => false;

    /// <summary>What came, whether it was taken or not, in the order of coming.</summary>
    public ImmutableArray<ReceivedRequest> Requests => [.. _requests];

    /// <summary>Messages or rows that were taken, in order; one that was taken twice is there twice.</summary>
    public ImmutableArray<ReceivedMessage> Taken => [.. _taken];

    /// <summary>Where the contract was broken.</summary>
    public ImmutableArray<string> Violations => [.. _violations];

    /// <summary>Ends when a request that it was still answering, or not answering, was given up by the sender.</summary>
    public Task Abandoned => _abandoned.Task;

    /// <summary>Starts a webhook.</summary>
    /// <param name="key">The key that messages have to be signed with; null: they must not be signed.</param>
    /// <param name="time">The clock that signatures have to be close to; null: the system's.</param>
    /// <param name="certificate">Its certificate; null: one of its own, signed by itself.</param>
    public static Task<MisbehavingReceiver> StartWebhookAsync(byte[]? key = null, TimeProvider? time = null, X509Certificate2? certificate = null) =>
        StartAsync(new WebhookContract(key), time, certificate);

    /// <summary>Starts the API.</summary>
    /// <param name="ruleId">Immutable id of the one rule it has.</param>
    /// <param name="stream">The one stream of the rule.</param>
    /// <param name="token">The token that calls have to come with.</param>
    /// <param name="certificate">Its certificate; null: one of its own, signed by itself.</param>
    public static Task<MisbehavingReceiver> StartLogsIngestionAsync(string ruleId, string stream, string token, X509Certificate2? certificate = null) =>
        StartAsync(new IngestionContract(ruleId, stream, token), null, certificate);

    /// <summary>Takes its certificate and no other: for clients, which have no other reason to trust it.</summary>
    public RemoteCertificateValidationCallback Trust =>
        (_, certificate, _, _) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == _certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>Does these with the next requests, one each.</summary>
    public void Next(params ReadOnlySpan<Behaviour> behaviours)
    {
        foreach (Behaviour behaviour in behaviours)
        {
            _next.Enqueue(behaviour);
        }
    }

    /// <summary>Waits for one more request to arrive.</summary>
    public Task ArrivalAsync(CancellationToken cancellationToken) => _arrivals.WaitAsync(cancellationToken);

    /// <summary>Is gone: nobody listens at the port any more.</summary>
    public async Task GoAsync()
    {
        if (_server is WebApplication server)
        {
            _server = null;
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await server.StopAsync(now.Token);
            await server.DisposeAsync();
        }
    }

    /// <summary>Is there again, at the same port.</summary>
    public async Task ReturnAsync()
    {
        // Offline: whoever fetches what the certificate names is not the server.
        var tls = new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, null, offline: true) };
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = 4 * CallLimit;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, _port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps((_, _, _, _) => ValueTask.FromResult(tls), state: new object());
            });
        });
        WebApplication server = builder.Build();
        server.Run(AnswerAsync);
        await server.StartAsync();
        _port = new Uri(server.Urls.Single()).Port;
        _server = server;
    }

    public async ValueTask DisposeAsync()
    {
        await GoAsync();
        _certificate.Dispose();
        _arrivals.Dispose();
    }

    private static async Task<MisbehavingReceiver> StartAsync(Contract contract, TimeProvider? time, X509Certificate2? certificate)
    {
        var receiver = new MisbehavingReceiver(contract, time ?? TimeProvider.System, certificate);
        await receiver.ReturnAsync();
        return receiver;
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Behaviour behaviour = _next.TryDequeue(out Behaviour? told) ? told : Always;
        _arrivals.Release();
        if (behaviour.Kind == BehaviourKind.ResetsBefore)
        {
            context.Abort();
            return;
        }

        byte[] body = await ReadAsync(context);
        var request = new ReceivedRequest(
            context.Request.Method,
            context.Request.Path.Value ?? "",
            context.Request.Headers.ToImmutableDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body);
        _requests.Enqueue(request);
        if (_contract.Check(context.Request, body, _time, out ImmutableArray<ReceivedMessage> messages) is string violation)
        {
            _violations.Enqueue(violation);
            context.Response.StatusCode = 400;
            return;
        }

        if (behaviour.Takes && messages.Any(message => Refuses(message.Content)))
        {
            context.Response.StatusCode = 400;
            return;
        }

        if (behaviour.Takes)
        {
            foreach (ReceivedMessage message in messages)
            {
                _taken.Enqueue(message);
            }
        }

        await BehaveAsync(context, behaviour);
    }

    private async Task BehaveAsync(HttpContext context, Behaviour behaviour)
    {
        HttpResponse response = context.Response;
        response.StatusCode = behaviour.Status ?? _contract.Success;
        foreach ((string name, string value) in behaviour.Headers)
        {
            response.Headers[name] = value;
        }

        switch (behaviour.Kind)
        {
            case BehaviourKind.Silent:
                await GivenUpAsync(context);
                break;
            case BehaviourKind.ResetsAfter:
                context.Abort();
                break;
            case BehaviourKind.EndlessHeaders:
                response.Headers["X-Endless"] = new string('a', 1 << 20);
                break;
            case BehaviourKind.EndlessBody:
                byte[] more = new byte[16 * 1024];
                try
                {
                    while (!context.RequestAborted.IsCancellationRequested)
                    {
                        await response.Body.WriteAsync(more, context.RequestAborted);
                    }
                }
                catch (Exception exception) when (exception is OperationCanceledException or IOException)
                {
                    // The sender has had enough, which is what was to be seen.
                }

                _abandoned.TrySetResult();
                break;
            default:
                if (response.StatusCode != 204)
                {
                    await response.WriteAsync(behaviour.Body, context.RequestAborted);
                }

                break;
        }
    }

    private async Task GivenUpAsync(HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = context.RequestAborted.Register(() => aborted.TrySetResult());
        await aborted.Task;
        _abandoned.TrySetResult();
    }

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    private abstract record Contract(int Success)
    {
        /// <summary>How a request breaks the contract; null where it does not.</summary>
        public abstract string? Check(HttpRequest request, byte[] body, TimeProvider time, out ImmutableArray<ReceivedMessage> messages);
    }

    private sealed record WebhookContract(byte[]? Key) : Contract(200)
    {
        public override string? Check(HttpRequest request, byte[] body, TimeProvider time, out ImmutableArray<ReceivedMessage> messages)
        {
            string id = request.Headers["webhook-id"].ToString();
            string seconds = request.Headers["webhook-timestamp"].ToString();
            string signature = request.Headers["webhook-signature"].ToString();
            messages = [new ReceivedMessage(id, body, Parse(body) ?? default)];
            if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out long at)
                || Math.Abs(at - time.GetUtcNow().ToUnixTimeSeconds()) > 5 * 60)
            {
                return $"webhook-timestamp is '{seconds}'";
            }

            byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{seconds}."), .. body];
            string expected = Key is null ? "" : $"v1,{Convert.ToBase64String(HMACSHA256.HashData(Key, signed))}";
            return request.Method != "POST" ? $"the method is {request.Method}"
                : request.Path != WebhookPath ? "the path is another"
                : request.ContentType?.Split(';')[0] != "application/json" ? $"the content type is {request.ContentType}"
                : request.Headers.ContentEncoding.Count > 0 ? "the body is encoded"
                : request.Headers.Cookie.Count > 0 ? "there are cookies"
                : request.Headers.ContainsKey("traceparent") ? "there is a trace"
                : !$"{request.Headers.UserAgent}".StartsWith("SigmaFunctions/", StringComparison.Ordinal) ? $"the user agent is {request.Headers.UserAgent}"
                : id is "" || id.Contains('.') ? $"webhook-id is '{id}'"
                : signature != expected ? "the signature is wrong"
                : messages[0].Content.ValueKind != JsonValueKind.Object ? "the body is not JSON"
                : null;
        }
    }

    private sealed record IngestionContract(string RuleId, string Stream, string Token) : Contract(204)
    {
        public override string? Check(HttpRequest request, byte[] body, TimeProvider time, out ImmutableArray<ReceivedMessage> messages)
        {
            messages = [];
            if (request.Headers.ContentEncoding != "gzip")
            {
                return "the body is not compressed";
            }

            byte[] content;
            try
            {
                content = Decompress(body);
            }
            catch (InvalidDataException)
            {
                return "the body is not gzip";
            }

            JsonElement? rows = Parse(content);
            if (rows is not { ValueKind: JsonValueKind.Array } array)
            {
                return "the body is not a JSON array";
            }

            messages = [.. array.EnumerateArray().Select(row => new ReceivedMessage("", Encoding.UTF8.GetBytes(row.GetRawText()), row))];
            return request.Method != "POST" ? $"the method is {request.Method}"
                : request.Path != $"/dataCollectionRules/{RuleId}/streams/{Stream}" ? $"the path is {request.Path}"
                : request.QueryString.Value != "?api-version=2023-01-01" ? $"the query is {request.QueryString}"
                : request.ContentType?.Split(';')[0] != "application/json" ? $"the content type is {request.ContentType}"
                : request.Headers.Authorization != $"Bearer {Token}" ? "the token is another"
                : content.Length > CallLimit || body.Length > CallLimit ? $"the call has {content.Length} bytes, {body.Length} compressed"
                : messages.IsEmpty ? "there are no rows"
                : messages.Any(message => message.Content.ValueKind != JsonValueKind.Object) ? "a row is no object"
                : null;
        }

        private static byte[] Decompress(byte[] body)
        {
            using var content = new MemoryStream();
            using var gzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
            gzip.CopyTo(content);
            return content.ToArray();
        }
    }

    private static JsonElement? Parse(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A request as it came.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Path">Its path.</param>
/// <param name="Headers">Its headers, by name in any case.</param>
/// <param name="Body">Its body, as it was sent.</param>
public sealed record ReceivedRequest(string Method, string Path, ImmutableDictionary<string, string> Headers, byte[] Body);

/// <summary>A message of a webhook, or a row.</summary>
/// <param name="Id">The message's <c>webhook-id</c>; empty for a row.</param>
/// <param name="Body">Its JSON.</param>
/// <param name="Content">What the JSON says.</param>
public sealed record ReceivedMessage(string Id, byte[] Body, JsonElement Content);

/// <summary>What a receiver does with a request.</summary>
public sealed record Behaviour
{
    /// <summary>Takes it and says so.</summary>
    public static Behaviour Take { get; } = new() { Takes = true };

    /// <summary>Takes it and never answers.</summary>
    public static Behaviour Silent { get; } = new() { Kind = BehaviourKind.Silent, Takes = true };

    /// <summary>Breaks the connection before it has read the body.</summary>
    public static Behaviour ResetBefore { get; } = new() { Kind = BehaviourKind.ResetsBefore };

    /// <summary>Takes it, and breaks the connection instead of saying so.</summary>
    public static Behaviour ResetAfter { get; } = new() { Kind = BehaviourKind.ResetsAfter, Takes = true };

    /// <summary>Takes it and answers with a megabyte of headers.</summary>
    public static Behaviour EndlessHeaders { get; } = new() { Kind = BehaviourKind.EndlessHeaders, Takes = true };

    /// <summary>Takes it, says so, and goes on speaking for as long as anyone listens.</summary>
    public static Behaviour EndlessBody { get; } = new() { Kind = BehaviourKind.EndlessBody, Takes = true };

    public BehaviourKind Kind { get; init; }

    /// <summary>The answer's status; null: what the contract has for success.</summary>
    public int? Status { get; init; }

    public ImmutableDictionary<string, string> Headers { get; init; } = ImmutableDictionary<string, string>.Empty;

    public string Body { get; init; } = "ok";

    /// <summary>Whether the receiver has the message afterwards.</summary>
    public bool Takes { get; init; }

    /// <summary>Does not take it, and answers that.</summary>
    public static Behaviour Answer(int status, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        ImmutableDictionary<string, string>.Builder all = ImmutableDictionary.CreateBuilder<string, string>();
        foreach ((string name, string value) in headers)
        {
            all.Add(name, value);
        }

        return new Behaviour { Status = status, Headers = all.ToImmutable() };
    }

    /// <summary>Says that it moved there.</summary>
    public static Behaviour Redirect(int status, Uri location) => Answer(status, ("Location", location.AbsoluteUri));
}

/// <summary>Ways of answering.</summary>
public enum BehaviourKind
{
    Answers,
    Silent,
    ResetsBefore,
    ResetsAfter,
    EndlessHeaders,
    EndlessBody,
}
