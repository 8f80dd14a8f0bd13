using System.Collections.Immutable;
using System.Globalization;
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
        if (value.Kind != FieldValueKind.Array)
            return HoldsOn(predicate, value, view) ? value : null;
        int count = predicate is FieldReferencePredicate ? Math.Min(value.Items.Length, FieldReferencePredicate.MaxElements) : value.Items.Length;
        foreach (var item in value.Items.AsSpan()[..count])
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

    private static bool HoldsOn(Predicate predicate, FieldValue value, EventView view) => predicate switch
    {
        NullPredicate => value.Kind == FieldValueKind.Null,
        _ when !HasText(value) => false,
        TextPredicate text => text.Pattern.IsMatch(value.Text, text.Cased) || (!text.Cased && IsSameNumber(text.Pattern.Number, value)),
        NumberPredicate number => number.Number == NumberOf(value) || number.Text.Equals(value.Text, StringComparison.OrdinalIgnoreCase),
        RegexPredicate regex => regex.Regex.IsMatch(value.Text),
        NetworkPredicate network => network.Network.Contains(value.Text),
        ComparisonPredicate comparison => NumberOf(value) is { } actual && Compare(actual, comparison.Operator, comparison.Number),
        TimestampPredicate timestamp => Timestamp.Part(value.Text, timestamp.Part) is { } part
            && SigmaNumber.TryParse(part.ToString(CultureInfo.InvariantCulture), out var actual)
            && Compare(actual, timestamp.Operator, timestamp.Number),
        FieldReferencePredicate reference => EventFields.Find(view.Fields, reference.Other) is { } other
            && RelatesToAny(value, reference, other),
        _ => throw new ArgumentOutOfRangeException(nameof(predicate)),
    };

    private static bool HasText(FieldValue value) => value.Kind is FieldValueKind.Text or FieldValueKind.Number or FieldValueKind.Boolean;

    private static SigmaNumber? NumberOf(FieldValue value) =>
        value.Kind is FieldValueKind.Text or FieldValueKind.Number && SigmaNumber.TryParse(value.Text, out var number) ? number : null;

    /// <summary>A quoted number of a rule is the same value as an event's number, however that is written (4688, 4688.0).</summary>
    private static bool IsSameNumber(SigmaNumber? number, FieldValue value) =>
        number is { } expected && value.Kind == FieldValueKind.Number && NumberOf(value) == expected;

    private static bool Compare(SigmaNumber actual, NumericOperator numericOperator, SigmaNumber expected) => numericOperator switch
    {
        NumericOperator.Equal => actual == expected,
        NumericOperator.GreaterThan => actual > expected,
        NumericOperator.GreaterThanOrEqual => actual >= expected,
        NumericOperator.LessThan => actual < expected,
        NumericOperator.LessThanOrEqual => actual <= expected,
        _ => throw new ArgumentOutOfRangeException(nameof(numericOperator)),
    };

    // Both sides are the event's, so that whoever writes it could make the comparison of all with all, or of long texts, as long as
    // they like: of an array the first elements count, and a text that is too long is contained in none.
    private static bool RelatesToAny(FieldValue value, FieldReferencePredicate reference, FieldValue other)
    {
        if (other.Kind != FieldValueKind.Array)
            return Relates(value, reference, other);
        foreach (var item in other.Items.AsSpan()[..Math.Min(other.Items.Length, FieldReferencePredicate.MaxElements)])
            if (RelatesToAny(value, reference, item))
                return true;
        return false;
    }

    private static bool Contains(string text, string literal, bool cased) =>
        new TextPattern([PatternPart.AnyRun, PatternPart.Literal(literal), PatternPart.AnyRun]).IsMatch(text, cased);

    private static bool Relates(FieldValue value, FieldReferencePredicate reference, FieldValue other)
    {
        if (!HasText(other))
            return false;
        var comparison = reference.Cased ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return reference.Relation switch
        {
            TextRelation.Equals => value.Text.Equals(other.Text, comparison)
                || ((value.Kind == FieldValueKind.Number || other.Kind == FieldValueKind.Number)
                    && NumberOf(value) is { } left && NumberOf(other) is { } right && left == right),
            TextRelation.Contains => other.Text.Length <= ItemCompiler.MaxPatternLength && Contains(value.Text, other.Text, reference.Cased),
            TextRelation.StartsWith => value.Text.StartsWith(other.Text, comparison),
            TextRelation.EndsWith => value.Text.EndsWith(other.Text, comparison),
            _ => throw new ArgumentOutOfRangeException(nameof(reference)),
        };
    }
}
