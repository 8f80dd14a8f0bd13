namespace SigmaFunctions.Archives.Unpacking;

/// <summary>Keeps what is read of a stream, so that it can be read again from its beginning. It does not close it.</summary>
internal sealed class RecordingStream(Stream stream) : ForwardStream
{
    private readonly MemoryStream _recorded = new();

    /// <summary>The stream from its beginning; this one is read no more.</summary>
    public Stream Replay() => new JoinedStream(_recorded.ToArray(), stream);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await stream.ReadAsync(buffer, cancellationToken);
        _recorded.Write(buffer.Span[..read]);
        return read;
    }
}
