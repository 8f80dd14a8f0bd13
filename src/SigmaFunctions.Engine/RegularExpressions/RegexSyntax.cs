using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>
/// A regular expression that is read without constructing it: literals, escapes, classes, groups, alternation, quantifiers, and the
/// options <c>i</c>, <c>m</c> and <c>s</c>. An option counts from where it is first seen, so that sets of characters may be larger than they are, but
/// never smaller.
/// </summary>
/// <param name="Root">The expression.</param>
/// <param name="IgnoresCase">Whether it ignores case somewhere. Then it can be found in a text that is not ASCII where its ASCII letters do not
/// stand: it takes the Kelvin sign for a k.</param>
/// <param name="HasInnerOptions">Whether it holds options other than <c>(?i)</c> at its begin, for whose reach it is read too coarsely.</param>
/// <param name="Constructs">Whether the non-backtracking engine is certain to take it, under any of the options.</param>
internal sealed record RegexSyntax(RegexNode Root, bool IgnoresCase, bool HasInnerOptions, bool Constructs)
{
    /// <summary>Half of the engine's limit of states; what is counted here is at least what the engine counts.</summary>
    public const int MaxSize = 5_000;

    // Where there is an anchor, the engine counts a state for each kind of character that may stand before it.
    private const int KindsOfCharacters = 5;

    /// <summary>Reads an expression; null if it holds anything else, which says nothing about its being valid.</summary>
    public static RegexSyntax? Read(string pattern, RegexOptions options)
    {
        var reader = new Reader(pattern, options);
        var root = reader.Alternation(depth: 0, out int size);
        return root is null || !reader.AtEnd
            ? null
            : new RegexSyntax(root, reader.IgnoresCase, reader.HasInnerOptions, !reader.HasInnerOptions && size * (reader.HasAnchor ? KindsOfCharacters : 1) <= MaxSize);
    }

