using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.RegularExpressions;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Logic;

/// <summary>
/// One (field, operator, value, case) test after all modifiers are applied. Equal predicates of different rules are the same
/// object in a compiled rule set. Every predicate but <see cref="NullPredicate"/> and a negative <see cref="ExistsPredicate"/> is
/// false on an absent field; on an array a predicate holds if it holds on any element.
/// </summary>
/// <param name="Field">Field name, or <see langword="null"/> for a keyword: then any of the event's own values may satisfy it.</param>
internal abstract record Predicate(string? Field);

/// <summary>The whole value, as text, fits a pattern.</summary>
internal sealed record TextPredicate(string? Field, TextPattern Pattern, bool Cased) : Predicate(Field)
{
    public bool Equals(TextPredicate? other) =>
        other is not null && Field == other.Field && Cased == other.Cased && Pattern.Equals(other.Pattern, Cased);

    public override int GetHashCode() => HashCode.Combine(Field, Cased, Pattern.GetHashCode(Cased));
}

/// <summary>The value is a number equal to this one, or has the same text.</summary>
/// <param name="Field">Field name.</param>
/// <param name="Number">The number.</param>
/// <param name="Text">The number as the rule writes it.</param>
internal sealed record NumberPredicate(string? Field, SigmaNumber Number, string Text) : Predicate(Field);

/// <summary>The field is absent or null.</summary>
internal sealed record NullPredicate(string? Field) : Predicate(Field);

/// <summary>The field is present, even if null or empty; or it is not.</summary>
internal sealed record ExistsPredicate(string? Field, bool Expected) : Predicate(Field);

/// <summary>The regular expression is found somewhere in the value.</summary>
internal sealed record RegexPredicate(string? Field, string Pattern, RegexOptions Options) : Predicate(Field)
{
    private readonly Lazy<RegexAutomaton> _automaton = new(() => RegexAutomaton.Of(Pattern, Options));

    /// <summary>What looking for it may cost (<see cref="MatchingCost"/>).</summary>
    public int Cost { get; init; }

    /// <summary>
    /// Whether the expression is found in a value. Its automaton is made when it is first asked for: most are never run. That does not fail, since
    /// <see cref="RegexCompiler"/> makes a predicate only where it would not.
    /// </summary>
    public bool IsMatch(ReadOnlySpan<char> text) => _automaton.Value.IsMatch(text);

    public bool Equals(RegexPredicate? other) =>
        other is not null && Field == other.Field && Pattern == other.Pattern && Options == other.Options;

    public override int GetHashCode() => HashCode.Combine(Field, Pattern, Options);
}

/// <summary>The value is an address within the network.</summary>
internal sealed record NetworkPredicate(string? Field, IPNetworkPrefix Network) : Predicate(Field);

/// <summary>The value is a number for which <c>value operator number</c> holds.</summary>
internal sealed record ComparisonPredicate(string? Field, NumericOperator Operator, SigmaNumber Number) : Predicate(Field);

/// <summary>The value is a timestamp whose part, as written, compares to the number.</summary>
internal sealed record TimestampPredicate(string? Field, TimestampPart Part, NumericOperator Operator, SigmaNumber Number)
    : Predicate(Field);

/// <summary>The field's value relates to that of another field of the same event.</summary>
internal sealed record FieldReferencePredicate(string Field, string Other, TextRelation Relation, bool Cased) : Predicate(Field)
{
    /// <summary>Elements of an array that are compared, on either side.</summary>
    public const int MaxElements = 100;
}
