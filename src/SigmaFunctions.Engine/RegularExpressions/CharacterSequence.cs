using System.Buffers;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>Characters of given sets one right after another.</summary>
internal sealed class CharacterSequence
{
    private readonly AsciiSet[] _sets;
    private readonly bool _isRun;
    private readonly int _anchor;
    private readonly SearchValues<byte> _anchorBytes;

    /// <summary>Makes a sequence.</summary>
    /// <param name="sets">The sets, one for each place.</param>
    public CharacterSequence(IReadOnlyList<AsciiSet> sets)
    {
        Length = sets.Count;
        _isRun = sets.All(set => set == sets[0]);
        _sets = _isRun ? [sets[0]] : [.. sets];
        _anchor = Array.FindIndex(_sets, set => set.Count == _sets.Min(other => other.Count));
        _anchorBytes = SearchValues.Create([.. _sets[_anchor].Bytes]);
    }

    /// <summary>Number of characters.</summary>
    public int Length { get; }

    /// <summary>Where in an ASCII text such a sequence stands first; negative if nowhere.</summary>
    public int IndexIn(ReadOnlySpan<byte> text) => _isRun ? IndexOfRun(text) : IndexOfSequence(text);

    /// <summary>Looks where the rarest character stands.</summary>
    private int IndexOfSequence(ReadOnlySpan<byte> text)
    {
        for (int place = _anchor; place <= text.Length - (Length - _anchor); place++)
        {
            int next = text[place..].IndexOfAny(_anchorBytes);
            if (next < 0)
            {
                return -1;
            }

            place += next;
            int start = place - _anchor;
            if (start + Length > text.Length)
            {
                return -1;
            }

            int i = 0;
            while (i < Length && _sets[i].Contains(text[start + i]))
            {
                i++;
            }

            if (i == Length)
            {
                return start;
            }
        }

        return -1;
    }

    /// <summary>A run covers every place that is a multiple of its length, so only these are looked at first.</summary>
    private int IndexOfRun(ReadOnlySpan<byte> text)
    {
        if (Length == 1)
        {
            return text.IndexOfAny(_anchorBytes);
        }

        AsciiSet set = _sets[0];
        for (int place = Length - 1; place < text.Length; place += Length)
        {
            if (!set.Contains(text[place]))
            {
                continue;
            }

            int start = place;
            while (start > 0 && set.Contains(text[start - 1]))
            {
                start--;
            }

            int end = place + 1;
            while (end < text.Length && end - start < Length && set.Contains(text[end]))
            {
                end++;
            }

            if (end - start >= Length)
            {
                return start;
            }
        }

        return -1;
    }
}
