using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Queues;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Moq;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Sources;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;
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
        Store store = await CreateStoreAsync();
        byte[][] bodies = [Quiet, Whoami];

        await RunAsync(Create(store), bodies);

        Alert alert = Assert.Single(await store.TakeAlertsAsync());
        Assert.Equal(("Whoami", "ws01.contoso.com"), (alert.Rule.Title, alert.Host));
        Assert.Equal("https://rules.contoso.example/sigma/rules/b5a5ab3e-5ff5-4d5a-a4ca-ec9bd2e5a1f7.html", alert.Rule.Page);
        Assert.True(DetectionId.TryParse(alert.Id, out DetectionId id));
        Assert.Equal(new AlertPointer(store.Detections.Name, id.PartitionKey, id.RowKey), alert.Detection);
        Detection? detection = await store.Table.FindAsync(id, Token);
        Assert.Equal(Batch(2).Identity(1, 0), detection?.Identity);
        Assert.Equal(Encoding.UTF8.GetString(bodies[1]), detection?.Original);
        Assert.Contains(new DetectedField("Image", @"C:\Windows\System32\whoami.exe"), detection!.Fields);
    }

    [Fact]
    public async Task An_event_that_came_as_xml_is_kept_as_its_xml()
    {
        Store store = await CreateStoreAsync();
        const string Xml = """<Event xmlns="u"><System><Provider Name="Microsoft-Windows-Sysmon"/><EventID>1</EventID><Computer>ws01</Computer></System><EventData><Data Name="Image">C:\whoami.exe</Data><Data Name="CommandLine">a &amp; "b"</Data></EventData></Event>""";

        await RunAsync(Create(store), [Encoding.UTF8.GetBytes($"<?xml version='1.0'?>{Xml}")]);

        Assert.True(DetectionId.TryParse(Assert.Single(await store.TakeAlertsAsync()).Id, out DetectionId id));
        Detection? detection = await store.Table.FindAsync(id, Token);
        Assert.Equal(Xml, detection?.Original);
    }

    [Fact]
    public async Task A_batch_that_comes_again_writes_nothing_and_sends_nothing()
    {
        Store store = await CreateStoreAsync();
        byte[][] bodies = [Whoami, Array(Message("node.exe"), Quiet, Message("node.exe"))];
        await RunAsync(Create(store), bodies);
        Dictionary<string, ETag> rows = await RowsAsync(store.Detections);
        IEnumerable<string> ids = (await store.TakeAlertsAsync()).Select(alert => alert.Id);

        await RunAsync(Create(store), bodies);

        Assert.Equal(3, rows.Count);
        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal(rows, await RowsAsync(store.Detections));
        Assert.Empty(await store.TakeAlertsAsync());
        Assert.Equal(
            ["3 detections, 3 alerts", "3 detections, 0 alerts"],
            _logger.Entries.Where(entry => entry.Id == 10).Select(entry => entry.Message.Split(", ")[4..6]).Select(parts => string.Join(", ", parts)));
    }

    [Fact]
    public async Task Events_are_counted_by_source_and_the_hour_in_which_they_were_enqueued()
    {
        Store store = await CreateStoreAsync();
        var sources = new SourceCounts();
        DetectionPipeline pipeline = Create(store, sources: sources);

        await RunAsync(pipeline, [Whoami, """{"foo":"secret"}"""u8.ToArray(), Array(Quiet, Quiet)]);
        await RunAsync(pipeline, [Quiet]);

        Assert.Equal(
            ["events: defender DeviceProcessEvents, tenant 00000000-0000-0000-0000-000000000001 4 at 3, 1 views", "events: flat 1 at 3, 0 views"],
            sources.Take(default).Select(day => $"{day.Source} {day.Hours[3]} at 3, {day.Views.Count} views").Order(StringComparer.Ordinal));
        Assert.Empty(sources.Take(default));
    }

    [Fact]
    public async Task Events_that_no_rule_can_see_are_told_once_an_hour_by_kind_and_without_their_values()
    {
        Store store = await CreateStoreAsync();
        DetectionPipeline pipeline = Create(store);
        byte[] unknown = """{"foo":"secret"}"""u8.ToArray();
        byte[] misspelt = """{"category":"secret"}"""u8.ToArray();
        byte[] leftOut = """{"category":"AdvancedHunting-DeviceLogonEvents","properties":{"ActionType":"secret"}}"""u8.ToArray();

        await RunAsync(pipeline, [Whoami, unknown, leftOut, unknown]);
        await RunAsync(pipeline, [unknown, leftOut]);
        await RunAsync(pipeline, [unknown, misspelt]);
        store.Clock.Advance(UnseenEventCounts.Interval - TimeSpan.FromSeconds(1));
        await RunAsync(pipeline, [unknown, misspelt]);
        store.Clock.Advance(TimeSpan.FromSeconds(1));
        await RunAsync(pipeline, [Whoami]);
        await RunAsync(pipeline, [unknown]);

        Assert.Equal(
            [
                "Hub events: no rule can see 2 events: 2 of shape flat without a log source (foo).",
                "Hub events: no rule can see 1 events: 1 of shape flat that state a log source which no rule is for (category).",
                "Hub events: no rule can see 5 events: 4 of shape flat without a log source (foo); 1 of shape flat that state a log source which no rule is for (category).",
            ],
            _logger.Entries.Where(entry => entry.Id == 65).Select(entry => entry.Message));
        Assert.DoesNotContain(_logger.Entries, entry => entry.Message.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_many_kinds_that_no_rule_can_see_the_next_batch_tells_those_that_found_no_room()
    {
        DetectionPipeline pipeline = Create(await CreateStoreAsync());
        string[] channels = ["System", "Application", "Security", "Windows PowerShell", "DNS Server", "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Bits-Client/Operational", "Directory Service", "Microsoft-Windows-WMI-Activity/Operational", "Microsoft-Windows-TaskScheduler/Operational"];
        byte[] all = Encoding.UTF8.GetBytes(string.Join('\n', channels.Select(channel => $"{{\"EventID\":1000,\"Channel\":\"{channel}\"}}")));

        for (int batch = 0; batch < 3; batch++)
        {
            await RunAsync(pipeline, [all]);
        }

        string[] lines = [.. _logger.Entries.Where(entry => entry.Id == 65).Select(entry => entry.Message)];
        Assert.Equal(["see 8 events: 1", "see 4 events: 2"], lines.Select(line => line[line.IndexOf("see", StringComparison.Ordinal)..][..15]));
        Assert.EndsWith("; and 2 more kinds.", lines[0], StringComparison.Ordinal);
        Assert.Equal(10, lines.SelectMany(line => line.Split(["of shape flat, ", ", which no rule is for"], StringSplitOptions.None)).Where(part => part.StartsWith("product=", StringComparison.Ordinal)).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json, secret")]
    [InlineData("{\"Image\":\"secret")]
    [InlineData("\0\u0001secret")]
    [InlineData("[1,\"secret\",null]")]
    public async Task What_cannot_be_decoded_is_reported_without_its_content_and_stops_nothing(string body)
    {
        Store store = await CreateStoreAsync();

        await RunAsync(Create(store), [Encoding.UTF8.GetBytes(body), [0xFF, 0xFE, 0x00], Whoami]);

        Assert.Single(await store.TakeAlertsAsync());
        Assert.DoesNotContain(_logger.Entries, entry => entry.Message.Contains("secret", StringComparison.Ordinal));
        Assert.Contains(
            _logger.Entries,
            entry => entry is { Id: 11, Level: LogLevel.Warning }
                && entry.Message.Contains("hub.servicebus.windows.net/events, partition 0, sequence number 101", StringComparison.Ordinal));
    }

    /// <summary>Other tests' batches are told apart by their parent.</summary>
    [Fact]
    public async Task A_batch_is_a_trace_of_its_steps_and_not_of_its_events()
    {
        Store store = await CreateStoreAsync();
        var ended = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using var root = new Activity("root");
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Traces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        root.Start();

        await RunAsync(Create(store), ["secret"u8.ToArray(), Whoami, Quiet, Whoami]);

        Activity[] own = [.. ended.Where(activity => activity.TraceId == root.TraceId)];
        Assert.Equal(["match", "record", "announce", "keep dead letters", "batch"], own.Select(activity => activity.OperationName));
        Activity batch = own[^1];
        Assert.All(own[..^1], activity => Assert.Equal(batch.SpanId, activity.ParentSpanId));
        Assert.Equal(("events", "0", 4, 3L, 1L, 2L), (
            batch.GetTagItem("messaging.destination.name"), batch.GetTagItem("messaging.destination.partition.id"),
            batch.GetTagItem("messaging.batch.message_count"), batch.GetTagItem("sigmafunctions.events"),
            batch.GetTagItem("sigmafunctions.undecoded"), batch.GetTagItem("sigmafunctions.detections")));
        Assert.DoesNotContain(own.SelectMany(activity => activity.TagObjects), tag => $"{tag.Value}".Contains("whoami", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_flood_of_bad_messages_is_no_flood_of_log_lines()
    {
        Store store = await CreateStoreAsync();

        await RunAsync(Create(store), [.. Enumerable.Repeat("bad"u8.ToArray(), 256)]);

        Assert.Equal(20, _logger.Entries.Count(entry => entry.Id == 11));
        Assert.Contains(_logger.Entries, entry => entry.Id == 12 && entry.Message.StartsWith("236 more", StringComparison.Ordinal));
        Assert.Contains(_logger.Entries, entry => entry.Id == 10 && entry.Message.Contains("256 undecoded", StringComparison.Ordinal));
        Assert.Equal(256, (await LettersAsync(store)).Count);
    }

    [Fact]
    public async Task What_cannot_be_decoded_becomes_a_dead_letter_with_its_bytes_once()
    {
        Store store = await CreateStoreAsync();
        byte[][] bodies = [[0xFF, 0x00, 0x80], Whoami, Encoding.UTF8.GetBytes("{\"a\":1}\nkey: value\n{\"a\":2}")];

        await RunAsync(Create(store), bodies);
        await RunAsync(Create(store), bodies);

        List<StoredDeadLetter> letters = await LettersAsync(store);
        Assert.Equal([(100, 0), (102, 1)], letters.Select(letter => ((int)letter.SequenceNumber, letter.Record)));
        Assert.All(letters, letter => Assert.Equal(
            ("hub.servicebus.windows.net", "events", "0"), (letter.Namespace, letter.EventHub, letter.Partition)));
        Assert.Equal(
            ["FF0080", Convert.ToHexString("key: value"u8)],
            await Task.WhenAll(letters.Select(async letter => Convert.ToHexString(await ContentAsync(store, letter)))));
        Assert.Contains(_logger.Entries, entry => entry.Id == 20 && entry.Message.Contains("2 dead letters written", StringComparison.Ordinal));
        Assert.Contains(_logger.Entries, entry => entry.Id == 20 && entry.Message.Contains("2 were there already", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_of_very_many_bad_records_is_one_dead_letter(bool packed)
    {
        Store store = await CreateStoreAsync();
        byte[] body = Encoding.UTF8.GetBytes("{\"a\":1}\n" + string.Concat(Enumerable.Repeat("x\n", 5_000)));
        if (packed)
        {
            using var buffer = new MemoryStream();
            using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
            {
                gzip.Write(body);
            }

            body = buffer.ToArray();
        }

        await RunAsync(Create(store), [body]);

        StoredDeadLetter letter = Assert.Single(await LettersAsync(store));
        Assert.Null(letter.Record);
        Assert.StartsWith("5000 records cannot be read; the first: ", letter.Reason, StringComparison.Ordinal);
        Assert.Equal(body, await ContentAsync(store, letter));
    }

    [Fact]
    public async Task A_container_that_is_out_of_reach_fails_the_batch_after_its_detections_and_the_next_delivery_completes_it()
    {
        Store store = await CreateStoreAsync();
        await store.DeadLetters.DeleteAsync(cancellationToken: Token);

        RequestFailedException exception = await Assert.ThrowsAsync<RequestFailedException>(() => RunAsync(Create(store), ["bad"u8.ToArray(), Whoami]));

        Assert.Equal("ContainerNotFound", exception.ErrorCode);
        Assert.Single(await store.TakeAlertsAsync());
        await store.DeadLetters.CreateAsync(cancellationToken: Token);
        await RunAsync(Create(store), ["bad"u8.ToArray(), Whoami]);
        Assert.Single(await LettersAsync(store));
        Assert.Empty(await store.TakeAlertsAsync());
    }

    [Fact]
    public async Task A_letter_that_no_store_takes_blocks_nothing_and_is_an_error()
    {
        Store store = await CreateStoreAsync();
        var blob = new Mock<BlobClient>();
        blob.Setup(mock => mock.UploadAsync(It.IsAny<BinaryData>(), It.IsAny<BlobUploadOptions>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new RequestFailedException(413, "secret", "RequestBodyTooLarge", null));
        var container = new Mock<BlobContainerClient>();
        container.SetupGet(mock => mock.Name).Returns("letters");
        container.Setup(mock => mock.GetBlobClient(It.IsAny<string>())).Returns(blob.Object);

        await RunAsync(Create(store with { DeadLetters = container.Object }), ["bad"u8.ToArray(), Whoami]);

        Assert.Single(await store.TakeAlertsAsync());
        (LogLevel level, _, string message) = Assert.Single(_logger.Entries, entry => entry.Id == 21);
        Assert.Equal(LogLevel.Error, level);
        Assert.Equal(
            "A dead letter is lost, since letters takes no blob of its size: partition 0, sequence number 100, record 0, 3 bytes", message);
    }

    [Fact]
    public async Task A_defect_on_one_message_is_reported_as_an_error_and_stops_nothing()
    {
        Store store = await CreateStoreAsync();
        DetectionPipeline pipeline = Create(store, (matcher, body, token) =>
            body.Length == 1 ? throw new InvalidOperationException("secret") : matcher.Match(body, TestContext.Current.CancellationToken));

        await RunAsync(pipeline, [[0], Whoami]);

        Assert.Single(await store.TakeAlertsAsync());
        (LogLevel level, _, string message) = Assert.Single(_logger.Entries, entry => entry.Id == 13);
        Assert.Equal(LogLevel.Error, level);
        Assert.Contains("System.InvalidOperationException", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
        StoredDeadLetter letter = Assert.Single(await LettersAsync(store));
        Assert.Equal((null, "a defect of the app: System.InvalidOperationException"), (letter.Record, letter.Reason));
        Assert.Equal([0], await ContentAsync(store, letter));
    }

    [Fact]
    public async Task A_batch_without_matches_records_nothing_and_is_logged_at_debug()
    {
        await RunAsync(await CreateWithoutStoreAsync(), [Quiet, Quiet]);

        (LogLevel level, int id, string message) = Assert.Single(_logger.Entries);
        Assert.Equal((LogLevel.Debug, 10), (level, id));
        Assert.StartsWith("Partition 0: 2 messages, 2 events, 0 undecoded, 0 failed, 0 detections, 0 alerts, 0 held back, ", message);
    }

    [Fact]
    public async Task A_table_that_is_out_of_reach_fails_the_batch_before_any_alert()
    {
        Store store = await CreateStoreAsync();
        var table = new Mock<TableClient>();
        table.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new RequestFailedException(503, "Busy"));

        RequestFailedException exception = await Assert.ThrowsAsync<RequestFailedException>(() => RunAsync(Create(store with { Detections = table.Object }), [Whoami]));

        Assert.Equal(503, exception.Status);
        Assert.Empty(await store.TakeAlertsAsync());
    }

    [Fact]
    public async Task A_queue_that_is_out_of_reach_fails_the_batch_and_the_next_delivery_sends_its_alerts()
    {
        Store store = await CreateStoreAsync();
        var broken = new Mock<QueueClient>();
        broken.Setup(mock => mock.SendMessageAsync(
                It.IsAny<BinaryData>(), It.IsAny<TimeSpan?>(), It.IsAny<TimeSpan?>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new RequestFailedException(503, "Busy"));
        await Assert.ThrowsAsync<RequestFailedException>(() => RunAsync(Create(store with { Queue = broken.Object }), [Whoami]));
        Assert.Single(await RowsAsync(store.Detections));

        await RunAsync(Create(store), [Whoami]);

        Assert.Single(await store.TakeAlertsAsync());
        Assert.Single(await RowsAsync(store.Detections));
    }

    [Fact]
    public async Task A_crash_before_the_mark_sends_the_alert_again_under_the_same_id()
    {
        Store store = await CreateStoreAsync();
        TableClient real = store.Detections;
        var table = new Mock<TableClient>();
        table.SetupGet(mock => mock.Name).Returns(real.Name);
        table.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .Returns((IEnumerable<TableTransactionAction> actions, CancellationToken token) =>
                actions.First().ActionType == TableTransactionActionType.Add
                    ? real.SubmitTransactionAsync(actions, token)
                    : throw new RequestFailedException(503, "Busy"));
        await Assert.ThrowsAsync<RequestFailedException>(() => RunAsync(Create(store with { Detections = table.Object }), [Whoami]));
        Alert first = Assert.Single(await store.TakeAlertsAsync());

        await RunAsync(Create(store), [Whoami]);

        Assert.Equal(first.Id, Assert.Single(await store.TakeAlertsAsync()).Id);
    }

    [Fact]
    public async Task Cancellation_is_passed_on() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await (await CreateWithoutStoreAsync()).RunAsync([Whoami], Batch(1), new CancellationToken(true)));

    [Fact]
    public async Task The_function_reads_the_batch_from_its_context()
    {
        Store store = await CreateStoreAsync();
        var bindings = new Mock<BindingContext>();
        bindings.SetupGet(mock => mock.BindingData).Returns(BindingData(1));
        var context = new Mock<FunctionContext>();
        context.SetupGet(mock => mock.BindingContext).Returns(bindings.Object);

        var function = new DetectFunction(Create(store), new WorkInHand(store.Meters, store.Clock));
        await function.RunAsync([Whoami], context.Object, Token);

        Assert.Single(await store.TakeAlertsAsync());
        await Assert.ThrowsAsync<InvalidDataException>(() => function.RunAsync([Whoami, Whoami], context.Object, Token));
    }

    [Fact]
    public async Task A_batch_is_in_hand_from_when_it_is_taken_until_it_is_done_and_longer_if_it_fails()
    {
        Store store = await CreateStoreAsync();
        var inHand = new WorkInHand(store.Meters, store.Clock);
        var bindings = new Mock<BindingContext>();
        bindings.SetupGet(mock => mock.BindingData).Returns(BindingData(1));
        var context = new Mock<FunctionContext>();
        context.SetupGet(mock => mock.BindingContext).Returns(bindings.Object);
        var queue = new Mock<QueueClient>();
        var seen = new List<BatchInHand>();
        queue.Setup(mock => mock.SendMessageAsync(
                It.IsAny<BinaryData>(), It.IsAny<TimeSpan?>(), It.IsAny<TimeSpan?>(), It.IsAny<CancellationToken>()))
            .Callback(() => seen.AddRange(inHand.Current))
            .ThrowsAsync(new RequestFailedException(503, "Busy"));

        await Assert.ThrowsAsync<RequestFailedException>(
            () => new DetectFunction(Create(store with { Queue = queue.Object }), inHand).RunAsync([Whoami], context.Object, Token));
        Assert.Equal(Assert.Single(seen), Assert.Single(inHand.Current));

        await new DetectFunction(Create(store), inHand).RunAsync([Whoami], context.Object, Token);
        Assert.Empty(inHand.Current);
    }

    [Fact]
    public async Task A_pipeline_that_runs_out_of_memory_fails_the_batch_and_gives_up_no_message()
    {
        Store store = await CreateStoreAsync();

        await Assert.ThrowsAnyAsync<OutOfMemoryException>(() => RunAsync(Create(store, (matcher, body, token) => throw new InsufficientMemoryException()), [Whoami]));

        Assert.Empty(await LettersAsync(store));
        Assert.DoesNotContain(_logger.Entries, entry => entry.Id == 13);
    }

    /// <summary>Each pipeline is another process.</summary>
    [Fact]
    public async Task A_message_that_takes_all_memory_of_one_process_after_the_other_is_put_aside_and_its_neighbours_are_detected()
    {
        Store store = await CreateStoreAsync();
        DetectionPipeline Process() => Create(store, (matcher, body, token) => body.Length == 1 ? throw new InsufficientMemoryException() : matcher.Match(body, token));
        byte[][] bodies = [Whoami, [0], Whoami];
        for (int process = 0; process < BatchGuard.MaxAttempts + BatchGuard.MaxAloneAttempts; process++)
        {
            await Assert.ThrowsAnyAsync<OutOfMemoryException>(() => RunAsync(Process(), bodies));
        }

        await RunAsync(Process(), bodies);

        Assert.Equal(2, (await RowsAsync(store.Detections)).Count);
        Assert.Equal(2, (await store.TakeAlertsAsync()).DistinctBy(alert => alert.Id).Count());
        StoredDeadLetter letter = Assert.Single(await LettersAsync(store));
        Assert.Equal((101L, null, "the app ended 2 times with this message alone in hand"), (letter.SequenceNumber, letter.Record, letter.Reason));
        Assert.Single(_logger.Entries, entry => entry is { Id: 62, Level: LogLevel.Error });
        Assert.Empty(await store.Instances.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Of_a_message_of_very_many_matches_the_first_are_recorded_and_the_rest_is_counted_in_the_one_after_them()
    {
        Store store = await CreateStoreAsync();
        int limit = DetectionPipeline.Limits.MatchesPerRule;
        byte[] body = Array([.. Enumerable.Repeat(Whoami, limit + 5), Message("node.exe")]);

        await RunAsync(Create(store), [body]);
        await RunAsync(Create(store), [body]);

        List<TableEntity> rows = await store.RowsAsync();
        Assert.Equal(limit + 1 + 1, rows.Count);
        TableEntity surplus = Assert.Single(rows, row => row.ContainsKey("Omitted"));
        Assert.Equal((limit, 4), (surplus.GetInt32("Record"), surplus.GetInt32("Omitted")));
        Assert.Equal(2, _logger.Entries.Count(entry => entry is { Id: 60, Level: LogLevel.Warning }));
    }

    [Fact]
    public async Task What_is_cancelled_in_the_middle_of_a_batch_gives_back_what_others_wait_for()
    {
        Store store = await CreateStoreAsync();
        using var gate = new BodyGate();
        using var slots = new RecordingSlots();
        for (int attempt = 0; attempt < RecordingSlots.Maximum + 1; attempt++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            DetectionPipeline pipeline = Create(
                store,
                (matcher, body, token) =>
                {
                    if (body.Length == 1)
                    {
                        stop.Cancel();
                    }

                    token.ThrowIfCancellationRequested();
                    return matcher.Match(body, token);
                },
                gate,
                slots);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pipeline.RunAsync([Whoami, [0], Whoami], Batch(3), stop.Token));
        }

        using (await gate.EnterAloneAsync(Token))
        {
            Assert.Null(gate.TryEnter(Whoami));
        }

        await RunAsync(Create(store, gate: gate, slots: slots), [Whoami]);
        Assert.Single(await store.TakeAlertsAsync());
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

    private static async Task<List<StoredDeadLetter>> LettersAsync(Store store) =>
        await new DeadLetterStore(store.DeadLetters).ListAsync(Enqueued, Enqueued.AddHours(1), Token).ToListAsync(Token);

    private static async Task<byte[]> ContentAsync(Store store, StoredDeadLetter letter) =>
        (await new DeadLetterStore(store.DeadLetters).ReadAsync(letter.Name, Token))!.ToArray();

    private Task<Store> CreateStoreAsync() => Store.CreateAsync(account, Enqueued.AddMinutes(1));

    private DetectionPipeline Create(
        Store store, Func<BodyMatcher, byte[], CancellationToken, BodyMatches>? match = null, BodyGate? gate = null, RecordingSlots? slots = null, SourceCounts? sources = null) => new(
        () => Detector,
        new EventDecoder(),
        match ?? ((matcher, body, token) => matcher.Match(body, token)),
        store.Recorder(),
        store.Correlations(() => Detector.RuleSet.CorrelationPlan),
        new DeadLetterStore(store.DeadLetters),
        store.Canaries(),
        new BatchGuard(store.Attempts, new TestLogger<BatchGuard>()),
        gate ?? new BodyGate(),
        slots ?? new RecordingSlots(),
        store.Metrics,
        new InstanceActivity(),
        new UnseenEventCounts(store.Clock),
        sources ?? new SourceCounts(),
        store.Clock,
        _logger);

    private async Task<DetectionPipeline> CreateWithoutStoreAsync()
    {
        TableClient table = new Mock<TableClient>(MockBehavior.Strict).Object;
        return Create(new Store(table, table, table, new Mock<QueueClient>(MockBehavior.Strict).Object, new Mock<BlobContainerClient>(MockBehavior.Strict).Object, new FakeTimeProvider(Enqueued))
        {
            Instances = await account.CreateTableAsync(),
            Pointers = table,
            State = table,
        });
    }
}
