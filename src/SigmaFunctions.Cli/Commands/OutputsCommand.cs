using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Azure.Identity;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Storing;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Outputs;
using SigmaFunctions.Outputs.Formats;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Outputs.Privacy;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf outputs</c>: where alerts go besides the queue.</summary>
internal static class OutputsCommand
{
    private const int MessagesAtOnce = 32;
    private static readonly TimeSpan HiddenFor = TimeSpan.FromMinutes(5);

    public static Command Create(Terminal terminal, TimeProvider time) => new("outputs", "Tries where alerts go besides the queue: webhooks and Microsoft Sentinel.")
    {
        Test(terminal, time),
        Replay(terminal, time),
    };

    private static DocumentedCommand Test(Terminal terminal, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        var name = new Argument<string>("NAME") { Description = "Name of the output.", HelpName = "NAME" };
        var level = new Option<RuleLevel>("--level") { Description = "Level of the sample's rule.", DefaultValueFactory = _ => RuleLevel.Informational };
        level.AcceptOnlyFromAmong([.. RuleLevels.Names]);
        var print = new Option<bool>("--print") { Description = "Print what would be sent, and send nothing." };
        var deployed = new Option<bool>("--deployed") { Description = "Put the sample on the output's queue in the storage account: the app that runs there delivers it." };
        Option<string> queue = StorageArguments.Name("--queue", "Queue of alerts, which that of the output is named after.", AlertQueue.DefaultName);
        var command = new DocumentedCommand(
            "test",
            "Sends a sample alert to an output.",
            """
            The output is as the app's settings describe it, Outputs__NAME__Type and so on (docs/outputs.md), which are read from environment
            variables of the same names. With --deployed they are not needed here. The sample says that it is one.

            Examples:
              Outputs__teams__Type=Webhook Outputs__teams__Format=Teams Outputs__teams__Url="$URL" sigmaf outputs test teams
              Outputs__soc__Type=Webhook Outputs__soc__Url=https://soc.example/ sigmaf outputs test soc --print
              sigmaf outputs test sentinel --deployed --account mystorage
            """)
        {
            name,
            level,
            print,
            deployed,
            queue,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            string output = Read(parsed.GetRequiredValue(name));
            Alert alert = SampleAlert.Create(output, parsed.GetRequiredValue(level), time.GetUtcNow());
            if (parsed.GetValue(deployed))
            {
                return await EnqueueAsync(storage, parsed, OutputQueue.NameOf(parsed.GetRequiredValue(queue), output), alert, terminal, time, cancellationToken);
            }

            OutputOptions options = Find(output, terminal);
            Notification notification = AlertPrivacy.Apply(SampleAlert.Notify(alert), options);
            if (parsed.GetValue(print))
            {
                using var body = JsonDocument.Parse(NotificationBody.Write(options.Format, notification));
                TerminalText.WriteJson(terminal, body.RootElement.WriteTo);
                return ExitCode.Success;
            }

            return await SendAsync(options, notification, terminal, time, cancellationToken);
        }));
        return command;
    }

    private static DocumentedCommand Replay(Terminal terminal, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        var name = new Argument<string>("NAME") { Description = "Name of the output.", HelpName = "NAME" };
        Option<string> queue = StorageArguments.Name("--queue", "Queue of alerts, which those of the output are named after.", AlertQueue.DefaultName);
        var command = new DocumentedCommand(
            "replay",
            "Has a deployed app deliver again what was put aside.",
            """
            Takes the messages off the output's poison queue and puts them on its queue, from where the app delivers them as if they were new.
            What cannot be read stays.

            Examples:
              sigmaf outputs replay teams --account mystorage
            """)
        {
            name,
            queue,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            string output = OutputQueue.NameOf(parsed.GetRequiredValue(queue), Read(parsed.GetRequiredValue(name)));
            QueueClient aside = storage.Queue(parsed, output + OutputQueue.PoisonSuffix);
            (int moved, int unreadable) = await MoveAsync(aside, new OutputQueue(storage.Queue(parsed, output), aside), time, cancellationToken);
            terminal.Text.WriteLine($"on the queue {output} again: {Count(moved)}");
            if (unreadable == 0)
            {
                return ExitCode.Success;
            }

            await terminal.Errors.WriteLineAsync($"sigmaf: unreadable, and still on {output}{OutputQueue.PoisonSuffix}: {Count(unreadable)}");
            return ExitCode.Failure;
        }));
        return command;
    }

    // What is taken is hidden meanwhile, so that what stays does not come twice. Only as many as were there: the app may put aside again what it is given.
    private static async Task<(int Moved, int Unreadable)> MoveAsync(QueueClient aside, OutputQueue queue, TimeProvider time, CancellationToken cancellationToken)
    {
        int moved = 0;
        int unreadable = 0;
        int left = (await aside.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCount;
        while (left > 0 && (await aside.ReceiveMessagesAsync(Math.Min(MessagesAtOnce, left), HiddenFor, cancellationToken)).Value is { Length: > 0 } messages)
        {
            left -= messages.Length;
            foreach (QueueMessage message in messages)
            {
                OutputMessage read;
                try
                {
                    read = OutputMessage.Parse(message.Body);
                }
                catch (FormatException)
                {
                    unreadable++;
                    continue;
                }

                await queue.SendAsync(read with { Attempts = 0, Since = time.GetUtcNow() }, TimeSpan.Zero, cancellationToken);
                await aside.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
                moved++;
            }
        }

        return (moved, unreadable);
    }

    private static string Count(int messages) => string.Create(CultureInfo.InvariantCulture, $"{messages} message{(messages == 1 ? "" : "s")}");

    private static string Read(string name) => name.ToLowerInvariant() is var output && OutputSettings.IsName(output)
        ? output
        : throw new CommandException($"'{name}' is no name of an output: a letter and up to 23 more letters and digits, and not poison");

    private static OutputOptions Find(string name, Terminal terminal)
    {
        const string prefix = $"{OutputSettings.Section}__";
        ImmutableArray<OutputOptions> outputs = OutputSettings.Read(
            terminal.Variables()
                .Where(one => one.Key.StartsWith($"{prefix}{name}__", StringComparison.OrdinalIgnoreCase))
                .Select(one => KeyValuePair.Create(one.Key[prefix.Length..], one.Value)),
            out ImmutableArray<string> faults);
        return faults is [] && outputs is [var output]
            ? output
            : throw new CommandException(faults is []
                ? $"no output {name}: set {prefix}{name}__Type and what else it needs (docs/outputs.md), or give --deployed"
                : string.Join(' ', faults));
    }

    private static async Task<int> SendAsync(OutputOptions options, Notification notification, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        using IOutputSender sender = OutputSenders.Create(
            options,
            one => NotificationBody.Write(options.Format, one),
            options.Type == OutputType.Sentinel ? new DefaultAzureCredential() : null,
            time);
        long start = Stopwatch.GetTimestamp();
        DeliveryResult result = await sender.SendAsync(notification, cancellationToken);
        string took = string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        if (result.Status == DeliveryStatus.Delivered)
        {
            terminal.Text.WriteLine($"{options.Name} has it after {took}: alert {notification.Id}");
            return ExitCode.Success;
        }

        await terminal.Errors.WriteLineAsync($"sigmaf: {options.Name} {(result.Status == DeliveryStatus.Rejected ? "rejects it" : "does not take it now")} ({result.Reason}), after {took}");
        return ExitCode.Failure;
    }

    private static async Task<int> EnqueueAsync(
        StorageArguments storage, ParseResult parsed, string queue, Alert alert, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        QueueClient client = storage.Queue(parsed, queue);
        await new OutputQueue(client, client).SendAsync(new OutputMessage(alert, time.GetUtcNow()), TimeSpan.Zero, cancellationToken);
        terminal.Text.WriteLine($"on the queue {queue}, from where the app delivers it: alert {alert.Id}");
        return ExitCode.Success;
    }
}
