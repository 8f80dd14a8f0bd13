using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using SigmaFunctions.LocalHost.Processes;

namespace SigmaFunctions.LocalHost.Azurite;

/// <summary>
/// Azurite, which serves blobs, queues and tables on the loopback address, from memory or from a folder. It ends with this object, and also when
/// this process ends in any other way.
/// </summary>
internal sealed partial class AzuriteProcess : IAsyncDisposable
{
    // The account and key that Azurite documents for development; nothing else knows them as secrets.
    private const string AccountName = "devstoreaccount1";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    // As Azurite's package.json here has it.
    private const int NodeMajor = 20;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    // What it holds is written within moments.
    private static readonly TimeSpan WritingTimeout = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly bool _keepsData;

    private AzuriteProcess(Process process, bool keepsData, Task exited, int blobPort, int queuePort, int tablePort)
    {
        _process = process;
        _keepsData = keepsData;
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
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="data">Folder that keeps what is stored, and is made if need be; null to keep it in memory.</param>
    /// <param name="node">The program Node.js.</param>
    /// <exception cref="LocalHostException">Node.js or Azurite is missing, Node.js is too old, or Azurite did not start.</exception>
    public static async Task<AzuriteProcess> StartAsync(CancellationToken cancellationToken, string? data = null, string node = "node")
    {
        string script = Path.Combine(LocalPaths.AzuriteDirectory, "node_modules", "azurite", "dist", "src", "azurite.js");
        if (!File.Exists(script))
        {
            throw new LocalHostException($"Azurite is not installed: {script} is missing. Build the project again, or run 'npm ci' in {LocalPaths.AzuriteDirectory}.");
        }

        var start = new ProcessStartInfo(node)
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] persistence = data is null ? ["--inMemoryPersistence"] : ["--location", data];
        foreach (string argument in (string[])["--require", LocalPaths.ExitWithParentScript, "--require", LocalPaths.FindRowsByKeyScript, script, .. persistence, "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            "--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1", "--blobPort", "0", "--queuePort", "0", "--tablePort", "0"])
        {
            start.ArgumentList.Add(argument);
        }

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var tail = new OutputTail();
        LocalHostException? tooOld = null;
        var ports = new Dictionary<string, int>();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) => exited.TrySetResult();
        process.ErrorDataReceived += (_, e) => tail.Add(e.Data);
        process.OutputDataReceived += (_, e) =>
        {
            tail.Add(e.Data);
            if (e.Data is null)
            {
                return;
            }

            if (NodeVersion().Match(e.Data) is { Success: true } version && int.Parse(version.Groups["major"].ValueSpan, CultureInfo.InvariantCulture) < NodeMajor)
            {
                tooOld = new LocalHostException(
                    $"Azurite needs Node.js {NodeMajor} or newer, and '{node}' is {version.Groups["version"].Value}. Install a newer one, or put it first in PATH.");
                ready.TrySetException(tooOld);
            }

            if (Listening().Match(e.Data) is not { Success: true } match)
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
            throw new LocalHostException($"Node.js is needed to run Azurite, and '{node}' was not found. Install Node.js {NodeMajor} or newer.", exception);
        }
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            if (await Task.WhenAny(ready.Task, exited.Task).WaitAsync(StartTimeout, cancellationToken) == exited.Task)
            {
                // Also waits until its output is read: it says why.
                await process.WaitForExitAsync(cancellationToken).WaitAsync(StartTimeout, cancellationToken);
                throw new LocalHostException($"Azurite ended before it served. {tail}".TrimEnd());
            }

            await ready.Task;
        }
        catch (Exception exception)
        {
            await StopAsync(process);
            if (tooOld is not null)
            {
                // It may have ended of that before its output was read.
                throw tooOld;
            }

            if (exception is TimeoutException)
            {
                throw new LocalHostException($"Azurite did not start within {StartTimeout.TotalSeconds:0} seconds. {tail}", exception);
            }

            throw;
        }
        return new AzuriteProcess(process, data is not null, exited.Task, ports["Blob"], ports["Queue"], ports["Table"]);
    }

    /// <summary>Ends Azurite; what it held in memory is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_keepsData)
        {
            _process.StandardInput.Close();
            await Task.WhenAny(Exited, Task.Delay(WritingTimeout));
        }

        await StopAsync(_process);
    }

    private static async Task StopAsync(Process process)
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    [GeneratedRegex(@"^Node\.js (?<version>v(?<major>\d{1,6})\.\S*)$", RegexOptions.CultureInvariant)]
    private static partial Regex NodeVersion();

    [GeneratedRegex(@"^Azurite (?<service>Blob|Queue|Table) service is successfully listening at \S+:(?<port>\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex Listening();
}
