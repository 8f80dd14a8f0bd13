using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Logic;

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
            return SatisfyingKeyword(predicate, sigmaEvent);
        }

        FieldValue? other = predicate is FieldReferencePredicate reference ? EventFields.Find(view.Fields, reference.Other) : null;
        return Satisfying(predicate, EventFields.Find(view.Fields, predicate.Field), other);
    }

    /// <summary>As <see cref="Satisfying(Predicate, SigmaEvent, EventView)"/>, of a keyword.</summary>
    public static FieldValue? SatisfyingKeyword(Predicate predicate, SigmaEvent sigmaEvent)
    {
        foreach (FieldValue value in sigmaEvent.OwnValues)
        {
            if (FindLeaf(value, predicate) is { } leaf)
            {
                return leaf;
            }
        }

        return null;
    }

    /// <summary>As <see cref="Satisfying(Predicate, SigmaEvent, EventView)"/>, of a predicate on a field.</summary>
    /// <param name="predicate">The predicate.</param>
    /// <param name="field">The value of its field; null if that is absent.</param>
    /// <param name="other">The value of the field that a <see cref="FieldReferencePredicate"/> names; null if that is absent.</param>
    public static FieldValue? Satisfying(Predicate predicate, FieldValue? field, FieldValue? other) => predicate switch
    {
        ExistsPredicate exists => exists.Expected == (field is not null) ? field ?? FieldValue.Null : null,
        NullPredicate when field is null => FieldValue.Null,
        FieldReferencePredicate reference => field is null || other is null ? null : FindRelated(field, reference, other),
        _ => field is null ? null : FindElement(field, predicate),
    };

    private static bool AllHold(ImmutableArray<Expression> operands, SigmaEvent sigmaEvent, EventView view)
    {
        foreach (Expression operand in operands)
        {
            if (!Holds(operand, sigmaEvent, view))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AnyHolds(ImmutableArray<Expression> operands, SigmaEvent sigmaEvent, EventView view)
    {
        foreach (Expression operand in operands)
        {
            if (Holds(operand, sigmaEvent, view))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The value itself or, of an array, the first element at any depth that a predicate holds on.</summary>
    private static FieldValue? FindElement(FieldValue value, Predicate predicate)
    {
        if (value.Kind != FieldValueKind.Array)
        {
            return ValueTest.Holds(predicate, value.Kind, value.Text) ? value : null;
        }

        foreach (FieldValue item in value.Items)
        {
            if (FindElement(item, predicate) is { } element)
            {
                return element;
            }
        }

        return null;
    }

    /// <summary>As <see cref="FindElement"/>, and into objects too.</summary>
    private static FieldValue? FindLeaf(FieldValue value, Predicate predicate)
    {
        if (value.Kind is not (FieldValueKind.Array or FieldValueKind.Object))
        {
            return ValueTest.Holds(predicate, value.Kind, value.Text) ? value : null;
        }

        foreach (FieldValue item in value.Items)
        {
            if (FindLeaf(item, predicate) is { } leaf)
            {
                return leaf;
            }
        }

        foreach ((string _, FieldValue? property) in value.Properties)
        {
            if (FindLeaf(property, predicate) is { } leaf)
            {
                return leaf;
            }
        }

        return null;
    }

    // Both sides are the event's, so that whoever writes it could make the comparison of all with all as long as they like: of an
    // array the first elements count.
    private static FieldValue? FindRelated(FieldValue value, FieldReferencePredicate reference, FieldValue other)
    {
        List<FieldValue> others = [.. Elements(other).Take(FieldReferencePredicate.MaxElements)];
        return Elements(value).Take(FieldReferencePredicate.MaxElements).FirstOrDefault(
            element => others.Exists(one => ValueTest.Relates(reference, element.Kind, element.Text, one.Kind, one.Text)));
    }

    /// <summary>The value itself or, of an array, its elements, those of arrays in it included.</summary>
    private static IEnumerable<FieldValue> Elements(FieldValue value) => value.Kind == FieldValueKind.Array ? value.Items.SelectMany(Elements) : [value];
}
