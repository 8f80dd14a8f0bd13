using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Comparing;

/// <summary>An attribute of a rule that differs.</summary>
/// <param name="Name">
/// Its name in a rule, such as <c>level</c>; <c>detection</c> where search identifiers or the condition are written otherwise and mean the same.
/// </param>
/// <param name="Old">The old value, lists joined by commas; null if absent or not of one line's interest (<c>detection</c>).</param>
/// <param name="New">The new value, likewise.</param>
public sealed record ChangedAttribute(string Name, string? Old, string? New);

/// <summary>A rule that is in both sets and differs.</summary>
/// <param name="Old">The rule in the old set.</param>
/// <param name="New">The rule in the new set.</param>
/// <param name="IsLogic">Whether log source, condition or filters differ, so that verdicts may.</param>
/// <param name="RemovedPredicates">Tests that only the old rule makes, such as <c>Image endswith '\a.exe'</c>.</param>
/// <param name="AddedPredicates">Tests that only the new rule makes.</param>
/// <param name="Attributes">Metadata that differs, <c>logsource</c> where that does, and wording.</param>
public sealed record ChangedRule(
    SigmaRule Old,
    SigmaRule New,
    bool IsLogic,
    ImmutableArray<string> RemovedPredicates,
    ImmutableArray<string> AddedPredicates,
    ImmutableArray<ChangedAttribute> Attributes);

/// <summary>
/// What differs between two rule sets. Rules are the same if their ids are. Logic is compared as it was compiled, with placeholders and
/// filters applied, and so whatever the rules call and in which order they write their parts. Files and lines do not count.
/// </summary>
/// <param name="Added">Rules that only the new set has, ordered by title.</param>
/// <param name="Removed">Rules that only the old set has, ordered by title.</param>
/// <param name="Changed">Rules that differ, ordered by title; those that are only worded otherwise too.</param>
/// <param name="Unchanged">Number of rules that are the same.</param>
/// <param name="Correlations">What differs between their correlation rules.</param>
public sealed record RuleSetComparison(
    ImmutableArray<SigmaRule> Added,
    ImmutableArray<SigmaRule> Removed,
    ImmutableArray<ChangedRule> Changed,
    int Unchanged,
    CorrelationComparison Correlations)
{
    /// <summary>Compares two rule sets.</summary>
    public static RuleSetComparison Of(RuleSet oldRules, RuleSet newRules)
    {
        ArgumentNullException.ThrowIfNull(oldRules);
        ArgumentNullException.ThrowIfNull(newRules);
        var logic = new LogicText();
        var before = oldRules.Compiled.ToDictionary(rule => rule.Rule.Id, RuleIdComparer.Instance);
        var after = newRules.Compiled.ToDictionary(rule => rule.Rule.Id, RuleIdComparer.Instance);
        List<CompiledRule> kept = [.. after.Values.Where(rule => before.ContainsKey(rule.Rule.Id))];
        ImmutableArray<ChangedRule> changed =
        [
            .. kept.Select(rule => Compare(before[rule.Rule.Id], rule, logic)).OfType<ChangedRule>()
                .OrderBy(change => change.New.Title, StringComparer.Ordinal).ThenBy(change => change.New.Id, StringComparer.Ordinal),
        ];
        return new RuleSetComparison(
            Ordered(after.Values.Where(rule => !before.ContainsKey(rule.Rule.Id))),
            Ordered(before.Values.Where(rule => !after.ContainsKey(rule.Rule.Id))),
            changed,
            kept.Count - changed.Length,
            CorrelationComparison.Of(oldRules, newRules));
    }

    private static ImmutableArray<SigmaRule> Ordered(IEnumerable<CompiledRule> rules) =>
        [.. rules.Select(rule => rule.Rule).OrderBy(rule => rule.Title, StringComparer.Ordinal).ThenBy(rule => rule.Id, StringComparer.Ordinal)];

    private static ChangedRule? Compare(CompiledRule before, CompiledRule after, LogicText logic)
    {
        bool sameExpression = logic.Of(before.Expression) == logic.Of(after.Expression);
        bool isLogic = !sameExpression || before.Rule.LogSource != after.Rule.LogSource;
        var attributes = Attributes(before.Rule).Zip(Attributes(after.Rule))
            .Where(pair => pair.First.Value != pair.Second.Value)
            .Select(pair => new ChangedAttribute(pair.First.Name, pair.First.Value, pair.Second.Value))
            .Concat(CustomAttributes(before.Rule, after.Rule))
            .ToList();
        if (sameExpression && logic.Wording(before.Expression) != logic.Wording(after.Expression))
        {
            attributes.Add(new ChangedAttribute("detection", null, null));
        }

        if (!isLogic && attributes.Count == 0)
        {
            return null;
        }

        var old = LogicText.Predicates(before.Expression).ToHashSet();
        var @new = LogicText.Predicates(after.Expression).ToHashSet();
        return new ChangedRule(before.Rule, after.Rule, isLogic, Describe(old.Except(@new)), Describe(@new.Except(old)), [.. attributes]);
    }

    private static ImmutableArray<string> Describe(IEnumerable<Predicate> predicates) =>
        [.. predicates.Select(predicate => PredicateDescription.Of(predicate).ToString()).Order(StringComparer.Ordinal)];

    private static IEnumerable<ChangedAttribute> CustomAttributes(SigmaRule before, SigmaRule after) =>
        before.CustomAttributes.Keys.Union(after.CustomAttributes.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => new ChangedAttribute(name, before.CustomAttributes.GetValueOrDefault(name), after.CustomAttributes.GetValueOrDefault(name)))
            .Where(change => change.Old != change.New);

    /// <summary>Every attribute that the specification names, in the same order for every rule.</summary>
    private static IEnumerable<(string Name, string? Value)> Attributes(SigmaRule rule) =>
    [
        ("title", rule.Title),
        ("name", rule.Name),
        ("status", rule.Status),
        ("level", rule.Level),
        ("logsource", rule.LogSource.ToString()),
        ("description", rule.Description),
        ("author", rule.Author),
        ("license", rule.License),
        ("date", rule.Date),
        ("modified", rule.Modified),
        ("taxonomy", rule.Taxonomy),
        ("tags", List(rule.Tags)),
        ("references", List(rule.References)),
        ("fields", List(rule.Fields)),
        ("falsepositives", List(rule.FalsePositives)),
        ("scope", List(rule.Scope)),
        ("related", List(rule.Related.Select(related => string.Create(CultureInfo.InvariantCulture, $"{related.Type} {related.Id}")))),
    ];

    private static string? List(IEnumerable<string> values) => string.Join(", ", values) is { Length: > 0 } list ? list : null;
}
