using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>
/// Text of JSON strings from their raw bytes, as UTF-8. Unlike the reader's own, it takes bytes that are not UTF-8 and surrogates
/// without their partner: each becomes U+FFFD, so that nobody can hide an event by them.
/// </summary>
internal static class JsonText
{
    /// <summary>Bytes that <see cref="Unescape"/> may write beyond the text it returns.</summary>
    public const int Slack = 32;

    /// <summary>What the letter behind a backslash stands for.</summary>
    private static ReadOnlySpan<byte> Unescaped =>
        "\0\u0001\u0002\u0003\u0004\u0005\u0006\a\b\t\n\v\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"u8
        + " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`a\bcde\fghijklm\nopq\rs\tuvwxyz{|}~\u007f"u8;

    private static ReadOnlySpan<byte> Replacement => "\uFFFD"u8;

    /// <summary>Resolves the escapes of a string's content, which a JSON reader has found well-formed; other bytes stay as they are.</summary>
    /// <param name="json">The text that the content is in; the more there is behind it, the faster.</param>
    /// <param name="content">The content, without its quotes.</param>
    /// <param name="destination">At least as long as the content and <see cref="Slack"/>: no escape is shorter than what it stands for.</param>
    /// <returns>Bytes written.</returns>
    public static int Unescape(ReadOnlySpan<byte> json, Range content, Span<byte> destination)
    {
        (int read, int length) = content.GetOffsetAndLength(json.Length);
        if (destination.Length < length + Slack)
        {
            throw new ArgumentException("The destination is too short.", nameof(destination));
        }

        int end = read + length;
        int written = 0;
        while (read < end)
        {
            if (read <= json.Length - (2 * Vector256<byte>.Count))
            {
                read += UnescapeBlock(json, read, end, destination, ref written);
            }
            else if (json[read] != (byte)'\\')
            {
                destination[written++] = json[read++];
            }
            else
            {
                read += UnescapeOne(json[read..], destination, ref written);
            }
        }

        return written;
    }

    /// <summary>Copies text and replaces what is not UTF-8 in it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">Three times as long: each byte may be a fault of its own.</param>
    /// <returns>Bytes written.</returns>
    public static int Repair(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int written = 0;
        while (!text.IsEmpty)
        {
            // The replacement takes as many bytes as Encoding.UTF8 replaces at once.
            _ = Rune.DecodeFromUtf8(text, out Rune rune, out int taken);
            written += rune.EncodeToUtf8(destination[written..]);
            text = text[taken..];
        }

        return written;
    }

    /// <summary>Whether bytes are well-formed UTF-8.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> text) => Utf8.IsValid(text);

    // Escapes stand close in paths and messages. They are all found at once, so that none has to wait for the one before it.
    private static int UnescapeBlock(ReadOnlySpan<byte> json, int read, int end, Span<byte> destination, ref int written)
    {
        ref byte source = ref Unsafe.Add(ref MemoryMarshal.GetReference(json), read);
        ref byte target = ref MemoryMarshal.GetReference(destination);
        int length = Math.Min(end - read, Vector256<byte>.Count);
        var block = Vector256.LoadUnsafe(ref source);
        block.StoreUnsafe(ref target, (nuint)written);
        ulong escapes = Vector256.Equals(block, Vector256.Create((byte)'\\')).ExtractMostSignificantBits() & ((1UL << length) - 1);
        int done = 0;
        while (escapes != 0)
        {
            int escape = BitOperations.TrailingZeroCount(escapes);
            written += escape - done;
            done = escape + UnescapeOne(json[(read + escape)..], destination, ref written);

            // What is copied behind the next escape is overwritten by what that stands for.
            if (done >= length)
            {
                return done;
            }

            Vector256.LoadUnsafe(ref source, (nuint)done).StoreUnsafe(ref target, (nuint)written);
            escapes &= ulong.MaxValue << done;
        }

        written += length - done;
        return length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int UnescapeOne(ReadOnlySpan<byte> escape, Span<byte> destination, ref int written)
    {
        byte letter = escape[1];
        if (letter == (byte)'u')
        {
            return UnescapeUnit(escape, destination, ref written);
        }

        destination[written++] = letter < Unescaped.Length ? Unescaped[letter] : letter;
        return 2;
    }

    private static int UnescapeUnit(ReadOnlySpan<byte> escape, Span<byte> destination, ref int written)
    {
        char unit = UnitAt(escape);
        if (!char.IsSurrogate(unit))
        {
            written += new Rune(unit).EncodeToUtf8(destination[written..]);
            return 6;
        }

        if (char.IsHighSurrogate(unit) && escape.Length >= 12 && escape[6] == (byte)'\\' && escape[7] == (byte)'u'
            && UnitAt(escape[6..]) is var low && char.IsLowSurrogate(low))
        {
            written += new Rune(unit, low).EncodeToUtf8(destination[written..]);
            return 12;
        }

        Replacement.CopyTo(destination[written..]);
        written += Replacement.Length;
        return 6;
    }

    private static char UnitAt(ReadOnlySpan<byte> escape) =>
        Utf8Parser.TryParse(escape.Slice(2, 4), out ushort unit, out _, 'x') ? (char)unit : '\uFFFD';
}
