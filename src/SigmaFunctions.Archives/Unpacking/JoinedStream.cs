namespace SigmaFunctions.Archives.Unpacking;

/// <summary>A stream with bytes before and behind it.</summary>
internal sealed class JoinedStream(ReadOnlyMemory<byte> before, Stream stream, ReadOnlyMemory<byte> behind = default) : ForwardStream
{
    private ReadOnlyMemory<byte> _before = before;
    private ReadOnlyMemory<byte> _behind = behind;
    private bool _isEnd;

    /// <summary>Whether bytes behind the stream were given.</summary>
    public bool IsBehind { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        int read = Take(ref _before, buffer.Span);
        if (read == 0 && !_isEnd)
        {
            read = await stream.ReadAsync(buffer, cancellationToken);
            _isEnd = read == 0;
        }

        if (read == 0)
        {
            read = Take(ref _behind, buffer.Span);
            IsBehind |= read > 0;
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Dispose();
        }

        base.Dispose(disposing);
    }

    private static int Take(ref ReadOnlyMemory<byte> bytes, Span<byte> buffer)
    {
        int taken = Math.Min(buffer.Length, bytes.Length);
        bytes.Span[..taken].CopyTo(buffer);
        bytes = bytes[taken..];
        return taken;
    }
}
