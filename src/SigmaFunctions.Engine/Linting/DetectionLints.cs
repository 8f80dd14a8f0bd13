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
        foreach (SearchIdentifier identifier in detection.Identifiers)
        {
            if (identifier.Search is { } search)
            {
                Check(search);
            }
        }
    }

    private void Check(SearchSyntax search)
    {
        switch (search)
        {
            case MapSearch map:
                foreach (DetectionItem item in map.Items)
                {
                    Check(item);
                }

                break;
            case ListSearch list:
                foreach (SearchSyntax alternative in list.Alternatives)
                {
                    Check(alternative);
                }

                break;
            case DetectionItem item:
                CheckField(item);
                CheckDuplicates(item);
                CheckValues(item);
                break;
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
        foreach (YamlScalar value in item.Values)
        {
            // The patterns below take quadratic time.
            bool isShort = isText && value.Value.Length <= MaxLintedLength;
            if (isShort && value.Value.Contains(@"\*", StringComparison.Ordinal) && EscapedWildcardAfterPath().IsMatch(value.Value))
            {
                sink.Report(DiagnosticCode.EscapedWildcard, value.Position, $"In '{Shortened.Of(value.Value)}' the backslash makes the wildcard after it a plain character. If a path and a wildcard are meant, write '\\\\*'.");
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

    // A folder of a path, then one backslash and a star: C:\Users\*
    [GeneratedRegex(@"([A-Za-z]:|[A-Za-z0-9_.]{2,})\\[^*?]*[A-Za-z0-9_]\\\*", RegexOptions.CultureInvariant)]
    private static partial Regex EscapedWildcardAfterPath();

    [GeneratedRegex(@"\.\*[A-Za-z0-9]|\\[dw][+*{]|\[(a-z|A-Z|0-9|a-zA-Z)[^\]]*\][+*{]|\(\?[:i=!]", RegexOptions.CultureInvariant)]
    private static partial Regex LooksLikeRegex();
}
