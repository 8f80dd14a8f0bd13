using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SigmaFunctions.Outputs.Delivering;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Outputs.Webhooks;

/// <summary>
/// Delivers to a webhook: a POST of JSON over https, with the headers of Standard Webhooks 1.0.0 (<c>webhook-id</c>, <c>webhook-timestamp</c>, and
/// <c>webhook-signature</c> where there is a key).
/// </summary>
/// <remarks>
/// <para>
/// The address is a secret: no result has it, no exception, and no trace, which is why requests make no activities. Redirects are not followed. Proxies that
/// the environment names are not used: a proxy resolves names itself, where <see cref="AddressGuard"/> cannot see what they are.
/// </para>
/// <para>
/// Reasons are: the status; <c>redirect (STATUS)</c>; <c>rate</c> for the limit of <see cref="OutputOptions.MaximumPerMinute"/>; <c>asked to wait</c> while a
/// <c>Retry-After</c> of 429 or 503 is not over; <c>address not allowed</c>, <c>timeout</c>, <c>TLS failed</c>, <c>name not resolved</c>,
/// <c>connection refused</c>, <c>connection closed</c>, <c>not reachable</c>, <c>answer too large</c>, <c>answer is not HTTP</c>;
/// <c>stopped</c> where the sender was disposed; else the type of an exception.
/// </para>
/// </remarks>
public sealed class WebhookSender : IOutputSender
{
    /// <summary>How much of an answer's body is read, so that the connection serves again: bytes.</summary>
    internal const int BodyLimit = 4 * 1024;

    private const int HeadersLimitKilobytes = 16;
    private const int MostAddresses = 4;
    private static readonly string UserAgent = $"SigmaFunctions/{AppBuild.Version.Split('+')[0]}";

    private readonly Uri _url;
    private readonly ImmutableArray<byte> _key;
    private readonly bool _allowsPrivate;
    private readonly Func<Notification, byte[]> _write;
    private readonly TimeProvider _time;
    private readonly WebhookTransport _transport;
    private readonly RateLimit _rate;
    private readonly HoldOff _hold;
    private readonly HttpMessageInvoker _invoker;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>A sender of that output.</summary>
    /// <param name="options">The output, of type <see cref="OutputType.Webhook"/>.</param>
    /// <param name="write">The body that a notification is sent as: UTF-8 JSON.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">Its address is none of https.</exception>
    public WebhookSender(OutputOptions options, Func<Notification, byte[]> write, TimeProvider time)
        : this(options, write, time, new WebhookTransport())
    {
    }

