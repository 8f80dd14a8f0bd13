using System.Collections.Frozen;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>The correlations of a rule set, and what they need of the matches of its rules. Immutable and safe for concurrent use.</summary>
public sealed class CorrelationPlan
{
    private readonly FrozenDictionary<int, ImmutableArray<string>> _fields;
    private readonly FrozenSet<int> _silent;
    private readonly Lazy<ImmutableArray<CorrelationTree>> _trees;
    private readonly Lazy<FrozenDictionary<int, ImmutableArray<(CorrelationTree Tree, int Rule)>>> _treesByRule;

    internal CorrelationPlan(ImmutableArray<SigmaRule> rules, CompiledCorrelations compiled)
    {
        Correlations = compiled.Correlations;
        SilentRules = compiled.SilentRules;
        var fields = new Dictionary<int, List<string>>();

        // Of a correlation what is no entry of its group-by is of the matches that complete it: those that refer to it come first.
        HashSet<string>[] asked = [.. Correlations.Select(_ => new HashSet<string>(StringComparer.Ordinal))];
        for (int place = Correlations.Length - 1; place >= 0; place--)
        {
            foreach (CorrelationPart part in Correlations[place].Parts)
            {
                IEnumerable<string> names = part.GroupBy.Concat(part.Fields).Concat(asked[place].Order(StringComparer.Ordinal));
                if (part.Correlation is { } inner)
                {
                    asked[inner].UnionWith(names.Except(Correlations[inner].Correlation.GroupBy, StringComparer.Ordinal));
                }
                else
                {
                    List<string> known = fields.TryGetValue(part.Rule!.Value, out List<string>? before) ? before : fields[part.Rule.Value] = [];
                    known.AddRange(names.Except(known, StringComparer.Ordinal).ToList());
                }
            }
        }

        _fields = fields.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToImmutableArray());
        _silent = Enumerable.Range(0, rules.Length).Where(rule => compiled.SilentRules.Contains(rules[rule].Id)).ToFrozenSet();
        _trees = new(() => CorrelationTree.Of(this, rules));
        _treesByRule = new(() => Trees
            .SelectMany(tree => tree.Rules.Select((place, rule) => (place, Of: (tree, rule))))
            .GroupBy(one => one.place, one => one.Of)
            .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray()));
    }

    /// <summary>The correlations, each behind those that it refers to.</summary>
    public ImmutableArray<CompiledCorrelation> Correlations { get; }

    /// <summary>Ids of rules and correlations that are building blocks alone, without detections of their own.</summary>
    public ImmutableHashSet<string> SilentRules { get; }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Correlations.IsEmpty;

    /// <summary>The rules that correlations look at, by their places among those of the set.</summary>
    public ImmutableArray<int> Rules => _fields.Keys;

    /// <summary>Its correlations with detections of their own, each with all that it refers to, as they are evaluated where matches are kept.</summary>
    public ImmutableArray<CorrelationTree> Trees => _trees.Value;

    /// <summary>Those of <see cref="Trees"/> that look at a rule, each with the rule's place among those of the tree.</summary>
    /// <param name="rule">Its place among those of the set.</param>
    public ImmutableArray<(CorrelationTree Tree, int Rule)> TreesOf(int rule) => _treesByRule.Value.GetValueOrDefault(rule, []);

    /// <summary>Whether a rule is a building block of correlations alone, without detections of its own.</summary>
    /// <param name="rule">Its place among those of the set.</param>
    public bool IsSilent(int rule) => _silent.Contains(rule);

    /// <summary>The fields that correlations ask for of a rule's matches; default for a rule that none looks at.</summary>
    /// <param name="rule">Its place among those of the set.</param>
    public ImmutableArray<string> FieldsOf(int rule) => _fields.GetValueOrDefault(rule);
}
