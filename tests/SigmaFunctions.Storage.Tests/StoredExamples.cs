using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Azure.Data.Tables;
using Azure.Messaging.EventHubs;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Blobs;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Outputs;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>
/// One of everything that the app stores, of each kind that is read differently: written by this version (<see cref="WriteAsync"/>), and as what must
/// be read of what a fixture holds.
/// </summary>
internal sealed partial class StoredExamples(StorageAccount account)
{
    public const string Rule = "11111111-1111-4111-8111-111111111111";
    public const string LoudRule = "22222222-2222-4222-8222-222222222222";
    public const string Process = "0123456789abcdef0123456789abcdef";
    public const string AppVersion = "1.0.0+fixture";
    public const string Set = "sets/20261125T031500Z-0000000000000000.zip";

    public static readonly DateTimeOffset Now = new(2026, 11, 25, 3, 15, 0, TimeSpan.Zero);

    public static readonly Detection Plain = Some.Detection(Some.Identity(1), Rule);

    public static readonly Detection Bare = new()
    {
        Identity = Some.Identity(2, record: 3, enqueued: Some.Time.AddMinutes(10)),
        RuleId = "bare",
        RuleTitle = "Bare",
        Original = "{}",
    };

    public static readonly Detection InParts = Some.Detection(Some.Identity(3), Rule) with
    {
        Original = $$"""{"a":"{{new string('x', DetectionRow.MaxProperty)}}"}""",
    };

    public static readonly Detection InBlob = Some.Detection(Some.Identity(4), Rule) with
    {
        Original = $"<Event>{string.Concat(Enumerable.Repeat("<a>é</a>", 200))}</Event>",
        IsOriginalInBlob = true,
    };

    public static readonly Detection Counting = Some.Detection(Some.Identity(5), Rule) with { Omitted = 12 };

    public static readonly Detection Low = Some.Detection(Some.Identity(6), "low") with { Level = "low", HeldBack = HoldReason.Level };

    public static readonly Detection Repeated = Some.Detection(Some.Identity(7), Rule);

    public static readonly Detection Muted = Some.Detection(Some.Identity(8), LoudRule);

    public static readonly Detection Burst = Correlated('c', 4, one => one with { Revision = 2 });

    public static readonly Detection Superseded = Correlated('d', 100, one => one with
    {
        Events = [.. one.Events.Select(each => each with { Host = $"{each.Host}.{new string('x', 200)}" })],
        IsSuperseded = true,
    });

    public static readonly Detection Warming = Correlated('e', 0, one => one with { Group = [], Values = [], Value = "0", IsPartial = true }) with
    {
        HeldBack = HoldReason.Warming,
    };

    public static readonly Detection Factual = Some.Factual(Some.Identity(12));

    public static readonly InstanceReport Instance = new("instance-1", Now)
    {
        AppVersion = AppVersion,
        Revision = "0123456789abcdef",
        Rules = 3,
        Rejected = 1,
        IsStale = true,
        Events = 5_000_000_000,
        LastBatchAt = Now.AddSeconds(-1),
        LastEnqueuedTime = Some.Time,
        InHand = [new BatchInHand("events", "0", Some.Time, Now, 2)],
        InHandCount = 1,
    };

    public static readonly PartitionProgress Behind = new("hub.servicebus.windows.net", "events", "$Default", "0", Now)
    {
        Checkpoint = 10,
        HasCheckpoint = true,
        LastEnqueued = 12,
        LastEnqueuedTime = Some.Time,
        DoneThrough = 10,
        AccountedThrough = 10,
        Expired = 4,
        Pending = [new PendingEvent(11, Some.Time.AddSeconds(-3)), new PendingEvent(12, Some.Time)],
    };

    public static readonly PartitionProgress Unseen = new("hub.servicebus.windows.net", "events", "$Default", "1", Now) { Fault = "status 403" };

    public static readonly byte[] CanaryKey = new byte[CanaryTable.KeySize];

    public static readonly string CanaryProof = new('a', 64);

    public static readonly BatchAttempt Begun = new(41, Some.Time, Process, 2);

    public static readonly BatchAttempt Alone = new(42, Some.Time, Process, 3, 44, 1);

