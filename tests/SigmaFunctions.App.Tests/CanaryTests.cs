using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using SigmaFunctions.App.Canary;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Sources;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Tests;

namespace SigmaFunctions.App.Tests;

/// <summary>Which events count as the app's own canaries: those that it sent, each once, and nothing that a sender can make.</summary>
public sealed class CanaryTests(StorageAccount account)
{
    private const string Hub = "events";

    private static readonly DateTimeOffset SentAt = new(2026, 11, 25, 3, 14, 15, 678, TimeSpan.Zero);
    private static readonly byte[] Key = [.. Enumerable.Range(1, CanaryTable.KeySize).Select(number => (byte)number)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Own => Text(CanaryEvent.Create(Hub, SentAt, Key));

    // What it is, the record, the hub that it came from, seconds from its time to the hub's.
    public static TheoryData<string, string, string, double, bool> Records => new()
    {
        { "as it was sent", Own, Hub, 0.2, true },
        { "a hub whose name is written otherwise", Own, "EVENTS", 0.2, true },
        { "after all tries of sending", Own, Hub, 300, true },
        { "clocks that differ", Own, Hub, -300, true },
        { "sent again later", Own, Hub, 301, false },
        { "kept for later", Own, Hub, -301, false },
        { "sent again to another hub", Own, "others", 0.2, false },
        { "of another app's key", Text(CanaryEvent.Create(Hub, SentAt, new byte[CanaryTable.KeySize])), Hub, 0.2, false },
        { "another time with the proof of this one", Own.Replace("15.678", "16.678", StringComparison.Ordinal), Hub, 0.2, false },
        { "without a proof, as earlier versions sent it", Own[..Own.IndexOf(""","Proof""", StringComparison.Ordinal)] + "}", Hub, 0.2, false },
        { "a proof that is too short", Own[..^3] + "\"}", Hub, 0.2, false },
        { "something carried along", Own[..^1] + ""","Image":"x"}""", Hub, 0.2, false },
        { "a value said twice", Own[..^1] + ""","Canary":"sigmafunctions"}""", Hub, 0.2, false },
        { "written otherwise", Own.Replace(":", ": ", StringComparison.Ordinal), Hub, 0.2, false },
        { "something behind it", Own + " ", Hub, 0.2, false },
        { "very long", Own[..^1] + new string(' ', 1_000_000) + "}", Hub, 0.2, false },
        { "a time that is none", Own.Replace("2026-", "2O26-", StringComparison.Ordinal), Hub, 0.2, false },
        { "a time that is a number", """{"Canary":"sigmafunctions","UtcTime":5}""", Hub, 0.2, false },
        { "half a character for a time", Own.Replace("2026-", """\ud800""", StringComparison.Ordinal), Hub, 0.2, false },
        { "half a character in a name", Own[..^1] + ""","\ud800abcdef":1}""", Hub, 0.2, false },
        { "no object", "[]", Hub, 0.2, false },
        { "no JSON", "product: sigmafunctions", Hub, 0.2, false },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_is_a_canary_if_it_is_what_the_app_sends_to_this_hub_at_this_time(string what, string record, string hub, double seconds, bool isOwn)
    {
        string? proof = CanaryEvent.ProofOf(record, hub, SentAt.AddSeconds(seconds), Key);

        Assert.True(isOwn == proof is not null, what);
        if (isOwn)
        {
            Assert.Matches("^[0-9a-f]{64}$", proof);
        }
    }

    [Fact]
    public async Task All_instances_have_one_key_whoever_asks_first()
    {
        TableClient table = await account.CreateTableAsync();

        byte[][] keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => new CanaryKey(new CanaryTable(table)).GetAsync(Token).AsTask()));

        Assert.All(keys, key => Assert.Equal(keys[0], key));
        Assert.Equal(CanaryTable.KeySize, keys[0].Length);
        Assert.NotEqual(keys[0], await new CanaryTable(await account.CreateTableAsync()).GetKeyAsync(Token));
        Assert.Empty(await new InstanceTable(table).ListAsync(DateTimeOffset.UnixEpoch, Token));
    }

