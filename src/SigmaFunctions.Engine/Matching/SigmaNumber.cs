namespace SigmaFunctions.Engine.Matching;

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

    private SigmaNumber(bool negative, string integer, string fraction)
    {
        _integer = integer;
        _fraction = fraction;
        _negative = negative && !(integer == "0" && fraction.Length == 0);
    }

    /// <summary>Reads a number; false if <paramref name="text"/> is not of the grammar.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SigmaNumber number)
    {
        number = default;
        bool negative = text is ['-', ..];
        if (negative)
            text = text[1..];
        int dot = text.IndexOf('.');
        var integer = dot < 0 ? text : text[..dot];
        var fraction = dot < 0 ? [] : text[(dot + 1)..];
        if (!AreDigits(integer) || (dot >= 0 && !AreDigits(fraction)) || (integer.Length > 1 && integer[0] == '0'))
            return false;
        number = new SigmaNumber(negative, integer.ToString(), fraction.TrimEnd('0').ToString());
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(SigmaNumber other)
    {
        if (_negative != other._negative)
            return _negative ? -1 : 1;
        int magnitude = _integer.Length != other._integer.Length
            ? _integer.Length.CompareTo(other._integer.Length)
            : string.CompareOrdinal(_integer, other._integer);
        if (magnitude == 0)
            magnitude = string.CompareOrdinal(_fraction, other._fraction);
        return _negative ? -magnitude : magnitude;
    }

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

    private static bool AreDigits(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
}
