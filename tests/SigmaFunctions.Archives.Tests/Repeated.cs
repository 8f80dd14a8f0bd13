namespace SigmaFunctions.Archives.Tests;

/// <summary>Bytes, others many times, and others again.</summary>
internal sealed class Repeated(byte[] before, byte[] repeated, int times, byte[] after) : MemoryStream
{
    private readonly long _length = before.Length + ((long)repeated.Length * times) + after.Length;
    private long _at;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int given = 0;
        while (given < buffer.Length && _at < _length)
        {
            long inside = _at - before.Length;
            ReadOnlySpan<byte> part = inside < 0 ? before.AsSpan((int)_at)
                : inside < (long)repeated.Length * times ? repeated.AsSpan((int)(inside % repeated.Length))
                : after.AsSpan((int)(inside - ((long)repeated.Length * times)));
            int taken = Math.Min(part.Length, buffer.Length - given);
            part[..taken].CopyTo(buffer.Span[given..]);
            (given, _at) = (given + taken, _at + taken);
        }

        return ValueTask.FromResult(given);
    }
}
