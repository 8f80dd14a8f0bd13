using System.Collections.Immutable;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>
/// A regular expression laid out as the characters that must stand in a text, in segments: those of one segment stand one right after
/// another. What may be left out or is not known lies between segments. A part that repeats gives its first turn to the segment
/// before it and its last to the one behind it.
/// </summary>
internal sealed class RegexLine
{
    // Longer expressions are laid out in part; what is left out is not asked for.
    private const int MaxCharacters = RegexSyntax.MaxConstructed;
    private const int MaxAlternatives = 64;
    private const int MaxMinLength = 10_000;

    private const int AsciiCharacters = 128;

    // In bits: what says less stands in about every text.
    private const double MinInformation = 3;

    private readonly List<Segment> _segments = [new Segment(Break.Anything)];
    private readonly List<RegexAlternation> _alternations = [];
    private int _count;
    private bool _hasMore;
    private bool _isOneLine;

    /// <summary>Lays out an expression.</summary>
    public RegexLine(RegexNode root)
    {
        ImmutableArray<RegexNode> parts = root is RegexSequence sequence ? sequence.Parts : [root];
        for (int i = 0; i < parts.Length; i++)
        {
            // At either end the least number of turns is enough: what is found is found inside of more.
            if ((i == 0 || i == parts.Length - 1) && parts[i] is RegexRepetition { Part: RegexCharacter character } end)
            {
                Repeat(character, end.Least);
            }
            else
            {
                Add(parts[i]);
            }
        }
    }

    /// <summary>Least number of UTF-16 units that a node takes, up to some thousand.</summary>
    public static int MinLength(RegexNode node) => node switch
    {
        RegexCharacter => 1,
        RegexSequence sequence => (int)Math.Min(MaxMinLength, sequence.Parts.Sum(part => (long)MinLength(part))),
        RegexAlternation alternation => alternation.Branches.Min(MinLength),
        RegexRepetition repetition => (int)Math.Min(MaxMinLength, (long)repetition.Least * MinLength(repetition.Part)),
        _ => 0,
    };

    /// <summary>Literals of which one must stand in the text; null if there are none of that length.</summary>
    public List<string>? Literals(int minLength)
    {
        List<string>? best = null;
        foreach (List<RegexCharacter>? segment in _segments.Select(segment => segment.Characters))
        {
            for (int start = 0; start < segment.Count; start++)
            {
                int end = start;
                while (end < segment.Count && segment[end].Literal is not null)
                {
                    end++;
                }

                if (end - start >= minLength && end > start)
                {
                    best = Better(best, [string.Concat(segment[start..end].Select(character => character.Literal!.Value))]);
                }

                start = end;
            }
        }

        foreach (RegexAlternation alternation in _alternations)
        {
            if (LiteralsOf(alternation, minLength) is { } literals)
            {
                best = Better(best, literals);
            }
        }

        return best;
    }

    /// <summary>The segments, without those that stand in about every text; null if none are left.</summary>
    /// <param name="mayBeAll">Whether the sets are those of the expression, rather than larger.</param>
    public RegexOutline? Outline(bool mayBeAll)
    {
        List<Segment> parts = _segments.FindAll(segment => segment.Characters.Count > 0);
        bool isAll = mayBeAll && !_hasMore && _segments.Skip(1).All(segment => segment.Before == Break.Anything)
            && parts.TrueForAll(segment => segment.Characters.TrueForAll(character => character.IsExact));
        if (!isAll)
        {
            parts = parts.FindAll(segment => segment.Characters.Sum(character => Information(character.Ascii)) >= MinInformation);
        }

        return parts.Count == 0
            ? null
            : new RegexOutline(
                [.. parts.Select(segment => (new CharacterSequence([.. segment.Characters.Select(character => character.Ascii)]), segment.Before == Break.Turns))],
                isAll,
                _isOneLine);
    }

    private static double Information(AsciiSet set) => Math.Log2((double)AsciiCharacters / Math.Max(set.Count, 1));

    private static List<string>? LiteralsOf(RegexAlternation alternation, int minLength)
    {
        var all = new List<string>();
        foreach (RegexNode branch in alternation.Branches)
        {
            if (new RegexLine(branch).Literals(minLength) is not { } literals || all.Count + literals.Count > MaxAlternatives)
            {
                return null;
            }

            all.AddRange(literals);
        }

        return all;
    }

    /// <summary>Fewer literals, and those longer, say more.</summary>
    private static List<string> Better(List<string>? left, List<string> right) =>
        left is null || Score(right) > Score(left) ? right : left;

    private static double Score(List<string> literals) => literals.Min(literal => Math.Min(literal.Length, 12)) - (literals.Count * 0.25);

    private void Add(RegexNode node)
    {
        switch (node)
        {
            case RegexCharacter character:
                Repeat(character, 1);
                break;
            case RegexSequence sequence:
                foreach (RegexNode part in sequence.Parts)
                {
                    Add(part);
                }

                break;
            case RegexRepetition { Least: 0, IsExact: false } repetition:
                // A class that leaves out another character than the newline is not anything.
                bool isOneLine = repetition.Part is RegexCharacter { IsExact: true } dot && dot.Ascii == ~AsciiSet.Of('\n');
                bool isAnything = repetition.IsUnbounded && (isOneLine || (repetition.Part is RegexCharacter { IsExact: true } any && any.Ascii == AsciiSet.All));
                _isOneLine |= isAnything && isOneLine;
                End(isAnything ? Break.Anything : Break.Unknown);
                break;
            case RegexRepetition repetition:
                int before = _segments.Count;
                Repeat(repetition.Part, repetition.Least);
                if (repetition.IsExact)
                {
                    break;
                }

                if (_segments.Count > before)
                {
                    // The turns laid out again would have to begin within several segments.
                    End(Break.Unknown);
                    break;
                }

                End(Break.Turns);
                Repeat(repetition.Part, repetition.Least);

                break;
            case RegexAlternation alternation:
                _alternations.Add(alternation);
                End(Break.Unknown);
                break;
            default:
                _hasMore = true;
                break;
        }
    }

    private void Repeat(RegexNode part, int times)
    {
        for (int i = 0; i < times; i++)
        {
            if (_count >= MaxCharacters)
            {
                End(Break.Unknown);
                return;
            }

            if (part is RegexCharacter character)
            {
                _segments[^1].Characters.Add(character);
                _count++;
            }
            else
            {
                int before = _count;
                Add(part);
                // Turns without characters are all alike.
                if (_count == before)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Ends the segment; of breaks without characters between them, the least certain counts.</summary>
    private void End(Break kind)
    {
        if (_segments[^1].Characters.Count == 0 && _segments.Count > 1)
        {
            kind = (Break)Math.Max((int)kind, (int)_segments[^1].Before);
            _segments.RemoveAt(_segments.Count - 1);
        }

        _segments.Add(new Segment(kind));
    }

    private enum Break
    {
        /// <summary>Anything may stand between, or nothing.</summary>
        Anything,

        /// <summary>What stands between is not known.</summary>
        Unknown,

        /// <summary>Further turns of a part may stand between; or none, and the segments have the turns in common.</summary>
        Turns,
    }

    private sealed class Segment(Break before)
    {
        public Break Before => before;

        public List<RegexCharacter> Characters { get; } = [];
    }
}
