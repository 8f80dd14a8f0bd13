using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Logic;

/// <summary>What a <see cref="PatternPart"/> stands for.</summary>
internal enum PatternPartKind
{
    /// <summary>The text itself.</summary>
    Literal,

    /// <summary><c>?</c>: exactly one code point.</summary>
    AnyOne,

    /// <summary><c>*</c>: any number of characters, line ends included.</summary>
    AnyRun,
}

/// <summary>One part of a pattern; <paramref name="Text"/> is empty for the wildcards.</summary>
internal readonly record struct PatternPart(PatternPartKind Kind, string Text)
{
    public static PatternPart AnyOne { get; } = new(PatternPartKind.AnyOne, "");

    public static PatternPart AnyRun { get; } = new(PatternPartKind.AnyRun, "");

    public static PatternPart Literal(string text) => new(PatternPartKind.Literal, text);
}

/// <summary>
/// A text with wildcards that a whole value must fit (specification, "String Wildcard"). Letters compare by
/// <see cref="StringComparison.OrdinalIgnoreCase"/> or, where cased, by <see cref="StringComparison.Ordinal"/>.
/// </summary>
internal sealed class TextPattern
{
    // Made when a text is first compared: most patterns of a rule set never are.
    private Segment[]? _segments;

    public TextPattern(IEnumerable<PatternPart> parts)
        : this(parts.ToImmutableArray())
    {
    }

    public TextPattern(ImmutableArray<PatternPart> parts) => Parts = IsNormal(parts) ? parts : Normalize(parts);

    /// <summary>Literals and wildcards: no two literals and no two <c>*</c> in a row, no empty literal.</summary>
    public ImmutableArray<PatternPart> Parts { get; }

    /// <summary>The text, if there is no wildcard.</summary>
    public string? Literal => Parts switch
    {
        [] => "",
        [{ Kind: PatternPartKind.Literal } only] => only.Text,
        _ => null,
    };

    /// <summary>Characters of the literals, and one for each wildcard.</summary>
    public int Length
    {
        get
        {
            int length = 0;
            for (int i = 0; i < Parts.Length; i++)
            {
                length += Math.Max(Parts[i].Text.Length, 1);
            }

            return length;
        }
    }

    /// <summary>
    /// Whether no more of a text is looked at than its begin and its end, together as long as the pattern. A number is compared with
    /// numbers of any length.
    /// </summary>
    public bool IsPlaced
    {
        get
        {
            int runs = 0;
            foreach (PatternPart part in Parts)
            {
                runs += part.Kind == PatternPartKind.AnyRun ? 1 : 0;
            }

            return runs <= 1 && Literal is not ['-' or (>= '0' and <= '9'), ..];
        }
    }

    /// <summary>Whether a <c>?</c> stands in it.</summary>
    public bool HasAnyOne => Parts.Contains(PatternPart.AnyOne);

    /// <summary>The number that the text is, if it is one.</summary>
    public SigmaNumber? Number => Literal is { } literal && SigmaNumber.TryParse(literal, out SigmaNumber number) ? number : null;

    // The parts between two '*'. A leading or trailing '*' gives an empty segment at that end.
    private Segment[] Segments => _segments ??= Split(Parts);