    public static readonly AlertWindow Window = new(Counting.Id, Now.AddHours(1), 3, 2);

    public static readonly RuleMutes Mutes = new(
        new AlertWindow(Muted.Id, Now.AddMinutes(10), 7, 0),
        ImmutableDictionary<UInt128, HostMute>.Empty
            .Add(HostKey("WS01"), new HostMute(Muted.Id, Now.AddMinutes(9)))
            .Add(HostKey("WS02"), new HostMute(Plain.Id, Now.AddMinutes(8))));

    public static readonly RuleMutes HostMutes = new(
        null, ImmutableDictionary<UInt128, HostMute>.Empty.Add(HostKey("WS01"), new HostMute(Counting.Id, Now.AddMinutes(9))));

    public static readonly RuleSetReport Running = new(RuleStore.VersionOf(Set).Key, Now)
    {
        Set = Set,
        Revision = "0123456789abcdef",
        Rules = 5,
        Rejected = 1,
        Rejections = ["bad.yml(1,8): SF0001: no \"title\""],
    };

    public static readonly RuleSetReport Broken = new("ffffffffffffffffffffffffffffffff", Now.AddMinutes(1)) { Broken = "The archive is damaged." };

    public static readonly DeadLetter LetterOfRecord = DeadLetter.OfRecord(Some.Identity(20, record: 2), "not JSON: ключ, 100 %", 17, "{'a'"u8.ToArray());

    public static readonly DeadLetter LetterOfBody = DeadLetter.OfBody(Some.Identity(21), "a line that is too long", new byte[] { 0, 255, 10 });

    /// <summary>Files of the pushed set: rules, then what stands beside them.</summary>
    public static readonly RuleFile[] SetFiles = [new("a.yml", "title: A\n"), new("windows/b.yml", "title: Ключ\n")];

    public static readonly RuleFile Overrides = new(RuleStoreContent.OverridesName, "11111111-1111-4111-8111-111111111111: { level: low }\n");

    public static readonly RuleFile Placeholders = new(RuleStoreContent.PlaceholdersName, "admins: [root]\n");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The key of the window of <see cref="Rule"/> on the host of <see cref="Plain"/>, as the app names it.</summary>
    public static string WindowKey => $"entity\n{Rule}\n{Plain.TenantId}\nWS01";

    /// <summary>The alerts, one of each kind.</summary>
    public static ImmutableArray<Alert> Alerts =>
    [
        Alert.From(Plain, DetectionTable.DefaultName, "https://rules.contoso.example/rules/1.html") with { HeldBack = 6 },
        Alert.From(Bare, DetectionTable.DefaultName),
        Alert.From(Counting, DetectionTable.DefaultName),
        Alert.From(Muted, DetectionTable.DefaultName) with { Kind = AlertKind.RuleMuted, MutedUntil = Now.AddMinutes(10), MutedOn = MuteScope.Host },
        Alert.From(Repeated, DetectionTable.DefaultName) with { Kind = AlertKind.RuleMuted, MutedUntil = Now.AddMinutes(10), MutedOn = MuteScope.Everywhere },
    ];

    /// <summary>That of a correlation, of which there are some since v3.</summary>
    public static Alert CorrelationAlert => Alert.From(Burst, DetectionTable.DefaultName);

    /// <summary>One that tells what the event is about, as alerts do since v4.</summary>
    public const string OutputName = "teams";

    public static readonly StoredBurst Grouped = new(new OutputBurst($"{Plain.Id.Value}-1764040500", Now, Now.AddMinutes(5)), [Plain.Id.Value, Bare.Id.Value])
    {
        IsAnnounced = true,
    };

    /// <summary>As they are at first, after some tries, about a burst, and about one that was put aside.</summary>
    public static ImmutableArray<OutputMessage> OutputMessages =>
    [
        new(FactualAlert, Now),
        new(Alerts[0], Now) { Attempts = 3 },
        new(Alerts[0], Now) { Burst = Grouped.Burst },
        new(Alerts[0], Now) { Burst = Grouped.Burst with { Alerts = 37, HostCount = 4 } },
    ];

