using System.CommandLine;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Cli.Covering;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf coverage</c>: which tactics and techniques of ATT&amp;CK rules name, and which they do not.</summary>
internal static class CoverageCommand
{
    public static Command Create(Terminal terminal)
    {
        var rules = new Option<string[]>(ScanCommand.RulesName)
        {
            Description = "Rule files, folders and zip archives, or one pack.",
            Required = true,
            Arity = ArgumentArity.OneOrMore,
            HelpName = "PATH...",
        };
        var navigator = new Option<string?>("--navigator")
        {
            Description = $"Writes a layer for the ATT&CK Navigator (format {NavigatorLayer.FormatVersion}).",
            HelpName = "FILE",
        };
        var techniques = new Option<string?>("--techniques")
        {
            Description = "File of technique ids that matter, one a line; '#' begins a comment. Tells which of them no rule covers.",
            HelpName = "FILE",
        };
        var gaps = new Option<bool>("--gaps") { Description = "Lists every technique in force that no rule covers." };
        Option<string> format = CommandOptions.Format();
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        var command = new DocumentedCommand(
            "coverage",
            "Counts rules and correlations by the ATT&CK tactics and techniques that their tags name, and tells what is not covered.",
            """
            A technique is covered if a rule or correlation names it or one of its sub-techniques; a sub-technique only if one names it
            itself. A correlation whose rules are missing is rejected and counts for nothing.
            Exit code 0 whatever is covered.

            Examples:
              sigmaf coverage --rules rules/
              sigmaf coverage --rules rules/ --navigator layer.json
              sigmaf coverage --rules rules/ --techniques wanted.txt --format json
            """)
        {
            rules,
            navigator,
            techniques,
            gaps,
            format,
            placeholders,
        };
        command.SetAction(parsed =>
        {
            AttackCatalogue catalogue = AttackCatalogue.Enterprise;
            WantedTechniques? wanted = parsed.GetValue(techniques) is { } list ? WantedTechniques.Read(list, catalogue) : null;
            RuleSet ruleSet = RuleInput.LoadSome(parsed.GetRequiredValue(rules), parsed.GetValue(placeholders), terminal);
            var coverage = AttackCoverage.Of(ruleSet, catalogue);
            if (parsed.GetValue(navigator) is { } file)
            {
                using FileStream layer = File.Create(file);
                NavigatorLayer.Write(layer, coverage, "Sigma rules");
            }

            if (parsed.GetRequiredValue(format) == "json")
            {
                TerminalText.WriteJson(terminal, writer => CoverageJson.Write(writer, coverage, wanted));
            }
            else
            {
                CoverageText.Write(terminal, coverage, wanted, parsed.GetValue(gaps));
            }

            return ExitCode.Success;
        });
        return command;
    }
}
