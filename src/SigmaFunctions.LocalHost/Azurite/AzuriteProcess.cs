using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using SigmaFunctions.LocalHost.Processes;

namespace SigmaFunctions.LocalHost.Azurite;

/// <summary>
/// Azurite, which serves blobs, queues and tables from memory on the loopback address. It ends with this object, and also when
/// this process ends in any other way.
/// </summary>
internal sealed partial class AzuriteProcess : IAsyncDisposable
{
    // The account and key that Azurite documents for development; nothing else knows them as secrets.
    private const string AccountName = "devstoreaccount1";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private AzuriteProcess(Process process, Task exited, int blobPort, int queuePort, int tablePort)
    {
        _process = process;
        Exited = exited;
        ConnectionString = $"DefaultEndpointsProtocol=http;AccountName={AccountName};AccountKey={AccountKey};" +
            $"BlobEndpoint=http://127.0.0.1:{blobPort}/{AccountName};QueueEndpoint=http://127.0.0.1:{queuePort}/{AccountName};TableEndpoint=http://127.0.0.1:{tablePort}/{AccountName};";
    }

    /// <summary>Connection string of the storage account.</summary>
    public string ConnectionString { get; }

    /// <summary>Id of the process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Completes when the process has ended.</summary>
    public Task Exited { get; }

    /// <summary>Starts Azurite on ports that are free and waits until it serves.</summary>
    /// <exception cref="LocalHostException">Node.js or Azurite is missing, or Azurite did not start.</exception>
    public static async Task<AzuriteProcess> StartAsync(CancellationToken cancellationToken)
    {
        string script = Path.Combine(LocalPaths.AzuriteDirectory, "node_modules", "azurite", "dist", "src", "azurite.js");
        if (!File.Exists(script))
        {
            throw new LocalHostException($"Azurite is not installed: {script} is missing. Build the project again, or run 'npm ci' in {LocalPaths.AzuriteDirectory}.");
        }

        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])["--require", LocalPaths.ExitWithParentScript, script, "--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            "--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1", "--blobPort", "0", "--queuePort", "0", "--tablePort", "0"])
        {
            start.ArgumentList.Add(argument);
        }

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var tail = new OutputTail();
        var ports = new Dictionary<string, int>();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) =>
        {
            exited.TrySetResult();
            ready.TrySetException(new LocalHostException($"Azurite ended before it served. {tail}".TrimEnd()));
        };
        process.ErrorDataReceived += (_, e) => tail.Add(e.Data);
        process.OutputDataReceived += (_, e) =>
        {
            tail.Add(e.Data);
            if (e.Data is null || Listening().Match(e.Data) is not { Success: true } match)
            {
                return;
            }

            ports[match.Groups["service"].Value] = int.Parse(match.Groups["port"].ValueSpan, CultureInfo.InvariantCulture);
            if (ports.Count == 3)
            {
                ready.TrySetResult();
            }
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            process.Dispose();
            throw new LocalHostException("Node.js is needed to run Azurite, and 'node' was not found. Install Node.js 20 or newer.", exception);
        }
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await ready.Task.WaitAsync(StartTimeout, cancellationToken);
        }
        catch (Exception exception)
        {
            await StopAsync(process);
            if (exception is TimeoutException)
            {
                throw new LocalHostException($"Azurite did not start within {StartTimeout.TotalSeconds:0} seconds. {tail}", exception);
            }

            throw;
        }
        return new AzuriteProcess(process, exited.Task, ports["Blob"], ports["Queue"], ports["Table"]);
    }

    /// <summary>Ends Azurite; what it held is gone.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(_process);

    private static async Task StopAsync(Process process)
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    [GeneratedRegex(@"^Azurite (?<service>Blob|Queue|Table) service is successfully listening at \S+:(?<port>\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex Listening();
}