    [Fact]
    public async Task A_canary_counts_for_the_first_event_that_comes_with_it_on_every_instance_and_every_delivery()
    {
        Store store = await CreateStoreAsync();
        CanaryCheck first = store.Canaries(), second = store.Canaries();
        Detection canary = await CanaryAsync(store, sequenceNumber: 7);
        Detection copy = canary with { Identity = Of(canary) with { SequenceNumber = 8 } };
        Detection copyOfPartition = canary with { Identity = Of(canary) with { Partition = "1" } };

        foreach (CanaryCheck instance in (CanaryCheck[])[first, second, first, store.Canaries()])
        {
            Assert.Equal(CanaryVerdict.Own, await instance.JudgeAsync(canary, Token));
            Assert.Equal(CanaryVerdict.Forged, await instance.JudgeAsync(copy, Token));
            Assert.Equal(CanaryVerdict.Forged, await instance.JudgeAsync(copyOfPartition, Token));
        }
    }

    [Fact]
    public async Task A_flood_of_events_that_look_like_canaries_or_are_copies_of_one_asks_the_store_nothing()
    {
        var requests = new RequestCount();
        var options = new TableClientOptions();
        options.AddPolicy(requests, HttpPipelinePosition.PerCall);
        Store store = (await CreateStoreAsync()) with { Instances = await account.CreateTableAsync(options) };
        CanaryCheck check = store.Canaries();
        Detection canary = await CanaryAsync(store, sequenceNumber: 0);
        Assert.Equal(CanaryVerdict.Own, await check.JudgeAsync(canary, Token));
        int before = requests.Count;

        for (int i = 1; i <= 1_000; i++)
        {
            HubEventIdentity identity = Of(canary) with { SequenceNumber = i };
            Assert.Equal(CanaryVerdict.Forged, await check.JudgeAsync(canary with { Identity = identity }, Token));
            string forged = Text(CanaryEvent.Create(Hub, SentAt.AddTicks(i), Key));
            Assert.Equal(CanaryVerdict.Forged, await check.JudgeAsync(canary with { Identity = identity, Original = forged }, Token));
        }

        Assert.Equal(before, requests.Count);
    }

    [Fact]
    public async Task While_the_store_cannot_be_asked_nothing_counts_as_a_canary_or_as_forged_and_it_is_asked_every_ten_seconds()
    {
        var requests = new RequestCount();
        var options = new TableClientOptions { Retry = { MaxRetries = 0 } };
        options.AddPolicy(requests, HttpPipelinePosition.PerCall);
        TableClient table = await account.CreateTableAsync(options);
        Store store = (await CreateStoreAsync()) with { Instances = table };
        Detection canary = await CanaryAsync(store, sequenceNumber: 7);
        await table.DeleteAsync(Token);
        var log = new TestLogger<CanaryCheck>();
        CanaryCheck check = store.Canaries(log);
        int before = requests.Count;

        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(CanaryVerdict.Unknown, await check.JudgeAsync(canary, Token));
        }

        int asked = requests.Count - before;
        store.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(CanaryVerdict.Unknown, await check.JudgeAsync(canary, Token));

