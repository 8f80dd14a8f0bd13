using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace SigmaFunctions.Cli.Commands;

/// <summary>A command with more to say in its own help than fits the list of commands.</summary>
/// <param name="name">Name of the command.</param>
/// <param name="description">One or two sentences.</param>
/// <param name="notes">What its help ends with: exit codes, examples.</param>
internal sealed class DocumentedCommand(string name, string description, string notes) : Command(name, description)
{
    /// <summary>What the command's help ends with.</summary>
    public string Notes { get; } = notes;

    /// <summary>Help that ends with a command's notes.</summary>
    /// <param name="help">The help that lists arguments and options.</param>
    internal sealed class HelpWithNotes(HelpAction help) : SynchronousCommandLineAction
    {
        // Of the narrowest terminals that people use.
        private const int Width = 80;

        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int exitCode = help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is DocumentedCommand documented)
            {
                foreach (string line in documented.Notes.ReplaceLineEndings("\n").Split("\n\n").SelectMany(Wrapped))
                {
                    parseResult.InvocationConfiguration.Output.WriteLine(line);
                }
            }

            return exitCode;
        }

        /// <summary>The lines of a paragraph, and an empty one; of one with examples the lines as they are, so that they can be copied.</summary>
        private static IEnumerable<string> Wrapped(string paragraph)
        {
            string[] lines = paragraph.Split('\n');
            if (Array.Exists(lines, one => one.StartsWith(' ')))
            {
                return [.. lines, ""];
            }

            var wrapped = new List<string>();
            string line = "";
            foreach (string word in lines.SelectMany(one => one.Split(' ')))
            {
                if (line.Length > 0 && line.Length + 1 + word.Length > Width)
                {
                    wrapped.Add(line);
                    line = "";
                }

                line = line.Length == 0 ? word : $"{line} {word}";
            }

            return [.. wrapped, line, ""];
        }
    }
}
