using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Catalog.Attack;

/// <summary>A tactic and the rules that name it.</summary>
/// <param name="Tactic">The tactic.</param>
/// <param name="Rules">The rules, ordered by title.</param>
/// <param name="Covered">How many of its techniques and sub-techniques in force are covered.</param>
/// <param name="Techniques">How many techniques and sub-techniques in force serve it.</param>
public sealed record CoveredTactic(AttackTactic Tactic, ImmutableArray<SigmaRule> Rules, int Covered, int Techniques);

/// <summary>A technique or sub-technique that rules or correlations name.</summary>
/// <param name="Technique">The technique.</param>
/// <param name="Rules">The rules that name it itself, ordered by title.</param>
/// <param name="RulesWithSubTechniques">How many rules name it or one of its sub-techniques.</param>
/// <param name="Correlations">The correlations that name it itself, ordered by title.</param>
public sealed record CoveredTechnique(
    AttackTechnique Technique, ImmutableArray<SigmaRule> Rules, int RulesWithSubTechniques, ImmutableArray<SigmaCorrelation> Correlations);

/// <summary>A technique that no rule or correlation covers.</summary>
/// <param name="Technique">The technique.</param>
/// <param name="RulesOfParent">Of a sub-technique: how many rules name its parent itself, which may or may not see it.</param>
public sealed record AttackGap(AttackTechnique Technique, int RulesOfParent);

/// <summary>A tag that names a tactic or technique which the catalogue does not have.</summary>
/// <param name="Tag">The tag as the first rule writes it.</param>
/// <param name="Rules">The rules and correlations, ordered by title.</param>
public sealed record UnknownAttackTag(string Tag, ImmutableArray<NamingRule> Rules);

/// <summary>Something no longer in force that rules or correlations still name.</summary>
/// <param name="Tag">The tag as the first rule writes it.</param>
/// <param name="Rules">The rules and correlations, ordered by title.</param>
public sealed record RetiredAttackTagUse(RetiredAttackTag Tag, ImmutableArray<NamingRule> Rules);

/// <summary>A rule or correlation that names something.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">Its title.</param>
public sealed record NamingRule(string Id, string Title);

/// <summary>
/// What rules and correlations say of ATT&amp;CK by their tags. A technique is covered if one of them names it or one of its
/// sub-techniques; a sub-technique only if one names it itself. Who names a revoked technique names the one that replaces it.
/// Correlations are counted apart from rules.
/// </summary>
public sealed class AttackCoverage
{
    private readonly Dictionary<string, CoveredTechnique> _techniques;
    private readonly AttackCatalogue _catalogue;

    private AttackCoverage(IEnumerable<SigmaRule> rules, IEnumerable<SigmaCorrelation> correlations, AttackCatalogue catalogue)
    {
        _catalogue = catalogue;
        ImmutableArray<SigmaCorrelation> orderedCorrelations =
            [.. correlations.OrderBy(one => one.Title, StringComparer.Ordinal).ThenBy(one => one.Id, StringComparer.Ordinal)];
        Correlations = orderedCorrelations.Length;
        ILookup<AttackTechnique, SigmaCorrelation> correlationsByTechnique = orderedCorrelations
            .SelectMany(one => catalogue.TechniquesOf(one.Tags), (one, technique) => (one, technique))
            .ToLookup(pair => pair.technique, pair => pair.one);
        var byCorrelation = correlationsByTechnique.SelectMany(group => new[] { group.Key, group.Key.Parent ?? group.Key }).ToHashSet();
        ImmutableArray<SigmaRule> ordered = [.. rules.OrderBy(rule => rule.Title, StringComparer.Ordinal).ThenBy(rule => rule.Id, StringComparer.Ordinal)];
        Rules = ordered.Length;
        ILookup<AttackTactic, SigmaRule> byTactic = ordered.SelectMany(rule => catalogue.TacticsOf(rule.Tags), (rule, tactic) => (rule, tactic)).ToLookup(pair => pair.tactic, pair => pair.rule);
        ILookup<AttackTechnique, SigmaRule> byTechnique = ordered.SelectMany(rule => catalogue.TechniquesOf(rule.Tags), (rule, technique) => (rule, technique)).ToLookup(pair => pair.technique, pair => pair.rule);
        var withSubTechniques = ordered
            .SelectMany(rule => catalogue.TechniquesOf(rule.Tags).Select(technique => technique.Parent ?? technique).Distinct())
            .CountBy(technique => technique)
            .ToDictionary();

        Techniques =
        [
            .. catalogue.Techniques
                .Select(technique => new CoveredTechnique(
                    technique,
                    [.. byTechnique[technique]],
                    technique.Parent is null ? withSubTechniques.GetValueOrDefault(technique) : byTechnique[technique].Count(),
                    [.. correlationsByTechnique[technique]]))
                .Where(covered => covered.RulesWithSubTechniques > 0 || byCorrelation.Contains(covered.Technique)),
        ];
        _techniques = Techniques.ToDictionary(covered => covered.Technique.Id, StringComparer.OrdinalIgnoreCase);
        Tactics =
        [
            .. catalogue.Tactics.Select(tactic =>
            {
                List<AttackTechnique> own = [.. InForce.Where(technique => technique.Tactics.Contains(tactic))];
                return new CoveredTactic(tactic, [.. byTactic[tactic]], own.Count(Covers), own.Count);
            }),
        ];
        ImmutableArray<(NamingRule Rule, ImmutableArray<string> Tags)> naming =
        [
            .. ordered.Select(rule => (Rule: new NamingRule(rule.Id, rule.Title), rule.Tags))
                .Concat(orderedCorrelations.Select(one => (Rule: new NamingRule(one.Id, one.Title), one.Tags)))
                .OrderBy(one => one.Rule.Title, StringComparer.Ordinal).ThenBy(one => one.Rule.Id, StringComparer.Ordinal),
        ];
        Unknown =
        [
            .. naming.SelectMany(one => catalogue.UnknownOf(one.Tags), (one, tag) => (rule: one.Rule, tag))
                .GroupBy(pair => pair.tag, pair => pair.rule, StringComparer.OrdinalIgnoreCase)
                .OrderBy(group => group.Key, StringComparer.OrdinalIgnoreCase)
                .Select(group => new UnknownAttackTag(group.Key, [.. group])),
        ];
        Retired =
        [
            .. naming.SelectMany(one => catalogue.RetiredOf(one.Tags), (one, tag) => (rule: one.Rule, tag))
                .GroupBy(pair => pair.tag.Was)
                .OrderBy(group => group.Key.Id, StringComparer.Ordinal)
                .Select(group => new RetiredAttackTagUse(group.First().tag, [.. group.Select(pair => pair.rule)])),
        ];
        Untagged = ordered.Count(rule => !NamesTechnique(rule.Tags));
        UntaggedCorrelations = orderedCorrelations.Count(one => !NamesTechnique(one.Tags));
        ByCorrelationsAlone = InForce.Count(technique => Covers(technique) && _techniques[technique.Id].RulesWithSubTechniques == 0);
    }

