using System.Collections.Concurrent;
using System.Collections.Immutable;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Outputs;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.App.Tests;

/// <summary>What becomes of a message on the queue of an output, and which alerts get there.</summary>
public sealed class OutputDeliveryTests
{
    private const string NodeRule = "00000000-0000-4000-8000-000000000001";

    private static readonly DateTimeOffset Now = new(2026, 11, 30, 3, 14, 15, TimeSpan.Zero);

    private static readonly RuleSet Rules = RuleSet.Load([new RuleFile("rules.yml", $$"""
        title: Node
        id: {{NodeRule}}
        logsource: { product: windows, category: process_creation }
        detection: { selection: { CommandLine|contains: '--eval' }, condition: selection }
        ---
        title: Shell
        id: 00000000-0000-4000-8000-000000000002
        logsource: { product: linux, category: process_creation }
        detection: { selection: { Image|endswith: '/sh' }, condition: selection }
        """)]);

    public static TheoryData<DeliveryResult, int, double, double, int> Postponements => new()
    {
        // Result, attempts before: seconds until the next, from and to, and attempts then.
        { DeliveryResult.Retry("timeout"), 0, 15, 18, 1 },
        { DeliveryResult.Retry("503"), 3, 120, 144, 4 },
        { DeliveryResult.Retry("503"), 30, 900, 1_080, 31 },
        { DeliveryResult.Retry("429", TimeSpan.FromSeconds(40)), 0, 40, 48, 0 },
        { DeliveryResult.Retry("429", TimeSpan.FromHours(1)), 2, 3_600, 4_320, 2 },
        { DeliveryResult.Retry("429", TimeSpan.FromSeconds(40)), 7, 40, 48, 7 },
        { DeliveryResult.Retry("rate", TimeSpan.FromMilliseconds(300)), 0, 15, 18, 0 },
        { DeliveryResult.Retry("rate", TimeSpan.FromMilliseconds(300)), 7, 15, 18, 7 },
    };

    [Fact]
    public async Task What_is_delivered_is_off_the_queue()
    {
        using var world = new World(DeliveryResult.Delivered);

        await world.DeliverAsync(Message() with { Since = Now.AddSeconds(-3) });

        Assert.Equal("outputs.notifications teams/delivered=1, outputs.lag teams=3", world.Measured);
        Assert.Equal((null, 0), (world.Queue.Next, world.Aside.All.Count));
        Assert.Empty(world.Log.Entries);
    }

    [Theory]
    [MemberData(nameof(Postponements))]
    public async Task What_fails_is_tried_again_after_a_while_that_grows(DeliveryResult result, int attempts, double from, double to, int next)
    {
        using var world = new World(result);

        await world.DeliverAsync(Message() with { Attempts = attempts });

        Assert.InRange((world.Queue.Next!.Value - Now).TotalSeconds, from, to);
        var message = OutputMessage.Parse(Assert.Single(world.Queue.All));
        Assert.Equal((next, Now), (message.Attempts, message.Since));
        Assert.Equal("outputs.notifications teams/postponed=1", world.Measured);
    }

