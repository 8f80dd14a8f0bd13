using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace SigmaFunctions.Cli;

/// <summary>Text of events and rules for a terminal, which it must not be able to steer.</summary>
internal static class PrintableText
{
    private const int MaxLength = 300;

    /// <summary>The whole text, with blanks for its control characters.</summary>
    public static string Whole(string text) =>
        text.Any(IsControl) ? string.Concat(text.Select(c => IsControl(c) ? ' ' : c)) : text;

    /// <summary>The text, cut where it is long, with its control characters escaped.</summary>
    public static string Of(string text)
    {
        string shown = text.Length <= MaxLength ? text : text[..MaxLength] + "…";
        return shown.Any(IsControl)
            ? string.Concat(shown.Select(c => IsControl(c) ? JavaScriptEncoder.Default.Encode(c.ToString()) : c.ToString()))
            : shown;
    }

    /// <summary>All of some bytes as text of several lines: what is not UTF-8 as <c>\xFF</c>, control characters escaped.</summary>
    public static string Lines(ReadOnlySpan<byte> utf8)
    {
        var text = new StringBuilder(utf8.Length);
        while (!utf8.IsEmpty)
        {
            bool whole = Rune.DecodeFromUtf8(utf8, out Rune rune, out int length) == OperationStatus.Done;
            if (!whole)
            {
                foreach (byte one in utf8[..length])
                {
                    text.Append(CultureInfo.InvariantCulture, $"\\x{one:X2}");
                }
            }
            else if (rune.Value is '\n' or '\t' || !(rune.IsBmp && IsControl((char)rune.Value)))
            {
                text.Append(rune.ToString());
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
            }

            utf8 = utf8[length..];
        }

        return text.ToString();
    }

    /// <summary>
    /// JSON of one line with its control characters escaped, which only its strings can hold: the writer leaves those as they are
    /// that turn the direction of text round.
    /// </summary>
    public static ReadOnlySpan<byte> Json(ReadOnlySpan<byte> utf8)
    {
        string text = Encoding.UTF8.GetString(utf8);
        return text.Any(IsControl)
            ? Encoding.UTF8.GetBytes(string.Concat(text.Select(c => IsControl(c) ? $"\\u{(int)c:X4}" : c.ToString())))
            : utf8;
    }

    // Also those that turn the direction of text round, and line ends of Unicode's own.
    private static bool IsControl(char c) => char.IsControl(c)
        || c is '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