    public bool IsMatch(ReadOnlySpan<char> text, bool cased)
    {
        StringComparison comparison = Comparison(cased);
        if (Literal is { } literal)
        {
            return text.Equals(literal, comparison);
        }

        Segment[] segments = Segments;
        int position = MatchAt(text, 0, segments[0], comparison);
        if (position < 0)
        {
            return false;
        }

        if (segments.Length == 1)
        {
            return position == text.Length;
        }

        int end = StartOfLast(segments[^1], text, position, comparison);
        if (end < 0)
        {
            return false;
        }
        // The leftmost place of each inner segment leaves the most room for those after it.
        for (int i = 1; i < segments.Length - 1; i++)
        {
            position = Find(text[..end], position, segments[i], comparison);
            if (position < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// What of a text that fits the literals stand for, in order: the begin, the end, and of what is between two <c>*</c> the leftmost place. All of the
    /// text where the pattern names none of it.
    /// </summary>
    public ImmutableArray<TextSpan> PlacesIn(string text, bool cased)
    {
        Segment[] segments = Segments;
        if (segments.Length == 1)
        {
            return [new TextSpan(0, text.Length)];
        }

        StringComparison comparison = Comparison(cased);
        int position = MatchAt(text, 0, segments[0], comparison);
        int end = position < 0 ? -1 : StartOfLast(segments[^1], text, position, comparison);
        if (end < 0)
        {
            return [new TextSpan(0, text.Length)];
        }

        var places = new List<TextSpan> { new(0, position) };
        foreach (Segment segment in segments.AsSpan()[1..^1])
        {
            int before = position;
            position = Find(text.AsSpan(0, end), position, segment, comparison);
            int start = position < 0 ? -1 : StartOfLast(segment, text.AsSpan(0, position), before, comparison);
            if (start < 0)
            {
                return [new TextSpan(0, text.Length)];
            }

            places.Add(new TextSpan(start, position - start));
        }

        places.Add(new TextSpan(end, text.Length - end));
        ImmutableArray<TextSpan> found = TextSpan.Merge(places);
        return found.IsEmpty ? [new TextSpan(0, text.Length)] : found;
    }

    /// <summary>Equal patterns accept the same texts: without case, letters are equal as they are in matching.</summary>
    public bool Equals(TextPattern other, bool cased)
    {
        if (Parts.Length != other.Parts.Length)
        {
            return false;
        }

        for (int i = 0; i < Parts.Length; i++)
        {
            if (Parts[i].Kind != other.Parts[i].Kind || !string.Equals(Parts[i].Text, other.Parts[i].Text, Comparison(cased)))
            {
                return false;
            }
        }

        return true;
    }

    public int GetHashCode(bool cased)
    {
        var hash = new HashCode();
        foreach (PatternPart part in Parts)
        {
            hash.Add(part.Kind);
            hash.Add(part.Text, cased ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        }

        return hash.ToHashCode();
    }

    /// <summary>The pattern as a rule would write it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Parts.Length; i++)
        {
            switch (Parts[i].Kind)
            {
                case PatternPartKind.AnyOne:
                    text.Append('?');
                    break;
                case PatternPartKind.AnyRun:
                    text.Append('*');
                    break;
                default:
                    AppendEscaped(text, Parts[i].Text, beforeWildcard: i + 1 < Parts.Length);
                    break;
            }
        }

        return text.ToString();
    }

    private static void AppendEscaped(StringBuilder into, string literal, bool beforeWildcard)
    {
        for (int i = 0; i < literal.Length; i++)
        {
            char next = i + 1 < literal.Length ? literal[i + 1] : beforeWildcard ? '*' : ' ';
            if (literal[i] is '*' or '?' || (literal[i] == '\\' && next is '*' or '?' or '\\'))
            {
                into.Append('\\');
            }

            into.Append(literal[i]);
        }
    }

    private static StringComparison Comparison(bool cased) => cased ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    private static bool IsNormal(ImmutableArray<PatternPart> parts)
    {
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] is { Kind: PatternPartKind.Literal, Text: "" }
                || (i > 0 && parts[i].Kind == parts[i - 1].Kind && parts[i].Kind != PatternPartKind.AnyOne))
            {
                return false;
            }
        }

        return true;
    }

    private static ImmutableArray<PatternPart> Normalize(ImmutableArray<PatternPart> parts)
    {
        ImmutableArray<PatternPart>.Builder normal = ImmutableArray.CreateBuilder<PatternPart>();
        foreach (PatternPart part in parts)
        {
            if (part is { Kind: PatternPartKind.Literal, Text: "" })
            {
                continue;
            }

            if (normal is [.., { Kind: PatternPartKind.AnyRun }] && part.Kind == PatternPartKind.AnyRun)
            {
                continue;
            }

            if (normal is [.., { Kind: PatternPartKind.Literal } last] && part.Kind == PatternPartKind.Literal)
            {
                normal[^1] = PatternPart.Literal(last.Text + part.Text);
            }
            else
            {
                normal.Add(part);
            }
        }

        return normal.ToImmutable();
    }

    private static Segment[] Split(ImmutableArray<PatternPart> parts)
    {
        var segments = new List<Segment>();
        ImmutableArray<PatternPart>.Builder current = ImmutableArray.CreateBuilder<PatternPart>();
        foreach (PatternPart part in parts)
        {
            if (part.Kind != PatternPartKind.AnyRun)
            {
                current.Add(part);
                continue;
            }

            segments.Add(new Segment(current.ToImmutable()));
            current.Clear();
        }

        segments.Add(new Segment(current.ToImmutable()));
        return [.. segments];
    }

    /// <summary>The end of a segment that starts at <paramref name="position"/>, or -1.</summary>
    private static int MatchAt(ReadOnlySpan<char> text, int position, Segment segment, StringComparison comparison)
    {
        foreach (PatternPart part in segment.Parts)
        {
            if (part.Kind == PatternPartKind.AnyOne)
            {
                if (position >= text.Length)
                {
                    return -1;
                }

                position += CodePointLengthAt(text, position);
            }
            else
            {
                if (!text[position..].StartsWith(part.Text, comparison))
                {
                    return -1;
                }

                position += part.Text.Length;
            }
        }

        return position;
    }

