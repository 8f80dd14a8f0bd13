using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>The values of a field of a match.</summary>
/// <param name="Texts">The different ones, as they are told and compared.</param>
/// <param name="Numbers">Those that are numbers, all of them.</param>
internal sealed record FieldTexts(ImmutableArray<string> Texts, ImmutableArray<Rational> Numbers)
{
    /// <summary>One text.</summary>
    public static FieldTexts Of(string text) => new([text], NumberOf(isNumber: false, Encoding.UTF8.GetBytes(text)));

    /// <summary>What was captured of a field.</summary>
    public static FieldTexts Of(CorrelationPlan plan, CorrelatedMatch match, string field) => Of(match, plan.FieldsOf(match.Rule).IndexOf(field));

    /// <summary>What was captured of a field.</summary>
    /// <param name="match">The match.</param>
    /// <param name="place">The field's place among those that were captured.</param>
    public static FieldTexts Of(CorrelatedMatch match, int place)
    {
        var reader = new CapturedReader(match.Values.Span);
        for (int i = 0; i < place; i++)
        {
            reader.SkipField();
        }

        var texts = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        ImmutableArray<string>.Builder ordered = ImmutableArray.CreateBuilder<string>();
        ImmutableArray<Rational>.Builder numbers = ImmutableArray.CreateBuilder<Rational>();
        while (reader.TryRead(out bool isNumber, out ReadOnlySpan<byte> bytes))
        {
            string text = CorrelationKey.TextOf(isNumber, bytes);
            if (texts.Add(text))
            {
                ordered.Add(text);
            }

            numbers.AddRange(NumberOf(isNumber, bytes));
        }

        return new FieldTexts(ordered.DrainToImmutable(), numbers.DrainToImmutable());
    }

    /// <summary>The number that a text is; none if it is no number.</summary>
    public static ImmutableArray<Rational> NumberOf(bool isNumber, ReadOnlySpan<byte> text)
    {
        // No number has more bytes than the longest has characters.
        if (text.Length > Rational.MaxText)
        {
            return [];
        }

        Span<char> characters = stackalloc char[Rational.MaxText];
        int length = Encoding.UTF8.GetChars(text, characters);
        return Rational.TryParse(characters[..length], mayHaveExponent: isNumber, out Rational number) ? [number] : [];
    }
}
