using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Events;
using Spectre.Console;

namespace SigmaFunctions.Cli.Explaining;

/// <summary>The page of a rule for a terminal: what the catalogue's site shows of it, but for the rule as it is written.</summary>
internal sealed class RulePageText
{
    private readonly Terminal _terminal;
    private readonly RuleCatalogue _catalogue;

    private RulePageText(Terminal terminal, RuleCatalogue catalogue)
    {
        _terminal = terminal;
        _catalogue = catalogue;
    }

    /// <summary>Writes the page of a rule of a catalogue.</summary>
    public static void Write(Terminal terminal, RuleCatalogue catalogue, RulePage page) => new RulePageText(terminal, catalogue).Write(page);

    private void Write(RulePage page)
    {
        Heading(page.Rule.Title);
        Line(page.Rule.Id);
        Blank();
        Metadata(page);
        if (page.Rule.Description is { } description)
        {
            Block(description, indent: 0);
            Blank();
        }

        Texts("False positives", page.Rule.FalsePositives);
        Attack(page);
        Coverage(page);
        Heading("Stages and predicates");
        foreach (Stage stage in page.Stages)
        {
            WriteStage(stage);
        }

        Indicators(page);
        Texts("Related rules", page.Related.Select(Relation));
        Texts("Rules that look for the same rare things", page.Similar.Select(similar =>
            string.Create(CultureInfo.InvariantCulture, $"{similar.Link.Title} ({similar.Link.Id}): {similar.Shared}")));
        Texts("Correlations", page.IsSilent
            ? [.. page.Correlations.Select(Link), "the rule is a building block of correlations, without detections of its own"]
            : page.Correlations.Select(Link));
        Texts("Filters", page.Filters.Select(Link));
        Texts("References", page.Rule.References);
    }

