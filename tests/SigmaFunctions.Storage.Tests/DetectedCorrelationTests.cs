using System.Collections.Immutable;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using Moq;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>Detections of correlations in the table: how they are recorded, read, and revised when events come late.</summary>
public sealed class DetectedCorrelationTests(StorageAccount account)
{
    // What versions before correlations need of a row: the listing of sigmaf, the sweep and consumers of alerts read these.
    private static readonly string[] NeededByFormerVersions =
    [
        "SchemaVersion", "Namespace", "EventHub", "Partition", "SequenceNumber", "Record", "RuleId", "RuleTitle", "Tags", "Fields", "Original",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Unusual { get; } = string.Concat(Enumerable.Repeat("\0\"\\<\uD83D€😀\uE000\u001F", 2_000));

    private static Dictionary<string, Func<DetectedCorrelation, DetectedCorrelation>> Hostile { get; } = new()
    {
        ["long group values"] = one => one with { Group = [.. Enumerable.Repeat(new DetectedField(Unusual, Unusual), 20)] },
        ["a group of very many fields"] = one => one with { Group = [.. Enumerable.Repeat(new DetectedField(Unusual, Unusual), 5_000)] },
        ["long values"] = one => one with { Values = [.. Enumerable.Repeat(Unusual, 20)] },
        ["more values than are told"] = one => one with { Values = [.. Enumerable.Range(0, 500).Select(number => $"{number}")] },
        ["a long number"] = one => one with { Value = new string('7', 5_000) },
        ["long hosts and users"] = one => one with { Events = [.. Many(100).Select(each => each with { Host = Unusual, User = Unusual })] },
        ["long rules and hubs"] = one => one with
        {
            Events = [.. Many(100).Select((each, index) => each with { RuleId = Unusual, Identity = each.Identity with { Namespace = index + Unusual, EventHub = index + Unusual } })],
        },
        ["more events than are told"] = one => one with { Events = Many(5_000) },
        ["all of it"] = one => one with
        {
            Type = Unusual,
            Group = [.. Enumerable.Repeat(new DetectedField(Unusual, Unusual), 100)],
            Values = [.. Enumerable.Repeat(Unusual, 100)],
            Value = "-" + new string('7', 5_000),
            Events =
            [
                .. Many(100).Select((each, index) => each with
                {
                    RuleId = Unusual,
                    Host = Unusual,
                    User = Unusual,
                    Identity = each.Identity with { Namespace = index + Unusual, EventHub = index + Unusual, Partition = index + Unusual },
                }),
            ],
        },
        ["times at both ends"] = one => one with
        {
            First = DateTimeOffset.MinValue,
            Last = DateTimeOffset.MaxValue,
            Events = [.. Many(1).Select(each => each with { Time = DateTimeOffset.MinValue, Identity = each.Identity with { EnqueuedTime = DateTimeOffset.MinValue } })],
        },
    };

    public static TheoryData<string> HostileContents => [.. Hostile.Keys];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task A_detection_comes_back_as_it_was_and_its_row_is_of_the_second_schema(int events)
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);
        Detection detection = Some.Correlated(events);

        Assert.Equal([detection], (await table.AddAsync([detection], Token)).Owed);

