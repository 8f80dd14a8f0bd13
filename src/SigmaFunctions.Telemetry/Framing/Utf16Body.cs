using System.Buffers;
using System.Text.Unicode;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>
/// Turns bodies in UTF-16 into UTF-8; they begin with its byte order mark or with what XML and JSON begin with. Whatever else a
/// body says of its encoding, it is read as UTF-8. What was turned is good until the next body.
/// </summary>
internal sealed class Utf16Body
{
    // What is kept between bodies.
    private const int KeptBytes = 4 * 1024 * 1024;

    // Units that are turned at a time.
    private const int Stride = 16 * 1024;

    // No unit takes more.
    private const int MaxUnitBytes = 3;

    private char[] _units = [];
    private byte[] _text = [];

    /// <summary>Whether a body begins as UTF-16 does.</summary>
    public static bool IsUtf16(ReadOnlySpan<byte> body) => IsBigEndian(body) || IsLittleEndian(body);

    /// <summary>Most bytes that a body of a length has as UTF-8.</summary>
    public static long MaxLength(int length) => (length + 1L) / 2 * MaxUnitBytes;

    /// <summary>Turns a body into UTF-8 where it is UTF-16; half a surrogate pair becomes U+FFFD.</summary>
    /// <param name="body">The body; where it was turned, its text.</param>
    /// <param name="cancellationToken">Ends the turning.</param>
    /// <returns>Whether it was.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool Convert(ref ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        ReadOnlySpan<byte> bytes = body.Span;
        if (!IsUtf16(bytes))
        {
            return false;
        }

        int length = checked((int)MaxLength(bytes.Length));
        Trim();
        if (_text.Length < length)
        {
            _text = new byte[length];
        }

        if (_units.Length == 0)
        {
            _units = new char[Stride];
        }

        bool isBigEndian = IsBigEndian(bytes);
        int written = 0;
        int taken = 0;
        while (taken < bytes.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Read(bytes[taken..], isBigEndian);
            bool isLast = taken + (count * 2) >= bytes.Length;
            OperationStatus status = Utf8.FromUtf16(
                _units.AsSpan(0, count), _text.AsSpan(written), out int read, out int added, replaceInvalidSequences: true, isFinalBlock: isLast);
            System.Diagnostics.Debug.Assert(status is OperationStatus.Done or OperationStatus.NeedMoreData, "No unit takes more than three bytes.");

            // Half a pair at the end of a stride is read again with the other half.
            taken += read * 2;
            written += added;
        }

        body = _text.AsMemory(0, written);
        return true;
    }

    /// <summary>Gives up what was turned, but for what is kept.</summary>
    public void Trim()
    {
        if (_text.Length > KeptBytes)
        {
            _text = [];
        }
    }

    internal static bool IsBigEndian(ReadOnlySpan<byte> bytes) =>
        bytes is [0xFE, 0xFF, ..] or [0, (byte)'<' or (byte)'{' or (byte)'[', ..];

    private static bool IsLittleEndian(ReadOnlySpan<byte> bytes) =>
        bytes is [0xFF, 0xFE, ..] or [(byte)'<' or (byte)'{' or (byte)'[', 0, ..];

    /// <summary>Reads as many units as there is room for.</summary>
    /// <returns>How many.</returns>
    private int Read(ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        int count = Math.Min(Stride, bytes.Length / 2);
        for (int unit = 0; unit < count; unit++)
        {
            byte first = bytes[unit * 2];
            byte second = bytes[(unit * 2) + 1];
            _units[unit] = (char)(isBigEndian ? (first << 8) | second : (second << 8) | first);
        }

        // A byte that is left over at the end is half a character.
        if (count < Stride && bytes.Length % 2 != 0)
        {
            _units[count++] = '\uFFFD';
        }

        return count;
    }
}
