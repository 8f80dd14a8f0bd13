using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Matching;

namespace SigmaFunctions.Engine.Rules;

/// <summary>What kind of test an item makes.</summary>
internal enum ComparisonKind
{
    Text,
    Regex,
    Network,
    Exists,
    FieldReference,
    Number,
    Timestamp,
}

/// <summary>
/// The modifiers of one item, checked to make sense together. Transformations keep their written order; the rest says what kind
/// of test is made.
/// </summary>
internal sealed record ModifierChain
{
    private static readonly Modifier[] Encodings =
        [Modifier.Base64, Modifier.Base64Offset, Modifier.Utf16Le, Modifier.Utf16Be, Modifier.Utf16];

    private static readonly Modifier[] Placements = [Modifier.Contains, Modifier.StartsWith, Modifier.EndsWith];

    public ComparisonKind Kind { get; private init; }

    public bool All { get; private init; }

    public bool Negated { get; private init; }

    public bool Cased { get; private init; }

    /// <summary>Expand, windash, encodings, contains, startswith and endswith, as written.</summary>
    public ImmutableArray<Modifier> Transformations { get; private init; } = [];

    /// <summary>Whether values are text even where the rule writes a number or a boolean.</summary>
    public bool ForcesText { get; private init; }

    public RegexOptions RegexOptions { get; private init; }

    public NumericOperator Operator { get; private init; }

    public TimestampPart TimestampPart { get; private init; }

    public TextRelation Relation { get; private init; }

    /// <summary>The chain, or null after reporting what does not go together.</summary>
    public static ModifierChain? Create(DetectionItem item, DiagnosticSink sink)
    {
        var seen = new HashSet<Modifier>();
        foreach (var (modifier, position) in item.Modifiers)
        {
            if (!seen.Add(modifier) && !Encodings.Contains(modifier))
                return Refuse($"The modifier '{Name(modifier)}' stands twice. Keep one of them.");
            if (modifier is Modifier.RegexIgnoreCase or Modifier.RegexMultiline or Modifier.RegexSingleLine && !seen.Contains(Modifier.Re))
                return Refuse($"The modifier '{Name(modifier)}' belongs behind 're'. Write '|re|{Name(modifier)}'.");
            if (modifier == Modifier.Windash && Encodings.Any(seen.Contains))
                return Refuse("'windash' cannot follow an encoding. Put it before.");
            if (modifier == Modifier.Expand && Encodings.Any(seen.Contains))
                return Refuse("'expand' cannot follow an encoding. Put it before.");

            ModifierChain? Refuse(string message)
            {
                sink.Report(DiagnosticCode.ModifierCombination, position, message);
                return null;
            }
        }

        var modifiers = item.Modifiers.Select(syntax => syntax.Modifier).ToImmutableArray();
        var kinds = modifiers.Select(KindOf).OfType<ComparisonKind>().Distinct().ToList();
        // hour|gte is a test on a timestamp.
        if (kinds.Contains(ComparisonKind.Timestamp))
            kinds.Remove(ComparisonKind.Number);
        var kind = kinds.Count == 0 ? ComparisonKind.Text : kinds[0];

        string? conflict = Conflict(item, modifiers, kinds, kind);
        if (conflict is not null)
        {
            sink.Report(DiagnosticCode.ModifierCombination, item.Position, conflict);
            return null;
        }

        return new ModifierChain
        {
            Kind = kind,
            All = seen.Contains(Modifier.All),
            Negated = seen.Contains(Modifier.Neq),
            Cased = seen.Contains(Modifier.Cased),
            Transformations = [.. modifiers.Where(IsTransformation)],
            ForcesText = seen.Contains(Modifier.Cased) || modifiers.Any(IsTransformation),
            RegexOptions = RegexOptionsOf(seen),
            Operator = OperatorOf(seen),
            TimestampPart = PartOf(seen),
            Relation = RelationOf(seen),
        };
    }

