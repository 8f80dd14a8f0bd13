using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Moq;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>Finding detections by host, user, rule and hash, on a real storage service.</summary>
public sealed class DetectionIndexTests(StorageAccount account) : IAsyncLifetime
{
    private static readonly DateTimeOffset From = Some.Time.AddDays(-60);
    private static readonly DateTimeOffset To = Some.Time.AddDays(1);

    private readonly RequestCount _requests = new();
    private TableClient _rows = null!;
    private TableClient _pointers = null!;
    private DetectionIndex _index = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DetectionTable Table => new(_rows, index: _index);

    public async ValueTask InitializeAsync()
    {
        _rows = await account.CreateTableAsync();
        var options = new TableClientOptions();
        options.AddPolicy(_requests, HttpPipelinePosition.PerCall);
        _pointers = await account.CreateTableAsync(options);
        _index = new DetectionIndex(_pointers);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(IndexKind.Host, "ws01", "1 2 3")]
    [InlineData(IndexKind.Host, "WS01", "1 2 3")]
    [InlineData(IndexKind.Host, "ws01.corp.example", "1 2 3")]
    [InlineData(IndexKind.Host, "ws0", "")]
    [InlineData(IndexKind.Host, "10.0.0.1", "4")]
    [InlineData(IndexKind.Host, "10.0.0.2", "5")]
    [InlineData(IndexKind.Host, "10", "")]
    [InlineData(IndexKind.Host, "", "")]
    [InlineData(IndexKind.User, @"corp\ANN", "1")]
    [InlineData(IndexKind.User, "ann", "2")]
    [InlineData(IndexKind.User, "ZOË", "3")]
    [InlineData(IndexKind.User, "ws01", "")]
    [InlineData(IndexKind.Rule, "RULE", "1 2 3 5")]
    [InlineData(IndexKind.Rule, "another", "4")]
    [InlineData(IndexKind.File, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "4 5")]
    [InlineData(IndexKind.File, "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB", "5")]
    [InlineData(IndexKind.File, "cccccccccccccccccccccccccccccccccccccccc", "5")]
    public async Task Detections_are_found_by_what_they_are_of(IndexKind kind, string value, string found)
    {
        await Table.AddAsync(
            [
                Some.Detection(Some.Identity(1)) with { Host = "WS01", User = @"CORP\ann" },
                Some.Detection(Some.Identity(2)) with { Host = "ws01.corp.example", User = "Ann" },
                Some.Detection(Some.Identity(3)) with { Host = "ws01.other.example", User = "zoë" },
                Some.Factual(Some.Identity(4)) with { RuleId = "another", Host = "10.0.0.1", User = null },
                Some.Factual(Some.Identity(5)) with
                {
                    Host = "10.0.0.2",
                    User = "",
                    Facts = Some.Facts with { Hashes = new FileHashes(new string('b', 32), new string('c', 40), new string('a', 64)) },
                },
            ],
            Token);

        IndexedDetections indexed = await _index.FindAsync(kind, value, From, To, 10, Token);

        IReadOnlyDictionary<DetectionId, Detection> detections = await Table.FindBriefAsync([.. indexed.Ids], Token);
        Assert.Equal(indexed.Ids.Count, detections.Count);
        Assert.Equal(found, string.Join(' ', detections.Values.Select(one => one.Identity.ByKind(hub => hub.SequenceNumber)).Order()));
        Assert.False(indexed.IsCut);
    }

    [Theory]
    [InlineData(1_000, 300)]
    [InlineData(300, 300)]
    [InlineData(299, 299)]
    [InlineData(1, 1)]
    public async Task The_newest_come_first_over_months_and_partitions_up_to_a_bound(int max, int count)
    {
        Detection[] detections =
        [
            .. Enumerable.Range(0, 300).Select(number => Some.Detection(Some.Identity(number, enqueued: Some.Time.AddHours(-number * number % 1_400), partition: $"{number % 32}"))),
        ];
        await Table.AddAsync([.. detections, Some.Detection(Some.Identity(1, enqueued: To)), Some.Detection(Some.Identity(1, enqueued: From.AddTicks(-1)))], Token);
        int before = _requests.Count;

        IndexedDetections found = await _index.FindAsync(IndexKind.Host, "ws01", From, To, max, Token);

        Assert.Equal(detections.Select(one => one.Id).OrderBy(id => id.RowKey, StringComparer.Ordinal).Take(count), found.Ids);
        Assert.Equal(max < 300, found.IsCut);

        // September and October are asked only where November has not enough.
        Assert.Equal(max == 1 ? 16 : 48, _requests.Count - before);
    }

