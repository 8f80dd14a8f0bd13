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
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int exitCode = help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is DocumentedCommand documented)
            {
                parseResult.InvocationConfiguration.Output.WriteLine(documented.Notes);
            }

            return exitCode;
        }
    }
}
