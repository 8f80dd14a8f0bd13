namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>For each predicate of a group the rules that it is a witness of. Immutable.</summary>
internal sealed class WakeTable
{
    private readonly int[] _starts;
    private readonly GroupRuleId[] _rules;

    /// <summary>Makes a table.</summary>
    /// <param name="starts">For each predicate where its rules begin; one more at the end.</param>
    /// <param name="rules">The rules.</param>
    public WakeTable(int[] starts, GroupRuleId[] rules)
    {
        _starts = starts;
        _rules = rules;
    }

    /// <summary>The rules that a predicate wakes, ascending.</summary>
    public ReadOnlySpan<GroupRuleId> Of(PredicateId predicate)
    {
        int start = _starts[predicate.Index];
        return _rules.AsSpan(start, _starts[predicate.Index + 1] - start);
    }
}
