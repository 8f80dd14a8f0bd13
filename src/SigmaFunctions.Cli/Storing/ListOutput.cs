using System.Globalization;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using Spectre.Console;

namespace SigmaFunctions.Cli.Storing;

/// <summary>Writes a list as it comes: a table, or one JSON object a line.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="terminal">Where it goes.</param>
/// <param name="columns">Columns of the table; those whose name begins with <c>#</c> hold numbers.</param>
/// <param name="cells">The cells of one row.</param>
/// <param name="json">Writes one JSON object.</param>
internal sealed class ListOutput<T>(Terminal terminal, string[] columns, Func<T, string[]> cells, Action<Utf8JsonWriter, T> json)
{
    /// <summary>Writes up to <paramref name="limit"/> of them; says on standard error that there are more.</summary>
    /// <returns>How many were written.</returns>
    public async Task<int> WriteAsync(IAsyncEnumerable<T> items, int limit, string format, CancellationToken cancellationToken)
    {
        Table? table = format == "text" ? TerminalText.Table(terminal, columns) : null;
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
            if (table is null)
            {
                TerminalText.WriteJson(terminal, writer => json(writer, item));
            }
            else
            {
                table.Row([.. cells(item).Select(TerminalText.Brief)]);
            }
        }

        if (table is not null && count > 0)
        {
            TerminalText.Write(terminal, table);
        }

        if (more)
        {
            await terminal.Errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"sigmaf: there are more than these {count}: see --limit"));
        }
        else if (table is not null && count == 0)
        {
            await terminal.Errors.WriteLineAsync("sigmaf: there are none");
        }

        return count;
    }
}
