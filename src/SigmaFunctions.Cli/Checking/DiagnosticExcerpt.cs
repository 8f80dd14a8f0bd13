using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Printing;
using Spectre.Console;

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

    /// <summary>As much of a line as fits around a place, and how many cells of the terminal stand before the place.</summary>
    private static (string Text, int Caret) Around(string line, int at, int width)
    {
        const string Cut = "…";
        int place = Math.Min(at, line.Length);
        string before = PrintableText.Of(line[..place]);
        if (before.GetCellWidth() >= width - 1)
        {
            before = Cut + End(before, width / 2);
        }

        string text = before + PrintableText.Of(line[place..]);
        return (text.GetCellWidth() > width ? Begin(text, width - 1) + Cut : text, before.GetCellWidth());
    }

    /// <summary>The most of a text's end that is narrower than some cells.</summary>
    private static string End(string text, int cells)
    {
        int start = text.Length;
        for (int used = 0; start > 0;)
        {
            int length = start > 1 && char.IsLowSurrogate(text[start - 1]) ? 2 : 1;
            used += text.Substring(start - length, length).GetCellWidth();
            if (used >= cells)
            {
                break;
            }

            start -= length;
        }

        return text[start..];
    }

    /// <summary>The most of a text's begin that is no wider than some cells.</summary>
    private static string Begin(string text, int cells)
    {
        int end = 0;
        for (int used = 0; end < text.Length;)
        {
            int length = char.IsHighSurrogate(text[end]) && end + 1 < text.Length ? 2 : 1;
            used += text.Substring(end, length).GetCellWidth();
            if (used > cells)
            {
                break;
            }

            end += length;
        }

        return text[..end];
    }
}
