using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.LocalHost.Processes;

namespace SigmaFunctions.LocalHost.Tests.EventHubs;

/// <summary>The endpoint as the official SDK sees it.</summary>
public sealed class EventHubsEndpointTests : IDisposable
{
    private const string Hub = "events";
    private const string DefaultGroup = "$Default";

    private readonly EventHubsEndpoint _endpoint = EventHubsEndpoint.Start(new EventHubsEndpointOptions
    {
        Port = 0,
        Hubs = [new EventHubDefinition(Hub, 4, "second"), new EventHubDefinition("single", 1)],
        MaxPartitionEvents = 100,
    });

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _endpoint.Dispose();

    [Fact]
    public async Task Properties_of_hubs_and_partitions_are_served()
    {
        await using EventHubProducerClient producer = Producer();

        EventHubProperties hub = await producer.GetEventHubPropertiesAsync(Cancelled);
        PartitionProperties empty = await producer.GetPartitionPropertiesAsync("2", Cancelled);
        await SendAsync("2", "a", "b", "c");
        PartitionProperties filled = await producer.GetPartitionPropertiesAsync("2", Cancelled);

        Assert.Equal(Hub, hub.Name);
        Assert.Equal(["0", "1", "2", "3"], hub.PartitionIds);
        Assert.InRange(hub.CreatedOn, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
        Assert.True(empty.IsEmpty);
        Assert.Equal(-1, empty.LastEnqueuedSequenceNumber);
        Assert.False(filled.IsEmpty);
        Assert.Equal((0, 2), (filled.BeginningSequenceNumber, filled.LastEnqueuedSequenceNumber));
        Assert.InRange(filled.LastEnqueuedTime, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task All_that_a_message_carries_comes_out_as_it_went_in()
    {
        await using EventHubProducerClient producer = Producer();
        var sent = new EventData("""{"a":"ü"}""") { MessageId = "m1", CorrelationId = "c1", ContentType = "application/json" };
        sent.Properties["text"] = "value";
        sent.Properties["number"] = 42L;
        sent.Properties["bytes"] = new byte[] { 1, 2, 3 };
        sent.GetRawAmqpMessage().MessageAnnotations["x-own"] = "kept";

        await producer.SendAsync([sent], new SendEventOptions { PartitionId = "1" }, Cancelled);
        using EventDataBatch batch = await producer.CreateBatchAsync(new CreateBatchOptions { PartitionId = "1" }, Cancelled);
        Assert.True(batch.TryAdd(sent));
        Assert.True(batch.TryAdd(new EventData("second")));
        await producer.SendAsync(batch, Cancelled);

        List<EventData> received = await ReadAsync("1", EventPosition.Earliest, 3);
        foreach (EventData item in received.Take(2))
        {
            Assert.Equal("""{"a":"ü"}""", item.EventBody.ToString());
            Assert.Equal(("m1", "c1", "application/json"), (item.MessageId, item.CorrelationId, item.ContentType));
            Assert.Equal("value", item.Properties["text"]);
            Assert.Equal(42L, item.Properties["number"]);
            Assert.Equal([1, 2, 3], (byte[])item.Properties["bytes"]);
            Assert.Equal("kept", item.SystemProperties["x-own"]);
        }
        Assert.Equal([0L, 1L, 2L], received.Select(e => e.SequenceNumber));
        Assert.All(received, e => Assert.Equal(0, e.EnqueuedTime.Ticks % TimeSpan.TicksPerMillisecond));
        Assert.Equal(received.Select(e => e.OffsetString).Distinct(), received.Select(e => e.OffsetString));
    }

    [Fact]
    public async Task A_partition_key_keeps_events_together_and_comes_out_again()
    {
        await using EventHubProducerClient producer = Producer();
        for (int i = 0; i < 5; i++)
        {
            await producer.SendAsync([new EventData($"{i}")], new SendEventOptions { PartitionKey = "host-7" }, Cancelled);
        }

        string partition = _endpoint.GetPartitions(Hub).Index().Single(p => !p.Item.IsEmpty).Index.ToString(CultureInfo.InvariantCulture);
        List<EventData> received = await ReadAsync(partition, EventPosition.Earliest, 5);

        Assert.Equal(["0", "1", "2", "3", "4"], received.Select(e => e.EventBody.ToString()));
        Assert.All(received, e => Assert.Equal("host-7", e.PartitionKey));
    }

    [Fact]
    public async Task A_partition_key_lands_where_the_buffered_producer_puts_it()
    {
        string[] keys = [.. Enumerable.Range(0, 60).Select(i => new string('k', i) + i), "ключ", "a key of more than twelve bytes"];
        await using EventHubProducerClient producer = Producer();
        int handled = 0;
        await using (var buffered = new EventHubBufferedProducerClient(_endpoint.ConnectionString, Hub))
        {
            var placed = new Dictionary<string, string>();
            buffered.SendEventBatchSucceededAsync += args =>
            {
                lock (placed)
                {
                    foreach (EventData item in args.EventBatch)
                    {
                        placed[item.EventBody.ToString()] = args.PartitionId;
                    }
                }

                return Task.CompletedTask;
            };
            buffered.SendEventBatchFailedAsync += _ => Task.CompletedTask;
            foreach (string key in keys)
            {
                await buffered.EnqueueEventAsync(new EventData(key), new EnqueueEventOptions { PartitionKey = key }, Cancelled);
            }

            await buffered.FlushAsync(Cancelled);
            await buffered.CloseAsync(flush: true, Cancelled);

            foreach ((string key, string partition) in placed)
            {
                Assert.Equal(partition, PartitionKeyHash.Partition(key, 4).ToString(CultureInfo.InvariantCulture));
                handled++;
            }
        }
        Assert.Equal(keys.Length, handled);
    }

    [Fact]
    public async Task Batches_without_a_key_take_the_partitions_in_turn()
    {
        await using EventHubProducerClient producer = Producer();
        for (int i = 0; i < 8; i++)
        {
            await producer.SendAsync([new EventData("x"), new EventData("y")], Cancelled);
        }

        Assert.All(_endpoint.GetPartitions(Hub), p => Assert.Equal(3, p.LastSequenceNumber));
    }

    public static TheoryData<string, string[]> Positions => new()
    {
        { "earliest", ["0", "1", "2", "3", "4"] },
        { "sequence 2 inclusive", ["2", "3", "4"] },
        { "sequence 2", ["3", "4"] },
        { "offset of 2 inclusive", ["2", "3", "4"] },
        { "offset of 2", ["3", "4"] },
        { "time before all", ["0", "1", "2", "3", "4"] },
        { "time of 3", ["3", "4"] },
        { "latest", ["new"] },
    };

    [Theory]
    [MemberData(nameof(Positions))]
    public async Task Reading_starts_at_the_position_asked_for(string position, string[] expected)
    {
        for (int i = 0; i < 5; i++)
        {
            await SendAsync("0", $"{i}");
            // Enqueued times of one millisecond cannot be told apart.
            long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            SpinWait.SpinUntil(() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() > now);
        }
        List<EventData> all = await ReadAsync("0", EventPosition.Earliest, 5);
        EventPosition start = position switch
        {
            "earliest" => EventPosition.Earliest,
            "sequence 2 inclusive" => EventPosition.FromSequenceNumber(2, isInclusive: true),
            "sequence 2" => EventPosition.FromSequenceNumber(2, isInclusive: false),
            "offset of 2 inclusive" => EventPosition.FromOffset(all[2].OffsetString, isInclusive: true),
            "offset of 2" => EventPosition.FromOffset(all[2].OffsetString, isInclusive: false),
            "time before all" => EventPosition.FromEnqueuedTime(all[0].EnqueuedTime.AddSeconds(-1)),
            "time of 3" => EventPosition.FromEnqueuedTime(all[3].EnqueuedTime.AddMilliseconds(-1)),
            _ => EventPosition.Latest,
        };

        await using PartitionReceiver receiver = Receiver("0", start);
        if (position == "latest")
        {
            Assert.Empty(await receiver.ReceiveBatchAsync(10, TimeSpan.FromMilliseconds(300), Cancelled));
            await SendAsync("0", "new");
        }

        Assert.Equal(expected, (await TakeAsync(receiver, expected.Length)).Select(e => e.EventBody.ToString()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300)]
    public async Task Reading_goes_on_as_events_come_in(int prefetch)
    {
        await using var receiver = new PartitionReceiver(DefaultGroup, "0", EventPosition.Earliest, _endpoint.ConnectionString, Hub, new PartitionReceiverOptions { PrefetchCount = prefetch });
        for (int round = 0; round < 3; round++)
        {
            await SendAsync("0", [.. Enumerable.Range(0, 20).Select(i => $"{round}-{i}")]);
            List<EventData> received = await TakeAsync(receiver, 20);
            Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{round}-{i}"), received.Select(e => e.EventBody.ToString()));
        }
    }

    [Fact]
    public async Task A_receiver_can_ask_for_the_partitions_state_with_each_event()
    {
        await SendAsync("0", "a", "b", "c");
        await using var receiver = new PartitionReceiver(DefaultGroup, "0", EventPosition.Earliest, _endpoint.ConnectionString, Hub, new PartitionReceiverOptions { TrackLastEnqueuedEventProperties = true });

        await TakeAsync(receiver, 1);

        Assert.Equal(2, receiver.ReadLastEnqueuedEventProperties().SequenceNumber);
    }

    [Fact]
    public async Task A_higher_or_equal_owner_level_takes_the_partition_and_a_lower_one_is_refused()
    {
        await SendAsync("0", "a");
        await using PartitionReceiver first = Receiver("0", EventPosition.Earliest, ownerLevel: 1);
        await TakeAsync(first, 1);

        // A client that is driven out between two receives may open its link again, and has the partition back then.
        EventHubsException.FailureReason? drivenOut = null;
        await using PartitionReceiver second = Receiver("0", EventPosition.Earliest, ownerLevel: 1);
        await using PartitionReceiver third = Receiver("0", EventPosition.Earliest, ownerLevel: 1);
        await using PartitionReceiver fourth = Receiver("0", EventPosition.Earliest, ownerLevel: 1);
        foreach (PartitionReceiver other in (PartitionReceiver[])[second, third, fourth])
        {
            if (drivenOut is null)
            {
                await TakeAsync(other, 1);
                drivenOut = await FailureAsync(first);
            }
        }

        await using PartitionReceiver lower = Receiver("0", EventPosition.Earliest, ownerLevel: 0);
        await using PartitionReceiver none = Receiver("0", EventPosition.Earliest);
        await using PartitionReceiver elsewhere = Receiver("0", EventPosition.Earliest, ownerLevel: 0, group: "second");

        Assert.Equal(EventHubsException.FailureReason.ConsumerDisconnected, drivenOut);
        Assert.Equal(EventHubsException.FailureReason.ConsumerDisconnected, await FailureAsync(lower));
        Assert.Equal(EventHubsException.FailureReason.ConsumerDisconnected, await FailureAsync(none));
        Assert.Single(await TakeAsync(elsewhere, 1));
    }

    [Fact]
    public async Task Five_receivers_without_an_owner_level_may_read_a_partition_together()
    {
        await SendAsync("0", "a");
        var receivers = new List<PartitionReceiver>();
        try
        {
            for (int i = 0; i < 5; i++)
            {
                receivers.Add(Receiver("0", EventPosition.Earliest));
                Assert.Single(await TakeAsync(receivers[^1], 1));
            }
            receivers.Add(Receiver("0", EventPosition.Earliest));
            Assert.Equal(EventHubsException.FailureReason.QuotaExceeded, await FailureAsync(receivers[^1]));

            await receivers[0].CloseAsync(Cancelled);
            receivers.Add(Receiver("0", EventPosition.Earliest));
            Assert.Single(await TakeAsync(receivers[^1], 1));
        }
        finally
        {
            foreach (PartitionReceiver receiver in receivers)
            {
                await receiver.CloseAsync(CancellationToken.None);
            }
        }
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await using EventHubProducerClient noHub = new(_endpoint.ConnectionString, "absent", NoRetries);
        await using EventHubProducerClient producer = Producer();
        await using PartitionReceiver noGroup = Receiver("0", EventPosition.Earliest, group: "absent");
        await using PartitionReceiver noPartition = Receiver("9", EventPosition.Earliest);

        EventHubsException hub = await Assert.ThrowsAsync<EventHubsException>(() => noHub.GetEventHubPropertiesAsync(Cancelled));
        Assert.Equal(EventHubsException.FailureReason.ResourceNotFound, hub.Reason);
        hub = await Assert.ThrowsAsync<EventHubsException>(() => noHub.SendAsync([new EventData("x")], Cancelled));
        Assert.Equal(EventHubsException.FailureReason.ResourceNotFound, hub.Reason);
        Assert.Equal(EventHubsException.FailureReason.ResourceNotFound, await FailureAsync(noGroup));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => producer.GetPartitionPropertiesAsync("9", Cancelled));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => noPartition.ReceiveBatchAsync(1, TimeSpan.FromSeconds(5), Cancelled));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => producer.SendAsync([new EventData("x")], new SendEventOptions { PartitionId = "9" }, Cancelled));
    }

    [Fact]
    public async Task A_position_beyond_the_end_is_an_argument_error()
    {
        await using PartitionReceiver receiver = Receiver("0", EventPosition.FromSequenceNumber(50, isInclusive: true));

        await Assert.ThrowsAsync<ArgumentException>(() => receiver.ReceiveBatchAsync(1, TimeSpan.FromSeconds(5), Cancelled));
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_and_the_sender_goes_on()
    {
        await using EventHubProducerClient producer = Producer();

        EventHubsException failure = await Assert.ThrowsAsync<EventHubsException>(() => producer.SendAsync([new EventData(new byte[(1024 * 1024) + 1])], new SendEventOptions { PartitionId = "0" }, Cancelled));
        await SendAsync("0", "small");

        Assert.Equal(EventHubsException.FailureReason.MessageSizeExceeded, failure.Reason);
        Assert.Equal("small", Assert.Single(await ReadAsync("0", EventPosition.Earliest, 1)).EventBody.ToString());
    }

    [Fact]
    public async Task The_oldest_events_are_dropped_beyond_the_bound_and_the_partition_says_so()
    {
        for (int i = 0; i < 15; i++)
        {
            await SendAsync("0", [.. Enumerable.Range(i * 10, 10).Select(n => $"{n}")]);
        }

        await using EventHubProducerClient producer = Producer();
        PartitionProperties properties = await producer.GetPartitionPropertiesAsync("0", Cancelled);
        List<EventData> received = await ReadAsync("0", EventPosition.FromSequenceNumber(3), 100);

        Assert.Equal((50, 149), (properties.BeginningSequenceNumber, properties.LastEnqueuedSequenceNumber));
        Assert.Equal("50", received[0].EventBody.ToString());
    }

    [Fact]
    public async Task Hubs_do_not_see_each_others_events()
    {
        await SendAsync("0", "a");

        Assert.True(Assert.Single(_endpoint.GetPartitions("single")).IsEmpty);
        await using var other = new EventHubConsumerClient(DefaultGroup, _endpoint.ConnectionString, "single");
        Assert.Equal(["0"], await other.GetPartitionIdsAsync(Cancelled));
    }

    [Fact]
    public async Task The_endpoint_listens_on_the_loopback_address_alone()
    {
        IPAddress[] addresses = [.. (await Dns.GetHostAddressesAsync(Dns.GetHostName(), Cancelled)).Where(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a))];
        Assert.SkipWhen(addresses.Length == 0, "This machine has the loopback address alone.");
        using var client = new TcpClient();

        await Assert.ThrowsAsync<SocketException>(async () => await client.ConnectAsync(addresses[0], _endpoint.Port, Cancelled));
    }

    [Fact]
    public void A_port_in_use_is_reported_in_one_line()
    {
        LocalHostException failure = Assert.Throws<LocalHostException>(() => EventHubsEndpoint.Start(new EventHubsEndpointOptions { Port = _endpoint.Port, Hubs = [new EventHubDefinition(Hub, 1)] }));

        Assert.Contains("--port", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    private static EventHubProducerClientOptions NoRetries => new() { RetryOptions = new EventHubsRetryOptions { MaximumRetries = 0 } };

    private EventHubProducerClient Producer() => new(_endpoint.ConnectionString, Hub, NoRetries);

    private PartitionReceiver Receiver(string partition, EventPosition start, long? ownerLevel = null, string group = DefaultGroup) =>
        new(group, partition, start, _endpoint.ConnectionString, Hub, new PartitionReceiverOptions { OwnerLevel = ownerLevel, RetryOptions = new EventHubsRetryOptions { MaximumRetries = 0 } });

    private async Task SendAsync(string partition, params string[] bodies)
    {
        await using EventHubProducerClient producer = Producer();
        await producer.SendAsync(bodies.Select(b => new EventData(Encoding.UTF8.GetBytes(b))), new SendEventOptions { PartitionId = partition }, Cancelled);
    }

    private async Task<List<EventData>> ReadAsync(string partition, EventPosition start, int count)
    {
        await using PartitionReceiver receiver = Receiver(partition, start);
        return await TakeAsync(receiver, count);
    }

    private static async Task<List<EventData>> TakeAsync(PartitionReceiver receiver, int count)
    {
        var received = new List<EventData>();
        for (int receives = 0; received.Count < count; receives++)
        {
            Assert.True(receives < 60, $"{received.Count} of {count} events came.");
            received.AddRange(await receiver.ReceiveBatchAsync(count - received.Count, TimeSpan.FromSeconds(1), Cancelled));
        }

        return received;
    }

    /// <summary>Why a receiver fails; null where it does not within a few receives.</summary>
    private static async Task<EventHubsException.FailureReason?> FailureAsync(PartitionReceiver receiver)
    {
        try
        {
            for (int receives = 0; receives < 10; receives++)
            {
                await receiver.ReceiveBatchAsync(1, TimeSpan.FromSeconds(1), Cancelled);
            }

            return null;
        }
        catch (EventHubsException exception)
        {
            return exception.Reason;
        }
    }
}
