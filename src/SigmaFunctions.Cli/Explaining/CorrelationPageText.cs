using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using Spectre.Console;

namespace SigmaFunctions.Cli.Explaining;

/// <summary>The page of a correlation for a terminal.</summary>
internal static class CorrelationPageText
{
    /// <summary>Writes the page of a correlation.</summary>
    public static void Write(Terminal terminal, RuleSet rules, CompiledCorrelation compiled, CorrelationPage page)
    {
        SigmaCorrelation correlation = compiled.Correlation;
        terminal.Text.Write(correlation.Title, Ink.Bold);
        terminal.Text.WriteLine();
        terminal.Text.WriteLine(correlation.Id);
        terminal.Text.WriteLine();
        Table table = new Table().Border(TableBorder.None).HideHeaders();
        table.AddColumns("", "");
        table.Row("Status", correlation.Status ?? "not stated");
        table.Row("Severity", correlation.Level ?? (compiled.Level is { } level ? $"{level}, the highest of its rules" : "not stated"));
        table.Row("Type", correlation.TypeName);
        table.Row("Timespan", correlation.TimespanText);
        table.Row("Group by", correlation.GroupBy.IsEmpty ? "nothing: all events are one group" : string.Join(", ", correlation.GroupBy));
        if (!correlation.Fields.IsEmpty)
        {
            table.Row("Field", string.Join(", ", correlation.Fields));
        }

        table.Row("Condition", new CorrelationWords(rules, compiled).Condition);
        table.Row("Source", page.Source.Path == correlation.File ? correlation.File : $"{page.Source.Name} {page.Path}");
        TerminalText.Write(terminal, table);
        terminal.Text.WriteLine();
        if (correlation.Description is { } description)
        {
            terminal.Text.WriteLine(string.Join(' ', description.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)));
            terminal.Text.WriteLine();
        }

        Texts(terminal, "Rules", page.Rules.Select(link =>
            $"{link.Title} ({link.Id}){(rules.CorrelationPlan.SilentRules.Contains(link.Id) ? ", silent: without detections of its own" : "")}"));
        Texts(terminal, "Correlations", compiled.IsSilent
            ? [.. page.Correlations.Select(Link), "this one is a building block of correlations, without detections of its own"]
            : page.Correlations.Select(Link));
    }

    private static string Link(PageLink link) => $"{link.Title} ({link.Id})";

    private static void Texts(Terminal terminal, string heading, IEnumerable<string> texts)
    {
        string[] all = [.. texts];
        if (all.Length == 0)
        {
            return;
        }

        terminal.Text.Write(heading, Ink.Bold);
        terminal.Text.WriteLine();
        foreach (string text in all)
        {
            terminal.Text.WriteLine("  " + text);
        }

        terminal.Text.WriteLine();
    }
}
