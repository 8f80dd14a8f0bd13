using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Model;

/// <summary>The values that a deployment gives to placeholders (<c>%name%</c> under the modifier <c>expand</c>).</summary>
public sealed class PlaceholderSet
{
    private readonly FrozenDictionary<string, ImmutableArray<string>> _values;

    /// <summary>Makes a set from names and their values; names are compared exactly.</summary>
    public PlaceholderSet(IEnumerable<KeyValuePair<string, ImmutableArray<string>>> values) =>
        _values = values.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>No placeholder is defined.</summary>
    public static PlaceholderSet Empty { get; } = new([]);

    /// <summary>The placeholders by name.</summary>
    internal IEnumerable<KeyValuePair<string, ImmutableArray<string>>> Values => _values.OrderBy(pair => pair.Key, StringComparer.Ordinal);

    /// <summary>The values of a placeholder; false if it is not defined.</summary>
    public bool TryGetValues(string name, out ImmutableArray<string> values) => _values.TryGetValue(name, out values);
}
