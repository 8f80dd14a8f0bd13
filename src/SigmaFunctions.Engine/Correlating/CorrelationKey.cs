using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>Values of fields as what keeps groups apart and what is counted: compared as rules compare text, with numbers by their value.</summary>
internal static class CorrelationKey
{
    /// <summary>Most groups that one match is of.</summary>
    public const int MaxCombinations = 64;

    // Elements of a list that are looked at.
    private const int MaxElements = 1_000;

    /// <summary>The different texts of a field, as they are told: of a list one for each element, none where it is absent, null, an object or without elements.</summary>
    public static ImmutableArray<string> TextsOf(FieldValue? value)
    {
        switch (value?.Kind)
        {
            case null or FieldValueKind.Null or FieldValueKind.Object:
                return [];
            case FieldValueKind.Array:
                return
                [
                    .. value.Items.Take(MaxElements).SelectMany(item => TextsOf(item)).DistinctBy(text => text, StringComparer.OrdinalIgnoreCase),
                ];
            case FieldValueKind.Number when Rational.TryParse(value.Text, mayHaveExponent: true, out Rational number):
                return [number.ToString()];
            default:
                return [value.Text];
        }
    }

    /// <summary>The numbers of a field: of JSON or of text, of a list those of its elements.</summary>
    public static IEnumerable<Rational> NumbersOf(FieldValue? value) => value?.Kind switch
    {
        FieldValueKind.Array => value.Items.Take(MaxElements).SelectMany(NumbersOf),
        FieldValueKind.Number when Rational.TryParse(value.Text, mayHaveExponent: true, out Rational number) => [number],
        FieldValueKind.Text when Rational.TryParse(value.Text, mayHaveExponent: false, out Rational number) => [number],
        _ => [],
    };

    /// <summary>Each way of taking one text of each field, the first <see cref="MaxCombinations"/> in order; none where a field has none.</summary>
    public static ImmutableArray<ImmutableArray<string>> Combinations(IReadOnlyList<ImmutableArray<string>> fields)
    {
        List<ImmutableArray<string>> combinations = [[]];
        foreach (ImmutableArray<string> texts in fields)
        {
            combinations =
            [
                .. combinations.SelectMany(combination => texts, (combination, text) => combination.Add(text)).Take(MaxCombinations),
            ];
        }

        return [.. combinations];
    }

    /// <summary>One text for texts that are equal as keys; what stands in one cannot be taken for the begin of the next.</summary>
    public static string Of(ImmutableArray<string> texts)
    {
        var key = new StringBuilder();
        foreach (string text in texts)
        {
            key.Append(CultureInfo.InvariantCulture, $"{text.Length}:").Append(text.ToUpperInvariant());
        }

        return key.ToString();
    }
}
