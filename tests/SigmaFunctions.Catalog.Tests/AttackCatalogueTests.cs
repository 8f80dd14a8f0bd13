using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Catalog.Tests;

public sealed class AttackCatalogueTests
{
    private static readonly AttackCatalogue Attack = AttackCatalogue.Enterprise;

    [Fact]
    public void Tactics_stand_in_matrix_order_and_those_to_come_behind_the_one_they_replace()
    {
        Assert.Equal(
            [
                "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
                "defense-evasion", "stealth", "defense-impairment", "credential-access", "discovery", "lateral-movement", "collection",
                "command-and-control", "exfiltration", "impact",
            ],
            Attack.Tactics.Select(tactic => tactic.ShortName));
        Assert.Equal(Enumerable.Range(0, 16), Attack.Tactics.Select(tactic => tactic.Order));
    }

    [Theory]
    [InlineData("attack.execution", "TA0002 Execution")]
    [InlineData("attack.TA0002", "TA0002 Execution")]
    [InlineData("ATTACK.Execution", "TA0002 Execution")]
    [InlineData("attack.command-and-control", "TA0011 Command and Control")]
    [InlineData("attack.command_and_control", "TA0011 Command and Control")]
    [InlineData("attack.stealth", " Stealth")]
    [InlineData("attack.defense-impairment", " Defense Impairment")]
    [InlineData("attack.t1059", "T1059 Command and Scripting Interpreter [execution] of -, Current")]
    [InlineData("attack.t1059.001", "T1059.001 PowerShell [execution] of T1059, Current")]
    [InlineData("attack.T1078", "T1078 Valid Accounts [initial-access persistence privilege-escalation defense-evasion] of -, Current")]
    [InlineData("attack.t1002", "T1002 Data Compressed [exfiltration] of -, Revoked")]
    [InlineData("attack.t9999", "unknown")]
    [InlineData("attack.t1059.999", "unknown")]
    [InlineData("attack.mischief", "unknown")]
    [InlineData("attack.s0002", "")]
    [InlineData("attack.g0010", "")]
    [InlineData("attack.ds0005", "")]
    [InlineData("attack.", "")]
    [InlineData("attack", "")]
    [InlineData("cve.2021-44228", "")]
    [InlineData("detection.threat-hunting", "")]
    public void A_tag_names(string tag, string expected)
    {
        string actual = string.Join(
            '|',
            [
                .. Attack.TacticsOf([tag]).Select(tactic => $"{tactic.Id} {tactic.Name}"),
                .. Attack.TechniquesOf([tag]).Select(technique =>
                    $"{technique.Id} {technique.Name} [{string.Join(' ', technique.Tactics.Select(tactic => tactic.ShortName))}] of {technique.Parent?.Id ?? "-"}, {technique.State}"),
                .. Attack.UnknownOf([tag]).Select(_ => "unknown"),
            ]);

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Tags_give_each_tactic_and_technique_once_in_the_order_of_the_matrix_and_of_ids()
    {
        string[] tags = ["attack.t1127", "attack.stealth", "attack.execution", "attack.ta0002", "attack.T1059.001", "attack.t1127", "attack.nonsense"];

        Assert.Equal(["execution", "stealth"], Attack.TacticsOf(tags).Select(tactic => tactic.ShortName));
        Assert.Equal(["T1059.001", "T1127"], Attack.TechniquesOf(tags).Select(technique => technique.Id));
        Assert.Equal(["attack.nonsense"], Attack.UnknownOf(tags));
    }

    [Fact]
    public void The_data_is_whole()
    {
        Assert.Equal(835, Attack.Techniques.Length);
        Assert.Equal(691, Attack.Techniques.Count(technique => technique.State == AttackState.Current));
        Assert.All(Attack.Techniques, technique => Assert.True(AttackTag.IsTechniqueId(technique.Id)));
        Assert.All(Attack.Techniques.Where(technique => technique.State == AttackState.Current), technique => Assert.NotEmpty(technique.Tactics));
        Assert.All(Attack.Techniques, technique => Assert.Equal(technique.Id.Contains('.', StringComparison.Ordinal), technique.Parent is not null));
    }

    [Theory]
    [InlineData("T1059", "Command and Scripting Interpreter", "https://attack.mitre.org/techniques/T1059/")]
    [InlineData("T1059.001", "Command and Scripting Interpreter: PowerShell", "https://attack.mitre.org/techniques/T1059/001/")]
    public void A_technique_has_a_full_name_and_a_page(string id, string name, string url)
    {
        AttackTechnique technique = Attack.FindTechnique(id)!;

        Assert.Equal((name, url), (technique.FullName, technique.Url));
    }

    [Fact]
    public void Nearly_every_technique_that_SigmaHQ_names_is_known()
    {
        System.Collections.Immutable.ImmutableArray<SigmaRule> rules = RuleSet.LoadPaths([Corpus.Require("sigmahq")]).Rules;

        System.Collections.Immutable.ImmutableArray<string> unknown = Attack.UnknownOf(rules.SelectMany(rule => rule.Tags));

        Assert.True(unknown.Length <= 30, string.Join(' ', unknown));
    }
}
