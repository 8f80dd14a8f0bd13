using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Pages.Decoding;

/// <summary>
/// Reads what is encoded in a value. It only reads: nothing is run, fetched or looked up. What is shown as decoded is text for certain; what may be
/// something else is left as it is. Work and output are bounded, whatever the value holds.
/// </summary>
internal static class ValueDecoder
{
    /// <summary>How deep what was decoded is looked at again.</summary>
    public const int MaxDepth = 3;

    /// <summary>Most parts of one value, those within others included.</summary>
    public const int MaxParts = 16;

    /// <summary>Most characters of all parts of one value together.</summary>
    public const int MaxDecoded = 32_768;

    /// <summary>Most characters of a text that are looked at, and that are kept of what was decoded.</summary>
    public const int MaxText = 32_768;

    private const int ShortestUtf8 = 12;
    private const int ShortestUtf16 = 6;

    private static readonly SearchValues<char> Carets = SearchValues.Create("^");

    // None of these looks back, so that the time is that of the text.
    private static readonly Regex Base64Run = Plain("[A-Za-z0-9+/_-]{16,}={0,2}");
    private static readonly Regex PercentRun = Plain("%[0-9A-Fa-f]{2}");
    private static readonly Regex CharacterRun = Plain(@"(\[char\]\s*(0x[0-9a-f]{1,4}|[0-9]{1,5})\s*\+?\s*){4,}");
    private static readonly Regex CharacterCode = Plain("0x[0-9a-f]{1,4}|[0-9]{1,5}");
    private static readonly Regex Joint = Plain(@"['""]\s*\+\s*['""]");

    /// <summary>What is encoded in a value; no parts where nothing is.</summary>
    public static DecodedValue Decode(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var budget = new Budget();
        ImmutableArray<DecodedPart> parts = Decode(value.Length <= MaxText ? value : value[..MaxText], 1, budget);
        return new DecodedValue(parts, value.Length > MaxText || budget.IsExceeded);
    }

    private static ImmutableArray<DecodedPart> Decode(string text, int depth, Budget budget)
    {
        if (depth > MaxDepth)
        {
            return [];
        }

        List<DecodedPart> parts = [];
        bool isDeflated = text.Contains("DeflateStream", StringComparison.OrdinalIgnoreCase);
        foreach (Match run in Base64Run.Matches(text).Take(MaxParts * 4))
        {
            // Hashes and other numbers are digits of Base64 too.
            bool isCut = run.Index + run.Length == MaxText;
            if (!budget.IsExceeded && !run.Value.All(char.IsAsciiHexDigit)
                && FromBase64(run.Value, isCut) is { } bytes && TryText(bytes, isDeflated, out string? decoded, out PartEncoding encoding, out bool isLong))
            {
                Add(encoding, new TextSpan(run.Index, run.Length), decoded, isCut || isLong);
            }
        }

        if (FromCharacterCodes(text) is { } codes)
        {
            Add(PartEncoding.CharacterCodes, codes.Place, codes.Text, isCut: false);
        }

        if (FromPercent(text) is { } percent)
        {
            Add(PartEncoding.PercentEncoded, new TextSpan(0, text.Length), percent, isCut: false);
        }

        if (WithoutNoise(text) is { } plain)
        {
            Add(PartEncoding.Noise, new TextSpan(0, text.Length), plain, isCut: false);
        }

        return [.. parts.OrderBy(part => part.Place.Start)];

        void Add(PartEncoding encoding, TextSpan place, string decoded, bool isCut)
        {
            if (budget.TryTake(decoded.Length))
            {
                // Noise that is gone is not looked for again.
                parts.Add(new DecodedPart(encoding, place, decoded, isCut, Decode(decoded, encoding == PartEncoding.Noise ? MaxDepth : depth + 1, budget)));
            }
        }
    }

    private static Regex Plain(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase);

    private static byte[]? FromBase64(string run, bool isCut)
    {
        string digits = run.TrimEnd('=').Replace('-', '+').Replace('_', '/');

        // Whole characters of UTF-16 and bytes alike, so that an end that was cut hides nothing before it.
        digits = isCut ? digits[..(digits.Length / 8 * 8)] : digits;
        if (digits.Length % 4 == 1)
        {
            return null;
        }

        byte[] bytes = new byte[digits.Length];
        return Convert.TryFromBase64String(digits.PadRight((digits.Length + 3) / 4 * 4, '='), bytes, out int length) ? bytes[..length] : null;
    }

