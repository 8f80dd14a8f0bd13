using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Linting;

/// <summary>Doubts about fields and values.</summary>
internal sealed partial class DetectionLints(DetectionSyntax detection, DiagnosticSink sink)
{
    private const int MaxLintedLength = 1_024;

    public void Run()
    {
        foreach (DetectionItem item in detection.Items)
        {
            CheckField(item);
            CheckDuplicates(item);
            CheckValues(item);
        }
    }

    private void CheckField(DetectionItem item)
    {
        if (item.Field is { } field && field.AsSpan().Trim().Length != field.Length)
        {
            sink.Report(DiagnosticCode.BlankInField, item.Position, $"The field name '{Shortened.Of(field)}' has blanks at its end, and no event has such a field. Remove them.");
        }
    }

    private void CheckDuplicates(DetectionItem item)
    {
        // Encodings give different texts for different cases.
        if (item.Values.Length < 2)
        {
            return;
        }

        bool cased = item.Modifiers.Any(syntax => syntax.Modifier is Modifier.Cased or Modifier.Re or (>= Modifier.Base64 and <= Modifier.Utf16));
        var seen = new HashSet<string>(cased ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        foreach (YamlScalar value in item.Values)
        {
            if (!value.IsNull && !seen.Add(value.Value))
            {
                sink.Report(DiagnosticCode.DuplicateValue, value.Position, $"The value '{Shortened.Of(value.Value)}' stands twice in this list{(cased ? "" : " (case does not count)")}. Keep one of them.");
            }
        }
    }

    private void CheckValues(DetectionItem item)
    {
        bool isText = !item.Modifiers.Any(syntax => syntax.Modifier is Modifier.Re or Modifier.Cidr or Modifier.FieldRef or Modifier.Exists or >= Modifier.GreaterThan);
        bool isRegex = Has(item, Modifier.Re);
        foreach (YamlScalar value in item.Values)
        {
            if (value.IsDoubleQuoted && EscapeOf(value.Value) is var (at, escape, name))
            {
                string meant = value.Value.Remove(at, 1).Insert(at, escape);
                sink.Report(DiagnosticCode.EscapeInPath, value.Position, $"In double quotes '{escape}' is {name}, and this value holds one. If a backslash is meant, use single quotes, which keep it: '{Shortened.Of(meant)}'.");
            }

            CheckWriting(item, value);

            if (isRegex && LiteralBraces().Match(value.Value) is { Success: true } braces)
            {
                sink.Report(DiagnosticCode.LiteralBraces, value.Position, $"'{braces.Value}' is no repetition to .NET but these very characters. Write '{{0{braces.Value[1..]}'.");
            }

            // The patterns below take quadratic time.
            bool isShort = isText && value.Value.Length <= MaxLintedLength;
            if (isShort && value.Value.Contains(@"\*", StringComparison.Ordinal) && EscapedWildcardAfterPath().IsMatch(value.Value))
            {
                sink.Report(DiagnosticCode.EscapedWildcard, value.Position, $"In '{Shortened.Of(value.Value)}' the backslash makes the wildcard after it a plain character. If a path and a wildcard are meant, write '\\\\*'{(value.IsDoubleQuoted ? " in single quotes" : "")}.");
            }

            if (isShort && MayLookLikeRegex(value.Value) && LooksLikeRegex().IsMatch(value.Value))
            {
                sink.Report(DiagnosticCode.RegexWithoutRe, value.Position, $"'{Shortened.Of(value.Value)}' looks like a regular expression but is compared as text. Add '|re' if that is meant.");
            }

            if (isText && value is { Value.Length: 0, IsNull: false } && (Has(item, Modifier.Contains) || Has(item, Modifier.StartsWith) || Has(item, Modifier.EndsWith) || item.Field is null))
            {
                sink.Report(DiagnosticCode.MatchesEverything, value.Position, "An empty text is contained in every value. Write 'exists: true' if that is meant.");
            }

            CheckPart(item, value.Value, value.Position);
        }
    }

    /// <summary>Texts that YAML reads otherwise than their writer.</summary>
    private void CheckWriting(DetectionItem item, YamlScalar value)
    {
        string text = value.Value;
        if (value.IsJoined)
        {
            string meant = text.StartsWith('-') ? "Each value of a list needs a blank behind its '-'." : "Write it on one line, or several values as a list.";
            sink.Report(DiagnosticCode.ValueOverLines, value.Position, $"YAML joins these lines to one value, '{Shortened.Of(text)}'. {meant}");
        }
        else if (value.IsBlock && text.EndsWith('\n'))
        {
            sink.Report(DiagnosticCode.ValueOverLines, value.Position, "This value ends with a line feed, which '|' and '>' keep. Write it on the line of its key, or use '|-' or '>-'.");
        }

        if (text is [('\u2018' or '\u201C' or '\u201E') and var open, .., '\u2018' or '\u2019' or '\u201C' or '\u201D'])
        {
            sink.Report(DiagnosticCode.TypographicQuotes, value.Position, $"The quotes around '{Shortened.Of(text)}' are typographic: to YAML they are part of the text. Write ' or \" instead of {open}.");
        }

        if (item.Field is null && value.IsPlain && FieldLike().Match(text) is { Success: true } field && ModifierNames.TryParse(field.Groups["modifier"].Value, out Modifier _))
        {
            sink.Report(DiagnosticCode.KeywordLikeField, value.Position, $"'{Shortened.Of(text)}' is searched for as it stands. If a field is meant, write a blank behind the colon: {Shortened.Of(field.Groups["key"].Value)}: …");
        }
    }

    /// <summary>A character that an escape stands for and that a letter or digit follows, as in a path whose backslash was meant.</summary>
    private static (int At, string Escape, string Name)? EscapeOf(string value)
    {
        for (int i = 0; i + 1 < value.Length; i++)
        {
            (string Escape, string Name)? found = value[i] switch
            {
                '\0' => (@"\0", "a NUL character"),
                '\a' => (@"\a", "a bell"),
                '\b' => (@"\b", "a backspace"),
                '\t' => (@"\t", "a tab"),
                '\n' => (@"\n", "a line feed"),
                '\v' => (@"\v", "a vertical tab"),
                '\f' => (@"\f", "a form feed"),
                '\r' => (@"\r", "a carriage return"),
                '\u001B' => (@"\e", "an escape character"),
                '\u0085' => (@"\N", "a next-line character"),
                '\u00A0' => (@"\_", "a no-break space"),
                '\u2028' => (@"\L", "a line separator"),
                '\u2029' => (@"\P", "a paragraph separator"),
                _ => null,
            };
            if (found is var (escape, name) && (char.IsLetterOrDigit(value[i + 1]) || value[i + 1] is '_'))
            {
                return (i, escape, name);
            }
        }

        return null;
    }

    private void CheckPart(DetectionItem item, string value, Position position)
    {
        bool exact = !item.Modifiers.Any(syntax => syntax.Modifier is >= Modifier.GreaterThan and <= Modifier.LessThanOrEqual);
        foreach ((Modifier modifier, Position _) in item.Modifiers)
        {
            (int Low, int High)? range = modifier switch
            {
                Modifier.Minute => (0, 59),
                Modifier.Hour => (0, 23),
                Modifier.Day => (1, 31),
                Modifier.Week => (1, 53),
                Modifier.Month => (1, 12),
                _ => null,
            };
            if (exact && range is var (low, high) && int.TryParse(value, out int number) && (number < low || number > high))
            {
                sink.Report(DiagnosticCode.OutOfRange, position, $"No timestamp has the {ModifierNames.NameOf(modifier)} {number}. Use {low} to {high}.");
            }
        }
    }

    /// <summary>Whether a text holds what <see cref="LooksLikeRegex"/> looks for: few do, and to say so is much cheaper.</summary>
    private static bool MayLookLikeRegex(string text) =>
        text.AsSpan().ContainsAny('[', '(')
        || text.Contains(".*", StringComparison.Ordinal)
        || text.Contains(@"\d", StringComparison.Ordinal)
        || text.Contains(@"\w", StringComparison.Ordinal);

    private static bool Has(DetectionItem item, Modifier modifier) => item.Modifiers.Any(syntax => syntax.Modifier == modifier);

    [GeneratedRegex(@"(?<!\\)\{,[0-9]{1,5}\}", RegexOptions.CultureInvariant)]
    private static partial Regex LiteralBraces();

    [GeneratedRegex(@"^(?<key>[\w.-]{1,100}\|(?<modifier>[a-z0-9]{1,20})(\|[a-z0-9]{1,20})*)\s?:", RegexOptions.CultureInvariant)]
    private static partial Regex FieldLike();

    // A folder of a path, then one backslash and a star: C:\Users\*
    [GeneratedRegex(@"([A-Za-z]:|[A-Za-z0-9_.]{2,})\\[^*?]*[A-Za-z0-9_]\\\*", RegexOptions.CultureInvariant)]
    private static partial Regex EscapedWildcardAfterPath();

    [GeneratedRegex(@"\.\*[A-Za-z0-9]|\\[dw][+*{]|\[(a-z|A-Z|0-9|a-zA-Z)[^\]]*\][+*{]|\(\?[:i=!]", RegexOptions.CultureInvariant)]
    private static partial Regex LooksLikeRegex();
}
