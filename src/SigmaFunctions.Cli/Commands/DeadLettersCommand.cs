using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using Azure.Messaging.EventHubs.Producer;
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
            Replay(terminal, connect, time),
        };

    private static DocumentedCommand List(Terminal terminal, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        Option<string> container = ContainerOption();
        Option<Moment?> since = StorageArguments.Since("Only what was enqueued since: so long ago (90m, 24h, 7d), or a date or time in UTC. [default: 24h]");
        Option<Moment?> until = StorageArguments.Until();
        Option<string?> reason = ReasonOption();
        Option<int?> limit = CommandOptions.Positive("--limit", $"At most that many. [default: {DefaultLimit}]");
        Option<string> format = StorageArguments.Format();
        var command = new DocumentedCommand(
            "list",
            "Lists dead letters, oldest first.",
            """
            Examples:
              sigmaf deadletters list --account mystorage --since 7d
              DetectionStorage="DefaultEndpointsProtocol=..." sigmaf deadletters list --reason JSON --format ndjson
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
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            DateTimeOffset now = time.GetUtcNow();
            var store = new DeadLetterStore(storage.Container(parsed, parsed.GetRequiredValue(container)));
            IAsyncEnumerable<StoredDeadLetter> letters = OfReason(
                store.ListAsync(
                    (parsed.GetValue(since) ?? new Moment(TimeSpan.FromHours(24), null)).At(now),
                    (parsed.GetValue(until) ?? default).At(now),
                    cancellationToken),
                parsed.GetValue(reason));
            await DeadLetterOutput.List(terminal).WriteAsync(
                letters, parsed.GetValue(limit) ?? DefaultLimit, parsed.GetRequiredValue(format), cancellationToken);
            return ExitCode.Success;
        }));
        return command;
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
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            var store = new DeadLetterStore(storage.Container(parsed, parsed.GetRequiredValue(container)));
            StoredDeadLetter letter = await FindAsync(store, parsed.GetRequiredValue(name), cancellationToken);
            BinaryData content = await store.ReadAsync(letter.Name, cancellationToken) ?? throw NotFound(letter.Name);
            await terminal.WriteBytesAsync(content.ToMemory(), cancellationToken);
            return ExitCode.Success;
        }));
        return command;
    }

    private static DocumentedCommand Replay(Terminal terminal, ConnectToHub connect, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        Option<string> container = ContainerOption();
        Option<Moment?> since = StorageArguments.Since("All that was enqueued since: so long ago (90m, 24h, 7d), or a date or time in UTC.");
        Option<Moment?> until = StorageArguments.Until();
        Option<string?> reason = ReasonOption();
        var names = new Option<string[]>("--name") { Description = "The letter of this name; may be repeated.", Arity = ArgumentArity.OneOrMore, HelpName = "NAME" };
        Option<int?> limit = CommandOptions.Positive("--limit", "At most that many.");
        var connection = new Option<string?>("--hub-connection")
        {
            Description = $"Connection string of the Event Hubs namespace or hub; else the environment variable {HubConnection.Variable}.",
            HelpName = "STRING",
        };
        var hubNamespace = new Option<string?>("--hub-namespace")
        {
            Description = "Host name of the Event Hubs namespace, reached as the Azure identity that is signed in.",
            HelpName = "HOST",
        };
        var hub = new Option<string?>("--hub")
        {
            Description = "Name of the hub that takes them all, where the connection string has no EntityPath. [default: the hub that each came from]",
            HelpName = "NAME",
        };
        var keep = new Option<bool>("--keep") { Description = "Leaves the letters where they are." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Tells which letters would be sent, and does nothing." };
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
            """)
        {
            since,
            until,
            reason,
            names,
            limit,
            connection,
            hubNamespace,
            hub,
            keep,
            dryRun,
            container,
        };
        storage.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(since) is null == result.GetResult(names) is null)
            {
                result.AddError("Give either --since TIME or --name NAME: which letters to send.");
            }

            if (result.GetResult(connection) is not null && result.GetResult(hubNamespace) is not null)
            {
                result.AddError("--hub-connection and --hub-namespace exclude each other.");
            }
        });
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            DateTimeOffset now = time.GetUtcNow();
            var store = new DeadLetterStore(storage.Container(parsed, parsed.GetRequiredValue(container)));
            IAsyncEnumerable<StoredDeadLetter> letters = parsed.GetValue(names) is { Length: > 0 } wanted
                ? FindAllAsync(store, wanted, cancellationToken)
                : store.ListAsync(parsed.GetValue(since)!.Value.At(now), (parsed.GetValue(until) ?? default).At(now), cancellationToken);
            letters = OfReason(letters, parsed.GetValue(reason));
            if (parsed.GetValue(limit) is { } most)
            {
                letters = letters.Take(most);
            }

            if (parsed.GetValue(dryRun))
            {
                return await TellAsync(letters, terminal, cancellationToken);
            }

            string? namespaceHost = parsed.GetValue(hubNamespace);
            string? account = parsed.GetValue(connection) ?? (namespaceHost is null ? terminal.Environment(HubConnection.Variable) : null);
            string? one = parsed.GetValue(hub) ?? (account is null ? null : HubConnection.HubOf(account));

            // A connection that cannot be is said before a letter is read; opening one sends nothing.
            await Connect(account, namespaceHost, one, connect).DisposeAsync();
            var replay = new LetterReplay(
                letter => one ?? letter.EventHub ?? HubConnection.DefaultHub,
                name => Connect(account, namespaceHost, name, connect),
                store,
                parsed.GetValue(keep),
                (letter, why) => terminal.Errors.WriteLine($"sigmaf: {DeadLetterOutput.Line(letter)} {why}"));
            return await ReplayAsync(replay, letters, terminal, cancellationToken);
        }));
        return command;
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

    private static async Task<int> ReplayAsync(
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

    private static IAsyncEnumerable<StoredDeadLetter> OfReason(IAsyncEnumerable<StoredDeadLetter> letters, string? text) => text is null
        ? letters
        : letters.Where(letter => letter.Reason?.Contains(text, StringComparison.OrdinalIgnoreCase) == true);

    private static async IAsyncEnumerable<StoredDeadLetter> FindAllAsync(
        DeadLetterStore store, string[] names, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // All are looked for before any is given: a wrong name ends the command before something is sent.
        var found = new List<StoredDeadLetter>();
        foreach (string name in names.Distinct(StringComparer.Ordinal))
        {
            found.Add(await FindAsync(store, name, cancellationToken));
        }

        foreach (StoredDeadLetter letter in found)
        {
            yield return letter;
        }
    }

    private static async Task<StoredDeadLetter> FindAsync(DeadLetterStore store, string name, CancellationToken cancellationToken) =>
        await store.FindAsync(name, cancellationToken) ?? throw NotFound(name);

    private static CommandException NotFound(string name) => new($"there is no dead letter {name}", ExitCode.Failure);

    private static Option<string> ContainerOption() =>
        StorageArguments.Name("--container", "Container of dead letters.", DeadLetterStore.DefaultName);

    private static Option<string?> ReasonOption() =>
        new("--reason") { Description = "Only those whose reason contains this text.", HelpName = "TEXT" };
}
