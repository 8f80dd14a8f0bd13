using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>
/// Captured values as they are kept beyond a message. Senders choose them: a long text has its beginning and a hash in its place, which compares with others
/// as the text does, and of a list what goes beyond the bound is left out.
/// </summary>
internal static class KeptValues
{
    /// <summary>Longest text, in bytes of UTF-8.</summary>
    public const int MaxText = 1_024;

    /// <summary>Room for the values of a match, in bytes, beyond which each field has only its first one.</summary>
    public const int MaxBytes = 8 * 1_024;

    private const int Beginning = 256;

    /// <summary>The values of some fields of those that were captured, as they are kept.</summary>
    public static byte[] Of(ReadOnlySpan<byte> captured, ImmutableArray<int> fields, out bool isCut)
    {
        isCut = false;
        var writer = new CapturedWriter();
        foreach (int field in fields)
        {
            var reader = new CapturedReader(captured);
            for (int passed = 0; passed < field; passed++)
            {
                reader.SkipField();
            }

            bool isFirst = true;
            while (reader.TryRead(out bool isNumber, out ReadOnlySpan<byte> text))
            {
                if (!isFirst && writer.Length + Math.Min(text.Length, MaxText) > MaxBytes)
                {
                    isCut = true;
                    continue;
                }

                isFirst = false;
                if (text.Length <= MaxText)
                {
                    writer.Add(isNumber ? FieldValueKind.Number : FieldValueKind.Text, text);
                }
                else
                {
                    writer.Add(FieldValueKind.Text, Encoding.UTF8.GetBytes(Shorten(Encoding.UTF8.GetString(text))));
                }
            }

            writer.EndField();
        }

        return writer.Written.ToArray();
    }

    private static string Shorten(string text)
    {
        int length = char.IsHighSurrogate(text[Beginning - 1]) ? Beginning - 1 : Beginning;
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToUpperInvariant()));
        return $"{text.AsSpan(0, length)}…[{Convert.ToHexStringLower(hash.AsSpan(0, 16))}]";
    }
}
