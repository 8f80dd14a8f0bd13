using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>Numbers as UTF-8 text in one form, by which equal ones are found: that of <see cref="SigmaNumber.ToString"/>.</summary>
internal static class NumberText
{
    /// <summary>Reads a number of <see cref="SigmaNumber"/>'s grammar.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">Length of the begin of the text that is the number's one form.</param>
    /// <param name="isNegativeZero">Whether the number is a zero with a sign, whose one form is <c>0</c>.</param>
    public static bool TryNormalize(ReadOnlySpan<byte> text, out int length, out bool isNegativeZero)
    {
        (length, isNegativeZero) = (0, false);
        bool negative = text is [(byte)'-', ..];
        ReadOnlySpan<byte> digits = negative ? text[1..] : text;
        int end = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        int integer = end < 0 ? digits.Length : end;
        if (integer == 0 || (integer > 1 && digits[0] == '0'))
        {
            return false;
        }

        int fraction = 0;
        if (end >= 0)
        {
            if (digits[end] != '.' || end + 1 == digits.Length || digits[(end + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                return false;
            }

            fraction = digits[(end + 1)..].LastIndexOfAnyExcept((byte)'0') + 1;
        }

        length = (negative ? 1 : 0) + integer + (fraction > 0 ? 1 + fraction : 0);
        isNegativeZero = negative && fraction == 0 && digits[0] == '0';
        return true;
    }
}
