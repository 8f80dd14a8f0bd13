using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace SigmaFunctions.Storage.Model;

/// <summary>Makes text of any origin fit for a store: of bounded length, and of characters that stores take.</summary>
internal static class BoundedText
{
    /// <summary>What stands at the end of a text that was cut.</summary>
    public const string Mark = "…[truncated]";

    /// <summary>The text in at most <paramref name="maximum"/> UTF-16 units, with <see cref="Mark"/> at its end where it was cut.</summary>
    public static string Cut(string text, int maximum) =>
        text.Length <= maximum ? text : string.Concat(text.AsSpan(0, Boundary(text, maximum - Mark.Length)), Mark);

    /// <summary>
    /// The text in at most <paramref name="maximum"/> UTF-16 units; where it was cut with a hash at its end, by which those that begin alike are told apart:
    /// <c>beginning…[0123456789abcdef]</c>. Texts that differ in case alone have the same hash.
    /// </summary>
    public static string CutApart(string text, int maximum)
    {
        if (text.Length <= maximum)
        {
            return text;
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToUpperInvariant()));
        string end = $"…[{Convert.ToHexStringLower(hash.AsSpan(0, 8))}]";
        return string.Concat(text.AsSpan(0, Boundary(text, maximum - end.Length)), end);
    }

    /// <summary>The largest length up to <paramref name="length"/> that does not part a surrogate pair.</summary>
    public static int Boundary(ReadOnlySpan<char> text, int length) =>
        length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1]) && char.IsLowSurrogate(text[length])
            ? length - 1
            : length;

    /// <summary>
    /// The text with U+FFFD for each character that XML 1.0 has no form for (control characters but tab, line feed and carriage
    /// return; unpaired surrogates; U+FFFE, U+FFFF): the Table service speaks Atom as well as JSON.
    /// </summary>
    public static string Clean(string text)
    {
        int clean = CleanLength(text);
        if (clean == text.Length)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            bool whole = Rune.DecodeFromUtf16(rest, out Rune rune, out int length) == OperationStatus.Done;
            if (whole && IsXml(rune))
            {
                result.Append(rest[..length]);
            }
            else
            {
                result.Append('\uFFFD');
            }

            rest = rest[length..];
        }
        return result.ToString();
    }

    private static int CleanLength(string text)
    {
        int position = 0;
        while (position < text.Length)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(position), out Rune rune, out int length) != OperationStatus.Done || !IsXml(rune))
            {
                return position;
            }

            position += length;
        }
        return position;
    }

    private static bool IsXml(Rune rune) => rune.Value is >= 0x20 and not (0xFFFE or 0xFFFF) or '\t' or '\n' or '\r';
}
