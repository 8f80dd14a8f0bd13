using System.Globalization;
using System.Runtime.InteropServices;
using Amqp;
using Amqp.Framing;
using Amqp.Listener;
using Amqp.Types;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>Feeds one receiver from a partition, from its start position on.</summary>
internal sealed class PartitionSource : IMessageSource
{
    /// <summary>How often a waiting receiver is looked at: the listener does not tell when the peer asks to drain its credit.</summary>
    private static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(100);

    private readonly PartitionLog _log;
    private readonly bool _reportsState;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _next;

    /// <param name="log">The partition's events.</param>
    /// <param name="first">Sequence number to read first.</param>
    /// <param name="reportsState">Whether each message carries the partition's state, which receivers can ask for.</param>
    /// <param name="time">Clock.</param>
    public PartitionSource(PartitionLog log, long first, bool reportsState, TimeProvider time)
    {
        _log = log;
        _next = first;
        _reportsState = reportsState;
        _time = time;
    }

    /// <summary>Ends the feed; the link is gone.</summary>
    public void Stop() => _stopped.TrySetResult();

    /// <inheritdoc/>
    public async Task<ReceiveContext?> GetMessageAsync(ListenerLink link)
    {
        while (!_stopped.Task.IsCompleted)
        {
            if (_log.TryRead(ref _next, out StoredEvent? stored, out Task grown))
            {
                return new ReceiveContext(link, ToMessage(stored!));
            }

            if (link.IsDraining)
            {
                return null;
            }

            await Task.WhenAny(grown, _stopped.Task, Task.Delay(DrainPoll)).ConfigureAwait(false);
        }
        return null;
    }

    /// <inheritdoc/>
    public void DisposeMessage(ReceiveContext receiveContext, DispositionContext dispositionContext) => dispositionContext.Complete();

    private Message ToMessage(StoredEvent stored)
    {
        MemoryMarshal.TryGetArray(stored.Encoded, out ArraySegment<byte> bytes);
        var message = Message.Decode(new ByteBuffer(bytes.Array!, bytes.Offset, bytes.Count, bytes.Count));
        MessageAnnotations annotations = message.MessageAnnotations ??= new MessageAnnotations();
        annotations[AmqpNames.SequenceNumber] = stored.SequenceNumber;
        annotations[AmqpNames.Offset] = stored.Offset.ToString(CultureInfo.InvariantCulture);
        annotations[AmqpNames.EnqueuedTime] = stored.EnqueuedTime;
        if (stored.PartitionKey is not null)
        {
            annotations[AmqpNames.PartitionKey] = stored.PartitionKey;
        }

        if (_reportsState)
        {
            PartitionState state = _log.State;
            DeliveryAnnotations delivery = message.DeliveryAnnotations ??= new DeliveryAnnotations();
            delivery[new Symbol("last_enqueued_sequence_number")] = state.LastSequenceNumber;
            delivery[new Symbol("last_enqueued_offset")] = state.LastOffset.ToString(CultureInfo.InvariantCulture);
            delivery[new Symbol("last_enqueued_time_utc")] = state.LastEnqueuedTime;
            delivery[new Symbol("runtime_info_retrieval_time_utc")] = _time.GetUtcNow().UtcDateTime;
        }
        return message;
    }
}
