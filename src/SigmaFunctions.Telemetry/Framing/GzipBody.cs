using System.IO.Compression;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>
/// Unpacks bodies compressed by gzip (RFC 1952), within bounds: a small body must not be able to fill the memory. What was unpacked
/// is good until the next body.
/// </summary>
internal sealed class GzipBody
{
    /// <summary>Most bytes that a body may unpack to.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>Highest ratio that telemetry may be packed at (real bodies: 5 to 30), asked for beyond <see cref="FreeBytes"/>.</summary>
    public const int MaxRatio = 200;

    /// <summary>Size up to which the ratio does not matter: a few hundred copies of one event pack very well.</summary>
    public const int FreeBytes = 1024 * 1024;

    // What is kept between bodies.
    private const int KeptBytes = 4 * 1024 * 1024;

    // What is unpacked between two looks at the token.
    private const int Stride = 64 * 1024;

    // GZipStream takes the end of its input for the end of the data, wherever it comes. So the body is followed by a member of our
    // own: only if the body's last member is whole does that come out at the end.
    private static readonly byte[] EndMark = "\0end of body\0"u8.ToArray();
    private static readonly byte[] EndMember = Pack(EndMark);

    private byte[] _unpacked = [];

    /// <summary>Whether a body begins as gzip does.</summary>
    public static bool IsGzip(ReadOnlySpan<byte> body) => body.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]);

    /// <summary>Most bytes that a packed body of a length may unpack to.</summary>
    public static int LimitOf(int length) => (int)Math.Min(MaxBytes, Math.Max(FreeBytes, (long)length * MaxRatio));

    /// <summary>Unpacks a body; the reason where it cannot be.</summary>
    /// <param name="body">The body as it arrived; what was in it, if it could be unpacked.</param>
    /// <param name="cancellationToken">Ends the unpacking.</param>
    /// <param name="reason">Why it could not be unpacked.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool TryUnpack(ref ReadOnlyMemory<byte> body, CancellationToken cancellationToken, out string reason)
    {
        int limit = LimitOf(body.Length);
        if (_unpacked.Length > KeptBytes)
        {
            _unpacked = [];
        }

        int length = 0;
        try
        {
            using var gzip = new GZipStream(new MemoryStream([.. body.Span, .. EndMember]), CompressionMode.Decompress);
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (length == _unpacked.Length)
                {
                    // One byte more than is allowed, to see whether there is more.
                    Array.Resize(ref _unpacked, (int)Math.Min(limit + EndMark.Length + 1L, Math.Max(length * 2L, body.Length * 4L)));
                }

                int read = gzip.Read(_unpacked.AsSpan(length, Math.Min(Stride, _unpacked.Length - length)));
                if (read == 0)
                {
                    break;
                }

                length += read;
                if (length > limit + EndMark.Length)
                {
                    reason = limit == MaxBytes ? "unpacks to more than 64 MiB" : "packed more tightly than telemetry can be";
                    return false;
                }
            }
        }
        catch (InvalidDataException)
        {
            return Damaged(out reason);
        }

        if (!_unpacked.AsSpan(0, length).EndsWith(EndMark))
        {
            return Damaged(out reason);
        }

        body = _unpacked.AsMemory(0, length - EndMark.Length);
        reason = "";
        return true;
    }

    private static bool Damaged(out string reason)
    {
        reason = "not valid gzip, or cut off";
        return false;
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
