using System.Collections.Frozen;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>The correlations of a rule set, and what they need of the matches of its rules. Immutable and safe for concurrent use.</summary>
public sealed class CorrelationPlan
{
    private readonly FrozenDictionary<int, ImmutableArray<string>> _fields;
    private readonly FrozenSet<int> _silent;

    internal CorrelationPlan(ImmutableArray<SigmaRule> rules, CompiledCorrelations compiled)
    {
        Correlations = compiled.Correlations;
        SilentRules = compiled.SilentRules;
        var fields = new Dictionary<int, List<string>>();
        foreach (CompiledCorrelation correlation in Correlations)
        {
            foreach (CorrelationPart part in correlation.Parts)
            {
                Need(part, [.. part.GroupBy, .. part.Fields], fields);
            }
        }

        _fields = fields.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToImmutableArray());
        _silent = Enumerable.Range(0, rules.Length).Where(rule => compiled.SilentRules.Contains(rules[rule].Id)).ToFrozenSet();
    }

    /// <summary>The correlations, each behind those that it refers to.</summary>
    public ImmutableArray<CompiledCorrelation> Correlations { get; }

    /// <summary>Ids of rules and correlations that are building blocks alone, without detections of their own.</summary>
    public ImmutableHashSet<string> SilentRules { get; }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Correlations.IsEmpty;

    /// <summary>The rules that correlations look at, by their places among those of the set.</summary>
    public ImmutableArray<int> Rules => _fields.Keys;

    /// <summary>Whether a rule is a building block of correlations alone, without detections of its own.</summary>
    /// <param name="rule">Its place among those of the set.</param>
    public bool IsSilent(int rule) => _silent.Contains(rule);

    /// <summary>The fields that correlations ask for of a rule's matches; default for a rule that none looks at.</summary>
    /// <param name="rule">Its place among those of the set.</param>
    public ImmutableArray<string> FieldsOf(int rule) => _fields.GetValueOrDefault(rule);

    /// <summary>Adds what is asked for of a part; of a correlation what is no entry of its <c>group-by</c> is of the matches that complete it.</summary>
    private void Need(CorrelationPart part, ImmutableArray<string> names, Dictionary<int, List<string>> fields)
    {
        if (part.Correlation is { } place)
        {
            CompiledCorrelation inner = Correlations[place];
            ImmutableArray<string> below = names.RemoveRange(inner.Correlation.GroupBy);
            foreach (CorrelationPart innerPart in inner.Parts)
            {
                Need(innerPart, below, fields);
            }

            return;
        }

        List<string> known = fields.TryGetValue(part.Rule!.Value, out List<string>? before) ? before : fields[part.Rule.Value] = [];
        known.AddRange(names.Except(known, StringComparer.Ordinal));
    }
}
