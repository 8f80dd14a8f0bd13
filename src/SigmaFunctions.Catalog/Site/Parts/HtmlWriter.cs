using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>
/// Writes HTML. What stands in an interpolated string is markup, what is put into it is text and is escaped: text from rules cannot
/// become markup, since there is no other way to write it.
/// </summary>
public sealed class HtmlWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>Writes markup with text in it.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "The string is written into this writer while it is put together.")]
    public void Write([InterpolatedStringHandlerArgument("")] ref Markup markup) => _ = markup;

    /// <summary>Writes text.</summary>
    public void Text(ReadOnlySpan<char> text) => Append(text);

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void Append(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            int special = IndexOfSpecial(text);
            if (special < 0)
            {
                _text.Append(text);
                return;
            }

            _text.Append(text[..special]);
            AppendSpecial(text[special]);
            text = text[(special + 1)..];
        }
    }

    private static int IndexOfSpecial(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is '<' or '>' or '&' or '"' or '\'' || (c < ' ' && c is not ('\n' or '\t')) || c == 0x7F || IsDirection(c))
            {
                return i;
            }
        }

        return -1;
    }

    private void AppendSpecial(char c)
    {
        _ = c switch
        {
            '<' => _text.Append("&lt;"),
            '>' => _text.Append("&gt;"),
            '&' => _text.Append("&amp;"),
            '"' => _text.Append("&quot;"),
            '\'' => _text.Append("&#39;"),
            // Shown, where they would be invisible or no HTML.
            '\x7F' => _text.Append('\u2421'),
            < ' ' => _text.Append((char)('\u2400' + c)),
            _ => _text.Append($"[U+{(int)c:X4}]"),
        };
    }

    /// <summary>Characters that change the order in which others are shown: a value must read as it is.</summary>
    private static bool IsDirection(char c) => c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200E' or '\u200F' or '\u061C';

    /// <summary>Markup of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Markup
    {
        private readonly HtmlWriter _writer;

        /// <summary>Begins a string.</summary>
        public Markup(int literalLength, int formattedCount, HtmlWriter writer)
        {
            _ = literalLength + formattedCount;
            _writer = writer;
        }

        /// <summary>Writes markup.</summary>
        public void AppendLiteral(string markup) => _writer._text.Append(markup);

        /// <summary>Writes text.</summary>
        public void AppendFormatted(string? text) => _writer.Append(text);

        /// <summary>Writes text.</summary>
        public void AppendFormatted(ReadOnlySpan<char> text) => _writer.Append(text);

        /// <summary>Writes a number.</summary>
        public void AppendFormatted(int number) => _writer._text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{number}");

        /// <summary>Writes a day as <c>yyyy-MM-dd</c>.</summary>
        public void AppendFormatted(DateOnly day) => _writer._text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd}");
    }
}
