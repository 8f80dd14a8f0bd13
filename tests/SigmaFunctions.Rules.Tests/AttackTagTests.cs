using System.Collections.Immutable;
using SigmaFunctions.Catalog.Attack;

namespace SigmaFunctions.Rules.Tests;

/// <summary>Holds tags against MITRE's names.</summary>
public sealed class AttackTagTests
{
    private const string Techniques = "https://attack.mitre.org/techniques/";

    private static readonly AttackCatalogue Attack = AttackCatalogue.Enterprise;

    /// <summary>What has detections: rules, and correlations without their building blocks.</summary>
    public static TheoryData<string> Files => [.. BundledRules.RuleFiles, .. BundledRules.CorrelationFiles];

    [Theory]
    [MemberData(nameof(Files))]
    public void Tags_name_techniques_in_force_and_tactics_they_serve(string file)
    {
        ImmutableArray<string> tags = TagsAndReferences(file).Tags;
        ImmutableArray<AttackTechnique> techniques = Attack.TechniquesOf(tags);
        ImmutableArray<AttackTactic> tactics = Attack.TacticsOf(tags);

        Assert.Empty(Attack.UnknownOf(tags));
        Assert.Empty(Attack.RetiredOf(tags));
        Assert.NotEmpty(techniques);
        Assert.All(tactics, tactic => Assert.Contains(tactic, techniques.SelectMany(technique => technique.Tactics)));
        Assert.All(techniques, technique => Assert.NotEmpty(technique.Tactics.Intersect(tactics)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void References_to_MITRE_lead_to_techniques_in_force(string file) => Assert.All(
        TagsAndReferences(file).References.Where(reference => reference.StartsWith(Techniques, StringComparison.Ordinal)),
        reference => Assert.Equal(AttackState.Current, Attack.FindTechnique(reference[Techniques.Length..].Trim('/').Replace('/', '.'))?.State));

    private static (ImmutableArray<string> Tags, ImmutableArray<string> References) TagsAndReferences(string file) =>
        BundledRules.CorrelationFiles.Contains(file)
            ? (BundledRules.Correlation(file).Tags, BundledRules.Correlation(file).References)
            : (BundledRules.Rule(file).Tags, BundledRules.Rule(file).References);
}
