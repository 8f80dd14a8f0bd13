using System.Text.Encodings.Web;

namespace SigmaFunctions.Cli;

/// <summary>Text of events and rules for a terminal, which it must not be able to steer.</summary>
internal static class PrintableText
{
    private const int MaxLength = 300;

    /// <summary>The whole text, with blanks for its control characters.</summary>
    public static string Whole(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;

    /// <summary>The text, cut where it is long, with its control characters escaped.</summary>
    public static string Of(string text)
    {
        string shown = text.Length <= MaxLength ? text : text[..MaxLength] + "…";
        return shown.Any(char.IsControl)
            ? string.Concat(shown.Select(c => char.IsControl(c) ? JavaScriptEncoder.Default.Encode(c.ToString()) : c.ToString()))
            : shown;
    }
}
