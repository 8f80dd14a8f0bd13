using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Diagnostics;

namespace SigmaFunctions.Engine.Yaml;

/// <summary>
/// The usual mistakes of those who write YAML by hand, in their words: the parser speaks of tokens, and often of a place where nothing is wrong.
/// </summary>
internal sealed partial class YamlMistakes
{
    private const int MaxQuoted = 60;
    private const int MaxLinesBack = 100;

    // The patterns below take quadratic time.
    private const int MaxLine = 2_000;

    // Those that YAML has, behind a backslash in double quotes.
    private const string Escapes = "0abt\tnvfre \"/\\N_LPxuU\n\r";

    private readonly string[] _lines;
    private readonly Position _at;

    private YamlMistakes(string text, Position at)
    {
        _lines = text.Split('\n');
        _at = at;
    }

    private string Line => _lines[_at.Line - 1].TrimEnd('\r');

    private char? Here => _at.Column <= Line.Length ? Line[_at.Column - 1] : null;

    /// <summary>What is wrong and where, as sentences; null where it is none of the usual mistakes.</summary>
    /// <param name="text">The file.</param>
    /// <param name="at">Where the parser gave up.</param>
    /// <param name="reason">What it said.</param>
    public static (Position At, string Message)? Explain(string text, Position at, string reason)
    {
        var mistakes = new YamlMistakes(text, at);
        return at.Line < 1 || at.Line > mistakes._lines.Length || at.Column < 1 || mistakes.Line.Length > MaxLine ? null : mistakes.Explain(reason);
    }

