using Amqp;
using Amqp.Framing;
using Amqp.Listener;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>Takes in what one sender sends, to a partition or to the hub as a whole.</summary>
internal sealed class EventHubSink : IMessageProcessor
{
    private readonly EventHub _hub;
    private readonly Partition? _partition;
    private readonly int _maxMessageBytes;

    public EventHubSink(EventHub hub, Partition? partition, int maxMessageBytes)
    {
        _hub = hub;
        _partition = partition;
        _maxMessageBytes = maxMessageBytes;
    }

    /// <inheritdoc/>
    public int Credit => 1000;

    /// <inheritdoc/>
    public void Process(MessageContext messageContext)
    {
        Message message = messageContext.Message;
        IReadOnlyList<ReadOnlyMemory<byte>>? events = message.Format == AmqpNames.BatchMessageFormat ? Unpack(message) : [Encode(message)];
        if (events is null)
        {
            messageContext.Complete(AmqpNames.Error(ErrorCode.DecodeError, "A batch must consist of data sections."));
            return;
        }
        long size = events.Sum(e => (long)e.Length);
        if (size > _maxMessageBytes)
        {
            messageContext.Complete(AmqpNames.Error(ErrorCode.MessageSizeExceeded, $"The received message of {size} bytes exceeds the limit of {_maxMessageBytes} bytes."));
            return;
        }

        string? key = message.MessageAnnotations?[AmqpNames.PartitionKey] as string;
        (_partition ?? _hub.Assign(key)).Log.Append(events, key);
        messageContext.Complete();
    }

    private static List<ReadOnlyMemory<byte>>? Unpack(Message batch) => batch.BodySection switch
    {
        Data single => [Copy(single)],
        DataList list => [.. Enumerable.Range(0, list.Count).Select(i => Copy(list[i]))],
        _ => null,
    };

    private static ReadOnlyMemory<byte> Encode(Message message)
    {
        ByteBuffer encoded = message.Encode();
        return encoded.Buffer.AsSpan(encoded.Offset, encoded.Length).ToArray();
    }

    // The section's bytes lie in the connection's receive buffer, which is used again.
    private static ReadOnlyMemory<byte> Copy(Data data) =>
        data.Buffer is { } buffer ? buffer.Buffer.AsSpan(buffer.Offset, buffer.Length).ToArray() : data.Binary;
}
