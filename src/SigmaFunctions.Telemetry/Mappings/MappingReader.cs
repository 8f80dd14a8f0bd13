using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Telemetry.Mappings;

/// <summary>Reads a YAML document as a mapping and reports everything that is wrong with it.</summary>
internal sealed class MappingReader(YamlMapping root, DiagnosticSink sink)
{
    private const int MaxNameLength = 64;
    private const int MaxPathLength = 1024;
    private const int MaxPathParts = 16;

    private static readonly ImmutableArray<string> Keys =
        ["name", "description", "when", "logsource", "fields", "constants", "time", "host", "user", "tenant"];

    /// <summary>The mapping; null after reporting why there is none.</summary>
    public Mapping? Read()
    {
        CheckKeys(root, Keys);
        string? name = ReadName();
        ImmutableArray<ImmutableArray<MappingTest>> when = ReadWhen();
        (MappingAttribute category, MappingAttribute product, MappingAttribute service) = ReadLogSource();
        ImmutableArray<MappingPrefix>.Builder prefixes = ImmutableArray.CreateBuilder<MappingPrefix>();
        ImmutableArray<(string, ImmutableArray<string>)>.Builder fields = ImmutableArray.CreateBuilder<(string, ImmutableArray<string>)>();
        foreach (YamlEntry entry in EntriesOf("fields"))
        {
            if (entry.Key.Value.EndsWith('*'))
            {
                ReadPrefix(entry, prefixes);
            }
            else if (IsName(entry.Key, "field"))
            {
                fields.Add((entry.Key.Value, ReadPaths(entry.Value)));
            }
        }

        ImmutableArray<(string, string)>.Builder constants = ImmutableArray.CreateBuilder<(string, string)>();
        foreach (YamlEntry entry in EntriesOf("constants"))
        {
            if (IsName(entry.Key, "field") && IsText(entry.Value, out string? text))
            {
                constants.Add((entry.Key.Value, text));
            }
        }

        var mapping = new Mapping
        {
            Name = name ?? "",
            File = sink.File,
            Line = Math.Max(root.Position.Line, 1),
            When = when,
            Category = category,
            Product = product,
            Service = service,
            Prefixes = prefixes.DrainToImmutable(),
            Fields = fields.DrainToImmutable(),
            Constants = constants.DrainToImmutable(),
            Time = PathsOf("time"),
            Host = PathsOf("host"),
            User = PathsOf("user"),
            Tenant = PathsOf("tenant"),
        };
        return sink.HasErrors ? null : mapping;
    }

    private string? ReadName()
    {
        if (root["name"] is not { } node)
        {
            Invalid(root.Position, "The mapping has no name. Add 'name', a word for the source.");
            return null;
        }

        if (!IsText(node, out string? name))
        {
            return null;
        }

        bool isWord = name.Length <= MaxNameLength && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
        if (name.Length == 0 || !isWord)
        {
            Invalid(node.Position, $"A name is at most {MaxNameLength} ASCII letters, digits, '-' and '_'. Shorten it to such a word.");
        }

        return name;
    }

    /// <summary>A map of tests that must all hold, or a list of such maps of which one must.</summary>
    private ImmutableArray<ImmutableArray<MappingTest>> ReadWhen()
    {
        YamlNode? when = root["when"];
        ImmutableArray<YamlNode> groups = when is YamlSequence list ? list.Items : when is null ? [] : [when];
        if (groups.IsEmpty)
        {
            Invalid(when?.Position ?? root.Position, "The mapping does not say which records it takes. Add 'when' with at least one field.");
        }

        ImmutableArray<ImmutableArray<MappingTest>>.Builder tests = ImmutableArray.CreateBuilder<ImmutableArray<MappingTest>>();
        foreach (YamlNode group in groups)
        {
            if (group is YamlMapping { Entries.IsEmpty: false } map)
            {
                tests.Add([.. map.Entries.Select(ReadTest).OfType<MappingTest>()]);
            }
            else
            {
                Invalid(group.Position, "'when' is a map of fields and values, or a list of such maps. Name at least one field.");
            }
        }

        return tests.DrainToImmutable();
    }

    private MappingTest? ReadTest(YamlEntry entry)
    {
        string[] parts = entry.Key.Value.Split('|');
        if (!IsPath(parts[0], entry.Key.Position))
        {
            return null;
        }

        if (parts is [var field, "exists"])
        {
            if (entry.Value is YamlScalar { AsBoolean: { } exists })
            {
                return new MappingTest(field, exists ? MappingTestKind.Exists : MappingTestKind.Absent, []);
            }

            Invalid(entry.Value.Position, "'exists' takes true or false. Write one of them.");
            return null;
        }

        MappingTestKind? kind = parts[1..] switch
        {
            [] => MappingTestKind.Equals,
            ["startswith"] => MappingTestKind.StartsWith,
            ["endswith"] => MappingTestKind.EndsWith,
            _ => null,
        };
        if (kind is null)
        {
            Invalid(entry.Key.Position, $"'{Shortened.Of(entry.Key.Value)}' has another modifier than exists, startswith or endswith. Use one of these, or none.");
            return null;
        }

        ImmutableArray<string> values = ReadTexts(entry.Value, "a value");
        return new MappingTest(parts[0], kind.Value, values);
    }