    private (Position At, string Message)? Explain(string reason)
    {
        bool Says(string words) => reason.Contains(words, StringComparison.Ordinal);
        return Says(" tab ") ? Tab()
            : Says("unknown escape") || Says("hexadecimal number") ? Escape()
            : Says("refers to no anchor") ? Begin('*', "YAML takes it for a reference")
            : Says("cannot start any token") && Here is { } first ? Begin(first, "YAML keeps that character for itself")
            : Says("block scalar") && BlockIndicator() is { } place ? Begin(place.Indicator, "YAML takes it for the begin of a text of several lines", place.At)
            : Says("multiline plain scalar, found invalid mapping") ? LineBefore()
            : Says("found invalid mapping") ? Colon()
            : Says("sequence entries are not allowed") ? (_at, "A list begins on a line of its own. Put each '- value' on a line below the key.")
            : Says("quoted scalar") && Here is '"' && EscapedEnd().Match(Line, _at.Column - 1) is { Success: true } escaped
                ? (_at with { Column = escaped.Groups["end"].Index + 1 }, $"The backslash makes the quote behind it a part of the text, which does not end. Use single quotes: {Quoted(escaped.Groups["text"].Value.Replace("'", "''", StringComparison.Ordinal))}.")
            : Says("quoted scalar") && Here is '\'' or '"' ? (_at, "The quote that begins here is not closed. Close it on the same line.")
            : (Says("malformed") || Says("parsing a flow ")) && OpenBracket() is { } bracket ? (bracket, $"The bracket '{_lines[bracket.Line - 1][bracket.Column - 1]}' is not closed. Close it, or quote the value if the bracket is part of its text.")
            : Says("did not find expected") ? QuoteAbove() ?? Behind() ?? Beside() ?? Indentation()
            : Says("Mapping values are not allowed") ? Behind()
            : Says("Mapping keys are not allowed") && Here is '?' ? Begin('?', "YAML keeps that character for itself")
            : null;
    }

    private (Position At, string Message)? Tab()
    {
        for (int line = 0; line < _lines.Length; line++)
        {
            int tab = _lines[line].AsSpan(0, IndentationOf(_lines[line])).IndexOf('\t');
            if (tab >= 0)
            {
                return (new Position(line + 1, tab + 1), "This line is indented with a tab, which YAML does not allow. Indent it with blanks.");
            }
        }

        return null;
    }

    private (Position At, string Message)? Escape()
    {
        Match quoted = FromDoubleQuote().Match(Line, Math.Min(_at.Column - 1, Line.Length));
        string value = quoted.Success ? quoted.Groups["text"].Value : "";
        for (int i = 0; i + 1 < value.Length; i++)
        {
            if (value[i] != '\\')
            {
                continue;
            }

            int digits = value[i + 1] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            bool isEscape = Escapes.Contains(value[i + 1], StringComparison.Ordinal)
                && value.Length >= i + 2 + digits && value.Skip(i + 2).Take(digits).All(char.IsAsciiHexDigit);
            if (!isEscape)
            {
                string meant = value.Replace("'", "''", StringComparison.Ordinal);
                return (
                    new Position(_at.Line, quoted.Groups["text"].Index + i + 1),
                    $"In double quotes a backslash begins an escape, and '\\{value[i + 1]}' is none{(digits > 0 ? " without its digits" : "")}. Use single quotes, which keep it: {Quoted(meant)}.");
            }

            i++;
        }

        return null;
    }

    private (Position At, string Message) Begin(char indicator, string why, Position? at = null)
    {
        Position place = at ?? _at;
        string value = BehindValue().Replace(Line[Math.Min(place.Column - 1, Line.Length)..], "").Replace("'", "''", StringComparison.Ordinal);
        return (place, $"A value that begins with '{indicator}' needs quotes: without them {why}. Write {Quoted(value)}.");
    }

    private (char Indicator, Position At)? BlockIndicator()
    {
        Match value = KeyAndValue().Match(Line);
        return value.Success && value.Groups["value"] is { Length: > 0 } group && group.Value[0] is '|' or '>'
            ? (group.Value[0], _at with { Column = group.Index + 1 })
            : null;
    }

    /// <summary>The line goes on the one before, which was to be a key and its value.</summary>
    private (Position At, string Message)? LineBefore()
    {
        int line = _at.Line - 1;
        while (line > 0 && string.IsNullOrWhiteSpace(_lines[line - 1]))
        {
            line--;
        }

        if (line == 0)
        {
            return null;
        }

        string before = _lines[line - 1].TrimEnd('\r');
        var at = new Position(line, IndentationOf(before) + 1);
        int colon = before.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? (at, "This line is no 'key: value': it has no colon.")
            : colon + 1 < before.Length && before[colon + 1] != ' '
                ? (at with { Column = colon + 1 }, "A blank is missing behind this colon. Write 'key: value'.")
                : null;
    }

    private (Position At, string Message)? Colon()
    {
        Match line = KeyAndValue().Match(Line);
        if (!line.Success || line.Groups["value"] is not { Length: > 0 } value)
        {
            return null;
        }

        int colon = value.Value.IndexOf(": ", StringComparison.Ordinal);
        int column = value.Index + (colon < 0 ? value.Length : colon + 1);
        string text = value.Value.Replace("'", "''", StringComparison.Ordinal);
        return (_at with { Column = column }, $"The value holds a colon, which YAML takes for the end of another key. Put the value in quotes: {line.Groups["key"].Value.Trim()}: {Quoted(text)}.");
    }

    /// <summary>A quoted value that ends before its line does.</summary>
    private (Position At, string Message)? Behind()
    {
        Match line = QuotedThenMore().Match(Line);
        if (!line.Success || line.Groups["more"].Index + 1 < _at.Column - 1)
        {
            return null;
        }

        var at = new Position(_at.Line, line.Groups["more"].Index + 1);
        return Line[at.Column - 2] == '\'' && char.IsLetterOrDigit(Line[at.Column - 1])
            ? (at with { Column = at.Column - 1 }, "This apostrophe ends the value, which is in single quotes. Write it twice ('it''s'), or put the value in double quotes.")
            : (at, "The value ends with its closing quote, and more text follows. Put all of it in quotes; write several values as a list.");
    }

    /// <summary>A quote of a line above that the first quote of this line closed.</summary>
    private (Position At, string Message)? QuoteAbove()
    {
        for (int line = _at.Line - 1; line >= 1 && line >= _at.Line - MaxLinesBack; line--)
        {
            string above = _lines[line - 1];
            if (above.Length > MaxLine)
            {
                return null;
            }

            if (OpenQuote().Match(above) is { Success: true } open)
            {
                int quote = open.Groups["quote"].Index;
                int closed = Line.IndexOf(above[quote], StringComparison.Ordinal);
                return closed >= 0 && closed < _at.Column ? (new Position(line, quote + 1), "The quote that begins here is not closed on this line, but by one below. Close it on the same line.") : null;
            }

            if (above.AsSpan().ContainsAny('\'', '"'))
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>The last bracket before this place that is not closed.</summary>
    private Position? OpenBracket()
    {
        for (int line = _at.Line; line >= 1 && line >= _at.Line - MaxLinesBack; line--)
        {
            if (_lines[line - 1].Length > MaxLine)
            {
                return null;
            }

            var open = new Stack<int>();
            int end = line == _at.Line ? Math.Min(_at.Column, Line.Length) : _lines[line - 1].Length;
            foreach (Match bracket in QuotedOrBracket().Matches(_lines[line - 1]).Where(match => match.Index < end && match.Length == 1))
            {
                if (bracket.ValueSpan[0] is '[' or '{')
                {
                    open.Push(bracket.Index);
                }
                else
                {
                    open.TryPop(out _);
                }
            }

            if (open.TryPop(out int at))
            {
                return new Position(line, at + 1);
            }
        }

        return null;
    }

    /// <summary>A key in the column of the dash of a list's item.</summary>
    private (Position At, string Message)? Beside()
    {
        int own = IndentationOf(Line);
        if (own != _at.Column - 1)
        {
            return null;
        }

        int line = _at.Line - 1;
        while (line > 0 && (string.IsNullOrWhiteSpace(_lines[line - 1]) || IndentationOf(_lines[line - 1]) > own))
        {
            line--;
        }

        return line > 0 && IndentationOf(_lines[line - 1]) == own && _lines[line - 1].AsSpan(own).StartsWith("- ")
            ? (_at, $"This line stands below the '-' of a list. Begin it with '- ' too, or indent it by {own + 2} blanks if it belongs to the item above.")
            : null;
    }

    private (Position At, string Message)? Indentation()
    {
        int own = IndentationOf(Line);
        return own != _at.Column - 1 || _at.Line < 2
            ? null
            : (_at, $"This line is indented by {own} blank{(own == 1 ? "" : "s")}, as none of the lines that it could belong to. Indent it like its neighbours.");
    }

    private static string Quoted(string value) => value.Length <= MaxQuoted ? $"'{value}'" : "'…'";

    private static int IndentationOf(string line) => line.AsSpan().IndexOfAnyExcept(' ', '\t') is >= 0 and var length ? length : line.Length;

    [GeneratedRegex("""\G"(?<text>[^"\\]*(?:\\[^"][^"\\]*)*(?<end>\\))"\s*$""", RegexOptions.CultureInvariant)]
    private static partial Regex EscapedEnd();

    [GeneratedRegex("""^\s*(?:- +)*(?:[^:'"]*: +)?(?<quote>'(?:[^']|'')*|"(?:[^"\\]|\\.)*)$""", RegexOptions.CultureInvariant)]
    private static partial Regex OpenQuote();

    [GeneratedRegex("""'[^']*'|"(?:[^"\\]|\\.)*"|[\[\]{}]""", RegexOptions.CultureInvariant)]
    private static partial Regex QuotedOrBracket();

    [GeneratedRegex("""\G[^"]*"(?<text>[^"]*)""", RegexOptions.CultureInvariant)]
    private static partial Regex FromDoubleQuote();

    [GeneratedRegex(@"^(?<key>\s*(- +)*[^:\s][^:]*):\s+(?<value>.*?)\s*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex KeyAndValue();

    [GeneratedRegex(@"( #.*)?\s*$", RegexOptions.CultureInvariant | RegexOptions.RightToLeft)]
    private static partial Regex BehindValue();

    [GeneratedRegex("""^\s*(?:- +)*(?:[^:'"]*: +)?(?:'(?:[^']|'')*'|"(?:[^"\\]|\\.)*")\s*(?<more>[^\s#])""", RegexOptions.CultureInvariant)]
    private static partial Regex QuotedThenMore();
}
