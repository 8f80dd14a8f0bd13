using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace SigmaFunctions.EndToEnd.Tests.Faults;

/// <summary>Stands before the three services of a storage account and lets requests go wrong by a plan.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private static readonly ForwarderRequestConfig Patient = new() { ActivityTimeout = TimeSpan.FromMinutes(10) };

    private readonly ImmutableArray<(StorageService Service, Uri Destination)> _destinations;
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
    private readonly ConcurrentDictionary<(StorageService Service, string Operation), int> _ordinals = new();
    private readonly ConcurrentDictionary<FaultKind, int> _injected = new();
    private readonly Func<bool> _kill;
    private volatile FaultPlan _plan = FaultPlan.None;
    private volatile Stall? _stall;
    private ImmutableArray<int> _ports = [0, 0, 0];
    private WebApplication? _server;

    private FaultProxy(string connectionString, Func<bool> kill)
    {
        _destinations = [.. Enum.GetValues<StorageService>().Select(service => (service, Endpoint(connectionString, service)))];
        _kill = kill;
    }

    /// <summary>Connection string of the account through this proxy.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>How many requests met which fault.</summary>
    public IReadOnlyDictionary<FaultKind, int> Injected => _injected;

    /// <summary>Starts a proxy that lets everything pass.</summary>
    /// <param name="connectionString">Connection string of the account.</param>
    /// <param name="kill">Kills a worker, and tells whether it did.</param>
    public static async Task<FaultProxy> StartAsync(string connectionString, Func<bool> kill)
    {
        var proxy = new FaultProxy(connectionString, kill);
        await proxy.ListenAsync();
        foreach (((_, Uri destination), int port) in proxy._destinations.Zip(proxy._ports))
        {
            connectionString = connectionString.Replace($"127.0.0.1:{destination.Port}", $"127.0.0.1:{port}", StringComparison.Ordinal);
        }

        proxy.ConnectionString = connectionString;
        return proxy;
    }

    /// <summary>How many requests have come that ask for something of a table.</summary>
    public int RequestsTo(string table) => _ordinals
        .Where(one => one.Key.Service == StorageService.Table && one.Key.Operation.EndsWith($" {table}", StringComparison.Ordinal)).Sum(one => one.Value + 1);

    /// <summary>Goes by another plan from now on.</summary>
    public void Follow(FaultPlan plan) => _plan = plan;

    /// <summary>Leaves requests whose path has a part of this name unanswered until <see cref="Release"/>, however often they come.</summary>
    public void Hold(string part) => _stall = new Stall(part, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Carries out what is held, and holds nothing more.</summary>
    public void Release()
    {
        _stall?.Over.TrySetResult();
        _stall = null;
    }

    /// <summary>Resets all connections and listens no more for a time: connections are refused.</summary>
    public async Task BeGoneAsync(TimeSpan time)
    {
        await _server!.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _server = null;
        await Task.Delay(time, CancellationToken.None);
        await ListenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.StopAsync(new CancellationToken(canceled: true));
            await _server.DisposeAsync();
        }
        _client.Dispose();
    }

    private static Uri Endpoint(string connectionString, StorageService service)
    {
        string name = $"{service}Endpoint=";
        return new Uri(connectionString.Split(';').Single(part => part.StartsWith(name, StringComparison.Ordinal))[name.Length..]);
    }

    private async Task ListenAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            foreach (int port in _ports)
            {
                kestrel.Listen(IPAddress.Loopback, port);
            }
        });
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        WebApplication server = builder.Build();
        server.Run(HandleAsync);
        await server.StartAsync(CancellationToken.None);
        _ports = [.. server.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(address => new Uri(address).Port)];
        _server = server;
    }

    private async Task HandleAsync(HttpContext context)
    {
        (StorageService service, Uri destination) = _destinations[_ports.IndexOf(context.Connection.LocalPort)];
        if (_stall is { } stall && context.Request.Path.Value!.Split('/').Contains(stall.Part))
        {
            await stall.Over.Task.WaitAsync(context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        string operation = $"{context.Request.Method} {context.Request.Path.Value!.Split('/')[^1].Split('(')[0]}";
        int ordinal = _ordinals.AddOrUpdate((service, operation), 0, (_, last) => last + 1);
        Fault fault = _plan.Next(service, operation, ordinal);
        if (fault.Kind is not (FaultKind.None or FaultKind.Kill))
        {
            _injected.AddOrUpdate(fault.Kind, 1, (_, count) => count + 1);
        }

        switch (fault.Kind)
        {
            case FaultKind.Delay:
                await Task.Delay(fault.Delay, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                await ForwardAsync(context, destination);
                break;
            case FaultKind.InternalError:
                await context.Request.Body.CopyToAsync(Stream.Null);
                await FailAsync(context, service, StatusCodes.Status500InternalServerError, "InternalError");
                break;
            case FaultKind.ServerBusy:
                await context.Request.Body.CopyToAsync(Stream.Null);
                context.Response.Headers.RetryAfter = "1";
                await FailAsync(context, service, StatusCodes.Status503ServiceUnavailable, "ServerBusy");
                break;
            case FaultKind.ResetBefore:
                context.Abort();
                break;
            case FaultKind.ResetAfter:
                await CarryOutAsync(context, destination);
                context.Abort();
                break;
            case FaultKind.ErrorAfter:
                await CarryOutAsync(context, destination);
                context.Response.Clear();
                await FailAsync(context, service, StatusCodes.Status500InternalServerError, "OperationTimedOut");
                break;
            case FaultKind.CutAnswer:
                byte[] answer = await CarryOutAsync(context, destination);
                if (answer.Length > 0)
                {
                    context.Response.Headers.TransferEncoding = default;
                    context.Response.ContentLength = answer.Length;
                    await context.Response.Body.WriteAsync(answer.AsMemory(0, answer.Length / 2));
                    await context.Response.Body.FlushAsync();
                }
                context.Abort();
                break;
            case FaultKind.Kill:
                Task killing = KillAsync(fault.Delay);
                await ForwardAsync(context, destination);
                await killing;
                break;
            default:
                await ForwardAsync(context, destination);
                break;
        }
    }

    private async Task KillAsync(TimeSpan delay)
    {
        await Task.Delay(delay, CancellationToken.None);
        if (_kill())
        {
            _injected.AddOrUpdate(FaultKind.Kill, 1, (_, count) => count + 1);
        }
    }

    // The path of a signed request is part of its signature; that it goes to another port is not.
    private async Task ForwardAsync(HttpContext context, Uri destination) =>
        await context.RequestServices.GetRequiredService<IHttpForwarder>().SendAsync(
            context, destination.GetLeftPart(UriPartial.Authority), _client, Patient, HttpTransformer.Default);

    /// <summary>Forwards a request and keeps the answer's body back.</summary>
    private async Task<byte[]> CarryOutAsync(HttpContext context, Uri destination)
    {
        using var answer = new MemoryStream();
        Stream body = context.Response.Body;
        context.Response.Body = answer;
        await ForwardAsync(context, destination);
        context.Response.Body = body;
        return answer.ToArray();
    }

    private static async Task FailAsync(HttpContext context, StorageService service, int status, string code)
    {
        const string message = "Injected by the test.";
        context.Response.StatusCode = status;
        context.Response.Headers["x-ms-error-code"] = code;
        bool json = service == StorageService.Table;
        context.Response.ContentType = json ? "application/json" : "application/xml";
        byte[] body = Encoding.UTF8.GetBytes(json
            ? $$$$"""{"odata.error":{"code":"{{{{code}}}}","message":{"lang":"en-US","value":"{{{{message}}}}"}}}"""
            : $"""<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>""");
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    }

    private sealed record Stall(string Part, TaskCompletionSource Over);

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
