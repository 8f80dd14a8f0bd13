using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.EndToEnd.Tests.Faults;

/// <summary>Correlations over the rules of the <see cref="Workload"/>, and where and when its events are so that these detect something.</summary>
internal static class CorrelationWorkload
{
    /// <summary>
    /// The correlations: what is decided at once and what is not, groups by host and one of all events, and such over others. They stand in a file of their own
    /// and name rules of others, which therefore keep their detections.
    /// </summary>
    public const string Yaml = $$"""
        title: Burst
        id: c0000000-0000-4000-8000-000000000001
        name: burst
        level: medium
        correlation:
            type: event_count
            rules: [{{Alpha}}, {{Beta}}, {{Gamma}}]
            group-by: [Computer]
            timespan: 20s
            condition: {gte: 3}
        ---
        title: Several tools
        id: c0000000-0000-4000-8000-000000000002
        level: low
        correlation:
            type: value_count
            rules: [{{Alpha}}, {{Beta}}]
            group-by: [Computer]
            timespan: 20s
            condition: {field: Image, gte: 2}
        ---
        title: All of them
        id: c0000000-0000-4000-8000-000000000003
        level: high
        correlation:
            type: temporal
            rules: [{{Alpha}}, {{Beta}}, {{Gamma}}]
            group-by: [Computer]
            timespan: 20s
        ---
        title: Rare
        id: {{Rare}}
        level: low
        correlation:
            type: event_count
            rules: [{{Gamma}}]
            group-by: [Computer]
            timespan: 10s
            condition: {lt: 2}
        ---
        title: Alone
        id: c0000000-0000-4000-8000-000000000005
        name: alone
        level: low
        correlation:
            type: temporal
            group-by: [Computer]
            timespan: 6s
            condition: {{Alpha}} and not {{Beta}}
        ---
        title: Bursts again and again
        id: c0000000-0000-4000-8000-000000000006
        level: high
        correlation:
            type: event_count
            rules: [burst]
            group-by: [Computer]
            timespan: 1m
            condition: {gte: 2}
            generate: true
        ---
        title: Burst, then both
        id: c0000000-0000-4000-8000-000000000007
        level: critical
        correlation:
            type: temporal_ordered
            rules: [burst, {{Both}}]
            group-by: [Computer]
            timespan: 40s
            generate: true
        ---
        title: Everywhere
        id: c0000000-0000-4000-8000-000000000008
        level: medium
        correlation:
            type: event_count
            rules: [{{Alpha}}]
            timespan: 10s
            condition: {gte: 5}
        """;

    private const string Alpha = "11111111-1111-4111-8111-111111111111";
    private const string Beta = "22222222-2222-4222-8222-222222222222";
    private const string Gamma = "33333333-3333-4333-8333-333333333333";
    private const string Both = "44444444-4444-4444-8444-444444444444";
    private const string Rare = "c0000000-0000-4000-8000-000000000004";

    /// <summary>The rules of the workload and the correlations.</summary>
    public static RuleSet Rules { get; } = RuleSet.Load(
        [new RuleFile("correlations.yml", Yaml), .. Workload.Rules.Select(rule => new RuleFile($"{rule.Id}.yml", rule.Yaml))]);

    /// <summary>
    /// The correlations that are to have been in force for long. One that is not decided at once is left out, so that its detections are held back.
    /// </summary>
    public static ImmutableArray<CorrelationTree> InForce { get; } =
        [.. Rules.CorrelationPlan.Trees.Where(tree => tree.Decision == CorrelationDecision.AtOnce || tree.Root.Correlation.Id == Rare)];
}

/// <summary>Where and when the events of messages are: on some hosts, over some minutes, many of them late; the same for the same seed and beginning.</summary>
/// <param name="seed">Seed.</param>
/// <param name="begin">When the first ones are (UTC).</param>
internal sealed class EventScatter(int seed, DateTimeOffset begin)
{
    private const int Hosts = 12;
    private const int Tools = 4;

    /// <summary>Time from a message of a partition to its next.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Latest = TimeSpan.FromSeconds(60);

    // The further partitions are behind the first.
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(25);

    private readonly Random _random = new(seed + 1_000_000);

