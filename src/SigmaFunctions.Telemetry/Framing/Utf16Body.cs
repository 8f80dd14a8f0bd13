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

    private byte[] _text = [];
    private char[] _units = [];

    /// <summary>Turns a body into UTF-8 where it is UTF-16; half a surrogate pair becomes U+FFFD.</summary>
    /// <param name="body">The body; where it was turned, its text.</param>
    /// <returns>Whether it was.</returns>
    public bool Convert(ref ReadOnlyMemory<byte> body)
    {
        ReadOnlySpan<byte> bytes = body.Span;
        bool isBigEndian = bytes is [0xFE, 0xFF, ..] or [0, (byte)'<' or (byte)'{' or (byte)'[', ..];
        if (!isBigEndian && bytes is not ([0xFF, 0xFE, ..] or [(byte)'<' or (byte)'{' or (byte)'[', 0, ..]))
        {
            return false;
        }

        if (_text.Length > KeptBytes)
        {
            _text = [];
            _units = [];
        }

        // A byte that is left over at the end is half a character.
        int length = (bytes.Length + 1) / 2;
        if (_units.Length < length)
        {
            _units = new char[length];
            _text = new byte[length * 3];
        }

        for (int unit = 0; unit < bytes.Length / 2; unit++)
        {
            byte first = bytes[unit * 2];
            byte second = bytes[(unit * 2) + 1];
            _units[unit] = (char)(isBigEndian ? (first << 8) | second : (second << 8) | first);
        }

        if (length > bytes.Length / 2)
        {
            _units[length - 1] = '\uFFFD';
        }

        OperationStatus status = Utf8.FromUtf16(_units.AsSpan(0, length), _text, out _, out int written, replaceInvalidSequences: true);
        System.Diagnostics.Debug.Assert(status == OperationStatus.Done, "No unit takes more than three bytes.");
        body = _text.AsMemory(0, written);
        return true;
    }
}
