using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>Where the fields of a <see cref="Route"/> are found in a record. Immutable, but for what it remembers.</summary>
internal sealed class RoutePlan
{
    private readonly Slot[] _slots;
    private readonly bool[] _isWanted;

    /// <summary>Makes the plan.</summary>
    /// <param name="route">The route.</param>
    /// <param name="names">A table that has at least <see cref="NamesOf"/> of its fields.</param>
    public RoutePlan(Route route, NameTable names)
    {
        Route = route;
        _isWanted = new bool[names.Count];
        _slots = new Slot[names.Count];
        Array.Fill(_slots, Slot.None);
        for (int i = 0; i < route.Fields.Length; i++)
        {
            Name name = names.Find(Encoding.UTF8.GetBytes(route.Fields[i]));
            _slots[name.Id] = new Slot(i);
            _isWanted[name.Id] = true;
        }

        Paths =
        [
            .. route.Fields.SelectMany((field, i) => DotsOf(field)
                .Select(dot => new FieldPath(new Slot(i), names.Find(Encoding.UTF8.GetBytes(field[..dot])), Encoding.UTF8.GetBytes(field[(dot + 1)..])))),
        ];
        foreach (FieldPath path in Paths)
        {
            _isWanted[path.First.Id] = true;
        }
    }

    /// <summary>The route.</summary>
    public Route Route { get; }

    /// <summary>What the last event was counted by that was written by this plan; null before the first.</summary>
    public SourceView? LatestView { get; set; }

    /// <summary>The paths that the fields may be, by slot; of those of one slot the first that leads somewhere counts.</summary>
    public ImmutableArray<FieldPath> Paths { get; }

    /// <summary>The names that a table must have for a field: its own, and those of the objects that it may be a path into.</summary>
    public static IEnumerable<string> NamesOf(string field) => [field, .. DotsOf(field).Select(dot => field[..dot])];

    /// <summary>Whether a field of that name takes part in any slot.</summary>
    public bool Wants(Name name) => _isWanted[name.Id];

    /// <summary>The slot of the field that a name is, by the name's id; none if it is no field, and for names learnt later.</summary>
    public Slot SlotOf(int id) => (uint)id < (uint)_slots.Length ? _slots[id] : Slot.None;

    // The longest first.
    private static IEnumerable<int> DotsOf(string field)
    {
        for (int dot = field.LastIndexOf('.'); dot > 0; dot = field.LastIndexOf('.', dot - 1))
        {
            yield return dot;
        }
    }

    /// <summary>A field as a path into objects.</summary>
    /// <param name="Slot">The field's slot.</param>
    /// <param name="First">The name before the dot.</param>
    /// <param name="Rest">What comes after it, as UTF-8.</param>
    internal readonly record struct FieldPath(Slot Slot, Name First, byte[] Rest);
}
