using System.Globalization;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Engine.Printing;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SigmaFunctions.Cli.Output;

/// <summary>How commands write for people: tables on a terminal, plain columns into a pipe.</summary>
internal static class TerminalText
{
    // Wide enough that nothing is broken that a tool may read as one line.
    private const int PipeWidth = 10_000;
    private const int MaxCell = 300;

    /// <summary>The text, cut where it is long for a list.</summary>
    /// <param name="text">The text.</param>
    /// <param name="longest">Most characters of it.</param>
    public static string Brief(string text, int longest = MaxCell) => text.Length <= longest ? text : text[..longest] + "…";

    /// <summary>A table of columns; those whose name begins with <c>#</c> hold numbers.</summary>
    public static Table Table(Terminal terminal, params ReadOnlySpan<string> columns)
    {
        Table table = new Table().Border(terminal.IsInteractive ? TableBorder.Rounded : TableBorder.None);
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column.TrimStart('#'))) { Alignment = column.StartsWith('#') ? Justify.Right : Justify.Left });
        }

        return table;
    }

    /// <summary>Adds a row of cells as they are, without markup.</summary>
    public static void Row(this Table table, params ReadOnlySpan<string> cells)
    {
        var row = new List<Text>(cells.Length);
        foreach (string cell in cells)
        {
            // Before they are laid out: escaped they are longer, and a line end in one would be taken for another line of its cell.
            row.Add(new Text(PrintableText.Of(cell)));
        }

        table.AddRow(row);
    }

    /// <summary>Writes a table.</summary>
    public static void Write(Terminal terminal, Table table)
    {
        IAnsiConsole layout = Layout();
        int width = WidthOf(terminal);
        layout.Profile.Capabilities.Unicode = true;
        var line = new StringBuilder();
        foreach (Segment segment in ((IRenderable)table).Render(RenderOptions.Create(layout), width))
        {
            if (segment.IsLineBreak)
            {
                terminal.Text.WriteLine(line.ToString());
                line.Clear();
            }
            else if (!segment.IsControlCode)
            {
                line.Append(segment.Text);
            }
        }

        if (line.Length > 0)
        {
            terminal.Text.WriteLine(line.ToString());
        }
    }

    /// <summary>A text as lines that break between words, where it can be told where that is; one that is longer than a line is not broken.</summary>
    /// <param name="text">The text.</param>
    /// <param name="column">Characters that stand before it on its first line.</param>
    /// <param name="width">Most characters of a line.</param>
    public static IEnumerable<string> Wrapped(string text, int column, int width)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && column + line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear().Append("  ");
                column = 0;
            }
            else if (line.Length > 0)
            {
                line.Append(' ');
            }

            line.Append(word);
        }

        yield return line.ToString();
    }

    /// <summary>Characters of a line: those of the window, or more than any table has.</summary>
    public static int WidthOf(Terminal terminal) => terminal.IsInteractive ? Layout().Profile.Width : PipeWidth;

    /// <summary>A time in UTC, to its last digit that is not zero.</summary>
    public static string ExactTime(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>A number and its noun.</summary>
    public static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{Number(count)} {noun}s";

    /// <summary>A number as text.</summary>
    public static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);

    // It only lays out: what it lays out is written as any other text.
    private static IAnsiConsole Layout() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.No,
        Interactive = InteractionSupport.No,
        Out = new AnsiConsoleOutput(TextWriter.Null),
    });

    /// <summary>Writes one JSON value and ends the line.</summary>
    public static void WriteJson(Terminal terminal, Action<Utf8JsonWriter> write)
    {
        using (var writer = new Utf8JsonWriter(terminal.Output, JsonOutput.Options))
        {
            write(writer);
        }

        terminal.Output.Write("\n"u8);
        terminal.Output.Flush();
    }

    /// <summary>Writes an array of texts.</summary>
    public static void WriteTexts(this Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }
}
