using System.Text;

namespace SigmaFunctions.Engine.Values;

/// <summary>
/// Looks for a text in another in a time that is the sum of their lengths, whatever they hold (Knuth, Morris and Pratt). The runtime's
/// search is many times faster on nearly all texts, but compares again and again where the text was written so that it nearly is the
/// literal everywhere.
/// </summary>
internal static class LinearSearch
{
    /// <summary>Longest text or pattern that is looked for, in UTF-16 units: the runtime's search can take its product with the value's length.</summary>
    public const int MaxLength = 8_192;

    /// <summary>Where a literal stands first, as <see cref="MemoryExtensions.IndexOf(ReadOnlySpan{char}, ReadOnlySpan{char}, StringComparison)"/>
    /// finds it ordinally; -1 if it does not.</summary>
    /// <param name="text">Where to look.</param>
    /// <param name="literal">Well-formed, of 1 to <see cref="MaxLength"/> units.</param>
    /// <param name="cased">Whether case counts.</param>
    public static int IndexOf(ReadOnlySpan<char> text, ReadOnlySpan<char> literal, bool cased)
    {
        ArgumentOutOfRangeException.ThrowIfZero(literal.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(literal.Length, MaxLength);
        Span<char> sought = stackalloc char[literal.Length];
        // By place, how much of the literal's begin ends there, being shorter than all of it.
        Span<ushort> borders = stackalloc ushort[literal.Length];
        for (int i = 0; i < sought.Length; i++)
        {
            sought[i] = UnitAt(literal, i, cased);
            borders[i] = i == 0 ? (ushort)0 : (ushort)Advance(sought, borders, borders[i - 1], sought[i]);
        }

        int found = 0;
        for (int i = 0; i < text.Length; i++)
        {
            found = Advance(sought, borders, found, UnitAt(text, i, cased));
            if (found == sought.Length)
            {
                return i + 1 - found;
            }
        }

        return -1;
    }

    private static int Advance(ReadOnlySpan<char> sought, ReadOnlySpan<ushort> borders, int found, char next)
    {
        while (found > 0 && sought[found] != next)
        {
            found = borders[found - 1];
        }

        return sought[found] == next ? found + 1 : found;
    }

    /// <summary>A unit of a text, in the upper case where case does not count: that is how the runtime compares without case.</summary>
    private static char UnitAt(ReadOnlySpan<char> text, int place, bool cased)
    {
        char unit = text[place];
        if (cased)
        {
            return unit;
        }

        if (char.IsAscii(unit))
        {
            return char.IsAsciiLetterLower(unit) ? (char)(unit ^ 0x20) : unit;
        }

        if (!char.IsSurrogate(unit))
        {
            return char.ToUpperInvariant(unit);
        }

        int first = char.IsLowSurrogate(unit) ? place - 1 : place;
        if (first < 0 || first + 1 >= text.Length || !Rune.TryCreate(text[first], text[first + 1], out Rune rune))
        {
            return unit;
        }

        Span<char> upper = stackalloc char[2];
        Rune.ToUpperInvariant(rune).EncodeToUtf16(upper);
        return upper[place - first];
    }
}
