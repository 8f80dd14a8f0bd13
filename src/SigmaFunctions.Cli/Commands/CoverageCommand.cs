using System.CommandLine;
using System.Text.Json;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.RuleSets;
using Spectre.Console;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf coverage</c>: which tactics and techniques of ATT&amp;CK rules name, and which they do not.</summary>
internal static class CoverageCommand
{
    public static Command Create(Terminal terminal)
    {
        var rules = new Option<string[]>(ScanCommand.RulesName)
        {
            Description = "Rule files and folders, or one pack.",
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
                TerminalText.WriteJson(terminal, writer => WriteJson(writer, coverage, wanted));
            }
            else
            {
                WriteText(terminal, coverage, wanted, parsed.GetValue(gaps));
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteText(Terminal terminal, AttackCoverage coverage, WantedTechniques? wanted, bool allGaps)
    {
        Table tactics = TerminalText.Table(terminal, "tactic", "#rules", "#techniques", "#of");
        foreach (CoveredTactic covered in coverage.Tactics)
        {
            bool counts = covered.Techniques > 0;
            tactics.Row(
                covered.Tactic.Name,
                TerminalText.Number(covered.Rules.Length),
                counts ? TerminalText.Number(covered.Covered) : "-",
                counts ? TerminalText.Number(covered.Techniques) : "-");
        }

        TerminalText.Write(terminal, tactics);
        terminal.Text.WriteLine();
        string[] columns = ["technique", "name", "#rules", "#with sub-techniques", .. coverage.Correlations > 0 ? ["#correlations"] : Array.Empty<string>(), "tactics"];
        Table techniques = TerminalText.Table(terminal, columns);
        foreach (CoveredTechnique covered in coverage.Techniques)
        {
            string[] cells =
            [
                covered.Technique.Id,
                covered.Technique.FullName + Remark(covered.Technique),
                TerminalText.Number(covered.Rules.Length),
                covered.Technique.Parent is null ? TerminalText.Number(covered.RulesWithSubTechniques) : "",
                .. coverage.Correlations > 0 ? [TerminalText.Number(covered.Correlations.Length)] : Array.Empty<string>(),
                string.Join(", ", covered.Technique.Tactics.Select(tactic => tactic.ShortName)),
            ];
            techniques.Row(cells);
        }

        TerminalText.Write(terminal, techniques);
        terminal.Text.WriteLine();
        if (!coverage.Unknown.IsEmpty)
        {
            terminal.Text.WriteLine($"Tags that ATT&CK v{AttackCatalogue.Version} does not have:");
            Table unknown = TerminalText.Table(terminal, "tag", "#rules");
            foreach (UnknownAttackTag tag in coverage.Unknown)
            {
                unknown.Row(tag.Tag, TerminalText.Number(tag.Rules.Length));
            }

            TerminalText.Write(terminal, unknown);
            terminal.Text.WriteLine();
        }

        if (wanted is not null)
        {
            WriteGaps(terminal, $"Not covered of the {TerminalText.Plural(wanted.Techniques.Length, "technique")} asked for", coverage.GapsIn(wanted.Techniques));
        }

        if (allGaps)
        {
            WriteGaps(terminal, $"Not covered of all in ATT&CK v{AttackCatalogue.Version}", coverage.GapsIn(coverage.InForce));
        }

        int inForce = coverage.InForce.Count();
        terminal.Text.WriteLine(
            $"{TerminalText.Plural(coverage.Rules, "rule")} ({TerminalText.Number(coverage.Untagged)} name no technique)"
            + (coverage.Correlations == 0 ? "" : $", {TerminalText.Plural(coverage.Correlations, "correlation")} ({TerminalText.Number(coverage.UntaggedCorrelations)} name none)")
            + $"; {TerminalText.Number(inForce - coverage.GapsIn(coverage.InForce).Length)} of {TerminalText.Number(inForce)} techniques covered"
            + (coverage.ByCorrelationsAlone == 0 ? "" : $", {TerminalText.Number(coverage.ByCorrelationsAlone)} by correlations alone"));
        terminal.Text.WriteLine($"ATT&CK Enterprise v{AttackCatalogue.Version}. {AttackCatalogue.Notice}");
    }

    private static void WriteGaps(Terminal terminal, string heading, IReadOnlyList<AttackGap> gaps)
    {
        terminal.Text.WriteLine($"{heading}: {TerminalText.Number(gaps.Count)}");
        if (gaps.Count > 0)
        {
            Table table = TerminalText.Table(terminal, "technique", "name", "tactics", "");
            foreach (AttackGap gap in gaps)
            {
                table.Row(
                    gap.Technique.Id,
                    gap.Technique.FullName + Remark(gap.Technique),
                    string.Join(", ", gap.Technique.Tactics.Select(tactic => tactic.ShortName)),
                    gap.RulesOfParent > 0 ? $"{TerminalText.Plural(gap.RulesOfParent, "rule")} of {gap.Technique.Parent!.Id}" : "");
            }

            TerminalText.Write(terminal, table);
        }

        terminal.Text.WriteLine();
    }

    private static string Remark(AttackTechnique technique) =>
        technique.State == AttackState.Current ? "" : $" ({NameOf(technique.State)})";

    private static string NameOf(AttackState state) => state.ToString().ToLowerInvariant();

    private static void WriteJson(Utf8JsonWriter writer, AttackCoverage coverage, WantedTechniques? wanted)
    {
        writer.WriteStartObject();
        writer.WriteString("attack", AttackCatalogue.Version);
        writer.WriteString("notice", AttackCatalogue.Notice);
        writer.WriteNumber("rules", coverage.Rules);
        writer.WriteNumber("untagged", coverage.Untagged);
        writer.WriteNumber("correlations", coverage.Correlations);
        writer.WriteNumber("untaggedCorrelations", coverage.UntaggedCorrelations);
        writer.WriteStartArray("tactics");
        foreach (CoveredTactic covered in coverage.Tactics)
        {
            writer.WriteStartObject();
            writer.WriteString("tactic", covered.Tactic.ShortName);
            writer.WriteString("name", covered.Tactic.Name);
            writer.WriteNumber("rules", covered.Rules.Length);
            writer.WriteNumber("covered", covered.Covered);
            writer.WriteNumber("techniques", covered.Techniques);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("techniques");
        foreach (CoveredTechnique covered in coverage.Techniques)
        {
            writer.WriteStartObject();
            writer.WriteString("technique", covered.Technique.Id);
            writer.WriteString("name", covered.Technique.FullName);
            writer.WriteString("state", NameOf(covered.Technique.State));
            writer.WriteNumber("rules", covered.Rules.Length);
            writer.WriteNumber("withSubTechniques", covered.RulesWithSubTechniques);
            writer.WriteNumber("correlations", covered.Correlations.Length);
            writer.WriteTexts("ruleIds", covered.Rules.Select(rule => rule.Id));
            writer.WriteTexts("correlationIds", covered.Correlations.Select(one => one.Id));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("unknownTags");
        foreach (UnknownAttackTag tag in coverage.Unknown)
        {
            writer.WriteStartObject();
            writer.WriteString("tag", tag.Tag);
            writer.WriteTexts("ruleIds", tag.Rules.Select(rule => rule.Id));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteTexts("gaps", coverage.GapsIn(coverage.InForce).Select(gap => gap.Technique.Id));
        if (wanted is not null)
        {
            writer.WriteTexts("wantedGaps", coverage.GapsIn(wanted.Techniques).Select(gap => gap.Technique.Id));
        }

        writer.WriteEndObject();
    }
}
