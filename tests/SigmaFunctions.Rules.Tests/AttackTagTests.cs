using SigmaFunctions.Catalog.Attack;

namespace SigmaFunctions.Rules.Tests;

/// <summary>Holds tags against MITRE's names.</summary>
public sealed class AttackTagTests
{
    /// <summary>Tactics of the next version of ATT&amp;CK, whose techniques are not known yet.</summary>
    private static readonly string[] NewTactics = ["stealth", "defense-impairment"];

    private static readonly AttackCatalogue Attack = AttackCatalogue.Enterprise;

    public static TheoryData<string> RuleFiles => [.. BundledRules.RuleFiles];

    [Theory]
    [MemberData(nameof(RuleFiles))]
    public void Tags_name_techniques_in_force_and_tactics_they_serve(string file)
    {
        System.Collections.Immutable.ImmutableArray<string> tags = BundledRules.Rule(file).Tags;
        System.Collections.Immutable.ImmutableArray<AttackTechnique> techniques = Attack.TechniquesOf(tags);
        System.Collections.Immutable.ImmutableArray<AttackTactic> tactics = Attack.TacticsOf(tags);

        Assert.Empty(Attack.UnknownOf(tags));
        Assert.NotEmpty(techniques);
        Assert.All(techniques, technique => Assert.Equal(AttackState.Current, technique.State));
        if (tactics.Any(tactic => NewTactics.Contains(tactic.ShortName)))
        {
            return;
        }

        Assert.All(tactics, tactic => Assert.Contains(tactic, techniques.SelectMany(technique => technique.Tactics)));
        Assert.All(techniques, technique => Assert.NotEmpty(technique.Tactics.Intersect(tactics)));
    }
}
