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
    private readonly List<(string Id, string? Host)> _handled = [];

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

        Assert.Equal(3, await parts.Consumer.ReadAsync(Token));

        Assert.Equal([(alert.Id, "WS01"), (Some.Detection(ruleId: "deleted").Id.Value, null)], _handled.OrderByDescending(one => one.Host));
        Assert.Equal((0, 0), await CountAsync(parts));
    }

    [Fact]
    public async Task What_fails_is_tried_again_and_then_goes_to_the_poison_queue()
    {
        Parts parts = await CreateAsync(fails: true);
        await new AlertQueue(parts.Queue).SendAsync([Alert.From(Some.Detection(), "Detections")], Token);

        for (int attempt = 1; attempt <= AlertConsumer.MaxAttempts; attempt++)
        {
            Assert.Equal((1, 0), await CountAsync(parts));
            Assert.Equal(1, await parts.Consumer.ReadAsync(Token));
        }

        Assert.Equal(AlertConsumer.MaxAttempts, _handled.Count);
        Assert.Equal((0, 1), await CountAsync(parts));
    }

    [Theory]
    [InlineData("no alert")]
    [InlineData("{}")]
    [InlineData("e30=")]
    public async Task What_is_no_alert_goes_to_the_poison_queue_at_once(string message)
    {
        Parts parts = await CreateAsync(QueueMessageEncoding.None);
        await parts.Queue.SendMessageAsync(message, Token);

        await parts.Consumer.ReadAsync(Token);

        Assert.Empty(_handled);
        Assert.Equal((0, 1), await CountAsync(parts));
        Assert.Equal(message, (await parts.Poison.PeekMessageAsync(Token)).Value.Body.ToString());
    }

    private static async Task<(int Alerts, int Poison)> CountAsync(Parts parts) => (
        (await parts.Queue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount,
        (await parts.Poison.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount);

    private async Task<Parts> CreateAsync(QueueMessageEncoding encoding = QueueMessageEncoding.Base64, bool fails = false)
    {
        QueueClient queue = await account.CreateQueueAsync(encoding);
        QueueClient poison = await account.CreateQueueAsync(QueueMessageEncoding.None);
        var detections = new DetectionTable(await account.CreateTableAsync());
        TableClient handled = await account.CreateTableAsync();
        var consumer = new AlertConsumer(
            new QueueClient(account.ConnectionString, queue.Name, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None }),
            poison,
            detections,
            handled,
            (alert, detection, _) =>
            {
                _handled.Add((alert.Id, detection?.Host));
                return fails ? throw new InvalidOperationException("down") : Task.CompletedTask;
            },
            _ => { })
        {
            RetryDelay = TimeSpan.Zero,
        };
        return new Parts(consumer, queue, poison, detections);
    }

    private sealed record Parts(AlertConsumer Consumer, QueueClient Queue, QueueClient Poison, DetectionTable Detections);
}