    private ref struct Reader(ReadOnlySpan<char> pattern, RegexOptions options)
    {
        private const int MaxDepth = 50;
        private const int MaxRepeat = 1_000;

        private static readonly AsciiSet Digits = AsciiSet.Between('0', '9');
        private static readonly AsciiSet Word = AsciiSet.Between('A', 'Z') | AsciiSet.Between('a', 'z') | AsciiSet.Between('0', '9') | AsciiSet.Of('_');
        private static readonly AsciiSet Space = AsciiSet.Between('\t', '\r') | AsciiSet.Of(' ');

        private readonly ReadOnlySpan<char> _pattern = pattern;
        private int _next;
        private bool _dotTakesNewline = (options & RegexOptions.Singleline) != 0;

        public bool IgnoresCase { get; private set; } = (options & RegexOptions.IgnoreCase) != 0;

        public bool HasInnerOptions { get; private set; }

        public bool HasAnchor { get; private set; }

        public readonly bool AtEnd => _next == _pattern.Length;

        // The readers give null for what is not plain. A size is a bound of the engine's.
        public RegexNode? Alternation(int depth, out int size)
        {
            size = 0;
            if (depth > MaxDepth)
                return null;
            var branches = ImmutableArray.CreateBuilder<RegexNode>();
            var parts = ImmutableArray.CreateBuilder<RegexNode>();
            while (!AtEnd && _pattern[_next] != ')')
            {
                if (TryTake('|'))
                {
                    branches.Add(new RegexSequence(parts.DrainToImmutable()));
                    continue;
                }

                if (_pattern[_next..].StartsWith("(?") && TryTakeOptions())
                    continue;
                var part = Quantified(depth, out int partSize);
                if (part is null || (size += partSize) > MaxSize)
                    return null;
                parts.Add(part);
            }

            size++;
            var last = new RegexSequence(parts.DrainToImmutable());
            if (branches.Count == 0)
                return last;
            branches.Add(last);
            return new RegexAlternation(branches.DrainToImmutable());
        }

        private RegexNode? Quantified(int depth, out int size)
        {
            var part = Atom(depth, out size);
            if (part is null || AtEnd || _pattern[_next] is not ('*' or '+' or '?' or '{'))
                return part;
            if (part is RegexAnchor || Quantifier() is not var (least, most))
                return null;
            size *= Math.Max(most ?? Math.Max(least, 1), 1);
            TryTake('?');
            // A quantifier of a quantifier is an error.
            return !AtEnd && _pattern[_next] is '*' or '+' or '?' or '{' ? null : new RegexRepetition(part, least, most);
        }

        private (int Least, int? Most)? Quantifier()
        {
            switch (_pattern[_next++])
            {
                case '*':
                    return (0, null);
                case '+':
                    return (1, null);
                case '?':
                    return (0, 1);
            }

            if (Count() is not { } least)
                return null;
            int? most = least;
            if (TryTake(',') && (most = _next < _pattern.Length && _pattern[_next] == '}' ? null : Count() ?? -1) < least)
                return null;
            return TryTake('}') ? (least, most) : null;
        }

        private int? Count()
        {
            int start = _next;
            while (!AtEnd && char.IsAsciiDigit(_pattern[_next]))
                _next++;
            return int.TryParse(_pattern[start.._next], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MaxRepeat ? count : null;
        }

        private RegexNode? Atom(int depth, out int size)
        {
            size = 1;
            char character = _pattern[_next++];
            switch (character)
            {
                case '*' or '+' or '?' or '{':
                    return null;
                case '^' or '$':
                    return Anchor();
                case '.':
                    return new RegexCharacter(_dotTakesNewline ? AsciiSet.All : ~AsciiSet.Of('\n'), null);
                case '(':
                    if (_pattern[_next..].StartsWith("?:"))
                        _next += 2;
                    else if (!AtEnd && _pattern[_next] == '?')
                        return null;
                    var group = Alternation(depth + 1, out size);
                    return group is not null && TryTake(')') ? group : null;
                case '[':
                    return Class();
                case '\\':
                    if (AtEnd)
                        return null;
                    if (_pattern[_next] is 'b' or 'B' or 'A' or 'z' or 'Z')
                    {
                        _next++;
                        return Anchor();
                    }

                    return ClassEscape() is { } set ? new RegexCharacter(set, null) : Escape() is { } escaped ? Literal(escaped) : null;
                default:
                    return Literal(character);
            }
        }

        private RegexAnchor Anchor()
        {
            HasAnchor = true;
            return new RegexAnchor();
        }

        private readonly RegexCharacter Literal(char character) => Character(AsciiSet.Of(character), isAsciiOnly: char.IsAscii(character));

        /// <param name="ascii">The ASCII characters that stand there.</param>
        /// <param name="isAsciiOnly">Whether no other stands there.</param>
        private readonly RegexCharacter Character(AsciiSet ascii, bool isAsciiOnly)
        {
            if (IgnoresCase)
                // Some characters that are not ASCII equal some that are.
                ascii = isAsciiOnly ? ascii.InBothCases() : AsciiSet.All;
            return new RegexCharacter(ascii, isAsciiOnly ? ascii.Only : null, isAsciiOnly || !IgnoresCase);
        }

        /// <summary>Options for what follows: <c>(?i)</c>.</summary>
        private bool TryTakeOptions()
        {
            int end = _next + 2;
            bool ignoresCase = false;
            bool dotTakesNewline = false;
            while (end < _pattern.Length && _pattern[end] is 'i' or 'm' or 's' or '-')
            {
                ignoresCase |= _pattern[end] == 'i';
                dotTakesNewline |= _pattern[end] == 's';
                end++;
            }

            if (end == _next + 2 || end == _pattern.Length || _pattern[end] != ')')
                return false;
            HasInnerOptions |= _next > 0 || !_pattern[..(end + 1)].SequenceEqual("(?i)");
            IgnoresCase |= ignoresCase;
            _dotTakesNewline |= dotTakesNewline;
            _next = end + 1;
            return true;
        }

        /// <summary>The rest of a class, behind its bracket.</summary>
        private RegexCharacter? Class()
        {
            bool isNegated = TryTake('^');
            bool isAsciiOnly = !isNegated;
            AsciiSet set = default;
            for (bool first = true; ; first = false)
            {
                if (AtEnd)
                    return null;
                if (!first && TryTake(']'))
                    break;
                if (_pattern[_next] == '\\' && _next + 1 < _pattern.Length && _pattern[_next + 1] is 'd' or 'D' or 'w' or 'W' or 's' or 'S')
                {
                    _next++;
                    set |= ClassEscape()!.Value;
                    isAsciiOnly = false;
                    continue;
                }

                if (ClassCharacter() is not { } low)
                    return null;
                char high = low;
                if (_next + 1 < _pattern.Length && _pattern[_next] == '-' && _pattern[_next + 1] != ']')
                {
                    _next++;
                    if (ClassCharacter() is not { } last || last < low)
                        return null;
                    high = last;
                }

                isAsciiOnly &= char.IsAscii(high);
                set |= AsciiSet.Between(low, high);
            }

            if (!isNegated)
                return Character(set, isAsciiOnly);
            // With case ignored, what is excluded is more than what stands there; that it is excluded is then not relied on.
            return new RegexCharacter(IgnoresCase ? AsciiSet.All : ~set, null, !IgnoresCase);
        }

        /// <summary>One character of a class; a bracket may begin a subtraction or a POSIX class, and is not plain.</summary>
        private char? ClassCharacter()
        {
            char character = _pattern[_next++];
            if (character == '[')
                return null;
            if (character != '\\')
                return character;
            if (TryTake('b'))
                return '\b';
            return AtEnd ? null : Escape();
        }

        private AsciiSet? ClassEscape()
        {
            AsciiSet? set = _pattern[_next] switch
            {
                'd' => Digits,
                'D' => ~Digits,
                'w' => Word,
                'W' => ~Word,
                's' => Space,
                'S' => ~Space,
                _ => null,
            };
            if (set is not null)
                _next++;
            return set;
        }

        /// <summary>The character that an escape means, behind its backslash.</summary>
        private char? Escape()
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
                _ => (character is > ' ' and < '\u007F' && !char.IsAsciiLetterOrDigit(character) && character != '_') || character == ' ' ? character : null,
            };
        }

        private char? Hexadecimal(int digits)
        {
            if (_pattern.Length - _next < digits
                || !ushort.TryParse(_pattern.Slice(_next, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
                return null;
            _next += digits;
            return (char)code;
        }

        private bool TryTake(char character)
        {
            if (AtEnd || _pattern[_next] != character)
                return false;
            _next++;
            return true;
        }
    }
}