        Assert.Equal(2 * asked, requests.Count - before);
        Assert.InRange(asked, 1, 2);
        Assert.Equal([55, 55], log.Entries.Select(entry => entry.Id));
        Assert.DoesNotContain(log.Entries, entry => entry.Message.Contains("sigmafunctions\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Own_canaries_are_measured_apart_and_forged_ones_are_events_as_any_other_on_every_delivery()
    {
        using var measured = new Measured();
        Store store = (await CreateStoreAsync()) with { Meters = measured.Meters };
        byte[] own = Encoding.UTF8.GetBytes((await CanaryAsync(store, sequenceNumber: 0)).Original);
        byte[] forged = """{"product":"sigmafunctions","category":"canary","Canary":"sigmafunctions"}"""u8.ToArray();
        byte[] other = """{"product":"windows","category":"process_creation","Image":"x.exe"}"""u8.ToArray();
        var log = new TestLogger<DetectionPipeline>();

        for (int delivery = 1; delivery <= 2; delivery++)
        {
            await RunAsync(store, log, [other, forged, own, own, forged]);

            IReadOnlyDictionary<string, double> values = measured.Read();
            Assert.Equal(4 * delivery, values[$"{DetectionMetrics.Events} {Hub}"]);
            Assert.Equal(3 * delivery, values[$"{DetectionMetrics.ForgedCanaries} {Hub}"]);
            Assert.Equal(3 * delivery, values[$"{DetectionMetrics.Matches} informational"]);
            Assert.Equal(58 * delivery, values[$"{DetectionMetrics.Canary} {Hub}"], 0.5);
        }

        Assert.Equal(4, (await store.RowsAsync()).Count);
        Assert.Empty(await store.TakeAlertsAsync());
        string[] told = [.. log.Entries.Where(entry => entry.Id == 54).Select(entry => entry.Message)];
        Assert.Equal(2, told.Length);
        Assert.All(told, message => Assert.Equal(
            "Partition 0: 3 events look like the app's canary and are none that it sent, or copies of one; the first has sequence number 101.", message));
    }

    private static HubEventIdentity Of(Detection canary) => canary.Identity.ByKind(hub => hub);

    private static string Text(byte[] body) => Encoding.UTF8.GetString(body);

    private static async Task<Detection> CanaryAsync(Store store, long sequenceNumber) => new()
    {
        Identity = new HubEventIdentity("hub.servicebus.windows.net", Hub, "0", SentAt.AddSeconds(1), sequenceNumber, 0),
        RuleId = CanaryRule.Id,
        RuleTitle = "Canary Of SigmaFunctions",
        Original = Text(CanaryEvent.Create(Hub, SentAt, await new CanaryTable(store.Instances).GetKeyAsync(Token))),
    };

    private static async Task RunAsync(Store store, TestLogger<DetectionPipeline> log, byte[][] bodies)
    {
        var detector = new Detector(CanaryRule.Load());
        var pipeline = new DetectionPipeline(
            () => detector,
            new EventDecoder(),
            (matcher, body, token) => matcher.Match(body, token),
            store.Recorder(),
            store.Correlations(() => detector.RuleSet.CorrelationPlan),
            new DeadLetterStore(store.DeadLetters),
            store.Canaries(),
            new BatchGuard(store.Attempts, new TestLogger<BatchGuard>()),
            new BodyGate(),
            new RecordingSlots(),
            store.Metrics,
            new InstanceActivity(),
            new UnseenEventCounts(TimeProvider.System),
            new SourceCounts(),
            store.Clock,
            log);
        var batch = EventBatch.Read(
            new Dictionary<string, object?>
            {
                ["PartitionContext"] = $$"""{"FullyQualifiedNamespace":"hub.servicebus.windows.net","EventHubName":"{{Hub}}","PartitionId":"0"}""",
                ["SequenceNumberArray"] = Enumerable.Range(100, bodies.Length).Select(number => (long)number).ToArray(),
                ["EnqueuedTimeUtcArray"] = JsonSerializer.Serialize(bodies.Select(_ => SentAt.AddSeconds(2).UtcDateTime)),
            },
            bodies.Length);
        await pipeline.RunAsync(bodies, batch, Token);
    }

    private Task<Store> CreateStoreAsync() => Store.CreateAsync(account, SentAt.AddMinutes(1));

    private sealed class RequestCount : HttpPipelineSynchronousPolicy
    {
        private int _count;

        public int Count => _count;

        public override void OnSendingRequest(HttpMessage message) => Interlocked.Increment(ref _count);
    }
}
