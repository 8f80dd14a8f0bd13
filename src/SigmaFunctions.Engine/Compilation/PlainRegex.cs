using System.Globalization;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>
/// Tells of a pattern, without constructing it, that the non-backtracking engine will take it: literals, escapes, classes, groups,
/// alternation and quantifiers, with a size far from the engine's limit. Whatever lies outside says nothing, and is to be tried.
/// </summary>
internal ref struct PlainRegex
{
    /// <summary>Half of the engine's limit of states; what is counted here is at least what the engine counts.</summary>
    public const int MaxSize = 5_000;

    // Where there is an anchor, the engine counts a state for each kind of character that may stand before it.
    private const int KindsOfCharacters = 5;

    private const int MaxDepth = 50;
    private const int MaxRepeat = 1_000;

    private readonly ReadOnlySpan<char> _pattern;
    private int _next;
    private bool _hasAnchor;

    private PlainRegex(ReadOnlySpan<char> pattern) => _pattern = pattern;

    private readonly bool AtEnd => _next == _pattern.Length;

    /// <summary>Whether construction is certain to succeed, under any of the options i, m and s.</summary>
    public static bool Constructs(string pattern)
    {
        var reader = new PlainRegex(pattern);
        if (pattern.StartsWith("(?i)", StringComparison.Ordinal))
            reader._next = "(?i)".Length;
        int size = reader.Alternation(depth: 0);
        return size >= 0 && size * (reader._hasAnchor ? KindsOfCharacters : 1) <= MaxSize && reader.AtEnd;
    }

    // The readers below give the size of what they read, or -1 for what is not plain.
    private int Alternation(int depth)
    {
        if (depth > MaxDepth)
            return -1;
        int size = 0;
        while (!AtEnd && _pattern[_next] != ')')
        {
            if (_pattern[_next] == '|')
            {
                _next++;
                continue;
            }

            int part = Quantified(depth);
            if (part < 0 || (size += part) > MaxSize)
                return -1;
        }

        return size + 1;
    }

    private int Quantified(int depth)
    {
        int size = Atom(depth, out bool repeatable);
        if (size < 0 || AtEnd || _pattern[_next] is not ('*' or '+' or '?' or '{'))
            return size;
        int times = repeatable ? Quantifier() : -1;
        if (times < 0)
            return -1;
        if (Follows('?'))
            _next++;
        // A quantifier of a quantifier is an error.
        return !AtEnd && _pattern[_next] is '*' or '+' or '?' or '{' ? -1 : size * Math.Max(times, 1);
    }

    private int Quantifier()
    {
        if (_pattern[_next++] is not '{')
            return 1;
        int least = Count();
        int most = least;
        if (least >= 0 && Follows(','))
        {
            _next++;
            most = Follows('}') ? least : Count();
        }

        return least >= 0 && most >= least && !AtEnd && _pattern[_next++] == '}' ? most : -1;
    }

    private int Count()
    {
        int start = _next;
        while (!AtEnd && char.IsAsciiDigit(_pattern[_next]))
            _next++;
        return int.TryParse(_pattern[start.._next], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MaxRepeat ? count : -1;
    }

    private int Atom(int depth, out bool repeatable)
    {
        repeatable = true;
        switch (_pattern[_next++])
        {
            case '*' or '+' or '?' or '{':
                return -1;
            case '^' or '$':
                repeatable = false;
                _hasAnchor = true;
                return 1;
            case '(':
                return Group(depth);
            case '[':
                return Class() ? 1 : -1;
            case '\\':
                if (AtEnd)
                    return -1;
                if (_pattern[_next] is 'b' or 'B' or 'A' or 'z' or 'Z')
                {
                    _next++;
                    repeatable = false;
                    _hasAnchor = true;
                    return 1;
                }

                return IsClassEscape() || Escape() >= 0 ? 1 : -1;
            default:
                return 1;
        }
    }

    private int Group(int depth)
    {
        if (Follows('?'))
        {
            if (!_pattern[_next..].StartsWith("?:"))
                return -1;
            _next += 2;
        }

        int size = Alternation(depth + 1);
        if (size < 0 || !Follows(')'))
            return -1;
        _next++;
        return size;
    }

    /// <summary>The rest of a class, behind its bracket.</summary>
    private bool Class()
    {
        if (Follows('^'))
            _next++;
        for (bool first = true; ; first = false)
        {
            if (AtEnd)
                return false;
            if (Follows(']') && !first)
            {
                _next++;
                return true;
            }

            if (Follows('\\') && _next + 1 < _pattern.Length && IsClassLetter(_pattern[_next + 1]))
            {
                _next += 2;
                continue;
            }

            int low = ClassCharacter();
            if (low < 0)
                return false;
            if (!Follows('-') || _next + 1 >= _pattern.Length || _pattern[_next + 1] == ']')
                continue;
            _next++;
            int high = ClassCharacter();
            if (high < low)
                return false;
        }
    }

    /// <summary>One character of a class; a bracket may begin a subtraction or a POSIX class, and is not plain.</summary>
    private int ClassCharacter()
    {
        char character = _pattern[_next++];
        if (character == '[')
            return -1;
        if (character != '\\')
            return character;
        if (Follows('b'))
        {
            _next++;
            return '\b';
        }

        return AtEnd ? -1 : Escape();
    }

    private bool IsClassEscape()
    {
        if (!IsClassLetter(_pattern[_next]))
            return false;
        _next++;
        return true;
    }

    private static bool IsClassLetter(char letter) => letter is 'd' or 'D' or 'w' or 'W' or 's' or 'S';

    /// <summary>The character that an escape means, behind its backslash.</summary>
    private int Escape()
    {
        char character = _pattern[_next++];
        return character switch
        {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\f',
            'v' => '\v',
            'a' => '\a',
            'e' => '\u001B',
            'x' => Hexadecimal(2),
            'u' => Hexadecimal(4),
            _ => character is > ' ' and < '\u007F' && !char.IsAsciiLetterOrDigit(character) && character != '_' || character == ' ' ? character : -1,
        };
    }

    private int Hexadecimal(int digits)
    {
        if (_pattern.Length - _next < digits
            || !int.TryParse(_pattern.Slice(_next, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
            return -1;
        _next += digits;
        return code;
    }

    private readonly bool Follows(char character) => _next < _pattern.Length && _pattern[_next] == character;
}
