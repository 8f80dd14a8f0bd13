using System.Collections.Frozen;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.Matching;

/// <summary>A rule set compiled for matching. Immutable and safe for concurrent use; compile once, keep, share.</summary>
public sealed class Detector
{
    private readonly FrozenDictionary<LogSource, ImmutableArray<CompiledRule>> _rules;

    /// <summary>Compiles a rule set.</summary>
    public Detector(RuleSet ruleSet)
    {
        RuleSet = ruleSet;
        _rules = ruleSet.Compiled
            .GroupBy(rule => rule.Rule.LogSource)
            .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());
    }

    /// <summary>The rule set this detector was compiled from.</summary>
    public RuleSet RuleSet { get; }

    /// <summary>The rules that hold on an event, ordered by rule id. Never throws for what the event holds.</summary>
    public ImmutableArray<RuleMatch> Match(SigmaEvent sigmaEvent)
    {
        SortedDictionary<string, RuleMatch>? matches = null;
        foreach (var view in sigmaEvent.Views)
            foreach (var logSource in view.LogSources)
                foreach (var covering in Covering(logSource))
                {
                    if (!_rules.TryGetValue(covering, out var rules))
                        continue;
                    foreach (var rule in rules)
                    {
                        if (matches?.ContainsKey(rule.Rule.Id) == true || !ReferenceEvaluator.Holds(rule.Expression, sigmaEvent, view))
                            continue;
                        matches ??= new SortedDictionary<string, RuleMatch>(StringComparer.Ordinal);
                        matches.Add(rule.Rule.Id, new RuleMatch(rule.Rule, Evidence.Of(rule, sigmaEvent, view)));
                    }
                }

        return matches is null ? [] : [.. matches.Values];
    }

    /// <summary>Every log source that a rule may state to see events of <paramref name="source"/>.</summary>
    private static IEnumerable<LogSource> Covering(LogSource source)
    {
        string?[] categories = source.Category is null ? [null] : [source.Category, null];
        string?[] products = source.Product is null ? [null] : [source.Product, null];
        string?[] services = source.Service is null ? [null] : [source.Service, null];
        foreach (string? category in categories)
            foreach (string? product in products)
                foreach (string? service in services)
                    yield return new LogSource(category, product, service);
    }
}