    private static bool TryText(byte[] bytes, bool isDeflated, [NotNullWhen(true)] out string? text, out PartEncoding encoding, out bool isCut)
    {
        isCut = false;
        encoding = PartEncoding.Base64Utf16;
        if (bytes.Length % 2 == 0 && IsText(text = System.Text.Encoding.Unicode.GetString(bytes), ShortestUtf16))
        {
            return true;
        }

        encoding = PartEncoding.Base64Utf8;
        if (TryUtf8(bytes, out text))
        {
            return true;
        }

        encoding = PartEncoding.Base64Compressed;
        return (isDeflated || bytes is [0x1F, 0x8B, ..]) && TryDecompress(bytes, out byte[] content, out isCut) && (TryUtf8(content, out text) || IsText(text = System.Text.Encoding.Unicode.GetString(content), ShortestUtf16));
    }

    private static bool TryUtf8(byte[] bytes, [NotNullWhen(true)] out string? text)
    {
        text = System.Text.Encoding.UTF8.GetString(bytes).TrimEnd('\0');
        return IsText(text, ShortestUtf8);
    }

    /// <summary>Whether it is what people and shells write: hardly any random bytes are.</summary>
    private static bool IsText(string text, int shortest)
    {
        if (text.Length < shortest)
        {
            return false;
        }

        int plain = 0;
        foreach (char c in text)
        {
            if (c == '\uFFFD' || (char.IsControl(c) && c is not ('\r' or '\n' or '\t')))
            {
                return false;
            }

            plain += c is (>= ' ' and <= '~') or '\r' or '\n' or '\t' ? 1 : 0;
        }

        return plain >= text.Length * 9 / 10;
    }

    private static bool TryDecompress(byte[] bytes, out byte[] content, out bool isCut)
    {
        content = [];
        isCut = false;
        try
        {
            using var input = new MemoryStream(bytes);
            using Stream unpacked = bytes is [0x1F, 0x8B, ..] ? new GZipStream(input, CompressionMode.Decompress) : new DeflateStream(input, CompressionMode.Decompress);
            byte[] buffer = new byte[MaxText + 1];
            int length = unpacked.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            isCut = length > MaxText;
            content = buffer[..Math.Min(length, MaxText)];
            return content.Length > 0;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static (TextSpan Place, string Text)? FromCharacterCodes(string text)
    {
        if (CharacterRun.Match(text) is not { Success: true } run)
        {
            return null;
        }

        var decoded = new StringBuilder();
        foreach (Match code in CharacterCode.Matches(run.Value))
        {
            bool isHex = code.Value.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            int number = isHex
                ? int.Parse(code.Value.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
                : int.Parse(code.Value, NumberStyles.None, CultureInfo.InvariantCulture);
            if (number > char.MaxValue)
            {
                return null;
            }

            decoded.Append((char)number);
        }

        return IsText(decoded.ToString(), 4) ? (new TextSpan(run.Index, run.Length), decoded.ToString()) : null;
    }

    private static string? FromPercent(string text)
    {
        if (PercentRun.Count(text) < 3)
        {
            return null;
        }

        // Environment variables have no hex digits behind each of their signs.
        string decoded = Uri.UnescapeDataString(text);
        return decoded != text && IsText(decoded, 4) ? decoded : null;
    }

    /// <summary>The text as the shell sees it; null where that is the text.</summary>
    private static string? WithoutNoise(string text)
    {
        string plain = text;
        plain = Without(plain, Carets, '^');
        plain = WithoutBetweenLetters(plain, "`");
        plain = WithoutBetweenLetters(plain, "\"\"");
        plain = WithoutBetweenLetters(plain, "''");
        if (Joint.Count(plain) >= 2)
        {
            plain = Joint.Replace(plain, "");
        }

        return plain == text ? null : plain;
    }

    /// <summary>Without single carets before letters, where there are several: one may be what it looks like.</summary>
    private static string Without(string text, SearchValues<char> signs, char sign)
    {
        if (!text.AsSpan().ContainsAny(signs))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        int found = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == sign && i + 1 < text.Length && char.IsAsciiLetterOrDigit(text[i + 1]))
            {
                found++;
                continue;
            }

            plain.Append(text[i]);
        }

        return found >= 3 ? plain.ToString() : text;
    }

    /// <summary>What may still be decoded of one value.</summary>
    private sealed class Budget
    {
        private int _parts = MaxParts;
        private int _characters = MaxDecoded;

        public bool IsExceeded { get; private set; }

        public bool TryTake(int characters)
        {
            if (_parts == 0 || characters > _characters)
            {
                IsExceeded = true;
                return false;
            }

            _parts--;
            _characters -= characters;
            return true;
        }
    }

    private static string WithoutBetweenLetters(string text, string sign)
    {
        var plain = new StringBuilder(text.Length);
        int found = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterOrDigit(text[i - 1]) && string.CompareOrdinal(text, i, sign, 0, sign.Length) == 0
                && i + sign.Length < text.Length && char.IsAsciiLetterOrDigit(text[i + sign.Length]))
            {
                found++;
                i += sign.Length - 1;
                continue;
            }

            plain.Append(text[i]);
        }

        return found >= 2 ? plain.ToString() : text;
    }
}
