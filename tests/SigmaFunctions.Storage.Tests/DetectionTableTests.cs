using System.Collections.Concurrent;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using Moq;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

public sealed class DetectionTableTests(StorageAccount account)
{
    private readonly FakeTimeProvider _clock = new(Some.Time.AddMinutes(1));

    // What versions before wrote of a detection, and read.
    private static readonly string[] FormerProperties =
    [
        "EnqueuedTime", "EventHub", "EventTime", "Fields", "Host", "Level", "Namespace", "Original", "OriginalTruncated", "Partition", "PartitionKey",
        "Record", "RowKey", "RuleAuthor", "RuleId", "RuleTitle", "SchemaVersion", "SequenceNumber", "Tags", "TenantId", "User",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_detection_comes_back_as_it_was()
    {
        DetectionTable table = await CreateAsync();
        Detection detection = Some.Detection();

        Assert.Equal([detection], (await table.AddAsync([detection], Token)).Owed);

        AssertSame(detection, await table.FindAsync(detection.Id, Token));
    }

    [Fact]
    public async Task A_detection_that_stands_for_further_matches_tells_their_number_and_any_other_row_is_as_it_always_was()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);
        Detection plain = Some.Detection();
        Detection surplus = Some.Detection(Some.Identity(8)) with { Omitted = 229_000 };
        await table.AddAsync([plain, surplus], Token);

