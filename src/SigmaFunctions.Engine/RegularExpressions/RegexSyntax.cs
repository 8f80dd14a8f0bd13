using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>
/// A regular expression that is read without constructing it: all that the non-backtracking engine takes. For sets of ASCII characters an option
/// counts from where it is first seen, so that they may be larger than they are, but never smaller; what stands in the pattern is kept beside them, with the
/// options that hold there.
/// </summary>
/// <param name="Root">The expression.</param>
/// <param name="IgnoresCase">Whether it ignores case somewhere. Then it can be found in a text that is not ASCII where its ASCII letters do not
/// stand: it takes the Kelvin sign for a k.</param>
/// <param name="HasInnerOptions">Whether it holds options other than <c>(?i)</c> at its begin, for whose reach it is read too coarsely.</param>
/// <param name="Constructs">Whether the non-backtracking engine is certain to take it, under any of the options.</param>
internal sealed record RegexSyntax(RegexNode Root, bool IgnoresCase, bool HasInnerOptions, bool Constructs)
{
    /// <summary>Most characters of an expression that is read, those of repetitions counted as often as they may be repeated.</summary>
    public const int MaxSize = 16_384;

    /// <summary>Half of the engine's limit of states; what is counted here is at least what the engine counts.</summary>
    public const int MaxConstructed = 5_000;

    // Where there is an anchor, the engine counts a state for each kind of character that may stand before it.
    private const int KindsOfCharacters = 5;

    /// <summary>Reads an expression; null if it holds anything else or is larger, which says nothing about its being valid.</summary>
    public static RegexSyntax? Read(string pattern, RegexOptions options)
    {
        var reader = new Reader(pattern, options);
        RegexNode? root = reader.Alternation(depth: 0, out int size);
        return root is null || !reader.AtEnd
            ? null
            : new RegexSyntax(root, reader.IgnoresCase, reader.HasInnerOptions, reader.IsPlain && size * (reader.HasAnchor ? KindsOfCharacters : 1) <= MaxConstructed);
    }

