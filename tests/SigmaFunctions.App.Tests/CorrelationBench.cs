using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.App.Options;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;
using MsOptions = Microsoft.Extensions.Options.Options;

namespace SigmaFunctions.App.Tests;

/// <summary>Correlations over a table in memory: events go in, requests and what is recorded come out.</summary>
internal sealed class CorrelationBench : IDisposable
{
    public static readonly DateTimeOffset Begin = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);

    private static readonly LogSource Test = new("test");

    private readonly Measured _measured = new();
    private readonly EventDecoder _decoder = new(Test);
    private RuleSet _rules;
    private BodyMatcher _matcher;
    private long _sequence;

    /// <summary>Rules <c>a</c>, <c>b</c> and <c>c</c>, each of events whose <c>kind</c> it is, and correlations.</summary>
    public CorrelationBench(params string[] correlations)
    {
        State = new MemoryState(Clock);
        (_rules, _matcher) = Load(correlations);
        Runner = Create();
    }

    /// <summary>How much of a message is kept.</summary>
    public BodyLimits Limits
    {
        init => _matcher = new BodyMatcher(_decoder, new Detector(_rules), value);
    }

    public FakeTimeProvider Clock { get; } = new(Begin);

    public MemoryState State { get; }

    /// <summary>One process; another one has nothing of its memory.</summary>
    public CorrelationRunner Runner { get; set; }

    /// <summary>What comes before each request.</summary>
    public Func<Task> Step { get; set; } = () => Task.CompletedTask;

    public TestLogger<CorrelationRunner> Log { get; } = new();

    /// <summary>Whether the process ends where it would record.</summary>
    public bool EndsBeforeRecording { get; set; }

    /// <summary>What was recorded, in order.</summary>
    public List<StoredFiring> Recorded { get; } = [];

    public CorrelationAgenda Agenda => new(new MemoryCorrelationRows(State, () => Task.CompletedTask, 1_000), Clock);

    /// <summary>A correlation of an id that ends with a digit.</summary>
    public static string Correlation(string section, int digit = 1, string title = "Some") =>
        $"title: {title}\nid: 00000000-0000-4000-8000-0000000000c{digit}\nname: c{digit}\ncorrelation: {{{section}}}\n";

    public void Restart(PartLimits? limits = null) => Runner = Create(limits);

    public void Use(params string[] correlations) => (_rules, _matcher) = Load(correlations);

    /// <summary>Delivers a batch of one message: events as <c>kind@second field=value …</c>.</summary>
    /// <param name="events">They.</param>
    /// <param name="enqueued">Second in which it was enqueued; that of its latest event where there is none.</param>
    /// <param name="sequence">Its sequence number; the next where there is none.</param>
    public async Task DeliverAsync(IReadOnlyCollection<string> events, double? enqueued = null, long? sequence = null)
    {
        double[] seconds = [.. events.Select(one => double.Parse(one.Split(' ')[0].Split('@')[1], CultureInfo.InvariantCulture))];
        byte[] body = Encoding.UTF8.GetBytes($"[{string.Join(',', events.Zip(seconds, (one, second) => JsonOf(one, second)))}]");
        var identity = new HubEventIdentity("ns", "hub", "0", Begin.AddSeconds(enqueued ?? seconds.Max()), sequence ?? _sequence++, 0);
        var batch = new CorrelationBatch(_rules.CorrelationPlan);
        batch.Add(_matcher.Match(body).Correlated, identity);
        LeftOut = batch.LeftOut;
        await Runner.RunAsync(batch, CompletingEvents.None, TestContext.Current.CancellationToken);
    }

    public Task DeliverAsync(params string[] events) => DeliverAsync(events, null);

    /// <summary>Lets days pass, with a sweep every ten minutes.</summary>
    public async Task SweepDaysAsync(int days)
    {
        for (int sweep = 0; sweep < days * 144; sweep++)
        {
            Clock.Advance(TimeSpan.FromMinutes(10));
            await Runner.SweepAsync(isLast: false, TestContext.Current.CancellationToken);
        }
    }

    public long LeftOut { get; private set; }

    /// <summary>Requests that something takes.</summary>
    public async Task<int> RequestsAsync(Func<Task> act)
    {
        int before = State.Requests;
        await act();
        return State.Requests - before;
    }

    /// <summary>What is recorded in the end: of each detection when it fired, in seconds, its value and what became of it.</summary>
    public string Told() => string.Join(" | ", Recorded
        .GroupBy(firing => firing.Report!.Detected.Id).Select(all => all.Last()).OrderBy(firing => firing.Time)
        .Select(firing => string.Create(CultureInfo.InvariantCulture, $"{new TimeSpan(firing.Time - Begin.UtcTicks).TotalSeconds} {firing.Report!.Detected.Value}")
            + (firing.IsSuperseded ? " superseded" : firing.Report!.Outcome == FiringOutcome.Alerts ? "" : $" {firing.Report.Outcome.ToString().ToLowerInvariant()}")));

    public IReadOnlyDictionary<string, double> Metrics => _measured.Read();

    public void Dispose() => _measured.Dispose();

    private static string JsonOf(string one, double second)
    {
        string[] parts = one.Split(' ');
        return $"{{\"kind\":\"{parts[0].Split('@')[0]}\",\"UtcTime\":\"{Begin.AddSeconds(second):yyyy-MM-dd HH:mm:ss.fff}\"{string.Concat(parts.Skip(1).Select(part => $",\"{part.Split('=')[0]}\":{ValueOf(part.Split('=')[1])}"))}}}";
    }

    private static string ValueOf(string text) => text[0] == '[' ? $"[{string.Join(',', text[1..^1].Split(',').Select(ValueOf))}]" : $"\"{text}\"";

    private (RuleSet Rules, BodyMatcher Matcher) Load(string[] correlations)
    {
        var rules = RuleSet.Load([new RuleFile("c.yml", string.Join("\n---\n", [SigmaFunctions.Tests.RandomCorrelations.Bases, .. correlations]))]);
        Assert.True(rules.Rejected == 0, string.Join('\n', rules.Diagnostics.Select(diagnostic => diagnostic.ToString())));
        return (rules, new BodyMatcher(_decoder, new Detector(rules), new BodyLimits { Correlates = true }));
    }

    private CorrelationRunner Create(PartLimits? limits = null)
    {
        var rows = new MemoryCorrelationRows(State, () => Step(), 1_000);
        return new CorrelationRunner(
            rows, new CorrelationAgenda(rows, Clock), new Recorder(Recorded, () => EndsBeforeRecording), () => _rules.CorrelationPlan, MsOptions.Create(new CorrelationOptions()), new CorrelationMetrics(_measured.Meters, Clock), Clock, Log, limits ?? PartLimits.Default);
    }

    private sealed class Recorder(List<StoredFiring> recorded, Func<bool> ends) : IFiringRecorder
    {
        public Task RecordAsync(CorrelationTree tree, IReadOnlyList<StoredFiring> firings, ICompletingEvents events, CancellationToken cancellationToken)
        {
            if (ends() && firings.Count > 0)
            {
                throw new IOException("The process ends.");
            }

            lock (recorded)
            {
                recorded.AddRange(firings);
            }

            return Task.CompletedTask;
        }
    }
}
