using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace SigmaFunctions.Engine.Rules.Yaml;

/// <summary>
/// Reads the YAML that nearly all rules are written in, several times faster than the parser and with half of its garbage: one document of block maps
/// and lists with plain keys, whose values are on one line, literal (<c>|</c>), or plain over several lines. It gives what the parser gives,
/// or nothing where it is not sure; a fault is always the parser's to tell.
/// </summary>
internal ref struct PlainYamlReader
{
    private const int MaxDepth = 32;
    private const int MaxLength = 1024 * 1024;
    private const int MaxKeys = 256;
    private const int MaxKeyLength = 128;

    // Line ends other than \n, tabs, what is no character of YAML, and what the parser counts or reads in a way of its own.
    private static readonly SearchValues<char> Unsure = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Where(value => value is < ' ' and not '\n' or >= 0x7F).Select(value => (char)value), '\u2028', '\u2029', '\uFEFF', '\uFFFE', '\uFFFF']);

    private readonly ReadOnlySpan<char> _text;

    // The line at hand: its number from 1, where it starts and ends, and how far it is indented. It is neither blank nor a comment.
    private int _line;
    private int _start;
    private int _end;
    private int _indent;
    private bool _failed;

    private PlainYamlReader(ReadOnlySpan<char> text)
    {
        _text = text;
        _end = -1;
    }

    /// <summary>The document of a text; null where only the parser can tell.</summary>
    public static YamlMapping? Read(string text)
    {
        if (text.Length > MaxLength || text.AsSpan().ContainsAny(Unsure) || text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            return null;
        var reader = new PlainYamlReader(text);
        if (!reader.Advance() || reader._indent != 0 || reader.At(0) == '-')
            return null;
        var root = reader.Mapping(0, 0);
        return reader._failed || !reader.AtEnd ? null : root;
    }

    private readonly bool AtEnd => _start > _text.Length;

    private readonly ReadOnlySpan<char> Line => _text[_start.._end];

    /// <summary>A character of the line; 0 behind its end.</summary>
    private readonly char At(int column) => _start + column < _end ? _text[_start + column] : '\0';

    private readonly Position PositionAt(int column) => new(_line, column + 1);

    /// <summary>Goes to the next line that holds anything; false at the end of the text and after a failure.</summary>
    private bool Advance()
    {
        while (Next())
        {
            var line = Line;
            int indent = line.IndexOfAnyExcept(' ');
            if (indent < 0 || line[indent] == '#')
                continue;
            // Another document, or directives.
            if (indent == 0 && (line.StartsWith("---") || line.StartsWith("...") || line[0] == '%'))
                _failed = true;
            _indent = indent;
            return !_failed;
        }

        return false;
    }

    private bool Next()
    {
        if (_failed || AtEnd)
            return false;
        _start = _end + 1;
        _line++;
        if (AtEnd)
            return false;
        int length = _text[_start..].IndexOf('\n');
        _end = length < 0 ? _text.Length : _start + length;
        return true;
    }

    private T? Fail<T>()
        where T : class
    {
        _failed = true;
        return null;
    }

    /// <summary>A map whose first key is in the line at hand, at a column; the others are in lines that are indented so far.</summary>
    private YamlMapping? Mapping(int column, int depth)
    {
        if (depth > MaxDepth)
            return Fail<YamlMapping>();
        var position = PositionAt(column);
        var entries = ImmutableArray.CreateBuilder<YamlEntry>();
        for (int at = column; ; at = _indent)
        {
            if (Key(at) is not { } key)
                return Fail<YamlMapping>();
            for (int i = 0; i < entries.Count; i++)
                if (entries[i].Key.Value == key.Value)
                    return Fail<YamlMapping>();
            if (entries.Count == MaxKeys || Value(column, at + key.Value.Length + 1, isItem: false, depth) is not { } value)
                return Fail<YamlMapping>();
            entries.Add(new YamlEntry(key, value));
            if (AtEnd || _indent < column)
                return new YamlMapping(entries.DrainToImmutable(), position);
            if (_indent > column || At(_indent) == '-')
                return Fail<YamlMapping>();
        }
    }

    /// <summary>A list whose first dash is in the line at hand, at its indent.</summary>
    private YamlSequence? Sequence(int depth)
    {
        if (depth > MaxDepth)
            return Fail<YamlSequence>();
        int column = _indent;
        var position = PositionAt(column);
        var items = ImmutableArray.CreateBuilder<YamlNode>();
        while (true)
        {
            if (At(column) != '-' || Value(column, column + 1, isItem: true, depth) is not { } item)
                return Fail<YamlSequence>();
            items.Add(item);
            if (AtEnd || _indent < column || (_indent == column && !IsDash(column)))
                return new YamlSequence(items.DrainToImmutable(), position);
            if (_indent > column)
                return Fail<YamlSequence>();
        }
    }

    private readonly bool IsDash(int column) => At(column) == '-' && At(column + 1) is ' ' or '\0';

    /// <summary>A plain key at a column; null if there is none that is sure to be one.</summary>
    private readonly YamlScalar? Key(int column)
    {
        var rest = Line[column..];
        int length = 0;
        while (length < rest.Length && (char.IsAsciiLetterOrDigit(rest[length]) || (length > 0 && rest[length] is '_' or '|' or '.' or '-')))
            length++;
        return length is > 0 and <= MaxKeyLength && length < rest.Length && rest[length] == ':' && (length + 1 == rest.Length || rest[length + 1] == ' ')
            ? new YamlScalar(rest[..length].ToString(), isPlain: true, PositionAt(column))
            : null;
    }

    /// <summary>What follows a key's colon or a dash; then the line at hand is the one behind it.</summary>
    /// <param name="parent">Column of the key or dash: what belongs to it is indented further, but for a list below a key.</param>
    /// <param name="column">Column behind the colon or dash.</param>
    /// <param name="isItem">Whether it follows a dash.</param>
    /// <param name="depth">How deep it is.</param>
    private YamlNode? Value(int parent, int column, bool isItem, int depth)
    {
        var rest = Line[column..];
        int spaces = rest.IndexOfAnyExcept(' ');
        if (spaces < 0 || (rest[spaces] == '#' && spaces > 0))
        {
            // A value in the lines below; none at all is the parser's to place.
            if (isItem || !Advance())
                return Fail<YamlNode>();
            if (IsDash(_indent))
                return _indent >= parent ? Sequence(depth + 1) : Fail<YamlNode>();
            return _indent > parent ? Mapping(_indent, depth + 1) : Fail<YamlNode>();
        }

        if (spaces == 0)
            return Fail<YamlNode>();
        column += spaces;
        rest = rest[spaces..];
        switch (rest[0])
        {
            case '\'':
            case '"':
                return Quoted(parent, column);
            case '|':
                return Literal(parent, column);
            case '-' when rest.Length == 1 || rest[1] == ' ':
            case '?' or ':' or ',' or '[' or ']' or '{' or '}' or '#' or '&' or '*' or '!' or '>' or '%' or '@' or '`':
                return Fail<YamlNode>();
        }

        return isItem && Key(column) is not null ? Mapping(column, depth + 1) : Plain(parent, column);
    }

    private YamlScalar? Quoted(int parent, int column)
    {
        var rest = Line[(column + 1)..];
        char quote = At(column);
        int end = rest.IndexOf(quote);
        bool isDoubled = false;
        while (quote == '\'' && end >= 0 && end + 1 < rest.Length && rest[end + 1] == quote)
        {
            isDoubled = true;
            int next = rest[(end + 2)..].IndexOf(quote);
            end = next < 0 ? -1 : end + 2 + next;
        }

        if (end < 0 || (quote == '"' && rest[..end].Contains('\\')))
            return Fail<YamlScalar>();
        var behind = rest[(end + 1)..];
        int more = behind.IndexOfAnyExcept(' ');
        if (more >= 0 && (more == 0 || behind[more] != '#'))
            return Fail<YamlScalar>();
        string value = rest[..end].ToString();
        return Closed(parent, new YamlScalar(isDoubled ? value.Replace("''", "'", StringComparison.Ordinal) : value, isPlain: false, PositionAt(column)));
    }

    private YamlScalar? Plain(int parent, int column)
    {
        var position = PositionAt(column);
        if (PlainPart(Line[column..], out bool commented) is not { Length: > 0 } first)
            return Fail<YamlScalar>();
        int line = _line;
        if (!Advance() || _indent <= parent)
            return _failed ? null : new YamlScalar(first.ToString(), isPlain: true, position);
        // It goes on: a line end is a space, and each empty line a line end.
        var text = new StringBuilder().Append(first);
        do
        {
            int breaks = _line - line - 1;
            // A comment ends it, so that this line would be a fault.
            if (commented || HasComment(breaks) || PlainPart(Line[_indent..], out commented) is not { Length: > 0 } part || part[0] is '#')
                return Fail<YamlScalar>();
            text.Append(breaks == 0 ? ' ' : '\n', Math.Max(breaks, 1)).Append(part);
            line = _line;
        }
        while (Advance() && _indent > parent);
        return _failed ? null : new YamlScalar(text.ToString(), isPlain: true, position);
    }

    /// <summary>The plain text of a line without the comment behind it; empty if it is not sure to be one.</summary>
    private static ReadOnlySpan<char> PlainPart(ReadOnlySpan<char> rest, out bool commented)
    {
        int comment = rest.IndexOf(" #");
        commented = comment >= 0;
        var part = (commented ? rest[..comment] : rest).TrimEnd(' ');
        return part.IndexOf(": ") >= 0 || part.EndsWith(":") ? default : part;
    }

    /// <summary>Whether one of some lines before the one at hand is a comment, and not blank.</summary>
    private readonly bool HasComment(int lines)
    {
        int end = _start - 1;
        for (; lines > 0; lines--)
        {
            int start = _text[..end].LastIndexOf('\n') + 1;
            if (_text[start..end].ContainsAnyExcept(' '))
                return true;
            end = start - 1;
        }

        return false;
    }

    private YamlScalar? Literal(int parent, int column)
    {
        var position = PositionAt(column);
        var header = Line[column..].TrimEnd(' ');
        bool strips = header is "|-";
        if (!strips && header is not "|")
            return Fail<YamlScalar>();
        var text = new StringBuilder();
        int breaks = 0;
        int indent = -1;
        while (Next())
        {
            int first = Line.IndexOfAnyExcept(' ');
            if (first < 0)
            {
                // Spaces beyond the indent are content.
                if (indent < 0 ? Line.Length > 0 : Line.Length > indent)
                    return Fail<YamlScalar>();
                breaks++;
                continue;
            }

            if (first <= parent)
                break;
            if (indent < 0)
                (indent, breaks) = breaks == 0 ? (first, 0) : (-1, breaks);
            if (indent < 0 || first < indent || _end == _text.Length)
                return Fail<YamlScalar>();
            text.Append('\n', breaks).Append(Line[indent..]);
            breaks = 1;
        }

        if (text.Length == 0)
            return Fail<YamlScalar>();
        if (!strips)
            text.Append('\n');
        // The line at hand need not be one that holds anything.
        if (!AtEnd)
        {
            (_end, _line) = (_start - 1, _line - 1);
            Advance();
        }

        return _failed ? null : new YamlScalar(text.ToString(), isPlain: false, position);
    }

    /// <summary>A scalar that ends in its line: the next one must not belong to it.</summary>
    private YamlScalar? Closed(int parent, YamlScalar scalar) =>
        Advance() && _indent > parent ? Fail<YamlScalar>() : _failed ? null : scalar;
}
