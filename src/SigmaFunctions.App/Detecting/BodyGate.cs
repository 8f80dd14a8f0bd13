using System.Threading.RateLimiting;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.App.Detecting;

/// <summary>
/// Bounds what all partitions of this instance have unpacked at the same time, and lets one message be taken with nothing beside it. Whoever
/// waits gets in in the order of asking; a body that needs no unpacking waits for a message alone only. Nobody may ask while holding a lease.
/// </summary>
public sealed class BodyGate : IDisposable
{
    /// <summary>Most that is unpacked at the same time, in MiB: two bodies of the largest size, and small ones.</summary>
    public const int Capacity = 160;

    // More than there are partitions.
    private const int MaxBodies = 4_096;
    private const int Mebibyte = 1024 * 1024;

    private readonly ConcurrencyLimiter _bodies = Create(MaxBodies);
    private readonly ConcurrencyLimiter _unpacked = Create(Capacity);

    /// <summary>Lets a body in, if that is possible at once.</summary>
    /// <returns>The lease, to be disposed of when nothing of the body is in use any more; null where one has to wait.</returns>
    public IDisposable? TryEnter(ReadOnlySpan<byte> body)
    {
        RateLimitLease? room = null;
        if (Permits(body) is > 0 and int permits)
        {
            room = _unpacked.AttemptAcquire(permits);
            if (!room.IsAcquired)
            {
                return null;
            }
        }
        RateLimitLease entry = _bodies.AttemptAcquire();
        if (entry.IsAcquired)
        {
            return new Lease(entry, room);
        }

        room?.Dispose();
        return null;
    }

    /// <summary>Lets a body in, as soon as there is room for it.</summary>
    public Task<IDisposable> EnterAsync(ReadOnlySpan<byte> body, CancellationToken cancellationToken) => EnterAsync(Permits(body), cancellationToken);

    /// <summary>Lets a body in when no other is, and no other until its lease ends.</summary>
    public async Task<IDisposable> EnterAloneAsync(CancellationToken cancellationToken) => await _bodies.AcquireAsync(MaxBodies, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _bodies.Dispose();
        _unpacked.Dispose();
    }

    private static ConcurrencyLimiter Create(int permits) => new(new ConcurrencyLimiterOptions
    {
        PermitLimit = permits,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,

        // Who waits holds one batch, and of each partition there is one.
        QueueLimit = int.MaxValue,
    });

    private static int Permits(ReadOnlySpan<byte> body) =>
        BodyMatcher.MaxUnpacked(body) is > 0 and long bytes ? (int)Math.Min(Capacity, 1 + (bytes / Mebibyte)) : 0;

    // Room first: whoever has entered waits for nothing here.
    private async Task<IDisposable> EnterAsync(int permits, CancellationToken cancellationToken)
    {
        RateLimitLease? room = permits > 0 ? await _unpacked.AcquireAsync(permits, cancellationToken) : null;
        try
        {
            return new Lease(await _bodies.AcquireAsync(1, cancellationToken), room);
        }
        catch
        {
            room?.Dispose();
            throw;
        }
    }

    private sealed class Lease(RateLimitLease entry, RateLimitLease? room) : IDisposable
    {
        public void Dispose()
        {
            entry.Dispose();
            room?.Dispose();
        }
    }
}
