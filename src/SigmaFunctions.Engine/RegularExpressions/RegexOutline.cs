namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>
/// Sequences of characters that stand in this order in every ASCII text a regular expression is found in. To look for them takes a fraction of
/// the time of the expression, and often decides it.
/// </summary>
internal sealed class RegexOutline
{
    private readonly CharacterSequence[] _parts;
    private readonly bool[] _mayOverlap;
    private readonly bool _isAll;
    private readonly bool _isOneLine;

    /// <summary>Makes an outline.</summary>
    /// <param name="parts">The sequences, at least one, and whether each may begin within the one before it.</param>
    /// <param name="isAll">Whether the expression asks for nothing else, anything standing between.</param>
    /// <param name="isOneLine">Whether what stands between is of one line.</param>
    public RegexOutline(IReadOnlyList<(CharacterSequence Sequence, bool MayOverlap)> parts, bool isAll, bool isOneLine)
    {
        _parts = [.. parts.Select(part => part.Sequence)];
        _mayOverlap = [.. parts.Select(part => part.MayOverlap)];
        _isAll = isAll;
        _isOneLine = isOneLine && parts.Count > 1;
    }

    /// <summary>Whether the sequences stand in an ASCII text in their order. Each is taken where it stands first, which leaves most to the others.</summary>
    public bool StandsIn(ReadOnlySpan<byte> text)
    {
        int from = 0;
        for (int i = 0; i < _parts.Length; i++)
        {
            int place = _parts[i].IndexIn(text[from..]);
            if (place < 0)
            {
                return false;
            }

            from += place;
            if (i + 1 < _parts.Length && !_mayOverlap[i + 1])
            {
                from += _parts[i].Length;
            }
        }

        return true;
    }

    /// <summary>Whether the expression is found in every such text that the sequences stand in.</summary>
    public bool Decides(ReadOnlySpan<byte> text) => _isAll && (!_isOneLine || !text.Contains((byte)'\n'));
}
