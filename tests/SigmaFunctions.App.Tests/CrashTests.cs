using System.Collections.Concurrent;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging;
using Moq;
using SigmaFunctions.App.Alerting;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.App.Tests;

/// <summary>
/// A process that stops at any of its requests: what it recorded is announced by the sweep where the hub never delivers again, and a
/// second delivery completes the rest. What the store is asked for a batch is counted here too.
/// </summary>
public sealed class CrashTests(StorageAccount account)
{
    // Far ahead of the store's own clock: its rows are as old to the app as a test says.
    private static readonly DateTimeOffset Now = new(2126, 11, 25, 3, 14, 15, TimeSpan.Zero);

    // A claim, the pointers, the rows of two hours, six alerts, the marks of two hours.
    private const int RequestsOfBatch = 12;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int, bool> Stops =>
        new(Enumerable.Range(0, RequestsOfBatch + 1).SelectMany(number => new[] { (number, false), (number, true) }));

    [Theory]
    [MemberData(nameof(Stops))]
    public async Task Wherever_it_stops_what_is_recorded_is_announced_and_a_second_delivery_does_the_rest(int request, bool isCarriedOut)
    {
        Store store = await CreateAsync();
        Store process = StoppingProcess.Create(store, account, request, isCarriedOut).Store;
        bool isStopped = await Record.ExceptionAsync(() => process.Recorder().RecordAsync(Batch(), Token)) is not null;
        Assert.Equal(request < RequestsOfBatch, isStopped);
        int recorded = (await store.RowsAsync()).Count;
        await AllAreFoundAsync(store);

        store.Clock.Advance(AlertSweep.MinimumAge + TimeSpan.FromSeconds(1));
        await store.Sweep().RunAsync(Token);

        var alerted = new HashSet<string>();

        // What was on its way when the process stopped may have come to the store after the rows were counted.
        Assert.InRange(await CountAnnouncedAsync(store, alerted), recorded, 6);
        Assert.DoesNotContain(store.SweepLog.Entries, entry => entry.Level >= LogLevel.Error);

        await store.Recorder().RecordAsync(Batch(), Token);
        Assert.Equal(6, await CountAnnouncedAsync(store, alerted));
        Assert.Equal(Batch().Select(detection => detection.Id.Value).ToHashSet(), alerted);
        Assert.Equal(6, await AllAreFoundAsync(store));

        store.Clock.Advance(AlertSweep.MaxAge);
        Assert.Equal(0, await store.Sweep().RunAsync(Token));
        Assert.Equal(0, await store.OwedAsync());
    }

    [Fact]
    public async Task A_process_that_stands_still_before_its_rows_and_ends_after_them_is_swept_when_it_has_ended()
    {
        Store store = await CreateAsync();
        using ClaimUse use = await store.Claims.EnterAsync(Batch().Select(detection => detection.Id), Token);
        store.Clock.Advance(TimeSpan.FromHours(10));
        Assert.Equal(0, await store.Sweep().RunAsync(Token));

        await store.Table.AddAsync(Batch(), Token);

        store.Clock.Advance(TimeSpan.FromHours(10) - TimeSpan.FromSeconds(1));
        Assert.Equal(0, await store.Sweep().RunAsync(Token));
        store.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(6, await store.Sweep().RunAsync(Token));
        Assert.Equal(6, await CountAnnouncedAsync(store, []));
    }

    [Fact]
    public async Task A_process_that_goes_on_after_its_claim_was_looked_at_repeats_its_alerts_at_worst()
    {
        Store store = await CreateAsync();
        using ClaimUse use = await store.Claims.EnterAsync(Batch().Select(detection => detection.Id), Token);
        await store.Table.AddAsync(Batch(), Token);
        store.Clock.Advance(AlertSweep.MinimumAge + TimeSpan.FromSeconds(1));
        Assert.Equal(6, await store.Sweep().RunAsync(Token));

        await store.Announcer().AnnounceAsync(Batch(), Token);

        List<Alert> alerts = await store.TakeAlertsAsync();
        Assert.Equal((12, 6), (alerts.Count, alerts.Select(alert => alert.Id).Distinct().Count()));
        Assert.Equal(6, (await store.RowsAsync()).Count);
    }

