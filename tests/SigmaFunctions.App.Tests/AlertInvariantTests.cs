using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Azure;
using Azure.Data.Tables;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Alerting;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Outputs;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using MsOptions = Microsoft.Extensions.Options.Options;

namespace SigmaFunctions.App.Tests;

/// <summary>
/// In whatever order batches come, on whichever process, whatever fails and whenever a process ends: nothing is held back but by an alert
/// that was sent.
/// </summary>
public sealed class AlertInvariantTests
{
    private const int Processes = 2;
    private const int Rules = 2;
    private const int Hosts = 4;

    private static readonly DateTimeOffset Now = new(2026, 11, 25, 3, 14, 15, TimeSpan.Zero);
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(10);

    private static readonly DetectionMetrics Metrics =
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    private static readonly Gen<AlertOptions> Settings = Gen.Select(
        Gen.OneOf(0, 5, 100),
        Gen.OneOf(AlertEntity.Host, AlertEntity.HostAndUser, AlertEntity.Rule),
        Gen.OneOf<(int PerRule, int? PerHost)>((1, null), (2, null), (3, null), (3, 2), (4, 2), (6, 3), (8, 2), (0, null), (0, 2)),
        (suppressFor, suppressBy, maximum) => new AlertOptions
        {
            SuppressFor = TimeSpan.FromSeconds(suppressFor),
            SuppressBy = suppressBy,
            MaximumPerRule = maximum.PerRule,
            MaximumPerHost = maximum.PerHost,
            RateWindow = RateWindow,
        });

    private static readonly Gen<(int Rule, int Host, int User)[]> Batch =
        Gen.Select(Gen.Int[0, Rules - 1], Gen.Int[0, Hosts - 1], Gen.Int[0, 1]).Array[1, 6];

