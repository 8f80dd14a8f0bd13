namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>A set of ASCII characters.</summary>
internal sealed class AsciiSet
{
    private readonly UInt128 _members;

    private AsciiSet(UInt128 members) => _members = members;

    /// <summary>What a dot stands for where the expression lets it take newlines.</summary>
    public static AsciiSet All { get; } = new(UInt128.MaxValue);

    /// <summary>What a dot stands for elsewhere.</summary>
    public static AsciiSet ExceptNewline { get; } = new(~(UInt128.One << '\n'));

    /// <summary>Reads what stands between the brackets of a class of characters and ranges; null if there is anything else in it.</summary>
    public static AsciiSet? Read(ReadOnlySpan<char> content, bool ignoreCase)
    {
        bool negated = content is ['^', ..];
        if (negated)
            content = content[1..];
        UInt128 members = 0;
        for (int i = 0; i < content.Length; i++)
        {
            char first = content[i];
            if (first == '\\')
            {
                if (++i == content.Length || char.IsAsciiLetterOrDigit(content[i]))
                    return null;
                first = content[i];
            }

            char last = first;
            if (i + 2 < content.Length && content[i + 1] == '-')
            {
                last = content[i + 2];
                if (last == '\\')
                    return null;
                i += 2;
            }

            if (!char.IsAscii(first) || !char.IsAscii(last))
                return null;
            for (char c = first; c <= last; c++)
            {
                members |= UInt128.One << c;
                if (ignoreCase && char.IsAsciiLetter(c))
                    members |= UInt128.One << (c ^ 0x20);
            }
        }

        return new AsciiSet(negated ? ~members : members);
    }

    /// <summary>Whether a byte is of the set.</summary>
    public bool Contains(byte value) => value < 128 && ((_members >> value) & 1) != 0;
}

/// <summary>A number of characters of one set in a row.</summary>
/// <param name="Set">The set.</param>
/// <param name="Length">How many.</param>
/// <param name="IsAll">Whether the expression asks for nothing else, so that the run decides it.</param>
internal sealed record CharacterRun(AsciiSet Set, int Length, bool IsAll)
{
    /// <summary>Shorter runs are not worth a look.</summary>
    public const int MinLength = 8;

    /// <summary>Whether an ASCII text has such a run. A run covers every place that is a multiple of its length, so only these are looked at first.</summary>
    public bool StandsIn(ReadOnlySpan<byte> text)
    {
        for (int place = Length - 1; place < text.Length; place += Length)
        {
            if (!Set.Contains(text[place]))
                continue;
            int start = place;
            while (start > 0 && Set.Contains(text[start - 1]))
                start--;
            int end = place + 1;
            while (end < text.Length && end - start < Length && Set.Contains(text[end]))
                end++;
            if (end - start >= Length)
                return true;
        }

        return false;
    }
}