    /// <summary>Draws an event's.</summary>
    /// <param name="partition">Partition of its message.</param>
    /// <param name="number">Number of the message in the partition.</param>
    /// <returns>Host, tool, and when it was; null where it does not say, and the time at which it was enqueued counts.</returns>
    public (string Host, string Tool, DateTimeOffset? Time) Next(int partition, int number)
    {
        string host = $"host-{_random.Next(Hosts)}";
        string tool = $"tool{_random.Next(Tools)}.exe";
        DateTimeOffset time = begin + (number * Step) - (partition * Behind);
        return (host, tool, _random.Next(20) switch
        {
            0 => null,
            // A clock that is ahead.
            1 => time.AddDays(1),
            < 8 => time - (Latest * _random.NextDouble()),
            // Such as share their time with others.
            < 12 => time,
            _ => time + TimeSpan.FromMilliseconds(_random.Next(2_000)),
        });
    }
}

/// <summary>What correlations must have detected when all is done: what the engine detects of all messages that were sent.</summary>
internal sealed class CorrelationExpectation
{
    private readonly List<(HubEventIdentity Identity, byte[] Body)> _messages = [];

    /// <summary>Adds a message that the hub has taken in.</summary>
    public void Add(HubEventIdentity identity, byte[] body) => _messages.Add(
        (identity with { Namespace = identity.Namespace.ToLowerInvariant(), EventHub = identity.EventHub.ToLowerInvariant() }, body));

    /// <summary>The detections, each as a line (<see cref="LineOf"/>).</summary>
    public List<string> Detect()
    {
        var matcher = new BodyMatcher(new EventDecoder(), new Detector(CorrelationWorkload.Rules), new BodyLimits { Correlates = true });
        var matches = new CorrelationMatches(CorrelationWorkload.Rules.CorrelationPlan);
        var events = new List<HubEventIdentity>();
        _messages.Sort((left, right) => StoredMatch.Compare(left.Identity, right.Identity));
        foreach ((HubEventIdentity identity, byte[] body) in _messages)
        {
            CorrelatedBody correlated = matcher.Match(body, TestContext.Current.CancellationToken).Correlated;
            for (int index = 0; index < correlated.Count; index++)
            {
                CorrelatedRecord record = correlated[index];
                long enqueued = identity.EnqueuedTime.UtcTicks;
                events.Add(identity with { Record = record.Record });
                for (int match = 0; match < record.Count; match++)
                {
                    matches.Add(record.RuleOf(match), Math.Min(record.Time?.UtcTicks ?? enqueued, enqueued), events.Count - 1, record.ValuesOf(match));
                }
            }
        }

        return
        [
            .. matches.Detect().Select(one => Line(
                one.Correlation.Correlation.Id,
                one.Correlation.Correlation.GroupBy.Zip(one.Group),
                one.Value.ToString(),
                one.First,
                one.Last,
                events[one.Place],
                one.Events.Select(item => (events[item.Place], item.Rule, item.Time)))),
        ];
    }

    /// <summary>What a row says of a detection, as a line.</summary>
    public static string LineOf(Detection detection)
    {
        DetectedCorrelation correlation = detection.Correlation!;
        return Line(
            detection.RuleId,
            correlation.Group.Select(one => (one.Field, one.Value)),
            correlation.Value,
            correlation.First.UtcTicks,
            correlation.Last.UtcTicks,
            detection.Identity.ByKind(hub => hub),
            correlation.Events.Select(one => (one.Identity, one.RuleId, one.Time.UtcTicks)));
    }

    private static string Line(
        string rule,
        IEnumerable<(string Field, string Value)> group,
        string value,
        long first,
        long last,
        HubEventIdentity completing,
        IEnumerable<(HubEventIdentity Identity, string Rule, long Time)> events) => string.Create(
            CultureInfo.InvariantCulture,
            $"{rule} {string.Join(',', group)} {value} {first} {last} {Place(completing)} {string.Join(' ', events.Select(one => $"{Place(one.Identity)}:{one.Rule}:{one.Time}"))}");

    private static string Place(HubEventIdentity identity) => $"{identity.Partition}/{identity.SequenceNumber}/{identity.Record}";
}
