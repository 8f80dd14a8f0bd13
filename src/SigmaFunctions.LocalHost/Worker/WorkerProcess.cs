using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Worker;

/// <summary>
/// The function app's isolated worker as a process of its own, with the host's side of the worker protocol. The worker ends with
/// this object, and also when this process ends in any other way.
/// </summary>
internal sealed class WorkerProcess : IWorkerProcess
{
    private const int FlowControlWindow = 16 * 1024 * 1024;

    // As the Functions host: what is still at work is cancelled a moment after the worker was asked to end.
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CancelAfter = TimeSpan.FromMilliseconds(40);

    private readonly WebApplication _server;
    private readonly Process _process;
    private readonly WorkerSession _session;
    private readonly OutputTail _tail;
    private bool _disposed;

    private WorkerProcess(WebApplication server, Process process, WorkerSession session, OutputTail tail)
    {
        _server = server;
        _process = process;
        _session = session;
        _tail = tail;
        Exited = WatchAsync();
    }

    /// <summary>Id of the process.</summary>
    public int ProcessId => _process.Id;

    /// <inheritdoc/>
    public TimeSpan LoadedAfter { get; private set; }

    /// <inheritdoc/>
    public ImmutableDictionary<string, string> Capabilities { get; private set; } = ImmutableDictionary<string, string>.Empty;

    /// <inheritdoc/>
    public ImmutableArray<RpcFunctionMetadata> Functions { get; private set; } = [];

    /// <inheritdoc/>
    public Task<int> Exited { get; }

    /// <inheritdoc/>
    public WorkerException? Ending { get; private set; }

