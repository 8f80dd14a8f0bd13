using System.Globalization;
using System.Numerics;

namespace SigmaFunctions.Engine.Values;

/// <summary>An exact number: sums, averages and ranks of numbers that are written in decimals have no rounding.</summary>
public readonly struct Rational : IEquatable<Rational>, IComparable<Rational>
{
    /// <summary>Longest text that is read as a number.</summary>
    public const int MaxText = 64;

    // What JSON may write of powers of ten; beyond, a few characters would be a number of any length.
    private const int MaxExponent = 400;

    // Digits behind the point of a number that ends nowhere, such as a third.
    private const int Digits = 15;

    private readonly BigInteger _numerator;
    private readonly BigInteger _denominator;

    private Rational(BigInteger numerator, BigInteger denominator)
    {
        var divisor = BigInteger.GreatestCommonDivisor(numerator, denominator);
        _numerator = numerator / divisor;
        _denominator = denominator / divisor;
    }

    private Rational(BigInteger whole)
    {
        _numerator = whole;
        _denominator = BigInteger.One;
    }

    private bool IsWhole => Denominator.IsOne;

    private BigInteger Denominator => _denominator.IsZero ? BigInteger.One : _denominator;

    /// <summary>A whole number.</summary>
    public static Rational Of(long value) => new(value);

    /// <summary>A number in decimals.</summary>
    public static Rational Of(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        BigInteger magnitude = ((BigInteger)(uint)bits[2] << 64) | ((BigInteger)(uint)bits[1] << 32) | (uint)bits[0];
        return new Rational(bits[3] < 0 ? -magnitude : magnitude, BigInteger.Pow(10, (bits[3] >> 16) & 0xFF));
    }

    /// <summary>Reads a number of Sigma's grammar (<see cref="SigmaNumber"/>).</summary>
    /// <param name="text">At most <see cref="MaxText"/> characters.</param>
    /// <param name="mayHaveExponent">Whether a power of ten may follow, as in a number of JSON; one beyond 400 is not read.</param>
    /// <param name="number">The number.</param>
    public static bool TryParse(ReadOnlySpan<char> text, bool mayHaveExponent, out Rational number)
    {
        number = default;
        int exponent = 0;
        if (text.Length > MaxText)
        {
            return false;
        }

        if (mayHaveExponent && text.IndexOfAny('e', 'E') is > 0 and int e)
        {
            if (!int.TryParse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs(exponent) > MaxExponent)
            {
                return false;
            }

            text = text[..e];
        }

        if (!SigmaNumber.TryParse(text, out _))
        {
            return false;
        }

        int point = text.IndexOf('.');
        int scale = (point < 0 ? 0 : text.Length - point - 1) - exponent;
        var digits = BigInteger.Parse(point < 0 ? text : string.Concat(text[..point], text[(point + 1)..]), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        number = scale <= 0 ? new Rational(digits * BigInteger.Pow(10, -scale), BigInteger.One) : new Rational(digits, BigInteger.Pow(10, scale));
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(Rational other) => Denominator == other.Denominator ? _numerator.CompareTo(other._numerator) : (_numerator * other.Denominator).CompareTo(other._numerator * Denominator);

    /// <inheritdoc/>
    public bool Equals(Rational other) => _numerator == other._numerator && Denominator == other.Denominator;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Rational other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_numerator, Denominator);

    /// <summary>The largest whole number that is not greater.</summary>
    /// <exception cref="OverflowException">It has more than 63 bits.</exception>
    public long Floor()
    {
        var quotient = BigInteger.DivRem(_numerator, Denominator, out BigInteger remainder);
        return (long)(remainder.Sign < 0 ? quotient - 1 : quotient);
    }

    /// <summary>In decimals, as JSON writes numbers; rounded to 15 digits behind the point where they do not end.</summary>
    public override string ToString()
    {
        BigInteger rest = Denominator;
        int scale = 0;
        foreach ((int factor, int other) in ((int, int)[])[(2, 5), (5, 2)])
        {
            int power = 0;
            for (; (rest % factor).IsZero; power++)
            {
                rest /= factor;
            }

            scale = Math.Max(scale, power);
        }

        bool ends = rest.IsOne && scale <= MaxText + MaxExponent;
        scale = ends ? scale : Digits;
        BigInteger scaled = _numerator * BigInteger.Pow(10, scale);
        var digits = BigInteger.Divide(ends ? scaled : (scaled * 2) + (_numerator.Sign * Denominator), ends ? Denominator : Denominator * 2);
        string text = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        string written = scale == 0 ? text : $"{text[..^scale]}.{text[^scale..]}".TrimEnd('0').TrimEnd('.');
        return digits.Sign < 0 ? "-" + written : written;
    }

    /// <summary>The sum.</summary>
    public static Rational operator +(Rational left, Rational right) => left.IsWhole && right.IsWhole
        ? new(left._numerator + right._numerator)
        : new((left._numerator * right.Denominator) + (right._numerator * left.Denominator), left.Denominator * right.Denominator);

    /// <summary>The difference.</summary>
    public static Rational operator -(Rational left, Rational right) => left.IsWhole && right.IsWhole
        ? new(left._numerator - right._numerator)
        : new((left._numerator * right.Denominator) - (right._numerator * left.Denominator), left.Denominator * right.Denominator);

    /// <summary>The product.</summary>
    public static Rational operator *(Rational left, Rational right) => new(left._numerator * right._numerator, left.Denominator * right.Denominator);

    /// <summary>The quotient.</summary>
    /// <exception cref="DivideByZeroException"><paramref name="right"/> is 0.</exception>
    public static Rational operator /(Rational left, Rational right) => right._numerator.IsZero
        ? throw new DivideByZeroException()
        : new Rational(left._numerator * right.Denominator * right._numerator.Sign, left.Denominator * BigInteger.Abs(right._numerator));

    /// <summary>Whether they are the same number.</summary>
    public static bool operator ==(Rational left, Rational right) => left.Equals(right);

    /// <summary>Whether they are not the same number.</summary>
    public static bool operator !=(Rational left, Rational right) => !left.Equals(right);

    /// <summary>Whether the first is smaller.</summary>
    public static bool operator <(Rational left, Rational right) => left.CompareTo(right) < 0;

    /// <summary>Whether the first is greater.</summary>
    public static bool operator >(Rational left, Rational right) => left.CompareTo(right) > 0;

    /// <summary>Whether the first is not greater.</summary>
    public static bool operator <=(Rational left, Rational right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the first is not smaller.</summary>
    public static bool operator >=(Rational left, Rational right) => left.CompareTo(right) >= 0;
}
