using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Logic;

/// <summary>What predicates mean on one value, given as its kind and its text. Allocates nothing.</summary>
internal static class ValueTest
{
    // Up to here the runtime's search is faster at its worst than the other one's beginning.
    private const int MaxSearchedProduct = 4_096;

    public static bool HasText(FieldValueKind kind) => kind is FieldValueKind.Text or FieldValueKind.Number or FieldValueKind.Boolean;

    /// <summary>Whether a predicate that looks at one value alone holds on it.</summary>
    public static bool Holds(Predicate predicate, FieldValueKind kind, ReadOnlySpan<char> text) => predicate switch
    {
        NullPredicate => kind == FieldValueKind.Null,
        _ when !HasText(kind) => false,
        TextPredicate test => test.Pattern.IsMatch(text, test.Cased) || (!test.Cased && IsSameNumber(test.Pattern.Number, kind, text)),
        NumberPredicate test => Compare(kind, text, test.Number) == 0 || text.Equals(test.Text, StringComparison.OrdinalIgnoreCase),
        RegexPredicate test => test.IsMatch(text),
        NetworkPredicate test => test.Network.Contains(text),
        ComparisonPredicate test => Compare(kind, text, test.Number) is { } order && Holds(test.Operator, order),
        TimestampPredicate test => Timestamp.Part(text, test.Part) is { } part && Holds(test.Operator, Compare(part, test.Number)),
        _ => throw new ArgumentOutOfRangeException(nameof(predicate)),
    };

    /// <summary>Whether a field's value relates to another's. A text that is too long is contained in none: both are the event writer's.</summary>
    public static bool Relates(
        FieldReferencePredicate reference, FieldValueKind kind, ReadOnlySpan<char> text, FieldValueKind otherKind, ReadOnlySpan<char> other)
    {
        if (!HasText(kind) || !HasText(otherKind))
        {
            return false;
        }

        StringComparison comparison = reference.Cased ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return reference.Relation switch
        {
            TextRelation.Equals => text.Equals(other, comparison)
                || ((kind == FieldValueKind.Number || otherKind == FieldValueKind.Number)
                    && kind != FieldValueKind.Boolean && otherKind != FieldValueKind.Boolean && SigmaNumber.AreSame(text, other)),
            TextRelation.Contains => other.Length <= LinearSearch.MaxLength && Contains(text, other, comparison),
            TextRelation.StartsWith => text.StartsWith(other, comparison),
            TextRelation.EndsWith => text.EndsWith(other, comparison),
            _ => throw new ArgumentOutOfRangeException(nameof(reference)),
        };
    }

    /// <summary>Whoever writes the event could make the runtime's search take the product of the lengths.</summary>
    private static bool Contains(ReadOnlySpan<char> text, ReadOnlySpan<char> other, StringComparison comparison) => (long)text.Length * other.Length <= MaxSearchedProduct
        ? text.Contains(other, comparison)
        : LinearSearch.IndexOf(text, other, comparison == StringComparison.Ordinal) >= 0;

    /// <summary>A quoted number of a rule is the same value as an event's number, however that is written (4688, 4688.0).</summary>
    private static bool IsSameNumber(SigmaNumber? number, FieldValueKind kind, ReadOnlySpan<char> text) =>
        number is { } expected && kind == FieldValueKind.Number && SigmaNumber.Compare(text, expected) == 0;

    private static int? Compare(FieldValueKind kind, ReadOnlySpan<char> text, SigmaNumber number) =>
        kind is FieldValueKind.Text or FieldValueKind.Number ? SigmaNumber.Compare(text, number) : null;

    private static int Compare(int value, SigmaNumber number)
    {
        Span<char> text = stackalloc char[11];
        value.TryFormat(text, out int length, provider: System.Globalization.CultureInfo.InvariantCulture);
        return SigmaNumber.Compare(text[..length], number)!.Value;
    }

    private static bool Holds(NumericOperator numericOperator, int order) => numericOperator switch
    {
        NumericOperator.Equal => order == 0,
        NumericOperator.GreaterThan => order > 0,
        NumericOperator.GreaterThanOrEqual => order >= 0,
        NumericOperator.LessThan => order < 0,
        NumericOperator.LessThanOrEqual => order <= 0,
        _ => throw new ArgumentOutOfRangeException(nameof(numericOperator)),
    };
}
