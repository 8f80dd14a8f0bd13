using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Yaml;

/// <summary>A node of a YAML document with its place in the file.</summary>
internal abstract class YamlNode(Position position, int size)
{
    public Position Position { get; } = position;

    /// <summary>Number of nodes in this subtree, with aliases counted as often as they are used.</summary>
    public int Size { get; } = size;
}

/// <summary>A scalar. Sigma's types are YAML 1.2's core schema, made stricter for numbers.</summary>
internal sealed class YamlScalar(string value, bool isPlain, Position position) : YamlNode(position, 1)
{
    /// <summary>The text after YAML's own unescaping.</summary>
    public string Value { get; } = value;

    /// <summary>Unquoted and untagged, so that it may be something else than text.</summary>
    public bool IsPlain { get; } = isPlain;

    /// <summary>In double quotes, where backslashes begin escapes.</summary>
    public bool IsDoubleQuoted { get; init; }

    /// <summary>Over several lines, which YAML joined with blanks.</summary>
    public bool IsJoined { get; init; }

    /// <summary>Below <c>|</c> or <c>&gt;</c>.</summary>
    public bool IsBlock { get; init; }

    public bool IsNull => IsPlain && (Value is "" or "~" or "null" or "Null" or "NULL");

    public bool? AsBoolean => !IsPlain ? null : Value switch
    {
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => null,
    };

    public SigmaNumber? AsNumber => IsPlain && SigmaNumber.TryParse(Value, out SigmaNumber number) ? number : null;
}

internal sealed class YamlSequence(ImmutableArray<YamlNode> items, Position position)
    : YamlNode(position, SizeOf(items))
{
    public ImmutableArray<YamlNode> Items { get; } = items;

    private static int SizeOf(ImmutableArray<YamlNode> items)
    {
        int size = 1;
        foreach (YamlNode item in items)
        {
            size += item.Size;
        }

        return size;
    }
}

internal readonly record struct YamlEntry(YamlScalar Key, YamlNode Value);

/// <summary>A mapping with scalar keys, in the file's order, without duplicates.</summary>
internal sealed class YamlMapping(ImmutableArray<YamlEntry> entries, Position position)
    : YamlNode(position, SizeOf(entries))
{
    public ImmutableArray<YamlEntry> Entries { get; } = entries;

    public YamlNode? this[string key]
    {
        get
        {
            foreach (YamlEntry entry in Entries)
            {
                if (entry.Key.Value == key)
                {
                    return entry.Value;
                }
            }

            return null;
        }
    }

    /// <summary>This mapping with <paramref name="other"/>'s entries laid over it; mappings under the same key are merged.</summary>
    public YamlMapping OverlaidBy(YamlMapping other)
    {
        var merged = Entries.ToList();
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < merged.Count; i++)
        {
            indexes[merged[i].Key.Value] = i;
        }

        foreach (YamlEntry entry in other.Entries)
        {
            if (!indexes.TryGetValue(entry.Key.Value, out int index))
            {
                merged.Add(entry);
            }
            else if (merged[index].Value is YamlMapping below && entry.Value is YamlMapping above)
            {
                merged[index] = entry with { Value = below.OverlaidBy(above) };
            }
            else
            {
                merged[index] = entry;
            }
        }

        return new YamlMapping([.. merged], Position);
    }

    public YamlMapping Without(string key) =>
        this[key] is null ? this : new([.. Entries.Where(entry => entry.Key.Value != key)], Position);

    private static int SizeOf(ImmutableArray<YamlEntry> entries)
    {
        int size = 1;
        foreach (YamlEntry entry in entries)
        {
            size += 1 + entry.Value.Size;
        }

        return size;
    }
}
