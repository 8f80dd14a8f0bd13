namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>
/// A regular expression laid out as the characters that must stand in a text, in segments: those of one segment stand one right after
/// another. What may be left out or is not known lies between segments. A part that repeats gives its first turn to the segment
/// before it and its last to the one behind it.
/// </summary>
internal sealed class RegexLine
{
    // Longer expressions are laid out in part; what is left out is not asked for.
    private const int MaxCharacters = 512;
    private const int MaxAlternatives = 64;
    private const int MaxMinLength = 10_000;

    // A sequence of different sets need be no longer to be rare; of one set it is as long as it is.
    private const int SequenceLength = 8;
    private const int MinRunLength = 8;
    private const int AsciiCharacters = 128;

    // In bits: what says less stands in about every text.
    private const double MinInformation = 6;

    private readonly List<List<RegexCharacter>> _segments = [[]];
    private readonly List<RegexAlternation> _alternations = [];
    private int _count;
    private bool _isWhole = true;

    /// <summary>Lays out an expression.</summary>
    public RegexLine(RegexNode root)
    {
        var parts = root is RegexSequence sequence ? sequence.Parts : [root];
        for (int i = 0; i < parts.Length; i++)
        {
            // At either end the least number of turns is enough: what is found is found inside of more.
            if ((i == 0 || i == parts.Length - 1) && parts[i] is RegexRepetition { Part: RegexCharacter character } end)
                Repeat(character, end.Least);
            else
                Add(parts[i]);
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
        foreach (var segment in _segments)
            for (int start = 0; start < segment.Count; start++)
            {
                int end = start;
                while (end < segment.Count && segment[end].Literal is not null)
                    end++;
                if (end - start >= minLength && end > start)
                    best = Better(best, [string.Concat(segment[start..end].Select(character => character.Literal!.Value))]);
                start = end;
            }

        foreach (var alternation in _alternations)
            if (LiteralsOf(alternation, minLength) is { } literals)
                best = Better(best, literals);
        return best;
    }

    /// <summary>The rarest sequence; null if there is none that is worth a look.</summary>
    /// <param name="mayBeAll">Whether the sets are those of the expression, rather than larger.</param>
    public CharacterSequence? Sequence(bool mayBeAll)
    {
        if (mayBeAll && _isWhole && _segments is [{ Count: > 0 } whole] && whole.TrueForAll(character => character.IsExact))
            return new CharacterSequence([.. whole.Select(character => character.Ascii)], isAll: true);
        CharacterSequence? best = null;
        double most = MinInformation;
        foreach (var sets in _segments.Select(segment => segment.ConvertAll(character => character.Ascii)))
            foreach (var candidate in Runs(sets).Concat(Windows(sets)))
                if (candidate.Sum(Information) is var information && information > most)
                    (best, most) = (new CharacterSequence(candidate, isAll: false), information);
        return best;
    }

    private static IEnumerable<List<AsciiSet>> Runs(List<AsciiSet> sets)
    {
        for (int start = 0; start < sets.Count;)
        {
            int end = start + 1;
            while (end < sets.Count && sets[end] == sets[start])
                end++;
            if (end - start >= MinRunLength)
                yield return sets[start..end];
            start = end;
        }
    }

    private static IEnumerable<List<AsciiSet>> Windows(List<AsciiSet> sets)
    {
        int length = Math.Min(SequenceLength, sets.Count);
        for (int start = 0; length > 1 && start <= sets.Count - length; start++)
            yield return sets[start..(start + length)];
    }

    private static double Information(AsciiSet set) => Math.Log2((double)AsciiCharacters / Math.Max(set.Count, 1));

    private static List<string>? LiteralsOf(RegexAlternation alternation, int minLength)
    {
        var all = new List<string>();
        foreach (var branch in alternation.Branches)
        {
            if (new RegexLine(branch).Literals(minLength) is not { } literals || all.Count + literals.Count > MaxAlternatives)
                return null;
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
                foreach (var part in sequence.Parts)
                    Add(part);
                break;
            case RegexRepetition { Least: 0 }:
                Break();
                break;
            case RegexRepetition repetition:
                Repeat(repetition.Part, repetition.Least);
                if (!repetition.IsExact)
                {
                    Break();
                    Repeat(repetition.Part, repetition.Least);
                }

                break;
            case RegexAlternation alternation:
                _alternations.Add(alternation);
                Break();
                break;
            default:
                _isWhole = false;
                break;
        }
    }

    private void Repeat(RegexNode part, int times)
    {
        for (int i = 0; i < times; i++)
        {
            if (_count >= MaxCharacters)
            {
                Break();
                return;
            }

            if (part is RegexCharacter character)
            {
                _segments[^1].Add(character);
                _count++;
            }
            else
            {
                int before = _count;
                Add(part);
                // Turns without characters are all alike.
                if (_count == before)
                    return;
            }
        }
    }

    private void Break()
    {
        _isWhole = false;
        _segments.Add([]);
    }
}
