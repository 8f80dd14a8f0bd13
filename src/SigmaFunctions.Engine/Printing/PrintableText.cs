using System.Buffers;
using System.Globalization;
using System.Text;

namespace SigmaFunctions.Engine.Printing;

/// <summary>
/// Text of any origin for a terminal or a log, which it must not be able to steer or to deceive: every character that does not show as itself
/// is written as JSON would escape it (<c>\n</c>, <c>\u001B</c>, <c>\u202E</c>; beyond the first plane as two halves). What is printable
/// already stays as it is, so doing it twice does no harm.
/// </summary>
public static class PrintableText
{
    /// <summary>The text as one line: its own line ends are escaped too.</summary>
    public static string Of(string text) => Escape(text, keepsLines: false);

    /// <summary>The text with its line feeds.</summary>
    public static string Lines(string text) => Escape(text, keepsLines: true);

    /// <summary>
    /// Whether a character does not show as itself: control and format characters (those that turn the direction of text round among them),
    /// line ends of Unicode's own, private use, what is not assigned, and what is invisible by default (fillers, selectors of variants, tags).
    /// </summary>
    public static bool IsHidden(Rune rune) => rune.IsAscii
        ? Rune.IsControl(rune)
        : Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate
            || IsIgnorable(rune.Value);

    /// <summary>How a UTF-16 unit is escaped.</summary>
    internal static string EscapeOf(char unit) => unit switch
    {
        '\b' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\f' => "\\f",
        '\r' => "\\r",
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}"),
    };

    private static string Escape(string text, bool keepsLines)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length);
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            bool isWhole = Rune.DecodeFromUtf16(rest, out Rune rune, out int length) == OperationStatus.Done;
            if (isWhole && (keepsLines && rune.Value == '\n' || !IsHidden(rune)))
            {
                shown.Append(rest[..length]);
            }
            else
            {
                foreach (char unit in rest[..length])
                {
                    shown.Append(EscapeOf(unit));
                }
            }

            rest = rest[length..];
        }

        return shown.ToString();
    }

    // Unicode's Default_Ignorable_Code_Point and the blank of Braille, as far as their categories do not tell.
    private static bool IsIgnorable(int value) => value is
        0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or 0x2800 or 0x3164 or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0
        or (>= 0xE0000 and <= 0xE0FFF);
}
