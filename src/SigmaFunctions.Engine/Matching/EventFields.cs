using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Matching;

/// <summary>Finds the value that a field name means in an event.</summary>
internal static class EventFields
{
    /// <summary>
    /// The value of a field, or null if it is absent. A name is a literal key, or a dotted path into objects; at each step the
    /// longest literal key wins, and a path goes through arrays of objects, giving the array of what it finds in them.
    /// </summary>
    public static FieldValue? Find(IReadOnlyDictionary<string, FieldValue> properties, string name)
    {
        if (properties.TryGetValue(name, out var value))
            return value;
        for (int dot = name.LastIndexOf('.'); dot > 0; dot = name.LastIndexOf('.', dot - 1))
        {
            if (properties.TryGetValue(name[..dot], out var parent) && FindIn(parent, name[(dot + 1)..]) is { } found)
                return found;
        }

        return null;
    }

    private static FieldValue? FindIn(FieldValue parent, string path)
    {
        if (parent.Kind == FieldValueKind.Object)
            return Find(parent.Properties, path);
        if (parent.Kind != FieldValueKind.Array)
            return null;
        var found = ImmutableArray.CreateBuilder<FieldValue>();
        foreach (var item in parent.Items)
            if (FindIn(item, path) is { } value)
                found.Add(value);
        return found.Count == 0 ? null : FieldValue.FromItems(found.ToImmutable());
    }
}
