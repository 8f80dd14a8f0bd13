using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace SigmaFunctions.Engine.Values;

/// <summary>
/// UTF-8 with the letters A to Z in lower case: what the indexes look at. It is coarser than no folding and finer than
/// <see cref="StringComparison.OrdinalIgnoreCase"/>, and the same as that wherever <see cref="IsExact(string)"/> says so, because there an ASCII
/// letter equals nothing but its own two forms.
/// </summary>
internal static class FoldedText
{
    /// <summary>Bytes behind a text that may be read (not used) so that no read needs to look where the text ends.</summary>
    public const int Slack = 64;

    /// <summary>Folds bytes. Both spans must have room for whole vectors: up to <see cref="Slack"/> bytes more than <paramref name="length"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fold(ReadOnlySpan<byte> source, Span<byte> target, int length)
    {
        ref byte from = ref MemoryMarshal.GetReference(source);
        ref byte to = ref MemoryMarshal.GetReference(target);
        var first = new Vector<byte>((byte)'A');
        var letters = new Vector<byte>(26);
        var bit = new Vector<byte>(0x20);
        for (int i = 0; i < length; i += Vector<byte>.Count)
        {
            Vector<byte> bytes = Unsafe.ReadUnaligned<Vector<byte>>(ref Unsafe.Add(ref from, i));
            var isUpper = Vector.LessThan(bytes - first, letters);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, i), bytes | (isUpper & bit));
        }
    }

    /// <summary>Folds a byte.</summary>
    public static byte Fold(byte value) => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;

    /// <summary>The folded UTF-8 of a text.</summary>
    public static byte[] Of(string text) => Array.ConvertAll(Encoding.UTF8.GetBytes(text), Fold);

    /// <summary>Whether folded bytes compare as the text does without case: every character is ASCII or has no case at all.</summary>
    public static bool IsExact(string text)
    {
        if (!IsWellFormed(text))
        {
            return false;
        }

        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!IsExact(rune))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a text has no half of a surrogate pair, which has no bytes of its own and which no event holds.</summary>
    public static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(i), out _, out int length) != OperationStatus.Done)
            {
                return false;
            }

            i += length;
        }

        return true;
    }

    /// <summary>Whether a character is ASCII, or of a category in which Unicode maps no case but for the few that are named here.</summary>
    private static bool IsExact(Rune rune) => rune.IsAscii || Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.DashPunctuation or UnicodeCategory.OtherPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
            or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.ConnectorPunctuation
            or UnicodeCategory.SpaceSeparator or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.CurrencySymbol or UnicodeCategory.MathSymbol
            or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherLetter or UnicodeCategory.Format => true,
        // Letters in circles have two cases.
        UnicodeCategory.OtherSymbol => rune.Value is < 0x24B6 or > 0x24E9,
        // The Greek iota below a letter has an upper case.
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark => rune.Value != 0x345,
        _ => false,
    };
}
