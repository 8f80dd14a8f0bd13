using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.Cli.Checking;

/// <summary>What <c>sigmaf check</c> found.</summary>
internal static class CheckOutput
{
    /// <summary>For people: a line for each diagnostic, on a terminal with the line that it is about, and the counts.</summary>
    public static void WriteText(Terminal terminal, RuleSet rules, RuleLines lines)
    {
        int width = TerminalText.WidthOf(terminal);
        foreach (Diagnostic diagnostic in rules.Diagnostics)
        {
            string place = $"{diagnostic.File}({diagnostic.Line},{diagnostic.Column}): ";
            terminal.Text.Write(place);
            terminal.Text.Write(SeverityOf(diagnostic), InkOf(diagnostic.Severity));
            terminal.Text.Write(" ");
            int column = place.Length + SeverityOf(diagnostic).Length + 1;
            foreach (string line in TerminalText.Wrapped($"{diagnostic.Code}: {diagnostic.Message}", column, width))
            {
                terminal.Text.WriteLine(line);
            }

            if (terminal.IsInteractive)
            {
                DiagnosticExcerpt.Write(terminal, diagnostic, lines, width);
            }
        }

        if (!rules.Diagnostics.IsEmpty)
        {
            terminal.Text.WriteLine();
        }

        WriteCounts(terminal, rules);
    }

    /// <summary>How many rules loaded, and how many diagnostics of each kind there are.</summary>
    public static void WriteCounts(Terminal terminal, RuleSet rules)
    {
        int Count(DiagnosticSeverity severity) => rules.Diagnostics.Count(diagnostic => diagnostic.Severity == severity);
        terminal.Text.WriteLine(
            $"{rules.Counts} loaded, {rules.Rejected} rejected; {TerminalText.Plural(Count(DiagnosticSeverity.Error), "error")}, "
            + $"{TerminalText.Plural(Count(DiagnosticSeverity.Warning), "warning")}, {Count(DiagnosticSeverity.Info)} info");
    }

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

    /// <summary>For tools: counts, <c>diagnostics</c>, and <c>sources</c> where there are reports (<see cref="VisibilityJson"/>).</summary>
    public static void WriteJson(Utf8JsonWriter writer, RuleSet rules, IReadOnlyCollection<SourceReport> reports)
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
        if (reports.Count > 0)
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
}
