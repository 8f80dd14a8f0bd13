using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Logic;

/// <summary>A predicate as people read it: field, kind of test, value.</summary>
/// <param name="Field">Field name; empty for a keyword.</param>
/// <param name="Kind">Kind of test in the words of Sigma's modifiers: equals, contains, startswith, endswith, wildcard, re, cidr, gt, exists, …</param>
/// <param name="Value">What is looked for, as a rule would write it.</param>
/// <param name="IsCased">Whether case counts.</param>
internal sealed record PredicateDescription(string Field, string Kind, string Value, bool IsCased)
{
    public static PredicateDescription Of(Predicate predicate) => predicate switch
    {
        TextPredicate text => OfText(text),
        NumberPredicate number => Make(number, "equals", number.Text),
        NullPredicate => Make(predicate, "equals", "null"),
        ExistsPredicate exists => Make(predicate, "exists", exists.Expected ? "true" : "false"),
        RegexPredicate regex => Make(predicate, "re" + Flags(regex.Options), regex.Pattern),
        NetworkPredicate network => Make(predicate, "cidr", network.Network.ToString()),
        ComparisonPredicate comparison => Make(predicate, NameOf(comparison.Operator), comparison.Number.ToString()),
        TimestampPredicate timestamp => Make(predicate, OfTimestamp(timestamp), timestamp.Number.ToString()),
        FieldReferencePredicate reference => new PredicateDescription(
            reference.Field ?? "", reference.Relation == TextRelation.Equals ? "fieldref" : $"fieldref|{reference.Relation.ToString().ToLowerInvariant()}", reference.Other, reference.Cased),
        _ => throw new ArgumentOutOfRangeException(nameof(predicate)),
    };

    /// <summary>In one line, such as <c>Image endswith '\node.exe'</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Field.Length == 0 ? "any value" : Field)} {Kind}{(IsCased ? "|cased" : "")} '{Value}'");

    private static PredicateDescription Make(Predicate predicate, string kind, string value) => new(predicate.Field ?? "", kind, value, IsCased: false);

    private static PredicateDescription OfText(TextPredicate predicate)
    {
        ImmutableArray<PatternPart> parts = predicate.Pattern.Parts;
        bool startsOpen = parts is [{ Kind: PatternPartKind.AnyRun }, ..];
        bool endsOpen = parts is [.., { Kind: PatternPartKind.AnyRun }] && parts.Length > 1;
        ImmutableArray<PatternPart> inner = parts[(startsOpen ? 1 : 0)..(endsOpen ? parts.Length - 1 : parts.Length)];
        bool isPlain = inner is [] or [{ Kind: PatternPartKind.Literal }];
        (string kind, TextPattern shown) = (isPlain, startsOpen, endsOpen) switch
        {
            (true, true, true) => ("contains", new TextPattern(inner)),
            (true, true, false) when inner.Length > 0 => ("endswith", new TextPattern(inner)),
            (true, false, true) => ("startswith", new TextPattern(inner)),
            (true, false, false) => ("equals", predicate.Pattern),
            _ => ("wildcard", predicate.Pattern),
        };
        return new PredicateDescription(predicate.Field ?? "", kind, shown.ToString(), predicate.Cased);
    }

    private static string Flags(RegexOptions options) =>
        (options.HasFlag(RegexOptions.IgnoreCase) ? "|i" : "") + (options.HasFlag(RegexOptions.Multiline) ? "|m" : "") + (options.HasFlag(RegexOptions.Singleline) ? "|s" : "");

    private static string OfTimestamp(TimestampPredicate predicate) =>
        predicate.Part.ToString().ToLowerInvariant() + (predicate.Operator == NumericOperator.Equal ? "" : "|" + NameOf(predicate.Operator));

    private static string NameOf(NumericOperator numericOperator) => numericOperator switch
    {
        NumericOperator.GreaterThan => "gt",
        NumericOperator.GreaterThanOrEqual => "gte",
        NumericOperator.LessThan => "lt",
        NumericOperator.LessThanOrEqual => "lte",
        _ => "equals",
    };
}
