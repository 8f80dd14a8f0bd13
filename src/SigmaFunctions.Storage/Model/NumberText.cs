namespace SigmaFunctions.Storage.Model;

/// <summary>Numbers as JSON writes them.</summary>
internal static class NumberText
{
    private const int MaxDigits = 17;

    /// <summary>Whether a text is a number of JSON.</summary>
    public static bool IsNumber(ReadOnlySpan<char> text)
    {
        text = text is ['-', ..] ? text[1..] : text;
        int whole = Digits(text);
        if (whole == 0 || (whole > 1 && text[0] == '0'))
        {
            return false;
        }

        text = text[whole..];
        if (text is ['.', ..])
        {
            int fraction = Digits(text[1..]);
            if (fraction == 0)
            {
                return false;
            }

            text = text[(1 + fraction)..];
        }

        if (text is not ['e' or 'E', ..])
        {
            return text.IsEmpty;
        }

        text = text[1..];
        text = text is ['-' or '+', ..] ? text[1..] : text;
        return !text.IsEmpty && Digits(text) == text.Length;
    }

    /// <summary>A number without an exponent in at most so many characters, from 32: a longer one with its first 17 digits and an exponent, not rounded.</summary>
    public static string Shorten(string number, int maximum)
    {
        if (number.Length <= maximum || number.AsSpan().ContainsAny('e', 'E'))
        {
            return number;
        }

        bool isNegative = number[0] == '-';
        ReadOnlySpan<char> plain = number.AsSpan(isNegative ? 1 : 0);
        int point = plain.IndexOf('.') is >= 0 and var found ? found : plain.Length;
        int first = plain.IndexOfAnyInRange('1', '9');
        if (first < 0)
        {
            return "0";
        }

        string digits = plain[first..].ToString().Replace(".", "", StringComparison.Ordinal);
        digits = digits[..Math.Min(MaxDigits, digits.Length)];
        string fraction = digits[1..].TrimEnd('0');
        int exponent = first < point ? point - first - 1 : point - first;
        return string.Create(null, $"{(isNegative ? "-" : "")}{digits[0]}{(fraction.Length > 0 ? "." : "")}{fraction}e{exponent}");
    }

    private static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;
}
