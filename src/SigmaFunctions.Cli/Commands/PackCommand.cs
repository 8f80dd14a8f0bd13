using System.CommandLine;
using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf pack</c>: compiles rules into one file.</summary>
internal static class PackCommand
{
    public static Command Create(Terminal terminal)
    {
        var rules = new Option<string[]>(ScanCommand.RulesName)
        {
            Description = "Rule files, folders and zip archives.",
            Required = true,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
            HelpName = "PATH...",
        };
        var output = new Option<string>("--out")
        {
            Description = "The pack to write. For the app: beside the folder that Rules__Path names, with its name and .pack.",
            Required = true,
            HelpName = "FILE",
        };
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        var command = new DocumentedCommand(
            "pack",
            "Compiles rules into one file that loads many times faster and behaves as they do.",
            """
            A pack is used only by the build that made it, and only while the YAML beside it is unchanged. Diagnostics are packed too;
            rules with errors are left out and told on standard error. Exit code 1 if a rule is rejected, the pack being written all
            the same.

            Examples:
              sigmaf pack --rules rules/ --out rules.pack
              sigmaf scan --rules rules.pack events.ndjson
            """)
        {
            rules,
            output,
            placeholders,
        };
        command.SetAction(async (parsed, _) =>
        {
            string[] paths = parsed.GetRequiredValue(rules);
            string file = parsed.GetRequiredValue(output);
            if (!RulePack.IsPack(file))
            {
                throw new CommandException($"the name of a pack ends in {RulePack.Extension}");
            }

            if (paths.FirstOrDefault(RulePack.IsPack) is { } pack)
            {
                throw new CommandException($"{pack} is a pack already: name the YAML");
            }

            RuleSet packed = Write(paths, file, RuleInput.Placeholders(parsed.GetValue(placeholders)));
            foreach (Diagnostic error in packed.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error))
            {
                await terminal.Errors.WriteLineAsync(error.ToString());
            }

            await terminal.Text.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{packed.Counts} packed, {packed.Rejected} rejected; {new FileInfo(file).Length} bytes; revision {packed.Revision}"));
            return packed.Rejected > 0 ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }

    private static RuleSet Write(string[] paths, string file, PlaceholderSet? placeholders)
    {
        try
        {
            return RulePack.Write(paths, file, placeholders);
        }
        catch (InvalidDataException exception)
        {
            throw new CommandException(exception.Message);
        }
    }
}
