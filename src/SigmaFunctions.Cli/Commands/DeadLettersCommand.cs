using System.CommandLine;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Sending;
using SigmaFunctions.Cli.Storing;
using SigmaFunctions.Storage.DeadLetters;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf deadletters</c>: what the app could not read.</summary>
internal static class DeadLettersCommand
{
    private const int DefaultLimit = 100;

    public static Command Create(Terminal terminal, ConnectToHub connect, TimeProvider time) =>
        new("deadletters", "Lists records that the app could not read, shows them, and sends them to an Event Hub again.")
        {
            List(terminal, time),
            Show(terminal),
            ReplayCommand.Create(terminal, connect, time),
        };

    /// <summary>The option for the container of dead letters.</summary>
    public static Option<string> ContainerOption() =>
        StorageArguments.Name("--container", "Container of dead letters.", DeadLetterStore.DefaultName);

    /// <summary>The option for a text that is in the reason.</summary>
    public static Option<string?> ReasonOption() =>
        new("--reason") { Description = "Only those whose reason contains this text.", HelpName = "TEXT" };

    private static DocumentedCommand List(Terminal terminal, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        Option<string> container = ContainerOption();
        Option<Moment?> since = StorageArguments.Since("Only what was enqueued since: so long ago (90m, 24h, 7d), or a date or time in UTC. [default: 24h]");
        Option<Moment?> until = StorageArguments.Until();
        Option<string?> reason = ReasonOption();
        Option<int?> limit = CommandOptions.Positive("--limit", $"At most that many. [default: {DefaultLimit}]");
        Option<string> format = CommandOptions.Format();
        var command = new DocumentedCommand(
            "list",
            "Lists dead letters, oldest first.",
            """
            Examples:
              sigmaf deadletters list --account mystorage --since 7d
              DetectionStorage="DefaultEndpointsProtocol=..." sigmaf deadletters list --reason JSON --format json
            """)
        {
            since,
            until,
            reason,
            limit,
            format,
            container,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(() => ListAsync(
            new DeadLetterStore(storage.Container(parsed, parsed.GetRequiredValue(container))),
            DeadLetterSelection.Since(parsed.GetValue(since) ?? new Moment(TimeSpan.FromHours(24), null), parsed.GetValue(until), parsed.GetValue(reason), time),
            parsed.GetValue(limit) ?? DefaultLimit,
            parsed.GetRequiredValue(format),
            terminal,
            cancellationToken)));
        return command;
    }

    private static async Task<int> ListAsync(
        DeadLetterStore store, DeadLetterSelection selection, int limit, string format, Terminal terminal, CancellationToken cancellationToken)
    {
        await DeadLetterOutput.List(terminal).WriteAsync(selection.Of(store, cancellationToken), limit, format, cancellationToken);
        return ExitCode.Success;
    }

    private static DocumentedCommand Show(Terminal terminal)
    {
        var storage = new StorageArguments(terminal);
        Option<string> container = ContainerOption();
        var name = new Argument<string>("NAME") { Description = "Name of the letter, as list shows it." };
        var command = new DocumentedCommand(
            "show",
            "Writes the bytes of a dead letter.",
            """
            On a terminal, control characters and what is not UTF-8 are escaped; into a file or a pipe go the bytes as they are.
            Exit code 1 if there is none of that name.

            Examples:
              sigmaf deadletters show 2026/11/26/10/14159260000-4711-2-5f0c... --account mystorage > letter
            """)
        {
            name,
            container,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(() => ShowAsync(
            new DeadLetterStore(storage.Container(parsed, parsed.GetRequiredValue(container))), parsed.GetRequiredValue(name), terminal, cancellationToken)));
        return command;
    }

    private static async Task<int> ShowAsync(DeadLetterStore store, string name, Terminal terminal, CancellationToken cancellationToken)
    {
        StoredDeadLetter letter = await DeadLetterSelection.FindAsync(store, name, cancellationToken);
        BinaryData content = await store.ReadAsync(letter.Name, cancellationToken) ?? throw DeadLetterSelection.NotFound(letter.Name);
        await terminal.WriteBytesAsync(content.ToMemory(), cancellationToken);
        return ExitCode.Success;
    }
}
