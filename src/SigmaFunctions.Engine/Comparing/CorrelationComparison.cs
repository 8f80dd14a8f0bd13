using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Comparing;

/// <summary>A correlation rule that is in both sets and differs.</summary>
/// <param name="Old">The correlation in the old set.</param>
/// <param name="New">The correlation in the new set.</param>
/// <param name="Logic">What of its section <c>correlation</c> differs and may change its results, under the names that a rule writes.</param>
/// <param name="Attributes">
/// Metadata that differs; <c>correlation</c> where the section is written otherwise and means the same.
/// </param>
public sealed record ChangedCorrelation(
    SigmaCorrelation Old, SigmaCorrelation New, ImmutableArray<ChangedAttribute> Logic, ImmutableArray<ChangedAttribute> Attributes)
{
    /// <summary>Whether its results may differ.</summary>
    public bool IsLogic => !Logic.IsEmpty;
}

/// <summary>
/// What differs between the correlation rules of two sets. They are the same if their ids are. References count as what they lead to,
/// whether by id or by name, and the order of lists only where it decides (<c>temporal_ordered</c>). That a rule changes which a correlation
/// looks at does not change the correlation.
/// </summary>
/// <param name="Added">Correlations that only the new set has, ordered by title.</param>
/// <param name="Removed">Correlations that only the old set has, ordered by title.</param>
/// <param name="Changed">Correlations that differ, ordered by title.</param>
/// <param name="Unchanged">Number of correlations that are the same.</param>
public sealed record CorrelationComparison(
    ImmutableArray<SigmaCorrelation> Added, ImmutableArray<SigmaCorrelation> Removed, ImmutableArray<ChangedCorrelation> Changed, int Unchanged)
{
    internal static CorrelationComparison Of(RuleSet oldRules, RuleSet newRules)
    {
        var before = oldRules.Correlations.ToDictionary(one => one.Id, RuleIdComparer.Instance);
        var after = newRules.Correlations.ToDictionary(one => one.Id, RuleIdComparer.Instance);
        Dictionary<string, string> oldIds = IdByReference(oldRules);
        Dictionary<string, string> newIds = IdByReference(newRules);
        List<SigmaCorrelation> kept = [.. after.Values.Where(one => before.ContainsKey(one.Id))];
        ImmutableArray<ChangedCorrelation> changed =
        [
            .. kept.Select(one => Compare(before[one.Id], oldIds, one, newIds)).OfType<ChangedCorrelation>()
                .OrderBy(change => change.New.Title, StringComparer.Ordinal).ThenBy(change => change.New.Id, StringComparer.Ordinal),
        ];
        return new CorrelationComparison(
            Ordered(after.Values.Where(one => !before.ContainsKey(one.Id))),
            Ordered(before.Values.Where(one => !after.ContainsKey(one.Id))),
            changed,
            kept.Count - changed.Length);
    }

    private static ImmutableArray<SigmaCorrelation> Ordered(IEnumerable<SigmaCorrelation> correlations) =>
        [.. correlations.OrderBy(one => one.Title, StringComparer.Ordinal).ThenBy(one => one.Id, StringComparer.Ordinal)];

    private static ChangedCorrelation? Compare(
        SigmaCorrelation before, Dictionary<string, string> oldIds, SigmaCorrelation after, Dictionary<string, string> newIds)
    {
        ImmutableArray<ChangedAttribute> logic =
        [
            .. Section(before, oldIds).Zip(Section(after, newIds))
                .Where(pair => pair.First.Meaning != pair.Second.Meaning)
                .Select(pair => new ChangedAttribute(pair.First.Name, pair.First.Text, pair.Second.Text)),
        ];
        List<ChangedAttribute> attributes =
        [
            .. Attributes(before).Zip(Attributes(after))
                .Where(pair => pair.First.Value != pair.Second.Value)
                .Select(pair => new ChangedAttribute(pair.First.Name, pair.First.Value, pair.Second.Value)),
        ];
        if (logic.IsEmpty && !Section(before, oldIds).Select(part => part.Text).SequenceEqual(Section(after, newIds).Select(part => part.Text), StringComparer.Ordinal))
        {
            attributes.Add(new ChangedAttribute("correlation", null, null));
        }

        return logic.IsEmpty && attributes.Count == 0 ? null : new ChangedCorrelation(before, after, logic, [.. attributes]);
    }

    /// <summary>The parts of the section: as they are told, and as they are compared.</summary>
    private static IEnumerable<(string Name, string? Text, string? Meaning)> Section(SigmaCorrelation one, Dictionary<string, string> ids)
    {
        bool isOrdered = one.Type == CorrelationType.TemporalOrdered;
        IEnumerable<string> rules = one.Rules.Select(rule => ids.GetValueOrDefault(rule, rule));
        string? condition = List([.. one.Bounds.Select(Bound), .. one.Percentile is { } rank ? [$"percentile {Number(rank)}"] : Array.Empty<string>(), .. one.Fields.Select(field => $"field {field}")]);
        return
        [
            ("type", one.TypeName, one.TypeName),
            ("rules", List(one.Rules), List(isOrdered ? rules : Set(rules))),
            ("group-by", List(one.GroupBy), List(Set(one.GroupBy))),
            ("timespan", one.TimespanText, one.TimespanText),
            ("condition", condition, List([.. Set(one.Bounds.Select(Bound)), Number(one.Percentile ?? -1), .. Set(one.Fields)])),
            ("aliases", List(one.Aliases.Select(alias => Alias(alias, rule => rule))), List(Set(one.Aliases.Select(alias => Alias(alias, rule => ids.GetValueOrDefault(rule, rule)))))),
            ("generate", one.Generate ? "true" : "false", one.Generate ? "true" : "false"),
        ];
    }

    private static IEnumerable<(string Name, string? Value)> Attributes(SigmaCorrelation one) =>
    [
        ("title", one.Title),
        ("name", one.Name),
        ("status", one.Status),
        ("level", one.Level),
        ("description", one.Description),
        ("tags", List(one.Tags)),
    ];

    private static string Bound(CorrelationBound bound) => $"{CorrelationNames.NameOf(bound.Operator)} {Number(bound.Value)}";

    private static string Number(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);

    private static string Alias(CorrelationAlias alias, Func<string, string> rule) =>
        $"{alias.Name} ({string.Join(", ", Set(alias.FieldByRule.Select(pair => $"{rule(pair.Key)}: {pair.Value}")))})";

    private static IEnumerable<string> Set(IEnumerable<string> values) => values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static string? List(IEnumerable<string> values) => string.Join(", ", values) is { Length: > 0 } list ? list : null;

    // An id goes before a name.
    private static Dictionary<string, string> IdByReference(RuleSet rules)
    {
        var ids = new Dictionary<string, string>(RuleIdComparer.Instance);
        foreach (string id in rules.Rules.Select(rule => rule.Id).Concat(rules.Correlations.Select(one => one.Id)))
        {
            ids.TryAdd(id, RuleIdComparer.Canonical(id));
        }

        foreach ((string? id, string? name) in rules.Rules.Select(rule => (rule.Id, rule.Name)).Concat(rules.Correlations.Select(one => (one.Id, one.Name))))
        {
            if (name is not null)
            {
                ids.TryAdd(name, RuleIdComparer.Canonical(id));
            }
        }

        return ids;
    }
}
