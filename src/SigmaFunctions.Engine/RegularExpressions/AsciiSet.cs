using System.Numerics;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>A set of ASCII characters. Two words rather than one of 128 bits: what uses those cannot be compiled ahead of time.</summary>
/// <param name="Low">A bit for each character below 64.</param>
/// <param name="High">A bit for each character from 64.</param>
internal readonly record struct AsciiSet(ulong Low, ulong High)
{
    private const int Characters = 128;
    private const int WordSize = 64;
    private const int CaseDistance = 'a' - 'A';

    private static readonly AsciiSet Upper = Between('A', 'Z');
    private static readonly AsciiSet Lower = Between('a', 'z');

    /// <summary>Every character.</summary>
    public static AsciiSet All { get; } = new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>Number of members, 0 to 128.</summary>
    public int Count => BitOperations.PopCount(Low) + BitOperations.PopCount(High);

    /// <summary>The only member, or the upper case of a letter whose two cases are the only members; else null.</summary>
    public char? Only
    {
        get
        {
            // Letters are all in the high word.
            var folded = new AsciiSet(Low, (High & ~Lower.High) | ((High & Lower.High) >> CaseDistance));
            return folded.Count == 1 && (Count == 1 || (folded.High & Upper.High) != 0)
                ? Count == 1 ? Largest : folded.Largest
                : null;
        }
    }

    /// <summary>The members.</summary>
    public IEnumerable<byte> Bytes
    {
        get
        {
            AsciiSet set = this;
            return Enumerable.Range(0, Characters).Select(value => (byte)value).Where(set.Contains);
        }
    }

    private char Largest => (char)(High != 0 ? WordSize + BitOperations.Log2(High) : BitOperations.Log2(Low));

    /// <summary>A character alone; nothing if it is not ASCII.</summary>
    public static AsciiSet Of(char character) => Between(character, character);

    /// <summary>The characters from one to another, which is not before it; those of them that are ASCII.</summary>
    public static AsciiSet Between(char first, char last) => new(BitsBetween(first, last), BitsBetween(first - WordSize, last - WordSize));

    /// <summary>With every letter also that of the other case.</summary>
    public AsciiSet InBothCases() => new(Low, High | ((High & Upper.High) << CaseDistance) | ((High & Lower.High) >> CaseDistance));

    /// <summary>Whether a byte is of the set.</summary>
    public bool Contains(byte value) => value < Characters && (((value < WordSize ? Low : High) >> value) & 1) != 0;

    /// <summary>What is in either.</summary>
    public static AsciiSet operator |(AsciiSet left, AsciiSet right) => new(left.Low | right.Low, left.High | right.High);

    /// <summary>What is not in it.</summary>
    public static AsciiSet operator ~(AsciiSet set) => new(~set.Low, ~set.High);

    /// <summary>The bits of a word from one to another, both as far as they are in it.</summary>
    private static ulong BitsBetween(int first, int last) =>
        first >= WordSize || last < 0
            ? 0
            : (ulong.MaxValue << Math.Max(first, 0)) & (ulong.MaxValue >> (WordSize - 1 - Math.Min(last, WordSize - 1)));
}
