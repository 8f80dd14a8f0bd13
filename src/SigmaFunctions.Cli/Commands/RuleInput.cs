using System.CommandLine;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Cli.Commands;

/// <summary>Reading of rules as commands do it.</summary>
internal static class RuleInput
{
    /// <summary>The option that names the file with the values of placeholders.</summary>
    public static Option<string?> PlaceholdersOption() => new("--placeholders")
    {
        Description = "YAML file of values for placeholders (modifier expand): name: value, or name: [value, ...].",
        HelpName = "FILE",
    };

    /// <summary>Reads rules, with the values of placeholders if there is a file of them.</summary>
    /// <exception cref="CommandException">The placeholder file is not of its form.</exception>
    /// <exception cref="IOException">A path does not exist, or the placeholder file cannot be read.</exception>
    public static RuleSet Load(IEnumerable<string> paths, string? placeholders)
    {
        try
        {
            return RuleSet.LoadPaths(paths, placeholders is null ? null : PlaceholderFile.Load(placeholders));
        }
        catch (InvalidDataException e)
        {
            throw new CommandException(e.Message);
        }
    }
}
