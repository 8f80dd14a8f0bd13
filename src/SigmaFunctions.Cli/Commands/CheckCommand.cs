using System.CommandLine;
using System.Text.Json;
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
                WriteJson(rules, reports, terminal);
            }
            else
            {
                WriteText(rules, terminal);
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

    private static void WriteText(RuleSet rules, Terminal terminal)
    {
        foreach (Diagnostic diagnostic in rules.Diagnostics)
        {
            terminal.Text.Write($"{diagnostic.File}({diagnostic.Line},{diagnostic.Column}): ");
            terminal.Text.Write(SeverityOf(diagnostic), InkOf(diagnostic.Severity));
            terminal.Text.WriteLine($" {diagnostic.Code}: {diagnostic.Message}");
        }

        int Count(DiagnosticSeverity severity) => rules.Diagnostics.Count(diagnostic => diagnostic.Severity == severity);
        if (!rules.Diagnostics.IsEmpty)
        {
            terminal.Text.WriteLine();
        }

        terminal.Text.WriteLine(
            $"{TerminalText.Plural(rules.Rules.Length, "rule")}{Others(rules)} loaded, {rules.Rejected} rejected; {TerminalText.Plural(Count(DiagnosticSeverity.Error), "error")}, "
            + $"{TerminalText.Plural(Count(DiagnosticSeverity.Warning), "warning")}, {Count(DiagnosticSeverity.Info)} info");
    }

    private static string Others(RuleSet rules) =>
        (rules.Correlations.IsEmpty ? "" : $", {TerminalText.Plural(rules.Correlations.Length, "correlation")}")
        + (rules.Filters.IsEmpty ? "" : $", {TerminalText.Plural(rules.Filters.Length, "filter")}");

    private static Ink InkOf(DiagnosticSeverity severity) => severity switch
    {
        DiagnosticSeverity.Error => Ink.Red,
        DiagnosticSeverity.Warning => Ink.Yellow,
        _ => Ink.Blue,
    };

    private static string SeverityOf(Diagnostic diagnostic) => diagnostic.Severity switch
    {
        DiagnosticSeverity.Error => "error",
        DiagnosticSeverity.Warning => "warning",
        _ => "info",
    };

    private static void WriteJson(RuleSet rules, SourceReport[] reports, Terminal terminal)
    {
        using (var writer = new Utf8JsonWriter(terminal.Output, JsonOutput.Options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("rules", rules.Rules.Length);
            writer.WriteNumber("correlations", rules.Correlations.Length);
            writer.WriteNumber("filters", rules.Filters.Length);
            writer.WriteNumber("rejected", rules.Rejected);
            writer.WriteStartArray("diagnostics");
            foreach (Diagnostic diagnostic in rules.Diagnostics)
            {
                writer.WriteStartObject();
                writer.WriteString("file", diagnostic.File);
                writer.WriteNumber("line", diagnostic.Line);
                writer.WriteNumber("column", diagnostic.Column);
                writer.WriteString("code", diagnostic.Code);
                writer.WriteString("severity", SeverityOf(diagnostic));
                writer.WriteString("message", diagnostic.Message);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (reports.Length > 0)
            {
                writer.WriteStartArray("sources");
                foreach (SourceReport report in reports)
                {
                    VisibilityJson.Write(writer, report, rules);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        terminal.Output.Write("\n"u8);
        terminal.Output.Flush();
    }
}
