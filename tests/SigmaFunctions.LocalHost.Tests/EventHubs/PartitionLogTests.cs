using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.LocalHost.EventHubs;

namespace SigmaFunctions.LocalHost.Tests.EventHubs;

public sealed class PartitionLogTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 8, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Bytes_beyond_the_bound_drop_the_oldest_and_the_newest_always_stays()
    {
        var log = new PartitionLog(maxBytes: 100, maxEvents: 1000, _time);
        for (int i = 0; i < 5; i++)
        {
            log.Append([new byte[40]], null);
        }

        Assert.Equal((3, 4), (log.State.BeginSequenceNumber, log.State.LastSequenceNumber));

        log.Append([new byte[500]], null);
        Assert.Equal((5, 5), (log.State.BeginSequenceNumber, log.State.LastSequenceNumber));
    }

    [Fact]
    public void Every_event_is_found_again_while_the_log_wraps_many_times()
    {
        var log = new PartitionLog(maxBytes: long.MaxValue, maxEvents: 700, _time);
        for (int i = 0; i < 10_000; i++)
        {
            log.Append([BitConverter.GetBytes(i)], null);
            long begin = log.State.BeginSequenceNumber;
            Assert.Equal(Math.Max(0, i - 699), begin);
            foreach (long at in (long[])[begin, (begin + i) / 2, i])
            {
                Assert.True(log.TryLocate(new StartPosition(StartPositionKind.SequenceNumber, at, true), out long next));
                Assert.True(log.TryRead(ref next, out StoredEvent? stored, out _));
                Assert.Equal((at, (int)at), (stored!.SequenceNumber, BitConverter.ToInt32(stored.Encoded.Span)));
                Assert.True(log.TryLocate(new StartPosition(StartPositionKind.Offset, stored.Offset, true), out long byOffset));
                Assert.Equal(at, byOffset);
            }
        }
    }

    [Fact]
    public void A_reader_that_fell_behind_goes_on_at_the_oldest_event_that_is_kept()
    {
        var log = new PartitionLog(maxBytes: long.MaxValue, maxEvents: 2, _time);
        for (int i = 0; i < 5; i++)
        {
            log.Append([new byte[1]], null);
        }

        long next = 1;

        Assert.True(log.TryRead(ref next, out StoredEvent? stored, out _));

        Assert.Equal((3, 4), (stored!.SequenceNumber, next));
    }

    [Fact]
    public void Enqueued_times_never_fall_when_the_clock_is_set_back()
    {
        var log = new PartitionLog(long.MaxValue, 10, _time);
        log.Append([new byte[1]], null);
        DateTime first = log.State.LastEnqueuedTime;
        _time.AdjustTime(_time.GetUtcNow().AddHours(-1));
        log.Append([new byte[1]], null);

        Assert.Equal(first, log.State.LastEnqueuedTime);
    }

    [Fact]
    public void A_reader_at_the_end_is_told_of_the_next_event()
    {
        var log = new PartitionLog(long.MaxValue, 10, _time);
        long next = 0;
        Assert.False(log.TryRead(ref next, out _, out Task grown));
        Assert.False(grown.IsCompleted);

        log.Append([new byte[1]], null);

        Assert.True(grown.IsCompletedSuccessfully);
        Assert.True(log.TryRead(ref next, out _, out _));
    }
}