    [Fact]
    public async Task A_rule_has_a_history_by_day()
    {
        (int Days, string? Host)[] fired = [(0, "a"), (0, "A.corp.example"), (0, "b"), (-1, "a"), (-30, null), (-59, "c")];
        await Table.AddAsync(
            [
                .. fired.Select((one, number) => Some.Detection(Some.Identity(number, enqueued: Some.Time.AddDays(one.Days), partition: $"{number}")) with { Host = one.Host }),
                Some.Detection(ruleId: "another"),
            ],
            Token);
        var today = DateOnly.FromDateTime(Some.Time.UtcDateTime);

        RuleHistory history = await _index.RuleHistoryAsync("RULE", From, To, Token);

        Assert.Equal([new(today.AddDays(-59), 1), new(today.AddDays(-30), 1), new(today.AddDays(-1), 1), new DayCount(today, 3)], history.Days);
        Assert.Equal((6, Some.Time.AddDays(-59), Some.Time, 3, false), (history.Count, history.First, history.Last, history.HostCount, history.IsCut));
        history = await _index.RuleHistoryAsync("rule", From, To, Token, max: 4);
        Assert.Equal([new(today.AddDays(-1), 1), new DayCount(today, 3)], history.Days);
        Assert.Equal((4, Some.Time.AddDays(-1), 2, true), (history.Count, history.First, history.HostCount, history.IsCut));
        history = await _index.RuleHistoryAsync("never", From, To, Token);
        Assert.Equal((0, null, null, 0, false), (history.Count, history.First, history.Last, history.HostCount, history.IsCut));
    }

    [Fact]
    public async Task Pointers_hold_no_names_and_hashes_of_their_own()
    {
        await Table.AddAsync([Some.Factual()], Token);

        List<TableEntity> rows = await _pointers.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);

