using System.Collections.Concurrent;
using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using SigmaFunctions.Samples;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>The sample consumer (samples/alert-consumer) on a real queue.</summary>
public sealed class SampleConsumerTests(StorageAccount account)
{
    private static readonly TimeSpan ShortVisibility = TimeSpan.FromSeconds(2);

    /// <summary>Nothing that is waited for takes so long.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(40);

    private readonly ConcurrentQueue<(string Id, string? Host)> _handled = [];
    private readonly ConcurrentQueue<string> _log = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(QueueMessageEncoding.Base64)]
    [InlineData(QueueMessageEncoding.None)]
    public async Task An_alert_is_handled_once_with_its_detection_however_it_is_written_and_however_often_it_comes(QueueMessageEncoding encoding)
    {
        Parts parts = await CreateAsync(encoding);
        Detection detection = Some.Detection();
        await parts.Detections.AddAsync([detection], Token);
        var alert = Alert.From(detection, parts.Detections.Name);
        await new AlertQueue(parts.Queue).SendAsync([alert, alert, alert with { Id = Some.Detection(ruleId: "deleted").Id.Value }], Token);

        Assert.True(await Consumer(parts).RunAsync(isOnce: true, Token));

        Assert.Equal([(alert.Id, "WS01"), (Some.Detection(ruleId: "deleted").Id.Value, null)], _handled.OrderByDescending(one => one.Host));
        Assert.Equal((0, 0), await CountAsync(parts));
    }

    [Fact]
    public async Task What_fails_is_tried_again_and_then_goes_to_the_poison_queue_as_it_came()
    {
        Parts parts = await CreateAsync(hasPoison: false);
        var alert = Alert.From(Some.Detection(), "Detections");
        await new AlertQueue(parts.Queue).SendAsync([alert], Token);

        Assert.True(await Consumer(parts, (_, _) => throw new InvalidOperationException("down")).RunAsync(isOnce: true, Token));

        Assert.Equal(AlertConsumer.MaxAttempts, _handled.Count);
        Assert.Equal((0, 1), await CountAsync(parts));
        Assert.Equal(alert.ToJson(), Convert.FromBase64String((await parts.Poison.PeekMessageAsync(Token)).Value.Body.ToString()));
        Assert.Equal(
            Enumerable.Range(1, AlertConsumer.MaxAttempts).Select(attempt => $"{alert.Id} failed, attempt {attempt}: {nameof(InvalidOperationException)}"),
            _log.Where(line => line.Contains("failed", StringComparison.Ordinal)));
        Assert.DoesNotContain(_log, line => line.Contains("down", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no alert")]
    [InlineData("{}")]
    [InlineData("e30=")]
    public async Task What_is_no_alert_goes_to_the_poison_queue_at_once(string message)
    {
        Parts parts = await CreateAsync(QueueMessageEncoding.None);
        await parts.Queue.SendMessageAsync(message, Token);

        Assert.True(await Consumer(parts).RunAsync(isOnce: true, Token));

        Assert.Empty(_handled);
        Assert.Equal((0, 1), await CountAsync(parts));
        Assert.Equal(message, (await parts.Poison.PeekMessageAsync(Token)).Value.Body.ToString());
    }

    public static TheoryData<Exception> Failures =>
    [
        new InvalidOperationException("down"),
        new JsonException("what the ticket system says"),
        new TaskCanceledException("a timeout of its own"),
        new RequestFailedException(403, "another account"),
        new RequestFailedException(0, "another account"),
    ];

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task A_handler_that_throws_holds_up_nothing_else_and_its_alert_comes_again(Exception failure)
    {
        Parts parts = await CreateAsync();
        Alert[] alerts = Alerts(3);
        await new AlertQueue(parts.Queue).SendAsync(alerts, Token);
        AlertConsumer consumer = Consumer(
            parts,
            (alert, _) => alert.Id == alerts[1].Id && _handled.Count(one => one.Id == alert.Id) == 1 ? throw failure : Task.CompletedTask,
            retryDelay: TimeSpan.FromSeconds(2));

        Assert.True(await consumer.RunAsync(isOnce: true, Token));

        // The one that failed once is the last, after its pause.
        Assert.Equal(4, _handled.Count);
        Assert.Equal(alerts.Select(alert => alert.Id).Order(), _handled.Select(one => one.Id).Distinct().Order());
        Assert.Equal(alerts[1].Id, _handled.Last().Id);
        Assert.Equal((0, 0), await CountAsync(parts));
    }

    [Fact]
    public async Task What_takes_longer_than_a_message_is_hidden_is_handled_once_by_one_of_two()
    {
        // An odd number: one of the two is idle while the other handles the last, and would take it.
        Parts parts = await CreateAsync();
        Alert[] alerts = Alerts(3);
        await new AlertQueue(parts.Queue).SendAsync(alerts, Token);
        AlertConsumer[] two = [.. Enumerable.Range(0, 2).Select(_ => Consumer(parts, (_, token) => Task.Delay(ShortVisibility * 2.5, token), ShortVisibility))];

        Assert.All(await Task.WhenAll(two.Select(consumer => consumer.RunAsync(isOnce: true, Token))), Assert.True);

        Assert.Equal(alerts.Select(alert => alert.Id).Order(), _handled.Select(one => one.Id).Order());
        Assert.Equal((0, 0), await CountAsync(parts));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_that_another_has_meanwhile_stays_with_the_other_and_is_recorded_where_it_was_handled(bool finishes)
    {
        Parts parts = await CreateAsync();
        Alert alert = Alerts(1)[0];
        await new AlertQueue(parts.Queue).SendAsync([alert], Token);
        var delay = new DelayedUpdates(ShortVisibility * 3);
        bool wasCancelled = false;
        AlertConsumer consumer = Consumer(
            parts with { Client = Client(parts.Queue.Name, account.ConnectionString, delay) },
            async (_, token) =>
            {
                if (_handled.Count > 1)
                {
                    return;
                }

                // Its renewal is under way for too long.
                await TakeAsync(parts.Queue, ShortVisibility * 4);
                await Task.Delay(Longest, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                wasCancelled = token.IsCancellationRequested;
                delay.Delay = TimeSpan.Zero;
                if (!finishes)
                {
                    token.ThrowIfCancellationRequested();
                }
            },
            ShortVisibility);

        Assert.True(await consumer.RunAsync(isOnce: true, Token));

        // The other lets it be seen again: nothing deleted it with the old receipt.
        Assert.True(wasCancelled);
        Assert.Equal(finishes ? 1 : 2, _handled.Count);
        Assert.Equal(finishes, _log.Contains($"{alert.Id} came again"));
        Assert.Single(_log, line => line.Contains("no longer held here", StringComparison.Ordinal));
        Assert.DoesNotContain(_log, line => line.Contains("failed,", StringComparison.Ordinal));
        Assert.Equal((0, 0), await CountAsync(parts));
    }

    [Fact]
    public async Task To_be_at_an_end_nothing_may_be_hidden()
    {
        Parts parts = await CreateAsync();
        Alert alert = Alerts(1)[0];
        await new AlertQueue(parts.Queue).SendAsync([alert], Token);
        await TakeAsync(parts.Queue, TimeSpan.FromSeconds(4));

        Assert.True(await Consumer(parts).RunAsync(isOnce: true, Token));

        Assert.Equal([alert.Id], _handled.Select(one => one.Id));
        Assert.Single(_log, line => line.StartsWith("waiting for messages that are hidden", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_stays_hidden_is_not_waited_for_without_end()
    {
        Parts parts = await CreateAsync();
        await new AlertQueue(parts.Queue).SendAsync(Alerts(1), Token);
        await TakeAsync(parts.Queue, TimeSpan.FromMinutes(10));

        Assert.False(await Consumer(parts, longestWait: TimeSpan.FromSeconds(1)).RunAsync(isOnce: true, Token));

        Assert.Contains("messages that stay hidden: 1", _log);
    }

    [Fact]
    public async Task A_queue_and_a_table_that_are_not_there_yet_are_waited_for_and_told_of_once()
    {
        string name = $"q{Guid.NewGuid():N}";
        Parts parts = await CreateAsync() with
        {
            Queue = new QueueClient(account.ConnectionString, name, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 }),
            Client = Client(name, account.ConnectionString),
            Handled = new TableClient(account.ConnectionString, $"T{Guid.NewGuid():N}"),
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<bool> running = Consumer(parts).RunAsync(isOnce: false, stop.Token);
        await Task.Delay(TimeSpan.FromSeconds(2), Token);
        Assert.Equal([$"{name}: the storage account has no such queue; trying until it works"], _log);

        await parts.Queue.CreateAsync(cancellationToken: Token);
        await new AlertQueue(parts.Queue).SendAsync(Alerts(1), Token);
        await UntilAsync(() => !_handled.IsEmpty);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Single(await parts.Handled.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Without_a_queue_there_is_an_end_too()
    {
        Parts parts = await CreateAsync() with { Client = Client($"q{Guid.NewGuid():N}", account.ConnectionString) };

        Assert.False(await Consumer(parts, longestWait: TimeSpan.FromSeconds(1)).RunAsync(isOnce: true, Token));

        Assert.Contains(_log, line => line.StartsWith("given up: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_stops_and_comes_back_ends_nothing_and_what_was_handled_meanwhile_is_not_handled_again()
    {
        await using StoppableStorage storage = await StoppableStorage.StartNewAsync(Token);
        Parts parts = Of(storage.ConnectionString, $"q{Guid.NewGuid():N}");
        await parts.Queue.CreateAsync(cancellationToken: Token);
        await parts.Table.CreateAsync(Token);
        Alert[] alerts = Alerts(2);
        await new AlertQueue(parts.Queue).SendAsync([alerts[0]], Token);
        var goOn = new TaskCompletionSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<bool> running = Consumer(parts, (_, _) => goOn.Task, ShortVisibility).RunAsync(isOnce: false, stop.Token);
        await UntilAsync(() => !_handled.IsEmpty);

        await storage.StopAsync();
        await UntilAsync(() => _log.Any(line => line.Contains("no longer held here", StringComparison.Ordinal)));
        goOn.SetResult();
        await UntilAsync(() => _log.Contains("the table of handled alerts: the storage account does not answer; trying until it works"));
        await Task.Delay(TimeSpan.FromSeconds(2), Token);
        Assert.Equal(2, _log.Count);
        await storage.StartAsync(Token);
        await UntilAsync(() => _log.Contains($"{alerts[0].Id} came again"));
        await new AlertQueue(parts.Queue).SendAsync([alerts[1]], Token);
        await UntilAsync(() => _handled.Count == 2);
        await UntilAsync(async () => await CountAsync(parts.Queue) == 0);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(alerts.Select(alert => alert.Id), _handled.Select(one => one.Id));
    }

    private static Alert[] Alerts(int count) =>
        [.. Enumerable.Range(0, count).Select(number => Alert.From(Some.Detection(Some.Identity(number)), "Detections"))];

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        long start = Environment.TickCount64;
        while (!await holds())
        {
            Assert.True(Environment.TickCount64 - start < Longest.TotalMilliseconds, "It does not come.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), Token);
        }
    }

    private static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    /// <summary>Another consumer, as soon as there is something to take.</summary>
    private static async Task TakeAsync(QueueClient queue, TimeSpan visibility) =>
        await UntilAsync(async () => (await queue.ReceiveMessageAsync(visibility, Token)).Value is not null);

    private static async Task<int> CountAsync(QueueClient queue) => (await queue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount;

    private static async Task<(int Alerts, int Poison)> CountAsync(Parts parts) => (await CountAsync(parts.Queue), await CountAsync(parts.Poison));

    private static QueueClient Client(string name, string connection, HttpPipelinePolicy? policy = null)
    {
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None, Retry = { MaxRetries = 0 } };
        if (policy is not null)
        {
            options.AddPolicy(policy, HttpPipelinePosition.PerCall);
        }

        return new QueueClient(connection, name, options);
    }

    private static Parts Of(string connection, string queue, QueueMessageEncoding encoding = QueueMessageEncoding.Base64)
    {
        var options = new TableClientOptions { Retry = { MaxRetries = 0 } };
        var table = new TableClient(connection, $"T{Guid.NewGuid():N}", options);
        return new Parts(
            new QueueClient(connection, queue, new QueueClientOptions { MessageEncoding = encoding }),
            Client(queue, connection),
            Client($"{queue}-poison", connection),
            table,
            new DetectionTable(table),
            new TableClient(connection, $"T{Guid.NewGuid():N}", options));
    }

    private async Task<Parts> CreateAsync(QueueMessageEncoding encoding = QueueMessageEncoding.Base64, bool hasPoison = true)
    {
        Parts parts = Of(account.ConnectionString, $"q{Guid.NewGuid():N}", encoding);
        await parts.Queue.CreateAsync(cancellationToken: Token);
        await parts.Table.CreateAsync(Token);
        await parts.Handled.CreateAsync(Token);
        if (hasPoison)
        {
            await parts.Poison.CreateAsync(cancellationToken: Token);
        }

        return parts;
    }

    private AlertConsumer Consumer(
        Parts parts,
        Func<Alert, CancellationToken, Task>? handle = null,
        TimeSpan? visibility = null,
        TimeSpan? longestWait = null,
        TimeSpan? retryDelay = null) => new(
        parts.Client,
        parts.Poison,
        parts.Detections,
        parts.Handled,
        (alert, detection, token) =>
        {
            _handled.Enqueue((alert.Id, detection?.Host));
            return handle is null ? Task.CompletedTask : handle(alert, token);
        },
        _log.Enqueue)
        {
            RetryDelay = retryDelay ?? TimeSpan.Zero,
            Visibility = visibility ?? TimeSpan.FromMinutes(1),
            LongestWait = longestWait ?? TimeSpan.FromMinutes(1),
            IdlePause = TimeSpan.FromMilliseconds(200),
            Store = new StoreRetry(_log.Enqueue) { FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromMilliseconds(400) },
        };

    private sealed record Parts(QueueClient Queue, QueueClient Client, QueueClient Poison, TableClient Table, DetectionTable Detections, TableClient Handled);

    /// <summary>Requests that change a message arrive late.</summary>
    private sealed class DelayedUpdates(TimeSpan delay) : HttpPipelinePolicy
    {
        public TimeSpan Delay { get; set; } = delay;

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            if (message.Request.Method == RequestMethod.Put)
            {
                await Task.Delay(Delay, message.CancellationToken);
            }

            await ProcessNextAsync(message, pipeline);
        }
    }
}
