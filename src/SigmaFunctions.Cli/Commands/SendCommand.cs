using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Azure.Messaging.EventHubs.Producer;
using SigmaFunctions.Archives;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Cli.Sending;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf send</c>: publishes events to an Event Hub.</summary>
internal static class SendCommand
{
    private const string ConnectionVariable = HubConnection.Variable;

    public static Command Create(Terminal terminal, ConnectToHub connect, TimeProvider time)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = ScanArguments.FilesDescription,
            Arity = ArgumentArity.OneOrMore,
        };
        var connection = new Option<string?>("--connection")
        {
            Description = $"Connection string of the namespace or hub; else the environment variable {ConnectionVariable}.",
            HelpName = "STRING",
        };
        var hub = new Option<string?>("--hub")
        {
            Description = $"Name of the hub, where the connection string has no EntityPath. [default: {HubConnection.DefaultHub}]",
            HelpName = "NAME",
        };
        var partitionKey = new Option<string?>("--partition-key")
        {
            Description = "Sends all events to the partition of this key, in order.",
            HelpName = "KEY",
        };
        Option<int?> rate = CommandOptions.Positive("--rate", "At most that many events a second.");
        var command = new DocumentedCommand(
            "send",
            "Publishes each line, or each record of a JSON document that spans lines, as one event of an Event Hub and reports what was sent.",
            $"""
            A file without any event that can be read is refused before anything is sent; in an archive it is left out. Exit code 1 if an
            event could not be sent, 2 if a file could not be read to its end or was left out.

            Examples:
              sigmaf send events.ndjson --connection "Endpoint=sb://...;SharedAccessKeyName=...;SharedAccessKey=..."
              {ConnectionVariable}="Endpoint=..." sigmaf send events.ndjson.gz --hub events --rate 500
              generate | sigmaf send - --partition-key host1
            """)
        {
            files,
            connection,
            hub,
            partitionKey,
            rate,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] inputs = parsed.GetRequiredValue(files);
            EventInput.Require(inputs);
            string? text = parsed.GetValue(connection) ?? terminal.Environment(ConnectionVariable);
            if (string.IsNullOrWhiteSpace(text))
            {
                throw new CommandException($"no connection: give --connection STRING or set {ConnectionVariable}");
            }

            await using EventHubProducerClient producer = connect(text, parsed.GetValue(hub));
            ImmutableArray<BodyInput> bodies = await RequireEventsAsync(inputs, terminal, cancellationToken);
            var sender = new HubSender(
                producer, new CreateBatchOptions { PartitionKey = parsed.GetValue(partitionKey) }, parsed.GetValue(rate), time);
            return await SendAsync(sender, bodies, terminal, time, cancellationToken);
        });
        return command;
    }

    private static async Task<ImmutableArray<BodyInput>> RequireEventsAsync(string[] files, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            return await EventCheck.RequireAsync(files.Select(new EventInput(terminal).InputOf), new EventDecoder(), cancellationToken);
        }
        catch (BodyFileException exception)
        {
            throw new CommandException($"nothing was sent: {exception.Message}");
        }
    }

    private static async Task<int> SendAsync(
        HubSender sender, ImmutableArray<BodyInput> inputs, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        long tooLarge = 0;
        long unreadable = 0;
        int faulty = 0;
        try
        {
            await sender.SendAsync(
                EventCheck.ReadAsync(inputs, new EventDecoder(), cancellationToken),
                body =>
                {
                    tooLarge++;
                    terminal.Errors.WriteLine($"sigmaf: {InputPlace.Of(body)} is larger than the hub takes");
                },
                fault =>
                {
                    (unreadable, faulty) = fault.EndsSource ? (unreadable, faulty + 1) : (unreadable + 1, faulty);
                    terminal.Errors.WriteLine(fault.EndsSource ? $"sigmaf: {fault.Fault}" : $"sigmaf: {InputPlace.Of(fault)}: {fault.Fault}");
                },
                cancellationToken);
        }
        catch (Exception exception) when (HubFailure.ReasonOf(exception) is { } reason)
        {
            throw new CommandException($"sending stopped after {sender.Sent} events: {reason}", ExitCode.Failure);
        }
        finally
        {
            double seconds = time.GetElapsedTime(started).TotalSeconds;
            string others = unreadable > 0 ? string.Create(CultureInfo.InvariantCulture, $", {unreadable} unreadable") : "";
            await terminal.Text.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{sender.Sent} events ({sender.SentBytes} bytes) sent in {sender.Batches} batches, {tooLarge} too large{others}, {seconds:0.0} s"));
        }

        return faulty > 0 ? ExitCode.Unusable : tooLarge + unreadable > 0 ? ExitCode.Failure : ExitCode.Success;
    }
}
