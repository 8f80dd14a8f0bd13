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
    /// <param name="isAll">Whether the regular expression asks for nothing else, so that the sequence decides it.</param>
    public CharacterSequence(IReadOnlyList<AsciiSet> sets, bool isAll)
    {
        _sets = [.. sets];
        IsAll = isAll;
        _isRun = _sets.All(set => set == _sets[0]);
        _anchor = Array.FindIndex(_sets, set => set.Count == _sets.Min(other => other.Count));
        _anchorBytes = SearchValues.Create([.. _sets[_anchor].Bytes]);
    }

    /// <summary>Whether it decides the expression on an ASCII text.</summary>
    public bool IsAll { get; }

    /// <summary>Number of characters.</summary>
    public int Length => _sets.Length;

    /// <summary>Whether an ASCII text has such a sequence.</summary>
    public bool StandsIn(ReadOnlySpan<byte> text) => _isRun ? HasRun(text) : HasSequence(text);

    /// <summary>Looks where the rarest character stands.</summary>
    private bool HasSequence(ReadOnlySpan<byte> text)
    {
        for (int place = _anchor; place <= text.Length - (_sets.Length - _anchor); place++)
        {
            int next = text[place..].IndexOfAny(_anchorBytes);
            if (next < 0)
                return false;
            place += next;
            int start = place - _anchor;
            if (start + _sets.Length > text.Length)
                return false;
            int i = 0;
            while (i < _sets.Length && _sets[i].Contains(text[start + i]))
                i++;
            if (i == _sets.Length)
                return true;
        }

        return false;
    }

    /// <summary>A run covers every place that is a multiple of its length, so only these are looked at first.</summary>
    private bool HasRun(ReadOnlySpan<byte> text)
    {
        var set = _sets[0];
        for (int place = Length - 1; place < text.Length; place += Length)
        {
            if (!set.Contains(text[place]))
                continue;
            int start = place;
            while (start > 0 && set.Contains(text[start - 1]))
                start--;
            int end = place + 1;
            while (end < text.Length && end - start < Length && set.Contains(text[end]))
                end++;
            if (end - start >= Length)
                return true;
        }

        return false;
    }
}
