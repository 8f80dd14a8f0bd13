using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Model;

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
    private static readonly ModifierSet Encodings =
        ModifierSet.Of(Modifier.Base64, Modifier.Base64Offset, Modifier.Utf16Le, Modifier.Utf16Be, Modifier.Utf16);

    private static readonly ModifierSet Placements = ModifierSet.Of(Modifier.Contains, Modifier.StartsWith, Modifier.EndsWith);

    private static readonly ModifierSet Changes = Encodings | Placements | ModifierSet.Of(Modifier.Expand, Modifier.Windash);

    private static readonly ModifierChain Plain = new() { Kind = ComparisonKind.Text };

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

    /// <summary>Whether the item places its text in the value, with contains, startswith or endswith.</summary>
    public bool IsPlaced { get; private init; }

    /// <summary>Whether the text is changed before it is placed, with expand, windash or an encoding.</summary>
    public bool IsChanged { get; private init; }

    /// <summary>The chain, or null after reporting what does not go together.</summary>
    public static ModifierChain? Create(DetectionItem item, DiagnosticSink sink)
    {
        if (item.Modifiers.IsEmpty)
        {
            return Plain;
        }

        ModifierSet seen = default;
        foreach ((Modifier modifier, Position position) in item.Modifiers)
        {
            if (seen.Contains(modifier) && !Encodings.Contains(modifier))
            {
                return Refuse($"The modifier '{Name(modifier)}' stands twice. Keep one of them.");
            }

            seen |= ModifierSet.Of(modifier);
            if (modifier is Modifier.RegexIgnoreCase or Modifier.RegexMultiline or Modifier.RegexSingleLine && !seen.Contains(Modifier.Re))
            {
                return Refuse($"The modifier '{Name(modifier)}' belongs behind 're'. Write '|re|{Name(modifier)}'.");
            }

            if (modifier == Modifier.Windash && seen.Overlaps(Encodings))
            {
                return Refuse("'windash' cannot follow an encoding. Put it before.");
            }

            if (modifier == Modifier.Expand && seen.Overlaps(Encodings))
            {
                return Refuse("'expand' cannot follow an encoding. Put it before.");
            }

            ModifierChain? Refuse(string message)
            {
                sink.Report(DiagnosticCode.ModifierCombination, position, message);
                return null;
            }
        }

        if (Conflict(item) is { } conflict)
        {
            sink.Report(DiagnosticCode.ModifierCombination, item.Position, conflict);
            return null;
        }

        ImmutableArray<Modifier>.Builder transformations = ImmutableArray.CreateBuilder<Modifier>();
        foreach ((Modifier modifier, Position _) in item.Modifiers)
        {
            if (Changes.Contains(modifier))
            {
                transformations.Add(modifier);
            }
        }

        return new ModifierChain
        {
            Kind = KindsOf(item) is [var kind, ..] ? kind : ComparisonKind.Text,
            All = seen.Contains(Modifier.All),
            Negated = seen.Contains(Modifier.Neq),
            Cased = seen.Contains(Modifier.Cased),
            Transformations = transformations.DrainToImmutable(),
            IsPlaced = seen.Overlaps(Placements),
            IsChanged = seen.Overlaps(Changes.Without(Placements)),
            ForcesText = seen.Contains(Modifier.Cased) || seen.Overlaps(Changes),
            RegexOptions = RegexOptionsOf(seen),
            Operator = OperatorOf(seen),
            TimestampPart = PartOf(seen),
            Relation = RelationOf(seen),
        };
    }

    /// <summary>The kinds of test that an item's modifiers make, each once.</summary>
    private static List<ComparisonKind> KindsOf(DetectionItem item)
    {
        var kinds = new List<ComparisonKind>(1);
        foreach ((Modifier modifier, Position _) in item.Modifiers)
        {
            if (KindOf(modifier) is { } kind && !kinds.Contains(kind))
            {
                kinds.Add(kind);
            }
        }
        // hour|gte is a test on a timestamp.
        if (kinds.Contains(ComparisonKind.Timestamp))
        {
            kinds.Remove(ComparisonKind.Number);
        }

        return kinds;
    }

    private static string? Conflict(DetectionItem item)
    {
        List<ComparisonKind> kinds = KindsOf(item);
        ComparisonKind kind = kinds.Count == 0 ? ComparisonKind.Text : kinds[0];
        if (kinds.Count > 1)
        {
            return $"{Names(item, modifier => KindOf(modifier) is not null)} cannot be combined: each makes another kind of test. Use one of them.";
        }

        if (Count(item, Placements.Contains) > 1)
        {
            return $"{Names(item, Placements.Contains)} cannot be combined. Use one of them.";
        }

        if (Count(item, IsTimestamp) > 1)
        {
            return $"{Names(item, IsTimestamp)} cannot be combined. Use one item for each.";
        }

        if (Count(item, IsNumber) > 1)
        {
            return $"{Names(item, IsNumber)} cannot be combined. Use one item for each bound.";
        }

        if (item.Field is null && kind is ComparisonKind.Exists or ComparisonKind.FieldReference or ComparisonKind.Timestamp)
        {
            return $"{Names(item, modifier => KindOf(modifier) is not null)} needs a field. Name one before the '|'.";
        }

        ModifierSet allowed = AllowedWith(kind);
        foreach ((Modifier modifier, Position _) in item.Modifiers)
        {
            if (KindOf(modifier) is null && !allowed.Contains(modifier))
            {
                return $"'{Name(modifier)}' makes no sense together with {Names(item, other => KindOf(other) is not null)}. Remove one of them.";
            }
        }

        return null;
    }

    private static ModifierSet AllowedWith(ComparisonKind kind) => kind switch
    {
        ComparisonKind.Text => Changes | ModifierSet.Of(Modifier.All, Modifier.Neq, Modifier.Cased),
        ComparisonKind.Regex => ModifierSet.Of(
            Modifier.All, Modifier.Neq, Modifier.Expand, Modifier.RegexIgnoreCase, Modifier.RegexMultiline, Modifier.RegexSingleLine),
        ComparisonKind.FieldReference => Placements | ModifierSet.Of(Modifier.All, Modifier.Neq, Modifier.Cased),
        ComparisonKind.Network => ModifierSet.Of(Modifier.All, Modifier.Neq, Modifier.Expand),
        ComparisonKind.Exists => ModifierSet.Of(Modifier.Neq),
        _ => ModifierSet.Of(Modifier.All, Modifier.Neq),
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

    private static bool IsTimestamp(Modifier modifier) => KindOf(modifier) == ComparisonKind.Timestamp;

    private static bool IsNumber(Modifier modifier) => KindOf(modifier) == ComparisonKind.Number;

    private static RegexOptions RegexOptionsOf(ModifierSet seen) =>
        (seen.Contains(Modifier.RegexIgnoreCase) ? RegexOptions.IgnoreCase : 0)
        | (seen.Contains(Modifier.RegexMultiline) ? RegexOptions.Multiline : 0)
        | (seen.Contains(Modifier.RegexSingleLine) ? RegexOptions.Singleline : 0);

    private static NumericOperator OperatorOf(ModifierSet seen) =>
        seen.Contains(Modifier.GreaterThan) ? NumericOperator.GreaterThan
        : seen.Contains(Modifier.GreaterThanOrEqual) ? NumericOperator.GreaterThanOrEqual
        : seen.Contains(Modifier.LessThan) ? NumericOperator.LessThan
        : seen.Contains(Modifier.LessThanOrEqual) ? NumericOperator.LessThanOrEqual
        : NumericOperator.Equal;

    private static TimestampPart PartOf(ModifierSet seen) =>
        seen.Contains(Modifier.Minute) ? TimestampPart.Minute
        : seen.Contains(Modifier.Hour) ? TimestampPart.Hour
        : seen.Contains(Modifier.Day) ? TimestampPart.Day
        : seen.Contains(Modifier.Week) ? TimestampPart.Week
        : seen.Contains(Modifier.Month) ? TimestampPart.Month
        : TimestampPart.Year;

    private static TextRelation RelationOf(ModifierSet seen) =>
        seen.Contains(Modifier.Contains) ? TextRelation.Contains
        : seen.Contains(Modifier.StartsWith) ? TextRelation.StartsWith
        : seen.Contains(Modifier.EndsWith) ? TextRelation.EndsWith
        : TextRelation.Equals;

    private static int Count(DetectionItem item, Func<Modifier, bool> counts)
    {
        int count = 0;
        foreach ((Modifier modifier, Position _) in item.Modifiers)
        {
            if (counts(modifier))
            {
                count++;
            }
        }

        return count;
    }

    private static string Name(Modifier modifier) => ModifierNames.NameOf(modifier);

    private static string Names(DetectionItem item, Func<Modifier, bool> named) =>
        string.Join(" and ", item.Modifiers.Select(syntax => syntax.Modifier).Where(named).Select(modifier => $"'{Name(modifier)}'"));
}
