namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>A set of ASCII characters.</summary>
/// <param name="Members">A bit for each.</param>
internal readonly record struct AsciiSet(UInt128 Members)
{
    private const int Characters = 128;
    private const int CaseDistance = 'a' - 'A';

    private static readonly AsciiSet Upper = Between('A', 'Z');
    private static readonly AsciiSet Lower = Between('a', 'z');

    /// <summary>Every character.</summary>
    public static AsciiSet All { get; } = new(UInt128.MaxValue);

    /// <summary>Number of members, 0 to 128.</summary>
    public int Count => (int)UInt128.PopCount(Members);

    /// <summary>The only member, or the upper case of a letter whose two cases are the only members; else null.</summary>
    public char? Only
    {
        get
        {
            var folded = new AsciiSet((Members & ~Lower.Members) | ((Members & Lower.Members) >> CaseDistance));
            return folded.Count == 1 && (Count == 1 || (folded.Members & Upper.Members) != 0)
                ? (char)(Count == 1 ? UInt128.Log2(Members) : UInt128.Log2(folded.Members))
                : null;
        }
    }

    /// <summary>The members.</summary>
    public IEnumerable<byte> Bytes
    {
        get
        {
            var set = this;
            return Enumerable.Range(0, Characters).Select(value => (byte)value).Where(set.Contains);
        }
    }

    /// <summary>A character alone; nothing if it is not ASCII.</summary>
    public static AsciiSet Of(char character) => char.IsAscii(character) ? new(UInt128.One << character) : default;

    /// <summary>The characters from one to another; those of them that are ASCII.</summary>
    public static AsciiSet Between(char first, char last) =>
        first >= Characters ? default : new((UInt128.MaxValue << first) & (UInt128.MaxValue >> (Characters - 1 - Math.Min(last, (char)(Characters - 1)))));

    /// <summary>With every letter also that of the other case.</summary>
    public AsciiSet InBothCases() => new(Members | ((Members & Upper.Members) << CaseDistance) | ((Members & Lower.Members) >> CaseDistance));

    /// <summary>Whether a byte is of the set.</summary>
    public bool Contains(byte value) => value < Characters && ((Members >> value) & 1) != 0;

    /// <summary>What is in either.</summary>
    public static AsciiSet operator |(AsciiSet left, AsciiSet right) => new(left.Members | right.Members);

    /// <summary>What is not in it.</summary>
    public static AsciiSet operator ~(AsciiSet set) => new(~set.Members);
}
