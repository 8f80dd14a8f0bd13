using System.Buffers;
using System.Globalization;
using System.Text;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>
/// Text of JSON strings from their raw bytes. Unlike the reader's own, it takes bytes that are not UTF-8 and surrogates without
/// their partner: each becomes U+FFFD, so that nobody can hide an event by them.
/// </summary>
internal static class JsonText
{
    private const char Replacement = '\uFFFD';

    /// <summary>The text of a string's content (without its quotes), whose escapes a JSON reader has found well-formed.</summary>
    public static string Read(ReadOnlySpan<byte> content, bool escaped)
    {
        if (!escaped)
        {
            return Encoding.UTF8.GetString(content);
        }

        // No escape is shorter than what it stands for, and no UTF-8 sequence has fewer bytes than UTF-16 units.
        char[] buffer = ArrayPool<char>.Shared.Rent(content.Length);
        try
        {
            int length = Unescape(content, buffer);
            ReplaceLoneSurrogates(buffer.AsSpan(0, length));
            return new string(buffer, 0, length);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    private static int Unescape(ReadOnlySpan<byte> content, Span<char> destination)
    {
        int written = 0;
        while (!content.IsEmpty)
        {
            int escape = content.IndexOf((byte)'\\');
            if (escape != 0)
            {
                ReadOnlySpan<byte> plain = escape < 0 ? content : content[..escape];
                written += Encoding.UTF8.GetChars(plain, destination[written..]);
                content = content[plain.Length..];
                continue;
            }

            if (content[1] == (byte)'u')
            {
                destination[written++] =
                    (char)ushort.Parse(content.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                content = content[6..];
                continue;
            }

            destination[written++] = (char)content[1] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                var other => other,
            };
            content = content[2..];
        }

        return written;
    }

    private static void ReplaceLoneSurrogates(Span<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
                continue;
            }

            text[i] = Replacement;
        }
    }
}
