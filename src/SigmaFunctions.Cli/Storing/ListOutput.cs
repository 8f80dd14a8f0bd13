using System.Globalization;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Printing;
using Spectre.Console;

namespace SigmaFunctions.Cli.Storing;

/// <summary>
/// Writes a list: for people a table, or where that is wider than their window the values in a row and the last one, by which other commands know what
/// is listed, on a line of its own; for tools one JSON object a line, as it comes.
/// </summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="terminal">Where it goes.</param>
/// <param name="columns">Columns of the table; those whose name begins with <c>#</c> hold numbers.</param>
/// <param name="cells">The cells of one row.</param>
/// <param name="json">Writes one JSON object.</param>
internal sealed class ListOutput<T>(Terminal terminal, string[] columns, Func<T, string[]> cells, Action<Utf8JsonWriter, T> json)
{
    // Of a table with borders: a border and two blanks.
    private const int CellOverhead = 3;

    /// <summary>Writes up to <paramref name="limit"/> of them; says on standard error that there are more.</summary>
    /// <param name="items">What is listed.</param>
    /// <param name="limit">The most that is written.</param>
    /// <param name="format"><c>text</c> or <c>json</c>.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <param name="none">Called where there is nothing, before that is told.</param>
    public async Task WriteAsync(IAsyncEnumerable<T> items, int limit, string format, CancellationToken cancellationToken, Func<Task>? none = null)
    {
        List<string[]>? rows = format == "text" ? [] : null;
        int count = 0;
        bool more = false;
        await foreach (T item in items.WithCancellation(cancellationToken))
        {
            if (count == limit)
            {
                more = true;
                break;
            }

            count++;
            if (rows is null)
            {
                TerminalText.WriteJson(terminal, writer => json(writer, item));
            }
            else
            {
                rows.Add([.. cells(item).Select(cell => PrintableText.Of(TerminalText.Brief(cell)))]);
            }
        }

        if (rows is { Count: > 0 })
        {
            Write(rows);
        }

        if (count == 0 && none is not null)
        {
            await none();
        }

        if (more)
        {
            await terminal.Errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"sigmaf: there are more than these {count}: see --limit"));
        }
        else if (rows is { Count: 0 })
        {
            await terminal.Errors.WriteLineAsync("sigmaf: there are none");
        }
    }

    private void Write(List<string[]> rows)
    {
        int width = columns.Select((column, i) => rows.Max(row => Math.Max(row[i].Length, column.Length)) + CellOverhead).Sum() + 1;
        if (width <= TerminalText.WidthOf(terminal))
        {
            Table table = TerminalText.Table(terminal, columns);
            rows.ForEach(row => table.Row(row));
            TerminalText.Write(terminal, table);
            return;
        }

        foreach (string[] row in rows)
        {
            // What is only a number says nothing without its name.
            IEnumerable<string> named = row[..^1].Select((cell, i) => cell.All(char.IsAsciiDigit) && cell.Length > 0 ? $"{columns[i].TrimStart('#')} {cell}" : cell);
            terminal.Text.WriteLine(string.Join("  ", named.Where(cell => cell.Length > 0)));
            if (row[^1].Length > 0)
            {
                terminal.Text.WriteLine($"  {row[^1]}");
            }
        }
    }
}
