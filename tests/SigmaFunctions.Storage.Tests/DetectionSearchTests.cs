using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

public sealed class DetectionSearchTests(StorageAccount account)
{
    private static readonly DetectionFilter Day = new(Some.Time.AddHours(-12), Some.Time.AddHours(12));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_newest_come_first_across_partitions_and_hours()
    {
        TableClient client = await account.CreateTableAsync();
        Detection[] detections =
        [
            .. Enumerable.Range(0, 300).Select(number => Some.Detection(Some.Identity(
                number, enqueued: Some.Time.AddMinutes(-number * number % 600), partition: $"{number % 32}"))),
        ];
        await new DetectionTable(client).AddAsync(detections, Token);

        List<Detection> found = await new DetectionSearch(client).NewestAsync(Day, 1_000, Token).ToListAsync(Token);

        Assert.Equal(300, found.Count);
        Assert.Equal(detections.Select(detection => detection.Id.Value).Order(), found.Select(detection => detection.Id.Value).Order());
        Assert.Equal(found.Select(detection => detection.Identity.Time).OrderDescending(), found.Select(detection => detection.Identity.Time));
        Detection first = found[0];
        Assert.Equal(("", "A title", "WS01"), (first.Original, first.RuleTitle, first.Host));
        Assert.Equal(2, first.Fields.Length);
    }

    [Theory]
    [InlineData(null, null, null, "1 2 3 4")]
    [InlineData("RULE-A", null, null, "2")]
    [InlineData("rule-a", null, null, "2")]
    [InlineData("o'brien", null, null, "3")]
    [InlineData(null, "low", null, "2")]
    [InlineData(null, null, "ws01", "1 4")]
    [InlineData(null, null, "WS01.contoso.com", "4")]
    [InlineData(null, null, "WS0", "")]
    [InlineData("rule", "high", "ws01", "1 4")]
    public async Task Rule_level_and_host_may_be_asked_for(string? rule, string? level, string? host, string expected)
    {
        TableClient client = await account.CreateTableAsync();
        await new DetectionTable(client).AddAsync(
            [
                Some.Detection(Some.Identity(1)),
                Some.Detection(Some.Identity(2), "rule-a") with { Level = "low", Host = "WS011" },
                Some.Detection(Some.Identity(3), "o'brien") with { Host = null },
                Some.Detection(Some.Identity(4)) with { Host = "ws01.contoso.com" },
            ],
            Token);

        List<Detection> found = await new DetectionSearch(client)
            .NewestAsync(Day with { RuleId = rule, Level = level, Host = host }, 10, Token).ToListAsync(Token);

        Assert.Equal(expected, string.Join(' ', found.Select(detection => detection.Identity.ByKind(hub => hub.SequenceNumber)).Order()));
    }

