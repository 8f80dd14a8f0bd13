namespace SigmaFunctions.Telemetry.Framing;

/// <summary>
/// Makes one body after another what <see cref="BodyReader"/> reads: unpacked, in UTF-8, and where it is the answer to a query, its rows.
/// What it makes is good until the next body.
/// </summary>
internal sealed class BodyUnpacker
{
    private readonly GzipBody _gzip;
    private readonly Utf16Body _utf16 = new();
    private readonly QueryAnswerBody _answer = new();

    public BodyUnpacker(LargeBuffers buffers) => _gzip = new GzipBody(buffers);

    /// <summary>Most bytes that a body takes beside its own; 0 for one that is read as it is.</summary>
    public static long MaxLength(ReadOnlySpan<byte> body) =>
        GzipBody.IsGzip(body) ? GzipBody.MaxLength(body.Length)
        : Utf16Body.IsUtf16(body) ? Utf16Body.MaxLength(body.Length) + QueryAnswerBody.MaxLength(body.Length)
        : QueryAnswerBody.MayBe(body) ? QueryAnswerBody.MaxLength(body.Length)
        : 0;

    /// <summary>Unpacks a body.</summary>
    /// <param name="body">The body; what is to be read of it.</param>
    /// <param name="isOwn">Whether that is this object's own, and not the body.</param>
    /// <param name="cancellationToken">Ends the unpacking.</param>
    /// <returns>Why the body cannot be read; null where it can.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public string? Unpack(ref ReadOnlyMemory<byte> body, out bool isOwn, CancellationToken cancellationToken)
    {
        Trim();
        int length = body.Length;
        isOwn = false;
        long maxRows = QueryAnswerBody.MaxLength(length);
        if (GzipBody.IsGzip(body.Span))
        {
            if (!_gzip.TryUnpack(ref body, cancellationToken, out string reason))
            {
                return reason;
            }

            isOwn = true;
            maxRows = GzipBody.MaxLength(length) - length - body.Length;
        }

        bool isPacked = isOwn;
        if (_utf16.Convert(ref body, cancellationToken))
        {
            isOwn = true;
            maxRows -= isPacked ? body.Length : 0;
        }

        isOwn |= _answer.TryConvert(ref body, maxRows, cancellationToken, out string? tooLong);
        return tooLong;
    }

    /// <summary>Gives up what was made of the last body, but for the room that is kept for the next.</summary>
    public void Trim()
    {
        _gzip.Trim();
        _utf16.Trim();
        _answer.Trim();
    }
}
