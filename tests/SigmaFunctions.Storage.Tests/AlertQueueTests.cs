using System.Text;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Moq;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

public sealed class AlertQueueTests(StorageAccount account)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Alert[] Alerts(int count) => [.. Some.Detections(count).Select(detection => Alert.From(detection, "Detections"))];

    [Theory]
    [InlineData(QueueMessageEncoding.Base64)]
    [InlineData(QueueMessageEncoding.None)]
    public async Task Messages_are_encoded_as_the_client_says(QueueMessageEncoding encoding)
    {
        QueueClient client = await account.CreateQueueAsync(encoding);
        Alert alert = Alerts(1)[0];

        await new AlertQueue(client).SendAsync([alert], Token);

        var raw = new QueueClient(account.ConnectionString, client.Name);
        PeekedMessage message = await raw.PeekMessageAsync(Token);
        string text = message.MessageText;
        Assert.Equal(
            Encoding.UTF8.GetString(alert.ToJson()),
            encoding == QueueMessageEncoding.Base64 ? Encoding.UTF8.GetString(Convert.FromBase64String(text)) : text);
    }

    [Fact]
    public async Task Every_alert_is_sent_once_and_never_expires()
    {
        QueueClient client = await account.CreateQueueAsync();
        Alert[] alerts = Alerts(30);

        await new AlertQueue(client).SendAsync(alerts, Token);

        QueueMessage[] messages = await client.ReceiveMessagesAsync(32, cancellationToken: Token);
        Assert.Equal(alerts.Select(alert => alert.Id).Order(), messages.Select(message => Alert.Parse(message.Body).Id).Order());
        Assert.All(messages, message => Assert.True(message.ExpiresOn > DateTimeOffset.UtcNow.AddYears(1)));
    }

    [Fact]
    public async Task An_outage_is_thrown()
    {
        var client = new Mock<QueueClient>();
        client.Setup(mock => mock.SendMessageAsync(
                It.IsAny<BinaryData>(), It.IsAny<TimeSpan?>(), It.IsAny<TimeSpan?>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new RequestFailedException(503, "Busy"));

        RequestFailedException exception = await Assert.ThrowsAsync<RequestFailedException>(() => new AlertQueue(client.Object).SendAsync(Alerts(20), Token));

        Assert.Equal(503, exception.Status);
    }

    [Fact]
    public async Task Only_a_few_are_under_way_at_once()
    {
        int underWay = 0;
        int most = 0;
        var release = new TaskCompletionSource();
        var client = new Mock<QueueClient>();
        client.Setup(mock => mock.SendMessageAsync(
                It.IsAny<BinaryData>(), It.IsAny<TimeSpan?>(), It.IsAny<TimeSpan?>(), It.IsAny<CancellationToken>()))
            .Returns(async () =>
            {
                int now = Interlocked.Increment(ref underWay);
                InterlockedMax(ref most, now);
                if (now == 8)
                {
                    release.TrySetResult();
                }

                await release.Task;
                Interlocked.Decrement(ref underWay);
                return Response.FromValue(QueuesModelFactory.SendReceipt("", default, default, "", default), Mock.Of<Response>());
            });

        await new AlertQueue(client.Object).SendAsync(Alerts(100), Token);

        Assert.Equal(8, most);
        client.Verify(
            mock => mock.SendMessageAsync(It.IsAny<BinaryData>(), It.IsAny<TimeSpan?>(), It.IsAny<TimeSpan?>(), It.IsAny<CancellationToken>()),
            Times.Exactly(100));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen)
        {
            int before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
