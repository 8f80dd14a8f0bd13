using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Testing;

/// <summary>Reads the cases of one test file, and reports everything that is wrong with them.</summary>
internal sealed class TestCaseReader(DiagnosticSink sink)
{
    private static readonly string[] EventKeys = ["name", "event", "match", "rule"];
    private static readonly string[] StreamKeys = ["name", "events", "match", "detections", "rule"];

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>The case, or null after reporting why there is none.</summary>
    public RuleTestCase? Read(YamlNode item)
    {
        if (item is not YamlMapping map)
        {
            Report(item, "A case is a map. Write 'name', 'event' and 'match'.");
            return null;
        }

        bool isStream = map["events"] is not null || map["detections"] is not null;
        RejectOthers(map, isStream ? StreamKeys : EventKeys);
        string? name = Text(map, "name", isRequired: true);
        string? rule = Text(map, "rule", isRequired: false);
        if (name is not null && !_names.Add(name))
        {
            Report(map["name"]!, $"Another case above is named '{Shortened.Of(name)}' too. Give each a name of its own.");
        }

        return isStream ? Stream(map, name, rule) : Event(map, name, rule);
    }

    /// <summary>Reports the keys of a map that are not among those that are known.</summary>
    public void RejectOthers(YamlMapping map, string[] known)
    {
        foreach ((YamlScalar? key, YamlNode _) in map.Entries)
        {
            if (!known.Contains(key.Value))
            {
                Report(key, $"The key '{Shortened.Of(key.Value)}' is unknown. Use {string.Join(", ", known)}.");
            }
        }
    }

    /// <summary>Reports that a case is not valid.</summary>
    public void Report(YamlNode at, string message) => sink.Report(DiagnosticCode.InvalidTest, at.Position, message);

    /// <summary>The value of a field, as YAML writes it.</summary>
    /// <param name="node">The YAML.</param>
    /// <param name="number">What stands for <c>{n}</c> in texts; null where it is text like any other.</param>
    public static FieldValue ValueOf(YamlNode node, string? number = null) => node switch
    {
        YamlMapping map => FieldValue.FromProperties(map.Entries.ToImmutableDictionary(entry => entry.Key.Value, entry => ValueOf(entry.Value, number), StringComparer.Ordinal)),
        YamlSequence list => FieldValue.FromItems([.. list.Items.Select(item => ValueOf(item, number))]),
        YamlScalar { IsNull: true } => FieldValue.Null,
        YamlScalar { AsBoolean: { } boolean } => FieldValue.FromBoolean(boolean),
        YamlScalar { AsNumber: not null } numeric => FieldValue.FromNumber(numeric.Value),
        YamlScalar scalar => FieldValue.FromText(number is null ? scalar.Value : scalar.Value.Replace("{n}", number, StringComparison.Ordinal)),
        _ => throw new ArgumentOutOfRangeException(nameof(node)),
    };

    private EventTestCase? Event(YamlMapping map, string? name, string? rule)
    {
        bool? match = Match(map, "'match' is true or false. Say whether the rule must match the event.");
        if (map["event"] is YamlMapping fields)
        {
            return name is null || match is null ? null : new EventTestCase(name, ValueOf(fields).Properties, match.Value, rule, map.Position.Line, map.Position.Column);
        }

        Report(map["event"] ?? map, "'event' is a map of field names to values. Write the event's fields.");
        return null;
    }

    private StreamTestCase? Stream(YamlMapping map, string? name, string? rule)
    {
        var reader = new StreamCaseReader(this);
        ImmutableArray<StreamEvent>? events = reader.Events(map);
        ExpectedDetections? expected = Expected(map, reader);
        return name is null || events is null || expected is null
            ? null
            : new StreamTestCase(name, events.Value, expected, rule, map.Position.Line, map.Position.Column);
    }

    private ExpectedDetections? Expected(YamlMapping map, StreamCaseReader reader)
    {
        if (map["detections"] is { } detections)
        {
            if (map["match"] is { } both)
            {
                Report(both, "'detections' says more than 'match'. Keep one of them.");
                return null;
            }

            return reader.Detections(detections);
        }

        bool? match = Match(map, "Neither 'match' nor 'detections' says what must be detected. Write 'match: false' where nothing must be, or 'detections' with their number or a list of them.");
        return match is null ? null : new ExpectedDetections(match.Value ? null : 0, []);
    }

    private bool? Match(YamlMapping map, string otherwise)
    {
        bool? match = (map["match"] as YamlScalar)?.AsBoolean;
        if (match is null)
        {
            Report(map["match"] ?? map, otherwise);
        }

        return match;
    }

    private string? Text(YamlMapping map, string key, bool isRequired)
    {
        if (map[key] is YamlScalar { IsNull: false, Value.Length: > 0 } scalar)
        {
            return scalar.Value;
        }

        if (isRequired || map[key] is not null)
        {
            Report(map[key] ?? map, $"'{key}' is a text. Write it behind the colon.");
        }

        return null;
    }
}
