using System.Collections.Concurrent;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>
/// Arrays for bodies that unpack to more than a matcher keeps room for, shared by the matchers of a pool: made anew for each body they would
/// pile up faster than they are collected. Safe for concurrent use.
/// </summary>
internal sealed class LargeBuffers
{
    /// <summary>Arrays that are kept, each large enough for any body.</summary>
    public const int Kept = 2;

    private readonly ConcurrentBag<byte[]> _idle = [];
    private readonly int _size;
    private int _made;

    /// <summary>Makes none yet.</summary>
    /// <param name="size">Bytes that are enough for any body.</param>
    public LargeBuffers(int size) => _size = size;

    /// <summary>An array of at least so many bytes, whatever they are.</summary>
    public byte[] Rent(int length)
    {
        if (_idle.TryTake(out byte[]? idle))
        {
            return idle;
        }

        bool isKept = Interlocked.Increment(ref _made) <= Kept;
        if (!isKept)
        {
            Interlocked.Decrement(ref _made);
        }

        return GC.AllocateUninitializedArray<byte>(isKept ? _size : length);
    }

    /// <summary>Takes an array back.</summary>
    public void Return(byte[] buffer)
    {
        if (buffer.Length == _size)
        {
            _idle.Add(buffer);
        }
    }
}
