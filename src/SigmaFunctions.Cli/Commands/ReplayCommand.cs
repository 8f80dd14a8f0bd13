using System.CommandLine;
using System.Globalization;
using Azure.Messaging.EventHubs.Producer;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Sending;
using SigmaFunctions.Cli.Storing;
using SigmaFunctions.Storage.DeadLetters;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf deadletters replay</c>: sends dead letters to an Event Hub again.</summary>
internal static class ReplayCommand
{
    public static Command Create(Terminal terminal, ConnectToHub connect, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        var input = new ReplayArguments();
        var command = new DocumentedCommand(
            "replay",
            "Sends dead letters to an Event Hub again and then deletes them.",
            """
            Each letter goes to the hub that it came from, unless --hub or the connection string names one for all.
            A letter is deleted after the hub has taken it, never before; if the command is ended between the two it is sent again by the next
            replay. Sent letters are new events: what still cannot be read becomes a new letter, and of a whole body all records are detected
            again. Exit code 1 if a letter could not be sent.

            Examples:
              sigmaf deadletters replay --account mystorage --since 7d --reason "not JSON" --hub-namespace mynamespace.servicebus.windows.net
              sigmaf deadletters replay --name 2026/11/26/10/14159260000-4711-2-5f0c... --hub-connection "Endpoint=sb://..." --dry-run
            """);
        input.AddTo(command);
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(() => RunAsync(
            new Request(
                new DeadLetterStore(storage.Container(parsed, parsed.GetRequiredValue(input.Container))),
                parsed.GetValue(input.Names) is { Length: > 0 } names
                    ? DeadLetterSelection.Named(names, parsed.GetValue(input.Reason))
                    : DeadLetterSelection.Since(parsed.GetValue(input.Since)!.Value, parsed.GetValue(input.Until), parsed.GetValue(input.Reason), time),
                parsed.GetValue(input.Limit),
                parsed.GetValue(input.Connection),
                parsed.GetValue(input.Namespace),
                parsed.GetValue(input.Hub),
                parsed.GetValue(input.Keep),
                parsed.GetValue(input.DryRun)),
            connect,
            terminal,
            cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(Request request, ConnectToHub connect, Terminal terminal, CancellationToken cancellationToken)
    {
        IAsyncEnumerable<StoredDeadLetter> letters = request.Selection.Of(request.Store, cancellationToken);
        if (request.Limit is { } most)
        {
            letters = letters.Take(most);
        }

        if (request.DryRun)
        {
            return await TellAsync(letters, terminal, cancellationToken);
        }

        string? account = request.Connection ?? (request.Namespace is null ? terminal.Environment(HubConnection.Variable) : null);
        string? one = request.Hub ?? (account is null ? null : HubConnection.HubOf(account));

        // A connection that cannot be is said before a letter is read; opening one sends nothing.
        await Connect(account, request.Namespace, one, connect).DisposeAsync();
        var replay = new LetterReplay(
            letter => one ?? letter.EventHub ?? HubConnection.DefaultHub,
            name => Connect(account, request.Namespace, name, connect),
            request.Store,
            request.Keep,
            (letter, why) => terminal.Errors.WriteLine($"sigmaf: {DeadLetterOutput.Line(letter)} {why}"));
        return await SendAsync(replay, letters, terminal, cancellationToken);
    }

    private static EventHubProducerClient Connect(string? connection, string? hubNamespace, string? hub, ConnectToHub connect)
    {
        if (hubNamespace is not null)
        {
            return HubConnection.OpenAsIdentity(hubNamespace, hub);
        }

        return string.IsNullOrWhiteSpace(connection)
            ? throw new CommandException($"no event hub: give --hub-connection STRING or --hub-namespace HOST, or set {HubConnection.Variable}")
            : connect(connection, hub);
    }

    private static async Task<int> SendAsync(
        LetterReplay replay, IAsyncEnumerable<StoredDeadLetter> letters, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            await replay.RunAsync(letters, cancellationToken);
        }
        catch (Exception exception) when (HubFailure.ReasonOf(exception) is { } reason)
        {
            throw new CommandException($"sending stopped, and what was not sent stays: {reason}", ExitCode.Failure);
        }
        finally
        {
            await terminal.Text.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{replay.Sent} dead letters sent, {replay.Deleted} deleted, {replay.TooLarge} too large, {replay.Gone} gone"));
        }

        return replay.TooLarge > 0 ? ExitCode.Failure : ExitCode.Success;
    }

    private static async Task<int> TellAsync(IAsyncEnumerable<StoredDeadLetter> letters, Terminal terminal, CancellationToken cancellationToken)
    {
        int count = 0;
        long bytes = 0;
        await foreach (StoredDeadLetter letter in letters.WithCancellation(cancellationToken))
        {
            count++;
            bytes += letter.Size;
            await terminal.Text.WriteLineAsync(DeadLetterOutput.Line(letter));
        }

        await terminal.Text.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{count} dead letters ({bytes} bytes) would be sent; nothing was"));
        return ExitCode.Success;
    }

    /// <summary>What is asked for.</summary>
    /// <param name="Store">Where the letters are.</param>
    /// <param name="Selection">Which of them are sent.</param>
    /// <param name="Limit">The most that are sent; null for all.</param>
    /// <param name="Connection">Connection string of the namespace or hub.</param>
    /// <param name="Namespace">Host name of the namespace.</param>
    /// <param name="Hub">The hub for all; null for that which each came from.</param>
    /// <param name="Keep">Whether they stay.</param>
    /// <param name="DryRun">Whether nothing is sent.</param>
    private sealed record Request(
        DeadLetterStore Store,
        DeadLetterSelection Selection,
        int? Limit,
        string? Connection,
        string? Namespace,
        string? Hub,
        bool Keep,
        bool DryRun);
}
