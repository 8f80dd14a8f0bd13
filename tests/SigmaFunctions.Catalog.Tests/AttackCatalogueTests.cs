using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Catalog.Tests;

public sealed class AttackCatalogueTests
{
    private static readonly AttackCatalogue Attack = AttackCatalogue.Enterprise;

    [Fact]
    public void Tactics_stand_in_matrix_order_and_those_that_replace_Defense_Evasion_side_by_side()
    {
        Assert.Equal(
            [
                "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "stealth",
                "defense-impairment", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control",
                "exfiltration", "impact",
            ],
            Attack.Tactics.Select(tactic => tactic.ShortName));
        Assert.Equal(Enumerable.Range(0, 15), Attack.Tactics.Select(tactic => tactic.Order));
    }

    [Theory]
    [InlineData("attack.execution", "TA0002 Execution")]
    [InlineData("attack.TA0002", "TA0002 Execution")]
    [InlineData("ATTACK.Execution", "TA0002 Execution")]
    [InlineData("attack.command-and-control", "TA0011 Command and Control")]
    [InlineData("attack.command_and_control", "TA0011 Command and Control")]
    [InlineData("attack.stealth", "TA0005 Stealth")]
    [InlineData("attack.TA0005", "TA0005 Stealth")]
    [InlineData("attack.defense-impairment", "TA0112 Defense Impairment")]
    [InlineData("attack.ta0112", "TA0112 Defense Impairment")]
    [InlineData("attack.defense-evasion", "TA0005 Stealth|TA0112 Defense Impairment|Renamed Defense Evasion > Stealth, Defense Impairment")]
    [InlineData("attack.defense_evasion", "TA0005 Stealth|TA0112 Defense Impairment|Renamed Defense Evasion > Stealth, Defense Impairment")]
    [InlineData("attack.Defense-Evasion", "TA0005 Stealth|TA0112 Defense Impairment|Renamed Defense Evasion > Stealth, Defense Impairment")]
    [InlineData("attack.defence-evasion", "unknown")]
    [InlineData("attack.t1059", "T1059 Command and Scripting Interpreter [execution] of -, Current")]
    [InlineData("attack.t1059.001", "T1059.001 PowerShell [execution] of T1059, Current")]
    [InlineData("attack.T1078", "T1078 Valid Accounts [initial-access persistence privilege-escalation stealth] of -, Current")]
    [InlineData("attack.t1685", "T1685 Disable or Modify Tools [defense-impairment] of -, Current")]
    [InlineData("attack.t1002", "T1560 Archive Collected Data [collection] of -, Current|Revoked T1002 Data Compressed > T1560 Archive Collected Data")]
    [InlineData("attack.T1562.001", "T1685 Disable or Modify Tools [defense-impairment] of -, Current|Revoked T1562.001 Impair Defenses: Disable or Modify Tools > T1685 Disable or Modify Tools")]
    [InlineData("attack.t1089", "T1685 Disable or Modify Tools [defense-impairment] of -, Current|Revoked T1089 Disabling Security Tools > T1685 Disable or Modify Tools")]
    [InlineData("attack.t1070.001", "T1685.005 Clear Windows Event Logs [defense-impairment] of T1685, Current|Revoked T1070.001 Indicator Removal: Clear Windows Event Logs > T1685.005 Disable or Modify Tools: Clear Windows Event Logs")]
    [InlineData("attack.t1064", "T1064 Scripting [execution stealth] of -, Deprecated|Deprecated T1064 Scripting > ")]
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
                .. Attack.RetiredOf([tag]).Select(retired => $"{retired.State} {retired.Was} > {string.Join(", ", retired.Now)}"),
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

    /// <summary>Beside its techniques a former tactic counts where these are now.</summary>
    [Theory]
    [InlineData("attack.defense-evasion attack.t1027", "stealth")]
    [InlineData("attack.defense-evasion attack.t1562.001", "defense-impairment")]
    [InlineData("attack.t1562.004 attack.defense_evasion", "defense-impairment")]
    [InlineData("attack.defense-evasion attack.t1027 attack.t1685", "stealth defense-impairment")]
    [InlineData("attack.defense-evasion attack.t1574.006", "stealth")]
    [InlineData("attack.defense-evasion attack.t1550.002", "lateral-movement")]
    [InlineData("attack.defense-evasion attack.persistence attack.t1548.002", "persistence privilege-escalation")]
    [InlineData("attack.defense-evasion attack.t9999", "stealth defense-impairment")]
    [InlineData("attack.defense-evasion attack.stealth attack.t1685", "stealth defense-impairment")]
    [InlineData("attack.persistence attack.t1027", "persistence")]
    [InlineData("attack.t1027", "")]
    public void A_former_tactic_counts_where_the_techniques_are(string tags, string expected) =>
        Assert.Equal(expected, string.Join(' ', Attack.TacticsOf(tags.Split(' ')).Select(tactic => tactic.ShortName)));

