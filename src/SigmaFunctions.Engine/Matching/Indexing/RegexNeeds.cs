using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>What every text has that a regular expression is found in.</summary>
/// <param name="Literals">Literals (ASCII) of which at least one stands in the text, whatever its case; null if none are known.</param>
/// <param name="MinLength">Least number of UTF-16 units of the text.</param>
/// <param name="Run">A run of characters that stands in every ASCII text it is found in; null if none is known.</param>
/// <param name="IgnoresCase">Whether the expression ignores case somewhere. Then it can be found without the literals in a text that is not
/// ASCII: it takes the Kelvin sign for a k.</param>
internal sealed record RegexNeeds(IReadOnlyList<string>? Literals, int MinLength, CharacterRun? Run, bool IgnoresCase);

/// <summary>
/// Reads what a regular expression needs. Whatever is not plainly understood gives nothing, so the answer is never finer than the
/// expression.
/// </summary>
internal ref struct RegexNeedsReader
{
    private const int MaxAlternatives = 64;
    private const int MaxDepth = 50;
    private const int MaxCountedLength = 10_000;

    private readonly ReadOnlySpan<char> _pattern;
    private readonly int _minLiteral;
    private int _position;
    private int _depth;
    private bool _failed;

    // Set from where an option is first seen: the answer may be coarser than the expression.
    private bool _ignoresCase;
    private bool _dotTakesNewline;

    // The last class that was read, and the longest run of one that the whole expression needs.
    private AsciiSet? _class;
    private bool _hasAlternatives;
    private CharacterRun? _run;

    private RegexNeedsReader(ReadOnlySpan<char> pattern, int minLiteral)
    {
        _pattern = pattern;
        _minLiteral = minLiteral;
    }

    /// <summary>What an expression needs, with literals of at least <paramref name="minLiteral"/> characters.</summary>
    public static RegexNeeds Read(string pattern, RegexOptions options, int minLiteral)
    {
        var reader = new RegexNeedsReader(pattern, minLiteral)
        {
            _ignoresCase = (options & RegexOptions.IgnoreCase) != 0,
            _dotTakesNewline = (options & RegexOptions.Singleline) != 0,
        };
        var (literals, minLength) = reader.Alternatives();
        return reader._failed || reader._position < pattern.Length
            ? new RegexNeeds(null, 0, null, IgnoresCase: true)
            : new RegexNeeds(literals, minLength, reader._hasAlternatives ? null : reader._run, reader._ignoresCase);
    }

    /// <summary>Reads alternatives up to a closing parenthesis or the end: every one must have a literal.</summary>
    private (List<string>? Literals, int MinLength) Alternatives()
    {
        if (++_depth > MaxDepth)
            return Fail();
        List<string>? all = [];
        int minLength = int.MaxValue;
        do
        {
            var (literals, length) = Sequence();
            if (_failed)
                return default;
            minLength = Math.Min(minLength, length);
            if (literals is null || all?.Count + literals.Count > MaxAlternatives)
                all = null;
            else
                all?.AddRange(literals);
        }
        while (TryTake('|') && (_hasAlternatives = true));
        _depth--;
        return (all, minLength);
    }

    /// <summary>Reads a sequence and gives the best of what its parts need.</summary>
    private (List<string>? Literals, int MinLength) Sequence()
    {
        List<string>? best = null;
        int minLength = 0;
        int minLiteral = _minLiteral;
        var run = new StringBuilder();
        while (_position < _pattern.Length && _pattern[_position] is not ('|' or ')'))
        {
            List<string>? group = null;
            char? literal = null;
            _class = null;
            int begin = _position;
            int length = 1;
            char c = _pattern[_position++];
            switch (c)
            {
                case '(':
                    if (TryTake('?') && ReadsOptions())
                        continue;
                    if (_failed)
                        return default;
                    (group, length) = Alternatives();
                    if (_failed || !TryTake(')'))
                        return Fail();
                    break;
                case '[':
                    literal = Class();
                    break;
                case '\\':
                    (literal, length) = Escape();
                    break;
                case '.':
                    _class = _dotTakesNewline ? AsciiSet.All : AsciiSet.ExceptNewline;
                    break;
                case '^' or '$':
                    length = 0;
                    break;
                case '*' or '+' or '?' or '{' or '}':
                    return Fail();
                default:
                    literal = c;
                    break;
            }

            if (_failed)
                return default;
            var (least, quantified) = Quantifier();
            minLength = (int)Math.Min(MaxCountedLength, minLength + ((long)least * length));
            // Only outside of groups: a group may be left out.
            if (_depth == 1 && _class is { } set && least >= CharacterRun.MinLength && !(_run?.Length >= least))
                _run = new CharacterRun(set, least, IsAll: begin == 0 && _position == _pattern.Length);
            if (literal is { } text && char.IsAscii(text))
            {
                if (least > 0)
                    run.Append(text);
                // What follows a repetition stands behind its last turn, what stood before it before its first.
                if (quantified)
                {
                    End();
                    if (least > 0)
                        run.Append(text);
                }
            }
            else
            {
                End();
                if (group is not null && least > 0)
                    best = Better(best, group);
            }
        }

        End();
        return (best, minLength);

        void End()
        {
            if (run.Length >= minLiteral)
                best = Better(best, [run.ToString()]);
            run.Clear();
        }
    }

    /// <summary>
    /// Reads what follows <c>(?</c>: options for what follows (then there is no group), or options or nothing before the colon of a group.
    /// </summary>
    private bool ReadsOptions()
    {
        while (_position < _pattern.Length)
        {
            char c = _pattern[_position++];
            if (c is ':' or ')')
                return c == ')';
            _ignoresCase |= c == 'i';
            _dotTakesNewline |= c == 's';
            if (c is not ('i' or 'm' or 's' or '-'))
                break;
        }

        _failed = true;
        return false;
    }

    /// <summary>Fewer literals, and those longer, say more.</summary>
    private static List<string> Better(List<string>? left, List<string> right) =>
        left is null || Score(right) > Score(left) ? right : left;

    private static double Score(List<string> literals) => literals.Min(literal => Math.Min(literal.Length, 12)) - (literals.Count * 0.25);

    /// <summary>Reads a quantifier if one follows: least number of turns, and whether there was one.</summary>
    private (int Least, bool Quantified) Quantifier()
    {
        if (_position == _pattern.Length)
            return (1, false);
        int least;
        switch (_pattern[_position])
        {
            case '*' or '?':
                least = 0;
                _position++;
                break;
            case '+':
                least = 1;
                _position++;
                break;
            case '{':
                int end = _pattern[_position..].IndexOf('}');
                var bounds = end < 0 ? [] : _pattern[(_position + 1)..(_position + end)];
                int comma = bounds.IndexOf(',');
                if (!int.TryParse(comma < 0 ? bounds : bounds[..comma], NumberStyles.None, CultureInfo.InvariantCulture, out least))
                {
                    _failed = true;
                    return (0, true);
                }

                _position += end + 1;
                break;
            default:
                return (1, false);
        }

        TryTake('?');
        return (least, true);
    }

    /// <summary>Reads what follows a backslash: the character it stands for, or null if it may be several or none.</summary>
    private (char? Literal, int Length) Escape()
    {
        if (_position == _pattern.Length)
            return (Failed(), 0);
        char c = _pattern[_position++];
        if (!char.IsAsciiLetterOrDigit(c))
            return (c, 1);
        return c switch
        {
            'd' or 'D' or 'w' or 'W' or 's' or 'S' or 't' or 'n' or 'r' or 'f' or 'v' or 'e' or 'a' => (null, 1),
            'b' or 'B' or 'A' or 'z' or 'Z' => (null, 0),
            _ => (Failed(), 0),
        };
    }

    /// <summary>Reads a character class: the letter it stands for if it is one in both cases, else null.</summary>
    private char? Class()
    {
        int start = _position;
        TryTake('^');
        TryTake(']');
        while (_position < _pattern.Length && _pattern[_position] != ']')
        {
            // A class within a class is a subtraction.
            if (_pattern[_position] == '[')
                return Failed();
            _position += _pattern[_position] == '\\' ? 2 : 1;
        }

        if (!TryTake(']'))
            return Failed();
        var content = _pattern[start..(_position - 1)];
        _class = AsciiSet.Read(content, _ignoresCase);
        return content is [var first, var second] && char.IsAsciiLetter(first) && char.IsAsciiLetter(second) && first != second && (first | 0x20) == (second | 0x20)
            ? first
            : null;
    }

    private bool TryTake(char c)
    {
        if (_position >= _pattern.Length || _pattern[_position] != c)
            return false;
        _position++;
        return true;
    }

    private (List<string>? Literals, int MinLength) Fail()
    {
        _failed = true;
        return default;
    }

    private char? Failed()
    {
        _failed = true;
        return null;
    }
}