    private static string? Conflict(
        DetectionItem item, ImmutableArray<Modifier> modifiers, List<ComparisonKind> kinds, ComparisonKind kind)
    {
        if (kinds.Count > 1)
            return $"{Names(modifiers.Where(modifier => KindOf(modifier) is not null))} cannot be combined: each makes another kind of test. Use one of them.";
        if (modifiers.Count(modifier => Placements.Contains(modifier)) > 1)
            return $"{Names(modifiers.Where(modifier => Placements.Contains(modifier)))} cannot be combined. Use one of them.";
        if (modifiers.Count(modifier => KindOf(modifier) == ComparisonKind.Timestamp) > 1)
            return $"{Names(modifiers.Where(modifier => KindOf(modifier) == ComparisonKind.Timestamp))} cannot be combined. Use one item for each.";
        if (modifiers.Count(modifier => KindOf(modifier) == ComparisonKind.Number) > 1)
            return $"{Names(modifiers.Where(modifier => KindOf(modifier) == ComparisonKind.Number))} cannot be combined. Use one item for each bound.";
        if (item.Field is null && kind is ComparisonKind.Exists or ComparisonKind.FieldReference or ComparisonKind.Timestamp)
            return $"{Names(modifiers.Where(modifier => KindOf(modifier) is not null))} needs a field. Name one before the '|'.";

        var allowed = AllowedWith(kind);
        foreach (var modifier in modifiers)
            if (KindOf(modifier) is null && !allowed.Contains(modifier))
                return $"'{Name(modifier)}' makes no sense together with {Names(modifiers.Where(other => KindOf(other) is not null))}. Remove one of them.";
        return null;
    }

    private static Modifier[] AllowedWith(ComparisonKind kind) => kind switch
    {
        ComparisonKind.Text =>
        [
            Modifier.All, Modifier.Neq, Modifier.Cased, Modifier.Expand, Modifier.Windash, .. Encodings, .. Placements,
        ],
        ComparisonKind.Regex =>
        [
            Modifier.All, Modifier.Neq, Modifier.Expand, Modifier.RegexIgnoreCase, Modifier.RegexMultiline, Modifier.RegexSingleLine,
        ],
        ComparisonKind.FieldReference => [Modifier.All, Modifier.Neq, Modifier.Cased, .. Placements],
        ComparisonKind.Network => [Modifier.All, Modifier.Neq, Modifier.Expand],
        ComparisonKind.Exists => [Modifier.Neq],
        _ => [Modifier.All, Modifier.Neq],
    };

    private static ComparisonKind? KindOf(Modifier modifier) => modifier switch
    {
        Modifier.Re => ComparisonKind.Regex,
        Modifier.Cidr => ComparisonKind.Network,
        Modifier.Exists => ComparisonKind.Exists,
        Modifier.FieldRef => ComparisonKind.FieldReference,
        >= Modifier.GreaterThan and <= Modifier.LessThanOrEqual => ComparisonKind.Number,
        >= Modifier.Minute and <= Modifier.Year => ComparisonKind.Timestamp,
        _ => null,
    };

    private static bool IsTransformation(Modifier modifier) =>
        modifier is Modifier.Expand or Modifier.Windash || Encodings.Contains(modifier) || Placements.Contains(modifier);

    private static RegexOptions RegexOptionsOf(HashSet<Modifier> seen) =>
        (seen.Contains(Modifier.RegexIgnoreCase) ? RegexOptions.IgnoreCase : 0)
        | (seen.Contains(Modifier.RegexMultiline) ? RegexOptions.Multiline : 0)
        | (seen.Contains(Modifier.RegexSingleLine) ? RegexOptions.Singleline : 0);

    private static NumericOperator OperatorOf(HashSet<Modifier> seen) =>
        seen.Contains(Modifier.GreaterThan) ? NumericOperator.GreaterThan
        : seen.Contains(Modifier.GreaterThanOrEqual) ? NumericOperator.GreaterThanOrEqual
        : seen.Contains(Modifier.LessThan) ? NumericOperator.LessThan
        : seen.Contains(Modifier.LessThanOrEqual) ? NumericOperator.LessThanOrEqual
        : NumericOperator.Equal;

    private static TimestampPart PartOf(HashSet<Modifier> seen) =>
        seen.Contains(Modifier.Minute) ? TimestampPart.Minute
        : seen.Contains(Modifier.Hour) ? TimestampPart.Hour
        : seen.Contains(Modifier.Day) ? TimestampPart.Day
        : seen.Contains(Modifier.Week) ? TimestampPart.Week
        : seen.Contains(Modifier.Month) ? TimestampPart.Month
        : TimestampPart.Year;

    private static TextRelation RelationOf(HashSet<Modifier> seen) =>
        seen.Contains(Modifier.Contains) ? TextRelation.Contains
        : seen.Contains(Modifier.StartsWith) ? TextRelation.StartsWith
        : seen.Contains(Modifier.EndsWith) ? TextRelation.EndsWith
        : TextRelation.Equals;

    private static string Name(Modifier modifier) => ModifierNames.NameOf(modifier);

    private static string Names(IEnumerable<Modifier> modifiers) => string.Join(" and ", modifiers.Select(modifier => $"'{Name(modifier)}'"));
}
