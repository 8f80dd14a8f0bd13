using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Correlating;
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
/// <param name="Silenced">Rules of both sets that have detections of their own in the old one alone, as building blocks of correlations in the new one; ordered by title.</param>
/// <param name="Unsilenced">Rules of both sets that have them in the new one alone; ordered by title.</param>
public sealed record CorrelationComparison(
    ImmutableArray<SigmaCorrelation> Added,
    ImmutableArray<SigmaCorrelation> Removed,
    ImmutableArray<ChangedCorrelation> Changed,
    int Unchanged,
    ImmutableArray<SigmaRule> Silenced,
    ImmutableArray<SigmaRule> Unsilenced)
{
    internal static CorrelationComparison Of(RuleSet oldRules, RuleSet newRules)
    {
        var before = oldRules.Correlations.ToDictionary(one => one.Id, RuleIdComparer.Instance);
        var after = newRules.Correlations.ToDictionary(one => one.Id, RuleIdComparer.Instance);
        var oldIds = new References(oldRules);
        var newIds = new References(newRules);
        List<SigmaCorrelation> kept = [.. after.Values.Where(one => before.ContainsKey(one.Id))];
        ImmutableArray<ChangedCorrelation> changed =
        [
            .. kept.Select(one => Compare(before[one.Id], oldIds.Of(before[one.Id]), one, newIds.Of(one))).OfType<ChangedCorrelation>()
                .OrderBy(change => change.New.Title, StringComparer.Ordinal).ThenBy(change => change.New.Id, StringComparer.Ordinal),
        ];
        return new CorrelationComparison(
            Ordered(after.Values.Where(one => !before.ContainsKey(one.Id))),
            Ordered(before.Values.Where(one => !after.ContainsKey(one.Id))),
            changed,
            kept.Count - changed.Length,
            SilentIn(newRules, oldRules),
            SilentIn(oldRules, newRules));
    }

    /// <summary>The rules of two sets that are silent in the one alone.</summary>
    private static ImmutableArray<SigmaRule> SilentIn(RuleSet one, RuleSet other)
    {
        var others = other.Rules.Select(rule => rule.Id).ToHashSet(RuleIdComparer.Instance);
        return
        [
            .. one.Rules
                .Where(rule => others.Contains(rule.Id) && one.CorrelationPlan.SilentRules.Contains(rule.Id) && !other.CorrelationPlan.SilentRules.Contains(rule.Id))
                .OrderBy(rule => rule.Title, StringComparer.Ordinal).ThenBy(rule => rule.Id, StringComparer.Ordinal),
        ];
    }

    private static ImmutableArray<SigmaCorrelation> Ordered(IEnumerable<SigmaCorrelation> correlations) =>
        [.. correlations.OrderBy(one => one.Title, StringComparer.Ordinal).ThenBy(one => one.Id, StringComparer.Ordinal)];

    private static ChangedCorrelation? Compare(
        SigmaCorrelation before, Func<string, string> oldIds, SigmaCorrelation after, Func<string, string> newIds)
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
    private static IEnumerable<(string Name, string? Text, string? Meaning)> Section(SigmaCorrelation one, Func<string, string> ids)
    {
        bool isOrdered = one.Type == CorrelationType.TemporalOrdered;
        IEnumerable<string> rules = one.Rules.Select(ids);
        string? condition = one.Condition ?? List([.. one.Bounds.Select(Bound), .. one.Percentile is { } rank ? [$"percentile {Number(rank)}"] : Array.Empty<string>(), .. one.Fields.Select(field => $"field {field}")]);
        return
        [
            ("type", one.TypeName, one.TypeName),
            ("rules", List(one.Rules), List(isOrdered ? rules : Set(rules))),
            ("group-by", List(one.GroupBy), List(Set(one.GroupBy))),
            ("timespan", one.TimespanText, one.TimespanText),
            ("condition", condition, one.Expression is { } expression ? Meaning(expression, [.. rules]) : List([.. Set(one.Bounds.Select(Bound)), Number(one.Percentile ?? -1), .. Set(one.Fields)])),
            ("aliases", List(one.Aliases.Select(alias => Alias(alias, rule => rule))), List(Set(one.Aliases.Select(alias => Alias(alias, ids))))),
            ("generate", one.Generate ? "true" : "false", one.Generate ? "true" : "false"),
        ];
    }

    /// <summary>An expression as the ways in which it can be true, in an order that does not depend on how it is written.</summary>
    private static string Meaning(CorrelationTerms expression, ImmutableArray<string> rules) => string.Join(" or ", Set(expression.Terms.Select(term =>
        string.Join(" and ", Set(term.Present.Select(rule => rules[rule])).Concat(Set(term.Absent.Select(rule => $"not {rules[rule]}")))))));

    private static IEnumerable<(string Name, string? Value)> Attributes(SigmaCorrelation one) =>
    [
        ("title", one.Title),
        ("name", one.Name),
        ("status", one.Status),
        ("level", one.Level),
        ("description", one.Description),
        ("tags", List(one.Tags)),
    ];

    private static string Bound(CorrelationBound bound) => $"{bound.OperatorName} {bound.ValueText}";

    private static string Number(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);

    private static string Alias(CorrelationAlias alias, Func<string, string> rule) =>
        $"{alias.Name} ({string.Join(", ", Set(alias.FieldByRule.Select(pair => $"{rule(pair.Key)}: {pair.Value}")))})";

    private static IEnumerable<string> Set(IEnumerable<string> values) => values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static string? List(IEnumerable<string> values) => string.Join(", ", values) is { Length: > 0 } list ? list : null;

    /// <summary>What references of a set's correlations lead to.</summary>
    private sealed class References
    {
        private readonly Dictionary<string, CompiledCorrelation> _compiled;
        private readonly Dictionary<string, string> _nameById = new(RuleIdComparer.Instance);

        public References(RuleSet rules)
        {
            _compiled = rules.CorrelationPlan.Correlations.ToDictionary(one => one.Correlation.Id, RuleIdComparer.Instance);
            foreach ((string id, string? name) in rules.Rules.Select(rule => (rule.Id, rule.Name)).Concat(rules.Correlations.Select(one => (one.Id, one.Name))))
            {
                if (name is not null)
                {
                    _nameById.TryAdd(id, name);
                }
            }
        }

        /// <summary>What the references of a correlation and its aliases lead to: ids.</summary>
        public Func<string, string> Of(SigmaCorrelation correlation)
        {
            var ids = new Dictionary<string, string>(RuleIdComparer.Instance);
            foreach ((CorrelationPart part, string reference) in _compiled[correlation.Id].Parts.Zip(correlation.Rules))
            {
                string id = RuleIdComparer.Canonical(part.Id);
                ids[reference] = id;
                ids.TryAdd(id, id);
                ids.TryAdd(_nameById.GetValueOrDefault(part.Id, id), id);
            }

            return reference => ids.GetValueOrDefault(reference, reference);
        }
    }
}