        Assert.Equal(2, detection.SchemaVersion);
        AssertSame(detection, await table.FindAsync(detection.Id, Token));
        TableEntity row = await client.GetEntityAsync<TableEntity>(detection.Id.PartitionKey, detection.Id.RowKey, cancellationToken: Token);
        Assert.Equal((2, 1, false), (row["SchemaVersion"], row["Revision"], row.ContainsKey("Superseded")));
        Assert.All(NeededByFormerVersions, name => Assert.NotNull(row[name]));
    }

    [Fact]
    public async Task What_it_does_not_have_stays_unsaid()
    {
        var table = new DetectionTable(await account.CreateTableAsync());
        Detection detection = Some.Correlated();
        detection = detection with { Correlation = detection.Correlation! with { Group = [], Values = [], IsPartial = true, IsSuperseded = true, Revision = 7 } };

        await table.AddAsync([detection], Token);

        AssertSame(detection, await table.FindAsync(detection.Id, Token));
    }

    [Fact]
    public async Task A_listing_has_all_but_the_events_and_the_original()
    {
        TableClient client = await account.CreateTableAsync();
        Detection detection = Some.Correlated();
        detection = detection with { Correlation = detection.Correlation! with { Revision = 4 } };
        Detection plain = Some.Detection();
        await new DetectionTable(client).AddAsync([detection, plain], Token);

        List<Detection> listed = await new DetectionSearch(client)
            .NewestAsync(new DetectionFilter(Some.Time.AddHours(-1), Some.Time.AddHours(1)), 10, Token).ToListAsync(Token);

        AssertSame(detection with { Original = "", Correlation = detection.Correlation! with { Events = [] } }, listed.Single(one => one.RuleId == "correlation"));
        Assert.Null(listed.Single(one => one.RuleId == "rule").Correlation);
    }

    [Fact]
    public async Task An_alert_that_is_owed_tells_of_its_events_too()
    {
        var table = new DetectionTable(await account.CreateTableAsync());
        Detection detection = Some.Correlated();
        Detection lengthy = Some.Correlated() with { Correlation = detection.Correlation! with { Id = new DetectionId(detection.Id.Value[..^1] + "0"), Events = Long(100) } };
        await table.AddAsync([detection, lengthy], Token);

        AssertSame(detection with { Original = "" }, await table.FindOwedAsync(detection.Id.PartitionKey, detection.Id.RowKey, Token));
        AssertSame(lengthy with { Original = "" }, await table.FindOwedAsync(lengthy.Id.PartitionKey, lengthy.Id.RowKey, Token));
    }

    [Fact]
    public async Task The_completing_event_is_the_one_told_also_where_the_key_has_the_time_of_another()
    {
        var table = new DetectionTable(await account.CreateTableAsync());
        Detection detection = Some.Correlated() with { Identity = Some.Identity(200, enqueued: Some.Time.AddMinutes(70).AddTicks(3)) };

        await table.AddAsync([detection], Token);

        Assert.Equal(detection.Identity, (await table.FindAsync(detection.Id, Token))!.Identity);
    }

    [Theory]
    [MemberData(nameof(HostileContents))]
    public async Task No_event_makes_a_write_fail_and_what_is_read_is_written_alike(string content)
    {
        var table = new DetectionTable(await account.CreateTableAsync());
        Detection detection = Some.Correlated();
        detection = detection with { Correlation = Hostile[content](detection.Correlation!), Original = new string('€', 300_000) };

        await table.AddAsync([detection], Token);

        Detection read = (await table.FindAsync(detection.Id, Token))!;
        Assert.Equal(CorrelationColumns.Write(detection.Correlation!), CorrelationColumns.Write(read.Correlation!));
        Assert.All(read.Correlation!.Events, one => Assert.True(one is { Host.Length: <= 256 } and { User: null or { Length: <= 256 } } and { RuleId.Length: <= 256 }));
        Assert.All(read.Correlation.Group, one => Assert.InRange(one.Value.Length, 0, 256));
        Assert.InRange(read.Correlation.Values.Length, 0, DetectedCorrelation.MaxValues);
    }

    [Theory]
    [MemberData(nameof(HostileContents))]
    public void Every_row_is_within_the_limits_of_the_service(string content)
    {
        string pairs = string.Concat(Enumerable.Repeat("😀", 200_000));
        Detection detection = Some.Correlated() with
        {
            Original = pairs,
            Host = pairs,
            User = pairs,
            Tags = [.. Enumerable.Repeat(pairs, 1_000)],
            Fields = [.. Enumerable.Repeat(new DetectedField(pairs, pairs), 100)],
        };
        TableEntity row = DetectionRow.ToEntity(detection with { Correlation = Hostile[content](detection.Correlation!) });

        // As the service counts: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
        int size = 4 + (2 * (row.PartitionKey.Length + row.RowKey.Length))
            + row.Sum(property => 8 + (2 * property.Key.Length) + (property.Value is string text ? 4 + (2 * text.Length) : 16));
        Assert.InRange(size, 1, 950 * 1024);
        Assert.All(row, property => Assert.True(property.Value is not string { Length: > 32_000 }, property.Key));
    }

    [Fact]
    public void Long_texts_are_cut_visibly_and_the_first_and_last_events_stay()
    {
        DetectedCorrelation correlation = Some.Correlated().Correlation! with { Events = Many(300), Values = [new string('v', 257), new string('w', 256)] };

        DetectedCorrelation read = Read(CorrelationColumns.Write(correlation));

        Assert.Equal([new string('v', 244) + "…[truncated]", new string('w', 256)], read.Values);
        Assert.Equal(correlation.Events.Take(50).Concat(correlation.Events.TakeLast(50)), read.Events);
    }

    /// <summary>As long texts are kept: their beginning, and at its end a hash. Nor do texts that are short enough to be kept whole get lost in others.</summary>
    [Theory]
    [InlineData(256, "…[00112233445566778899aabbccddeeff]", "…[ffeeddccbbaa99887766554433221100]")]
    [InlineData(900, "a", "b")]
    [InlineData(256, "", "x")]
    public void Groups_that_begin_alike_stay_two_in_rows_and_alerts(int beginning, string one, string other)
    {
        Detection[] detections =
        [
            .. new[] { one, other }.Select(end => Some.Correlated() with
            {
                Correlation = Some.Correlated().Correlation! with { Group = [new DetectedField("CommandLine", new string('c', beginning) + end)] },
            }),
        ];

        DetectedCorrelation[] rows = [.. detections.Select(detection => Read(CorrelationColumns.Write(detection.Correlation!)))];
        string[] alerts = [.. detections.Select(detection => Alert.Parse(Alert.From(detection, "Detections").ToJson()).Correlation!.Group[0].Value)];
        string[] ofRows =
        [
            .. detections.Zip(rows, (detection, row) => Alert.Parse(Alert.From(detection with { Correlation = row }, "Detections").ToJson()).Correlation!.Group[0].Value),
        ];

        Assert.All(rows, row => Assert.InRange(row.Group[0].Value.Length, 1, 256));
        Assert.NotEqual(rows[0].Group[0].Value, rows[1].Group[0].Value);
        Assert.NotEqual(alerts[0], alerts[1]);
        Assert.Equal(alerts, ofRows);
        Assert.All(rows, row => Assert.Equal(row.Group, Read(CorrelationColumns.Write(row)).Group));
    }

    [Fact]
    public void The_same_place_is_written_once_and_a_hundred_ordinary_events_are_in_one_property()
    {
        Dictionary<string, object> columns = CorrelationColumns.Write(Some.Correlated(100).Correlation!);

        Assert.Equal(["Correlation", "Revision", "CorrelationEvents"], columns.Keys);
        string events = (string)columns["CorrelationEvents"];
        Assert.Equal((2, 50), (events.Split("hub.servicebus.windows.net").Length, events.Split("\"partition\"").Length - 1));
        Assert.Equal(
            Line("""
                {"type":"value_count","group":[{"field":"TargetUserName","value":"alice"},{"field":"Computer","value":"WS01.contoso.example"}],"value":3.25,
                "first":"2026-11-25T03:09:15.9259999Z","last":"2026-11-25T03:14:10.926Z","eventCount":110,"values":["10.0.0.1","10.0.0.2","ключ"]}
                """),
            columns["Correlation"]);
        Assert.StartsWith(
            Line("""
                [{"namespace":"hub.servicebus.windows.net","eventHub":"events","partition":"0","enqueuedTime":"2026-11-25T03:09:15.926Z","sequenceNumber":0,
                "record":0,"time":"2026-11-25T03:09:14.9260001Z","rule":"rule","host":"WS00","user":"CONTOSO\\alice"},{"enqueuedTime":
                """),
            events,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("twelve")]
    [InlineData("[1]")]
    [InlineData("NaN")]
    public void A_value_that_is_no_number_is_refused(string value) =>
        Assert.Throws<ArgumentException>(() => CorrelationColumns.Write(Some.Correlated().Correlation! with { Value = value }));

    [Theory]
    [InlineData("Correlation", "secret")]
    [InlineData("Correlation", "{}")]
    [InlineData("Correlation", "[]")]
    [InlineData("Correlation", 7)]
    [InlineData("Correlation", """{"type":"t","group":[],"value":"3","first":"2026-11-25T00:00:00Z","last":"2026-11-25T00:00:00Z","eventCount":1}""")]
    [InlineData("Correlation", """{"type":"t","group":[],"value":3,"first":"secret","last":"2026-11-25T00:00:00Z","eventCount":1}""")]
    [InlineData("Correlation", """{"type":"t","group":[],"value":3,"first":"2026-11-25T00:00:00Z","last":"2026-11-25T00:00:00Z","eventCount":1.5}""")]
    [InlineData("CorrelationEvents", "secret")]
    [InlineData("CorrelationEvents", "[{}]")]
    [InlineData("CorrelationEvents", "{}")]
    [InlineData("CorrelationEvents2", "secret")]
    [InlineData("CorrelationEvents2", 7)]
    [InlineData("Revision", "secret")]
    [InlineData("Superseded", "secret")]
    public async Task A_row_with_a_column_of_another_form_is_named_and_hides_no_other(string column, object value)
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);
        Detection detection = Some.Correlated();
        Detection other = Some.Detection();
        await table.AddAsync([detection, other], Token);
        TableEntity row = await client.GetEntityAsync<TableEntity>(detection.Id.PartitionKey, detection.Id.RowKey, cancellationToken: Token);
        row[column] = value;
        await client.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, Token);

        (IReadOnlyList<Detection> found, IReadOnlyList<FormatException> wrong) = await table.FindAsync([detection.Id, other.Id], Token);

        Assert.Equal(other.Id, Assert.Single(found).Id);
        string message = Assert.Single(wrong).Message;
        Assert.StartsWith($"Row {detection.Id.PartitionKey}/{detection.Id.RowKey}: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_takes_the_place_of_what_was_told_and_nothing_else_changes()
    {
        TableClient client = await account.CreateTableAsync();
        var clock = new FakeTimeProvider(Some.Time.AddMinutes(1));
        var table = new DetectionTable(client, clock);
        Detection before = Some.Correlated() with { Original = new string('o', 40_000) };
        before = before with
        {
            Correlation = before.Correlation! with { Events = Long(100) },
        };
        await table.AddAsync([before], Token);
        await table.MarkAsync([new AlertOutcome(before.Id, HoldReason.Moved, Some.Detection().Id)], Token);
        TableEntity recorded = await RowAsync(client, before);
        Assert.True(recorded.ContainsKey("CorrelationEvents2"));
        recorded["Later"] = "of another version";
        await client.UpdateEntityAsync(recorded, recorded.ETag, TableUpdateMode.Replace, Token);

        // One that has less of everything.
        Detection now = before with
        {
            Identity = Some.Identity(150, enqueued: Some.Time.AddSeconds(20)),
            EventTime = null,
            Host = null,
            User = "ben",
            RuleTitle = "Another title",
            Fields = [],
            Original = "",
            Correlation = before.Correlation with { Value = "4", Events = Many(2), Values = [], Revision = 2, IsSuperseded = true },
        };
        Assert.True(await table.ReviseAsync(now, Token));

        AssertSame(
            before with { Identity = now.Identity, EventTime = null, Host = null, User = "ben", Correlation = now.Correlation, HeldBack = HoldReason.Moved, HeldBackBy = Some.Detection().Id },
            await table.FindAsync(before.Id, Token));
        TableEntity row = await RowAsync(client, before);
        Assert.Equal((before.Original[32_000..], "moved", Some.Detection().Id.Value), (row["Original2"], row["HeldBack"], row["HeldBackBy"]));
        Assert.Equal("of another version", row["Later"]);
        Assert.False(row.ContainsKey("CorrelationEvents2"));

        // And it may come back.
        Assert.True(await table.ReviseAsync(now with { Correlation = before.Correlation with { Revision = 3 } }, Token));
        Assert.Equal((true, false), ((await RowAsync(client, before)).ContainsKey("CorrelationEvents2"), (await RowAsync(client, before)).ContainsKey("Superseded")));
    }

    [Fact]
    public async Task An_alert_that_is_marked_stays_so()
    {
        TableClient client = await account.CreateTableAsync();
        var clock = new FakeTimeProvider(Some.Time.AddMinutes(1));
        var table = new DetectionTable(client, clock);
        await table.AddAsync([Some.Correlated()], Token);
        await table.MarkAsync([new AlertOutcome(Some.Correlated().Id)], Token);

        await table.ReviseAsync(Some.Correlated(5, revision: 2), Token);

        Detection read = (await table.FindAsync(Some.Correlated().Id, Token))!;
        Assert.Equal((clock.GetUtcNow(), 5), (read.AlertedAt, read.Correlation!.Events.Length));
        Assert.Empty((await table.AddAsync([Some.Correlated()], Token)).Owed);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(4, true)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public async Task Only_a_higher_revision_changes_a_row(int revision, bool stays)
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);
        await table.AddAsync([Some.Correlated(3, revision: 5)], Token);
        ETag before = (await RowAsync(client, Some.Correlated())).ETag;

        Assert.True(await table.ReviseAsync(Some.Correlated(2, revision), Token));

        TableEntity row = await RowAsync(client, Some.Correlated());
        Assert.Equal((stays, Math.Max(5, revision)), (row.ETag == before, row["Revision"]));
    }

    [Fact]
    public async Task What_is_not_recorded_is_not_recorded_by_a_revision()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);

        Assert.False(await table.ReviseAsync(Some.Correlated(revision: 2), Token));

        Assert.Empty(await client.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task What_a_rule_detected_has_no_revisions() =>
        await Assert.ThrowsAsync<ArgumentException>(() => new DetectionTable(Mock.Of<TableClient>()).ReviseAsync(Some.Detection(), Token));

    [Fact]
    public async Task However_many_revise_at_once_the_highest_stays_and_alerts_stay_marked()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client, new FakeTimeProvider(Some.Time));
        await table.AddAsync([Some.Correlated()], Token);

        await Task.WhenAll(
        [
            .. Enumerable.Range(2, 8).Select(revision => (Task)table.ReviseAsync(Some.Correlated(revision, revision), Token)),
            table.MarkAsync([new AlertOutcome(Some.Correlated().Id)], Token),
        ]);

        Detection read = (await table.FindAsync(Some.Correlated().Id, Token))!;
        Assert.Equal((9, 9, Some.Time), (read.Correlation!.Revision, read.Correlation.Events.Length, read.AlertedAt));
    }

    [Theory]
    [InlineData(1, 3, true)]
    [InlineData(2, 9, true)]
    [InlineData(int.MaxValue, 3, null)]
    public async Task A_conflict_is_looked_at_again_a_number_of_times(int conflicts, int othersRevision, bool? expected)
    {
        TableClient real = await account.CreateTableAsync();
        var table = new DetectionTable(real);
        await table.AddAsync([Some.Correlated()], Token);
        var client = new Mock<TableClient>();
        Pass(client, real);
        int tries = 0;
        client.Setup(mock => mock.UpdateEntityAsync(It.IsAny<TableEntity>(), It.IsAny<ETag>(), It.IsAny<TableUpdateMode>(), It.IsAny<CancellationToken>()))
            .Returns(async (TableEntity row, ETag tag, TableUpdateMode mode, CancellationToken token) =>
            {
                if (tries++ < conflicts)
                {
                    await table.ReviseAsync(Some.Correlated(2, othersRevision), token);
                    await table.MarkAsync([new AlertOutcome(Some.Correlated().Id)], token);
                }

                return await real.UpdateEntityAsync(row, tag, mode, token);
            });

        Task<bool> revising = new DetectionTable(client.Object).ReviseAsync(Some.Correlated(7, revision: 5), Token);

        if (expected is { } exists)
        {
            Assert.Equal(exists, await revising);
            Detection read = (await table.FindAsync(Some.Correlated().Id, Token))!;
            Assert.Equal((Math.Max(5, othersRevision), othersRevision > 5 ? 2 : 7), (read.Correlation!.Revision, read.Correlation.Events.Length));
            Assert.NotNull(read.AlertedAt);
        }
        else
        {
            Assert.Equal(412, (await Assert.ThrowsAsync<RequestFailedException>(() => revising)).Status);
            Assert.InRange(tries, 5, 50);
        }
    }

    [Fact]
    public async Task A_row_that_is_removed_meanwhile_is_not_there()
    {
        TableClient real = await account.CreateTableAsync();
        await new DetectionTable(real).AddAsync([Some.Correlated()], Token);
        var client = new Mock<TableClient>();
        Pass(client, real);
        client.Setup(mock => mock.UpdateEntityAsync(It.IsAny<TableEntity>(), It.IsAny<ETag>(), It.IsAny<TableUpdateMode>(), It.IsAny<CancellationToken>()))
            .Returns(async (TableEntity row, ETag tag, TableUpdateMode mode, CancellationToken token) =>
            {
                await real.DeleteEntityAsync(row.PartitionKey, row.RowKey, cancellationToken: token);
                return await real.UpdateEntityAsync(row, tag, mode, token);
            });

        Assert.False(await new DetectionTable(client.Object).ReviseAsync(Some.Correlated(revision: 2), Token));
    }

    /// <summary>Many together: some of higher revisions, some of what is recorded, some gone, one alone in its partition; large ones, and ones that others change.</summary>
    [Fact]
    public async Task Many_are_revised_together()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);
        Detection[] before = [.. Enumerable.Range(0, 300).Select(number => Numbered(number, 3, 2))];
        await table.AddAsync([.. before.Where((_, number) => number % 10 != 9)], Token);
        var counted = new RequestCounter();
        var options = new TableClientOptions();
        options.AddPolicy(counted, HttpPipelinePosition.PerCall);
        var counting = new DetectionTable(new TableClient(account.ConnectionString, client.Name, options));

        await counting.ReviseAsync([.. before.Select((_, number) => Numbered(number, 5, number % 3 == 0 ? 2 : 3))], Token);

        List<TableEntity> rows = await client.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(270, rows.Count);
        Assert.All(before.Select((one, number) => (one.Id.RowKey, Number: number)).Where(one => one.Number % 10 != 9), one =>
            Assert.Equal(one.Number % 3 == 0 ? 2 : 3, rows.Single(row => row.RowKey == one.RowKey)["Revision"]));
        Assert.InRange(counted.Requests, 10, 100);
    }

    [Fact]
    public async Task Those_that_others_change_are_revised_one_by_one()
    {
        TableClient real = await account.CreateTableAsync();
        var table = new DetectionTable(real);
        await table.AddAsync([.. Enumerable.Range(0, 40).Select(number => Numbered(number, 3, 1))], Token);
        var options = new TableClientOptions();
        int transactions = 0;
        options.AddPolicy(new Before("$batch", async () =>
        {
            Interlocked.Increment(ref transactions);
            await Task.WhenAll(Enumerable.Range(0, 40).Select(number => table.MarkAsync([new AlertOutcome(Numbered(number, 3, 1).Id)], Token)));
        }), HttpPipelinePosition.PerCall);

        await new DetectionTable(new TableClient(account.ConnectionString, real.Name, options)).ReviseAsync([.. Enumerable.Range(0, 40).Select(number => Numbered(number, 5, 2))], Token);

        Assert.NotEqual(0, transactions);
        List<TableEntity> rows = await real.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);
        Assert.All(rows, row => Assert.Equal((2, true), (row["Revision"], row.ContainsKey("AlertedAt"))));
    }

    [Fact]
    public async Task Large_ones_are_revised_too()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);
        Detection[] large = [.. Enumerable.Range(0, 30).Select(number => Numbered(number, 3, 1) with { Original = new string('"', 90_000) })];
        await table.AddAsync(large, Token);

        await table.ReviseAsync([.. Enumerable.Range(0, 30).Select(number => Numbered(number, 5, 2))], Token);

        List<TableEntity> rows = await client.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);
        Assert.All(rows, row => Assert.Equal((2, true), (row["Revision"], row.ContainsKey("Original2"))));
    }

    private static Detection Numbered(int number, int events, int revision) => Some.Correlated(events, revision: revision) with
    {
        Correlation = Some.Correlated(events, revision: revision).Correlation! with { Id = DetectionId.OfCorrelation(Some.Identity(number), Some.Correlated().RuleId, $"{number}", number) },
    };

    private sealed class RequestCounter : HttpPipelineSynchronousPolicy
    {
        private int _requests;

        public int Requests => _requests;

        public override void OnSendingRequest(HttpMessage message) => Interlocked.Increment(ref _requests);
    }

    private sealed class Before(string path, Func<Task> act) : HttpPipelinePolicy
    {
        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            if (message.Request.Uri.Path.EndsWith(path, StringComparison.Ordinal))
            {
                await act();
            }

            await ProcessNextAsync(message, pipeline);
        }
    }

    private static void Pass(Mock<TableClient> client, TableClient real) => client
        .Setup(mock => mock.GetEntityIfExistsAsync<TableEntity>(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
        .Returns((string partition, string row, IEnumerable<string> select, CancellationToken token) => real.GetEntityIfExistsAsync<TableEntity>(partition, row, select, token));

    private static ImmutableArray<DetectedEvent> Many(int count) => Some.Correlated(count).Correlation!.Events;

    private static ImmutableArray<DetectedEvent> Long(int count) => [.. Many(count).Select(one => one with { User = new string('u', 200), Host = new string('h', 200) })];

    private static string Line(string lines) => lines.Replace("\n", "", StringComparison.Ordinal);

    private static DetectedCorrelation Read(Dictionary<string, object> columns) =>
        CorrelationColumns.Read(new TableEntity(columns.ToDictionary(column => column.Key, column => (object?)column.Value)), Some.Correlated().Id)!;

    private static async Task<TableEntity> RowAsync(TableClient client, Detection detection) =>
        await client.GetEntityAsync<TableEntity>(detection.Id.PartitionKey, detection.Id.RowKey, cancellationToken: Token);

    private static void AssertSame(Detection expected, Detection? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Tags, actual.Tags);
        Assert.Equal(expected.Fields, actual.Fields);
        DetectedCorrelation meant = expected.Correlation!;
        DetectedCorrelation told = actual.Correlation!;
        Assert.Equal(meant.Group, told.Group);
        Assert.Equal(meant.Values, told.Values);
        Assert.Equal(meant.Events, told.Events);
        Assert.Equal(meant, told with { Group = meant.Group, Values = meant.Values, Events = meant.Events });
        Assert.Equal(expected, actual with { Tags = expected.Tags, Fields = expected.Fields, Correlation = meant });
    }
}