    /// <summary>Number of rules.</summary>
    public int Rules { get; }

    /// <summary>Number of rules that name no technique.</summary>
    public int Untagged { get; }

    /// <summary>Number of correlations.</summary>
    public int Correlations { get; }

    /// <summary>Number of correlations that name no technique.</summary>
    public int UntaggedCorrelations { get; }

    /// <summary>Number of techniques and sub-techniques in force that correlations cover and no rule does.</summary>
    public int ByCorrelationsAlone { get; }

    /// <summary>Every tactic, in matrix order.</summary>
    public ImmutableArray<CoveredTactic> Tactics { get; }

    /// <summary>The techniques that are covered, ordered by id; also those that are deprecated.</summary>
    public ImmutableArray<CoveredTechnique> Techniques { get; }

    /// <summary>Tags that the catalogue does not know, in their order.</summary>
    public ImmutableArray<UnknownAttackTag> Unknown { get; }

    /// <summary>What is no longer in force and still named, by id or short name.</summary>
    public ImmutableArray<RetiredAttackTagUse> Retired { get; }

    /// <summary>The techniques and sub-techniques in force, ordered by id.</summary>
    public IEnumerable<AttackTechnique> InForce => _catalogue.Techniques.Where(technique => technique.State == AttackState.Current);

    /// <summary>
    /// The coverage of a rule set. Building blocks, which have no detections of their own, are not in it, and neither is a correlation without its
    /// rules: the rule set rejects it.
    /// </summary>
    public static AttackCoverage Of(RuleSet rules, AttackCatalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(rules);
        CorrelationPlan plan = rules.CorrelationPlan;
        return new AttackCoverage(
            rules.Rules.Where((_, place) => !plan.IsSilent(place)), plan.Correlations.Where(one => !one.IsSilent).Select(one => one.Correlation), catalogue);
    }

    /// <summary>The coverage of rules and correlations.</summary>
    public static AttackCoverage Of(IEnumerable<SigmaRule> rules, IEnumerable<SigmaCorrelation> correlations, AttackCatalogue catalogue) =>
        new(rules, correlations, catalogue);

    /// <summary>Whether some rule or correlation covers a technique.</summary>
    public bool Covers(AttackTechnique technique) => _techniques.ContainsKey(technique.Id);

    /// <summary>Those of the wanted techniques that nothing covers, in their order.</summary>
    public ImmutableArray<AttackGap> GapsIn(IEnumerable<AttackTechnique> wanted) =>
    [
        .. wanted.Where(technique => !Covers(technique)).Select(technique => new AttackGap(
            technique,
            technique.Parent is { } parent && _techniques.TryGetValue(parent.Id, out CoveredTechnique? covered) ? covered.Rules.Length : 0)),
    ];

    private static bool NamesTechnique(ImmutableArray<string> tags) =>
        tags.Any(tag => AttackTag.TryParse(tag, out AttackTag parsed) && parsed.Kind == AttackTagKind.Technique);
}
