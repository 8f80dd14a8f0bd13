using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using SigmaFunctions.LocalHost.Azurite;

namespace SigmaFunctions.Storage.Tests;

/// <summary>
/// A storage account that is stopped and started again: Azurite with a folder, behind ports that stay the same. While it is stopped, connections are closed
/// as soon as they are made.
/// </summary>
internal sealed partial class StoppableStorage : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sigma-stoppable-").FullName;
    private readonly ConcurrentDictionary<TcpClient, bool> _connections = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly List<TcpListener> _listeners = [];
    private readonly List<Task> _accepting = [];
    private AzuriteProcess? _azurite;
    private int[]? _ports;

    private StoppableStorage()
    {
    }

    /// <summary>Connection string that holds whenever it runs.</summary>
    public string ConnectionString { get; private set; } = "";

    public static async Task<StoppableStorage> StartNewAsync(CancellationToken cancellationToken)
    {
        var storage = new StoppableStorage();
        await storage.StartAsync(cancellationToken);
        int service = 0;
        storage.ConnectionString = Port().Replace(storage._azurite!.ConnectionString, _ => $"127.0.0.1:{storage.Listen(service++)}/");
        return storage;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _azurite = await AzuriteProcess.StartAsync(cancellationToken, _folder);
        Volatile.Write(ref _ports, [.. Port().Matches(_azurite.ConnectionString).Select(match => int.Parse(match.Groups[1].ValueSpan))]);
    }

    public async Task StopAsync()
    {
        Volatile.Write(ref _ports, null);
        foreach (TcpClient connection in _connections.Keys)
        {
            connection.Close();
        }

        await _azurite!.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await StopAsync();
        _listeners.ForEach(listener => listener.Dispose());
        await Task.WhenAll(_accepting);
        _ended.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private int Listen(int service)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _listeners.Add(listener);
        _accepting.Add(AcceptAsync(listener, service));
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task AcceptAsync(TcpListener listener, int service)
    {
        var relaying = new List<Task>();
        try
        {
            while (true)
            {
                relaying.Add(RelayAsync(await listener.AcceptTcpClientAsync(_ended.Token), service));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(relaying);
        }
    }

    private async Task RelayAsync(TcpClient incoming, int service)
    {
        using var outgoing = new TcpClient();
        _connections[incoming] = true;
        try
        {
            if (Volatile.Read(ref _ports) is { } ports)
            {
                await outgoing.ConnectAsync(IPAddress.Loopback, ports[service], _ended.Token);
                await Task.WhenAny(
                    incoming.GetStream().CopyToAsync(outgoing.GetStream(), _ended.Token), outgoing.GetStream().CopyToAsync(incoming.GetStream(), _ended.Token));
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Stopping closes connections under way.
        }
        finally
        {
            _connections.TryRemove(incoming, out _);
            incoming.Dispose();
        }
    }

    [GeneratedRegex(@"127\.0\.0\.1:(\d+)/")]
    private static partial Regex Port();
}
