using System.Collections.Frozen;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// The rules that see events of one set of log sources, and the fields that they look at, each of which has a <see cref="Slot"/>. Immutable
/// and safe for concurrent use.
/// </summary>
public sealed class Route
{
    internal Route(IReadOnlyList<RuleGroup> groups, KeywordFilter? keywords, CorrelationPlan correlations)
    {
        List<int> correlated = [.. groups.SelectMany(group => group.Rules).Where(rule => !correlations.FieldsOf(rule).IsDefault)];
        Fields =
        [
            .. groups.SelectMany(group => group.FieldNames).Concat(correlated.SelectMany(rule => correlations.FieldsOf(rule)))
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
        OwnValuesSlot = groups.Any(group => group.HasKeywords) ? new Slot(Fields.Length) : Slot.None;
        var slots = new Dictionary<string, Slot>(StringComparer.Ordinal);
        foreach (string field in Fields)
        {
            slots.Add(field, new Slot(slots.Count));
        }

        Groups = [.. groups.Select(group => new RoutedGroup(group, [.. group.Fields.Select(field => field.Field is null ? OwnValuesSlot : slots[field.Field])]))];
        Correlated = correlated.Count == 0
            ? null
            : correlated.ToFrozenDictionary(rule => rule, rule => correlations.FieldsOf(rule).Select(field => slots[field]).ToArray());
        Keywords = keywords;
        MostTests = groups.Select(group => group.Tests.Length).DefaultIfEmpty().Max();
        MostRules = groups.Select(group => group.Rules.Length).DefaultIfEmpty().Max();
    }

    /// <summary>The fields that some rule or correlation looks at, by slot: literal names or dotted paths.</summary>
    public ImmutableArray<string> Fields { get; }

    /// <summary>The slot behind those of the fields that takes every own value of the event, for keywords; none if no rule has any.</summary>
    public Slot OwnValuesSlot { get; }

    /// <summary>
    /// What tells that the own values of an event need not be written; null if they always must be, or no rule looks at them. Routes whose
    /// keywords are the same have the same one.
    /// </summary>
    public KeywordFilter? Keywords { get; }

    /// <summary>Number of slots, that of own values included.</summary>
    public int SlotCount => Fields.Length + (OwnValuesSlot.IsNone ? 0 : 1);

    /// <summary>Whether no rule sees these events, so that nothing needs to be written for them.</summary>
    public bool IsEmpty => Groups.Length == 0;

    internal RoutedGroup[] Groups { get; }

    /// <summary>By rule that correlations look at, the slots of what they ask for; null where there is no such rule.</summary>
    internal FrozenDictionary<int, Slot[]>? Correlated { get; }

    internal int MostTests { get; }

    internal int MostRules { get; }

    /// <summary>A group, and by its fields the slots here.</summary>
    internal sealed record RoutedGroup(RuleGroup Group, Slot[] Slots);
}
