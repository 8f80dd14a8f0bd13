using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Indexing;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// Tells of nearly every event, from its bytes as they arrived, that no keyword of a route can be found in it, so that its own values
/// need not be read at all. Immutable.
/// </summary>
public sealed class KeywordFilter
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .:;,-_=#@!%$()[]{}|~^*?");

    private const string Escape = "\\u00";

    // The fingerprints of more than these tell little apart.
    private const int MostFewLiterals = 96;

    private readonly FewLiterals? _literals;
    private readonly FewLiterals? _literalsAndEscapes;
    private readonly LiteralIndex? _manyLiterals;

    private KeywordFilter(IReadOnlyCollection<string> literals)
    {
        if (literals.Count > MostFewLiterals)
        {
            // It is only asked whether any stands in a text: none needs a predicate.
            _manyLiterals = LiteralIndex.Create([.. literals.Select(literal => new IndexedLiteral(FoldedText.Of(literal), default, LiteralUse.Anywhere))]);
            return;
        }

        _literals = new FewLiterals(literals);
        _literalsAndEscapes = new FewLiterals([.. literals, Escape]);
    }

    /// <summary>A filter for keyword predicates; null if one of them has no literal that JSON would write as it is.</summary>
    internal static KeywordFilter? Create(IEnumerable<Predicate> keywords)
    {
        var literals = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (Predicate keyword in keywords)
        {
            if (keyword is not TextPredicate text || LongestPlain(text.Pattern.Parts) is not { Length: >= FewLiterals.MinLength } literal)
            {
                return null;
            }

            literals.Add(literal);
        }

        return new KeywordFilter(literals);
    }

    /// <summary>Whether some keyword may be found in the values of JSON text. Where it says no, none is.</summary>
    /// <param name="json">The event as JSON in UTF-8, whatever is in its strings escaped.</param>
    /// <param name="matcher">Whose buffers are used.</param>
    public bool MayStandIn(ReadOnlySpan<byte> json, EventMatcher matcher)
    {
        ArgumentNullException.ThrowIfNull(matcher);
        if (_manyLiterals is { } many)
        {
            return many.AnyStandsIn(ref matcher.KeywordRoom.Fold(json), json.Length, matcher.KeywordRoom.Places) || EscapesPlain(json);
        }

        return _literalsAndEscapes!.StandIn(json) && (_literals!.StandIn(json) || EscapesPlain(json));
    }

    /// <summary>
    /// Whether a character that the literals may hold is escaped, so that they would not be found as they are. Behind an escaped
    /// backslash an escape of JSON within JSON may follow.
    /// </summary>
    private static bool EscapesPlain(ReadOnlySpan<byte> json)
    {
        while (json.IndexOf("\\u00"u8) is >= 0 and var escape)
        {
            json = json[(escape + 4)..];
            if (json.Length < 2
                || !byte.TryParse(json[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte code)
                || code == '\\'
                || Plain.Contains((char)code))
            {
                return true;
            }
        }

        return false;
    }

    private static string LongestPlain(ImmutableArray<PatternPart> parts)
    {
        string longest = "";
        foreach (PatternPart part in parts)
        {
            ReadOnlySpan<char> rest = part.Text.AsSpan();
            while (!rest.IsEmpty)
            {
                int end = rest.IndexOfAnyExcept(Plain);
                ReadOnlySpan<char> run = end < 0 ? rest : rest[..end];
                if (run.Length > longest.Length)
                {
                    longest = run.ToString();
                }

                rest = end < 0 ? [] : rest[(end + 1)..];
            }
        }

        return longest;
    }
}
