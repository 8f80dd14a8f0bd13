using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Events;

/// <summary>Finds the value that a field name means in an event.</summary>
internal static class EventFields
{
    /// <summary>
    /// The value of a field, or null if it is absent. A name is a literal key, or a dotted path into objects; at each step the
    /// longest literal key wins, and a path goes through arrays of objects, giving the array of what it finds in them.
    /// </summary>
    public static FieldValue? Find(IReadOnlyDictionary<string, FieldValue> properties, string name)
    {
        int visited = 0;
        return Find(properties, name, ref visited);
    }

    /// <summary>As <see cref="Find(IReadOnlyDictionary{string, FieldValue}, string)"/>.</summary>
    /// <param name="properties">Where to look.</param>
    /// <param name="name">The name.</param>
    /// <param name="visited">Goes up by the number of values that the path was followed into.</param>
    public static FieldValue? Find(IReadOnlyDictionary<string, FieldValue> properties, string name, ref int visited)
    {
        if (properties.TryGetValue(name, out FieldValue? value))
        {
            return value;
        }

        for (int dot = name.LastIndexOf('.'); dot > 0; dot = name.LastIndexOf('.', dot - 1))
        {
            if (properties.TryGetValue(name[..dot], out FieldValue? parent) && FindIn(parent, name[(dot + 1)..], ref visited) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static FieldValue? FindIn(FieldValue parent, string path, ref int visited)
    {
        visited++;
        if (parent.Kind == FieldValueKind.Object)
        {
            return Find(parent.Properties, path, ref visited);
        }

        if (parent.Kind != FieldValueKind.Array)
        {
            return null;
        }

        ImmutableArray<FieldValue>.Builder found = ImmutableArray.CreateBuilder<FieldValue>();
        foreach (FieldValue item in parent.Items)
        {
            if (FindIn(item, path, ref visited) is { } value)
            {
                found.Add(value);
            }
        }

        return found.Count == 0 ? null : FieldValue.FromItems(found.ToImmutable());
    }
}
