using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Comparing;
using SigmaFunctions.Engine.Model;
using Spectre.Console;

namespace SigmaFunctions.Cli.Comparing;

/// <summary>A comparison for people.</summary>
internal static class ComparisonText
{
    private const int MaxValueLength = 80;

    public static void Write(Terminal terminal, RuleSetComparison comparison, VerdictComparison? verdicts)
    {
        WriteRules(terminal, "Added", '+', comparison.Added);
        WriteRules(terminal, "Removed", '-', comparison.Removed);
        List<ChangedRule> logic = [.. comparison.Changed.Where(change => change.IsLogic)];
        List<ChangedRule> wording = [.. comparison.Changed.Where(change => !change.IsLogic)];
        WriteHeading(terminal, "Changed in logic", logic.Count);
        foreach (ChangedRule change in logic)
        {
            WriteLine(terminal, $"  ~ {Name(change.New)}");
            foreach (ChangedAttribute attribute in change.Attributes.Where(attribute => attribute.Name == "logsource"))
            {
                WriteLine(terminal, $"      log source: {attribute.Old} → {attribute.New}");
            }

            foreach (string predicate in change.RemovedPredicates)
            {
                WriteLine(terminal, $"      - {predicate}");
            }

            foreach (string predicate in change.AddedPredicates)
            {
                WriteLine(terminal, $"      + {predicate}");
            }

            if (change.RemovedPredicates.IsEmpty && change.AddedPredicates.IsEmpty && change.Old.LogSource == change.New.LogSource)
            {
                WriteLine(terminal, "      the same tests, combined otherwise");
            }

            string also = string.Join(", ", change.Attributes.Where(attribute => attribute.Name != "logsource").Select(Attribute));
            if (also.Length > 0)
            {
                WriteLine(terminal, $"      also: {also}");
            }
        }

        EndSection(terminal, logic.Count);
        WriteHeading(terminal, "Changed in wording or metadata only", wording.Count);
        foreach (ChangedRule change in wording)
        {
            WriteLine(terminal, $"  ~ {Name(change.New)}: {string.Join(", ", change.Attributes.Select(Attribute))}");
        }

        EndSection(terminal, wording.Count);
        WriteCorrelations(terminal, comparison.Correlations);
        if (verdicts is not null)
        {
            WriteVerdicts(terminal, verdicts);
        }

        terminal.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{comparison.Added.Length} added, {comparison.Removed.Length} removed, {logic.Count} changed in logic, {wording.Count} in wording or metadata only, {comparison.Unchanged} unchanged"));
        CorrelationComparison correlations = comparison.Correlations;
        if (correlations.Added.Length + correlations.Removed.Length + correlations.Changed.Length + correlations.Unchanged > 0)
        {
            int inLogic = correlations.Changed.Count(change => change.IsLogic);
            terminal.Text.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"correlations: {correlations.Added.Length} added, {correlations.Removed.Length} removed, {inLogic} changed in logic, {correlations.Changed.Length - inLogic} in wording or metadata only, {correlations.Unchanged} unchanged"));
        }
    }

    private static void WriteCorrelations(Terminal terminal, CorrelationComparison correlations)
    {
        WriteList("Correlations added", '+', correlations.Added);
        WriteList("Correlations removed", '-', correlations.Removed);
        List<ChangedCorrelation> logic = [.. correlations.Changed.Where(change => change.IsLogic)];
        WriteHeading(terminal, "Correlations changed in logic", logic.Count);
        foreach (ChangedCorrelation change in logic)
        {
            WriteLine(terminal, $"  ~ {Name(change.New)}");
            foreach (ChangedAttribute part in change.Logic)
            {
                WriteLine(terminal, $"      {part.Name}: {part.Old ?? "none"} → {part.New ?? "none"}");
            }

            if (!change.Attributes.IsEmpty)
            {
                WriteLine(terminal, $"      also: {string.Join(", ", change.Attributes.Select(Attribute))}");
            }
        }

        EndSection(terminal, logic.Count);
        List<ChangedCorrelation> wording = [.. correlations.Changed.Where(change => !change.IsLogic)];
        WriteHeading(terminal, "Correlations changed in wording or metadata only", wording.Count);
        foreach (ChangedCorrelation change in wording)
        {
            WriteLine(terminal, $"  ~ {Name(change.New)}: {string.Join(", ", change.Attributes.Select(Attribute))}");
        }

        EndSection(terminal, wording.Count);
        WriteRules(terminal, "Silent now, as building blocks of correlations", '-', correlations.Silenced);
        WriteRules(terminal, "No longer silent", '+', correlations.Unsilenced);

        void WriteList(string heading, char sign, IReadOnlyList<SigmaCorrelation> some)
        {
            WriteHeading(terminal, heading, some.Count);
            foreach (SigmaCorrelation one in some)
            {
                WriteLine(terminal, $"  {sign} {Name(one)}");
            }

            EndSection(terminal, some.Count);
        }
    }

    private static void WriteRules(Terminal terminal, string heading, char sign, IReadOnlyList<SigmaRule> rules)
    {
        WriteHeading(terminal, heading, rules.Count);
        foreach (SigmaRule rule in rules)
        {
            WriteLine(terminal, $"  {sign} {Name(rule)}");
        }

        EndSection(terminal, rules.Count);
    }

    private static void WriteVerdicts(Terminal terminal, VerdictComparison verdicts)
    {
        terminal.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Verdicts that change on {verdicts.Events} events: {verdicts.Changes.Count} rules"));
        if (verdicts.Undecoded > 0)
        {
            terminal.Text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  ({verdicts.Undecoded} records could not be read)"));
        }

        if (verdicts.Changes.Count > 0)
        {
            Table table = TerminalText.Table(terminal, "rule", "title", "#new matches", "first line", "#lost matches", "first line");
            foreach (ChangedVerdicts change in verdicts.Changes)
            {
                table.Row(
                    change.Rule.Id, change.Rule.Title, TerminalText.Number(change.Gained), Place(change.FirstGained), TerminalText.Number(change.Lost), Place(change.FirstLost));
            }

            TerminalText.Write(terminal, table);
        }

        terminal.Text.WriteLine();
        if (verdicts.Detections.Count == 0)
        {
            return;
        }

        terminal.Text.WriteLine($"Correlations whose detections change: {TerminalText.Number(verdicts.Detections.Count)}");
        Table changed = TerminalText.Table(terminal, "correlation", "title", "#new detections", "first line", "#lost detections", "first line");
        foreach (ChangedDetections change in verdicts.Detections)
        {
            changed.Row(
                change.Correlation.Id,
                change.Correlation.Title,
                TerminalText.Number(change.Gained),
                Place(change.FirstGained),
                TerminalText.Number(change.Lost),
                Place(change.FirstLost));
        }

        TerminalText.Write(terminal, changed);
        terminal.Text.WriteLine();
    }

    private static string Place(EventPlace? place) =>
        place is { } at ? string.Create(CultureInfo.InvariantCulture, $"{at.Line}:{at.Record}") : "-";

    private static void WriteHeading(Terminal terminal, string heading, int count)
    {
        if (count > 0)
        {
            terminal.Text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{heading}: {count}"));
        }
    }

    private static void EndSection(Terminal terminal, int count)
    {
        if (count > 0)
        {
            terminal.Text.WriteLine();
        }
    }

    private static void WriteLine(Terminal terminal, string line) => terminal.Text.WriteLine(line);

    private static string Name(SigmaRule rule) => $"{rule.Title} ({rule.Id})";

    private static string Name(SigmaCorrelation correlation) => $"{correlation.Title} ({correlation.Id})";

    /// <summary>The name of an attribute, and its values where they are short.</summary>
    private static string Attribute(ChangedAttribute attribute)
    {
        string change = $"{attribute.Old ?? "none"} → {attribute.New ?? "none"}";
        return (attribute.Old ?? attribute.New) is null || change.Length > MaxValueLength || attribute.Name == "description"
            ? attribute.Name
            : $"{attribute.Name} ({change})";
    }
}
