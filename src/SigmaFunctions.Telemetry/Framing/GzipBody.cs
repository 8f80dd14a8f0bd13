using System.Buffers.Binary;
using System.IO.Compression;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>
/// Unpacks bodies compressed by gzip (RFC 1952), within bounds: a small body must not be able to fill the memory. What was unpacked
/// is good until the next body.
/// </summary>
/// <param name="buffers">Where room for large bodies is from.</param>
internal sealed class GzipBody(LargeBuffers buffers)
{
    /// <summary>Most bytes that a body may unpack to.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>Highest ratio that telemetry may be packed at (real bodies: 5 to 30), asked for beyond <see cref="FreeBytes"/>.</summary>
    public const int MaxRatio = 200;

    /// <summary>Size up to which the ratio does not matter: a few hundred copies of one event pack very well.</summary>
    public const int FreeBytes = 1024 * 1024;

    /// <summary>Most bytes of UTF-16 that a body may unpack to: with what they take as UTF-8 they are no more than <see cref="MaxBytes"/>.</summary>
    public const int MaxUtf16Bytes = 25 * 1024 * 1024;

    private const string Damaged = "not valid gzip, or cut off";

    // What is kept between bodies.
    private const int KeptBytes = 4 * 1024 * 1024;

    // What is unpacked between two looks at the token.
    private const int Stride = 64 * 1024;

    // GZipStream takes the end of its input for the end of the data, wherever it comes. So the body is followed by a member of our
    // own: only if the body's last member is whole does that come out at the end.
    private static readonly byte[] EndMark = "\0end of body\0"u8.ToArray();
    private static readonly byte[] EndMember = Pack(EndMark);

    private byte[] _unpacked = [];

    /// <summary>Room for any body.</summary>
    public static int MaxRoom => MaxBytes + EndMark.Length;

    /// <summary>Whether a body begins as gzip does.</summary>
    public static bool IsGzip(ReadOnlySpan<byte> body) => body.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]);

    /// <summary>Most bytes beside its own that a packed body of a length takes, if it is turned from UTF-16 too; a copy of it is among them.</summary>
    public static long MaxLength(int length)
    {
        int limit = LimitOf(length);
        return length + Math.Min(MaxBytes, limit + Utf16Body.MaxLength(limit));
    }

    private static int LimitOf(int length) => (int)Math.Min(MaxBytes, Math.Max(FreeBytes, (long)length * MaxRatio));

    /// <summary>Unpacks a body; the reason where it cannot be.</summary>
    /// <param name="body">The body as it arrived; what was in it, if it could be unpacked.</param>
    /// <param name="cancellationToken">Ends the unpacking.</param>
    /// <param name="reason">Why it could not be unpacked.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool TryUnpack(ref ReadOnlyMemory<byte> body, CancellationToken cancellationToken, out string reason)
    {
        Trim();
        int limit = LimitOf(body.Length);
        byte[] packed = [.. body.Span, .. EndMember];

        // What the last member says of its length is mostly that of all there is, so that the room is neither too small nor larger than
        // needed; where it is not, everything is unpacked twice rather than moved from one array to the next.
        // One that says it is too long is unpacked without room, to see whether it is.
        uint stated = StatedLength(body.Span);
        MakeRoom(stated > limit ? 0 : (int)stated + EndMark.Length);
        reason = "";
        try
        {
            long length = Unpack(packed, limit, cancellationToken);
            if (length <= limit + EndMark.Length && length > _unpacked.Length)
            {
                MakeRoom((int)length);
                length = Unpack(packed, limit, cancellationToken);
            }

            if (length > limit + EndMark.Length)
            {
                reason = limit == MaxBytes ? "unpacks to more than 64 MiB" : "packed more tightly than telemetry can be";
            }
            else if (!_unpacked.AsSpan(0, (int)length).EndsWith(EndMark))
            {
                reason = Damaged;
            }
            else
            {
                Memory<byte> unpacked = _unpacked.AsMemory(0, (int)length - EndMark.Length);
                if (unpacked.Length > MaxUtf16Bytes && Utf16Body.IsUtf16(unpacked.Span))
                {
                    reason = "unpacks to more than 25 MiB of UTF-16";
                }
                else
                {
                    body = unpacked;
                    return true;
                }
            }
        }
        catch (InvalidDataException)
        {
            reason = Damaged;
        }

        return false;
    }

    /// <summary>Gives up what was unpacked, but for what is kept.</summary>
    public void Trim()
    {
        if (_unpacked.Length > KeptBytes)
        {
            buffers.Return(_unpacked);
            _unpacked = [];
        }
    }

    private static uint StatedLength(ReadOnlySpan<byte> body) => body.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(body[^4..]);

    private void MakeRoom(int length)
    {
        if (_unpacked.Length < length)
        {
            Trim();
            _unpacked = length > KeptBytes ? buffers.Rent(length) : new byte[length];
        }
    }

    /// <summary>Unpacks as much as there is room for.</summary>
    /// <returns>How much there is; more than the limit and the mark where it is too much.</returns>
    private long Unpack(byte[] packed, int limit, CancellationToken cancellationToken)
    {
        Span<byte> beyond = stackalloc byte[1024];
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        long length = 0;
        int read;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> room = length < _unpacked.Length ? _unpacked.AsSpan((int)length) : beyond;
            read = gzip.Read(room[..Math.Min(Stride, room.Length)]);
            length += read;
        }
        while (read > 0 && length <= limit + EndMark.Length);
        return length;
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }
}
