using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Cli.Output;
using Spectre.Console;

namespace SigmaFunctions.Cli.Covering;

/// <summary>Coverage of ATT&amp;CK for people.</summary>
internal static class CoverageText
{
    /// <summary>Writes it.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="coverage">What is covered.</param>
    /// <param name="wanted">Techniques that matter, of which those not covered are told; null for none.</param>
    /// <param name="allGaps">Whether all techniques that are not covered are told.</param>
    public static void Write(Terminal terminal, AttackCoverage coverage, WantedTechniques? wanted, bool allGaps)
    {
        Table tactics = TerminalText.Table(terminal, "tactic", "#rules", "#techniques", "#of");
        foreach (CoveredTactic covered in coverage.Tactics)
        {
            tactics.Row(
                covered.Tactic.Name, TerminalText.Number(covered.Rules.Length), TerminalText.Number(covered.Covered), TerminalText.Number(covered.Techniques));
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
        if (!coverage.Retired.IsEmpty)
        {
            terminal.Text.WriteLine($"Tags that ATT&CK v{AttackCatalogue.Version} retired; they count as what replaces them:");
            Table retired = TerminalText.Table(terminal, "tag", "was", "state", "replaced by", "#rules");
            foreach (RetiredAttackTagUse use in coverage.Retired)
            {
                retired.Row(
                    use.Tag.Tag,
                    use.Tag.Was.Name,
                    CoverageJson.NameOf(use.Tag.State),
                    use.Tag.Now.IsEmpty ? "-" : string.Join(", ", use.Tag.Now),
                    TerminalText.Number(use.Rules.Length));
            }

            TerminalText.Write(terminal, retired);
            terminal.Text.WriteLine();
        }

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
            foreach (AttackTechnique retired in wanted.Retired)
            {
                string now = retired.ReplacedBy is { } replacement ? $"; {replacement.Id} {replacement.FullName} is asked for in its place" : ", without a replacement";
                terminal.Text.WriteLine($"{retired.Id} {retired.FullName} is {CoverageJson.NameOf(retired.State)}{now}");
            }

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
        technique.State == AttackState.Current ? "" : $" ({CoverageJson.NameOf(technique.State)})";
}
