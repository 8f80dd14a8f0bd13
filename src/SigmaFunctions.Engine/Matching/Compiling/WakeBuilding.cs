using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>Files the rules by the predicates whose finding wakes them.</summary>
internal static class WakeBuilding
{
    /// <summary>Builds the table.</summary>
    /// <param name="predicates">The predicates of a group.</param>
    /// <param name="signals">The signs that its rules are woken by; those that are not of predicates are left out.</param>
    public static WakeTable Build(NumberedPredicates predicates, IReadOnlyList<RuleSignal> signals)
    {
        // A predicate and a rule in one number.
        var pairs = new List<long>();
        foreach ((GroupRuleId rule, Signal signal) in signals)
        {
            if (signal.Kind is SignalKind.Indexed or SignalKind.Literal or SignalKind.Tested)
            {
                pairs.Add(((long)signal.Predicate.Index << 32) | (uint)rule.Index);
            }
        }

        pairs.Sort();
        int[] starts = new int[predicates.All.Count + 1];
        var rules = new List<GroupRuleId>(pairs.Count);
        long last = -1;
        foreach (long pair in pairs)
        {
            if (pair == last)
            {
                continue;
            }

            last = pair;
            starts[(int)(pair >> 32) + 1]++;
            rules.Add(new GroupRuleId((int)pair));
        }

        for (int i = 1; i < starts.Length; i++)
        {
            starts[i] += starts[i - 1];
        }

        return new WakeTable(starts, [.. rules]);
    }
}
