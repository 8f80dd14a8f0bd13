using System.Globalization;
using System.Text;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>A value cannot be transformed as its modifiers say.</summary>
internal sealed class TransformationException(DiagnosticCode code, string message) : Exception(message)
{
    public DiagnosticCode Code { get; } = code;
}

/// <summary>The modifiers that turn one value into one or several others (specification, "Modifiers").</summary>
internal static class Transformations
{
    /// <summary>A value with more dashes than this would have more than 5⁶ spellings.</summary>
    public const int MaxDashes = 6;

    private static readonly char[] Dashes = ['-', '/', '–', '—', '―'];

    public static IEnumerable<TextValue> Apply(Modifier modifier, TextValue value) => modifier switch
    {
        Modifier.Contains => [new PatternValue(new TextPattern([PatternPart.AnyRun, .. ToPattern(value).Parts, PatternPart.AnyRun]))],
        Modifier.StartsWith => [new PatternValue(new TextPattern([.. ToPattern(value).Parts, PatternPart.AnyRun]))],
        Modifier.EndsWith => [new PatternValue(new TextPattern([PatternPart.AnyRun, .. ToPattern(value).Parts]))],
        Modifier.Windash => Windash(ToPattern(value)),
        Modifier.Utf16Le => [new BytesValue(Encoding.Unicode.GetBytes(Plain(modifier, value)))],
        Modifier.Utf16Be => [new BytesValue(Encoding.BigEndianUnicode.GetBytes(Plain(modifier, value)))],
        Modifier.Utf16 => [new BytesValue([0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Plain(modifier, value))])],
        Modifier.Base64 => [PatternValue.FromLiteral(Convert.ToBase64String(Bytes(modifier, value)))],
        Modifier.Base64Offset => Base64Offset(Bytes(modifier, value)),
        _ => throw new ArgumentOutOfRangeException(nameof(modifier)),
    };

    /// <summary>The pattern that a finished value is: bytes that are not followed by base64 are looked for as UTF-8 text.</summary>
    public static TextPattern ToPattern(TextValue value)
    {
        if (value is PatternValue pattern)
        {
            return pattern.Pattern;
        }

        try
        {
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(((BytesValue)value).Bytes);
            return new TextPattern([PatternPart.Literal(text)]);
        }
        catch (DecoderFallbackException)
        {
            throw new TransformationException(
                DiagnosticCode.ModifierCombination, "The UTF-16 bytes of this value are no text that an event could hold. Put 'base64' or 'base64offset' behind the encoding.");
        }
    }

    private static string Plain(Modifier modifier, TextValue value) =>
        ToPattern(value).Literal ?? throw new TransformationException(
            DiagnosticCode.ModifierCombination,
            $"'{ModifierNames.NameOf(modifier)}' encodes plain text, but the value holds a wildcard. Write '\\*' or '\\?' for the characters themselves, and put 'contains' last.");

    private static byte[] Bytes(Modifier modifier, TextValue value) =>
        value is BytesValue bytes ? bytes.Bytes : Encoding.UTF8.GetBytes(Plain(modifier, value));

    /// <summary>The part of the Base64 text that does not depend on what stands before and after, for each of three alignments.</summary>
    private static IEnumerable<TextValue> Base64Offset(byte[] bytes)
    {
        int[] leading = [0, 2, 3];
        int[] trailing = [0, 3, 2];
        for (int offset = 0; offset < 3; offset++)
        {
            string encoded = Convert.ToBase64String([.. new byte[offset], .. bytes]);
            int end = encoded.Length - trailing[(bytes.Length + offset) % 3];
            if (end <= leading[offset])
            {
                throw new TransformationException(
                    DiagnosticCode.InvalidValue, "The value is too short for 'base64offset': in one alignment nothing of it is left to look for. Give at least two characters.");
            }

            yield return PatternValue.FromLiteral(encoded[leading[offset]..end]);
        }
    }

    /// <summary>
    /// Every mix of the dash characters at each <c>-</c> or <c>/</c> that starts a word and follows no word character. A wildcard
    /// is no word character.
    /// </summary>
    private static IEnumerable<TextValue> Windash(TextPattern pattern)
    {
        var places = new List<(int Part, int Index)>();
        for (int part = 0; part < pattern.Parts.Length; part++)
        {
            string text = pattern.Parts[part].Text;
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] is '-' or '/' && !EndsInWord(text.AsSpan(0, i)) && StartsWithWord(text.AsSpan(i + 1)))
                {
                    places.Add((part, i));
                }
            }
        }

        if (places.Count > MaxDashes)
        {
            throw new TransformationException(
                DiagnosticCode.TooManyValues, $"'windash' would make more than {Dashes.Length}^{MaxDashes} spellings of this value. Split it and use 'all'.");
        }

        int variants = (int)Math.Pow(Dashes.Length, places.Count);
        for (int variant = 0; variant < variants; variant++)
        {
            char[][] texts = pattern.Parts.Select(part => part.Text.ToCharArray()).ToArray();
            int rest = variant;
            foreach ((int part, int index) in places)
            {
                texts[part][index] = Dashes[rest % Dashes.Length];
                rest /= Dashes.Length;
            }

            yield return new PatternValue(new TextPattern(pattern.Parts.Select((part, i) => part with { Text = new string(texts[i]) })));
        }
    }

    private static bool EndsInWord(ReadOnlySpan<char> text) => Rune.DecodeLastFromUtf16(text, out Rune rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    private static bool StartsWithWord(ReadOnlySpan<char> text) => Rune.DecodeFromUtf16(text, out Rune rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    /// <summary>A word character as the reference implementation's regular expressions have it: letters, numbers of all kinds, underscore.</summary>
    private static bool IsWord(Rune rune) => rune.Value == '_' || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
        or UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
