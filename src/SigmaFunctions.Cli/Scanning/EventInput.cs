using System.Runtime.CompilerServices;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Telemetry.Framing;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>The inputs of a command: files of bodies, one a line; and files that are one body each.</summary>
internal sealed class EventInput(Terminal terminal)
{
    /// <summary>The bodies of all inputs in order, with their lines over all inputs. Blank lines are counted and passed over.</summary>
    /// <param name="files">Files of one body a line; <c>-</c> is standard input.</param>
    /// <param name="wholeFiles">Files that are one body each; they count as one line.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<BodyLine> ReadAsync(
        IReadOnlyList<string> files, IReadOnlyList<string> wholeFiles, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long lines = 0;
        foreach (string file in files)
        {
            IAsyncEnumerable<BodyLine> read = file == "-"
                ? BodyFile.ReadAsync(terminal.Input, "standard input", cancellationToken)
                : BodyFile.ReadAsync(file, cancellationToken);
            await foreach (BodyLine line in read)
            {
                if (!line.IsBlank)
                {
                    yield return line with { Line = lines };
                }

                lines++;
            }
        }

        foreach (string file in wholeFiles)
        {
            yield return new BodyLine(lines++, await File.ReadAllBytesAsync(file, cancellationToken));
        }
    }

    /// <summary>Fails early, before rules are loaded, where an input is not there.</summary>
    public static void Require(IEnumerable<string> files)
    {
        foreach (string file in files.Where(file => file != "-" && !File.Exists(file)))
        {
            throw new CommandException(Directory.Exists(file) ? $"{file} is a folder, not a file of events" : $"{file} does not exist");
        }
    }
}
