using System.Text.Json;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Time.Testing;
using Moq;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf deadletters</c>, on a real storage service and over AMQP.</summary>
public sealed class DeadLettersTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 10, 30, 0, TimeSpan.Zero);
    private static readonly byte[] Bytes = [0, 0xFF, (byte)'\n', 0x1B, (byte)'[', (byte)'a'];

    private readonly StorageAccount _account;
    private readonly EventHubsEndpoint _hub = EventHubsEndpoint.Start(new EventHubsEndpointOptions { Port = 0, Hubs = [new EventHubDefinition("events", 1), new EventHubDefinition("other", 1)] });
    private readonly CommandLine _cli = new() { Time = new FakeTimeProvider(Now) };

    public DeadLettersTests(StorageAccount account)
    {
        _account = account;
        _cli.Environment["DetectionStorage"] = account.ConnectionString;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _cli.Dispose();
        _hub.Dispose();
    }

    [Fact]
    public async Task A_list_is_of_the_last_day_oldest_first()
    {
        (string container, _) = await FillAsync(
            Letter(1, minutes: 60 * 25, "old"), Letter(2, minutes: 30, "not JSON"), Letter(3, minutes: 60, "[red]\u001b[2J"),
            DeadLetter.OfBody(Identity(4, minutes: 1), "a body", Bytes));

        CommandLine.Outcome outcome = await RunAsync("deadletters", "list", "--container", container);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        string[] lines = outcome.Output.TrimEnd().Split('\n');
        Assert.Matches(@"^enqueued +hub +partition +sequence +record +bytes +reason +name *$", lines[0]);
        Assert.Matches(@"^2026-11-26 09:30:00Z +events +0 +3 +0 +6 +\[red\]\\u001B\[2J +2026/11/26/09/30000000000-3-0-[0-9a-f]{32} *$", lines[1]);
        Assert.Matches(@" 2 +0 +6 +not JSON ", lines[2]);
        Assert.Matches(@" 4 +body +6 +a body ", lines[3]);
        Assert.Equal(4, lines.Length);
    }

    [Theory]
    [InlineData("1 3 2", "--since", "7d")]
    [InlineData("3 2", "--since", "2026-11-26")]
    [InlineData("1", "--since", "7d", "--until", "24h")]
    [InlineData("2", "--reason", "json")]
    [InlineData("3", "--limit", "1")]
    public async Task What_is_asked_for_is_listed_as_json(string expected, params string[] arguments)
    {
        (string container, _) = await FillAsync(Letter(1, minutes: 60 * 25, "old"), Letter(2, minutes: 30, "not JSON"), Letter(3, minutes: 60, "other"));

        CommandLine.Outcome outcome = await RunAsync(["deadletters", "list", "--container", container, "--format", "json", .. arguments]);

        JsonElement[] found = [.. outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(expected, string.Join(' ', found.Select(letter => letter.GetProperty("sequenceNumber").GetInt64())));
        Assert.All(found, letter => Assert.Equal(("ns.example.net", 6), (letter.GetProperty("namespace").GetString(), letter.GetProperty("size").GetInt32())));
    }

    [Fact]
    public async Task Bytes_go_into_a_pipe_as_they_are_and_onto_a_terminal_escaped()
    {
        (string container, string[] names) = await FillAsync(Letter(1, minutes: 1, "r"));

        CommandLine.Outcome raw = await RunAsync("deadletters", "show", names[0], "--container", container);
        _cli.IsInteractive = true;
        CommandLine.Outcome shown = await RunAsync("deadletters", "show", names[0], "--container", container);

        Assert.Equal(Bytes, raw.Bytes);
        Assert.Equal("\\u0000\\xFF\n\\u001B[a\n", shown.Output);
    }

    [Fact]
    public async Task Letters_are_sent_again_and_then_deleted()
    {
        (string container, _) = await FillAsync(
            [.. Enumerable.Range(1, 20).Select(number => Letter(number, minutes: number, "r", [(byte)number, 0xFF])), Letter(30, minutes: 90, "r")]);

        CommandLine.Outcome outcome = await ReplayAsync(container, "--since", "1h");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Equal("20 dead letters sent, 20 deleted, 0 too large, 0 gone", outcome.Output.TrimEnd());
        Assert.Equal(Enumerable.Range(1, 20), (await ReceiveAsync(20)).Select(body => (int)body[0]).Order());
        Assert.Equal([30], await LeftAsync(container));
    }

    [Theory]
    [InlineData("1 3", "2")]
    [InlineData("", "1 2 3", "--hub", "other")]
    [InlineData("", "1 2 3", "EntityPath=other")]
    public async Task Letters_go_to_the_hub_that_they_came_from_unless_another_is_named(string events, string other, params string[] arguments)
    {
        var second = DeadLetter.OfRecord(Identity(2, minutes: 2) with { EventHub = "other" }, "r", 0, (byte[])[2]);
        (string container, _) = await FillAsync(Letter(1, minutes: 1, "r", [1]), second, Letter(3, minutes: 3, "r", [3]));
        string connection = _hub.ConnectionString;
        if (arguments is [['E', ..] path])
        {
            (connection, arguments) = (connection + path, []);
        }

        CommandLine.Outcome outcome = await RunAsync(
            ["deadletters", "replay", "--container", container, "--since", "1h", "--hub-connection", connection, .. arguments]);

        Assert.Equal("3 dead letters sent, 3 deleted, 0 too large, 0 gone", outcome.Output.TrimEnd());
        Assert.Equal((events, other), (await BodiesAsync("events", events), await BodiesAsync("other", other)));

        async Task<string> BodiesAsync(string hub, string expected) =>
            string.Join(' ', (await ReceiveAsync(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length, hub)).Select(body => body[0]).Order());
    }

    [Fact]
    public async Task One_may_be_named_and_kept()
    {
        (string container, string[] names) = await FillAsync(Letter(1, minutes: 1, "r"), Letter(2, minutes: 1, "r", []), Letter(3, minutes: 1, "r"));

        CommandLine.Outcome outcome = await ReplayAsync(container, "--name", names[1], "--name", names[0], "--keep");

        Assert.Equal("2 dead letters sent, 0 deleted, 0 too large, 0 gone", outcome.Output.TrimEnd());
        Assert.Equal([[], Bytes], await ReceiveAsync(2));
        Assert.Equal([1, 2, 3], await LeftAsync(container));
    }

    [Fact]
    public async Task A_dry_run_needs_no_hub_and_does_nothing()
    {
        (string container, string[] names) = await FillAsync(Letter(1, minutes: 1, "first"), Letter(2, minutes: 1, "second"));

        CommandLine.Outcome outcome = await RunAsync(
            "deadletters", "replay", "--container", container, "--since", "1h", "--reason", "first", "--dry-run");

        Assert.Equal($"{names[0]} (first)\n1 dead letters (6 bytes) would be sent; nothing was\n", outcome.Output);
        Assert.Equal([1, 2], await LeftAsync(container));
    }

    [Fact]
    public async Task What_no_event_holds_stays_and_the_others_go()
    {
        (string container, string[] names) = await FillAsync(
            Letter(1, minutes: 3, "r"), Letter(2, minutes: 2, "r", new byte[2_000_000]), Letter(3, minutes: 1, "r"));

        CommandLine.Outcome outcome = await ReplayAsync(container, "--since", "1h");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal($"sigmaf: {names[1]} (r) is larger than the hub takes and stays", outcome.Errors.TrimEnd());
        Assert.Equal("2 dead letters sent, 2 deleted, 1 too large, 0 gone", outcome.Output.TrimEnd());
        Assert.Equal([2], await LeftAsync(container));
    }

    [Fact]
    public async Task Nothing_is_deleted_that_was_not_sent()
    {
        (string container, _) = await FillAsync(
            Letter(1, minutes: 3, "r", new byte[90]), Letter(2, minutes: 2, "r", new byte[90]), Letter(3, minutes: 1, "r", new byte[90]));
        var producer = new Mock<EventHubProducerClient>();
        producer.Setup(mock => mock.CreateBatchAsync(It.IsAny<CancellationToken>()))
            .ReturnsAsync(() =>
            {
                List<EventData> events = [];
                return EventHubsModelFactory.EventDataBatch(100, events, null, _ => events.Count == 0);
            });
        producer.SetupSequence(mock => mock.SendAsync(It.IsAny<EventDataBatch>(), It.IsAny<CancellationToken>()))
            .Returns(Task.CompletedTask)
            .ThrowsAsync(new EventHubsException("h", "m", EventHubsException.FailureReason.ServiceBusy));
        _cli.Connect = (_, _) => producer.Object;

        CommandLine.Outcome outcome = await ReplayAsync(container, "--since", "1h");

        Assert.Equal((1, "1 dead letters sent, 1 deleted, 0 too large, 0 gone"), (outcome.ExitCode, outcome.Output.TrimEnd()));
        Assert.Contains("sending stopped, and what was not sent stays: the namespace is throttling", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal([2, 3], await LeftAsync(container));
    }

    [Theory]
    [InlineData(1, "there is no dead letter x", "show", "x")]
    [InlineData(1, "there is no dead letter \\u001B", "show", "\u001b")]
    [InlineData(1, "there is no dead letter x", "replay", "--name", "x", "--hub-connection", "E")]
    [InlineData(2, "Give either --since TIME or --name NAME", "replay", "--hub-connection", "E")]
    [InlineData(2, "Give either --since TIME or --name NAME", "replay", "--hub-connection", "E", "--name", "x", "--since", "1h")]
    [InlineData(2, "no event hub", "replay", "--since", "1h")]
    [InlineData(2, "--hub-namespace is a host name", "replay", "--since", "1h", "--hub-namespace", "https://x")]
    [InlineData(2, "is not one of an Event Hub", "replay", "--since", "1h", "--hub-connection", "secret")]
    [InlineData(2, "has no such container", "list", "--container", "missing")]
    public async Task What_cannot_run_says_why_and_no_secret(int exitCode, string message, params string[] arguments)
    {
        (string container, _) = await FillAsync(Letter(1, minutes: 1, "r"));
        arguments = [.. arguments.Select(word => word == "E" ? _hub.ConnectionString : word)];
        if (!arguments.Contains("--container"))
        {
            arguments = [.. arguments, "--container", container];
        }

        CommandLine.Outcome outcome = await RunAsync(["deadletters", .. arguments]);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal([1], await LeftAsync(container));
    }

    private static HubEventIdentity Identity(long sequenceNumber, int minutes) =>
        new("ns.example.net", "events", "0", Now.AddMinutes(-minutes), sequenceNumber, 0);

    private static DeadLetter Letter(long sequenceNumber, int minutes, string reason, byte[]? content = null) =>
        DeadLetter.OfRecord(Identity(sequenceNumber, minutes), reason, 0, content ?? Bytes);

    private async Task<(string Container, string[] Names)> FillAsync(params DeadLetter[] letters)
    {
        BlobContainerClient container = await _account.CreateContainerAsync();
        await new DeadLetterStore(container).WriteAsync(letters, Token);
        return (container.Name, [.. letters.Select(letter => letter.Name)]);
    }

    private async Task<List<long>> LeftAsync(string container) =>
        await new DeadLetterStore(new BlobContainerClient(_account.ConnectionString, container))
            .ListAsync(Now.AddDays(-30), Now.AddDays(1), Token).Select(letter => letter.SequenceNumber).Order().ToListAsync(Token);

    private async Task<List<byte[]>> ReceiveAsync(int count, string hub = "events")
    {
        await using var receiver = new PartitionReceiver(
            EventHubDefinition.DefaultConsumerGroup, "0", EventPosition.Earliest, _hub.ConnectionString, hub);
        var received = new List<byte[]>();
        while (received.Count < count && await receiver.ReceiveBatchAsync(count - received.Count, TimeSpan.FromSeconds(5), Token) is var batch && batch.Any())
        {
            received.AddRange(batch.Select(data => data.EventBody.ToArray()));
        }

        return received;
    }

    private Task<CommandLine.Outcome> ReplayAsync(string container, params string[] arguments) =>
        RunAsync(["deadletters", "replay", "--container", container, "--hub-connection", _hub.ConnectionString, .. arguments]);

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) => _cli.RunAsync(arguments, cancellationToken: Token);
}