        Assert.Equal((0, 229_000), ((await table.FindAsync(plain.Id, Token))!.Omitted, (await table.FindAsync(surplus.Id, Token))!.Omitted));
        TableEntity row = await client.GetEntityAsync<TableEntity>(plain.Id.PartitionKey, plain.Id.RowKey, cancellationToken: Token);
        Assert.Equal(FormerProperties, row.Keys.Except(["odata.etag", "Timestamp"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_an_event_does_not_say_stays_unsaid()
    {
        DetectionTable table = await CreateAsync();
        Detection detection = Some.Detection() with
        {
            Level = null,
            Tags = [],
            EventTime = null,
            Host = null,
            User = null,
            TenantId = null,
            Fields = [],
            Original = "",
        };

        await table.AddAsync([detection], Token);

        AssertSame(detection, await table.FindAsync(detection.Id, Token));
    }

    [Fact]
    public async Task There_is_no_detection_of_another_id()
    {
        DetectionTable table = await CreateAsync();

        Assert.Null(await table.FindAsync(Some.Detection().Id, Token));
    }

    [Fact]
    public async Task A_second_delivery_writes_nothing_and_gives_what_is_not_alerted()
    {
        TableClient client = await account.CreateTableAsync();
        DetectionTable table = Create(client);
        List<Detection> detections = Some.Detections(250);
        Assert.Equal(detections, (await table.AddAsync(detections, Token)).Owed);
        await table.MarkAsync([.. detections.Take(120).Select(detection => new AlertOutcome(detection.Id))], Token);
        Dictionary<string, ETag> before = await EntityTagsAsync(client);

        IReadOnlyList<Detection> pending = (await table.AddAsync(detections, Token)).Owed;

        Assert.Equal(detections.Skip(120), pending);
        Assert.Equal(before, await EntityTagsAsync(client));
    }

    [Fact]
    public async Task A_detection_that_is_held_back_is_recorded_and_owes_no_alert()
    {
        DetectionTable table = await CreateAsync();
        List<Detection> detections = Some.Detections(4);
        detections[0] = detections[0] with { HeldBack = HoldReason.Level };

        RecordedDetections recorded = await table.AddAsync(detections, Token);
        Assert.Equal(detections.Skip(1), recorded.Owed);
        Assert.Equal(detections.Take(1), recorded.HeldBack);
        await table.MarkAsync(
            [new AlertOutcome(detections[1].Id), new AlertOutcome(detections[2].Id, HoldReason.Repetition, detections[1].Id)], Token);

        recorded = await table.AddAsync(detections, Token);
        Assert.Equal([detections[3]], recorded.Owed);
        Assert.Empty(recorded.HeldBack);
        (IReadOnlyList<Detection> found, _) = await table.FindAsync([.. detections.Select(detection => detection.Id), Some.Detection(ruleId: "other").Id], Token);
        Assert.Equal([detections[1].Id], found.Where(detection => detection.AlertedAt == _clock.GetUtcNow()).Select(detection => detection.Id));
        Assert.Equal(
            [HoldReason.Level, null, HoldReason.Repetition, null],
            detections.Select(detection => found.Single(one => one.Id == detection.Id).HeldBack));
    }

    [Fact]
    public async Task A_batch_of_which_some_are_recorded_is_completed()
    {
        TableClient client = await account.CreateTableAsync();
        DetectionTable table = Create(client);
        List<Detection> detections = Some.Detections(150);
        Detection[] alerted = [.. detections.Where((_, index) => index % 3 == 0)];
        Detection[] recorded = [.. detections.Where((_, index) => index % 3 == 1)];
        await table.AddAsync([.. alerted, .. recorded], Token);
        await table.MarkAsync([.. alerted.Select(detection => new AlertOutcome(detection.Id))], Token);

        IReadOnlyList<Detection> pending = (await table.AddAsync(detections, Token)).Owed;

        Assert.Equal(detections.Except(alerted), pending);
        Assert.Equal(150, (await EntityTagsAsync(client)).Count);
    }

    [Fact]
    public async Task A_detection_given_twice_is_recorded_and_returned_once()
    {
        DetectionTable table = await CreateAsync();

        Assert.Single((await table.AddAsync([Some.Detection(), Some.Detection()], Token)).Owed);
    }

    [Fact]
    public async Task Nothing_to_record_is_nothing_to_alert()
    {
        var client = new Mock<TableClient>(MockBehavior.Strict);

        Assert.Empty((await Create(client.Object).AddAsync([], Token)).Owed);
    }

    [Fact]
    public async Task Two_writers_of_one_batch_both_end_and_every_row_is_there_once()
    {
        TableClient client = await account.CreateTableAsync();
        List<Detection> detections = Some.Detections(400);

        RecordedDetections[] recorded = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(writer => Create(client).AddAsync(
                [.. detections.Skip(writer * 37), .. detections.Take(writer * 37)], Token)));

        Assert.Equal(400, (await EntityTagsAsync(client)).Count);
        Assert.All(recorded, one => Assert.Equal(400, one.Owed.Count));
    }

    [Fact]
    public async Task A_row_written_between_question_and_answer_is_found_in_the_next_round()
    {
        TableClient real = await account.CreateTableAsync();
        List<Detection> detections = Some.Detections(3);
        await Create(real).AddAsync([detections[0]], Token);
        var client = new Mock<TableClient>();
        int transactions = 0;
        client.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .Returns(async (IEnumerable<TableTransactionAction> actions, CancellationToken token) =>
            {
                if (transactions++ == 1)
                {
                    await Create(real).AddAsync([detections[1]], token);
                }

                return await real.SubmitTransactionAsync(actions, token);
            });
        client.Setup(mock => mock.QueryAsync<TableEntity>(
                It.IsAny<string>(), It.IsAny<int?>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
            .Returns((string filter, int? size, IEnumerable<string> select, CancellationToken token) =>
                real.QueryAsync<TableEntity>(filter, size, select, token));

        IReadOnlyList<Detection> pending = (await Create(client.Object).AddAsync(detections, Token)).Owed;

        Assert.Equal(detections, pending);
        Assert.Equal(3, transactions);
    }

    [Fact]
    public async Task Detections_of_several_hub_partitions_and_hours_go_to_their_own_partitions()
    {
        DetectionTable table = await CreateAsync();
        Detection[] detections =
        [
            .. Enumerable.Range(0, 40).Select(number => Some.Detection(Some.Identity(
                number, enqueued: Some.Time.AddMinutes(10 * number), partition: $"{number % 8}"))),
        ];

        Assert.Equal(detections, (await table.AddAsync(detections, Token)).Owed);
        Assert.Equal(40, await table.QueryAsync(Some.Time, Some.Time.AddDays(1), Token).CountAsync(Token));
    }

    [Fact]
    public async Task A_span_includes_its_start_and_excludes_its_end()
    {
        DetectionTable table = await CreateAsync();
        DateTimeOffset[] times = [Some.Time.AddTicks(-1), Some.Time, Some.Time.AddHours(2), Some.Time.AddHours(2).AddTicks(1)];
        await table.AddAsync([.. times.Select((time, index) => Some.Detection(Some.Identity(index, enqueued: time)))], Token);

        await AssertSpanAsync(times[1], times[2], [times[1]]);
        await AssertSpanAsync(times[1], times[3], [times[1], times[2]]);
        await AssertSpanAsync(times[0], times[3].AddTicks(1), times);
        await AssertSpanAsync(times[2], times[1], []);

        async Task AssertSpanAsync(DateTimeOffset from, DateTimeOffset to, DateTimeOffset[] expected)
        {
            List<Detection> found = await table.QueryAsync(from, to, Token).ToListAsync(Token);
            Assert.Equal(expected, found.Select(detection => detection.Identity.Time).Order());
        }
    }

    [Fact]
    public async Task Marking_notes_the_time_and_keeps_the_row()
    {
        TableClient client = await account.CreateTableAsync();
        DetectionTable table = Create(client);
        Detection detection = Some.Detection();
        await table.AddAsync([detection], Token);

        await table.MarkAsync([new AlertOutcome(detection.Id), new AlertOutcome(detection.Id)], Token);

        TableEntity row = await client.GetEntityAsync<TableEntity>(detection.Id.PartitionKey, detection.Id.RowKey, cancellationToken: Token);
        Assert.Equal(_clock.GetUtcNow(), row.GetDateTimeOffset("AlertedAt"));
        AssertSame(detection with { AlertedAt = _clock.GetUtcNow() }, await table.FindAsync(detection.Id, Token));
    }

    [Fact]
    public async Task Marking_passes_over_what_is_gone()
    {
        TableClient client = await account.CreateTableAsync();
        DetectionTable table = Create(client);
        List<Detection> detections = Some.Detections(5);
        await table.AddAsync(detections, Token);
        foreach (Detection gone in new[] { detections[1], detections[4] })
        {
            await client.DeleteEntityAsync(gone.Id.PartitionKey, gone.Id.RowKey, cancellationToken: Token);
        }

        await table.MarkAsync([.. detections.Select(detection => new AlertOutcome(detection.Id))], Token);

        Assert.Equal([detections[1], detections[4]], (await table.AddAsync(detections, Token)).Owed);
    }

    [Theory]
    [InlineData("SchemaVersion", "1")]
    [InlineData("RuleId", 1)]
    [InlineData("Host", 1.5)]
    [InlineData("SequenceNumber", "7")]
    [InlineData("Tags", "{}")]
    [InlineData("Tags", "[1]")]
    [InlineData("Fields", "[1]")]
    [InlineData("Fields", "[{}]")]
    [InlineData("Fields", "secret")]
    [InlineData("AlertedAt", "secret")]
    public async Task A_row_with_a_property_of_another_type_is_named_and_hides_no_other(string property, object value)
    {
        TableClient client = await account.CreateTableAsync();
        DetectionTable table = Create(client);
        List<Detection> detections = Some.Detections(2);
        await table.AddAsync(detections, Token);
        TableEntity row = await client.GetEntityAsync<TableEntity>(detections[0].Id.PartitionKey, detections[0].Id.RowKey, cancellationToken: Token);
        row[property] = value;
        await client.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, Token);

        (IReadOnlyList<Detection> found, IReadOnlyList<FormatException> wrong) = await table.FindAsync([.. detections.Select(detection => detection.Id)], Token);

        Assert.Equal(detections[1].Id, Assert.Single(found).Id);
        string message = Assert.Single(wrong).Message;
        Assert.StartsWith($"Row {detections[0].Id.PartitionKey}/{detections[0].Id.RowKey}: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FormatException>(() => table.FindAsync(detections[0].Id, Token));
    }

    private static string Huge { get; } = new('x', 1_000_000);

    private static string Expensive { get; } = string.Concat(Enumerable.Repeat("\"<€\u0001\\", 200_000));

    private static string Pairs { get; } = "a" + string.Concat(Enumerable.Repeat("😀", 500_000));

    private static Dictionary<string, Func<Detection, Detection>> Hostile { get; } = new()
    {
        ["a large original"] = some => some with { Original = Huge },
        ["an original that takes six bytes a character"] = some => some with { Original = Expensive },
        ["an original of surrogate pairs, at odd places"] = some => some with { Original = Pairs },
        ["a large host"] = some => some with { Host = Huge, User = Expensive, TenantId = Pairs },
        ["a large rule"] = some => some with { RuleTitle = Huge, RuleAuthor = Huge, Level = Huge, Tags = [.. Enumerable.Repeat(Huge, 3)] },
        ["many tags"] = some => some with { Tags = [.. Enumerable.Repeat("attack.t1059", 100_000)] },
        ["a large value"] = some => some with { Fields = [new DetectedField("CommandLine", Huge), new DetectedField("Image", Expensive)] },
        ["many values"] = some => some with { Fields = [.. Enumerable.Repeat(new DetectedField("CommandLine", Pairs), 500)] },
        ["many short values"] = some => some with { Fields = [.. Enumerable.Repeat(new DetectedField("CommandLine", "x"), 50_000)] },
        ["a large field name"] = some => some with { Fields = [new DetectedField(Huge, "x")] },
        ["half characters"] = some => some with
        {
            Host = "\uD83D",
            User = "\0\uDE00\uFFFF",
            Original = "\0\uD83D",
            Fields = [new DetectedField("\0", "\uD83D")],
        },
        ["a time before 1601"] = some => some with { EventTime = DateTimeOffset.MinValue },
        ["a time at the end"] = some => some with { EventTime = DateTimeOffset.MaxValue },
        ["all of it"] = some => some with
        {
            Original = Expensive,
            Host = Pairs,
            User = Expensive,
            Tags = [.. Enumerable.Repeat(Expensive, 100)],
            Fields = [.. Enumerable.Repeat(new DetectedField(Expensive, Expensive), 100)],
        },
    };

    public static TheoryData<string> HostileContents => [.. Hostile.Keys];

    [Theory]
    [MemberData(nameof(HostileContents))]
    public async Task No_event_makes_a_write_fail(string content)
    {
        DetectionTable table = await CreateAsync();
        Detection detection = Hostile[content](Some.Detection());

        await table.AddAsync([detection], Token);

        Detection? read = await table.FindAsync(detection.Id, Token);
        Assert.NotNull(read);
        Assert.Equal(detection.Id, read.Id);
    }

    [Fact]
    public async Task A_large_original_is_kept_whole_up_to_its_bound_and_then_cut_visibly()
    {
        DetectionTable table = await CreateAsync();
        string whole = "a" + string.Concat(Enumerable.Repeat("😀", (256_000 / 2) - 1));
        Detection kept = Some.Detection(Some.Identity(1)) with { Original = whole };
        Detection cut = Some.Detection(Some.Identity(2)) with { Original = whole + "bcd" };

        await table.AddAsync([kept, cut], Token);

        AssertSame(kept, await table.FindAsync(kept.Id, Token));
        Detection? read = await table.FindAsync(cut.Id, Token);
        Assert.True(read!.OriginalTruncated);
        Assert.EndsWith("…[truncated]", read.Original);
        Assert.StartsWith(read.Original[..^"…[truncated]".Length], whole);
        Assert.InRange(read.Original.Length, 255_990, 256_000);
    }

    [Fact]
    public async Task A_long_value_is_cut_visibly_and_the_others_stay()
    {
        DetectionTable table = await CreateAsync();
        Detection detection = Some.Detection() with
        {
            Fields = [new DetectedField("CommandLine", new string('x', 100_000)), new DetectedField("Image", @"C:\a.exe")],
        };

        await table.AddAsync([detection], Token);

        Detection? read = await table.FindAsync(detection.Id, Token);
        Assert.True(read!.OriginalTruncated);
        Assert.Equal(["CommandLine", "Image"], read.Fields.Select(field => field.Field));
        Assert.EndsWith("x…[truncated]", read.Fields[0].Value);
        Assert.Equal(@"C:\a.exe", read.Fields[1].Value);
    }

    [Theory]
    [InlineData("\"<€\u0001\\", 12)]
    [InlineData("😀", 12)]
    [InlineData("abcd", 90)]
    public async Task Many_large_rows_go_in_transactions_that_the_service_takes(string repeated, int count)
    {
        var sizes = new RequestSizes();
        var options = new TableClientOptions();
        options.AddPolicy(sizes, HttpPipelinePosition.PerCall);
        DetectionTable table = Create(await account.CreateTableAsync(options));
        string original = string.Concat(Enumerable.Repeat(repeated, 100_000 / repeated.Length));
        Detection[] detections = [.. Some.Detections(count).Select(detection => detection with { Original = original })];

        Assert.Equal(detections, (await table.AddAsync(detections, Token)).Owed);

        Assert.Equal(count, await table.QueryAsync(Some.Time, Some.Time.AddDays(1), Token).CountAsync(Token));
        Assert.InRange(sizes.Largest, 512 * 1024, 4 * 1024 * 1024);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task However_many_write_large_rows_at_once_few_of_their_transactions_are_in_flight(bool fails)
    {
        var client = new Mock<TableClient>();
        int inFlight = 0;
        var most = new ConcurrentBag<int>();
        client.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .Returns(async (IEnumerable<TableTransactionAction> actions, CancellationToken token) =>
            {
                most.Add(Interlocked.Increment(ref inFlight));
                for (int turn = 0; turn < 100; turn++)
                {
                    await Task.Yield();
                }

                Interlocked.Decrement(ref inFlight);
                return fails ? throw new RequestFailedException(503, "Busy") : Response.FromValue<IReadOnlyList<Response>>([], Mock.Of<Response>());
            });
        DetectionTable table = Create(client.Object);
        Detection[] detections = [.. Some.Detections(40).Select(detection => detection with { Original = new string('x', 250_000) })];

        for (int round = 0; round < 2; round++)
        {
            Task[] callers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => table.AddAsync(detections, Token)))];
            if (fails)
            {
                await Assert.ThrowsAsync<RequestFailedException>(() => Task.WhenAll(callers));
            }
            else
            {
                await Task.WhenAll(callers);
            }
        }

        Assert.InRange(most.Max(), 1, 4);
        if (!fails)
        {
            Assert.Equal(2 * 4 * 3, most.Count);
        }
    }

    [Theory]
    [MemberData(nameof(HostileContents))]
    public void Every_row_is_within_the_limits_of_the_service(string content)
    {
        TableEntity row = DetectionRow.ToEntity(Hostile[content](Some.Detection()));

        // As the service counts: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
        int size = 4 + (2 * (row.PartitionKey.Length + row.RowKey.Length))
            + row.Sum(property => 8 + (2 * property.Key.Length) + (property.Value is string text ? 4 + (2 * text.Length) : 16));
        Assert.InRange(size, 1, 900 * 1024);
        Assert.All(row, property => Assert.True(property.Value is not string { Length: > 32_000 }, property.Key));
    }

    [Fact]
    public async Task An_outage_is_thrown_and_what_was_recorded_stays()
    {
        TableClient real = await account.CreateTableAsync();
        List<Detection> detections = Some.Detections(250);
        var client = new Mock<TableClient>();
        int transactions = 0;
        client.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .Returns((IEnumerable<TableTransactionAction> actions, CancellationToken _) => Interlocked.Increment(ref transactions) == 2
                ? throw new RequestFailedException(503, "Busy", "ServerBusy", null)
                : real.SubmitTransactionAsync(actions, Token));

        RequestFailedException exception = await Assert.ThrowsAsync<RequestFailedException>(() => Create(client.Object).AddAsync(detections, Token));

        Assert.Equal(503, exception.Status);
        Assert.Equal(detections, (await Create(real).AddAsync(detections, Token)).Owed);
    }

    [Fact]
    public async Task A_conflict_that_never_ends_is_thrown()
    {
        var client = new Mock<TableClient>();
        client.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new TableTransactionFailedException(new RequestFailedException(409, "Exists", "EntityAlreadyExists", null)));
        client.Setup(mock => mock.QueryAsync<TableEntity>(
                It.IsAny<string>(), It.IsAny<int?>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
            .Returns(AsyncPageable<TableEntity>.FromPages([]));

        await Assert.ThrowsAsync<TableTransactionFailedException>(() => Create(client.Object).AddAsync([Some.Detection()], Token));
    }

    [Fact]
    public async Task Cancellation_ends_a_write()
    {
        DetectionTable table = await CreateAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => table.AddAsync([Some.Detection()], new CancellationToken(true)));
    }

    [Fact]
    public async Task A_row_of_something_else_is_refused_by_name()
    {
        TableClient client = await account.CreateTableAsync();
        DetectionId id = Some.Detection().Id;
        await client.AddEntityAsync(new TableEntity(id.PartitionKey, id.RowKey), Token);

        FormatException exception = await Assert.ThrowsAsync<FormatException>(() => Create(client).FindAsync(id, Token));

        Assert.Contains(id.RowKey, exception.Message);
    }

    private static void AssertSame(Detection expected, Detection? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Tags, actual.Tags);
        Assert.Equal(expected.Fields, actual.Fields);
        Assert.Equal(expected, actual with { Tags = expected.Tags, Fields = expected.Fields });
    }

    private static async Task<Dictionary<string, ETag>> EntityTagsAsync(TableClient client) =>
        await client.QueryAsync<TableEntity>(cancellationToken: Token).ToDictionaryAsync(row => row.RowKey, row => row.ETag, cancellationToken: Token);

    private sealed class RequestSizes : HttpPipelineSynchronousPolicy
    {
        private readonly Lock _gate = new();
        private long _largest;

        public long Largest
        {
            get
            {
                lock (_gate)
                {
                    return _largest;
                }
            }
        }

        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Content is not { } content || !content.TryComputeLength(out long length))
            {
                return;
            }

            lock (_gate)
            {
                _largest = Math.Max(_largest, length);
            }
        }
    }

    private DetectionTable Create(TableClient client) => new(client, _clock);

    private async Task<DetectionTable> CreateAsync() => Create(await account.CreateTableAsync());
}
