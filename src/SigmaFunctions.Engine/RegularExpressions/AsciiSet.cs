namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>A set of ASCII characters.</summary>
/// <param name="Members">A bit for each.</param>
internal readonly record struct AsciiSet(UInt128 Members)
{
    private const int Characters = 128;

    /// <summary>Every character.</summary>
    public static AsciiSet All { get; } = new(UInt128.MaxValue);

    /// <summary>Number of members, 0 to 128.</summary>
    public int Count => (int)UInt128.PopCount(Members);

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

    /// <summary>The characters that a test accepts.</summary>
    public static AsciiSet Where(Func<char, bool> accepts)
    {
        AsciiSet set = default;
        for (char character = '\0'; character < Characters; character++)
            if (accepts(character))
                set |= Of(character);
        return set;
    }

    /// <summary>With every letter also that of the other case.</summary>
    public AsciiSet InBothCases()
    {
        var set = this;
        return this | Where(character => char.IsAsciiLetter(character) && set.Contains((byte)(character ^ 0x20)));
    }

    /// <summary>Whether a byte is of the set.</summary>
    public bool Contains(byte value) => value < Characters && ((Members >> value) & 1) != 0;

    /// <summary>What is in either.</summary>
    public static AsciiSet operator |(AsciiSet left, AsciiSet right) => new(left.Members | right.Members);

    /// <summary>What is not in it.</summary>
    public static AsciiSet operator ~(AsciiSet set) => new(~set.Members);
}
