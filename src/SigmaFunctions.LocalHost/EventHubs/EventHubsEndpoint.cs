using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Amqp;
using Amqp.Framing;
using Amqp.Listener;
using Amqp.Sasl;
using Amqp.Types;
using SigmaFunctions.LocalHost.Processes;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>
/// An Event Hubs namespace on the loopback address, over AMQP without TLS, for the official SDKs with
/// <c>UseDevelopmentEmulator=true</c>. Events are held in memory within a bound. Every key and token is taken.
/// </summary>
internal sealed class EventHubsEndpoint : IDisposable
{
    /// <summary>Attempts to take a free port before another program does.</summary>
    private const int FreePortAttempts = 10;

    private readonly ContainerHost _host;
    private readonly FrozenDictionary<string, EventHub> _hubs;

    private EventHubsEndpoint(ContainerHost host, FrozenDictionary<string, EventHub> hubs, int port)
    {
        _host = host;
        _hubs = hubs;
        Port = port;
    }

    /// <summary>TCP port that is listened on.</summary>
    public int Port { get; }

    /// <summary>Connection string of the namespace, as clients take it.</summary>
    public string ConnectionString =>
        $"Endpoint=sb://127.0.0.1:{Port};SharedAccessKeyName=LocalHost;SharedAccessKey=bG9jYWxob3N0;UseDevelopmentEmulator=true;";

    /// <summary>Starts to listen.</summary>
    /// <exception cref="LocalHostException">The port is in use.</exception>
    public static EventHubsEndpoint Start(EventHubsEndpointOptions options)
    {
        for (int attempt = 1; ; attempt++)
        {
            int port = options.Port;
            try
            {
                port = Reserve(port);
                return Listen(options, port);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                if (options.Port == 0 && attempt < FreePortAttempts)
                {
                    continue;
                }

                throw new LocalHostException($"Port {port} cannot be used for the Event Hubs endpoint ({exception.Message}). Choose another one with --port.", exception);
            }
        }
    }

    /// <summary>State of all partitions of an event hub, in the order of their ids.</summary>
    /// <exception cref="KeyNotFoundException">There is no such event hub.</exception>
    public IReadOnlyList<PartitionState> GetPartitions(string eventHub) => [.. _hubs[eventHub].Partitions.Select(p => p.Log.State)];

    /// <summary>Closes the port and all connections.</summary>
    public void Dispose() => _host.Close();

    private static EventHubsEndpoint Listen(EventHubsEndpointOptions options, int port)
    {
        var hubs = options.Hubs.ToFrozenDictionary(h => h.Name, h => new EventHub(h, options), StringComparer.OrdinalIgnoreCase);
        var host = new ContainerHost(new Address($"amqp://127.0.0.1:{port}"));
        ConnectionListener.SaslSettings sasl = host.Listeners[0].SASL;
        sasl.EnableAnonymousMechanism = true;
        sasl.EnableMechanism(CbsProfile.Name, new CbsProfile());
        host.AddressResolver = (_, attach) => LinkRouter.Path(attach.Role ? (attach.Source as Source)?.Address : (attach.Target as Target)?.Address);
        host.RegisterRequestProcessor("$cbs", new TokenProcessor());
        host.RegisterRequestProcessor("$management", new ManagementProcessor(hubs, options.TimeProvider));
        host.RegisterLinkProcessor(new LinkRouter(hubs, options));
        host.Open();
        return new EventHubsEndpoint(host, hubs, port);
    }

    // The listener's own socket shares its port with any other that does the same, so that a second instance would take half of
    // the connections instead of failing.
    private static int Reserve(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The mechanism with which Azure's clients put off authorization to the node <c>$cbs</c>.</summary>
    private sealed class CbsProfile : SaslProfile
    {
        public static readonly Symbol Name = new("MSSBCBS");

        public CbsProfile() : base(Name)
        {
        }

        protected override ITransport UpgradeTransport(ITransport transport) => transport;

        protected override DescribedList GetStartCommand(string hostname) => new SaslInit { Mechanism = Name };

        protected override DescribedList OnCommand(DescribedList command) => command is SaslInit
            ? new SaslOutcome { Code = SaslCode.Ok }
            : throw new AmqpException(ErrorCode.NotAllowed, command.GetType().Name);
    }
}
