using SigmaFunctions.Catalog.Attack;

namespace SigmaFunctions.Rules.Tests;

/// <summary>Holds tags against MITRE's names.</summary>
public sealed class AttackTagTests
{
    private const string Techniques = "https://attack.mitre.org/techniques/";

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
        Assert.Empty(Attack.RetiredOf(tags));
        Assert.NotEmpty(techniques);
        Assert.All(tactics, tactic => Assert.Contains(tactic, techniques.SelectMany(technique => technique.Tactics)));
        Assert.All(techniques, technique => Assert.NotEmpty(technique.Tactics.Intersect(tactics)));
    }

    [Theory]
    [MemberData(nameof(RuleFiles))]
    public void References_to_MITRE_lead_to_techniques_in_force(string file) => Assert.All(
        BundledRules.Rule(file).References.Where(reference => reference.StartsWith(Techniques, StringComparison.Ordinal)),
        reference => Assert.Equal(AttackState.Current, Attack.FindTechnique(reference[Techniques.Length..].Trim('/').Replace('/', '.'))?.State));
}