    public static Alert FactualAlert
    {
        get
        {
            var alert = Alert.From(Factual, DetectionTable.DefaultName);
            return alert with { Rule = alert.Rule with { Techniques = [new AlertTechnique("T1059.007", "Command and Scripting Interpreter: JavaScript")] } };
        }
    }

    /// <summary>The alerts of a version, as it told them.</summary>
    public static ImmutableArray<Alert> AlertsOf(string version) => version switch
    {
        "v1" => [.. Alerts.Select(Untold)],
        "v3" => [.. Alerts.Select(Untold), Untold(CorrelationAlert)],
        _ => [.. Alerts, CorrelationAlert, FactualAlert],
    };

    /// <summary>What is in a version's table beside <see cref="Detections"/>.</summary>
    public static ImmutableArray<Detection> FurtherDetectionsOf(string version) => version switch
    {
        "v1" => [],
        "v3" => CorrelationDetections,
        _ => [.. CorrelationDetections, Factual],
    };

    // Before v4 alerts did not tell what made a rule match.
    private static Alert Untold(Alert alert) => alert with { Fields = default };

    /// <summary>What must be read of the detections, in the order of their numbers.</summary>
    public static ImmutableArray<Detection> Detections
    {
        get
        {
            string cut = BoundedText.Cut(InBlob.Original, DetectionRow.BriefOriginal);
            return
            [
                Plain,
                Bare,
                InParts with { AlertedAt = Now },
                InBlob with
                {
                    Original = cut,
                    IsOriginalInBlob = false,
                    OriginalBlob = EventBlobName.Create(InBlob.Identity),
                    OriginalTruncated = true,
                    AlertedAt = Now,
                },
                Counting with { AlertedAt = Now },
                Low,
                Repeated with { HeldBack = HoldReason.Repetition, HeldBackBy = Counting.Id },
                Muted with { HeldBack = HoldReason.Rate, HeldBackBy = Plain.Id },
            ];
        }
    }

    /// <summary>Those of correlations, which there are since v3.</summary>
    public static ImmutableArray<Detection> CorrelationDetections =>
    [
        Burst with { AlertedAt = Now },
        Superseded with { HeldBack = HoldReason.Moved, HeldBackBy = Burst.Id },
        Warming,
    ];

    /// <summary>The verdicts, by time.</summary>
    public static ImmutableArray<Verdict> StoredVerdicts =>
    [
        new Verdict(Factual.Id, VerdictKind.Withdrawn, 2, "bob@contoso.example", Now.AddMinutes(1), null, null)
        {
            RuleId = Factual.RuleId,
            RuleTitle = Factual.RuleTitle,
            Level = Factual.Level,
        },
        new Verdict(Burst.Id, VerdictKind.TruePositive, 1, "ann@contoso.example", Now.AddMinutes(2), "ключ", null)
        {
            RuleId = Burst.RuleId,
            RuleTitle = Burst.RuleTitle,
            Level = Burst.Level,
        },
    ];

