using System.Collections.Concurrent;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using Moq;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

public sealed class AlertClaimsTests(StorageAccount account)
{
    private readonly FakeTimeProvider _clock = new(Some.Time);
    private readonly Requests _requests = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_claim_covers_ten_minutes_of_a_table_partition_and_is_found_once_it_is_old()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        using ClaimUse use = await claims.EnterAsync(Ids(0, 250), Token);

        Assert.Empty(await FindAsync(table));
        _clock.Advance(AlertClaims.LeftAfter);
        Assert.Empty(await FindAsync(table));
        _clock.Advance(TimeSpan.FromSeconds(1));

        LeftClaim found = Assert.Single(await FindAsync(table));
        var from = new DateTimeOffset(2026, 11, 25, 3, 10, 0, TimeSpan.Zero);
        Assert.Equal(new ClaimedSpan(Ids(0, 1)[0].PartitionKey, from, from.AddMinutes(10)), found.Span);
        Assert.Equal(Some.Time, found.RenewedAt);
    }

    [Fact]
    public async Task The_store_is_asked_again_only_when_a_claim_is_two_minutes_old()
    {
        (_, AlertClaims claims) = await CreateAsync();

        for (int second = 0; second < 240; second++)
        {
            using ClaimUse use = await claims.EnterAsync(Ids(second, 128), Token);
            use.Settle();
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(["PUT", "PUT"], _requests.Methods);
    }

    [Fact]
    public async Task Work_goes_on_only_once_its_claim_is_in_the_store_whoever_writes_it()
    {
        var table = new Mock<TableClient>();
        var answer = new TaskCompletionSource<Response>();
        table.Setup(mock => mock.UpsertEntityAsync(It.IsAny<TableEntity>(), It.IsAny<TableUpdateMode>(), It.IsAny<CancellationToken>())).Returns(answer.Task);
        var claims = new AlertClaims(table.Object, _clock);

        Task<ClaimUse>[] uses = [claims.EnterAsync(Ids(0, 1), Token), claims.EnterAsync(Ids(1, 1), Token)];

        Assert.All(uses, use => Assert.False(use.IsCompleted));
        answer.SetResult(Mock.Of<Response>());
        await Task.WhenAll(uses);
    }

    [Fact]
    public async Task Messages_from_many_spans_need_one_request()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        DetectionId[] ids = [.. Enumerable.Range(0, 100).Select(number => Some.Detection(Some.Identity(number, enqueued: Some.Time.AddMinutes(17 * number))).Id)];

        using ClaimUse use = await claims.EnterAsync(ids, Token);

        Assert.Equal(["POST"], _requests.Methods);
        List<LeftClaim> found = await FindLeftAsync(table);
        Assert.Equal(100, found.Count);
        Assert.All(ids, id => Assert.Single(found, claim => claim.Span!.TablePartition == id.PartitionKey && claim.Span.From <= id.Time && id.Time < claim.Span.Until));
    }

    [Fact]
    public async Task Nothing_to_alert_needs_no_claim()
    {
        var claims = new AlertClaims(new Mock<TableClient>(MockBehavior.Strict).Object, _clock);

        using ClaimUse use = await claims.EnterAsync([], Token);

        Assert.Equal(0, await claims.ReleaseAsync(TimeSpan.Zero, Token));
    }

    [Fact]
    public async Task What_is_settled_is_removed_when_it_is_idle_and_well_before_it_would_be_looked_at()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        using (ClaimUse use = await claims.EnterAsync(Ids(0, 3), Token))
        {
            use.Settle();
        }
        // The latest use that does not renew it.
        _clock.Advance(AlertClaims.RenewedAfter - TimeSpan.FromTicks(1));
        using (ClaimUse use = await claims.EnterAsync(Ids(0, 3), Token))
        {
            use.Settle();
        }

        _clock.Advance(AlertClaims.IdleAfter - TimeSpan.FromTicks(1));
        Assert.Equal(0, await claims.ReleaseAsync(AlertClaims.IdleAfter, Token));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Empty(await FindAsync(table));
        Assert.Equal(1, await claims.ReleaseAsync(AlertClaims.IdleAfter, Token));

        Assert.Empty(await FindLeftAsync(table));
        Assert.Equal(0, claims.Count);
    }

    [Fact]
    public async Task What_is_at_work_is_not_removed()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        using ClaimUse slow = await claims.EnterAsync(Ids(0, 1), Token);
        using (ClaimUse quick = await claims.EnterAsync(Ids(1, 1), Token))
        {
            quick.Settle();
        }

        Assert.Equal(0, await claims.ReleaseAsync(TimeSpan.Zero, Token));

        slow.Settle();
        slow.Dispose();
        slow.Dispose();
        Assert.Equal(1, await claims.ReleaseAsync(TimeSpan.Zero, Token));
        Assert.Empty(await FindLeftAsync(table));
    }

    [Fact]
    public async Task What_failed_stays_for_the_sweep_although_the_next_work_under_it_is_settled()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        (await claims.EnterAsync(Ids(0, 1), Token)).Dispose();
        using (ClaimUse other = await claims.EnterAsync(Ids(1, 1), Token))
        {
            other.Settle();
        }

        Assert.Equal(0, await claims.ReleaseAsync(TimeSpan.Zero, Token));

        Assert.Equal(0, claims.Count);
        Assert.Single(await FindLeftAsync(table));
    }

    [Fact]
    public async Task A_claim_that_is_removed_late_takes_no_other_with_it()
    {
        TableClient real = await account.CreateTableAsync();
        var table = new Mock<TableClient>();
        AlertClaims claims = new(table.Object, _clock);
        table.Setup(mock => mock.UpsertEntityAsync(It.IsAny<TableEntity>(), It.IsAny<TableUpdateMode>(), It.IsAny<CancellationToken>()))
            .Returns((TableEntity row, TableUpdateMode mode, CancellationToken token) => real.UpsertEntityAsync(row, mode, token));
        ClaimUse? next = null;
        table.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .Returns(async (IEnumerable<TableTransactionAction> actions, CancellationToken token) =>
            {
                next = await claims.EnterAsync(Ids(0, 1), token);
                return await real.SubmitTransactionAsync(actions, token);
            });
        using (ClaimUse use = await claims.EnterAsync(Ids(0, 1), Token))
        {
            use.Settle();
        }

        await claims.ReleaseAsync(TimeSpan.Zero, Token);

        Assert.Single(await FindLeftAsync(real));
        next!.Dispose();
    }

    [Fact]
    public async Task Two_processes_have_claims_of_their_own()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        var others = new AlertClaims(table, _clock);
        using ClaimUse left = await others.EnterAsync(Ids(0, 1), Token);
        using (ClaimUse use = await claims.EnterAsync(Ids(0, 1), Token))
        {
            use.Settle();
        }

        Assert.Equal(1, await claims.ReleaseAsync(TimeSpan.Zero, Token));

        Assert.Single(await FindLeftAsync(table));
    }

    [Fact]
    public async Task A_store_out_of_reach_keeps_work_from_beginning_and_the_next_try_writes_the_claim()
    {
        TableClient real = await account.CreateTableAsync();
        var table = new Mock<TableClient>();
        bool isGone = true;
        table.Setup(mock => mock.UpsertEntityAsync(It.IsAny<TableEntity>(), It.IsAny<TableUpdateMode>(), It.IsAny<CancellationToken>()))
            .Returns((TableEntity row, TableUpdateMode mode, CancellationToken token) =>
                isGone ? throw new RequestFailedException(503, "Busy") : real.UpsertEntityAsync(row, mode, token));
        var claims = new AlertClaims(table.Object, _clock);

        await Assert.ThrowsAsync<RequestFailedException>(() => claims.EnterAsync(Ids(0, 1), Token));
        isGone = false;
        using ClaimUse use = await claims.EnterAsync(Ids(0, 1), Token);

        Assert.Single(await FindLeftAsync(real));
    }

    [Fact]
    public async Task A_claim_that_somebody_removed_stops_no_other_from_being_removed()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        DetectionId[] ids = [.. Enumerable.Range(0, 5).Select(hour => Some.Detection(Some.Identity(hour, enqueued: Some.Time.AddHours(hour))).Id)];
        using (ClaimUse use = await claims.EnterAsync(ids, Token))
        {
            use.Settle();
        }

        foreach (LeftClaim gone in (await FindLeftAsync(table)).Take(2))
        {
            await claims.RemoveAsync(gone, Token);
        }

        await claims.ReleaseAsync(TimeSpan.Zero, Token);

        Assert.Empty(await FindLeftAsync(table));
    }

    [Fact]
    public async Task However_many_spans_come_by_few_are_remembered()
    {
        var table = new Mock<TableClient>();
        int written = 0;
        int removed = 0;
        table.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .Callback((IEnumerable<TableTransactionAction> actions, CancellationToken _) =>
            {
                int deletes = actions.Count(action => action.ActionType == TableTransactionActionType.Delete);
                removed += deletes;
                written += actions.Count() - deletes;
            });
        var claims = new AlertClaims(table.Object, _clock);

        for (int batch = 0; batch < 50; batch++)
        {
            using ClaimUse use = await claims.EnterAsync(
                Enumerable.Range(128 * batch, 128).Select(number => Some.Detection(Some.Identity(number, enqueued: Some.Time.AddMinutes(10 * number))).Id), Token);
            use.Settle();
            Assert.InRange(claims.Count, 1, AlertClaims.MaxHeld + 128);
        }

        Assert.Equal((6_400, 6_400), (written, removed + claims.Count));
    }

    [Fact]
    public async Task What_changed_since_it_was_read_is_neither_put_off_nor_removed()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        using ClaimUse use = await claims.EnterAsync(Ids(0, 1), Token);
        _clock.Advance(TimeSpan.FromHours(1));
        LeftClaim read = Assert.Single(await FindAsync(table));
        using ClaimUse renewed = await claims.EnterAsync(Ids(0, 1), Token);

        await claims.PostponeAsync(read, Some.Time.AddYears(1), Token);
        await claims.AdvanceAsync(read, "x", Token);
        await claims.RemoveAsync(read, Token);

        LeftClaim left = Assert.Single(await FindLeftAsync(table));
        Assert.Equal((Some.Time.AddHours(1), null), (left.RenewedAt, left.After));
        await claims.RemoveAsync(left, Token);
        await claims.RemoveAsync(left, Token);
        await claims.PostponeAsync(left, Some.Time, Token);
        Assert.Empty(await FindLeftAsync(table));
    }

    [Fact]
    public async Task A_look_goes_on_where_it_came_to_and_begins_anew_when_it_was_put_off()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        using ClaimUse use = await claims.EnterAsync(Ids(0, 1), Token);

        await claims.AdvanceAsync(Assert.Single(await FindLeftAsync(table)), "row", Token);
        LeftClaim advanced = Assert.Single(await FindLeftAsync(table));
        await claims.PostponeAsync(advanced, _clock.GetUtcNow().AddHours(1), Token);

        Assert.Equal(("row", ""), (advanced.After, Assert.Single(await FindLeftAsync(table)).After));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await FindAsync(table));
    }

    /// <summary>Versions before claims look for entries by this filter alone, and would give up what they cannot read.</summary>
    [Fact]
    public async Task Versions_before_claims_do_not_see_them()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        using ClaimUse use = await claims.EnterAsync(Ids(0, 1), Token);
        await table.AddEntityAsync(new TableEntity("0", "00") { ["Ids"] = "", ["WrittenAt"] = Some.Time }, Token);

        List<TableEntity> seen = await table
            .QueryAsync<TableEntity>("WrittenAt lt datetime'9999-01-01T00:00:00.0000000Z'", cancellationToken: Token).ToListAsync(Token);

        Assert.Equal("00", Assert.Single(seen).RowKey);
    }

    [Fact]
    public async Task A_row_that_is_no_claim_is_given_as_such()
    {
        (TableClient table, AlertClaims claims) = await CreateAsync();
        await table.AddEntityAsync(new TableEntity("claims-0", "x") { ["LookAt"] = Some.Time.AddDays(-1), ["RenewedAt"] = Some.Time, ["TablePartition"] = 1 }, Token);

        LeftClaim found = Assert.Single(await FindAsync(table));

        Assert.Null(found.Span);
        Assert.Equal(Some.Time, found.RenewedAt);
    }

    private static DetectionId[] Ids(int from, int count) =>
        [.. Enumerable.Range(from, count).Select(number => Some.Detection(Some.Identity(number, enqueued: Some.Time.AddMilliseconds(number))).Id)];

    /// <summary>What a sweep finds now.</summary>
    private Task<List<LeftClaim>> FindAsync(TableClient table) => new AlertClaims(table, _clock).FindAsync(Token).ToListAsync(Token).AsTask();

    /// <summary>What a sweep would find in time.</summary>
    private static Task<List<LeftClaim>> FindLeftAsync(TableClient table) =>
        new AlertClaims(table, new FakeTimeProvider(Some.Time.AddYears(10))).FindAsync(Token).ToListAsync(Token).AsTask();

    private async Task<(TableClient Table, AlertClaims Claims)> CreateAsync()
    {
        TableClient table = await account.CreateTableAsync();
        var options = new TableClientOptions();
        options.AddPolicy(_requests, HttpPipelinePosition.PerCall);
        return (table, new AlertClaims(new TableClient(account.ConnectionString, table.Name, options), _clock));
    }

    private sealed class Requests : HttpPipelineSynchronousPolicy
    {
        private readonly ConcurrentQueue<string> _methods = new();

        public IEnumerable<string> Methods => _methods;

        public override void OnSendingRequest(HttpMessage message) => _methods.Enqueue(message.Request.Method.ToString());
    }
}
