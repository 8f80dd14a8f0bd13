using System.CommandLine;
using SigmaFunctions.Cli.Checking;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Mappings;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf check</c>: what is wrong with rules.</summary>
internal static class CheckCommand
{
    public static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Rule files, folders (every *.yml and *.yaml below them) and zip archives such as SigmaHQ's releases, or one pack.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string> format = CommandOptions.Format(
            "text, json, sarif (2.1.0, for code scanning) or github (annotations of a workflow).", "text", "sarif", "github");
        var strict = new Option<bool>("--strict") { Description = "Warnings fail as errors do." };
        var sources = new Option<string[]>("--source")
        {
            Description = $"Also lists the rules that can never fire on this telemetry: {string.Join(", ", TelemetrySource.All.Select(source => source.Name))}. "
                + "May be given several times.",
            Arity = ArgumentArity.OneOrMore,
            HelpName = "SOURCE",
        };
        sources.AcceptOnlyFromAmong([.. TelemetrySource.All.Select(source => source.Name)]);
        Option<string[]> mappings = CommandOptions.Mappings();
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        var command = new DocumentedCommand(
            "check",
            "Reads rules and reports what is wrong with them, and which of them no event can match.",
            """
            Exit code 1 if a rule is rejected, or with --strict if there is a warning; 2 if there is no rule at all. What --source tells
            does not change it. docs/diagnostics.md explains each code.

            Examples:
              sigmaf check rules/
              sigmaf check --strict --format github rules/
              sigmaf check --format sarif rules/ > rules.sarif
              sigmaf check sigma_all_rules.zip --source defender
            """)
        {
            paths,
            strict,
            format,
            sources,
            mappings,
            placeholders,
        };
        command.SetAction(async (parsed, _) =>
        {
            string[] named = parsed.GetRequiredValue(paths);
            MappingSet given = await CommandOptions.MappingsAsync(parsed.GetValue(mappings) ?? [], terminal);
            RuleSet rules = RuleInput.Load(named, parsed.GetValue(placeholders), new KnownEventFields(given.Mappings));
            if (rules.Rules.IsEmpty && rules.Correlations.IsEmpty && rules.Filters.IsEmpty && rules.Diagnostics.IsEmpty)
            {
                throw new CommandException($"there is no rule in {string.Join(", ", named)}: the names of rule files end in .yml or .yaml");
            }

            SourceReport[] reports =
            [
                .. (parsed.GetValue(sources) ?? []).Distinct()
                    .Select(name => SourceReport.Create(TelemetrySource.All.Single(source => source.Name == name), rules)),
            ];
            switch (parsed.GetRequiredValue(format))
            {
                case "json":
                    TerminalText.WriteJson(terminal, writer => CheckOutput.WriteJson(writer, rules, reports));
                    break;
                case "sarif":
                    TerminalText.WriteJson(terminal, writer => CheckSarif.Write(writer, rules.Diagnostics));
                    break;
                case "github":
                    CheckAnnotations.Write(terminal, rules.Diagnostics);
                    CheckOutput.WriteCounts(terminal, rules);
                    break;
                default:
                    CheckOutput.WriteText(terminal, rules, new RuleLines(named));
                    foreach (SourceReport report in reports)
                    {
                        VisibilityText.Write(terminal, report, rules);
                    }

                    break;
            }

            DiagnosticSeverity failing = parsed.GetValue(strict) ? DiagnosticSeverity.Warning : DiagnosticSeverity.Error;
            return rules.Rejected > 0 || rules.Diagnostics.Any(diagnostic => diagnostic.Severity >= failing) ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }
}
