using System.Collections.Frozen;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.RuleSets;

/// <summary>What can be asked of a rule set by the id of a rule, long after it matched. Immutable and safe for concurrent use.</summary>
public sealed class RuleLookup
{
    /// <summary>Most texts that <see cref="FindMatched"/> gives.</summary>
    public const int MaxMatched = 10;

    // A letter or two are in any text, and tell nothing.
    private const int ShortestMatched = 3;

    private readonly FrozenDictionary<string, CompiledRule> _rules;
    private readonly FrozenDictionary<string, ImmutableArray<string>> _correlated;

    /// <summary>Reads a rule set.</summary>
    public RuleLookup(RuleSet ruleSet)
    {
        ArgumentNullException.ThrowIfNull(ruleSet);
        _rules = ruleSet.Compiled.ToFrozenDictionary(rule => rule.Rule.Id, RuleIdComparer.Instance);
        ImmutableArray<CompiledCorrelation> correlations = ruleSet.CorrelationPlan.Correlations;
        var products = new ImmutableArray<string>[correlations.Length];
        for (int place = 0; place < correlations.Length; place++)
        {
            // Those that one refers to stand before it.
            products[place] =
            [
                .. correlations[place].Parts
                    .SelectMany(part => part.Correlation is { } inner ? products[inner] : ProductsOf(ruleSet.Rules[part.Rule!.Value]))
                    .Distinct(StringComparer.OrdinalIgnoreCase),
            ];
        }

        _correlated = correlations.Select((one, place) => KeyValuePair.Create(one.Correlation.Id, products[place])).ToFrozenDictionary(RuleIdComparer.Instance);
    }

    /// <summary>A rule; null where no such rule runs.</summary>
    public SigmaRule? FindRule(string ruleId) => Find(ruleId)?.Rule;

    /// <summary>The products of a rule's log source, none where it names none, or those of a correlation's rules; null where no such rule runs.</summary>
    public ImmutableArray<string>? FindProducts(string ruleId)
    {
        ArgumentNullException.ThrowIfNull(ruleId);
        return _rules.TryGetValue(ruleId, out CompiledRule? rule) ? ProductsOf(rule.Rule)
            : _correlated.TryGetValue(ruleId, out ImmutableArray<string> products) ? products
            : null;
    }

    internal CompiledRule? Find(string ruleId)
    {
        ArgumentNullException.ThrowIfNull(ruleId);
        return _rules.GetValueOrDefault(ruleId);
    }

    /// <summary>
    /// What of the values of fields a rule asks for, as it stands in the values: the literals of its conditions that are not negated, with three characters or
    /// more, the longest first. One within another is left out. None where no such rule runs.
    /// </summary>
    /// <param name="ruleId">The rule.</param>
    /// <param name="fields">Fields and their values.</param>
    public ImmutableArray<string> FindMatched(string ruleId, IEnumerable<(string Field, string Value)> fields)
    {
        ArgumentNullException.ThrowIfNull(ruleId);
        ArgumentNullException.ThrowIfNull(fields);
        if (!_rules.TryGetValue(ruleId, out CompiledRule? rule))
        {
            return [];
        }

        ILookup<string, string> literals = Literals(rule.Condition).Where(one => one.Text.Length >= ShortestMatched).Distinct().ToLookup(one => one.Field, one => one.Text);
        var found = new List<string>();
        foreach ((string field, string value) in fields)
        {
            foreach (string literal in literals[field])
            {
                // A value that is the literal as a whole needs no mark.
                if (literal.Length < value.Length && value.IndexOf(literal, StringComparison.OrdinalIgnoreCase) is >= 0 and int at)
                {
                    found.Add(value.Substring(at, literal.Length));
                }
            }
        }

        ImmutableArray<string> longest = [.. found.Distinct(StringComparer.OrdinalIgnoreCase).OrderByDescending(text => text.Length).ThenBy(text => text, StringComparer.Ordinal)];
        return [.. longest.Where((text, place) => !longest.Take(place).Any(other => other.Contains(text, StringComparison.OrdinalIgnoreCase))).Take(MaxMatched)];
    }

    private static ImmutableArray<string> ProductsOf(SigmaRule rule) => rule.LogSource.Product is { } product ? [product] : [];

    private static IEnumerable<(string Field, string Text)> Literals(Expression expression) => expression switch
    {
        AndExpression { Operands: var operands } => operands.SelectMany(Literals),
        OrExpression { Operands: var operands } => operands.SelectMany(Literals),
        IdentifierExpression { Identifier: var identifier } => Literals(identifier.Expression),
        PredicateExpression { Predicate: TextPredicate { Field: { } field, Pattern: var pattern } } =>
            pattern.Parts.Where(part => part.Kind == PatternPartKind.Literal).Select(part => (field, part.Text)),
        _ => [],
    };
}
