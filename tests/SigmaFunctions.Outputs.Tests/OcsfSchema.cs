using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SigmaFunctions.Outputs.Tests;

/// <summary>OCSF's schema as its sources have it: which attributes an event or object has, of which types, and which of them it must have.</summary>
internal sealed class OcsfSchema
{
    private readonly string _folder;
    private readonly JsonObject _dictionary;
    private readonly JsonObject _types;

    private OcsfSchema(string folder)
    {
        _folder = folder;
        _dictionary = Read("dictionary.json")["attributes"]!.AsObject();
        _types = Read("dictionary.json")["types"]!["attributes"]!.AsObject();
    }

    /// <summary>The schema where it is beside the project; null where it is not.</summary>
    public static OcsfSchema? Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string schema = Path.Combine(folder.FullName, "shared", "ocsf");
            if (File.Exists(Path.Combine(schema, "dictionary.json")))
            {
                return new OcsfSchema(schema);
            }
        }

        return null;
    }

    /// <summary>What is wrong with a Detection Finding, each with its place; none where it holds to the schema.</summary>
    public ImmutableArray<string> Check(JsonObject finding)
    {
        var faults = new List<string>();
        Definition definition = Load("events/findings/detection_finding.json");
        Check(finding, definition, "", faults);
        if ((int?)finding["class_uid"] != 2004 || (int?)finding["category_uid"] != 2 || (long?)finding["type_uid"] != 200_400 + (int?)finding["activity_id"])
        {
            faults.Add("class, category and type do not fit together");
        }

        return [.. faults];
    }

    private void Check(JsonObject value, Definition definition, string path, List<string> faults)
    {
        faults.AddRange(definition.Attributes
            .Where(attribute => (string?)attribute.Value["requirement"] == "required" && value[attribute.Key] is null)
            .Select(attribute => $"{path}{attribute.Key} is required"));
        if (definition.AtLeastOne.Length > 0 && !definition.AtLeastOne.Any(name => value[name] is not null))
        {
            faults.Add($"{path} needs one of {string.Join(", ", definition.AtLeastOne)}");
        }

        foreach ((string name, JsonNode? child) in value)
        {
            if (!definition.Attributes.TryGetValue(name, out JsonObject? attribute))
            {
                faults.Add($"{path}{name} is no attribute");
            }
            else if (child is null)
            {
                faults.Add($"{path}{name} is null");
            }
            else
            {
                CheckValue(child, name, attribute, path + name, faults);
            }
        }
    }

    private void CheckValue(JsonNode value, string name, JsonObject attribute, string path, List<string> faults)
    {
        JsonObject known = _dictionary[name]!.AsObject();
        string type = (string)(attribute["type"] ?? known["type"])!;
        if ((bool?)(attribute["is_array"] ?? known["is_array"]) ?? false)
        {
            if (value is not JsonArray array)
            {
                faults.Add($"{path} is no array");
                return;
            }

            for (int i = 0; i < array.Count; i++)
            {
                CheckOne(array[i]!, type, name, attribute, $"{path}[{i}]", faults);
            }

            return;
        }

        CheckOne(value, type, name, attribute, path, faults);
    }

    private void CheckOne(JsonNode value, string type, string name, JsonObject attribute, string path, List<string> faults)
    {
        JsonValueKind kind = value.GetValueKind();
        string basic = (string?)_types[type]?["type"] ?? type;
        switch (basic)
        {
            case "json_t":
                return;
            case "string_t" when kind != JsonValueKind.String:
            case "integer_t" or "long_t" or "timestamp_t" when kind != JsonValueKind.Number || !long.TryParse(value.ToJsonString(), out _):
            case "boolean_t" when kind is not (JsonValueKind.True or JsonValueKind.False):
                faults.Add($"{path} is no {type}");
                return;
            case "string_t" or "integer_t" or "long_t" or "timestamp_t" or "boolean_t" or "float_t":
                CheckEnum(value, name, attribute, path, faults);
                if (type == "ip_t" && !IPAddress.TryParse((string?)value, out _))
                {
                    faults.Add($"{path} is no address");
                }

                return;
            case "object":
                if (kind != JsonValueKind.Object)
                {
                    faults.Add($"{path} is no object");
                }

                return;
            default:
                if (value is JsonObject child)
                {
                    Check(child, Load($"objects/{type}.json"), path + ".", faults);
                }
                else
                {
                    faults.Add($"{path} is no {type}");
                }

                return;
        }
    }

    // What an object's own list does not have, the dictionary's may. Those of classes, categories and observables are made from all of the schema.
    private void CheckEnum(JsonNode value, string name, JsonObject attribute, string path, List<string> faults)
    {
        JsonObject? own = attribute["enum"]?.AsObject();
        JsonObject? common = _dictionary[name]!["enum"]?.AsObject();
        if ((own is not null || common is not null) && name is not ("class_uid" or "category_uid") && !path.StartsWith("observables", StringComparison.Ordinal)
            && own?.ContainsKey(value.ToString()) != true && common?.ContainsKey(value.ToString()) != true)
        {
            faults.Add($"{path} has no value {value}");
        }
    }

    private Definition Load(string file)
    {
        JsonObject source = Read(file);
        var attributes = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        ImmutableArray<string> atLeastOne = [];
        if ((string?)source["extends"] is { } parent)
        {
            Definition inherited = Load(file.StartsWith("objects", StringComparison.Ordinal) ? $"objects/{parent}.json" : ParentEvent(parent));
            (attributes, atLeastOne) = (new(inherited.Attributes, StringComparer.Ordinal), inherited.AtLeastOne);
        }

        foreach ((string name, JsonNode? attribute) in source["attributes"]!.AsObject())
        {
            foreach ((string included, JsonObject definition) in name == "$include" ? Included(attribute!) : [(name, attribute!.AsObject())])
            {
                attributes[included] = attributes.TryGetValue(included, out JsonObject? before) ? Merge(before, definition) : definition;
            }
        }

        return new Definition(attributes, source["constraints"]?["at_least_one"] is JsonArray own ? [.. own.Select(one => (string)one!)] : atLeastOne);
    }

    private static string ParentEvent(string parent) => parent == "base_event" ? "events/base_event.json" : $"events/findings/{parent}.json";

    // Of a profile nothing is required: none is stated.
    private IEnumerable<(string Name, JsonObject Attribute)> Included(JsonNode files) =>
        (files is JsonArray many ? many.Select(one => (string)one!) : [(string)files!])
            .SelectMany(file => Read(file)["attributes"]!.AsObject())
            .Where(attribute => attribute.Value is JsonObject && attribute.Key != "$include")
            .Select(attribute => (attribute.Key, Merge(attribute.Value!.AsObject(), new JsonObject { ["requirement"] = "optional" })));

    private static JsonObject Merge(JsonObject first, JsonObject second)
    {
        JsonObject merged = first.DeepClone().AsObject();
        foreach ((string name, JsonNode? value) in second)
        {
            if (name == "enum" && merged["enum"] is JsonObject before)
            {
                foreach ((string key, JsonNode? one) in value!.AsObject())
                {
                    before[key] = one?.DeepClone();
                }
            }
            else
            {
                merged[name] = value?.DeepClone();
            }
        }

        return merged;
    }

    private JsonObject Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, file)))!.AsObject();

    private sealed record Definition(Dictionary<string, JsonObject> Attributes, ImmutableArray<string> AtLeastOne);
}
