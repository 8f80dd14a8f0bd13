using System.Collections.Immutable;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Catalog.Attack;

/// <summary>A tactic and the rules that name it.</summary>
/// <param name="Tactic">The tactic.</param>
/// <param name="Rules">The rules, ordered by title.</param>
/// <param name="Covered">How many of its techniques and sub-techniques in force some rule names.</param>
/// <param name="Techniques">How many techniques and sub-techniques in force serve it.</param>
public sealed record CoveredTactic(AttackTactic Tactic, ImmutableArray<SigmaRule> Rules, int Covered, int Techniques);

/// <summary>A technique or sub-technique that rules name.</summary>
/// <param name="Technique">The technique.</param>
/// <param name="Rules">The rules that name it itself, ordered by title; empty if only its sub-techniques are named.</param>
/// <param name="RulesWithSubTechniques">How many rules name it or one of its sub-techniques.</param>
public sealed record CoveredTechnique(AttackTechnique Technique, ImmutableArray<SigmaRule> Rules, int RulesWithSubTechniques);

/// <summary>A technique that no rule covers.</summary>
/// <param name="Technique">The technique.</param>
/// <param name="RulesOfParent">Of a sub-technique: how many rules name its parent itself, which may or may not see it.</param>
public sealed record AttackGap(AttackTechnique Technique, int RulesOfParent);

/// <summary>A tag that names a tactic or technique which the catalogue does not have.</summary>
/// <param name="Tag">The tag as the first rule writes it.</param>
/// <param name="Rules">The rules, ordered by title.</param>
public sealed record UnknownAttackTag(string Tag, ImmutableArray<SigmaRule> Rules);

/// <summary>
/// What rules say of ATT&amp;CK by their tags. A technique is covered if a rule names it or one of its sub-techniques; a sub-technique only
/// if a rule names it itself.
/// </summary>
public sealed class AttackCoverage
{
    private readonly Dictionary<string, CoveredTechnique> _techniques;
    private readonly AttackCatalogue _catalogue;

    private AttackCoverage(IEnumerable<SigmaRule> rules, AttackCatalogue catalogue)
    {
        _catalogue = catalogue;
        ImmutableArray<SigmaRule> ordered = [.. rules.OrderBy(rule => rule.Title, StringComparer.Ordinal).ThenBy(rule => rule.Id, StringComparer.Ordinal)];
        Rules = ordered.Length;
        var byTactic = ordered.SelectMany(rule => catalogue.TacticsOf(rule.Tags), (rule, tactic) => (rule, tactic)).ToLookup(pair => pair.tactic, pair => pair.rule);
        var byTechnique = ordered.SelectMany(rule => catalogue.TechniquesOf(rule.Tags), (rule, technique) => (rule, technique)).ToLookup(pair => pair.technique, pair => pair.rule);
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
                    technique.Parent is null ? withSubTechniques.GetValueOrDefault(technique) : byTechnique[technique].Count()))
                .Where(covered => covered.RulesWithSubTechniques > 0),
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
        Unknown =
        [
            .. ordered.SelectMany(rule => catalogue.UnknownOf(rule.Tags), (rule, tag) => (rule, tag))
                .GroupBy(pair => pair.tag, pair => pair.rule, StringComparer.OrdinalIgnoreCase)
                .OrderBy(group => group.Key, StringComparer.OrdinalIgnoreCase)
                .Select(group => new UnknownAttackTag(group.Key, [.. group])),
        ];
        Untagged = ordered.Count(rule => !rule.Tags.Any(tag => AttackTag.TryParse(tag, out AttackTag parsed) && parsed.Kind == AttackTagKind.Technique));
    }

    /// <summary>Number of rules.</summary>
    public int Rules { get; }

    /// <summary>Number of rules that name no technique.</summary>
    public int Untagged { get; }

    /// <summary>Every tactic, in matrix order.</summary>
    public ImmutableArray<CoveredTactic> Tactics { get; }

    /// <summary>The techniques that are covered, ordered by id; also those that are no longer in force.</summary>
    public ImmutableArray<CoveredTechnique> Techniques { get; }

    /// <summary>Tags that the catalogue does not know, in their order.</summary>
    public ImmutableArray<UnknownAttackTag> Unknown { get; }

    /// <summary>The techniques and sub-techniques in force, ordered by id.</summary>
    public IEnumerable<AttackTechnique> InForce => _catalogue.Techniques.Where(technique => technique.State == AttackState.Current);

    /// <summary>The coverage of rules.</summary>
    public static AttackCoverage Of(IEnumerable<SigmaRule> rules, AttackCatalogue catalogue) => new(rules, catalogue);

    /// <summary>Whether some rule covers a technique.</summary>
    public bool Covers(AttackTechnique technique) => _techniques.ContainsKey(technique.Id);

    /// <summary>Those of the wanted techniques that no rule covers, in their order.</summary>
    public ImmutableArray<AttackGap> GapsIn(IEnumerable<AttackTechnique> wanted) =>
    [
        .. wanted.Where(technique => !Covers(technique)).Select(technique => new AttackGap(
            technique,
            technique.Parent is { } parent && _techniques.TryGetValue(parent.Id, out CoveredTechnique? covered) ? covered.Rules.Length : 0)),
    ];
}