        Assert.Equal(4, rows.Count);
        Assert.Equal("fhru", string.Concat(rows.Select(row => row.RowKey[0]).Order()));
        Assert.Equal(4, rows.Select(row => row.RowKey[1..21]).Distinct().Count());
        Assert.All(rows, row => Assert.Matches("^202611-[0-9a-f] [fhru][0-9a-f]{20}-[0-9]{19}-[0-9a-f]{32}$", $"{row.PartitionKey} {row.RowKey}"));
        Assert.Equal(["HostHash"], rows.SelectMany(row => row.Keys).Except(["PartitionKey", "RowKey", "Timestamp", "odata.etag"]));
        Assert.Equal(rows.Single(row => row.RowKey[0] == 'h').RowKey[1..21], rows.Single(row => row.RowKey[0] == 'r')["HostHash"]);
    }

    /// <summary>A batch that comes again writes what is there.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(25, 1)]
    [InlineData(26, 2)]
    [InlineData(100, 4)]
    [InlineData(1_000, 40)]
    public async Task A_batch_costs_a_transaction_for_a_hundred_pointers(int detections, int transactions)
    {
        Detection[] batch = [.. Enumerable.Range(0, detections).Select(number => Some.Factual(Some.Identity(number, enqueued: Some.Time.AddMilliseconds(number))))];
        for (int time = 0; time < 2; time++)
        {
            int before = _requests.Count;

            await Table.AddAsync(batch, Token);

            Assert.Equal(transactions, _requests.Count - before);
        }

        Assert.Equal(4 * detections, await _pointers.QueryAsync<TableEntity>(cancellationToken: Token).CountAsync(Token));
    }

    /// <summary>The writer ends between a pointer and its row, or before any of them: there may be pointers to nothing, and no row without.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    public async Task Wherever_a_writer_ends_readers_see_what_is_recorded(bool endsAtPointers, int transactionsBefore)
    {
        Detection[] batch = [.. Enumerable.Range(0, 60).Select(number => Some.Factual(Some.Identity(number, enqueued: Some.Time.AddHours(number % 2))))];
        DetectionTable ending = endsAtPointers
            ? new DetectionTable(_rows, index: new DetectionIndex(Ending(_pointers, transactionsBefore)))
            : new DetectionTable(Ending(_rows, transactionsBefore), index: _index);

        await Assert.ThrowsAnyAsync<RequestFailedException>(() => ending.AddAsync(batch, Token));

        await AgreeAsync(endsAtPointers ? 0 : 30 * transactionsBefore);
        await Table.AddAsync(batch, Token);
        await AgreeAsync(60);

        async Task AgreeAsync(int recorded)
        {
            HashSet<string> rows = await _rows.QueryAsync<TableEntity>(cancellationToken: Token).Select(row => row.RowKey).ToHashSetAsync(cancellationToken: Token);
            Assert.Equal(recorded, rows.Count);
            foreach ((IndexKind kind, string value) in ((IndexKind, string)[])[(IndexKind.Host, "WS01"), (IndexKind.User, @"CONTOSO\alice"), (IndexKind.Rule, "rule"), (IndexKind.File, new string('a', 64))])
            {
                IndexedDetections found = await _index.FindAsync(kind, value, From, To, 100, Token);
                Assert.Equal(rows.Order(), (await Table.FindBriefAsync([.. found.Ids], Token)).Keys.Select(id => id.RowKey).Order());
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task What_a_correlation_detected_is_found_by_its_newest_host_and_user(int together)
    {
        Detection[] detections =
        [
            .. Enumerable.Range(0, together).Select(number => Some.Correlated() with
            {
                Correlation = Some.Correlated().Correlation! with { Id = new DetectionId($"202611250314159260000-c{number:x31}") },
            }),
        ];
        await Table.AddAsync(detections, Token);
        int before = _requests.Count;
        Detection[] revised = [.. detections.Select(one => one with { Correlation = one.Correlation! with { Revision = 2 } })];

        await ReviseAsync(revised);
        Assert.Equal(before, _requests.Count);

        await ReviseAsync([.. revised.Select(one => one with { Host = "ws02", User = "ben", Correlation = one.Correlation! with { Revision = 3 } })]);
        foreach ((IndexKind kind, string value) in ((IndexKind, string)[])[(IndexKind.Host, "ws02"), (IndexKind.User, "ben"), (IndexKind.Rule, "correlation")])
        {
            Assert.Equal(
                detections.Select(one => one.Id.Value).Order(), (await _index.FindAsync(kind, value, From, To, 10, Token)).Ids.Select(id => id.Value).Order());
        }

        async Task ReviseAsync(Detection[] some)
        {
            if (some.Length == 1)
            {
                Assert.True(await Table.ReviseAsync(some[0], Token));
            }
            else
            {
                await Table.ReviseAsync(some, Token);
            }
        }
    }

    [Fact]
    public async Task Rows_of_versions_before_are_indexed_afterwards()
    {
        Detection[] detections =
        [
            .. Enumerable.Range(0, 1_200).Select(number => Some.Factual(Some.Identity(number, enqueued: Some.Time.AddMinutes(-number), partition: $"{number % 3}")) with { Original = "" }),
            Some.Correlated(),
        ];
        await new DetectionTable(_rows).AddAsync(detections, Token);
        await _rows.AddEntityAsync(new TableEntity(detections[0].Id.PartitionKey, detections[0].Id.RowKey[..^1] + "!") { ["RuleId"] = "rule" }, Token);
        Assert.Empty((await _index.FindAsync(IndexKind.Rule, "rule", From, To, 10_000, Token)).Ids);
        var told = new List<long>();

        (long indexed, long passedOver) = await Table.ReindexAsync(Some.Time.AddMinutes(-1_100), To, told.Add, Token);

        Assert.Equal((1_102, 1), (indexed, passedOver));
        Assert.Equal([1_000, 1_102], told);
        Assert.Equal(1_101, (await _index.FindAsync(IndexKind.Rule, "rule", From, To, 10_000, Token)).Ids.Count);
        await Assert.ThrowsAsync<InvalidOperationException>(() => new DetectionTable(_rows).ReindexAsync(From, To, null, Token));

        // The same pointers as when the detections were written.
        HashSet<string> before = await KeysAsync();
        await Table.AddAsync(detections, Token);
        Assert.Equal(99 * 4, (await KeysAsync()).Except(before).Count());
        Assert.Subset(await KeysAsync(), before);
    }

    /// <summary>A deployment of an earlier version, under a newer app.</summary>
    [Fact]
    public async Task Where_there_is_no_table_nothing_is_found_and_whoever_writes_makes_it()
    {
        var missing = new DetectionIndex(new TableClient(account.ConnectionString, $"T{Guid.NewGuid():N}"));
        Detection[] batch = [.. Enumerable.Range(0, 300).Select(number => Some.Detection(Some.Identity(number)))];

        Assert.Empty((await missing.FindAsync(IndexKind.Rule, "rule", From, To, 10, Token)).Ids);
        Assert.Equal(0, await missing.RemoveAsync(To, 10, Token));
        Assert.Empty((await new DetectionTable(_rows, index: missing).AddAsync(batch, Token)).HeldBack);

        Assert.Equal(300, (await missing.RuleHistoryAsync("rule", From, To, Token)).Count);
    }

    [Fact]
    public async Task Pointers_of_whole_months_are_removed()
    {
        DateTimeOffset[] times = [Some.Time.AddDays(-60), new(2026, 10, 31, 23, 59, 59, TimeSpan.Zero), new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), Some.Time];
        await Table.AddAsync([.. times.Select(time => Some.Detection(Some.Identity(enqueued: time)))], Token);
        await _pointers.AddEntityAsync(new TableEntity("00", "not a pointer"), Token);

        Assert.Equal(0, await _index.RemoveAsync(new DateTimeOffset(2026, 9, 30, 23, 59, 59, TimeSpan.Zero), 1_000, Token));
        Assert.Equal(2, await _index.RemoveAsync(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), 2, Token));
        Assert.Equal(4, await _index.RemoveAsync(new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero), 1_000, Token));

        Assert.Equal(2, (await _index.FindAsync(IndexKind.Rule, "rule", From, To, 10, Token)).Ids.Count);
        Assert.Equal(7, (await KeysAsync()).Count);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(DetectionIndex.MaxFound + 1, 1)]
    [InlineData(1, DetectionIndex.MaxMonths + 1)]
    public async Task What_is_out_of_bounds_is_refused(int max, int months)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => _index.FindAsync(IndexKind.Host, "a", To.AddMonths(-months), To, max, Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => _index.FindAsync((IndexKind)9, "a", From, To, 1, Token));
    }

    private static TableClient Ending(TableClient table, int transactionsBefore)
    {
        int left = transactionsBefore;
        var ending = new Mock<TableClient>();
        ending.Setup(one => one.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .Returns((IEnumerable<TableTransactionAction> actions, CancellationToken _) => Interlocked.Decrement(ref left) >= 0
                ? table.SubmitTransactionAsync(actions, CancellationToken.None)
                : throw new RequestFailedException("the process has ended"));
        return ending.Object;
    }

    private async Task<HashSet<string>> KeysAsync() =>
        await _pointers.QueryAsync<TableEntity>(cancellationToken: Token).Select(row => row.RowKey).ToHashSetAsync(cancellationToken: Token);

    private sealed class RequestCount : HttpPipelineSynchronousPolicy
    {
        private int _count;

        public int Count => _count;

        public override void OnSendingRequest(HttpMessage message) => Interlocked.Increment(ref _count);
    }
}