    [Fact]
    public async Task What_turned_out_to_be_none_is_listed_where_it_is_asked_for_and_found_by_its_id()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);
        Detection none = Some.Correlated();
        none = none with { Correlation = none.Correlation! with { IsSuperseded = true } };
        await table.AddAsync([Some.Detection(), none], Token);
        var search = new DetectionSearch(client);

        Assert.Equal(["rule"], (await search.NewestAsync(Day, 10, Token).ToListAsync(Token)).Select(detection => detection.RuleId));
        Assert.Equal(
            ["correlation", "rule"],
            (await search.NewestAsync(Day with { IncludesSuperseded = true }, 10, Token).ToListAsync(Token)).Select(detection => detection.RuleId).Order());
        Assert.True((await table.FindAsync(none.Id, Token))!.Correlation!.IsSuperseded);
        Assert.True(DetectionIdPrefix.TryParse(none.Id.Value, out DetectionIdPrefix? prefix));
        Assert.Equal([none.Id], await search.FindAsync(prefix, 10, Token));
    }

    [Theory]
    [InlineData(0, 120, "0 60")]
    [InlineData(0, 121, "0 60 120")]
    [InlineData(1, 1, "")]
    [InlineData(60, 0, "")]
    public async Task A_span_includes_its_start_and_excludes_its_end(int from, int to, string expected)
    {
        TableClient client = await account.CreateTableAsync();
        await new DetectionTable(client).AddAsync(
            [.. new[] { 0, 60, 120 }.Select(minutes => Some.Detection(Some.Identity(minutes, enqueued: Some.Time.AddMinutes(minutes))))], Token);

        List<Detection> found = await new DetectionSearch(client)
            .NewestAsync(new DetectionFilter(Some.Time.AddMinutes(from), Some.Time.AddMinutes(to)), 10, Token).ToListAsync(Token);

        Assert.Equal(expected, string.Join(' ', found.Select(detection => detection.Identity.ByKind(hub => hub.SequenceNumber)).Order()));
    }

    [Fact]
    public async Task A_limit_is_kept_and_reads_no_more_than_the_hour_that_fills_it()
    {
        var requests = new RequestCount();
        var options = new TableClientOptions();
        options.AddPolicy(requests, HttpPipelinePosition.PerCall);
        TableClient client = await account.CreateTableAsync(options);
        await new DetectionTable(client).AddAsync(Some.Detections(250), Token);
        int before = requests.Count;

        List<Detection> found = await new DetectionSearch(client)
            .NewestAsync(new DetectionFilter(Some.Time.AddDays(-30), Some.Time.AddMinutes(1)), 5, Token).ToListAsync(Token);

        Assert.Equal([249, 248, 247, 246, 245], found.Select(detection => detection.Identity.ByKind(hub => hub.SequenceNumber)));
        Assert.Equal(16, requests.Count - before);
    }

    [Theory]
    [InlineData(300, 1_000, 300, false)]
    [InlineData(300, 300, 300, false)]
    [InlineData(300, 299, 299, true)]
    [InlineData(300, 1, 1, true)]
    [InlineData(0, 1, 0, false)]
    public async Task A_range_is_all_of_a_span_newest_first_up_to_a_bound(int count, int max, int found, bool isCut)
    {
        TableClient client = await account.CreateTableAsync();
        Detection[] detections =
        [
            .. Enumerable.Range(0, count).Select(number => Some.Detection(Some.Identity(
                number, enqueued: Some.Time.AddMinutes(-number * number % 600), partition: $"{number % 32}"))),
        ];
        Detection[] outside = [Some.Detection(Some.Identity(1, enqueued: Day.To)), Some.Detection(Some.Identity(1, enqueued: Day.From.AddTicks(-1)))];
        await new DetectionTable(client).AddAsync([.. detections, .. outside], Token);

        DetectionRange range = await new DetectionSearch(client).RangeAsync(Day.From, Day.To, max, Token);

        Assert.Equal((found, isCut), (range.Detections.Count, range.IsCut));
        Assert.Equal(
            detections.Select(detection => detection.Id.RowKey).Order(StringComparer.Ordinal).Take(max), range.Detections.Select(detection => detection.Id.RowKey));
    }

    [Fact]
    public async Task A_range_tells_what_became_of_alerts_and_what_turned_out_to_be_none()
    {
        TableClient client = await account.CreateTableAsync();
        var clock = new FakeTimeProvider(Some.Time);
        var table = new DetectionTable(client, clock);
        Detection none = Some.Correlated();
        none = none with { Correlation = none.Correlation! with { IsSuperseded = true } };
        Detection[] detections = [Some.Detection(Some.Identity(1)), Some.Detection(Some.Identity(2)), Some.Detection(Some.Identity(3)), Some.Factual(Some.Identity(4)), none];
        await table.AddAsync(detections, Token);
        await table.MarkAsync(
            [new AlertOutcome(detections[0].Id), new AlertOutcome(detections[1].Id, HoldReason.Repetition, detections[0].Id), new AlertOutcome(detections[2].Id, HoldReason.Level)], Token);

        var found = (await new DetectionSearch(client).RangeAsync(Day.From, Day.To, 10, Token)).Detections.ToDictionary(one => one.Id);

        Assert.Equal(detections.Select(one => one.Id.Value).Order(), found.Keys.Select(id => id.Value).Order());
        Assert.Equal(
            [(Some.Time, null, null), (null, HoldReason.Repetition, detections[0].Id), (null, HoldReason.Level, null), (null, null, null), (null, null, null)],
            detections.Select(one => found[one.Id]).Select(one => ((DateTimeOffset?)one.AlertedAt, one.HeldBack, one.HeldBackBy)));
        Assert.Equal(("", Some.Facts.Process), (found[detections[3].Id].Original, found[detections[3].Id].Facts!.Process));
        Assert.True(found[none.Id].Correlation!.IsSuperseded);
    }

    /// <summary>An hour of more than eight pages, unevenly spread: partitions are read beside each other, and no further than is wanted.</summary>
    [Fact]
    public async Task Of_a_full_hour_the_newest_are_those_that_are_newest_of_all()
    {
        var requests = new RequestCount();
        var options = new TableClientOptions();
        options.AddPolicy(requests, HttpPipelinePosition.PerCall);
        TableClient client = await account.CreateTableAsync(options);
        Detection[] detections =
        [
            .. Enumerable.Range(0, 9_000).Select(number => Some.Detection(Some.Identity(
                number, enqueued: Some.Time.AddMilliseconds(number % 7 == 0 ? -number : -number / 10), partition: $"{number % 7 % 3}"))),
        ];
        await new DetectionTable(client).AddAsync(detections, Token);
        string[] newest = [.. detections.Select(detection => detection.Id.RowKey).Order(StringComparer.Ordinal)];
        var search = new DetectionSearch(client);

        foreach ((int max, int mostRequests) in new[] { (9_001, 8 + 1 + 16 + 9), (5_500, 8 + 1 + 16 + 9), (10, 8 + 1 + 16 + 3) })
        {
            int before = requests.Count;

            DetectionRange range = await search.RangeAsync(Some.Time.AddMinutes(-5), Some.Time.AddMinutes(1), max, Token);

            Assert.Equal(newest.Take(max), range.Detections.Select(detection => detection.Id.RowKey));
            Assert.Equal(max < 9_000, range.IsCut);
            Assert.InRange(requests.Count - before, 1, mostRequests);
        }
    }

    [Fact]
    public async Task A_range_costs_a_request_an_hour()
    {
        var requests = new RequestCount();
        var options = new TableClientOptions();
        options.AddPolicy(requests, HttpPipelinePosition.PerCall);
        TableClient client = await account.CreateTableAsync(options);
        await new DetectionTable(client).AddAsync(Some.Detections(250), Token);
        int before = requests.Count;

        Assert.Equal(250, (await new DetectionSearch(client).RangeAsync(Day.From, Day.To, 1_000, Token)).Detections.Count);

        Assert.Equal(25, requests.Count - before);
    }

    [Fact]
    public async Task Detections_of_one_record_are_found_together()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client);
        HubEventIdentity record = Some.Identity(7, 3);
        Detection correlated = Some.Correlated();
        correlated = correlated with { Identity = record, Correlation = correlated.Correlation! with { Id = DetectionId.OfCorrelation(record, "c", "g", 1) } };
        Detection[] together = [Some.Detection(record, "a"), Some.Detection(record, "b"), Some.Detection(record, "c"), correlated];
        Detection[] apart =
        [
            Some.Detection(record with { Record = 4 }, "a"), Some.Detection(record with { SequenceNumber = 8 }, "a"), Some.Detection(record with { EventHub = "others" }, "a"),
            Some.Detection(record with { Partition = "1" }, "a"), Some.Detection(record with { EnqueuedTime = record.EnqueuedTime.AddMilliseconds(1) }, "a"),
        ];
        await table.AddAsync([.. together, .. apart], Token);
        await table.MarkAsync([new AlertOutcome(together[1].Id)], Token);
        var search = new DetectionSearch(client);

        foreach (Detection one in together)
        {
            IReadOnlyList<Detection> found = await search.OfRecordAsync(one.Id, Token);
            Assert.Equal(together.Select(other => other.Id.Value).Order(), found.Select(other => other.Id.Value).Order());
            Assert.Equal(one.Id, found[0].Id);
            Assert.Equal([together[1].Id], found.Where(other => other.AlertedAt is not null).Select(other => other.Id));
        }

        foreach (Detection one in apart)
        {
            Assert.Equal([one.Id], (await search.OfRecordAsync(one.Id, Token)).Select(other => other.Id));
        }

        Assert.Empty(await search.OfRecordAsync(DetectionId.Create(record, "d"), Token));
    }

    private sealed class RequestCount : HttpPipelineSynchronousPolicy
    {
        private int _count;

        public int Count => _count;

        public override void OnSendingRequest(HttpMessage message) => Interlocked.Increment(ref _count);
    }
}
