using SigmaFunctions.Archives;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Cli.Output;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>The inputs of a command: files of bodies; and files that are one body each.</summary>
internal sealed class EventInput(Terminal terminal)
{
    /// <summary>The bodies of all inputs in order, and what is the matter with inputs. Blank lines are counted and passed over.</summary>
    /// <param name="files">Files of bodies; <c>-</c> is standard input.</param>
    /// <param name="wholeFiles">Files that are one body each; they count as one line.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<BodyLine> ReadAsync(IReadOnlyList<string> files, IReadOnlyList<string> wholeFiles, CancellationToken cancellationToken) =>
        BodyFile.ReadAsync([.. files.Select(InputOf), .. wholeFiles.Select(file => BodyInput.OfFile(file) with { IsWhole = true })], cancellationToken);

    /// <summary>A file of bodies; <c>-</c> is standard input, which can be read once.</summary>
    public BodyInput InputOf(string file) =>
        file == "-" ? new BodyInput("standard input", () => terminal.Input) { IsOnce = true } : BodyInput.OfFile(file);

    /// <summary>Fails early, before rules are loaded, where an input is not there.</summary>
    public static void Require(IEnumerable<string> files)
    {
        if (files.Count(file => file == "-") > 1)
        {
            throw new CommandException("standard input (-) can be read only once");
        }

        foreach (string file in files.Where(file => file != "-" && !File.Exists(file)))
        {
            throw new CommandException(
                file.Length == 0 ? "the name of a file of events is empty"
                : Directory.Exists(file) ? $"{file} is a folder, not a file of events"
                : $"{file} does not exist");
        }
    }
}