    /// <summary>Starts a worker and loads its functions.</summary>
    /// <exception cref="LocalHostException">The worker is not built, or there is no .NET runtime.</exception>
    /// <exception cref="WorkerException">The worker ended, failed, or did not start in time.</exception>
    public static async Task<WorkerProcess> StartAsync(WorkerOptions options, CancellationToken cancellationToken)
    {
        if (!File.Exists(options.AssemblyPath))
        {
            throw new LocalHostException($"The function app is not built: {options.AssemblyPath} is missing. Build src/SigmaFunctions.App first.");
        }

        var tail = new OutputTail();
        var session = new WorkerSession(log => options.Log?.Invoke(new WorkerLogLine(log.Level, log.Category, WithException(log), log.EventId)));
        WebApplication server = CreateServer(session);
        await server.StartAsync(cancellationToken);
        string address = server.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();

        var watch = Stopwatch.StartNew();
        Process process;
        try
        {
            process = Launch(options, address, tail);
        }
        catch (Win32Exception exception)
        {
            await server.DisposeAsync();
            throw new LocalHostException("The .NET runtime is needed to run the worker, and 'dotnet' was not found.", exception);
        }

        var worker = new WorkerProcess(server, process, session, tail);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(options.StartTimeout);
            try
            {
                await worker.LoadAsync(Path.GetDirectoryName(Path.GetFullPath(options.AssemblyPath))!, watch, limit.Token);
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw new WorkerException(
                    $"The worker did not answer and load its functions within {options.StartTimeout.TotalSeconds:0} seconds of its start; the Functions host gives one up then. {tail}".TrimEnd(), exception);
            }
        }
        catch
        {
            worker.Kill();
            await worker.DisposeAsync();
            throw;
        }
        return worker;
    }

    /// <inheritdoc/>
    public Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken) => _session.InvokeAsync(request, cancellationToken);

    /// <summary>Ends the worker at once, as a crash would.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    /// <summary>Asks the worker to end, cancels what it is at, and ends it after five seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _session.Send(new StreamingMessage { WorkerTerminate = new WorkerTerminate { GracePeriod = Duration.FromTimeSpan(GracePeriod) } });
        try
        {
            if (_session.HasInvocations)
            {
                await Task.WhenAny(Exited, Task.Delay(CancelAfter));
                _session.CancelInvocations();
            }
            await Exited.WaitAsync(GracePeriod);
        }
        catch (TimeoutException)
        {
            Kill();
            await Exited;
        }
        await _server.DisposeAsync();
        _process.Dispose();
    }

    private static WebApplication CreateServer(WorkerSession session)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.InitialConnectionWindowSize = FlowControlWindow;
            kestrel.Limits.Http2.InitialStreamWindowSize = FlowControlWindow;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRouting();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = null;
            grpc.MaxSendMessageSize = null;
        });
        builder.Services.AddSingleton(session);
        // The server lives as long as the worker; signals are the program's business.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        WebApplication server = builder.Build();
        server.MapGrpcService<WorkerService>();
        return server;
    }

    private static Process Launch(WorkerOptions options, string address, OutputTail tail)
    {
        string assembly = Path.GetFullPath(options.AssemblyPath);
        string directory = Path.GetDirectoryName(assembly)!;
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet")
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])[assembly, "--functions-uri", address, "--functions-worker-id", Guid.NewGuid().ToString(), "--functions-request-id", Guid.NewGuid().ToString(),
            "--functions-grpc-max-message-length", int.MaxValue.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = directory;
        start.Environment["FUNCTIONS_WORKER_DIRECTORY"] = directory;
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location;
        foreach ((string name, string value) in options.Settings)
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Write("stdout", e.Data);
        process.ErrorDataReceived += (_, e) => Write("stderr", e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Write(string stream, string? line)
        {
            tail.Add(line);
            if (line is not null)
            {
                options.Log?.Invoke(new WorkerLogLine(RpcLog.Types.Level.None, stream, line));
            }
        }
    }

    private static string WithException(RpcLog log) => log.Exception is { Message.Length: > 0 } exception ? $"{log.Message} {exception.Message}" : log.Message;

    private static void Check(StatusResult result, string step)
    {
        if (result.Status != StatusResult.Types.Status.Success)
        {
            throw new WorkerException($"The worker could not {step}: {result.Exception?.Message ?? result.Result}");
        }
    }

    private async Task LoadAsync(string directory, Stopwatch watch, CancellationToken cancellationToken)
    {
        await _session.Connected.WaitAsync(cancellationToken);
        StreamingMessage init = await _session.AskAsync(
            new StreamingMessage { WorkerInitRequest = new WorkerInitRequest { HostVersion = "4.1000.0", WorkerDirectory = directory, FunctionAppDirectory = directory } }, cancellationToken);
        Check(init.WorkerInitResponse.Result, "start");
        Capabilities = init.WorkerInitResponse.Capabilities.ToImmutableDictionary(StringComparer.OrdinalIgnoreCase);

        StreamingMessage metadata = await _session.AskAsync(
            new StreamingMessage { FunctionsMetadataRequest = new FunctionsMetadataRequest { FunctionAppDirectory = directory } }, cancellationToken);
        Check(metadata.FunctionMetadataResponse.Result, "list its functions");
        Functions = [.. metadata.FunctionMetadataResponse.FunctionMetadataResults];

        foreach (RpcFunctionMetadata function in Functions)
        {
            StreamingMessage loaded = await _session.AskAsync(
                new StreamingMessage { FunctionLoadRequest = new FunctionLoadRequest { FunctionId = function.FunctionId, Metadata = function } }, cancellationToken);
            Check(loaded.FunctionLoadResponse.Result, $"load the function {function.Name}");
        }
        LoadedAfter = watch.Elapsed;
    }

    private async Task<int> WatchAsync()
    {
        // Also waits for the end of both streams, so that the tail is whole.
        await _process.WaitForExitAsync();
        int code = _process.ExitCode;
        string lines = _tail.ToString();
        Ending = new WorkerException($"The worker ended with exit code {code}.{(lines.Length > 0 ? $" Its last lines:{Environment.NewLine}{lines}" : "")}");
        _session.Fail(Ending);
        return code;
    }
}
