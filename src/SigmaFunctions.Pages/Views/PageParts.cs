using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Pages.Views;

/// <summary>Small parts of pages.</summary>
internal static class PageParts
{
    /// <summary>A time, in UTC as it is written; the script of the pages shows it in the reader's zone, where that is wanted.</summary>
    public static void Time(HtmlWriter html, DateTimeOffset time, bool isPrecise = false)
    {
        DateTime utc = time.UtcDateTime;
        string machine = utc.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        string people = utc.ToString(isPrecise ? "yyyy-MM-dd HH:mm:ss.fff" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        html.Write($"<time datetime=\"{machine}\"{(isPrecise ? " data-precise" : "")}>{people} UTC</time>");
    }

    /// <summary>A number with its noun.</summary>
    public static string Count(int count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? one + "s")}");

    /// <summary>A text with parts of it marked.</summary>
    /// <param name="html">Where it is written.</param>
    /// <param name="text">The text.</param>
    /// <param name="spans">Places of the parts, in order, none within another.</param>
    public static void Marked(HtmlWriter html, string text, ImmutableArray<TextSpan> spans)
    {
        int end = 0;
        foreach ((int start, int length) in spans)
        {
            html.Text(text.AsSpan(end, start - end));
            html.Write($"<mark>{text.AsSpan(start, length)}</mark>");
            end = start + length;
        }

        html.Text(text.AsSpan(end));
    }

    /// <summary>The name of a file of a path, Windows's or another's.</summary>
    public static string FileOf(string path) => path[(path.LastIndexOfAny(['\\', '/']) + 1)..];
}