    private (MappingAttribute Category, MappingAttribute Product, MappingAttribute Service) ReadLogSource()
    {
        if (root["logsource"] is not YamlMapping { Entries.IsEmpty: false } map)
        {
            Invalid(
                root["logsource"]?.Position ?? root.Position,
                "The mapping has no log source, so no rule would see its events. Add a 'logsource' map with category, product or service.");
            return (MappingAttribute.NotStated, MappingAttribute.NotStated, MappingAttribute.NotStated);
        }

        CheckKeys(map, ["category", "product", "service"]);
        return (ReadAttribute(map["category"]), ReadAttribute(map["product"]), ReadAttribute(map["service"]));
    }

    private MappingAttribute ReadAttribute(YamlNode? node)
    {
        switch (node)
        {
            case null:
                return MappingAttribute.NotStated;
            case YamlMapping map:
                CheckKeys(map, ["from", "values"]);
                if (map["from"] is not YamlScalar from || !IsPath(from.Value, from.Position) || map["values"] is not YamlMapping { Entries.IsEmpty: false } values)
                {
                    Invalid(map.Position, "An attribute by value has 'from', a field, and 'values', a map of its values to texts. Give both.");
                    return MappingAttribute.NotStated;
                }

                ImmutableArray<(string, string)>.Builder texts = ImmutableArray.CreateBuilder<(string, string)>();
                foreach (YamlEntry entry in values.Entries)
                {
                    if (IsText(entry.Value, out string? text))
                    {
                        texts.Add((entry.Key.Value, text));
                    }
                }

                return new MappingAttribute(null, from.Value, texts.DrainToImmutable());
            default:
                return new MappingAttribute(IsText(node, out string? constant) ? constant : null);
        }
    }

    /// <summary><c>name.*: path.*</c>, of which either may be the star alone.</summary>
    private void ReadPrefix(YamlEntry entry, ImmutableArray<MappingPrefix>.Builder prefixes)
    {
        string field = entry.Key.Value[..^1];
        if (entry.Value is not YamlScalar { Value: [.., '*'] } value)
        {
            Invalid(entry.Value.Position, "A field with a star at its end takes a path with a star at its end, such as 'properties.*'. Write one.");
            return;
        }

        string path = value.Value[..^1];
        if (IsPrefix(field, entry.Key.Position) && IsPrefix(path, value.Position))
        {
            prefixes.Add(new MappingPrefix(field, path.Length == 0 ? null : path[..^1]));
        }
    }

    private bool IsPrefix(string text, Position position)
    {
        if (text.Length == 0)
        {
            return true;
        }

        if (text.EndsWith('.'))
        {
            return IsPath(text[..^1], position);
        }

        Invalid(position, "Before a star comes a dot, or nothing. Write 'name.*' or '*'.");
        return false;
    }

    private ImmutableArray<string> PathsOf(string key) => root[key] is { } node ? ReadPaths(node) : [];

    private ImmutableArray<string> ReadPaths(YamlNode node)
    {
        ImmutableArray<string> paths = ReadTexts(node, "a path");
        return [.. paths.Where(path => IsPath(path, node.Position))];
    }

    /// <summary>A text, or a list of texts with at least one.</summary>
    private ImmutableArray<string> ReadTexts(YamlNode node, string what)
    {
        ImmutableArray<YamlNode> items = node is YamlSequence list ? list.Items : [node];
        if (items.IsEmpty)
        {
            Invalid(node.Position, $"The list is empty. Write {what}, or a list of them.");
        }

        ImmutableArray<string>.Builder texts = ImmutableArray.CreateBuilder<string>(items.Length);
        foreach (YamlNode item in items)
        {
            if (IsText(item, out string? text))
            {
                texts.Add(text);
            }
        }

        return texts.DrainToImmutable();
    }

    private ImmutableArray<YamlEntry> EntriesOf(string key)
    {
        switch (root[key])
        {
            case null or YamlScalar { IsNull: true }:
                return [];
            case YamlMapping map:
                return map.Entries;
            case { } other:
                Invalid(other.Position, $"'{key}' is a map of fields. Write each as 'field: …' below it.");
                return [];
        }
    }

    private bool IsText(YamlNode node, [NotNullWhen(true)] out string? text)
    {
        text = node is YamlScalar { IsNull: false } scalar ? scalar.Value : null;
        if (text is null)
        {
            Invalid(node.Position, "A text is expected here. Write one word or a quoted text.");
        }

        return text is not null;
    }

    private bool IsName(YamlScalar key, string what)
    {
        if (key.Value.Length is > 0 and <= MaxPathLength)
        {
            return true;
        }

        Invalid(key.Position, $"The name of a {what} has 1 to {MaxPathLength} characters. Correct it.");
        return false;
    }

    private bool IsPath(string path, Position position)
    {
        string[] parts = path.Split('.');
        if (path.Length <= MaxPathLength && parts.Length <= MaxPathParts && !parts.Contains(""))
        {
            return true;
        }

        Invalid(
            position,
            $"'{Shortened.Of(path)}' is no path: names with dots between, at most {MaxPathParts} of them and {MaxPathLength} characters. Correct it.");
        return false;
    }

    private void CheckKeys(YamlMapping map, ImmutableArray<string> known)
    {
        foreach (YamlEntry entry in map.Entries)
        {
            if (!known.Contains(entry.Key.Value))
            {
                sink.Report(
                    DiagnosticCode.UnknownMappingKey,
                    entry.Key.Position,
                    $"'{Shortened.Of(entry.Key.Value)}' is none of {string.Join(", ", known)}. Correct or remove it.");
            }
        }
    }

    private void Invalid(Position position, string message) => sink.Report(DiagnosticCode.InvalidMapping, position, message);
}