    /// <summary>The end of the leftmost place of a segment at or after <paramref name="position"/>, or -1.</summary>
    private static int Find(ReadOnlySpan<char> text, int position, Segment segment, StringComparison comparison)
    {
        while (position <= text.Length)
        {
            if (segment.Parts[0].Kind == PatternPartKind.Literal)
            {
                int offset = segment.IndexOfStart(text[position..], comparison);
                if (offset < 0)
                {
                    return -1;
                }

                position += offset;
            }

            int end = MatchAt(text, position, segment, comparison);
            if (end >= 0)
            {
                return end;
            }

            position += position < text.Length ? CodePointLengthAt(text, position) : 1;
        }

        return -1;
    }

    /// <summary>Where the last segment starts if the text ends with it and it starts at or after <paramref name="from"/>; else -1.</summary>
    private static int StartOfLast(Segment last, ReadOnlySpan<char> text, int from, StringComparison comparison)
    {
        int end = text.Length;
        ImmutableArray<PatternPart> segment = last.Parts;
        for (int i = segment.Length - 1; i >= 0; i--)
        {
            if (segment[i].Kind == PatternPartKind.AnyOne)
            {
                if (end == 0)
                {
                    return -1;
                }

                end -= end >= 2 && char.IsSurrogatePair(text[end - 2], text[end - 1]) ? 2 : 1;
            }
            else
            {
                if (!text[..end].EndsWith(segment[i].Text, comparison))
                {
                    return -1;
                }

                end -= segment[i].Text.Length;
            }
        }

        return end >= from ? end : -1;
    }

    private static int CodePointLengthAt(ReadOnlySpan<char> text, int position) =>
        position + 1 < text.Length && char.IsSurrogatePair(text[position], text[position + 1]) ? 2 : 1;

    /// <summary>The parts between two <c>*</c>.</summary>
    private sealed class Segment
    {
        // Comparing at a candidate takes about as long as looking for it among as many characters, and more with the literal's length.
        private const int CandidateWork = 16;

        // The work on candidates, beyond the characters passed, after which a text is taken for one that was written to have many.
        private const int Patience = 4_096;

        // The place in the first literal of its least common ASCII character; -1 if it has none.
        private readonly int _anchor = -1;
        private readonly char _lower;
        private readonly char _upper;
        private readonly bool _isWellFormed;

        public Segment(ImmutableArray<PatternPart> parts)
        {
            Parts = parts;
            if (parts is not [{ Kind: PatternPartKind.Literal, Text: var literal }, ..])
            {
                return;
            }

            _isWellFormed = FoldedText.IsWellFormed(literal);
            int least = int.MaxValue;
            for (int i = 0; i < literal.Length; i++)
            {
                int commonness = CharacterRarity.CommonnessOf(char.ToLowerInvariant(literal[i]));
                if (char.IsAscii(literal[i]) && commonness < least)
                {
                    (least, _anchor) = (commonness, i);
                }
            }

            if (_anchor >= 0)
            {
                (_lower, _upper) = (char.ToLowerInvariant(literal[_anchor]), char.ToUpperInvariant(literal[_anchor]));
            }
        }

        public ImmutableArray<PatternPart> Parts { get; }

        /// <summary>
        /// Where the first part, a literal, is found first; -1 if it is not. Searching for one rare character and comparing there is many
        /// times faster than a search without case. An ASCII letter equals no character but its own two forms. Whatever the text, the
        /// time is bounded by a small multiple of its length.
        /// </summary>
        public int IndexOfStart(ReadOnlySpan<char> text, StringComparison comparison)
        {
            string literal = Parts[0].Text;
            if (comparison == StringComparison.Ordinal)
            {
                return text.IndexOf(literal, comparison);
            }

            if (_anchor < 0)
            {
                return _isWellFormed ? LinearSearch.IndexOf(text, literal, cased: false) : text.IndexOf(literal, comparison);
            }

            long work = 0;
            for (int start = 0; start + literal.Length <= text.Length; start++)
            {
                int last = text.Length - literal.Length + _anchor;
                int offset = text[(start + _anchor)..(last + 1)].IndexOfAny(_lower, _upper);
                if (offset < 0)
                {
                    return -1;
                }

                start += offset;
                if (text[start..].StartsWith(literal, comparison))
                {
                    return start;
                }

                work += CandidateWork + (literal.Length / CandidateWork);
                if (work > start + Patience && _isWellFormed)
                {
                    return LinearSearch.IndexOf(text[start..], literal, cased: false) is >= 0 and var further ? start + further : -1;
                }
            }

            return -1;
        }
    }
}
