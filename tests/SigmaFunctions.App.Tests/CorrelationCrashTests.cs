using System.Diagnostics.Metrics;
using System.Text;
using Azure.Data.Tables;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Tests;

/// <summary>
/// A process ends at a request of a batch of a correlation's events; before the batch comes again, another process takes a batch of late events that move
/// the detection to another timespan.
/// </summary>
public sealed class CorrelationCrashTests
{
    private const string Text = """
        title: Twice
        id: 00000000-0000-0000-0000-0000000000c1
        correlation:
            type: event_count
            rules: [a]
            timespan: 10s
            condition: {gte: 2}
        ---
        title: A
        id: 00000000-0000-0000-0000-00000000000a
        name: a
        logsource: {category: test}
        detection: {s: {kind: a}, condition: s}
        """;

    // The batch, the late ones, and what follows from all of them: 18 s holds off 24 s.
    private static readonly int[] Batch = [21, 24];
    private static readonly int[] Late = [14, 18];
    private static readonly int[] Next = [30];

    private static readonly RuleSet Rules = RuleSet.Load([new RuleFile("c.yml", Text)]);

    private static readonly DateTimeOffset Begin = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);

    // More requests than the batch takes: of one that none of them stops.
    public static TheoryData<int> Requests => [.. Enumerable.Range(0, 14)];

    // The second of the detection: 18 s holds it off, at the end of its timespan at the latest.
    public static MatrixTheoryData<int, int> RequestsOfTwo => new([24, 28], Enumerable.Range(0, 14));

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task What_was_decided_before_the_end_is_recorded_and_then_superseded(int request)
    {
        var store = new Stored();
        bool hasEnded = false;
        try
        {
            await DeliverAsync(store, Batch, endsAt: request);
        }
        catch (EndedException)
        {
            hasEnded = true;
        }

        Assert.Equal(request < 11, hasEnded);
        await DeliverAsync(store, Late);
        await DeliverAsync(store, Batch);

        StoredFiring valid = Assert.Single(store.Recorded.Values, firing => !firing.IsSuperseded);
        Assert.Equal(Begin.AddSeconds(18).UtcTicks, valid.Time);
        StoredFiring alerted = Assert.Single(store.Recorded.Values, firing => firing.Report!.Outcome == FiringOutcome.Alerts);
        Assert.Equal(alerted == valid ? null : alerted.Report!.Detected.Id, valid.Report!.OutcomeBy);
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task What_a_paused_process_still_writes_before_it_ends_is_put_right(int request)
    {
        // Another process has taken its partition meanwhile, and done what it was at.
        var store = new Stored();
        var pause = new TaskCompletionSource();
        int requests = 0;
        Task paused = DeliverAsync(store, Batch, () => requests++ == request ? pause.Task : requests == request + 2 ? throw new EndedException() : Task.CompletedTask);
        await DeliverAsync(store, Late);
        await DeliverAsync(store, Batch);

        // What it has noted is not due yet.
        await SweepAsync(store);
        pause.SetResult();
        await Task.WhenAny(paused);

        await DeliverAsync(store, Next);
        store.Clock.Advance(TimeSpan.FromMinutes(6));
        await SweepAsync(store);
        Assert.Equal([18, 30], store.Recorded.Values.Where(firing => !firing.IsSuperseded).Select(firing => (new DateTimeOffset(firing.Time, TimeSpan.Zero) - Begin).TotalSeconds).Order());
    }

    /// <summary>
    /// A process stands still at a request while another one, which writes one firing at a time, takes late events that move its detection: that one decides
    /// nothing yet within the timespan before what it has not written.
    /// </summary>
    [Theory]
    [MemberData(nameof(RequestsOfTwo))]
    public async Task Of_what_is_written_in_part_no_two_alert(int second, int request)
    {
        var store = new Stored();
        var pause = new TaskCompletionSource();
        int requests = 0;
        Task paused = DeliverAsync(store, [21, second], () => requests++ == request ? pause.Task : Task.CompletedTask);
        store.Limits = new PartLimits { Firings = 1 };
        await DeliverAsync(store, Late);
        pause.SetResult();
        await paused;
        for (int minute = 0; minute < 8; minute++)
        {
            store.Clock.Advance(TimeSpan.FromMinutes(1));
            await SweepAsync(store);
        }

        Assert.Equal(Begin.AddSeconds(18).UtcTicks, Assert.Single(store.Recorded.Values, firing => !firing.IsSuperseded).Time);
        Assert.Single(store.Recorded.Values, firing => firing.Report!.Outcome == FiringOutcome.Alerts);
    }

    /// <summary>An evaluation that leaves a part of its work to the next one, while others change the same part between any two of its requests.</summary>
    [Fact]
    public async Task What_is_left_is_not_forgotten_where_others_come_between()
    {
        var wrong = new List<string>();
        for (int first = 0; first < 40; first++)
        {
            for (int second = first; second < 40; second++)
            {
                var store = new Stored { Limits = PartLimits.Default with { Firings = 1 } };
                int requests = 0;
                await DeliverAsync(store, [21, 24, 36, 41, 52, 53], async () =>
                {
                    int request = requests++;
                    if (request == first)
                    {
                        await DeliverAsync(store, [30, 33]);
                    }

                    if (request == second)
                    {
                        await DeliverAsync(store, [14, 18]);
                    }
                });
                await DeliverAsync(store, [14, 18, 30, 33]);
                for (int minute = 0; minute < 20; minute++)
                {
                    store.Clock.Advance(TimeSpan.FromMinutes(1));
                    await SweepAsync(store);
                }

                string told = string.Join(' ', store.Recorded.Values.Where(firing => !firing.IsSuperseded)
                    .Select(firing => (new DateTimeOffset(firing.Time, TimeSpan.Zero) - Begin).TotalSeconds).Order());
                int open = store.State.All.Count(row =>
                    row.ContainsKey("DetectionId") && !row.ContainsKey("Superseded") && (int)row["Recorded"] < (int)row["Revision"]);
                if (told != "18 30 41 53" || open > 0)
                {
                    wrong.Add($"{first} {second}: {told}, {open} open");
                }
            }
        }

        Assert.Empty(wrong);
    }

    private static Task DeliverAsync(Stored store, int[] seconds, int? endsAt = null)
    {
        int requests = 0;
        return DeliverAsync(store, seconds, () => requests++ == endsAt ? throw new EndedException() : Task.CompletedTask);
    }

    private static async Task DeliverAsync(Stored store, int[] seconds, Func<Task> step)
    {
        (MemoryCorrelationRows rows, CorrelationAgenda agenda, PartEvaluator evaluator) = Start(store, step);
        var matcher = new BodyMatcher(new EventDecoder(new LogSource("test")), new Detector(Rules), new BodyLimits { Correlates = true });
        var batch = new CorrelationBatch(Rules.CorrelationPlan);
        foreach (int second in seconds)
        {
            DateTimeOffset time = Begin.AddSeconds(second);
            byte[] body = Encoding.UTF8.GetBytes($$"""{"kind":"a","UtcTime":"{{time:yyyy-MM-dd HH:mm:ss.fff}}"}""");
            batch.Add(matcher.Match(body, TestContext.Current.CancellationToken).Correlated, new HubEventIdentity("ns", "hub", "0", Begin.AddMinutes(1), second, 0));
        }

        var writer = new PartWriter(rows, agenda);
        foreach (PartMatches part in batch.Parts)
        {
            await writer.WriteAsync(part, TestContext.Current.CancellationToken);
            await evaluator.EvaluateAsync(new PartRequest(part.Part, part.From, part.To, CompletingEvents.None), TestContext.Current.CancellationToken);
        }
    }

    private static async Task SweepAsync(Stored store)
    {
        (_, CorrelationAgenda agenda, PartEvaluator evaluator) = Start(store, () => Task.CompletedTask);
        await foreach ((TableEntity row, DueEvaluation? due) in agenda.FindDueAsync(store.Clock.GetUtcNow(), TestContext.Current.CancellationToken))
        {
            var part = TreePart.Of(Rules.CorrelationPlan.Trees[0], due!.Part);
            await evaluator.EvaluateAsync(new PartRequest(part, due.Time, due.Time, CompletingEvents.None), TestContext.Current.CancellationToken);
            await agenda.RemoveDueAsync(row, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A process.</summary>
    private static (MemoryCorrelationRows Rows, CorrelationAgenda Agenda, PartEvaluator Evaluator) Start(Stored store, Func<Task> step)
    {
        var rows = new MemoryCorrelationRows(store.State, step);
        var agenda = new CorrelationAgenda(rows, store.Clock);
        IMeterFactory meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        return (
            rows,
            agenda,
            new PartEvaluator(
                rows,
                agenda,
                new Recorder(step, store.Recorded),
                new CorrelationMetrics(meters, store.Clock),
                store.Clock,
                TimeSpan.Zero,
                store.Limits,
                NullLogger.Instance));
    }

    private sealed class EndedException : Exception;

    /// <summary>What outlasts processes.</summary>
    private sealed class Stored
    {
        public Stored() => State = new MemoryState(Clock);

        public FakeTimeProvider Clock { get; } = new(Begin.AddMinutes(2));

        public MemoryState State { get; }

        // Of processes that start from now on.
        public PartLimits Limits { get; set; } = PartLimits.Default;

        public Dictionary<DetectionId, StoredFiring> Recorded { get; } = [];
    }

    private sealed class Recorder(Func<Task> step, Dictionary<DetectionId, StoredFiring> recorded) : IFiringRecorder
    {
        public async Task RecordAsync(CorrelationTree tree, IReadOnlyList<StoredFiring> firings, ICompletingEvents events, CancellationToken cancellationToken)
        {
            foreach (StoredFiring firing in firings)
            {
                await step();
                DetectionId id = firing.Report!.Detected.Id;
                if (!recorded.TryGetValue(id, out StoredFiring? known) || known.Revision < firing.Revision)
                {
                    recorded[id] = firing;
                }
            }
        }
    }
}
