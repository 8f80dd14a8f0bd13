using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>A predicate of a group.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Predicate">The predicate.</param>
/// <param name="Shape">What indexes can do for it.</param>
/// <param name="Field">Its field.</param>
/// <param name="OtherField">The field that it refers to; its own if it refers to none.</param>
internal sealed record NumberedPredicate(PredicateId Id, Predicate Predicate, TestShape Shape, FieldId Field, FieldId OtherField);

/// <summary>The predicates of a group and the fields that they look at.</summary>
internal sealed class NumberedPredicates
{
    private readonly IReadOnlyDictionary<Predicate, NumberedPredicate> _byPredicate;

    /// <summary>Makes the list.</summary>
    /// <param name="all">The predicates, by id.</param>
    /// <param name="byPredicate">The same, by reference.</param>
    /// <param name="fields">The fields.</param>
    public NumberedPredicates(
        IReadOnlyList<NumberedPredicate> all, IReadOnlyDictionary<Predicate, NumberedPredicate> byPredicate, IReadOnlyList<string?> fields)
    {
        All = all;
        _byPredicate = byPredicate;
        Fields = fields;
    }

    /// <summary>The predicates, by id.</summary>
    public IReadOnlyList<NumberedPredicate> All { get; }

    /// <summary>The fields by id: their names; null for the event's own values.</summary>
    public IReadOnlyList<string?> Fields { get; }

    /// <summary>A predicate.</summary>
    public NumberedPredicate this[PredicateId id] => All[id.Index];

    /// <summary>The very predicate as it is numbered.</summary>
    public NumberedPredicate this[Predicate predicate] => _byPredicate[predicate];
}
