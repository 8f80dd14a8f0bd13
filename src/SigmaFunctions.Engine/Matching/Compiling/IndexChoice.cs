namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>
/// Decides which predicates an index answers: those that are witnesses by their own entry in one, and those whose finding is rare enough to
/// cost nothing on most events.
/// </summary>
internal static class IndexChoice
{
    /// <summary>Chooses among predicates.</summary>
    /// <param name="predicates">The predicates of a group.</param>
    /// <param name="signals">The signs that its rules are woken by.</param>
    /// <returns>By id, whether an index answers the predicate.</returns>
    public static bool[] Choose(NumberedPredicates predicates, IReadOnlyList<RuleSignal> signals)
    {
        bool[] isIndexed = new bool[predicates.All.Count];
        foreach (NumberedPredicate predicate in predicates.All)
        {
            isIndexed[predicate.Id.Index] = predicate.Shape is { IsDecided: true, IsCommon: false };
        }

        foreach (RuleSignal wake in signals)
        {
            if (wake.Signal.Kind == SignalKind.Indexed)
            {
                isIndexed[wake.Signal.Predicate.Index] = true;
            }
        }

        return isIndexed;
    }
}
