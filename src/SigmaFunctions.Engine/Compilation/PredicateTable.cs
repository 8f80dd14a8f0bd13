using SigmaFunctions.Engine.Matching;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>Makes equal predicates of a rule set one object.</summary>
internal sealed class PredicateTable
{
    private readonly Dictionary<Predicate, Predicate> _predicates = [];

    public Predicate Intern(Predicate predicate)
    {
        if (_predicates.TryGetValue(predicate, out var existing))
            return existing;
        _predicates.Add(predicate, predicate);
        return predicate;
    }
}
