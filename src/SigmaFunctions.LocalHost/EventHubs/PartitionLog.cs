namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>An event as a partition keeps it.</summary>
/// <param name="Encoded">The AMQP message, bare and with the sender's annotations.</param>
/// <param name="SequenceNumber">Sequence number in the partition, from 0.</param>
/// <param name="Offset">Offset in the partition.</param>
/// <param name="EnqueuedTime">When it was taken in (UTC, whole milliseconds).</param>
/// <param name="PartitionKey">Key it was sent with.</param>
internal sealed record StoredEvent(ReadOnlyMemory<byte> Encoded, long SequenceNumber, long Offset, DateTime EnqueuedTime, string? PartitionKey);

/// <summary>State of a partition.</summary>
/// <param name="BeginSequenceNumber">Sequence number of the oldest event that is kept; 0 while there was none.</param>
/// <param name="LastSequenceNumber">Sequence number of the newest event; −1 while there was none.</param>
/// <param name="LastOffset">Offset of the newest event; −1 while there was none.</param>
/// <param name="LastEnqueuedTime">Enqueued time of the newest event; the Unix epoch while there was none.</param>
internal readonly record struct PartitionState(long BeginSequenceNumber, long LastSequenceNumber, long LastOffset, DateTime LastEnqueuedTime)
{
    /// <summary>Whether no event was ever taken in.</summary>
    public bool IsEmpty => LastSequenceNumber < 0;
}

/// <summary>
/// The events of a partition, oldest first, within a bound of bytes and events. Sequence numbers have no gaps, offsets and
/// enqueued times never fall. The newest event is always kept, however large.
/// </summary>
internal sealed class PartitionLog
{
    /// <summary>Bytes of bookkeeping that the service counts into the offset of each event.</summary>
    private const int OffsetOverhead = 64;

    private readonly Lock _gate = new();
    private readonly long _maxBytes;
    private readonly int _maxEvents;
    private readonly TimeProvider _time;

    // Events before _head are dropped; they are cut off when they are half of the list.
    private readonly List<StoredEvent?> _events = [];
    private int _head;
    private long _bytes;
    private long _nextSequenceNumber;
    private long _nextOffset;
    private DateTime _lastTime = DateTime.UnixEpoch;
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PartitionLog(long maxBytes, int maxEvents, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxEvents);
        _maxBytes = maxBytes;
        _maxEvents = maxEvents;
        _time = time;
    }

    /// <summary>State at this moment.</summary>
    public PartitionState State
    {
        get
        {
            lock (_gate)
            {
                return _nextSequenceNumber == 0
                    ? new PartitionState(0, -1, -1, DateTime.UnixEpoch)
                    : new PartitionState(First, _nextSequenceNumber - 1, _events[^1]!.Offset, _lastTime);
            }
        }
    }

    private long First => _nextSequenceNumber - (_events.Count - _head);

    /// <summary>Takes in the messages of one batch, together and in order.</summary>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> messages, string? partitionKey)
    {
        TaskCompletionSource grown;
        lock (_gate)
        {
            DateTime now = _time.GetUtcNow().UtcDateTime;
            now = new DateTime(now.Ticks - (now.Ticks % TimeSpan.TicksPerMillisecond), DateTimeKind.Utc);
            if (now > _lastTime)
            {
                _lastTime = now;
            }

            foreach (ReadOnlyMemory<byte> message in messages)
            {
                _events.Add(new StoredEvent(message, _nextSequenceNumber++, _nextOffset, _lastTime, partitionKey));
                _nextOffset += message.Length + OffsetOverhead;
                _bytes += message.Length;
            }
            Trim();
            grown = _grown;
            _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        grown.SetResult();
    }

    /// <summary>The sequence number a receiver at <paramref name="position"/> reads first.</summary>
    /// <returns>False where the position lies beyond the end, which the service refuses.</returns>
    public bool TryLocate(StartPosition position, out long sequenceNumber)
    {
        lock (_gate)
        {
            switch (position.Kind)
            {
                case StartPositionKind.Latest:
                    sequenceNumber = _nextSequenceNumber;
                    return true;
                case StartPositionKind.SequenceNumber:
                    sequenceNumber = Math.Max(First, position.Inclusive ? position.Value : position.Value + 1);
                    return sequenceNumber <= _nextSequenceNumber;
                case StartPositionKind.Offset:
                    sequenceNumber = First + Search(e => e.Offset, position);
                    return position.Value <= _nextOffset;
                default:
                    sequenceNumber = First + Search(e => new DateTimeOffset(e.EnqueuedTime).ToUnixTimeMilliseconds(), position);
                    return true;
            }
        }
    }

    /// <summary>
    /// Reads the event at <paramref name="next"/>, or the oldest one kept if that was dropped, and moves <paramref name="next"/>
    /// past it. Where there is none yet, <paramref name="grown"/> completes when one is taken in.
    /// </summary>
    public bool TryRead(ref long next, out StoredEvent? stored, out Task grown)
    {
        lock (_gate)
        {
            grown = _grown.Task;
            next = Math.Max(next, First);
            if (next >= _nextSequenceNumber)
            {
                stored = null;
                return false;
            }
            stored = _events[_head + (int)(next - First)];
            next++;
            return true;
        }
    }

    private int Search(Func<StoredEvent, long> key, StartPosition position)
    {
        int low = _head, high = _events.Count;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            long value = key(_events[middle]!);
            if (position.Inclusive ? value >= position.Value : value > position.Value)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }
        return low - _head;
    }

    private void Trim()
    {
        while (_events.Count - _head > 1 && (_bytes > _maxBytes || _events.Count - _head > _maxEvents))
        {
            _bytes -= _events[_head]!.Encoded.Length;
            _events[_head++] = null;
        }
        if (_head > 1024 && _head > _events.Count / 2)
        {
            _events.RemoveRange(0, _head);
            _head = 0;
        }
    }
}
