using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using SigmaFunctions.Cli.Commands;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Sending;
using SigmaFunctions.Engine.Printing;

namespace SigmaFunctions.Cli;

/// <summary>The command line as a whole: parses, runs, and turns whatever goes wrong into a message and an exit code.</summary>
internal sealed class CommandLineApp
{
    private readonly Terminal _terminal;
    private readonly RootCommand _root;

    /// <summary>Makes the command line.</summary>
    /// <param name="terminal">What commands read and write.</param>
    /// <param name="connect">How <c>send</c> reaches an Event Hub.</param>
    /// <param name="time">Clock of <c>send --rate</c> and of measurements.</param>
    public CommandLineApp(Terminal terminal, ConnectToHub? connect = null, TimeProvider? time = null)
    {
        _terminal = terminal;
        time ??= TimeProvider.System;
        _root = new RootCommand(
            "Checks, tests, compares, packs and catalogues Sigma rules, runs them over files of events, sends events to an Event Hub, reads what came of them, erases it, changes the rules of an app that runs, and tries its outputs. "
            + "Exit codes: 0 done; 1 something is wrong with rules or events (check, test, pack, catalog, send, show, replay, erase); 2 usage, or a path that cannot be read; "
            + "130 interrupted.")
        {
            CheckCommand.Create(terminal),
            TestCommand.Create(terminal),
            ScanCommand.Create(terminal, time),
            ExplainCommand.Create(terminal),
            FieldsCommand.Create(terminal),
            PackCommand.Create(terminal),
            CoverageCommand.Create(terminal),
            DiffCommand.Create(terminal),
            CatalogCommand.Create(terminal),
            SendCommand.Create(terminal, connect ?? HubConnection.Open, time),
            DetectionsCommand.Create(terminal, time),
            SourcesCommand.Create(terminal, time),
            OutputsCommand.Create(terminal, time),
            DeadLettersCommand.Create(terminal, connect ?? HubConnection.Open, time),
            RulesCommand.Create(terminal, time),
            EraseCommand.Create(terminal, time),
            CompletionCommand.Create(terminal),
        };
        HelpOption help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new DocumentedCommand.HelpWithNotes((HelpAction)help.Action!);
    }

    /// <summary>The whole tree of commands.</summary>
    internal Command Root => _root;

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        ParseResult parsed = _root.Parse(ScanCommand.SeparateFiles(arguments));
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            foreach (string line in parsed.Errors.SelectMany(error => $"sigmaf: {WithPrintable(parsed.Tokens, error.Message)}".ReplaceLineEndings("\n").Split('\n')))
            {
                await _terminal.Errors.WriteLineAsync(line.Replace('\t', ' '));
            }

            await _terminal.Errors.WriteLineAsync($"See 'sigmaf{PathOf(parsed.CommandResult)} --help'.");
            return ExitCode.Unusable;
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = _terminal.Help,
                Error = _terminal.HelpErrors,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (OutputClosedException)
        {
            return ExitCode.OutputClosed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await _terminal.Errors.WriteLineAsync("sigmaf: interrupted");
            return ExitCode.Interrupted;
        }
        catch (CommandException exception)
        {
            await _terminal.Errors.WriteLineAsync($"sigmaf: {exception.Message}");
            return exception.ExitCode;
        }
        catch (Exception exception) when (FileFault(exception) is { } reason)
        {
            await _terminal.Errors.WriteLineAsync($"sigmaf: {reason}");
            return ExitCode.Unusable;
        }
        catch (Exception exception)
        {
            // The last resort: users see what happened, not where in the code.
            await _terminal.Errors.WriteLineAsync($"sigmaf: internal error: {exception.GetType().Name}: {exception.Message}");
            return ExitCode.InternalError;
        }
    }

    // What runs in parallel fails with all faults together; the first says enough.
    private static string? FileFault(Exception exception) => exception switch
    {
        AggregateException all => all.Flatten().InnerExceptions.Select(FileFault).FirstOrDefault(reason => reason is not null),
        IOException or UnauthorizedAccessException => exception.Message,
        _ => null,
    };

    // A message may have several lines, and quotes arguments as they are.
    private static string WithPrintable(IEnumerable<Token> arguments, string message) =>
        arguments.Where(argument => argument.Value.Length > 0).Aggregate(message, (text, argument) => text.Replace(argument.Value, PrintableText.Of(argument.Value), StringComparison.Ordinal));

    private static string PathOf(CommandResult command) => command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "";
}
