using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Sources;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Tests;

namespace SigmaFunctions.App.Tests;

/// <summary>Correlations on the way of a batch through the app, to rows and alerts of a real store.</summary>
public sealed class CorrelationPipelineTests(StorageAccount account)
{
    private const string Rules = """
        title: Logon Failed
        id: 6b2f6f3e-30a4-4c28-9a30-0d3e2f0a0001
        name: failed
        level: low
        logsource: {product: windows, service: security}
        detection: {selection: {EventID: 4625}, condition: selection}
        ---
        title: Many Failed Logons
        id: 6b2f6f3e-30a4-4c28-9a30-0d3e2f0a0002
        level: high
        author: Somebody
        tags: [attack.credential-access, attack.t1110]
        correlation: {type: value_count, rules: [failed], group-by: [IpAddress], timespan: 10m, condition: {field: TargetUserName, gte: 3}}
        """;

    private static readonly DateTimeOffset Begin = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);

    private static readonly Detector Detector = new(RuleSet.Load([new RuleFile("c.yml", Rules)]));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_correlation_is_detected_as_a_rule_is()
    {
        Store store = await Store.CreateAsync(account, Begin.AddMinutes(1));
        byte[][] bodies = [Failed(0, "alice"), Failed(1, "bob"), Failed(2, "alice"), Failed(3, "carol"), Failed(4, "dave")];
        await RunAsync(store, bodies, 0..2);
        Assert.Empty(await store.RowsAsync());
        await RunAsync(store, bodies, 2..4);

        // The building block alone is silent.
        Detection detection = Assert.Single(await store.Detections.ReadDetectionsAsync(Token));
        Assert.Equal(("6b2f6f3e-30a4-4c28-9a30-0d3e2f0a0002", "Many Failed Logons", "Somebody", "high", 2), (detection.RuleId, detection.RuleTitle, detection.RuleAuthor, detection.Level, detection.SchemaVersion));
        Assert.Equal(("dc1", Begin.AddSeconds(3), 103L), (detection.Host, detection.EventTime, detection.Identity.ByKind(hub => hub.SequenceNumber)));
        Assert.Equal(System.Text.Encoding.UTF8.GetString(bodies[3]), detection.Original);
        DetectedCorrelation correlation = detection.Correlation!;
        Assert.Equal(("value_count", "IpAddress=203.0.113.9", "3", 4, 1), (correlation.Type, string.Join(',', correlation.Group.Select(one => $"{one.Field}={one.Value}")), correlation.Value, correlation.EventCount, correlation.Revision));
        Assert.Equal("alice bob carol", string.Join(' ', correlation.Values));
        Assert.Equal("100 101 102 103", string.Join(' ', correlation.Events.Select(one => one.Identity.SequenceNumber)));
        Assert.Equal((Begin, Begin.AddSeconds(3)), (correlation.First, correlation.Last));

        Alert alert = Assert.Single(await store.TakeAlertsAsync());
        Assert.Equal((detection.Id.Value, "high", "3"), (alert.Id, alert.Rule.Level, alert.Correlation!.Value));
        Assert.NotNull(detection.AlertedAt);
        Assert.Equal(0, await store.OwedAsync());

        // All of it again, by others, and one more of the burst.
        await RunAsync(store, bodies, 0..5);
        Assert.Equal(detection.Id, Assert.Single(await store.Detections.ReadDetectionsAsync(Token)).Id);
        Assert.Empty(await store.TakeAlertsAsync());
    }

    [Fact]
    public async Task A_late_event_revises_the_row_and_alerts_no_more()
    {
        Store store = await Store.CreateAsync(account, Begin.AddMinutes(1));
        byte[][] bodies = [Failed(20, "alice"), Failed(40, "bob"), Failed(60, "carol"), Failed(50, "dave")];
        await RunAsync(store, bodies, 0..3);
        await RunAsync(store, bodies, 3..4);

        Detection detection = Assert.Single(await store.Detections.ReadDetectionsAsync(Token));
        Assert.Equal((Begin.AddSeconds(50), 2, "3", "100 101 103"), (detection.Correlation!.Last, detection.Correlation.Revision, detection.Correlation.Value, string.Join(' ', detection.Correlation.Events.Select(one => one.Identity.SequenceNumber))));
        Assert.Equal((103L, Begin.AddSeconds(50)), (detection.Identity.ByKind(hub => hub.SequenceNumber), detection.EventTime));
        Assert.Single(await store.TakeAlertsAsync());
    }

    private static byte[] Failed(int second, string user) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
    {
        ["Channel"] = "Security",
        ["Provider_Name"] = "Microsoft-Windows-Security-Auditing",
        ["EventID"] = 4625,
        ["UtcTime"] = Begin.AddSeconds(second).ToString("yyyy-MM-dd HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture),
        ["Computer"] = "dc1",
        ["TargetUserName"] = user,
        ["IpAddress"] = "203.0.113.9",
    });

    private static async Task RunAsync(Store store, byte[][] bodies, Range range)
    {
        using var gate = new BodyGate();
        using var slots = new RecordingSlots();
        var pipeline = new DetectionPipeline(
            () => Detector,
            new EventDecoder(),
            (matcher, body, token) => matcher.Match(body, token),
            store.Recorder(),
            store.Correlations(() => Detector.RuleSet.CorrelationPlan),
            new DeadLetterStore(store.DeadLetters),
            store.Canaries(),
            new BatchGuard(store.Attempts, new TestLogger<BatchGuard>()),
            gate,
            slots,
            store.Metrics,
            new InstanceActivity(),
            new UnseenEventCounts(store.Clock),
            new SourceCounts(),
            store.Clock,
            NullLogger<DetectionPipeline>.Instance);
        int[] taken = [.. Enumerable.Range(0, bodies.Length)];
        taken = taken[range];
        var batch = EventBatch.Read(
            new Dictionary<string, object?>
            {
                ["PartitionContext"] = """{"FullyQualifiedNamespace":"hub.servicebus.windows.net","EventHubName":"Events","PartitionId":"0"}""",
                ["SequenceNumberArray"] = taken.Select(number => 100L + number).ToArray(),
                ["EnqueuedTimeUtcArray"] = JsonSerializer.Serialize(taken.Select(number => Begin.AddSeconds(100 + number).UtcDateTime)),
            },
            taken.Length);
        await pipeline.RunAsync(bodies[range], batch, Token);
    }
}
