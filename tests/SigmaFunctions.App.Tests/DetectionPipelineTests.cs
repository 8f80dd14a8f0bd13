using System.Text;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Moq;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.App.Options;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Storage;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Tests;

namespace SigmaFunctions.App.Tests;

public sealed class DetectionPipelineTests(StorageAccount account)
{
    private static readonly DateTimeOffset Enqueued = new(2026, 11, 25, 3, 14, 15, TimeSpan.Zero);

    private static readonly Detector Detector = new(RuleSet.Load(
    [
        new RuleFile("whoami.yml", Rule("Whoami", "b5a5ab3e-5ff5-4d5a-a4ca-ec9bd2e5a1f7", @"\whoami.exe")),
        new RuleFile("node.yml", Rule("Node", "d2c5c5ff-6d4b-4a9f-a1a2-5b45a9d3c0d9", @"\node.exe")),
    ]));

    private readonly TestLogger<DetectionPipeline> _logger = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static byte[] Whoami => Message("whoami.exe");

    private static byte[] Quiet => Message("notepad.exe");

    [Fact]
    public async Task A_match_becomes_a_row_and_an_alert_that_points_to_it()
    {
        (TableClient table, QueueClient queue) = await CreateStoreAsync();
        byte[][] bodies = [Quiet, Whoami];

        await RunAsync(Create(table, queue), bodies);

        Alert alert = Assert.Single(await ReceiveAsync(queue));
        Assert.Equal(("Whoami", "ws01.contoso.com"), (alert.Rule.Title, alert.Host));
        Assert.Equal("https://rules.contoso.example/sigma/rules/b5a5ab3e-5ff5-4d5a-a4ca-ec9bd2e5a1f7.html", alert.Rule.Page);
        Assert.True(DetectionId.TryParse(alert.Id, out DetectionId id));
        Assert.Equal(new AlertPointer(table.Name, id.PartitionKey, id.RowKey), alert.Detection);
        Detection? detection = await new DetectionTable(table).FindAsync(id, Token);
        Assert.Equal(Batch(2).Identity(1, 0), detection?.Identity);
        Assert.Equal(Encoding.UTF8.GetString(bodies[1]), detection?.Original);
        Assert.Contains(new DetectedField("Image", @"C:\Windows\System32\whoami.exe"), detection!.Fields);
    }

    [Fact]
    public async Task An_event_that_came_as_xml_is_kept_as_its_xml()
    {
        (TableClient table, QueueClient queue) = await CreateStoreAsync();
        const string Xml = """<Event xmlns="u"><System><Provider Name="Microsoft-Windows-Sysmon"/><EventID>1</EventID><Computer>ws01</Computer></System><EventData><Data Name="Image">C:\whoami.exe</Data><Data Name="CommandLine">a &amp; "b"</Data></EventData></Event>""";

        await RunAsync(Create(table, queue), [Encoding.UTF8.GetBytes($"<?xml version='1.0'?>{Xml}")]);

        Assert.True(DetectionId.TryParse(Assert.Single(await ReceiveAsync(queue)).Id, out DetectionId id));
        Detection? detection = await new DetectionTable(table).FindAsync(id, Token);
        Assert.Equal(Xml, detection?.Original);
    }

