using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
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

    private sealed class RequestCount : HttpPipelineSynchronousPolicy
    {
        private int _count;

        public int Count => _count;

        public override void OnSendingRequest(HttpMessage message) => Interlocked.Increment(ref _count);
    }
}
