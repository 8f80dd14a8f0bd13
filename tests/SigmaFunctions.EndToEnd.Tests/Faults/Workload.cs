using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.EndToEnd.Tests.Faults;

/// <summary>A rule of the workload: it matches a command line that has all of its words.</summary>
/// <param name="Id">Rule id.</param>
/// <param name="Title">Title.</param>
/// <param name="Level">Level.</param>
/// <param name="Words">Words.</param>
internal sealed record WordRule(string Id, string Title, string Level, ImmutableArray<string> Words)
{
    /// <summary>The rule as Sigma.</summary>
    public string Yaml => $$"""
        title: {{Title}}
        id: {{Id}}
        level: {{Level}}
        tags: [attack.t1059]
        logsource: {category: process_creation, product: windows}
        detection:
            selection:
                CommandLine|contains|all: [{{string.Join(", ", Words)}}]
            condition: selection
        """;
}

/// <summary>A detection that a message must give.</summary>
/// <param name="Record">Index of its record in the body.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Host">Host of the event.</param>
/// <param name="CommandLine">Command line of the event.</param>
internal sealed record ExpectedMatch(int Record, WordRule Rule, string Host, string CommandLine);

/// <summary>A message of the workload.</summary>
/// <param name="Partition">Partition that it is sent to.</param>
/// <param name="Body">Body.</param>
/// <param name="Matches">What it must give.</param>
/// <param name="Readable">Whether its body can be read.</param>
internal sealed record WorkloadMessage(int Partition, byte[] Body, ImmutableArray<ExpectedMatch> Matches, bool Readable);

/// <summary>Messages of which it is known by their making what is detected in them.</summary>
internal static class Workload
{
    /// <summary>Messages that make one batch.</summary>
    public const int BatchSize = 16;

    private static readonly string[] Words = ["alpha", "beta", "gamma"];

    /// <summary>The rules: one a word, and one that needs two of them, so that an event may match one to four.</summary>
    public static ImmutableArray<WordRule> Rules { get; } =
    [
        new("11111111-1111-4111-8111-111111111111", "Alpha", "high", ["alpha"]),
        new("22222222-2222-4222-8222-222222222222", "Beta", "medium", ["beta"]),
        new("33333333-3333-4333-8333-333333333333", "Gamma", "low", ["gamma"]),
        new("44444444-4444-4444-8444-444444444444", "Alpha and beta", "critical", ["alpha", "beta"]),
    ];

    private static ImmutableArray<string> Unreadable { get; } =
    [
        "{'single': 'quotes'}",
        """{"category":"process_creation","CommandLine":"alpha""",
        "\0\0\0\0",
        "alpha beta gamma",
        """{"records":[{"time":""",
        new string('[', 5_000),
    ];

    /// <summary>Makes messages for each of some partitions; the same for the same seed.</summary>
    /// <param name="seed">Seed.</param>
    /// <param name="partitions">Partitions.</param>
    /// <param name="messages">Messages a partition.</param>
    /// <param name="poison">Whether one body of every tenth batch cannot be read; otherwise about one in fifty.</param>
    /// <param name="hasUnreadable">Whether there are such bodies at all.</param>
    /// <param name="scatter">Where and when events are; if null, each is on a host of its own.</param>
    public static ImmutableArray<WorkloadMessage> Create(
        int seed, int partitions, int messages, bool poison, bool hasUnreadable = true, EventScatter? scatter = null)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, partitions).SelectMany(partition => Enumerable.Range(0, messages).Select(number =>
                hasUnreadable && (poison ? number % (10 * BatchSize) == seed % BatchSize : random.Next(50) == 0)
                    ? new WorkloadMessage(partition, Encoding.UTF8.GetBytes(Unreadable[random.Next(Unreadable.Length)]), [], Readable: false)
                    : Readable(random, partition, number, scatter))),
        ];
    }

    private static WorkloadMessage Readable(Random random, int partition, int number, EventScatter? scatter)
    {
        int records = random.Next(4) == 0 ? random.Next(2, 7) : 1;
        WorkloadEvent[] events =
        [
            .. Enumerable.Range(0, records).Select(record =>
            {
                (string host, string tool, DateTimeOffset? time) = scatter?.Next(partition, number) ?? ($"host-{partition}-{number}-{record}", "tool.exe", null);
                return new WorkloadEvent(
                    host, tool, string.Join(' ', Words.Where(_ => random.Next(4) == 0).Prepend($"tool.exe {partition}.{number}.{record}")), time);
            }),
        ];
        string body = records == 1 ? Flat(events[0]) : Records(events);
        return new WorkloadMessage(
            partition,
            Encoding.UTF8.GetBytes(body),
            [
                .. events.SelectMany((item, record) => Rules
                    .Where(rule => rule.Words.All(word => item.CommandLine.Contains(word, StringComparison.Ordinal)))
                    .Select(rule => new ExpectedMatch(record, rule, item.Host, item.CommandLine))),
            ],
            Readable: true);
    }

    private static string Flat(WorkloadEvent item)
    {
        string time = item.Time is { } stated ? $"\"UtcTime\":\"{stated.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff}\"," : "";
        return $$"""{"category":"process_creation","product":"windows",{{time}}"Computer":"{{item.Host}}","Image":"C:\\{{item.Tool}}","CommandLine":"{{item.CommandLine}}"}""";
    }

    private static string Records(WorkloadEvent[] events) => JsonSerializer.Serialize(new
    {
        records = events.Select(item => new
        {
            time = "2026-01-02T03:04:05Z",
            tenantId = "tenant-1",
            operationName = "Publish",
            category = "AdvancedHunting-DeviceProcessEvents",
            properties = new
            {
                Timestamp = $"{item.Time?.UtcDateTime ?? new DateTime(2026, 1, 2, 3, 4, 4):yyyy-MM-ddTHH:mm:ss.fffffff}Z",
                DeviceName = item.Host,
                ActionType = "ProcessCreated",
                FolderPath = $@"C:\{item.Tool}",
                FileName = item.Tool,
                ProcessCommandLine = item.CommandLine,
                AccountDomain = "corp",
                AccountName = "ann",
            },
        }),
    });

    private sealed record WorkloadEvent(string Host, string Tool, string CommandLine, DateTimeOffset? Time);
}

/// <summary>What must be recorded and announced when all is done, by the events' identities.</summary>
internal sealed class Expectation
{
    private readonly Dictionary<DetectionId, ExpectedMatch> _detections = [];
    private readonly HashSet<(string Partition, long SequenceNumber)> _unreadable = [];

    /// <summary>Detections.</summary>
    public IReadOnlyDictionary<DetectionId, ExpectedMatch> Detections => _detections;

    /// <summary>Messages that must become dead letters.</summary>
    public IReadOnlySet<(string Partition, long SequenceNumber)> Unreadable => _unreadable;

    /// <summary>Adds a message that the hub has taken in.</summary>
    /// <param name="identity">Identity of its first record.</param>
    /// <param name="message">The message.</param>
    public void Add(HubEventIdentity identity, WorkloadMessage message)
    {
        if (!message.Readable)
        {
            _unreadable.Add((identity.Partition, identity.SequenceNumber));
        }

        foreach (ExpectedMatch match in message.Matches)
        {
            _detections.Add(DetectionId.Create(identity with { Record = match.Record }, match.Rule.Id), match);
        }
    }
}