    private void Metadata(RulePage page)
    {
        Table table = new Table().Border(TableBorder.None).HideHeaders();
        table.AddColumns("", "");
        table.Row("Status", page.Rule.Status ?? "not stated");
        table.Row("Severity", page.Rule.Level ?? "not stated");
        table.Row("Log source", TextOf(page.Rule.LogSource));
        table.Row("Author", page.Rule.Author ?? "not stated");
        table.Row("Source", IsSourceByItself(page) ? page.Rule.File : $"{page.Source.Name} {page.Path}");
        if (page.Changed is { } changed)
        {
            table.Row("Changed", changed.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        }

        TerminalText.Write(_terminal, table);
        Blank();
    }

    private void Attack(RulePage page)
    {
        Heading("MITRE ATT&CK coverage");
        if (page.Tactics.IsEmpty && page.Techniques.IsEmpty)
        {
            Line("  The rule names no tactic or technique.");
        }

        foreach (AttackTactic tactic in page.Tactics)
        {
            Line($"  {tactic.Name} ({tactic.Id})");
        }

        foreach (AttackTechnique technique in page.Techniques)
        {
            Line($"  {technique.Id} {technique.FullName}{(technique.State == AttackState.Deprecated ? " (deprecated)" : "")}");
        }

        foreach (RetiredAttackTag tag in page.Attack.Retired.Where(tag => !tag.Now.IsEmpty))
        {
            Line($"  written as {tag.Tag}: {tag.Was}, {tag.State.ToString().ToLowerInvariant()}, replaced by {string.Join(" and ", tag.Now)}");
        }

        if (!page.OtherTags.IsEmpty)
        {
            Line($"  other tags: {string.Join(", ", page.OtherTags)}");
        }

        Blank();
    }

    private void Coverage(RulePage page)
    {
        Heading("Event coverage");
        if (page.Coverage.IsEmpty)
        {
            Line("  No known source of telemetry has events of this log source.");
        }
        else
        {
            Table table = TerminalText.Table(_terminal, "source", "events", "the rule is", "fields that never come");
            foreach (SourceCoverage source in page.Coverage)
            {
                foreach (EventCoverage events in source.Events)
                {
                    table.Row(
                        source.Telemetry.Title,
                        events.Action is null ? events.Name : $"{events.Name} {events.Action}",
                        events.Verdict switch
                        {
                            CoverageVerdict.Full => "fully able",
                            CoverageVerdict.Weakened => "weakened",
                            _ => "blind",
                        },
                        events.Missing.IsEmpty ? "none" : string.Join(", ", events.Missing));
                }
            }

            TerminalText.Write(_terminal, table);
        }

        Blank();
    }

    private void WriteStage(Stage stage)
    {
        Line($"  Stage {stage.Number.ToString(CultureInfo.InvariantCulture)}: {stage.Name}{(stage.IsExcluded ? " (excluded by the condition)" : "")}");
        if (stage.Predicates is { } predicates)
        {
            Logic(predicates, depth: 2);
        }
        else
        {
            Block(stage.Text, indent: 4);
        }

        Blank();
    }

    private void Logic(LogicNode node, int depth)
    {
        string indent = new(' ', depth * 2);
        if (node.Predicate is { } predicate)
        {
            string field = predicate.Field.Length == 0 ? "any value" : predicate.Field;
            string test = $"{indent}{field} {predicate.Kind}{(predicate.IsCased ? "|cased" : "")}";
            if (predicate.Values is [var only])
            {
                Line($"{test} '{only}'");
                return;
            }

            Line($"{test} {(predicate.All ? "all of" : "any of")}");
            foreach (string value in predicate.Values)
            {
                Line($"{indent}  '{value}'");
            }

            return;
        }

        Line(indent + node.Kind switch { LogicKind.All => "all of", LogicKind.Any => "any of", _ => "not" });
        foreach (LogicNode part in node.Parts)
        {
            Logic(part, depth + 1);
        }
    }

    private void Indicators(RulePage page)
    {
        Heading("Indicators");
        Table table = TerminalText.Table(_terminal, "field", "kind", "value", "#corpus");
        foreach (IndicatorGroup group in page.Indicators)
        {
            string kind = $"{(group.IsExcluded ? "not " : "")}{group.Kind}{(group.IsCased ? "|cased" : "")}";
            foreach (Indicator indicator in group.Values)
            {
                table.Row(group.Field.Length == 0 ? "any value" : group.Field, kind, $"'{indicator.Value}'", Corpus(indicator));
            }
        }

        TerminalText.Write(_terminal, table);
        Line(_catalogue.Rules.Length == 1
            ? "corpus: name a rule set with --rules to count the rules that look for the same"
            : $"corpus: how many of {TerminalText.Number(_catalogue.Rules.Length)} rules look for the same, this one included; blank where it is alone");
        Blank();
    }

    private string Corpus(Indicator indicator) => indicator.Count <= 1 ? ""
        : _catalogue.Sources.Length == 1 ? TerminalText.Number(indicator.Count)
        : $"{TerminalText.Number(indicator.Count)} ({string.Join(", ", indicator.CountBySource.Select(one => $"{one.Source} {TerminalText.Number(one.Count)}"))})";

    private void Texts(string heading, IEnumerable<string> texts)
    {
        ImmutableArray<string> all = [.. texts];
        if (all.IsEmpty)
        {
            return;
        }

        Heading(heading);
        foreach (string text in all)
        {
            Line("  " + text);
        }

        Blank();
    }

    private static bool IsSourceByItself(RulePage page) => page.Source.Path == page.Rule.File;

    private static string Relation(Relation relation) =>
        $"{relation.Type}{(relation.IsStatedHere ? "" : " (stated there)")}: {(relation.Link is { } link ? Link(link) : relation.Id)}";

    private static string Link(PageLink link) => $"{link.Title} ({link.Id})";

    private static string TextOf(LogSource logSource) => logSource.ToString() is { Length: > 0 } text ? text : "any";

    private void Heading(string text)
    {
        _terminal.Text.Write(text, Ink.Bold);
        Blank();
    }

    private void Block(string text, int indent)
    {
        foreach (string line in text.TrimEnd().Split('\n'))
        {
            Line(new string(' ', indent) + line.TrimEnd());
        }
    }

    private void Line(string text) => _terminal.Text.WriteLine(text);

    private void Blank() => _terminal.Text.WriteLine();
}
