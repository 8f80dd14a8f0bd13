using System.Collections.Immutable;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Engine.Logic;

namespace SigmaFunctions.Catalog.Building;

/// <summary>
/// Which rules look for what. Equal predicates of a rule set are one object, so that counting them is counting references; what filters
/// add to rules is not counted.
/// </summary>
internal sealed class IndicatorIndex
{
    /// <summary>Rules that are named where an indicator is shared.</summary>
    private const int MaxNamed = 12;

    /// <summary>An indicator of more rules says nothing about how close they are.</summary>
    private const int MaxRare = 10;

    private const int MaxSimilar = 8;

    // The spellings that the modifier windash makes of one value are one thing to have in common.
    private static readonly System.Buffers.SearchValues<char> UnusualDashes = System.Buffers.SearchValues.Create("–—―");

    private readonly Dictionary<Predicate, List<int>> _rules = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Predicate, bool>[] _predicates;
    private readonly ImmutableArray<PageLink> _links;
    private readonly ImmutableArray<RuleSource> _sources;
    private readonly int[] _sourceOfRule;

    /// <summary>Indexes rules.</summary>
    /// <param name="compiled">The rules.</param>
    /// <param name="links">Their pages.</param>
    /// <param name="sources">The sources of rules.</param>
    /// <param name="sourceOfRule">Index of each rule's source.</param>
    public IndicatorIndex(ImmutableArray<CompiledRule> compiled, ImmutableArray<PageLink> links, ImmutableArray<RuleSource> sources, int[] sourceOfRule)
    {
        _links = links;
        _sources = sources;
        _sourceOfRule = sourceOfRule;
        _predicates = new Dictionary<Predicate, bool>[compiled.Length];
        for (int rule = 0; rule < compiled.Length; rule++)
        {
            Dictionary<Predicate, bool> found = _predicates[rule] = PredicatesOf(compiled[rule]);
            foreach (Predicate predicate in found.Keys)
            {
                if (!_rules.TryGetValue(predicate, out List<int>? rules))
                {
                    _rules.Add(predicate, rules = []);
                }

                rules.Add(rule);
            }
        }
    }

    /// <summary>The indicators of a rule, by field, kind and case.</summary>
    public ImmutableArray<IndicatorGroup> GroupsOf(int rule) =>
    [
        .. _predicates[rule]
            .Select(pair => (Text: PredicateDescription.Of(pair.Key), IsExcluded: pair.Value, Rules: _rules[pair.Key]))
            .GroupBy(one => (one.Text.Field, one.Text.Kind, one.Text.IsCased, one.IsExcluded))
            .OrderBy(group => group.Key.IsExcluded)
            .ThenBy(group => group.Key.Field, StringComparer.Ordinal)
            .ThenBy(group => group.Key.Kind, StringComparer.Ordinal)
            .ThenBy(group => group.Key.IsCased)
            .Select(group => new IndicatorGroup(
                group.Key.Field,
                group.Key.Kind,
                group.Key.IsCased,
                group.Key.IsExcluded,
                [
                    .. group.OrderBy(one => one.Text.Value, StringComparer.Ordinal).Select(one => new Indicator(
                        one.Text.Value, one.Rules.Count, CountBySource(one.Rules), Named(one.Rules, except: rule))),
                ])),
    ];

    /// <summary>The rules that share rare indicators with one: each indicator counts the more, the fewer rules have it.</summary>
    public ImmutableArray<SimilarRule> SimilarTo(int rule)
    {
        var scores = new Dictionary<int, (int Shared, double Score)>();
        foreach ((Predicate predicate, bool isExcluded) in _predicates[rule])
        {
            List<int> rules = _rules[predicate];
            if (isExcluded || rules.Count is < 2 or > MaxRare || predicate is NullPredicate or ExistsPredicate || IsSpelling(predicate))
            {
                continue;
            }

            foreach (int other in rules.Where(other => other != rule))
            {
                (int shared, double score) = scores.GetValueOrDefault(other);
                scores[other] = (shared + 1, score + (1.0 / (rules.Count - 1)));
            }
        }

        return
        [
            .. scores.OrderByDescending(pair => pair.Value.Score)
                .ThenBy(pair => pair.Key)
                .Take(MaxSimilar)
                .Select(pair => new SimilarRule(_links[pair.Key], pair.Value.Shared)),
        ];
    }

    /// <summary>The indicators of more than one rule, those of most rules first.</summary>
    public ImmutableArray<SharedIndicator> Shared() =>
    [
        .. _rules.Where(pair => pair.Value.Count > 1)
            .Select(pair => (Text: PredicateDescription.Of(pair.Key), Rules: pair.Value))
            .OrderByDescending(one => one.Rules.Count)
            .ThenBy(one => one.Text.Field, StringComparer.Ordinal)
            .ThenBy(one => one.Text.Kind, StringComparer.Ordinal)
            .ThenBy(one => one.Text.Value, StringComparer.Ordinal)
            .Select(one => new SharedIndicator(
                one.Text.Field, one.Text.Kind, one.Text.IsCased, one.Text.Value, one.Rules.Count, CountBySource(one.Rules), Named(one.Rules, except: -1))),
    ];

    private static bool IsSpelling(Predicate predicate) =>
        predicate is TextPredicate { Pattern: var pattern } && pattern.Parts.Any(part => part.Text.AsSpan().ContainsAny(UnusualDashes));

    /// <summary>The predicates of the search identifiers that a rule's condition uses, and whether they only rule events out.</summary>
    private static Dictionary<Predicate, bool> PredicatesOf(CompiledRule rule)
    {
        var found = new Dictionary<Predicate, bool>(ReferenceEqualityComparer.Instance);
        foreach ((CompiledIdentifier identifier, bool isExcluded) in LogicReader.UsesOf(rule.Condition))
        {
            foreach ((Predicate predicate, bool isNegated) in LogicReader.PredicatesOf(identifier.Expression, isExcluded))
            {
                found[predicate] = isNegated && found.GetValueOrDefault(predicate, true);
            }
        }

        return found;
    }

    private ImmutableArray<SourceCount> CountBySource(List<int> rules)
    {
        if (_sources.Length == 1)
        {
            return [new SourceCount(_sources[0].Name, rules.Count)];
        }

        Span<int> counts = stackalloc int[_sources.Length];
        foreach (int rule in rules)
        {
            counts[_sourceOfRule[rule]]++;
        }

        ImmutableArray<SourceCount>.Builder by = ImmutableArray.CreateBuilder<SourceCount>();
        for (int source = 0; source < counts.Length; source++)
        {
            if (counts[source] > 0)
            {
                by.Add(new SourceCount(_sources[source].Name, counts[source]));
            }
        }

        return by.ToImmutable();
    }

    private ImmutableArray<PageLink> Named(List<int> rules, int except) => [.. rules.Where(rule => rule != except).Take(MaxNamed).Select(rule => _links[rule])];
}
