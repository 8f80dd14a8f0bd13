using System.Collections.Immutable;
using System.CommandLine;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.LocalHost.Live;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Reporting;
using SigmaFunctions.LocalHost.Worker;
using Spectre.Console;

namespace SigmaFunctions.LocalHost;

/// <summary>The command line.</summary>
internal static class LocalHostCommand
{
    /// <summary>Something the user can put right.</summary>
    public const int ExitUsage = 2;

    /// <summary>Stopped by a signal before everything was processed.</summary>
    private const int ExitInterrupted = 130;

    /// <summary>Makes the command; it writes to standard output and its errors to standard error.</summary>
    public static RootCommand Create()
    {
        var events = new Option<FileInfo?>("--events") { Description = "File with one event hub body a line, or JSON documents; plain, gzip, zstd or zip. Without it, the sample is sent.", HelpName = "FILE" };
        var rules = new Option<string[]>("--rules") { Description = "File, folder or zip archive of Sigma rules; may be given more than once. Without it, the rules that ship with the app.", HelpName = "PATH" };
        var hubs = new Option<string[]>("--hub") { Description = $"Event hub of the endpoint; may be given more than once. Without it, '{WorkerSettings.LocalEventHub}'. The events go to the first.", HelpName = "NAME" };
        hubs.Validators.Add(result =>
        {
            string[] named = result.GetValueOrDefault<string[]>() ?? [];
            if (named.Distinct(StringComparer.OrdinalIgnoreCase).Count() < named.Length)
            {
                result.AddError("--hub names a hub twice (case does not tell names apart).");
            }

            if (named.Any(hub => hub.AsSpan().Trim().IsEmpty || hub.AsSpan().ContainsAny(';', '/')))
            {
                result.AddError("--hub must be one name of an event hub; give it again for another.");
            }
        });
        var once = new Option<bool>("--once") { Description = "End when everything sent was processed: exit code 0 if all of it was." };
        var port = new Option<int>("--port") { Description = "Port of the Event Hubs endpoint (0: any free one).", HelpName = "PORT", DefaultValueFactory = _ => EventHubsEndpointOptions.DefaultPort };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > ushort.MaxValue)
            {
                result.AddError("--port must be between 0 and 65535.");
            }
        });
        var httpPort = new Option<int?>("--http-port") { Description = $"Port of the live view and the rule catalogue, on loopback ({LiveSite.DefaultPort}, or any free one where that is taken; 0: any free one). With --once there is none.", HelpName = "PORT" };
        httpPort.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 0 or > ushort.MaxValue)
            {
                result.AddError("--http-port must be between 0 and 65535.");
            }
        });
        var data = new Option<string?>("--data") { Description = "Folder that keeps detections, alerts, rules and dead letters for the next run; made if need be. Without it, they are gone at the end.", HelpName = "DIR" };
        var verbose = new Option<bool>("--verbose") { Description = "Show what the worker logs." };

        var command = new RootCommand("Runs the SigmaFunctions worker on this machine: with Azurite for storage and an Event Hubs endpoint of its own.") { events, rules, hubs, once, port, httpPort, data, verbose };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new LocalHostOptions
            {
                EventsPath = parsed.GetValue(events)?.FullName,
                Rules = [.. (parsed.GetValue(rules) ?? []).Select(Path.GetFullPath)],
                Hubs = parsed.GetValue(hubs) is { Length: > 0 } named ? [.. named] : [WorkerSettings.LocalEventHub],
                Once = parsed.GetValue(once),
                Port = parsed.GetValue(port),
                HttpPort = parsed.GetValue(httpPort),
                DataPath = parsed.GetValue(data) is { } folder ? Path.GetFullPath(folder) : null,
                Verbose = parsed.GetValue(verbose),
            },
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(LocalHostOptions options, CancellationToken cancellationToken)
    {
        IAnsiConsole console = CreateConsole(Console.Out);
        try
        {
            await using var run = new LocalHostRun(options, new ConsoleReport(console, TimeProvider.System), TimeProvider.System);
            return await run.RunAsync(cancellationToken) ? 0 : 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return options.Once ? ExitInterrupted : 0;
        }
        catch (Exception exception) when (exception is LocalHostException or WorkerException)
        {
            await Console.Error.WriteLineAsync(PrintableText.Lines($"error: {exception.Message}".ReplaceLineEndings("\n")));
            return ExitUsage;
        }
    }

    // In a file there is no width to wrap at.
    private static IAnsiConsole CreateConsole(TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = int.MaxValue;
        }

        return console;
    }
}

/// <summary>What the command line asks for.</summary>
internal sealed record LocalHostOptions
{
    /// <summary>File of event hub bodies; null for the sample.</summary>
    public string? EventsPath { get; init; }

    /// <summary>Rules instead of those that ship with the app, with full paths.</summary>
    public ImmutableArray<string> Rules { get; init; } = [];

    /// <summary>Event hubs of the endpoint, one or more; the events go to the first.</summary>
    public ImmutableArray<string> Hubs { get; init; } = [WorkerSettings.LocalEventHub];

    /// <summary>End after the events were processed.</summary>
    public bool Once { get; init; }

    /// <summary>Port of the Event Hubs endpoint; 0 for any.</summary>
    public int Port { get; init; } = EventHubsEndpointOptions.DefaultPort;

    /// <summary>Port of the live view; 0 for any, null for the default one or any.</summary>
    public int? HttpPort { get; init; }

    /// <summary>Folder that keeps what is stored, with its full path; null for none.</summary>
    public string? DataPath { get; init; }

    /// <summary>Show what the worker logs.</summary>
    public bool Verbose { get; init; }
}
