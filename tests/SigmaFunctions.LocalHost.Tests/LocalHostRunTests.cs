using System.Collections.Immutable;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Reporting;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;
using Spectre.Console;

namespace SigmaFunctions.LocalHost.Tests;

/// <summary>The program as its users run it: the built worker, Azurite and the endpoint.</summary>
public sealed class LocalHostRunTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_sample_is_processed_and_its_detections_are_shown()
    {
        (bool complete, string output) = await RunAsync(new LocalHostOptions { Once = true, Port = 0 });

        Assert.True(complete, output);
        Assert.Contains("Potential Arbitrary Code Execution Via Node.EXE", output, StringComparison.Ordinal);
        Assert.Contains("UseDevelopmentEmulator=true", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
    }

    [Fact]
    public async Task Every_hub_that_is_named_is_read()
    {
        (bool complete, string output) = await RunAsync(new LocalHostOptions { Once = true, Port = 0, Hubs = ["first", "second"] });

        Assert.True(complete, output);
        Assert.Contains("Detect-first takes batches of up to 128 from 'first'", output, StringComparison.Ordinal);
        Assert.Contains("Detect-second takes batches of up to 128 from 'second'", output, StringComparison.Ordinal);
        Assert.Contains("Potential Arbitrary Code Execution Via Node.EXE", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own_events_and_rules_are_used_instead()
    {
        using var folder = new TemporaryFolder();
        string rule = folder.Write("rule.yml", """
            title: Own rule
            id: 1f1d2f6c-2f0c-4a3a-9f60-0d53a1b6c001
            status: test
            logsource:
                category: process_creation
                product: windows
            detection:
                selection:
                    Image|endswith: '\own.exe'
                condition: selection
            level: low
            """);
        string events = Path.Combine(folder.Path, "events.ndjson.gz");
        await using (var gzip = new GZipStream(File.Create(events), CompressionLevel.Fastest))
        {
            for (int i = 0; i < 40; i++)
            {
                await gzip.WriteAsync(Encoding.UTF8.GetBytes("""{"category":"process_creation","product":"windows","Image":"C:\\x\\""" + (i % 4 == 0 ? "own" : "other") + ".exe\"}\n\n"), Cancelled);
            }
        }

        (bool complete, string output) = await RunAsync(new LocalHostOptions { Once = true, Port = 0, EventsPath = events, Rules = [rule] });

        Assert.True(complete, output);
        Assert.Equal(10, output.Split("Own rule").Length - 1);
        Assert.Matches(@"Events sent\s+40\s", output);
        Assert.Matches(@"Detections in the table\s+10\s", output);
    }

    [Fact]
    public async Task What_is_missing_is_said_before_anything_starts()
    {
        LocalHostException events = await Assert.ThrowsAsync<LocalHostException>(() => RunAsync(new LocalHostOptions { Port = 0, EventsPath = "/absent/events.ndjson" }));
        LocalHostException rules = await Assert.ThrowsAsync<LocalHostException>(() => RunAsync(new LocalHostOptions { Port = 0, Rules = ["/absent/rules"] }));

        Assert.Contains("/absent/events.ndjson", events.Message, StringComparison.Ordinal);
        Assert.Contains("/absent/rules", rules.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_killed_ends_its_invocations_with_the_reason()
    {
        await using AzuriteProcess azurite = await AzuriteProcess.StartAsync(Cancelled);
        await using WorkerProcess worker = await StartWorkerAsync(azurite.ConnectionString);
        Assert.NotEmpty(worker.Functions);

        worker.Kill();
        WorkerException failure = await Assert.ThrowsAsync<WorkerException>(() => worker.InvokeAsync(new InvocationRequest { InvocationId = "1" }, Cancelled));

        Assert.NotEqual(0, await worker.Exited);
        Assert.Contains("exit code", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_ends_by_itself_when_asked()
    {
        await using AzuriteProcess azurite = await AzuriteProcess.StartAsync(Cancelled);
        WorkerProcess worker = await StartWorkerAsync(azurite.ConnectionString);

        await worker.DisposeAsync();

        Assert.Equal(0, await worker.Exited);
    }

    /// <summary>The sweep waits for a store that never answers.</summary>
    [Fact]
    public async Task A_worker_that_is_at_something_is_told_to_cancel_it_and_ends_by_itself()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        string account = $"AccountName=a;AccountKey=a2V5;TableEndpoint=http://{silent.LocalEndpoint}/a;QueueEndpoint=http://{silent.LocalEndpoint}/a;BlobEndpoint=http://{silent.LocalEndpoint}/a";
        WorkerProcess worker = await StartWorkerAsync(account, createsStore: false);
        TimerTrigger sweep = TimerTrigger.Find(worker.Functions, ImmutableDictionary<string, string>.Empty).Single(found => found.FunctionName == "Sweep");
        Task<InvocationResponse> sweeping = sweep.InvokeAsync(worker, Cancelled);

        await worker.DisposeAsync();

        Assert.Equal(0, await worker.Exited);
        Assert.False(sweeping.IsCompletedSuccessfully && (await sweeping).Result.Status == StatusResult.Types.Status.Success);
    }

    [Fact]
    public async Task A_worker_that_cannot_start_says_why()
    {
        WorkerException failure = await Assert.ThrowsAsync<WorkerException>(() => StartWorkerAsync("not a connection string"));

        Assert.Contains("DetectionStorage", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_not_built_is_said()
    {
        LocalHostException failure = await Assert.ThrowsAsync<LocalHostException>(() => WorkerProcess.StartAsync(
            new WorkerOptions { AssemblyPath = "/absent/App.dll", Settings = WorkerSettings.Create("", "", []) }, Cancelled));

        Assert.Contains("/absent/App.dll", failure.Message, StringComparison.Ordinal);
    }

    private static Task<WorkerProcess> StartWorkerAsync(string storage, bool createsStore = true) => WorkerProcess.StartAsync(
        new WorkerOptions
        {
            AssemblyPath = LocalPaths.AppAssembly,
            Settings = WorkerSettings.Create("Endpoint=sb://127.0.0.1:1;", storage, []).SetItem("Detections__CreateIfNotExists", createsStore ? "true" : "false"),
        },
        Cancelled);

    private static async Task<(bool Complete, string Output)> RunAsync(LocalHostOptions options)
    {
        await using var output = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = int.MaxValue;
        bool complete;
        await using (var run = new LocalHostRun(options, new ConsoleReport(console, TimeProvider.System), TimeProvider.System))
        {
            complete = await run.RunAsync(Cancelled);
        }

        return (complete, output.ToString());
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("sigmafunctions-").FullName;

        public string Write(string name, string text)
        {
            string path = System.IO.Path.Combine(Path, name);
            File.WriteAllText(path, text);
            return path;
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
