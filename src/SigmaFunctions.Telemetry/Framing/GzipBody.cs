using System.IO.Compression;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>Bodies compressed by gzip (RFC 1952), within bounds: a small body must not be able to fill the memory.</summary>
internal static class GzipBody
{
    /// <summary>Most bytes that a body may unpack to.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>Highest ratio that telemetry may be packed at (real bodies: 5 to 30), asked for beyond <see cref="FreeBytes"/>.</summary>
    public const int MaxRatio = 200;

    /// <summary>Size up to which the ratio does not matter: a few hundred copies of one event pack very well.</summary>
    public const int FreeBytes = 1024 * 1024;

    // GZipStream takes the end of its input for the end of the data, wherever it comes. So the body is followed by a member of our
    // own: only if the body's last member is whole does that come out at the end.
    private static readonly byte[] EndMark = "\0end of body\0"u8.ToArray();
    private static readonly byte[] EndMember = Pack(EndMark);

    /// <summary>Whether a body begins as gzip does.</summary>
    public static bool IsGzip(ReadOnlySpan<byte> body) => body.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]);

    /// <summary>Unpacks a body; the reason where it cannot be.</summary>
    /// <param name="body">The body as it arrived.</param>
    /// <param name="unpacked">What was in it.</param>
    /// <param name="reason">Why it could not be unpacked.</param>
    public static bool TryUnpack(ReadOnlyMemory<byte> body, out ReadOnlyMemory<byte> unpacked, out string reason)
    {
        unpacked = default;
        int limit = (int)Math.Min(MaxBytes, Math.Max(FreeBytes, (long)body.Length * MaxRatio));
        byte[] input = [.. body.Span, .. EndMember];
        using var output = new MemoryStream(Math.Min(limit, Math.Max(256, body.Length * 4)));
        try
        {
            using var gzip = new GZipStream(new MemoryStream(input), CompressionMode.Decompress);
            byte[] buffer = new byte[16 * 1024];
            int read;
            while ((read = gzip.Read(buffer)) > 0)
            {
                if (output.Length + read > limit)
                {
                    reason = limit == MaxBytes ? "unpacks to more than 64 MiB" : "packed more tightly than telemetry can be";
                    return false;
                }

                output.Write(buffer.AsSpan(0, read));
            }
        }
        catch (InvalidDataException)
        {
            return Damaged(out reason);
        }

        unpacked = Written(output);
        if (!unpacked.Span.EndsWith(EndMark))
        {
            return Damaged(out reason);
        }

        unpacked = unpacked[..^EndMark.Length];
        reason = "";
        return true;
    }

    private static bool Damaged(out string reason)
    {
        reason = "not valid gzip, or cut off";
        return false;
    }

    private static ReadOnlyMemory<byte> Written(MemoryStream output) => output.GetBuffer().AsMemory(0, (int)output.Length);

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