    [Fact]
    public async Task While_a_process_tries_again_its_claim_is_left_to_it_and_swept_when_the_partition_has_gone_elsewhere()
    {
        Store store = await CreateAsync();
        Store process = store with { Queue = Refusing(store.Queue) };
        for (int minute = 0; minute < 12; minute++)
        {
            await Assert.ThrowsAsync<RequestFailedException>(() => process.Recorder().RecordAsync(Some(0, 3, host: "REFUSED"), Token));
            // What settles beside it under the same claim does not settle it.
            await store.Recorder().RecordAsync(Some(3 + minute, 1), Token);
            Assert.Equal(0, await store.Claims.ReleaseAsync(AlertClaims.IdleAfter, Token));
            Assert.Equal(0, await store.Sweep().RunAsync(Token));
            store.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(0, await store.Claims.ReleaseAsync(AlertClaims.IdleAfter, Token));
        store.Clock.Advance(AlertSweep.MinimumAge);
        Assert.Equal(3, await store.Sweep().RunAsync(Token));
        Assert.Equal(15, await CountAnnouncedAsync(store, []));
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(100, 1, 2, 1, 1)]
    [InlineData(128, 1, 3, 2, 2)]
    [InlineData(1_000, 1, 20, 10, 10)]
    public async Task A_batch_costs_two_transactions_of_a_hundred_its_pointers_and_its_messages_once_its_claim_is_written(
        int detections, int claims, int pointers, int rows, int marks)
    {
        Store store = await CreateAsync();
        var counted = StoppingProcess.Create(store, account);
        DetectionRecorder recorder = counted.Store.Recorder(new() { MaximumPerRule = 0 });

        await recorder.RecordAsync(Some(0, detections), Token);
        (int outbox, int index, int table, int queue) first = counted.Take();
        await recorder.RecordAsync(Some(detections, detections), Token);

        Assert.Equal((claims, pointers, rows + marks, detections), first);
        Assert.Equal((0, pointers, rows + marks, detections), counted.Take());
    }

    [Fact]
    public async Task What_never_alerts_needs_no_claim()
    {
        Store store = await CreateAsync();
        var counted = StoppingProcess.Create(store, account);

        await counted.Store.Recorder(new() { MinimumLevel = RuleLevel.Critical }).RecordAsync(Some(0, 100), Token);

        Assert.Equal((0, 2, 1, 0), counted.Take());
    }

    [Fact]
    public async Task Of_very_many_rows_the_few_that_are_owed_are_found_over_several_runs()
    {
        Store store = await CreateAsync();
        (await store.Claims.EnterAsync(Some(0, 1).Select(detection => detection.Id), Token)).Dispose();
        var table = new Mock<TableClient>();
        string partition = Some(0, 1)[0].Id.PartitionKey;
        var asked = new ConcurrentQueue<string>();
        table.Setup(mock => mock.Name).Returns(store.Detections.Name);
        Detection[] owed = Some(0, 3);
        table.Setup(mock => mock.QueryAsync<TableEntity>(It.IsAny<string>(), It.IsAny<int?>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
            .Returns((string filter, int? _, IEnumerable<string> _, CancellationToken _) =>
            {
                asked.Enqueue(filter);
                int from = asked.Count == 1 ? 0 : AlertSweep.MaxRows;
                return AsyncPageable<TableEntity>.FromPages(Enumerable.Range(0, asked.Count == 1 ? 1_000 : 50).Select(page => PageOf(from + (1_000 * page))));
            });
        table.Setup(mock => mock.GetEntityIfExistsAsync<TableEntity>(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
            .Returns((string key, string row, IEnumerable<string> select, CancellationToken token) => store.Detections.GetEntityIfExistsAsync<TableEntity>(key, row, select, token));
        table.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .Returns((IEnumerable<TableTransactionAction> actions, CancellationToken token) => store.Detections.SubmitTransactionAsync(actions, token));
        await store.Table.AddAsync(owed, Token);
        store.Clock.Advance(AlertSweep.MinimumAge + TimeSpan.FromSeconds(1));
        Store vast = store with { Detections = table.Object };

        Assert.Equal(1, await vast.Sweep().RunAsync(Token));
        Assert.Equal(2, await vast.Sweep().RunAsync(Token));
        Assert.Equal(0, await vast.Sweep().RunAsync(Token));

        Assert.Equal(2, asked.Count);
        Assert.Contains($"RowKey gt '{AlertSweep.MaxRows - 1:D19}'", asked.Last(), StringComparison.Ordinal);
        Assert.Equal(3, await CountAnnouncedAsync(store, []));

        // One that is owed stands in the middle of the first run, two in the second.
        Page<TableEntity> PageOf(int first) => Page<TableEntity>.FromValues(
            [
                .. Enumerable.Range(first, 1_000).Select(number => number switch
                {
                    50_500 => new TableEntity(partition, owed[0].Id.RowKey),
                    110_500 => new TableEntity(partition, owed[1].Id.RowKey),
                    110_501 => new TableEntity(partition, owed[2].Id.RowKey),
                    _ => new TableEntity(partition, $"{number:D19}") { ["AlertedAt"] = Now },
                }),
            ],
            null,
            Mock.Of<Response>());
    }

    [Fact]
    public async Task Rows_that_others_may_be_at_work_on_are_left_to_them_and_to_the_last_look()
    {
        // To a clock that is behind, every row is as good as new.
        Store store = await Store.CreateAsync(account, new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
        (await store.Claims.EnterAsync(Batch().Select(detection => detection.Id), Token)).Dispose();
        await store.Table.AddAsync(Batch(), Token);

        store.Clock.Advance(AlertSweep.MinimumAge + TimeSpan.FromSeconds(1));
        Assert.Equal(0, await store.Sweep().RunAsync(Token));
        Assert.Equal(2, await store.OwedAsync());

        store.Clock.Advance(AlertSweep.MaxAge);
        Assert.Equal(6, await store.Sweep().RunAsync(Token));
        Assert.Equal(0, await store.OwedAsync());
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_or_sent_holds_up_no_other_of_its_claim_and_is_given_up_in_the_end_if_it_cannot_be_read()
    {
        Store store = await CreateAsync();
        Detection[] left = [.. Some(0, 4), .. Some(4, 1, host: "REFUSED")];
        (await store.Claims.EnterAsync(left.Select(detection => detection.Id), Token)).Dispose();
        await store.Table.AddAsync(left, Token);
        await store.Detections.UpsertEntityAsync(new TableEntity(left[1].Id.PartitionKey, left[1].Id.RowKey) { ["RuleId"] = 1 }, cancellationToken: Token);
        store.Clock.Advance(AlertSweep.MinimumAge + TimeSpan.FromSeconds(1));

        Store refusing = store with { Queue = Refusing(store.Queue) };
        await Assert.ThrowsAsync<AggregateException>(() => refusing.Sweep().RunAsync(Token));
        Assert.Equal(3, (await store.TakeAlertsAsync()).DistinctBy(alert => alert.Id).Count());
        Assert.EndsWith("(2 detections) could not be settled and are tried again in a minute: RequestBodyTooLarge", Assert.Single(store.SweepLog.Entries, entry => entry.Id == 22).Message, StringComparison.Ordinal);

        // The next minute; and nothing is sent again that was.
        await Assert.ThrowsAsync<AggregateException>(() => refusing.Sweep().RunAsync(Token));
        Assert.Empty(await store.TakeAlertsAsync());

        store.Clock.Advance(AlertSweep.MaxAge);
        Assert.Equal(1, await store.Sweep().RunAsync(Token));
        Assert.EndsWith("0 of its detections were never recorded, 1 cannot be read.", Assert.Single(store.SweepLog.Entries, entry => entry.Id == 23).Message, StringComparison.Ordinal);
        Assert.Equal(0, await store.OwedAsync());
    }

    [Fact]
    public async Task A_row_that_is_no_claim_is_an_error_until_it_is_given_up()
    {
        Store store = await CreateAsync();
        await store.Outbox.AddEntityAsync(new TableEntity("claims-0", "x") { ["LookAt"] = Now, ["RenewedAt"] = Now }, Token);
        store.Clock.Advance(TimeSpan.FromMinutes(6));

        await Assert.ThrowsAsync<AggregateException>(() => store.Sweep().RunAsync(Token));
        store.Clock.Advance(AlertSweep.MaxAge);
        await store.Sweep().RunAsync(Token);

        Assert.Equal(0, await store.OwedAsync());
        Assert.Equal([22, 23], store.SweepLog.Entries.Select(entry => entry.Id));
    }

    [Fact]
    public async Task A_claim_that_is_left_is_looked_at_ever_more_seldom()
    {
        Store store = await CreateAsync();
        (await store.Claims.EnterAsync(Batch().Select(detection => detection.Id), Token)).Dispose();
        var counted = StoppingProcess.Create(store, account);
        var looks = new List<int>();

        for (int minute = 1; minute <= 8 * 24 * 60; minute += Math.Max(1, minute / 20))
        {
            store.Clock.SetUtcNow(Now.AddMinutes(minute).AddSeconds(1));
            await counted.Store.Sweep().RunAsync(Token);
            if (counted.Take().Detections > 0)
            {
                looks.Add(minute);
            }
        }

        Assert.Equal(5, looks[0]);
        // Each at twice the age of the one before, give or take a step, until the last one at seven days.
        Assert.All(looks.SkipLast(2).Zip(looks.Skip(1)), pair => Assert.InRange((double)pair.Second / pair.First, 2, 2.3));
        Assert.InRange(looks[^1], 7 * 24 * 60, 7 * 24 * 60 * 1.1);
        Assert.Equal(0, await store.OwedAsync());
    }

    /// <summary>Takes the alerts, and counts the rows, each of which must be marked and have had one.</summary>
    private static async Task<int> CountAnnouncedAsync(Store store, HashSet<string> alerted)
    {
        alerted.UnionWith((await store.TakeAlertsAsync()).Select(alert => alert.Id));
        List<Detection> rows = await store.Detections.ReadDetectionsAsync(Token);
        Assert.All(rows, row => Assert.NotNull(row.AlertedAt));
        Assert.All(rows, row => Assert.Contains(row.Id.Value, alerted));
        return rows.Count;
    }

    private Task<Store> CreateAsync() => Store.CreateAsync(account, Now);

    // Three of one hour and three of the next.
    private static Detection[] Batch() => [.. Some(0, 3), .. Some(3_600_000, 3)];

    /// <summary>Whatever has happened: the index leads to every row, and to nothing that is of another host.</summary>
    private static async Task<int> AllAreFoundAsync(Store store)
    {
        List<TableEntity> rows = await store.RowsAsync();
        IndexedDetections found = await new DetectionIndex(store.Pointers).FindAsync(IndexKind.Host, "ws01", Now.AddDays(-1), Now.AddDays(1), 100, Token);
        Assert.Equal(
            rows.Select(row => row.RowKey).Order(),
            (await store.Table.FindBriefAsync([.. found.Ids], Token)).Keys.Select(id => id.RowKey).Order());
        return rows.Count;
    }

    private static QueueClient Refusing(QueueClient queue)
    {
        var refusing = new Mock<QueueClient>();
        refusing.Setup(mock => mock.SendMessageAsync(It.IsAny<BinaryData>(), It.IsAny<TimeSpan?>(), It.IsAny<TimeSpan?>(), It.IsAny<CancellationToken>()))
            .Returns((BinaryData body, TimeSpan? visible, TimeSpan? live, CancellationToken token) => body.ToString().Contains("REFUSED", StringComparison.Ordinal)
                ? throw new RequestFailedException(413, "secret", "RequestBodyTooLarge", null)
                : queue.SendMessageAsync(body, visible, live, token));
        return refusing.Object;
    }

    private static Detection[] Some(int from, int count, string host = "WS01") =>
    [
        .. Enumerable.Range(from, count).Select(number => new Detection
        {
            Identity = new HubEventIdentity("hub.servicebus.windows.net", "events", "0", Now.AddMilliseconds(number), number, 0),
            RuleId = "rule",
            RuleTitle = "A title",
            Level = "high",
            Host = host,
            Original = "{}",
        }),
    ];

    /// <summary>A process with clients of its own, which stops at one of its requests: that one is carried out or not, and none after it is.</summary>
    private sealed class StoppingProcess(Store store, string account, int request = int.MaxValue, bool isCarriedOut = false)
    {
        private readonly ConcurrentQueue<string> _asked = new();
        private int _requests;

        public Store Store { get; private set; } = store;

        public static StoppingProcess Create(Store store, StorageAccount account, int request = int.MaxValue, bool isCarriedOut = false)
        {
            var process = new StoppingProcess(store, account.ConnectionString, request, isCarriedOut);
            TableClient outbox = process.Client(store.Outbox);
            process.Store = store with
            {
                Detections = process.Client(store.Detections),
                Pointers = process.Client(store.Pointers),
                Outbox = outbox,
                Claims = new AlertClaims(outbox, store.Clock),
                Queue = process.Client(store.Queue),
            };
            return process;
        }

        /// <summary>How many requests there were since last asked, by what was asked.</summary>
        public (int Outbox, int Pointers, int Detections, int Queue) Take()
        {
            string[] asked = [.. _asked];
            _asked.Clear();
            return (asked.Count(name => name == Store.Outbox.Name), asked.Count(name => name == Store.Pointers.Name), asked.Count(name => name == Store.Detections.Name), asked.Count(name => name == Store.Queue.Name));
        }

        private TableClient Client(TableClient client)
        {
            var options = new TableClientOptions();
            options.AddPolicy(new Policy(this, client.Name), HttpPipelinePosition.PerCall);
            return new TableClient(account, client.Name, options);
        }

        private QueueClient Client(QueueClient client)
        {
            var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
            options.AddPolicy(new Policy(this, client.Name), HttpPipelinePosition.PerCall);
            return new QueueClient(account, client.Name, options);
        }

        private sealed class Policy(StoppingProcess process, string name) : HttpPipelinePolicy
        {
            public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();

            public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
            {
                int number = Interlocked.Increment(ref process._requests) - 1;
                process._asked.Enqueue(name);
                if (number < process.Request || (number == process.Request && process.IsCarriedOut))
                {
                    await ProcessNextAsync(message, pipeline);
                }

                if (number >= process.Request)
                {
                    throw new InvalidOperationException("The process has stopped.");
                }
            }
        }

        private int Request => request;

        private bool IsCarriedOut => isCarriedOut;
    }
}
