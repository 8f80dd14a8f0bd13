using System.Collections.Frozen;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// The rules that see events of one set of log sources, and the fields that they look at: a field's <em>slot</em> is its place among
/// these, from 0. Immutable and safe for concurrent use.
/// </summary>
public sealed class Route
{
    private readonly FrozenDictionary<string, int> _slots;

    internal Route(IReadOnlyList<RuleGroup> groups, KeywordFilter? keywords)
    {
        Fields = [.. groups.SelectMany(group => group.FieldNames).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        OwnValuesSlot = groups.Any(group => group.HasKeywords) ? Fields.Length : -1;
        var slots = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string field in Fields)
        {
            slots.Add(field, slots.Count);
        }

        _slots = slots.ToFrozenDictionary(StringComparer.Ordinal);
        Groups = [.. groups.Select(group => new RoutedGroup(group, [.. group.Fields.Select(field => field.Field is null ? OwnValuesSlot : slots[field.Field])]))];
        Keywords = keywords;
        MostTests = groups.Select(group => group.Tests.Length).DefaultIfEmpty().Max();
        MostRules = groups.Select(group => group.Rules.Length).DefaultIfEmpty().Max();
    }

    /// <summary>The fields that some rule looks at, by slot: literal names or dotted paths.</summary>
    public ImmutableArray<string> Fields { get; }

    /// <summary>The slot behind those of the fields that takes every own value of the event, for keywords; -1 if no rule has any.</summary>
    public int OwnValuesSlot { get; }

    /// <summary>
    /// What tells that the own values of an event need not be written; null if they always must be, or no rule looks at them. Routes whose
    /// keywords are the same have the same one.
    /// </summary>
    public KeywordFilter? Keywords { get; }

    /// <summary>Number of slots, that of own values included.</summary>
    public int SlotCount => Fields.Length + (OwnValuesSlot < 0 ? 0 : 1);

    /// <summary>Whether no rule sees these events, so that nothing needs to be written for them.</summary>
    public bool IsEmpty => Groups.Length == 0;

    internal RoutedGroup[] Groups { get; }

    internal int MostTests { get; }

    internal int MostRules { get; }

    /// <summary>The slot of a field; -1 if no rule looks at it.</summary>
    public int SlotOf(string field) => _slots.GetValueOrDefault(field, -1);

    /// <summary>A group, and for each of its fields the slot here.</summary>
    internal sealed record RoutedGroup(RuleGroup Group, int[] Slots);
}
