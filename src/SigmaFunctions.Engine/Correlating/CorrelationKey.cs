using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>
/// Values of fields as what keeps groups apart and what is counted: compared as rules compare text, with numbers by their value. A key is, for each
/// field, the length of its text in upper case, in groups of seven bits, and the text in UTF-8; what stands in one field cannot be taken for the
/// begin of the next.
/// </summary>
internal static class CorrelationKey
{
    /// <summary>Most groups that one match is of by the ways of taking one text of each of several lists.</summary>
    public const int MaxGroups = 64;

    /// <summary>Appends a text to a key.</summary>
    public static void Append(ArrayBufferWriter<byte> key, string text)
    {
        string upper = text.ToUpperInvariant();
        int length = Encoding.UTF8.GetByteCount(upper);
        AppendLength(key, length);
        Encoding.UTF8.GetBytes(upper, key.GetSpan(length));
        key.Advance(length);
    }

    /// <summary>Appends a text to a key that is no number, in UTF-8.</summary>
    public static void Append(ArrayBufferWriter<byte> key, ReadOnlySpan<byte> text)
    {
        if (!Ascii.IsValid(text))
        {
            Append(key, Encoding.UTF8.GetString(text));
            return;
        }

        AppendLength(key, text.Length);
        Ascii.ToUpper(text, key.GetSpan(text.Length), out int written);
        key.Advance(written);
    }

    /// <summary>A value as it is told and compared: a number of JSON by its value, anything else as it is.</summary>
    public static string TextOf(bool isNumber, ReadOnlySpan<byte> text)
    {
        string written = Encoding.UTF8.GetString(text);
        return isNumber && Rational.TryParse(written, mayHaveExponent: true, out Rational number) ? number.ToString() : written;
    }

    /// <summary>Whether a value is written as it is told and compared. A number is, as long as it is digits that do not begin with zero.</summary>
    public static bool IsPlain(bool isNumber, ReadOnlySpan<byte> text) =>
        !isNumber || (text.Length is > 0 and <= Rational.MaxText && text[0] != (byte)'0' && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9'));

    /// <summary>The groups of a match: each way of taking one text of each field, the first <see cref="MaxGroups"/> in order where several have some; none where a field has none.</summary>
    public static ImmutableArray<ImmutableArray<string>> GroupsOf(IReadOnlyList<ImmutableArray<string>> fields) =>
        Combinations(fields, MostGroups(fields));

    /// <summary>Whether a match has more groups than <see cref="GroupsOf"/> gives.</summary>
    public static bool HasMoreGroups(IReadOnlyList<ImmutableArray<string>> fields) => HasMore(fields, MostGroups(fields));

    /// <summary>Whether a match has more values than <see cref="ValuesOf"/> gives.</summary>
    public static bool HasMoreValues(IReadOnlyList<ImmutableArray<string>> fields) => HasMore(fields, CapturedValues.MaxValues);

    /// <summary>The values that a match counts for: as <see cref="GroupsOf"/>, the first <see cref="CapturedValues.MaxValues"/>.</summary>
    public static ImmutableArray<ImmutableArray<string>> ValuesOf(IReadOnlyList<ImmutableArray<string>> fields) => Combinations(fields, CapturedValues.MaxValues);

    /// <summary>Tells where each field of a key is, its length included.</summary>
    public static void Split(ReadOnlySpan<byte> key, Span<Range> fields)
    {
        int at = 0;
        for (int field = 0; field < fields.Length; field++)
        {
            int start = at;
            int length = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte part = key[at++];
                length |= (part & 0x7F) << shift;
                if (part < 0x80)
                {
                    break;
                }
            }

            at += length;
            fields[field] = start..at;
        }
    }

    private static int MostGroups(IReadOnlyList<ImmutableArray<string>> fields) =>
        fields.Count(texts => texts.Length > 1) > 1 ? MaxGroups : CapturedValues.MaxValues;

    private static bool HasMore(IReadOnlyList<ImmutableArray<string>> fields, int most) =>
        fields.Aggregate(1L, (ways, texts) => Math.Min(ways, most + 1L) * texts.Length) > most;

    private static ImmutableArray<ImmutableArray<string>> Combinations(IReadOnlyList<ImmutableArray<string>> fields, int most)
    {
        List<ImmutableArray<string>> combinations = [[]];
        foreach (ImmutableArray<string> texts in fields)
        {
            combinations =
            [
                .. combinations.SelectMany(combination => texts, (combination, text) => combination.Add(text)).Take(most),
            ];
        }

        return [.. combinations];
    }

    private static void AppendLength(ArrayBufferWriter<byte> key, int length)
    {
        Span<byte> bytes = key.GetSpan(5);
        int at = 0;
        for (uint rest = (uint)length; ; rest >>= 7)
        {
            bytes[at++] = (byte)(rest < 0x80 ? rest : rest | 0x80);
            if (rest < 0x80)
            {
                break;
            }
        }

        key.Advance(at);
    }
}
