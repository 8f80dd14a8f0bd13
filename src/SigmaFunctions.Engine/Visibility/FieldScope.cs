using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Visibility;

/// <summary>Which fields the events of some kind can have. Immutable.</summary>
public sealed class FieldScope
{
    private readonly FrozenSet<string> _fields;
    private readonly ImmutableArray<MissingPart> _missingParts;

    /// <summary>A scope of certain fields.</summary>
    /// <param name="fields">Every field that an event can have, by its exact name. What is within one that is an object belongs to it.</param>
    /// <param name="missingParts">What values never hold although events have the field.</param>
    public FieldScope(IEnumerable<string> fields, IEnumerable<MissingPart>? missingParts = null)
        : this(fields.ToFrozenSet(StringComparer.Ordinal), [.. missingParts ?? []], isOpen: false)
    {
    }

    private FieldScope(FrozenSet<string> fields, ImmutableArray<MissingPart> missingParts, bool isOpen)
    {
        _fields = fields;
        _missingParts = missingParts;
        IsOpen = isOpen;
    }

    /// <summary>Events of which nothing is known: any field may come.</summary>
    public static FieldScope Open { get; } = new(FrozenSet<string>.Empty, [], isOpen: true);

    /// <summary>Whether any field may come.</summary>
    public bool IsOpen { get; }

    /// <summary>Whether an event can have a field: under that name, or within an object if the name is a dotted path.</summary>
    public bool Carries(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        if (IsOpen || _fields.Contains(field))
        {
            return true;
        }

        for (int dot = field.LastIndexOf('.'); dot > 0; dot = field.LastIndexOf('.', dot - 1))
        {
            if (_fields.Contains(field[..dot]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What the events of several kinds have together: a field that some of them carry, a part that some values may hold.</summary>
    public static FieldScope Union(IReadOnlyCollection<FieldScope> scopes)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        if (scopes.Any(scope => scope.IsOpen))
        {
            return Open;
        }

        if (scopes.Count == 1)
        {
            return scopes.First();
        }

        IEnumerable<MissingPart> parts = scopes.SelectMany(scope => scope._missingParts).Distinct()
            .Where(part => scopes.All(scope => scope._missingParts.Contains(part) || !scope.Carries(part.Field)));
        return new FieldScope(scopes.SelectMany(scope => scope._fields), parts);
    }

    /// <summary>Whether there is nothing that the values of a field never hold.</summary>
    internal bool HasWhole(string field)
    {
        foreach (MissingPart part in _missingParts)
        {
            if (part.Field == field)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What a text that is looked for in a field would need and no value holds; null if there is no such thing.</summary>
    internal MissingPart? MissingPartOf(string field, string text) =>
        _missingParts.FirstOrDefault(part => part.Field == field && text.Contains(part.Text, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Something that the values of a field never hold, though events have the field.</summary>
/// <param name="Field">The field.</param>
/// <param name="Text">What is never found in its values, in any case.</param>
/// <param name="Name">What that is to people, such as <c>Hashes (IMPHASH)</c>.</param>
public sealed record MissingPart(string Field, string Text, string Name);
