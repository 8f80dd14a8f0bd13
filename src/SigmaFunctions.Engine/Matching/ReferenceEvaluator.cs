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
        AndExpression and => and.Operands.All(operand => Holds(operand, sigmaEvent, view)),
        OrExpression or => or.Operands.Any(operand => Holds(operand, sigmaEvent, view)),
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
            return sigmaEvent.OwnValues.SelectMany(EventFields.Leaves).FirstOrDefault(value => HoldsOn(predicate, value, view));

        var field = EventFields.Find(view.Fields, predicate.Field);
        return predicate switch
        {
            ExistsPredicate exists => exists.Expected == (field is not null) ? field ?? FieldValue.Null : null,
            NullPredicate when field is null => FieldValue.Null,
            _ => field is null ? null : EventFields.Elements(field).FirstOrDefault(value => HoldsOn(predicate, value, view)),
        };
    }

    private static bool HoldsOn(Predicate predicate, FieldValue value, EventView view) => predicate switch
    {
        NullPredicate => value.Kind == FieldValueKind.Null,
        _ when !HasText(value) => false,
        TextPredicate text => text.Pattern.IsMatch(value.Text, text.Cased) || IsSameNumber(text.Pattern.Number, value),
        NumberPredicate number => number.Number == NumberOf(value) || number.Text.Equals(value.Text, StringComparison.OrdinalIgnoreCase),
        RegexPredicate regex => regex.Regex.IsMatch(value.Text),
        NetworkPredicate network => network.Network.Contains(value.Text),
        ComparisonPredicate comparison => NumberOf(value) is { } actual && Compare(actual, comparison.Operator, comparison.Number),
        TimestampPredicate timestamp => Timestamp.Part(value.Text, timestamp.Part) is { } part
            && SigmaNumber.TryParse(part.ToString(System.Globalization.CultureInfo.InvariantCulture), out var actual)
            && Compare(actual, timestamp.Operator, timestamp.Number),
        FieldReferencePredicate reference => EventFields.Find(view.Fields, reference.Other) is { } other
            && EventFields.Elements(other).Any(element => Relates(value, reference, element)),
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
            TextRelation.Contains => value.Text.Contains(other.Text, comparison),
            TextRelation.StartsWith => value.Text.StartsWith(other.Text, comparison),
            TextRelation.EndsWith => value.Text.EndsWith(other.Text, comparison),
            _ => throw new ArgumentOutOfRangeException(nameof(reference)),
        };
    }
}
