using System.Collections.Concurrent;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>
/// Arrays for bodies that unpack to more than a matcher keeps room for, shared by the matchers of a pool: made anew for each body they would
/// pile up faster than they are collected. Safe for concurrent use.
/// </summary>
internal sealed class LargeBuffers
{
    private readonly ConcurrentBag<byte[]> _idle = [];
    private readonly int _kept;
    private int _made;

    /// <summary>Makes none yet.</summary>
    /// <param name="kept">Arrays that are kept, each large enough for any body; all others are as large as they have to be, and let go of.</param>
    public LargeBuffers(int kept) => _kept = kept;

    /// <summary>What keeps none, for whoever is alone.</summary>
    public static LargeBuffers None => new(kept: 0);

    /// <summary>An array of at least so many bytes, whatever they are.</summary>
    public byte[] Rent(int length)
    {
        if (_idle.TryTake(out byte[]? idle))
        {
            return idle;
        }

        bool isKept = Interlocked.Increment(ref _made) <= _kept;
        if (!isKept)
        {
            Interlocked.Decrement(ref _made);
        }

        return GC.AllocateUninitializedArray<byte>(isKept ? GzipBody.MaxRoom : length);
    }

    /// <summary>Takes an array back.</summary>
    public void Return(byte[] buffer)
    {
        if (buffer.Length == GzipBody.MaxRoom && _idle.Count < _kept)
        {
            _idle.Add(buffer);
        }
    }
}
