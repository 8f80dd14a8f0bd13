using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace SigmaFunctions.Cli;

/// <summary>How commands write for people: tables and colours on a terminal, plain columns into a pipe.</summary>
internal static class TerminalText
{
    // Wide enough that nothing is broken that a tool may read as one line.
    private const int PipeWidth = 10_000;

    /// <summary>A console on standard output; without colours, and without an end of lines, where no person looks at it.</summary>
    public static IAnsiConsole Console(Terminal terminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal.IsInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(terminal.Text),
        });
        if (!terminal.IsInteractive)
        {
            console.Profile.Width = PipeWidth;
        }

        return console;
    }

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
            row.Add(new Text(PrintableText.Whole(cell)));
        }

        table.AddRow(row);
    }

    /// <summary>A number and its noun.</summary>
    public static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{Number(count)} {noun}s";

    /// <summary>A number as text.</summary>
    public static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);

    /// <summary>Writes one JSON value, with what could steer a terminal escaped, and ends the line.</summary>
    public static void WriteJson(Terminal terminal, Action<Utf8JsonWriter> write)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, JsonOutput.Options))
        {
            write(writer);
        }

        terminal.Output.Write(PrintableText.Json(json.WrittenSpan));
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
