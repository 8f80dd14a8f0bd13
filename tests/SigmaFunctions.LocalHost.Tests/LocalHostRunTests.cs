using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Reporting;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;
using SigmaFunctions.Storage.Rules;
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
    public async Task The_variables_name_a_hub_that_is_not_the_one_that_is_taken_to_be_meant()
    {
        (bool complete, string output) = await RunAsync(new LocalHostOptions { Once = true, Port = 0, Hubs = ["own"] });

        Assert.True(complete, output);
        Assert.Matches("EVENTHUB_CONNECTION ?= ?'Endpoint=sb://[^']*;EntityPath=own;'", output);
        Assert.Matches("DetectionStorage ?= ?'DefaultEndpointsProtocol=http;", output);
    }

    /// <summary>The hubs of the second run are new: a checkpoint of the first would lie beyond their end.</summary>
    [Fact]
    public async Task Data_are_kept_for_the_next_run_and_events_are_processed_as_in_the_first()
    {
        using var folder = new TemporaryFolder();
        string data = Path.Combine(folder.Path, "data");
        var options = new LocalHostOptions { Once = true, Port = 0, DataPath = data };

        (bool complete, string first) = await RunAsync(options);
        Assert.True(complete, first);
        await using (AzuriteProcess azurite = await AzuriteProcess.StartAsync(Cancelled, data))
        {
            await new BlobContainerClient(azurite.ConnectionString, RuleStore.DefaultName).GetBlobClient("kept.yml").UploadAsync(BinaryData.FromString("""
                title: Kept rule
                id: 1f1d2f6c-2f0c-4a3a-9f60-0d53a1b6c002
                status: test
                logsource:
                    category: process_creation
                    product: windows
                detection:
                    selection:
                        Image|endswith: '\node.exe'
                    condition: selection
                level: low
                """), Cancelled);
            await new QueueClient(azurite.ConnectionString, "kept").CreateAsync(cancellationToken: Cancelled);
        }

        (complete, string second) = await RunAsync(options).WaitAsync(TimeSpan.FromMinutes(3), Cancelled);

        Assert.True(complete, second);
        int alerts = Number(first, "Alerts from the queue");
        int again = Number(second, "Alerts from the queue");
        Assert.DoesNotContain("Kept rule", first, StringComparison.Ordinal);
        Assert.Contains("Kept rule", second, StringComparison.Ordinal);
        Assert.Equal((14, Number(first, "Events sent")), (alerts, Number(second, "Events sent")));
        Assert.True(again > alerts, second);
        Assert.Equal(alerts + again, Number(second, "Detections in the table"));
        await using AzuriteProcess after = await AzuriteProcess.StartAsync(Cancelled, data);
        Assert.True(await new QueueClient(after.ConnectionString, "kept").ExistsAsync(Cancelled));

        static int Number(string output, string name) => int.Parse(Regex.Match(output, $@"{name}\s+(\d+)\s").Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_folder_of_data_is_one_runs_at_a_time()
    {
        using var folder = new TemporaryFolder();
        using var other = DataFolder.Open(folder.Path);

        LocalHostException failure = await Assert.ThrowsAsync<LocalHostException>(() => RunAsync(new LocalHostOptions { Once = true, Port = 0, DataPath = folder.Path }));

        Assert.Contains("another LocalHost has it", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v18.3.0", "Azurite needs Node.js 20 or newer, and '{0}' is v18.3.0.")]
    [InlineData("v9.11.2", "Azurite needs Node.js 20 or newer, and '{0}' is v9.11.2.")]
    [InlineData("v100.0.0", "Azurite ended before it served. Node.js v100.0.0")]
    public async Task A_node_that_is_too_old_is_named(string version, string message)
    {
        using var folder = new TemporaryFolder();
        string node = folder.Write("node", $"#!/bin/sh\necho 'Node.js {version}'\nexit 1\n");
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Runs a script.");
        }
        else
        {
            File.SetUnixFileMode(node, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        LocalHostException failure = await Assert.ThrowsAsync<LocalHostException>(() => AzuriteProcess.StartAsync(Cancelled, node: node));

        Assert.StartsWith(string.Format(CultureInfo.InvariantCulture, message, node), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_missing_is_told() => Assert.Equal(
        "Node.js is needed to run Azurite, and '/absent/node' was not found. Install Node.js 20 or newer.",
        (await Assert.ThrowsAsync<LocalHostException>(() => AzuriteProcess.StartAsync(Cancelled, node: "/absent/node"))).Message);

    /// <summary>The script says which Node.js it is; the newest that Azurite's package asks for is the one that is asked for.</summary>
    [Fact]
    public void The_node_that_is_asked_for_is_what_the_package_needs()
    {
        using var package = JsonDocument.Parse(File.ReadAllText(Path.Combine(LocalPaths.AzuriteDirectory, "package.json")));
        Assert.Equal(">=20", package.RootElement.GetProperty("engines").GetProperty("node").GetString());

        using var locked = JsonDocument.Parse(File.ReadAllText(Path.Combine(LocalPaths.AzuriteDirectory, "package-lock.json")));
        Assert.All(
            locked.RootElement.GetProperty("packages").EnumerateObject()
                .Where(one => one.Name.Length > 0 && one.Value.TryGetProperty("engines", out JsonElement engines) && engines.ValueKind == JsonValueKind.Object && engines.TryGetProperty("node", out _))
                .Select(one => one.Value.GetProperty("engines").GetProperty("node").GetString()!),
            needed => Assert.Contains(needed.Split("||"), range => int.Parse(Regex.Match(range + " 0", @"\d+").ValueSpan, CultureInfo.InvariantCulture) <= 20));
    }

    [Theory]
    [InlineData(26, 0, 0, true, "26 events sent, 0 of them processed, 0 alerts yet")]
    [InlineData(1_500, 1_000, 3, false, "1,500 events sent so far, 1,000 of them processed, 3 alerts yet")]
    public void What_goes_on_does_not_read_like_a_failure(long sent, long processed, long alerts, bool isSent, string text) =>
        Assert.Equal(text, LocalHostRun.Progress(sent, processed, alerts, isSent));

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

    /// <summary>Correlations are evaluated, those too that wait for events which may still come: none do.</summary>
    [Fact]
    public async Task Nothing_waits_at_the_end_of_a_run()
    {
        using var folder = new TemporaryFolder();
        string rules = Path.Combine(folder.Path, "rules.yml");
        await File.WriteAllTextAsync(
            rules,
            """
            title: Started
            id: 6a1f7b7e-3f0d-4a56-9d6b-0d7f6a0c0001
            name: started
            logsource: {category: process_creation, product: windows}
            detection: {selection: {Image|endswith: '\started.exe'}, condition: selection}
            ---
            title: Stopped
            id: 6a1f7b7e-3f0d-4a56-9d6b-0d7f6a0c0002
            name: stopped
            logsource: {category: process_creation, product: windows}
            detection: {selection: {Image|endswith: '\stopped.exe'}, condition: selection}
            ---
            title: Started Three Times
            id: 6a1f7b7e-3f0d-4a56-9d6b-0d7f6a0c0003
            level: high
            correlation: {type: event_count, rules: [started], group-by: [Computer], timespan: 5m, condition: {gte: 3}}
            ---
            title: Started And Not Stopped
            id: 6a1f7b7e-3f0d-4a56-9d6b-0d7f6a0c0004
            level: high
            correlation: {type: temporal, group-by: [Computer], timespan: 1d, condition: started and not stopped}
            """,
            Cancelled);
        string events = Path.Combine(folder.Path, "events.ndjson");
        await File.WriteAllLinesAsync(
            events,
            Enumerable.Range(0, 3).Select(second => $$"""{"category":"process_creation","product":"windows","Image":"C:\\started.exe","Computer":"pc1","UtcTime":"{{DateTime.UtcNow.AddSeconds(second - 60):yyyy-MM-dd HH:mm:ss.fff}}"}"""),
            Cancelled);

        (bool complete, string output) = await RunAsync(new LocalHostOptions { Once = true, Port = 0, EventsPath = events, Rules = [rules] });

        Assert.True(complete, output);
        Assert.Contains("2 rules, 2 correlations loaded, 0 rejected,", output, StringComparison.Ordinal);
        Assert.Contains("Started Three Times", output, StringComparison.Ordinal);
        Assert.Matches(@"Detections in the table\s+2\s", output);
        Assert.Matches(@"Alerts from the queue\s+1\s", output);
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
        Task<InvocationResponse> sweeping = sweep.InvokeAsync(worker, isLast: false, Cancelled);

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