    private static readonly Gen<Faults> Troubles = Gen.Frequency(
        (2, Gen.Const(default(Faults))),
        (3, Gen.Select(Gen.Int[1, 16], Gen.Bool, Gen.Int[1, 8], (failAt, isAnswerLost, pauseAt) => new Faults(failAt, isAnswerLost, pauseAt))),
        (2, Gen.Int[1, 8].Select(pauseAt => new Faults(0, false, pauseAt))));

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (6, Gen.Select(Gen.Int[0, Processes - 1], Batch, Troubles, (process, batch, faults) => new Step(Kind.Batch, process, batch, [], faults))),
        (3, Gen.Select(Gen.Int[0, Processes - 1], Batch, Batch, Troubles, (process, batch, meanwhile, faults) => new Step(Kind.Batch, process, batch, meanwhile, faults))),
        (2, Gen.Select(Gen.Int[0, Processes - 1], Troubles, (process, faults) => new Step(Kind.Retry, process, [], [], faults))),
        (2, Gen.OneOf(1, 5, 10, 100).Select(seconds => new Step(Kind.Wait, seconds, [], [], default))),
        (1, Gen.Int[0, Processes - 1].Select(process => new Step(Kind.Restart, process, [], [], default))));

    private enum Kind
    {
        Batch,
        Retry,
        Wait,
        Restart,
    }

    [Fact]
    public void What_is_held_back_names_an_alert_that_was_sent() => Gen.Select(Settings, Steps.Array[1, 14]).Sample(
        (options, steps) => RunAsync(options, steps).GetAwaiter().GetResult(), iter: 1_500, print: run => Print(run.Item1, run.Item2));

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    [InlineData(6, true)]
    public async Task What_mutes_a_rule_is_known_by_its_suppression_window_too(int failAt, bool isAnswerLost)
    {
        var options = new AlertOptions { SuppressFor = TimeSpan.FromSeconds(100), SuppressBy = AlertEntity.HostAndUser, MaximumPerRule = 3, RateWindow = RateWindow };

        // The second of them mutes the rule on its host and fails on the way; the third is held back in the mute. Then another process, which
        // has room, alerts for the second's entity before it goes on with the second.
        await RunAsync(options,
        [
            new Step(Kind.Batch, 0, [(0, 0, 0)], [], default),
            new Step(Kind.Batch, 0, [(0, 0, 1)], [], new Faults(failAt, isAnswerLost, 0)),
            new Step(Kind.Batch, 0, [(0, 0, 2)], [], default),
            new Step(Kind.Batch, 1, [(0, 0, 1)], [], default),
            new Step(Kind.Retry, 1, [], [], default),
        ]);
    }

    [Theory]
    [InlineData(0, 1_000, 0, 2, 2, 2)] // Send, mark.
    [InlineData(5, 1_000, 0, 4, 3, 3)] // Look, write, send, mark; then look, count, mark.
    [InlineData(5, 1_000, 5, 4, 5, 5)] // Whether the alert of the window before was sent is read once more.
    [InlineData(0, 2, 0, 2, 4, 2)] // Look at the mutes, write, send, mark; then look, mark.
    [InlineData(5, 2, 0, 4, 3, 3)] // What repeats is held back by its window.
    public async Task Deciding_takes_few_requests(int suppressFor, int maximum, int wait, params int[] requests)
    {
        var world = new World(new AlertOptions { SuppressFor = TimeSpan.FromSeconds(suppressFor), MaximumPerRule = maximum, RateWindow = RateWindow });
        foreach (int expected in requests)
        {
            await world.RunAsync(new Step(Kind.Batch, 0, [(0, 0, 0)], [], default));
            Assert.Equal(expected, world.Requests);
            await world.RunAsync(new Step(Kind.Wait, wait, [], [], default));
        }
    }

    private static async Task RunAsync(AlertOptions options, Step[] steps)
    {
        var world = new World(options);
        foreach (Step step in steps)
        {
            await world.RunAsync(step);
        }

        await world.SettleAsync();
        Check(world, options);
    }

    private static void Check(World world, AlertOptions options)
    {
        ILookup<string, Alert> sent = world.Alerts.ToLookup(alert => alert.Id);
        int perHost = options.MaximumPerHost ?? Math.Max(1, options.MaximumPerRule / 10);
        var detections = world.Recorded.ToDictionary(detection => detection.Id.Value);
        foreach (TableEntity row in world.Rows)
        {
            Detection detection = detections[row.GetString("Id")];
            string? by = row.GetString("HeldBackBy");
            string? reason = row.GetString("HeldBack");
            if (reason is null)
            {
                Assert.NotNull(row.GetDateTimeOffset("AlertedAt"));
                Assert.True(sent.Contains(detection.Id.Value), "marked and not sent");
                continue;
            }

            Assert.True(by is not null && sent.Contains(by), $"held back for {reason} by an alert that was not sent");
            Alert alert = sent[by].First();
            Assert.Equal(detection.RuleId, alert.Rule.Id);
            if (reason == "repetition")
            {
                Assert.True(options.SuppressBy == AlertEntity.Rule || alert.Host == detection.Host, "repeats what another host did");
                continue;
            }

            // Where there is no suppression a worker that ends before it has sent leaves an alert that nothing tells apart from others.
            if (options.SuppressFor > TimeSpan.Zero)
            {
                Assert.True(sent[by].Any(one => one.Kind == AlertKind.RuleMuted), "held back by an alert that tells of no mute");
            }

            if (alert.Host == detection.Host)
            {
                continue;
            }

            Assert.True(options.MaximumPerRule > 0 && options.MaximumPerRule < Hosts * perHost, "muted on all hosts, which no limit asks for");
            if (options.MaximumPerRule > 1)
            {
                Assert.True(world.Alerts.Any(one => one.Rule.Id == alert.Rule.Id && one.Host != alert.Host), "held back for what one other host did");
            }
        }
    }

    private static string Print(AlertOptions options, Step[] steps) => string.Create(
        CultureInfo.InvariantCulture,
        $"suppress {options.SuppressFor} by {options.SuppressBy}, {options.MaximumPerRule} per rule, {options.MaximumPerHost} per host\n{string.Join('\n', steps.Select(step => step.ToString()))}");

    private readonly record struct Faults(int FailAt, bool IsAnswerLost, int PauseAt);

    private sealed record Step(Kind Kind, int Number, (int Rule, int Host, int User)[] Batch, (int Rule, int Host, int User)[] Meanwhile, Faults Faults)
    {
        public override string ToString() => $"{Kind} {Number} [{string.Join(' ', Batch)}] [{string.Join(' ', Meanwhile)}] {Faults}";
    }

    private sealed class World
    {
        private readonly AlertOptions _options;
        private readonly FakeTimeProvider _clock = new(Now);
        private readonly MemoryRows _detections = new();
        private readonly MemoryRows _windows = new();
        private readonly Wire[] _wires = [new(), new()];
        private readonly AlertAnnouncer[] _announcers;
        private readonly List<(int Process, Detection[] Detections)> _pending = [];
        private readonly DetectionTable _table;

        public World(AlertOptions options)
        {
            _options = options;
            _table = new DetectionTable(new MemoryTable(_detections, new Wire()), _clock);
            _announcers = [.. Enumerable.Range(0, Processes).Select(Start)];
        }

        public ConcurrentQueue<Alert> Alerts { get; } = new();

        public List<Detection> Recorded { get; } = [];

        /// <summary>Requests of the last batch.</summary>
        public int Requests { get; private set; }

        public IEnumerable<TableEntity> Rows => Recorded.Select(detection =>
        {
            TableEntity row = _detections.Find(detection.Id.PartitionKey, detection.Id.RowKey)!;
            row["Id"] = detection.Id.Value;
            return row;
        });

        public async Task RunAsync(Step step)
        {
            switch (step.Kind)
            {
                case Kind.Wait:
                    _clock.Advance(TimeSpan.FromSeconds(step.Number));
                    break;
                case Kind.Restart:
                    _announcers[step.Number] = Start(step.Number);
                    break;
                case Kind.Retry when _pending.Count > 0:
                    // Another process goes on with it, in another order, as a sweep does; or it is delivered again.
                    (int owner, Detection[] detections) = _pending[0];
                    _pending.RemoveAt(0);
                    if (owner != step.Number)
                    {
                        Array.Reverse(detections);
                    }

                    await AnnounceAsync(step.Number, detections, step.Faults);
                    break;
                case Kind.Batch:
                    Detection[] others = await RecordAsync(step.Meanwhile);
                    await AnnounceAsync(
                        step.Number, await RecordAsync(step.Batch), step.Faults, others is [] ? null : () => AnnounceAsync((step.Number + 1) % Processes, others, default));
                    break;
                default:
                    break;
            }
        }

        /// <summary>All that failed is tried again.</summary>
        public async Task SettleAsync()
        {
            while (_pending.Count > 0)
            {
                (int process, Detection[] detections) = _pending[^1];
                _pending.RemoveAt(_pending.Count - 1);
                await AnnounceAsync(process, detections, default);
            }
        }

        private async Task AnnounceAsync(int process, Detection[] detections, Faults faults, Func<Task>? meanwhile = null)
        {
            bool isPaused = false;
            Detection[] owed =
                [.. detections.Where(one => _detections.Find(one.Id.PartitionKey, one.Id.RowKey) is { } row && row.GetDateTimeOffset("AlertedAt") is null && row.GetString("HeldBack") is null)];
            _wires[process].Reset(faults.FailAt, faults.IsAnswerLost, meanwhile is null ? 0 : faults.PauseAt, async () =>
            {
                isPaused = true;
                await meanwhile!();
            });
            try
            {
                await _announcers[process].AnnounceAsync(owed, TestContext.Current.CancellationToken);
            }
            catch (RequestFailedException)
            {
                _pending.Add((process, detections));
            }
            Requests = _wires[process].Requests;
            _wires[process].Reset();
            if (meanwhile is not null && !isPaused)
            {
                await meanwhile();
            }
        }

        private async Task<Detection[]> RecordAsync((int Rule, int Host, int User)[] batch)
        {
            Detection[] detections =
            [
                .. batch.Select((one, index) => new Detection
                {
                    Identity = new HubEventIdentity("hub.servicebus.windows.net", "events", "0", Now.AddMilliseconds(Recorded.Count + index), Recorded.Count + index, 0),
                    RuleId = $"rule{one.Rule}",
                    RuleTitle = "A title",
                    Level = "high",
                    Host = $"WS{one.Host}",
                    User = $"user{one.User}",
                    Original = "{}",
                }),
            ];
            Recorded.AddRange(detections);
            await _table.AddAsync(detections, TestContext.Current.CancellationToken);
            return detections;
        }

        private AlertAnnouncer Start(int process)
        {
            Wire wire = _wires[process];
            return new AlertAnnouncer(
                new AlertPolicy(MsOptions.Create(_options), MsOptions.Create(new DetectionOptions()), () => RuleOverrides.None),
                new AlertWindows(new MemoryTable(_windows, wire), _clock),
                new AlertRates(_clock),
                new AlertDispatch(new AlertQueue(new MemoryQueue(Alerts, wire)), [], new RuleDirectory(() => RuleSet.Load([])), _clock),
                new DetectionTable(new MemoryTable(_detections, wire), _clock),
                Metrics,
                _clock,
                NullLogger<AlertAnnouncer>.Instance);
        }
    }
}