    /// <summary>Writes what a file has, and reads it as text. What follows from the process or the build is replaced.</summary>
    public async Task<string> WriteAsync(string file) => file switch
    {
        "detections.json" => await StoredForms.DumpAsync((await WriteDetectionsAsync()).Table),
        "originals.json" => await StoredForms.DumpAsync((await WriteDetectionsAsync()).Originals),
        "index.json" => await WriteIndexAsync(),
        "verdicts.json" => await WriteVerdictsAsync(),
        "outbox.json" => KeyOfProcess().Replace(await WriteClaimsAsync(), Process),
        "windows.json" => await WriteWindowsAsync(),
        "instances.json" => await WriteInstancesAsync(),
        "rulesets.json" => await WriteReportsAsync(),
        "alerts.ndjson" => await WriteAlertsAsync(),
        "outputs.ndjson" => await WriteOutputMessagesAsync(),
        "bursts.json" => await WriteBurstsAsync(),
        "dead-letters.json" => (await WriteLettersAsync()).Replace(AppBuild.Version, AppVersion, StringComparison.Ordinal),
        "rules.json" => await StoredForms.DumpAsync((await WriteRulesAsync()).Rules),
        "compiled-rules.json" => (await StoredForms.DumpAsync((await WriteRulesAsync()).Compiled)).Replace(RulePack.Build, Process, StringComparison.Ordinal),
        "checkpoints.json" => await WriteCheckpointAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(file), file, "nothing writes it"),
    };

    // As the app names it.
    private static UInt128 HostKey(string host) =>
        BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{Plain.TenantId}\n{host}")));

    private static Detection Correlated(char hash, int events, Func<DetectedCorrelation, DetectedCorrelation> change)
    {
        Detection some = Some.Correlated(events);
        return some with
        {
            Identity = Some.Identity(9 + hash - 'c'),
            Correlation = change(some.Correlation!) with { Id = new DetectionId($"202611250314159260000-{new string(hash, DetectionId.HashLength)}") },
        };
    }

    private async Task<(TableClient Table, BlobContainerClient Originals)> WriteDetectionsAsync()
    {
        TableClient client = await account.CreateTableAsync();
        BlobContainerClient originals = await account.CreateContainerAsync();
        var table = new DetectionTable(client, new FakeTimeProvider(Now), new OriginalStore(originals));
        await table.AddAsync([Plain, Bare, InParts, InBlob, Counting, Low, Repeated, Muted], Token);
        await table.AddAsync([Factual], Token);
        await table.AddAsync([Burst with { Correlation = Burst.Correlation! with { Value = "2", Revision = 1 } }, Superseded, Warming], Token);
        await table.ReviseAsync(Burst, Token);
        await table.MarkAsync(
            [
                new AlertOutcome(InParts.Id),
                new AlertOutcome(InBlob.Id),
                new AlertOutcome(Counting.Id),
                new AlertOutcome(Repeated.Id, HoldReason.Repetition, Counting.Id),
                new AlertOutcome(Muted.Id, HoldReason.Rate, Plain.Id),
                new AlertOutcome(Burst.Id),
                new AlertOutcome(Superseded.Id, HoldReason.Moved, Burst.Id),
            ],
            Token);
        return (client, originals);
    }

    private async Task<string> WriteIndexAsync()
    {
        TableClient table = await account.CreateTableAsync();
        await new DetectionTable(await account.CreateTableAsync(), index: new DetectionIndex(table)).AddAsync([Plain, Factual, Burst], Token);
        return await StoredForms.DumpAsync(table);
    }

    private async Task<string> WriteVerdictsAsync()
    {
        TableClient table = await account.CreateTableAsync();
        var store = new VerdictStore(table);
        await store.SetAsync(new NewVerdict(VerdictKind.FalsePositive, "ann@contoso.example", Now, "an installer"), [new VerdictTarget(Factual, 0, "1234abcd")], Token);
        await store.SetAsync(new NewVerdict(VerdictKind.Withdrawn, "bob@contoso.example", Now.AddMinutes(1)), [new VerdictTarget(Factual, 1)], Token);
        await store.SetAsync(new NewVerdict(VerdictKind.TruePositive, "ann@contoso.example", Now.AddMinutes(2), "ключ"), [new VerdictTarget(Burst, 0)], Token);
        return await StoredForms.DumpAsync(table);
    }

    private async Task<string> WriteClaimsAsync()
    {
        TableClient table = await account.CreateTableAsync();
        var clock = new FakeTimeProvider(Now);
        var claims = new AlertClaims(table, clock);
        (await claims.EnterAsync([Plain.Id, Bare.Id], Token)).Dispose();
        clock.Advance(TimeSpan.FromHours(1));
        // One of them was looked through in part.
        LeftClaim claim = await claims.FindAsync(Token).OrderBy(left => left.RowKey, StringComparer.Ordinal).FirstAsync(Token);
        await claims.PostponeAsync(claim, Now.AddHours(2), Token);
        claim = await claims.FindAsync(Token).SingleAsync(Token);
        await claims.AdvanceAsync(claim, Bare.Id.RowKey[..19], Token);
        return await StoredForms.DumpAsync(table);
    }

    private async Task<string> WriteWindowsAsync()
    {
        TableClient table = await account.CreateTableAsync();
        var windows = new AlertWindows(table, new FakeTimeProvider(Now));
        await windows.TryWriteAsync(await windows.LookAsync(WindowKey, Token), Window, Token);
        await windows.TryWriteAsync(await windows.LookAtMutesAsync(LoudRule, Token), Mutes, Token);
        await windows.TryWriteAsync(await windows.LookAtMutesAsync("low", Token), HostMutes, Token);
        return await StoredForms.DumpAsync(table);
    }

    private async Task<string> WriteInstancesAsync()
    {
        TableClient table = await account.CreateTableAsync();
        await new InstanceTable(table).WriteAsync(Instance, Token);
        await new PartitionProgressTable(table).WriteAsync([Behind, Unseen], Token);
        await new BatchAttempts(table).WriteAsync(Some.Identity(partition: "0"), Begun, Token);
        await new BatchAttempts(table).WriteAsync(Some.Identity(partition: "1"), Alone, Token);
        var canaries = new CanaryTable(table);
        byte[] key = await canaries.GetKeyAsync(Token);
        await canaries.TakeAsync(CanaryProof, Plain.Identity, Now, Token);
        return (await StoredForms.DumpAsync(table)).Replace(Convert.ToBase64String(key), Convert.ToBase64String(CanaryKey), StringComparison.Ordinal);
    }

    private async Task<string> WriteReportsAsync()
    {
        TableClient table = await account.CreateTableAsync();
        await new RuleSetTable(table).WriteAsync(Running, Token);
        await new RuleSetTable(table).WriteAsync(Broken, Token);
        return await StoredForms.DumpAsync(table);
    }

    private async Task<string> WriteAlertsAsync()
    {
        QueueClient queue = await account.CreateQueueAsync();
        foreach (Alert alert in AlertsOf("now"))
        {
            await new AlertQueue(queue).SendAsync([alert], Token);
        }

        return await StoredForms.TakeAsync(queue);
    }

    private async Task<string> WriteOutputMessagesAsync()
    {
        QueueClient queue = await account.CreateQueueAsync();
        var output = new OutputQueue(queue, await account.CreateQueueAsync());
        foreach (OutputMessage message in OutputMessages)
        {
            await output.SendAsync(message, TimeSpan.Zero, Token);
        }

        return await StoredForms.TakeAsync(queue);
    }

    private async Task<string> WriteBurstsAsync()
    {
        TableClient table = await account.CreateTableAsync();
        var bursts = new BurstTable(table, OutputName);
        await bursts.TryWriteAsync(await bursts.LookAsync(Rule, Token), Grouped, Token);
        foreach (Alert alert in Alerts)
        {
            await bursts.AddAsync(Grouped.Burst, alert, Token);
        }

        return await StoredForms.DumpAsync(table);
    }

    private async Task<string> WriteLettersAsync()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        await new DeadLetterStore(container).WriteAsync([LetterOfRecord, LetterOfBody], Token);
        return await StoredForms.DumpAsync(container);
    }

    private async Task<(BlobContainerClient Rules, BlobContainerClient Compiled)> WriteRulesAsync()
    {
        BlobContainerClient rules = await account.CreateContainerAsync();
        BlobContainerClient compiled = await account.CreateContainerAsync();
        var store = new RuleStore(rules, new FakeTimeProvider(Now), compiled);
        await store.PushAsync(SetFiles, Overrides, Placeholders, 2, Token);
        await store.WritePackAsync(Process, "a pack"u8.ToArray(), Token);
        return (rules, compiled);
    }

    private async Task<string> WriteCheckpointAsync()
    {
        var checkpoints = new CheckpointBlobs(account.ConnectionString);
        await checkpoints.CreateContainerIfNotExistsAsync(Token);
        await checkpoints.WriteAsync(
            new BatchSource("Fixture.servicebus.windows.net", "Events", "$Default", "0"),
            EventHubsModelFactory.EventData(BinaryData.Empty, sequenceNumber: 12, offsetString: "340"),
            Token);
        return await StoredForms.DumpAsync(new BlobContainerClient(account.ConnectionString, CheckpointBlobs.ContainerName), "fixture.");
    }

    [GeneratedRegex(@"(?<=""\d{8}T\d{4}-)[0-9a-f]{32}(?=-\d+"")")]
    private static partial Regex KeyOfProcess();
}