    private ref struct Reader(ReadOnlySpan<char> pattern, RegexOptions options)
    {
        private const int MaxDepth = 200;
        private const RegexOptions Inner = RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.Singleline
            | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture;

        // Those that change what a character is.
        private const RegexOptions OfClasses = RegexOptions.IgnoreCase | RegexOptions.Singleline;

        private static readonly AsciiSet Digits = AsciiSet.Between('0', '9');
        private static readonly AsciiSet Word = AsciiSet.Between('A', 'Z') | AsciiSet.Between('a', 'z') | AsciiSet.Between('0', '9') | AsciiSet.Of('_');
        private static readonly AsciiSet Space = AsciiSet.Between('\t', '\r') | AsciiSet.Of(' ');

        private readonly ReadOnlySpan<char> _pattern = pattern;
        private int _next;
        private RegexOptions _options = options;
        private bool _dotTakesNewline = (options & RegexOptions.Singleline) != 0;
        private bool _isRare;

        public bool IgnoresCase { get; private set; } = (options & RegexOptions.IgnoreCase) != 0;

        public bool HasInnerOptions { get; private set; }

        public bool HasAnchor { get; private set; }

        /// <summary>Whether nothing stands in it that is so rare that the engine itself is asked.</summary>
        public readonly bool IsPlain => !HasInnerOptions && !_isRare;

        public readonly bool AtEnd => _next == _pattern.Length;

        // The readers give null for what is not plain. A size is a bound of the engine's.
        public RegexNode? Alternation(int depth, out int size)
        {
            size = 0;
            if (depth > MaxDepth)
            {
                return null;
            }

            ImmutableArray<RegexNode>.Builder branches = ImmutableArray.CreateBuilder<RegexNode>();
            ImmutableArray<RegexNode>.Builder parts = ImmutableArray.CreateBuilder<RegexNode>();
            RegexOptions outer = _options;
            while (SkipIgnored() && _pattern[_next] != ')')
            {
                if (TryTake('|'))
                {
                    branches.Add(new RegexSequence(parts.DrainToImmutable()));
                    continue;
                }

                if (_pattern[_next..].StartsWith("(?") && TryTakeOptions())
                {
                    continue;
                }

                RegexNode? part = Quantified(depth, out int partSize);
                if (part is null || (size += partSize) > MaxSize)
                {
                    return null;
                }

                parts.Add(part);
            }

            _options = outer;
            size++;
            var last = new RegexSequence(parts.DrainToImmutable());
            if (branches.Count == 0)
            {
                return last;
            }

            branches.Add(last);
            return new RegexAlternation(branches.DrainToImmutable());
        }

        private RegexNode? Quantified(int depth, out int size)
        {
            RegexNode? part = Atom(depth, out size);
            if (part is null || !SkipIgnored() || !IsQuantifier())
            {
                return part;
            }

            _isRare |= part is RegexAnchor;
            if (Quantifier() is not var (least, most))
            {
                return null;
            }

            size *= Math.Max(most ?? Math.Max(least, 1), 1);
            if (SkipIgnored())
            {
                TryTake('?');
            }
            // A quantifier of a quantifier is an error.
            return SkipIgnored() && IsQuantifier() ? null : new RegexRepetition(part, least, most);
        }

        /// <summary>Whether a quantifier follows; a brace that begins none is a character.</summary>
        private readonly bool IsQuantifier()
        {
            if (_pattern[_next] != '{')
            {
                return _pattern[_next] is '*' or '+' or '?';
            }

            ReadOnlySpan<char> rest = _pattern[(_next + 1)..];
            int digits = Digits(rest);
            rest = rest[digits..];
            if (digits > 0 && rest is [',', ..])
            {
                rest = rest[(Digits(rest[1..]) + 1)..];
            }

            return digits > 0 && rest is ['}', ..];

            static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;
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
            {
                return null;
            }

            int? most = least;
            if (TryTake(',') && (most = _pattern[_next] == '}' ? null : Count() ?? -1) < least)
            {
                return null;
            }

            return TryTake('}') ? (least, most) : null;
        }

        private int? Count()
        {
            int start = _next;
            while (!AtEnd && char.IsAsciiDigit(_pattern[_next]))
            {
                _next++;
            }

            return int.TryParse(_pattern[start.._next], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MaxSize ? count : null;
        }

        /// <summary>Whether anything is left behind blanks and comments that the options leave out.</summary>
        private bool SkipIgnored()
        {
            while (!AtEnd)
            {
                if ((_options & RegexOptions.IgnorePatternWhitespace) != 0 && _pattern[_next] is ' ' or '\t' or '\n' or '\f' or '\r')
                {
                    _next++;
                }
                else if ((_options & RegexOptions.IgnorePatternWhitespace) != 0 && _pattern[_next] == '#')
                {
                    _next = EndOf('\n');
                }
                else if (_pattern[_next..].StartsWith("(?#"))
                {
                    _isRare = true;
                    _next = EndOf(')');
                }
                else
                {
                    break;
                }
            }

            return !AtEnd;
        }

        private readonly int EndOf(char last) => _pattern[_next..].IndexOf(last) is >= 0 and var length ? _next + length + 1 : _pattern.Length;

        private RegexNode? Atom(int depth, out int size)
        {
            size = 1;
            int start = _next;
            char character = _pattern[_next++];
            switch (character)
            {
                case '*' or '+' or '?':
                    return null;
                case '{':
                    _next--;
                    if (IsQuantifier())
                    {
                        return null;
                    }

                    _next++;
                    _isRare = true;
                    return Literal(character, start);
                case '^':
                    return Anchor((_options & RegexOptions.Multiline) != 0 ? RegexPlace.LineBegin : RegexPlace.Begin);
                case '$':
                    return Anchor((_options & RegexOptions.Multiline) != 0 ? RegexPlace.LineEnd : RegexPlace.LastLineEnd);
                case '.':
                    return new RegexCharacter(_dotTakesNewline ? AsciiSet.All : ~AsciiSet.Of('\n'), null, ClassFrom(start));
                case '(':
                    return Group(depth, out size);
                case '[':
                    return Class(start);
                case '\\':
                    if (AtEnd)
                    {
                        return null;
                    }

                    RegexPlace? place = _pattern[_next] switch
                    {
                        'b' => RegexPlace.Boundary,
                        'B' => RegexPlace.NoBoundary,
                        'A' => RegexPlace.Begin,
                        'z' => RegexPlace.End,
                        'Z' => RegexPlace.LastLineEnd,
                        _ => null,
                    };
                    if (place is not null)
                    {
                        _next++;
                        return Anchor(place.Value);
                    }

                    return ClassEscape() is var (set, isExact) ? new RegexCharacter(set, null, ClassFrom(start), isExact)
                        : Escape() is { } escaped ? Literal(escaped, start)
                        : null;
                default:
                    return Literal(character, start);
            }
        }

        /// <summary>The rest of a group, behind its bracket.</summary>
        private RegexNode? Group(int depth, out int size)
        {
            size = 1;
            RegexOptions outer = _options;
            if (_pattern[_next..].StartsWith("?:"))
            {
                _next += 2;
            }
            else if (!AtEnd && _pattern[_next] == '?' && !TryTakeName())
            {
                _next--;
                if (!TryTakeOptions(':'))
                {
                    return null;
                }
            }

            RegexNode? group = Alternation(depth + 1, out size);
            _options = outer;
            return group is not null && TryTake(')') ? group : null;
        }

        /// <summary>The name of a group: <c>?&lt;name&gt;</c>.</summary>
        private bool TryTakeName()
        {
            if (_next + 2 >= _pattern.Length || _pattern[_next + 1] is not ('<' or '\''))
            {
                return false;
            }

            char last = _pattern[_next + 1] == '<' ? '>' : '\'';
            int length = _pattern[(_next + 2)..].IndexOf(last);
            if (length <= 0)
            {
                return false;
            }

            foreach (char character in _pattern.Slice(_next + 2, length))
            {
                if (!char.IsAsciiLetterOrDigit(character) && character != '_')
                {
                    return false;
                }
            }

            _isRare = true;
            _next += length + 3;
            return true;
        }

        private RegexAnchor Anchor(RegexPlace place)
        {
            HasAnchor = true;
            return new RegexAnchor(place);
        }

        private readonly RegexClass ClassFrom(int start) => new(_pattern[start.._next].ToString(), _options & OfClasses);

        private readonly RegexCharacter Literal(char character, int start) => Character(AsciiSet.Of(character), isAsciiOnly: char.IsAscii(character), start);

        /// <param name="ascii">The ASCII characters that stand there.</param>
        /// <param name="isAsciiOnly">Whether no other stands there.</param>
        /// <param name="start">Where it begins in the pattern.</param>
        private readonly RegexCharacter Character(AsciiSet ascii, bool isAsciiOnly, int start)
        {
            if (IgnoresCase)
            {
                // Some characters that are not ASCII equal some that are.
                ascii = isAsciiOnly ? ascii.InBothCases() : AsciiSet.All;
            }

            return new RegexCharacter(ascii, isAsciiOnly ? ascii.Only : null, ClassFrom(start), isAsciiOnly || !IgnoresCase);
        }

        /// <summary>Options for what follows, <c>(?i)</c>, or, up to a colon, for what is within the group.</summary>
        private bool TryTakeOptions(char last = ')')
        {
            int end = _next + 2;
            bool isOff = false;
            RegexOptions options = _options;
            for (; end < _pattern.Length && char.ToLowerInvariant(_pattern[end]) is 'i' or 'm' or 's' or 'n' or 'x' or '-' or '+'; end++)
            {
                RegexOptions option = char.ToLowerInvariant(_pattern[end]) switch
                {
                    'i' => RegexOptions.IgnoreCase,
                    'm' => RegexOptions.Multiline,
                    's' => RegexOptions.Singleline,
                    'n' => RegexOptions.ExplicitCapture,
                    'x' => RegexOptions.IgnorePatternWhitespace,
                    _ => RegexOptions.None,
                };
                isOff = _pattern[end] == '-' || (isOff && _pattern[end] != '+');
                options = isOff ? options & ~option : options | option;
            }

            if (end == _next + 2 || end == _pattern.Length || _pattern[end] != last)
            {
                return false;
            }

            HasInnerOptions |= _next > 0 || !_pattern[..(end + 1)].SequenceEqual("(?i)");
            _options = options & (Inner | RegexOptions.CultureInvariant);
            IgnoresCase |= (options & RegexOptions.IgnoreCase) != 0;
            _dotTakesNewline |= (options & RegexOptions.Singleline) != 0;
            _next = end + 1;
            return true;
        }

        /// <summary>The rest of a class, behind its bracket.</summary>
        /// <param name="start">Where the class begins.</param>
        private RegexCharacter? Class(int start)
        {
            bool isNegated = TryTake('^');
            bool isAsciiOnly = !isNegated;
            bool isExact = true;
            AsciiSet set = default;
            for (bool first = true; ; first = false)
            {
                if (AtEnd)
                {
                    return null;
                }

                if (!first && TryTake(']'))
                {
                    break;
                }

                if (!first && _pattern[_next..].StartsWith("-["))
                {
                    // What is left out is not left out of the set, which may be larger than it is.
                    int inner = _next + 1;
                    _next += 2;
                    if (Class(inner) is null || !TryTake(']'))
                    {
                        return null;
                    }

                    (isExact, _isRare) = (false, true);
                    break;
                }

                // An escaped hyphen begins no range.
                if (_pattern[_next..].StartsWith(@"\-"))
                {
                    _next += 2;
                    set |= AsciiSet.Of('-');
                    continue;
                }

                if (_pattern[_next] == '\\' && _next + 1 < _pattern.Length && _pattern[_next + 1] is 'd' or 'D' or 'w' or 'W' or 's' or 'S' or 'p' or 'P')
                {
                    _next++;
                    if (ClassEscape() is not var (escaped, isExactly))
                    {
                        return null;
                    }
                    // A class that is left out leaves out no more than is certain.
                    if (isExactly || !isNegated)
                    {
                        set |= escaped;
                    }

                    isExact &= isExactly;
                    isAsciiOnly = false;
                    continue;
                }

                if (ClassCharacter() is not { } low)
                {
                    return null;
                }

                char high = low;
                if (_next + 1 < _pattern.Length && _pattern[_next] == '-' && _pattern[_next + 1] is not (']' or '['))
                {
                    _next++;
                    if (ClassCharacter() is not { } last || last < low)
                    {
                        return null;
                    }

                    high = last;
                }

                isAsciiOnly &= char.IsAscii(high);
                set |= AsciiSet.Between(low, high);
            }

            if (!isNegated)
            {
                RegexCharacter character = Character(set, isAsciiOnly, start);
                return isExact ? character : character with { IsExact = false, Literal = null };
            }

            // With case ignored, what is excluded is more than what stands there; that it is excluded is then not relied on.
            return new RegexCharacter(IgnoresCase ? AsciiSet.All : ~set, null, ClassFrom(start), isExact && !IgnoresCase);
        }

        /// <summary>One character of a class; a bracket with a colon may begin a POSIX class, and is not read.</summary>
        private char? ClassCharacter()
        {
            if (AtEnd)
            {
                return null;
            }

            char character = _pattern[_next++];
            if (character == '[')
            {
                _isRare = true;
                return AtEnd || _pattern[_next] == ':' ? null : character;
            }

            if (character != '\\')
            {
                return character;
            }

            if (TryTake('b'))
            {
                return '\b';
            }

            return AtEnd ? null : Escape();
        }

        /// <summary>A set that an escape means, and whether it is no larger than it says; null if it is none.</summary>
        private (AsciiSet Set, bool IsExact)? ClassEscape()
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
            {
                _next++;
            }
            else if (_pattern[_next] is 'p' or 'P' && _pattern[(_next + 1)..] is ['{', ..] && EndOf('}') is var end && _pattern[end - 1] == '}')
            {
                (_next, _isRare) = (end, true);
                return (AsciiSet.All, false);
            }

            return set is null ? null : (set.Value, true);
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
                'c' => Control(),
                '0' => Octal(),
                _ => IsOfWord(character) ? null : character,
            };
        }

        // Letters and digits that are escaped mean something else, or nothing.
        private static bool IsOfWord(char character) => char.GetUnicodeCategory(character) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation || character is '\u200C' or '\u200D';

        private char? Control()
        {
            _isRare = true;
            if (AtEnd || char.ToUpperInvariant(_pattern[_next]) is not (>= '@' and <= '_' and var letter))
            {
                return null;
            }

            _next++;
            return (char)(letter - '@');
        }

        private char Octal()
        {
            _isRare = true;
            int code = 0;
            for (int i = 0; i < 2 && !AtEnd && _pattern[_next] is >= '0' and <= '7'; i++)
            {
                code = (code * 8) + _pattern[_next++] - '0';
            }

            return (char)code;
        }

        private char? Hexadecimal(int digits)
        {
            if (_pattern.Length - _next < digits
                || !ushort.TryParse(_pattern.Slice(_next, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
            {
                return null;
            }

            _next += digits;
            return (char)code;
        }

        private bool TryTake(char character)
        {
            if (AtEnd || _pattern[_next] != character)
            {
                return false;
            }

            _next++;
            return true;
        }
    }
}
