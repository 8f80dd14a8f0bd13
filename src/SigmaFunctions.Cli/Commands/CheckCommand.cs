using System.CommandLine;
using SigmaFunctions.Cli.Checking;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf check</c>: what is wrong with rules.</summary>
internal static class CheckCommand
{
    public static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Rule files and folders (every *.yml and *.yaml below them), or one pack.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string> format = CommandOptions.Format();
        var sources = new Option<string[]>("--source")
        {
            Description = $"Also lists the rules that can never fire on this telemetry: {string.Join(", ", TelemetrySource.All.Select(source => source.Name))}. "
                + "May be given several times.",
            Arity = ArgumentArity.OneOrMore,
            HelpName = "SOURCE",
        };
        sources.AcceptOnlyFromAmong([.. TelemetrySource.All.Select(source => source.Name)]);
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        var command = new DocumentedCommand(
            "check",
            "Reads rules and reports what is wrong with them.",
            """
            Exit code 1 if a rule is rejected, 0 if there are only warnings. What --source tells does not change it.

            Examples:
              sigmaf check rules/
              sigmaf check rules/ --source defender --source sysmon
              sigmaf check --format json rules/windows node.yml
            """)
        {
            paths,
            format,
            sources,
            placeholders,
        };
        command.SetAction(parsed =>
        {
            RuleSet rules = RuleInput.Load(parsed.GetRequiredValue(paths), parsed.GetValue(placeholders));
            SourceReport[] reports =
            [
                .. (parsed.GetValue(sources) ?? []).Distinct()
                    .Select(name => SourceReport.Create(TelemetrySource.All.Single(source => source.Name == name), rules)),
            ];
            if (parsed.GetRequiredValue(format) == "json")
            {
                TerminalText.WriteJson(terminal, writer => CheckOutput.WriteJson(writer, rules, reports));
            }
            else
            {
                CheckOutput.WriteText(terminal, rules);
                foreach (SourceReport report in reports)
                {
                    VisibilityText.Write(terminal, report, rules);
                }
            }

            return rules.Rejected > 0 || rules.Diagnostics.Any(IsError) ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }

    private static bool IsError(Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error;
}
