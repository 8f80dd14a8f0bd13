namespace SigmaFunctions.Telemetry.Json;

/// <summary>Numbers of JSON with an exponent, as the plain decimal numbers that they are (RFC 8259): <c>1.5e3</c> is <c>1500</c>.</summary>
internal static class JsonNumber
{
    /// <summary>Longest number that is written out; one beyond stays as it stands. Numbers of telemetry have no more than 20 digits.</summary>
    public const int MaxLength = 64;

    /// <summary>Whether the bytes of a number have an exponent.</summary>
    public static bool HasExponent(ReadOnlySpan<byte> number) => number.ContainsAny((byte)'e', (byte)'E');

    /// <summary>Writes a number without its exponent.</summary>
    /// <param name="number">A number of JSON's grammar.</param>
    /// <param name="plain">Where to: <see cref="MaxLength"/> bytes.</param>
    /// <returns>Its length; 0 where it would be too long.</returns>
    public static int WritePlain(ReadOnlySpan<byte> number, Span<byte> plain)
    {
        int length = 0;
        if (number[0] == (byte)'-')
        {
            plain[length++] = (byte)'-';
            number = number[1..];
        }

        int e = number.IndexOfAny((byte)'e', (byte)'E');
        ReadOnlySpan<byte> mantissa = e < 0 ? number : number[..e];
        int dot = mantissa.IndexOf((byte)'.');
        ReadOnlySpan<byte> integer = dot < 0 ? mantissa : mantissa[..dot];
        ReadOnlySpan<byte> fraction = dot < 0 ? default : mantissa[(dot + 1)..].TrimEnd((byte)'0');
        ReadOnlySpan<byte> significant = integer.TrimStart((byte)'0');
        if (significant.IsEmpty && fraction.IsEmpty)
        {
            plain[length++] = (byte)'0';
            return length;
        }

        if (significant.Length + fraction.Length > MaxLength)
        {
            return 0;
        }

        Span<byte> digits = stackalloc byte[MaxLength];
        significant.CopyTo(digits);
        fraction.CopyTo(digits[significant.Length..]);
        digits = digits[..(significant.Length + fraction.Length)];
        long point = significant.Length + (e < 0 ? 0 : ExponentOf(number[(e + 1)..]));
        int leading = digits.IndexOfAnyExcept((byte)'0');
        digits = digits[leading..];
        point -= leading;
        digits = digits.TrimEnd((byte)'0');
        long zerosBefore = Math.Max(0, -point);
        long zerosBehind = Math.Max(0, point - digits.Length);
        if (length + 2 + zerosBefore + digits.Length + zerosBehind > MaxLength)
        {
            return 0;
        }

        if (point <= 0)
        {
            plain[length++] = (byte)'0';
            plain[length++] = (byte)'.';
            plain.Slice(length, (int)zerosBefore).Fill((byte)'0');
            length += (int)zerosBefore;
            digits.CopyTo(plain[length..]);
            return length + digits.Length;
        }

        int before = (int)Math.Min(point, digits.Length);
        digits[..before].CopyTo(plain[length..]);
        length += before;
        plain.Slice(length, (int)zerosBehind).Fill((byte)'0');
        length += (int)zerosBehind;
        if (before < digits.Length)
        {
            plain[length++] = (byte)'.';
            digits[before..].CopyTo(plain[length..]);
            length += digits.Length - before;
        }

        return length;
    }

    // What is beyond a million is as far beyond any length.
    private static int ExponentOf(ReadOnlySpan<byte> text)
    {
        bool isNegative = text[0] == (byte)'-';
        text = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        int exponent = 0;
        foreach (byte digit in text)
        {
            exponent = Math.Min(1_000_000, (exponent * 10) + digit - '0');
        }

        return isNegative ? -exponent : exponent;
    }
}
