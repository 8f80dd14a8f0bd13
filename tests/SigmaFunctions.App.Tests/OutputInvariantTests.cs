using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Azure;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Outputs;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.App.Tests;

/// <summary>
/// In whatever order messages are taken, on whichever process, whatever fails on the way and whatever the receiver does: each alert is told by itself, is among those
/// that are told together, has another that stands for it, or is put aside.
/// </summary>
public sealed class OutputInvariantTests
{
    private const int Processes = 2;
    private const int BurstAfter = 2;

    private static readonly DateTimeOffset Now = new(2026, 11, 25, 3, 14, 15, TimeSpan.Zero);

    private static readonly OutputMetrics Metrics = new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (5, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 2], Gen.Int[1, 4], (rule, host, times) => new Step(Kind.Alert, rule, host, times, default, Answer.Taken))),
        (8, Gen.Select(
            Gen.Int[0, Processes - 1],
            Gen.Int[0, 9],
            Gen.Frequency((2, Gen.Const(default(Faults))), (3, Gen.Select(
                Gen.Int[0, 9], Gen.Bool, Gen.Int[0, 9], Gen.OneOf(0, 400), (failAt, isLost, pauseAt, pause) => new Faults(failAt, isLost, pauseAt, pause)))),
            Gen.Frequency((4, Gen.Const(Answer.Taken)), (1, Gen.Const(Answer.Busy)), (1, Gen.Const(Answer.TakenAndLost)), (1, Gen.Const(Answer.Down)), (1, Gen.Const(Answer.Wrong))),
            (process, place, faults, answer) => new Step(Kind.Deliver, process, place, 1, faults, answer))),
        (2, Gen.OneOf(1, 10, 60, 400).Select(seconds => new Step(Kind.Wait, seconds, 0, 1, default, Answer.Taken))),
        (1, Gen.Int[0, Processes - 1].Select(process => new Step(Kind.Restart, process, 0, 1, default, Answer.Taken))));

    private enum Kind
    {
        Alert,
        Deliver,
        Wait,
        Restart,
    }

    private enum Answer
    {
        Taken,
        TakenAndLost,
        Busy,
        Down,
        Wrong,
    }

    [Fact]
    public void No_alert_is_lost() => Gen.Select(Gen.OneOf(0, 30), Steps.Array[1, 30]).Sample(
        (suppressFor, steps) => RunAsync(suppressFor, steps).GetAwaiter().GetResult(), iter: 1_500, print: run => Print(run.Item1, run.Item2));

    [Fact]
    public async Task Without_faults_each_is_counted_once()
    {
        using var world = new World(0);
        world.Offer(0, 0, 3);
        world.Offer(0, 1, 4);
        world.Offer(1, 0, 2);

        await world.SettleAsync();

        Assert.Equal(4, world.Told.Count(one => one.Burst is null));
        Notification burst = Assert.Single(world.Told, one => one.Burst is not null);
        Assert.Equal((5, 2, Now, Now.AddMinutes(5)), (burst.Burst!.Count, burst.Burst.HostCount, burst.Burst.From, burst.Burst.Until));
        Assert.EndsWith("-more", burst.Id, StringComparison.Ordinal);
        Assert.InRange(burst.Id.Length, 1, 80);
    }

    private static async Task RunAsync(int suppressFor, Step[] steps)
    {
        using var world = new World(suppressFor);
        foreach (Step step in steps)
        {
            await world.RunAsync(step);
        }

        await world.SettleAsync();
        Check(world, suppressFor);
    }

    private static void Check(World world, int suppressFor)
    {
        ILookup<string, Notification> told = world.Told.ToLookup(one => one.Id);
        HashSet<string> aside = [.. world.Aside.Select(message => message.Burst is { } burst ? $"{burst.Id}-more" : message.Alert.Id)];
        foreach (IGrouping<string, Alert> rule in world.Offered.GroupBy(alert => alert.Rule.Id))
        {
            Alert[] silent = [.. rule.Where(alert => !told.Contains(alert.Id) && !aside.Contains(alert.Id))];
            Notification[] bursts = [.. told.Where(one => one.First() is { Burst: not null, Alert.Rule.Id: var id } && id == rule.Key).Select(one => one.MaxBy(again => again.Burst!.Count)!)];
            Assert.All(bursts, burst => Assert.InRange(burst.Burst!.Count, 1, rule.Count()));

            // A burst that is put aside keeps its count, as one that is told has it.
            int counted = bursts.Sum(burst => burst.Burst!.Count)
                + world.Aside.Where(message => message.Alert.Rule.Id == rule.Key).Select(message => message.Burst).OfType<OutputBurst>()
                    .GroupBy(burst => burst.Id).Where(burst => !told.Contains($"{burst.Key}-more")).Sum(burst => burst.Max(again => again.Alerts));
            if (suppressFor > 0)
            {
                // Something of the same entity was told, put aside, or counted with others.
                Assert.All(silent, alert => Assert.True(
                    counted > 0 || rule.Any(other => other.Host == alert.Host && (told.Contains(other.Id) || aside.Contains(other.Id))), "neither told nor counted"));
            }
            else
            {
                Assert.True(silent.Length <= counted, "neither told nor counted");
            }
        }
    }

    private static string Print(int suppressFor, Step[] steps) =>
        string.Create(CultureInfo.InvariantCulture, $"suppress {suppressFor}\n{string.Join('\n', steps.Select(step => step.ToString()))}");

    private readonly record struct Faults(int FailAt, bool IsAnswerLost, int PauseAt, int Pause);

    private sealed record Step(Kind Kind, int Number, int Other, int Times, Faults Faults, Answer Answer);

    private sealed class World : IDisposable
    {
        private readonly OutputOptions _options;
        private readonly FakeTimeProvider _clock = new(Now);
        private readonly MemoryRows _windows = new();
        private readonly MemoryMessages _queue;
        private readonly MemoryMessages _aside;
        private readonly Wire[] _wires = [new(), new()];
        private readonly Receiver[] _receivers;
        private readonly OutputDelivery[] _deliveries;

        public World(int suppressFor)
        {
            _queue = new MemoryMessages(_clock);
            _aside = new MemoryMessages(_clock);
            _options = new OutputOptions
            {
                Name = "teams",
                Type = OutputType.Webhook,
                Format = OutputFormat.Alert,
                BurstAfter = BurstAfter,
                SuppressFor = TimeSpan.FromSeconds(suppressFor),
            };
            _receivers = [new(Told), new(Told)];
            _deliveries = [.. Enumerable.Range(0, Processes).Select(Start)];
        }

        public ConcurrentQueue<Notification> Told { get; } = new();

        public List<Alert> Offered { get; } = [];

        public IEnumerable<OutputMessage> Aside => _aside.All.Select(body => OutputMessage.Parse(body));

        public void Offer(int rule, int host, int times)
        {
            for (int i = 0; i < times; i++)
            {
                var alert = Alert.From(
                    new Detection
                    {
                        Identity = new HubEventIdentity("hub.servicebus.windows.net", "events", "0", Now.AddMilliseconds(Offered.Count), Offered.Count, 0),
                        RuleId = $"rule{rule}",
                        RuleTitle = "A title",
                        Level = "high",
                        Host = $"WS{host}",
                        Original = "{}",
                    },
                    "Detections");
                Offered.Add(alert);
                _queue.Add(new OutputMessage(alert, _clock.GetUtcNow()).ToJson(), TimeSpan.Zero);
            }
        }

        public async Task RunAsync(Step step)
        {
            switch (step.Kind)
            {
                case Kind.Alert:
                    Offer(step.Number, step.Other, step.Times);
                    break;
                case Kind.Wait:
                    _clock.Advance(TimeSpan.FromSeconds(step.Number));
                    break;
                case Kind.Restart:
                    _deliveries[step.Number].Dispose();
                    _deliveries[step.Number] = Start(step.Number);
                    break;
                default:
                    int other = (step.Number + 1) % Processes;
                    _wires[step.Number].Reset(step.Faults.FailAt, step.Faults.IsAnswerLost, step.Faults.PauseAt, async () =>
                    {
                        // A process may stand still until a burst has ended and was told.
                        _clock.Advance(TimeSpan.FromSeconds(step.Faults.Pause));
                        for (int i = 0; i < 4; i++)
                        {
                            await DeliverAsync(other, step.Other + i);
                        }
                    });
                    _receivers[step.Number].Answer = step.Answer;
                    await DeliverAsync(step.Number, step.Other);
                    _wires[step.Number].Reset();
                    _receivers[step.Number].Answer = Answer.Taken;
                    break;
            }
        }

        /// <summary>Time passes until nothing is on the queue any more.</summary>
        public async Task SettleAsync()
        {
            while (_queue.Next is { } next)
            {
                if (next > _clock.GetUtcNow())
                {
                    _clock.SetUtcNow(next);
                }

                await DeliverAsync(0, 0);
            }
        }

        public void Dispose()
        {
            foreach (OutputDelivery delivery in _deliveries)
            {
                delivery.Dispose();
            }
        }

        // As the host does: what fails is seen again after a while.
        private async Task DeliverAsync(int process, int place)
        {
            if (_queue.Take(place) is not { } body)
            {
                return;
            }

            try
            {
                await _deliveries[process].DeliverAsync(OutputMessage.Parse(body), TestContext.Current.CancellationToken);
            }
            catch (RequestFailedException)
            {
                _queue.Add(body, TimeSpan.FromSeconds(30));
            }
        }

        private OutputDelivery Start(int process)
        {
            Wire wire = _wires[process];
            var queue = new OutputQueue(new MemoryMessageQueue(_queue, wire), new MemoryMessageQueue(_aside, wire));
            var windows = new MemoryTable(_windows, wire);
            return new OutputDelivery(
                new OutputChannel(_options, queue),
                new OutputHolding(_options, new AlertWindows(windows, _clock), new BurstTable(windows, _options.Name), queue, _clock),
                _receivers[process],
                new RuleDirectory(() => RuleSet.Load([])),
                new DetectionTable(new MemoryTable(new MemoryRows(), wire), _clock),
                Metrics,
                _clock,
                NullLogger<OutputDelivery>.Instance);
        }
    }

    private sealed class Receiver(ConcurrentQueue<Notification> told) : IOutputSender
    {
        public Answer Answer { get; set; }

        public Task<DeliveryResult> SendAsync(Notification notification, CancellationToken cancellationToken)
        {
            if (Answer is Answer.Taken or Answer.TakenAndLost)
            {
                told.Enqueue(notification);
            }

            return Task.FromResult(Answer switch
            {
                Answer.Taken => DeliveryResult.Delivered,
                Answer.Busy => DeliveryResult.Retry("429", TimeSpan.FromSeconds(20)),
                Answer.Wrong => DeliveryResult.Rejected("400"),
                _ => DeliveryResult.Retry("timeout"),
            });
        }

        public void Dispose()
        {
        }
    }
}
