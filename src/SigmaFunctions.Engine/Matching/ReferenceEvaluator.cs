using System.Collections.Immutable;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// The plain statement of what a compiled rule means: walks the tree and tests each predicate on the event. Everything faster
/// is tested against it, and explanations come from it.
/// </summary>
internal static class ReferenceEvaluator
{
    public static bool Holds(Expression expression, SigmaEvent sigmaEvent, EventView view) => expression switch
    {
        AndExpression and => AllHold(and.Operands, sigmaEvent, view),
        OrExpression or => AnyHolds(or.Operands, sigmaEvent, view),
        NotExpression not => !Holds(not.Operand, sigmaEvent, view),
        IdentifierExpression identifier => Holds(identifier.Identifier.Expression, sigmaEvent, view),
        PredicateExpression test => Holds(test.Predicate, sigmaEvent, view),
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    public static bool Holds(Predicate predicate, SigmaEvent sigmaEvent, EventView view) =>
        Satisfying(predicate, sigmaEvent, view) is not null;

    /// <summary>The value that makes a predicate hold (a null value where it holds for want of one); null if it does not hold.</summary>
    public static FieldValue? Satisfying(Predicate predicate, SigmaEvent sigmaEvent, EventView view)
    {
        if (predicate.Field is null)
        {
            foreach (var value in sigmaEvent.OwnValues)
                if (FindLeaf(value, predicate, view) is { } leaf)
                    return leaf;
            return null;
        }

        var field = EventFields.Find(view.Fields, predicate.Field);
        return predicate switch
        {
            ExistsPredicate exists => exists.Expected == (field is not null) ? field ?? FieldValue.Null : null,
            NullPredicate when field is null => FieldValue.Null,
            _ => field is null ? null : FindElement(field, predicate, view),
        };
    }

    private static bool AllHold(ImmutableArray<Expression> operands, SigmaEvent sigmaEvent, EventView view)
    {
        foreach (var operand in operands)
            if (!Holds(operand, sigmaEvent, view))
                return false;
        return true;
    }

    private static bool AnyHolds(ImmutableArray<Expression> operands, SigmaEvent sigmaEvent, EventView view)
    {
        foreach (var operand in operands)
            if (Holds(operand, sigmaEvent, view))
                return true;
        return false;
    }

    /// <summary>The value itself or, of an array, the first element at any depth that a predicate holds on.</summary>
    private static FieldValue? FindElement(FieldValue value, Predicate predicate, EventView view)
    {
        if (predicate is FieldReferencePredicate)
            return Elements(value).Take(FieldReferencePredicate.MaxElements).FirstOrDefault(element => HoldsOn(predicate, element, view));
        if (value.Kind != FieldValueKind.Array)
            return HoldsOn(predicate, value, view) ? value : null;
        foreach (var item in value.Items)
            if (FindElement(item, predicate, view) is { } element)
                return element;
        return null;
    }

    /// <summary>As <see cref="FindElement"/>, and into objects too.</summary>
    private static FieldValue? FindLeaf(FieldValue value, Predicate predicate, EventView view)
    {
        if (value.Kind is not (FieldValueKind.Array or FieldValueKind.Object))
            return HoldsOn(predicate, value, view) ? value : null;
        foreach (var item in value.Items)
            if (FindLeaf(item, predicate, view) is { } leaf)
                return leaf;
        foreach (var (_, property) in value.Properties)
            if (FindLeaf(property, predicate, view) is { } leaf)
                return leaf;
        return null;
    }

    private static bool HoldsOn(Predicate predicate, FieldValue value, EventView view) => predicate is FieldReferencePredicate reference
        ? ValueTest.HasText(value.Kind) && EventFields.Find(view.Fields, reference.Other) is { } other && RelatesToAny(value, reference, other)
        : ValueTest.Holds(predicate, value.Kind, value.Text);

    // Both sides are the event's, so that whoever writes it could make the comparison of all with all as long as they like: of an
    // array the first elements count.
    private static bool RelatesToAny(FieldValue value, FieldReferencePredicate reference, FieldValue other) =>
        Elements(other).Take(FieldReferencePredicate.MaxElements)
            .Any(element => ValueTest.Relates(reference, value.Kind, value.Text, element.Kind, element.Text));

    /// <summary>The value itself or, of an array, its elements, those of arrays in it included.</summary>
    private static IEnumerable<FieldValue> Elements(FieldValue value) => value.Kind == FieldValueKind.Array ? value.Items.SelectMany(Elements) : [value];
}