    internal WebhookSender(OutputOptions options, Func<Notification, byte[]> write, TimeProvider time, WebhookTransport transport)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(time);
        _url = HttpsAddress.Require(options.Url, nameof(options));
        _key = options.SigningKey;
        _allowsPrivate = options.AllowsPrivateAddresses;
        _write = write;
        _time = time;
        _transport = transport;
        _rate = new RateLimit(options.MaximumPerMinute, time);
        _hold = new HoldOff(time);
        _invoker = new HttpMessageInvoker(CreateHandler());
    }

    /// <inheritdoc/>
    public async Task<DeliveryResult> SendAsync(Notification notification, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notification);
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_hold.Remaining is TimeSpan left)
        {
            return DeliveryResult.Retry(Failure.AskedToWait, left);
        }

        if (_rate.Take() is TimeSpan wait)
        {
            return DeliveryResult.Retry("rate", wait);
        }

        using var timeout = new CancellationTokenSource(_transport.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token, cancellationToken);
        try
        {
            using HttpRequestMessage request = CreateRequest(notification);
            // It is back as soon as there are headers: what was answered stands, whatever becomes of the body.
            using HttpResponseMessage response = await _invoker.SendAsync(request, both.Token).ConfigureAwait(false);
            return Judge(response);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Another one than was caught, which may say where the request went.
            cancellationToken.ThrowIfCancellationRequested();
            return DeliveryResult.Retry(
                _stopping.IsCancellationRequested ? Failure.Stopped : timeout.IsCancellationRequested ? Failure.Timeout : Failure.Describe(exception));
        }
    }

    /// <summary>Ends what is under way: those tries are to be repeated.</summary>
    public void Dispose()
    {
        // Not disposed itself, since a try may just be about to ask it; without a timer there is nothing to free.
        _stopping.Cancel();
        _invoker.Dispose();
    }

    /// <summary>What an answer means.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="retryAfter">For how long a 429 or 503 asks to be left alone; null where it does not say.</param>
    internal static DeliveryResult Judge(int status, TimeSpan? retryAfter)
    {
        string reason = status.ToString(CultureInfo.InvariantCulture);
        return status switch
        {
            >= 200 and < 300 => DeliveryResult.Delivered,
            >= 300 and < 400 => DeliveryResult.Retry($"redirect ({reason})"),
            429 or 503 => DeliveryResult.Retry(reason, retryAfter),
            // Address, permissions and method (401 to 405, 410, 414) are matters of settings on either side; 408 and 425 ask for another try.
            401 or 403 or 404 or 405 or 408 or 410 or 414 or 425 => DeliveryResult.Retry(reason),
            >= 400 and < 500 => DeliveryResult.Rejected(reason),
            _ => DeliveryResult.Retry(reason),
        };
    }

    private DeliveryResult Judge(HttpResponseMessage response)
    {
        int status = (int)response.StatusCode;
        string? header = response.Headers.TryGetValues("Retry-After", out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
        DeliveryResult result = Judge(status, RetryAfter.Read(header, _time.GetUtcNow()));
        if (result.RetryAfter is TimeSpan wait)
        {
            _hold.Wait(wait);
        }

        return result;
    }

    private HttpRequestMessage CreateRequest(Notification notification)
    {
        byte[] body = _write(notification);
        long seconds = _time.GetUtcNow().ToUnixTimeSeconds();
        var content = new ByteArrayContent(body);
        content.Headers.Add("Content-Type", "application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = content };
        request.Headers.Add("User-Agent", UserAgent);
        request.Headers.Add("webhook-id", notification.Id);
        request.Headers.Add("webhook-timestamp", seconds.ToString(CultureInfo.InvariantCulture));
        if (!_key.IsDefaultOrEmpty)
        {
            request.Headers.Add("webhook-signature", WebhookSignature.Create(_key.AsSpan(), notification.Id, seconds, body));
        }

        return request;
    }

    private SocketsHttpHandler CreateHandler() => new()
    {
        // Without it there are no activities of requests, in which the address would stand, and no headers of traces that tell a receiver of us.
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectCallback = ConnectAsync,
        ConnectTimeout = _transport.ConnectTimeout,
        MaxResponseDrainSize = BodyLimit,
        MaxResponseHeadersLength = HeadersLimitKilobytes,
        PooledConnectionLifetime = _transport.ConnectionLifetime,
        ResponseDrainTimeout = TimeSpan.FromSeconds(2),
        SslOptions = new SslClientAuthenticationOptions
        {
            // A certificate can name addresses to fetch its issuer or revocations from, and no guard would be asked about them.
            CertificateChainPolicy = new X509ChainPolicy
            {
                ApplicationPolicy = { new Oid("1.3.6.1.5.5.7.3.1") },
                DisableCertificateDownloads = true,
                RevocationMode = X509RevocationMode.NoCheck,
            },
            RemoteCertificateValidationCallback = _transport.Certificates,
        },
        UseCookies = false,
        UseProxy = false,
    };

    /// <summary>Connects to the very addresses that were checked: a name that is resolved again may be somewhere else by then.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        DnsEndPoint target = context.DnsEndPoint;
        IPAddress[] addresses = IPAddress.TryParse(target.Host, out IPAddress? literal) ? [literal]
            : await _transport.Resolve(target.Host, cancellationToken).ConfigureAwait(false);
        if (!addresses.All(address => AddressGuard.Allows(address, _allowsPrivate)))
        {
            throw new DeliveryFailedException("address not allowed");
        }

        Exception? last = null;
        IPAddress[] tried = addresses[..Math.Min(addresses.Length, MostAddresses)];
        foreach (IPAddress address in tried)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                // Each has its share of the time, so that one which does not answer leaves some to the others.
                using var share = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                share.CancelAfter(_transport.ConnectTimeout / tried.Length);
                await socket.ConnectAsync(new IPEndPoint(address, target.Port), share.Token).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                socket.Dispose();
                last = exception;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw new DeliveryFailedException(last is null ? "name not resolved" : Failure.Describe(last), last);
    }
}
