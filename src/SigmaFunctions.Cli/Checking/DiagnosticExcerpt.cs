using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Printing;

namespace SigmaFunctions.Cli.Checking;

/// <summary>The line that a diagnostic is about, with a caret below the place, as long as a terminal is wide.</summary>
internal static class DiagnosticExcerpt
{
    private const int LeastText = 20;

    public static void Write(Terminal terminal, Diagnostic diagnostic, RuleLines lines, int width)
    {
        if (lines.LineOf(diagnostic.File, diagnostic.Line) is not { } line || line.Length == 0)
        {
            return;
        }

        string number = diagnostic.Line.ToString(CultureInfo.InvariantCulture);
        string gutter = $"  {number} | ";
        (string text, int caret) = Around(line, diagnostic.Column - 1, Math.Max(width - gutter.Length, LeastText));
        terminal.Text.Write(gutter, Ink.Blue);
        terminal.Text.WriteLine(text);
        terminal.Text.Write($"  {new string(' ', number.Length)} | ", Ink.Blue);
        terminal.Text.Write(new string(' ', caret) + "^", Ink.Yellow);
        terminal.Text.WriteLine();
    }

    /// <summary>As much of a line as fits around a place, and where the place is in it.</summary>
    private static (string Text, int Caret) Around(string line, int at, int width)
    {
        const string Cut = "…";
        string before = PrintableText.Of(line[..Math.Min(at, line.Length)]);
        string text = before + PrintableText.Of(line[Math.Min(at, line.Length)..]);
        int start = before.Length < width - 1 ? 0 : before.Length - (width / 2);
        string shown = text[start..];
        shown = start > 0 ? Cut + shown[1..] : shown;
        return (shown.Length > width ? shown[..(width - 1)] + Cut : shown, before.Length - start);
    }
}
