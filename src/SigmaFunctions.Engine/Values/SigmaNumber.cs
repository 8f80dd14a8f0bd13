namespace SigmaFunctions.Engine.Values;

/// <summary>
/// A decimal number of any size, compared exactly. Its grammar is <c>-?(0|[1-9][0-9]*)(\.[0-9]+)?</c>: no blanks, plus sign,
/// exponent, leading zeros, NaN.
/// </summary>
internal readonly struct SigmaNumber : IEquatable<SigmaNumber>, IComparable<SigmaNumber>
{
    // Without a sign and without trailing zeros of the fraction, so that equal numbers have equal parts.
    private readonly bool _negative;
    private readonly string _integer;
    private readonly string _fraction;

    private SigmaNumber(bool negative, string integer, string fraction) => (_negative, _integer, _fraction) = (negative, integer, fraction);

    /// <summary>Reads a number; false if <paramref name="text"/> is not of the grammar.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SigmaNumber number)
    {
        number = default;
        if (!TrySplit(text, out bool negative, out ReadOnlySpan<char> integer, out ReadOnlySpan<char> fraction))
        {
            return false;
        }

        number = new SigmaNumber(negative, integer.ToString(), fraction.ToString());
        return true;
    }

    /// <summary>Compares a number that stands in a text, without keeping anything of it.</summary>
    /// <returns>How the text's number compares to <paramref name="number"/>; null if the text is none.</returns>
    public static int? Compare(ReadOnlySpan<char> text, SigmaNumber number) =>
        TrySplit(text, out bool negative, out ReadOnlySpan<char> integer, out ReadOnlySpan<char> fraction)
            ? Compare(negative, integer, fraction, number._negative, number._integer, number._fraction)
            : null;

    /// <summary>Whether two texts are the same number.</summary>
    public static bool AreSame(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        TrySplit(left, out bool negative, out ReadOnlySpan<char> integer, out ReadOnlySpan<char> fraction)
        && TrySplit(right, out bool otherNegative, out ReadOnlySpan<char> otherInteger, out ReadOnlySpan<char> otherFraction)
        && Compare(negative, integer, fraction, otherNegative, otherInteger, otherFraction) == 0;

    /// <inheritdoc/>
    public int CompareTo(SigmaNumber other) => Compare(_negative, _integer, _fraction, other._negative, other._integer, other._fraction);

    /// <inheritdoc/>
    public bool Equals(SigmaNumber other) =>
        _negative == other._negative && _integer == other._integer && _fraction == other._fraction;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SigmaNumber other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_negative, _integer, _fraction);

    /// <summary>The number in its shortest form.</summary>
    public override string ToString() => (_negative ? "-" : "") + _integer + (_fraction is { Length: > 0 } ? "." + _fraction : "");

    /// <summary>Equal values.</summary>
    public static bool operator ==(SigmaNumber left, SigmaNumber right) => left.Equals(right);

    /// <summary>Different values.</summary>
    public static bool operator !=(SigmaNumber left, SigmaNumber right) => !left.Equals(right);

    /// <summary>Smaller value.</summary>
    public static bool operator <(SigmaNumber left, SigmaNumber right) => left.CompareTo(right) < 0;

    /// <summary>Greater value.</summary>
    public static bool operator >(SigmaNumber left, SigmaNumber right) => left.CompareTo(right) > 0;

    /// <summary>Smaller or equal value.</summary>
    public static bool operator <=(SigmaNumber left, SigmaNumber right) => left.CompareTo(right) <= 0;

    /// <summary>Greater or equal value.</summary>
    public static bool operator >=(SigmaNumber left, SigmaNumber right) => left.CompareTo(right) >= 0;

    private static bool TrySplit(ReadOnlySpan<char> text, out bool negative, out ReadOnlySpan<char> integer, out ReadOnlySpan<char> fraction)
    {
        negative = text is ['-', ..];
        if (negative)
        {
            text = text[1..];
        }

        int dot = text.IndexOf('.');
        integer = dot < 0 ? text : text[..dot];
        fraction = dot < 0 ? [] : text[(dot + 1)..];
        if (!AreDigits(integer) || (dot >= 0 && !AreDigits(fraction)) || (integer.Length > 1 && integer[0] == '0'))
        {
            return false;
        }

        fraction = fraction.TrimEnd('0');
        negative &= !(integer is ['0'] && fraction.IsEmpty);
        return true;
    }

    private static int Compare(
        bool negative, ReadOnlySpan<char> integer, ReadOnlySpan<char> fraction, bool otherNegative, ReadOnlySpan<char> otherInteger, ReadOnlySpan<char> otherFraction)
    {
        if (negative != otherNegative)
        {
            return negative ? -1 : 1;
        }

        int magnitude = integer.Length != otherInteger.Length ? integer.Length.CompareTo(otherInteger.Length) : integer.SequenceCompareTo(otherInteger);
        if (magnitude == 0)
        {
            magnitude = fraction.SequenceCompareTo(otherFraction);
        }

        return negative ? -magnitude : magnitude;
    }

    private static bool AreDigits(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
}
