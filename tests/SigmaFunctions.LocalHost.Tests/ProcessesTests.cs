using System.Diagnostics;
using System.Globalization;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;

namespace SigmaFunctions.LocalHost.Tests;

/// <summary>The program leaves no process behind, however it ends.</summary>
public sealed class ProcessesTests
{
    private const string Terminate = "-TERM";
    private const string Kill = "-KILL";
    private const string Interrupt = "-INT";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Terminate, 0)]
    [InlineData(Interrupt, 0)]
    [InlineData(Kill, 137)]
    public async Task Worker_and_storage_end_with_the_program(string signal, int exitCode)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        using Process program = Start("--port", "0");
        await ReadUntilAsync(program, "Waiting for events");
        int[] children = Children(program.Id);
        Assert.Equal(2, children.Length);
        if (signal == Interrupt && IgnoresInterrupt(program.Id))
        {
            await SignalAsync(Terminate, program.Id);
            await program.WaitForExitAsync(Cancelled);
            Assert.Skip("SIGINT is ignored here, as by the children of a shell's background job.");
        }

        await SignalAsync(signal, program.Id);
        await program.WaitForExitAsync(Cancelled);
        while (children.Any(IsRunning))
        {
            await Task.Delay(20, Cancelled);
        }

        Assert.Equal(exitCode, program.ExitCode);
    }

    [Fact]
    public async Task A_worker_that_dies_is_told_and_started_again_and_events_are_detected_as_before()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        using Process program = Start("--port", "0");
        string connection = "Endpoint=" + (await ReadUntilAsync(program, "Endpoint=sb://")).Split("Endpoint=")[1].Trim().TrimEnd('\'');
        await ReadUntilAsync(program, "Waiting for events");

        await SignalAsync(Kill, Children(program.Id).Single(IsWorker));
        await ReadUntilAsync(program, "The worker ended with exit code 137. Another is started");
        await ReadUntilAsync(program, "started again and loaded");
        await using (var producer = new EventHubProducerClient(connection, "events"))
        {
            await producer.SendAsync(
                [new EventData("""{"category":"process_creation","product":"windows","Image":"C:\\n\\node.exe","CommandLine":"node -e require('child_process').exec(net.socket.connect)","Computer":"AFTERWARDS"}""")], Cancelled);
        }
        await ReadUntilAsync(program, "AFTERWARDS");

        int[] children = Children(program.Id);
        await SignalAsync(Terminate, program.Id);
        await program.WaitForExitAsync(Cancelled);
        Assert.Equal(0, program.ExitCode);
        Assert.DoesNotContain(children, IsRunning);
    }

    /// <summary>Nothing listens at the proxy, and everything that is sent stays on this machine.</summary>
    [Fact]
    public async Task A_proxy_is_for_what_leaves_the_machine()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(LocalHostRun).Assembly.Location, "--once", "--port", "0"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string variable in (string[])["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"])
        {
            start.Environment[variable] = "http://127.0.0.1:9";
        }

        start.Environment.Remove("no_proxy");
        start.Environment["NO_PROXY"] = "contoso.example";
        using Process program = Process.Start(start)!;
        string output = await program.StandardOutput.ReadToEndAsync(Cancelled);
        string errors = await program.StandardError.ReadToEndAsync(Cancelled);
        await program.WaitForExitAsync(Cancelled);

        Assert.Equal((0, ""), (program.ExitCode, errors));
        Assert.Matches(@"Alerts from the queue\s+14\s", output);
    }

    [Theory]
    [InlineData("--events", "/absent.ndjson")]
    [InlineData("--rules", "/absent")]
    [InlineData("--port", "70000")]
    [InlineData("--absent", "")]
    public async Task What_the_user_can_put_right_is_exit_code_2(string option, string value)
    {
        using Process program = Start("--once", option, value);
        string error = await program.StandardError.ReadToEndAsync(Cancelled);
        await program.WaitForExitAsync(Cancelled);

        Assert.Equal(2, program.ExitCode);
        Assert.Contains(value.Length > 0 && option != "--port" ? value : option, error, StringComparison.Ordinal);
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(LocalHostRun).Assembly.Location);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static bool IsWorker(int id) => File.ReadAllText($"/proc/{id}/cmdline").Contains("SigmaFunctions.App.dll", StringComparison.Ordinal);

    private static async Task<string> ReadUntilAsync(Process program, string text)
    {
        while (await program.StandardOutput.ReadLineAsync(Cancelled) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new EndOfStreamException($"The program ended: {await program.StandardError.ReadToEndAsync(Cancelled)}");
    }

    private static async Task SignalAsync(string signal, int id)
    {
        using var kill = Process.Start("kill", [signal, id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Cancelled);
    }

    private static int[] Children(int parent) =>
        [.. Process.GetProcesses().Select(p => p.Id).Where(id => Status(id) is { } status && status.Parent == parent)];

    // Bit 1 of SigIgn is signal 2. What a parent ignores its children ignore, unless they say otherwise.
    private static bool IgnoresInterrupt(int id) => File.ReadLines($"/proc/{id}/status")
        .Where(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))
        .Any(line => (ulong.Parse(line.AsSpan("SigIgn:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 0b10) != 0);

    private static bool IsRunning(int id) => Status(id) is { State: not 'Z' };

    // In /proc/ID/stat the command stands in parentheses and may hold any character; state and parent follow it.
    private static (char State, int Parent)? Status(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