    [Fact]
    public async Task What_is_rejected_is_put_aside()
    {
        using var world = new World(DeliveryResult.Rejected("400"));

        await world.DeliverAsync(Message());

        Assert.Single(world.Aside.All);
        Assert.Null(world.Queue.Next);
        Assert.Equal("outputs.notifications teams/put_aside=1", world.Measured);
        Assert.EndsWith("which is put aside on its poison queue: 400.", Assert.Single(world.Log.Entries).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(167.9, 1, 0)]
    [InlineData(168, 0, 1)]
    public async Task After_a_week_it_is_given_up(double hours, int tries, int aside)
    {
        using var world = new World(DeliveryResult.Retry("timeout"));

        await world.DeliverAsync(Message() with { Since = Now.AddHours(-hours) });

        Assert.Equal((tries, aside), (world.Sender.Notifications.Count, world.Aside.All.Count));
    }

    [Fact]
    public async Task A_receiver_that_fails_is_left_alone_for_a_moment_and_its_return_is_told()
    {
        using var world = new World(DeliveryResult.Retry("connection refused"));
        await world.DeliverAsync(Message());
        await world.DeliverAsync(Message());
        Assert.Single(world.Sender.Notifications);

        // The pauses between tries: 5, 10, 20, 40, 60, 60 seconds.
        foreach ((int seconds, int tries) in new[] { (4, 1), (1, 2), (9, 2), (1, 3), (20, 4), (40, 5), (59, 5), (1, 6), (60, 7) })
        {
            world.Clock.Advance(TimeSpan.FromSeconds(seconds));
            await world.DeliverAsync(Message());
            Assert.Equal(tries, world.Sender.Notifications.Count);
        }

        world.Sender.Result = DeliveryResult.Delivered;
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        await world.DeliverAsync(Message());
        await world.DeliverAsync(Message());

        Assert.Equal(9, world.Sender.Notifications.Count);
        Assert.Equal(
            [
                "Output teams cannot be reached (connection refused). What is meant for it waits on its queue and is tried again.",
                "Output teams is reached again, after 00:04:15.",
            ],
            world.Log.Entries.Select(entry => entry.Message));
    }

    [Fact]
    public async Task A_receiver_that_asks_to_wait_does_not_fail()
    {
        using var world = new World(DeliveryResult.Retry("429", TimeSpan.FromSeconds(40)));

        await world.DeliverAsync(Message());
        await world.DeliverAsync(Message());

        Assert.Equal(2, world.Sender.Notifications.Count);
        Assert.Empty(world.Log.Entries);
    }

    [Fact]
    public async Task What_matched_goes_along()
    {
        using var world = new World(DeliveryResult.Delivered);

        await world.DeliverAsync(Message());

        Assert.Equal(["--eval"], Assert.Single(world.Sender.Notifications).Matched);
    }

    [Fact]
    public async Task An_alert_stands_for_those_of_its_host_and_tells_how_many()
    {
        using var world = new World(DeliveryResult.Delivered, options => options with { SuppressFor = TimeSpan.FromMinutes(10), BurstAfter = 0 });
        await world.DeliverAsync(Message(1), Message(2), Message(3), Message(4, "WS-2"), Message(1));
        Assert.Equal([Id(1), Id(4, "WS-2"), Id(1)], world.Sender.Notifications.Select(one => one.Id));

        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await world.DeliverAsync(Message(5));

        Assert.Equal(2, world.Sender.Notifications.Last().Alert.HeldBack);
        Assert.Contains("teams/suppressed=2", world.Measured, StringComparison.Ordinal);
    }

    /// <summary>It was not told: what it would have stood for is.</summary>
    [Fact]
    public async Task An_alert_that_is_put_aside_stands_for_no_more()
    {
        using var world = new World(DeliveryResult.Rejected("413"), options => options with { SuppressFor = TimeSpan.FromDays(7), BurstAfter = 0 });
        await world.DeliverAsync(Message(1));
        world.Sender.Result = DeliveryResult.Delivered;

        await world.DeliverAsync(Message(2), Message(3));

        Assert.Equal([Id(1), Id(2)], world.Sender.Notifications.Select(one => one.Id));
        Assert.Single(world.Aside.All);
    }

    /// <summary>What was counted is removed a week later; the message put aside still knows how many there were.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task How_many_more_there_were_is_told_however_late_it_is_replayed(int days)
    {
        using var world = new World(DeliveryResult.Delivered, options => options with { BurstAfter = 2, BurstWindow = TimeSpan.FromMinutes(1) });
        await world.DeliverAsync([.. Enumerable.Range(0, 9).Select(i => Message(i, $"WS-{i % 3}"))]);
        world.Clock.Advance(TimeSpan.FromSeconds(65));
        world.Sender.Result = DeliveryResult.Rejected("400");
        await world.DeliverAsync(OutputMessage.Parse(world.Queue.Take(0)!));
        world.Clock.Advance(TimeSpan.FromDays(days));
        world.Sweep();

        world.Sender.Result = DeliveryResult.Delivered;
        await world.DeliverAsync(OutputMessage.Parse(Assert.Single(world.Aside.All)) with { Since = world.Clock.GetUtcNow() });

        Assert.Equal(4, world.Sender.Notifications.Count);
        Burst more = world.Sender.Notifications.Last().Burst!;
        Assert.Equal((7, 3), (more.Count, more.HostCount));
    }

    [Fact]
    public async Task Of_many_the_first_are_told_one_by_one_and_then_how_many_more()
    {
        using var world = new World(DeliveryResult.Delivered, options => options with { BurstAfter = 2, BurstWindow = TimeSpan.FromMinutes(1) });
        await world.RecordAsync(Enumerable.Range(0, 9).Select(i => Detection(i, $"WS-{i % 3}")));
        await world.DeliverAsync([.. Enumerable.Range(0, 9).Select(i => Message(i, $"WS-{i % 3}"))]);
        Assert.Equal(2, world.Sender.Notifications.Count);
        Assert.Equal(Now.AddSeconds(65), world.Queue.Next);

        world.Clock.Advance(TimeSpan.FromSeconds(65));
        await world.DeliverAsync(OutputMessage.Parse(world.Queue.Take(0)!));

        Notification more = world.Sender.Notifications.Last();
        Assert.Equal((7, 3, Now, Now.AddMinutes(1)), (more.Burst!.Count, more.Burst.HostCount, more.Burst.From, more.Burst.Until));
        Assert.Equal(["WS-0", "WS-1", "WS-2"], more.Burst.Hosts.Order());
        Assert.Equal("outputs.notifications teams/delivered=3, outputs.lag teams=5, outputs.notifications teams/grouped=7", world.Measured);
    }

    /// <summary>They tell of what nothing else does.</summary>
    [Theory]
    [InlineData("muted")]
    [InlineData("omitted")]
    public async Task What_tells_of_others_is_always_told(string kind)
    {
        using var world = new World(DeliveryResult.Delivered, options => options with { SuppressFor = TimeSpan.FromHours(1), BurstAfter = 1 });

        await world.DeliverAsync([.. Enumerable.Range(0, 4).Select(i => Message(i)).Select(message => message with
        {
            Alert = kind == "muted" ? message.Alert with { Kind = AlertKind.RuleMuted, MutedUntil = Now } : message.Alert with { Omitted = 7 },
        })]);

        Assert.Equal(4, world.Sender.Notifications.Count);
    }

    public static TheoryData<string, string, string> Filters => new()
    {
        // Level, tags and products of the output; which of the alerts below get there.
        { "", "", "node shell gone unrated" },
        { "high", "", "node unrated" },
        { "critical", "", "unrated" },
        { "", "tags attack.t1059", "node shell" },
        { "", "tags !attack.t1059.004", "node gone unrated" },
        { "", "products windows", "node gone unrated" },
        { "", "products !linux", "node gone unrated" },
        { "high", "products linux", "unrated" },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task An_output_gets_what_it_asks_for_and_the_queue_of_alerts_gets_all(string level, string selection, string expected)
    {
        var clock = new FakeTimeProvider(Now);
        var messages = new MemoryMessages(clock);
        var alerts = new ConcurrentQueue<Alert>();
        string[] words = selection.Split(' ');
        OutputOptions options = World.Options with
        {
            MinimumLevel = RuleLevels.Parse(level) ?? RuleLevel.Informational,
            Selection = new RuleSelection { Tags = words[0] == "tags" ? [words[1]] : [], Products = words[0] == "products" ? [words[1]] : [] },
        };
        var wire = new Wire();
        var dispatch = new AlertDispatch(
            new AlertQueue(new MemoryQueue(alerts, wire)),
            [new OutputChannel(options, new OutputQueue(new MemoryMessageQueue(messages, wire), new MemoryMessageQueue(messages, wire)))],
            new RuleDirectory(() => Rules),
            clock);
        Alert Of(string title, string id, string? alertLevel, params ImmutableArray<string> tags) =>
            Alert.From(Detection(0) with { RuleTitle = title, RuleId = id, Level = alertLevel, Tags = tags }, "Detections");

        await dispatch.SendAsync(
            [
                Of("node", NodeRule, "high", "attack.t1059.007"),
                Of("shell", "00000000-0000-4000-8000-000000000002", "low", "attack.t1059.004"),
                Of("gone", "00000000-0000-4000-8000-000000000003", "medium"),
                Of("unrated", "00000000-0000-4000-8000-000000000003", null),
            ],
            TestContext.Current.CancellationToken);

        Assert.Equal(expected.Split(' ').Order(), messages.All.Select(body => OutputMessage.Parse(body)).Select(message => message.Alert.Rule.Title).Order());
        Assert.All(messages.All.Select(body => OutputMessage.Parse(body)), message => Assert.Equal((Now, 0), (message.Since, message.Attempts)));
        Assert.Equal(4, alerts.Count);
    }

    private static Detection Detection(int number, string host = "WS-1") => new()
    {
        Identity = new HubEventIdentity("hub.servicebus.windows.net", "events", "0", Now.AddMilliseconds(number), number, 0),
        RuleId = NodeRule,
        RuleTitle = "Node",
        Level = "high",
        Host = host,
        Fields = [new DetectedField("CommandLine", "node --eval x")],
        Original = "{}",
    };

    private static string Id(int number, string host = "WS-1") => Detection(number, host).Id.Value;

    private static OutputMessage Message(int number = 0, string host = "WS-1") => new(Alert.From(Detection(number, host), "Detections"), Now);

    private sealed class World : IDisposable
    {
        private readonly Measured _measured = new();
        private readonly OutputDelivery _delivery;
        private readonly DetectionTable _table;
        private readonly MemoryRows _held = new();

        public World(DeliveryResult result, Func<OutputOptions, OutputOptions>? change = null)
        {
            Queue = new MemoryMessages(Clock);
            Aside = new MemoryMessages(Clock);
            OutputOptions options = change?.Invoke(Options) ?? Options;
            Sender = new Receiver { Result = result };
            var wire = new Wire();
            var queue = new OutputQueue(new MemoryMessageQueue(Queue, wire), new MemoryMessageQueue(Aside, wire));
            var windows = new MemoryTable(_held, wire);
            _table = new DetectionTable(new MemoryTable(new MemoryRows(), wire), Clock);
            _delivery = new OutputDelivery(
                new OutputChannel(options, queue),
                new OutputHolding(options, new AlertWindows(windows, Clock), new BurstTable(windows, options.Name), queue, Clock),
                Sender,
                new RuleDirectory(() => Rules),
                _table,
                new OutputMetrics(_measured.Meters),
                Clock,
                Log);
        }

        public static OutputOptions Options { get; } = new() { Name = "teams", Type = OutputType.Webhook, Format = OutputFormat.Alert };

        public FakeTimeProvider Clock { get; } = new(Now);

        public MemoryMessages Queue { get; }

        public MemoryMessages Aside { get; }

        public Receiver Sender { get; }

        public TestLogger<OutputDelivery> Log { get; } = new();

        public string Measured => string.Join(", ", _measured.Read().Select(one => $"{one.Key["sigmafunctions.".Length..]}={one.Value}"));

        public async Task DeliverAsync(params OutputMessage[] messages)
        {
            foreach (OutputMessage message in messages)
            {
                await _delivery.DeliverAsync(message, TestContext.Current.CancellationToken);
            }
        }

        public async Task RecordAsync(IEnumerable<Detection> detections) => await _table.AddAsync([.. detections], TestContext.Current.CancellationToken);

        /// <summary>Removes what <see cref="AlertWindows.RemoveClosedAsync"/> would.</summary>
        public void Sweep()
        {
            foreach (TableEntity row in _held.All.Where(row => (DateTimeOffset)row["Until"] < Clock.GetUtcNow() - AlertWindows.KeptFor))
            {
                _held.Remove(row.PartitionKey, row.RowKey);
            }
        }

        public void Dispose()
        {
            _delivery.Dispose();
            _measured.Dispose();
        }
    }

    private sealed class Receiver : IOutputSender
    {
        public DeliveryResult Result { get; set; } = DeliveryResult.Delivered;

        public ConcurrentQueue<Notification> Notifications { get; } = new();

        public Task<DeliveryResult> SendAsync(Notification notification, CancellationToken cancellationToken)
        {
            Notifications.Enqueue(notification);
            return Task.FromResult(Result);
        }

        public void Dispose()
        {
        }
    }
}
