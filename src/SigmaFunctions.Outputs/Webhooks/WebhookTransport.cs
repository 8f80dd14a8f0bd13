using System.Net;
using System.Net.Security;

namespace SigmaFunctions.Outputs.Webhooks;

/// <summary>What a webhook's requests go by.</summary>
internal sealed record WebhookTransport
{
    /// <summary>For how long a whole try may take, by the sender's clock.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For how long connecting may take: name, connection and TLS.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After how long a connection is no longer used, so that a name's new address is seen.</summary>
    public TimeSpan ConnectionLifetime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The addresses of a name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Whether a receiver's certificate is taken; null: as the system says.</summary>
    public RemoteCertificateValidationCallback? Certificates { get; init; }
}
