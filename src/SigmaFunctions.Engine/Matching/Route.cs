using System.Collections.Immutable;
using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// The rules that see events of one set of log sources, and the fields that they look at, each of which has a <see cref="Slot"/>. Immutable
/// and safe for concurrent use.
/// </summary>
public sealed class Route
{
    internal Route(IReadOnlyList<RuleGroup> groups, KeywordFilter? keywords)
    {
        Fields = [.. groups.SelectMany(group => group.FieldNames).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        OwnValuesSlot = groups.Any(group => group.HasKeywords) ? new Slot(Fields.Length) : Slot.None;
        var slots = new Dictionary<string, Slot>(StringComparer.Ordinal);
        foreach (string field in Fields)
        {
            slots.Add(field, new Slot(slots.Count));
        }

        Groups = [.. groups.Select(group => new RoutedGroup(group, [.. group.Fields.Select(field => field.Field is null ? OwnValuesSlot : slots[field.Field])]))];
        Keywords = keywords;
        MostTests = groups.Select(group => group.Tests.Length).DefaultIfEmpty().Max();
        MostRules = groups.Select(group => group.Rules.Length).DefaultIfEmpty().Max();
    }

    /// <summary>The fields that some rule looks at, by slot: literal names or dotted paths.</summary>
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

    internal int MostTests { get; }

    internal int MostRules { get; }

    /// <summary>A group, and by its fields the slots here.</summary>
    internal sealed record RoutedGroup(RuleGroup Group, Slot[] Slots);
}