    [Fact]
    public async Task A_batch_that_comes_again_writes_nothing_and_sends_nothing()
    {
        (TableClient table, QueueClient queue) = await CreateStoreAsync();
        byte[][] bodies = [Whoami, Array(Message("node.exe"), Quiet, Message("node.exe"))];
        await RunAsync(Create(table, queue), bodies);
        Dictionary<string, ETag> rows = await RowsAsync(table);
        IEnumerable<string> ids = (await ReceiveAsync(queue)).Select(alert => alert.Id);

        await RunAsync(Create(table, queue), bodies);

        Assert.Equal(3, rows.Count);
        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal(rows, await RowsAsync(table));
        Assert.Empty(await ReceiveAsync(queue));
        Assert.Equal(
            ["3 detections, 3 alerts", "3 detections, 0 alerts"],
            _logger.Entries.Where(entry => entry.Id == 10).Select(entry => entry.Message.Split(", ")[4..6]).Select(parts => string.Join(", ", parts)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json, secret")]
    [InlineData("{\"Image\":\"secret")]
    [InlineData("\0\u0001secret")]
    [InlineData("[1,\"secret\",null]")]
    public async Task What_cannot_be_decoded_is_reported_without_its_content_and_stops_nothing(string body)
    {
        (TableClient table, QueueClient queue) = await CreateStoreAsync();

        await RunAsync(Create(table, queue), [Encoding.UTF8.GetBytes(body), [0xFF, 0xFE, 0x00], Whoami]);

        Assert.Single(await ReceiveAsync(queue));
        Assert.DoesNotContain(_logger.Entries, entry => entry.Message.Contains("secret", StringComparison.Ordinal));
        Assert.Contains(
            _logger.Entries,
            entry => entry is { Id: 11, Level: LogLevel.Warning }
                && entry.Message.Contains("hub.servicebus.windows.net/events, partition 0, sequence number 101", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_flood_of_bad_messages_is_no_flood_of_log_lines()
    {
        await RunAsync(CreateWithoutStore(), [.. Enumerable.Repeat("bad"u8.ToArray(), 256)]);

        Assert.Equal(20, _logger.Entries.Count(entry => entry.Id == 11));
        Assert.Contains(_logger.Entries, entry => entry.Id == 12 && entry.Message.StartsWith("236 more", StringComparison.Ordinal));
        Assert.Contains(_logger.Entries, entry => entry.Id == 10 && entry.Message.Contains("256 undecoded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_defect_on_one_message_is_reported_as_an_error_and_stops_nothing()
    {
        (TableClient table, QueueClient queue) = await CreateStoreAsync();
        DetectionPipeline pipeline = Create(table, queue, (matcher, body) =>
            body.Length == 1 ? throw new InvalidOperationException("secret") : matcher.Match(body));

        await RunAsync(pipeline, [[0], Whoami]);

        Assert.Single(await ReceiveAsync(queue));
        (LogLevel level, _, string message) = Assert.Single(_logger.Entries, entry => entry.Id == 13);
        Assert.Equal(LogLevel.Error, level);
        Assert.Contains("System.InvalidOperationException", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_without_matches_touches_no_store_and_is_logged_at_debug()
    {
        await RunAsync(CreateWithoutStore(), [Quiet, Quiet]);

        (LogLevel level, int id, string message) = Assert.Single(_logger.Entries);
        Assert.Equal((LogLevel.Debug, 10), (level, id));
        Assert.StartsWith("Partition 0: 2 messages, 2 events, 0 undecoded, 0 failed, 0 detections, 0 alerts, ", message);
    }

    [Fact]
    public async Task A_table_that_is_out_of_reach_fails_the_batch_before_any_alert()
    {
        QueueClient queue = await account.CreateQueueAsync();
        var table = new Mock<TableClient>();
        table.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new RequestFailedException(503, "Busy"));

        var exception = await Assert.ThrowsAsync<RequestFailedException>(() => RunAsync(Create(table.Object, queue), [Whoami]));

        Assert.Equal(503, exception.Status);
        Assert.Empty(await ReceiveAsync(queue));
    }

    [Fact]
    public async Task A_queue_that_is_out_of_reach_fails_the_batch_and_the_next_delivery_sends_its_alerts()
    {
        (TableClient table, QueueClient queue) = await CreateStoreAsync();
        var broken = new Mock<QueueClient>();
        broken.Setup(mock => mock.SendMessageAsync(
                It.IsAny<BinaryData>(), It.IsAny<TimeSpan?>(), It.IsAny<TimeSpan?>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new RequestFailedException(503, "Busy"));
        await Assert.ThrowsAsync<RequestFailedException>(() => RunAsync(Create(table, broken.Object), [Whoami]));
        Assert.Single(await RowsAsync(table));

        await RunAsync(Create(table, queue), [Whoami]);

        Assert.Single(await ReceiveAsync(queue));
        Assert.Single(await RowsAsync(table));
    }

    [Fact]
    public async Task A_crash_before_the_mark_sends_the_alert_again_under_the_same_id()
    {
        (TableClient real, QueueClient queue) = await CreateStoreAsync();
        var table = new Mock<TableClient>();
        table.SetupGet(mock => mock.Name).Returns(real.Name);
        table.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .Returns((IEnumerable<TableTransactionAction> actions, CancellationToken token) =>
                actions.First().ActionType == TableTransactionActionType.Add
                    ? real.SubmitTransactionAsync(actions, token)
                    : throw new RequestFailedException(503, "Busy"));
        await Assert.ThrowsAsync<RequestFailedException>(() => RunAsync(Create(table.Object, queue), [Whoami]));
        Alert first = Assert.Single(await ReceiveAsync(queue));

        await RunAsync(Create(real, queue), [Whoami]);

        Assert.Equal(first.Id, Assert.Single(await ReceiveAsync(queue)).Id);
    }

    [Fact]
    public async Task Cancellation_is_passed_on() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => CreateWithoutStore().RunAsync([Whoami], Batch(1), new CancellationToken(true)));

    [Fact]
    public async Task The_function_reads_the_batch_from_its_context()
    {
        (TableClient table, QueueClient queue) = await CreateStoreAsync();
        var bindings = new Mock<BindingContext>();
        bindings.SetupGet(mock => mock.BindingData).Returns(BindingData(1));
        var context = new Mock<FunctionContext>();
        context.SetupGet(mock => mock.BindingContext).Returns(bindings.Object);

        await new DetectFunction(Create(table, queue)).RunAsync([Whoami], context.Object, Token);

        Assert.Single(await ReceiveAsync(queue));
        await Assert.ThrowsAsync<InvalidDataException>(
            () => new DetectFunction(Create(table, queue)).RunAsync([Whoami, Whoami], context.Object, Token));
    }

    private static string Rule(string title, string id, string image) =>
        $"""
        title: {title}
        id: {id}
        status: test
        logsource:
          category: process_creation
          product: windows
        detection:
          selection:
            Image|endswith: '{image}'
          condition: selection
        level: medium
        """;

    private static byte[] Message(string image) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
    {
        ["time"] = "2026-11-25T03:14:10.1234567Z",
        ["tenantId"] = "00000000-0000-0000-0000-000000000001",
        ["category"] = "AdvancedHunting-DeviceProcessEvents",
        ["properties"] = new Dictionary<string, object>
        {
            ["Timestamp"] = "2026-11-25T03:14:09.1234567Z",
            ["DeviceName"] = "ws01.contoso.com",
            ["AccountDomain"] = "contoso",
            ["AccountName"] = "alice",
            ["ActionType"] = "ProcessCreated",
            ["FileName"] = image,
            ["FolderPath"] = @"C:\Windows\System32\" + image,
            ["ProcessCommandLine"] = image,
        },
    });

    private static byte[] Array(params byte[][] records) =>
        Encoding.UTF8.GetBytes($$"""{"records":[{{string.Join(',', records.Select(Encoding.UTF8.GetString))}}]}""");

    private static Dictionary<string, object?> BindingData(int messages) => new()
    {
        ["PartitionContext"] = """{"FullyQualifiedNamespace":"hub.servicebus.windows.net","EventHubName":"events","PartitionId":"0"}""",
        ["SequenceNumberArray"] = Enumerable.Range(100, messages).Select(number => (long)number).ToArray(),
        ["EnqueuedTimeUtcArray"] = JsonSerializer.Serialize(Enumerable.Range(0, messages).Select(number => Enqueued.AddSeconds(number).UtcDateTime)),
    };

    private static EventBatch Batch(int messages) => EventBatch.Read(BindingData(messages), messages);

    private static Task RunAsync(DetectionPipeline pipeline, byte[][] bodies) => pipeline.RunAsync(bodies, Batch(bodies.Length), Token);

    private static async Task<Dictionary<string, ETag>> RowsAsync(TableClient table) =>
        await table.QueryAsync<TableEntity>(cancellationToken: Token).ToDictionaryAsync(row => row.RowKey, row => row.ETag, cancellationToken: Token);

    private static async Task<IReadOnlyList<Alert>> ReceiveAsync(QueueClient queue)
    {
        QueueMessage[] messages = await queue.ReceiveMessagesAsync(32, TimeSpan.FromMinutes(10), Token);
        return [.. messages.Select(message => Alert.Parse(message.Body))];
    }

    private async Task<(TableClient Table, QueueClient Queue)> CreateStoreAsync() =>
        (await account.CreateTableAsync(), await account.CreateQueueAsync());

    private DetectionPipeline Create(TableClient table, QueueClient queue, Func<BodyMatcher, byte[], BodyMatches>? match = null) => new(
        () => Detector,
        new EventDecoder(),
        match ?? ((matcher, body) => matcher.Match(body)),
        new DetectionTable(table),
        new AlertQueue(queue),
        new DetectionOptions { CatalogAddress = "https://rules.contoso.example/sigma" }.PageOf,
        new FakeTimeProvider(),
        _logger);

    private DetectionPipeline CreateWithoutStore() =>
        Create(new Mock<TableClient>(MockBehavior.Strict).Object, new Mock<QueueClient>(MockBehavior.Strict).Object);
}