    [Fact]
    public void A_retired_name_is_told_once_as_it_is_first_written() => Assert.Equal(
        ["attack.T1562.001", "attack.defense_evasion", "attack.t1064"],
        Attack.RetiredOf(["attack.T1562.001", "attack.t1685", "attack.defense_evasion", "attack.t1562.001", "attack.defense-evasion", "attack.t1064"])
            .Select(retired => retired.Tag));

    [Theory]
    [InlineData("attack.defense_evasion", "attack.stealth attack.defense-impairment")]
    [InlineData("attack.t1070.001", "attack.t1685.005")]
    public void What_replaces_a_tag_has_a_tag(string tag, string expected) =>
        Assert.Equal(expected, string.Join(' ', Attack.RetiredOf([tag]).Single().Now.Select(now => now.Tag)));

    [Fact]
    public void The_data_is_whole()
    {
        Assert.Equal(858, Attack.Techniques.Length);
        Assert.Equal(
            [(AttackState.Current, 697), (AttackState.Revoked, 149), (AttackState.Deprecated, 12)],
            Attack.Techniques.CountBy(technique => technique.State).Select(pair => (pair.Key, pair.Value)).Order());
        Assert.Equal(222, Attack.Techniques.Count(technique => technique.State == AttackState.Current && technique.Parent is null));
        Assert.All(Attack.Techniques, technique => Assert.True(AttackTag.IsTechniqueId(technique.Id)));
        Assert.All(Attack.Techniques, technique => Assert.NotEmpty(technique.Tactics));
        Assert.All(Attack.Techniques, technique => Assert.Equal(technique.Id.Contains('.', StringComparison.Ordinal), technique.Parent is not null));
        Assert.All(Attack.Techniques, technique => Assert.Equal(technique.State == AttackState.Revoked, technique.ReplacedBy is not null));
        Assert.All(Attack.Techniques.Select(technique => technique.ReplacedBy).OfType<AttackTechnique>(), technique => Assert.Equal(AttackState.Current, technique.State));
        Assert.All(Attack.Tactics, tactic => Assert.Contains(Attack.Techniques, technique => technique.State == AttackState.Current && technique.Tactics.Contains(tactic)));
    }

    /// <summary>The last column is what following the column before it leads to.</summary>
    [Fact]
    public void Replacements_are_followed_to_what_is_in_force()
    {
        using Stream stream = typeof(AttackCatalogue).Assembly.GetManifestResourceStream("attack/revoked.tsv")!;
        using var reader = new StreamReader(stream);
        string[][] rows = [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split('\t'))];
        Dictionary<string, string> next = rows.ToDictionary(row => row[0], row => row[1]);

        Assert.Equal(Attack.Techniques.Where(technique => technique.State == AttackState.Revoked).Select(technique => technique.Id), rows.Select(row => row[0]));
        Assert.Equal(6, rows.Count(row => row[1] != row[2]));
        Assert.All(rows, row =>
        {
            string id = row[0];
            while (next.TryGetValue(id, out string? following))
            {
                id = following;
            }

            Assert.Equal(id, row[2]);
            Assert.Equal(id, Attack.FindTechnique(row[0])!.ReplacedBy!.Id);
        });
    }

    /// <summary>A check of rules tells of each tag what the catalogue tells of it.</summary>
    [Fact]
    public void A_check_of_rules_agrees()
    {
        string[] former = [.. Attack.Techniques.Where(technique => technique.State == AttackState.Revoked).Select(technique => technique.Id.ToLowerInvariant()), "defense-evasion"];
        string[] current = [.. Attack.Techniques.Where(technique => technique.ReplacedBy is null).Select(technique => technique.Id.ToLowerInvariant()), .. Attack.Tactics.Select(tactic => tactic.ShortName)];

        Assert.Empty(Told(current));
        Assert.Equal(former.Select(id => $"SF1020 {string.Join(" or ", Attack.RetiredOf([$"attack.{id}"]).Single().Now.Select(now => now.Tag))}."), Told(former));

        static IEnumerable<string> Told(string[] names) => RuleSet.Load([new RuleFile("r.yml", $$"""
            title: A
            id: 11111111-1111-4111-8111-111111111111
            tags: [{{string.Join(", ", names.Select(name => $"attack.{name}"))}}]
            logsource: {category: test}
            detection: {s: {F: a}, condition: s}
            """)]).Diagnostics.Select(told => $"{told.Code} {told.Message.Split("Write ")[^1]}");
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
    public void Every_tag_of_SigmaHQs_rules_is_known_and_in_force()
    {
        string[] tags = [.. RuleSet.LoadPaths([Corpus.Require("sigmahq")]).Rules.SelectMany(rule => rule.Tags)];

        Assert.Empty(Attack.UnknownOf(tags));
        Assert.Empty(Attack.RetiredOf(tags));
        Assert.True(Attack.TechniquesOf(tags).Length > 390);
    }
}
