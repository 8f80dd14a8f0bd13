using System.Collections.Frozen;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Rules.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>Reads a YAML document as a rule and reports everything that is wrong with its shape.</summary>
internal sealed class RuleReader
{
    private static readonly FrozenSet<string> Levels =
        FrozenSet.ToFrozenSet(["informational", "low", "medium", "high", "critical"], StringComparer.Ordinal);

    private static readonly FrozenSet<string> Statuses =
        FrozenSet.ToFrozenSet(["stable", "test", "experimental", "deprecated", "unsupported"], StringComparer.Ordinal);

    private static readonly FrozenSet<string> KnownAttributes = FrozenSet.ToFrozenSet(
        [
            "title", "id", "name", "related", "status", "description", "license", "author", "references", "date", "modified",
            "fields", "falsepositives", "level", "tags", "scope", "taxonomy", "logsource", "detection",
        ],
        StringComparer.Ordinal);

    private readonly YamlMapping _root;
    private readonly DiagnosticSink _sink;

    private RuleReader(YamlMapping root, DiagnosticSink sink)
    {
        _root = root;
        _sink = sink;
    }

    /// <summary>The rule, as far as it can be read.</summary>
    public static RuleSyntax Read(YamlMapping root, DiagnosticSink sink) => new RuleReader(root, sink).Read();

    private RuleSyntax Read()
    {
        var rule = ReadMetadata();
        var (identifiers, condition) = ReadDetection();
        return new RuleSyntax(rule, identifiers, condition, _sink);
    }

    private SigmaRule? ReadMetadata()
    {
        string? title = Text("title");
        if (string.IsNullOrWhiteSpace(title) && _root["title"] is null or YamlScalar)
            _sink.Report(DiagnosticCode.MissingTitle, PositionOf("title"), "The rule has no title. Add a 'title' of a few words.");

        var logSource = ReadLogSource();
        string? id = Text("id");
        if (string.IsNullOrEmpty(id))
        {
            id = ContentId.Of(_root);
            _sink.Report(DiagnosticCode.MissingId, _root.Position, $"The rule has no id; '{id}' was made from its content. Add an 'id' (a random UUID).");
        }
        else if (!Guid.TryParseExact(id, "D", out _))
            _sink.Report(DiagnosticCode.InvalidId, PositionOf("id"), $"The id '{Shorten(id)}' is not a UUID. Use a random UUID such as {ContentId.Of(_root)}.");

        string? level = Known("level", Levels, DiagnosticCode.UnknownLevel);
        string? status = Known("status", Statuses, DiagnosticCode.UnknownStatus);
        if (string.IsNullOrWhiteSpace(title) || logSource is null)
            return null;
        return new SigmaRule
        {
            Id = id,
            Title = title,
            Name = Text("name"),
            Level = level,
            Status = status,
            Description = Text("description"),
            Author = Text("author"),
            License = Text("license"),
            Date = Text("date"),
            Modified = Text("modified"),
            Taxonomy = Text("taxonomy"),
            LogSource = logSource,
            Tags = List("tags"),
            References = List("references"),
            Fields = List("fields"),
            FalsePositives = List("falsepositives"),
            Scope = List("scope"),
            Related = ReadRelated(),
            CustomAttributes = _root.Entries
                .Where(entry => !KnownAttributes.Contains(entry.Key.Value))
                .ToImmutableSortedDictionary(entry => entry.Key.Value, entry => YamlText.Write(entry.Value), StringComparer.Ordinal),
            File = _sink.File,
            Line = _root.Position.Line,
        };
    }

    private LogSource? ReadLogSource()
    {
        if (_root["logsource"] is not YamlMapping map)
        {
            _sink.Report(DiagnosticCode.MissingLogSource, PositionOf("logsource"), "The rule has no log source. Add a 'logsource' map with category, product or service.");
            return null;
        }

        var logSource = new LogSource(TextOf(map, "category"), TextOf(map, "product"), TextOf(map, "service"));
        if (logSource == new LogSource())
        {
            _sink.Report(DiagnosticCode.MissingLogSource, map.Position, "The log source states nothing. Give it a category, a product or a service.");
            return null;
        }

        foreach (string? part in new[] { logSource.Category, logSource.Product, logSource.Service })
            if (part is not null && part.AsSpan().ContainsAnyInRange('A', 'Z'))
                _sink.Report(DiagnosticCode.LogSourceCase, map.Position, $"'{Shorten(part)}' is compared exactly, and log sources are written in lower case. Write it so.");
        return logSource;
    }

    private (ImmutableArray<SearchIdentifier> Identifiers, ConditionSyntax? Condition) ReadDetection()
    {
        if (_root["detection"] is not YamlMapping detection)
        {
            _sink.Report(DiagnosticCode.MissingDetection, PositionOf("detection"), "The rule has no detection. Add a 'detection' map with search identifiers and a condition.");
            return ([], null);
        }

        var identifiers = ImmutableArray.CreateBuilder<SearchIdentifier>();
        foreach (var (key, value) in detection.Entries)
            if (key.Value is not ("condition" or "timeframe"))
                identifiers.Add(new SearchIdentifier(key.Value, key.Position, new SearchReader(_sink).Read(key, value)));
        if (detection["timeframe"] is { } timeframe)
            _sink.Report(DiagnosticCode.OldAggregation, timeframe.Position, "'timeframe' belongs to the old aggregation syntax. Write a correlation rule with a 'timespan' instead.");
        return (identifiers.ToImmutable(), ReadCondition(detection));
    }

    private ConditionSyntax? ReadCondition(YamlMapping detection)
    {
        IReadOnlyList<YamlNode> conditions = detection["condition"] switch
        {
            YamlSequence list => list.Items,
            YamlScalar { Value.Length: > 0 } scalar => [scalar],
            _ => [],
        };
        if (conditions.Count == 0)
        {
            _sink.Report(DiagnosticCode.MissingCondition, detection.Position, "The detection has no condition. Add a 'condition' over its search identifiers.");
            return null;
        }

        var parsed = new List<ConditionSyntax?>();
        foreach (var condition in conditions)
        {
            if (condition is YamlScalar scalar)
                parsed.Add(ConditionParser.Parse(scalar, _sink));
            else
            {
                _sink.Report(DiagnosticCode.ConditionSyntax, condition.Position, "A condition is text. Write it in one line.");
                parsed.Add(null);
            }
        }

        if (parsed.Contains(null))
            return null;
        return parsed is [{ } only] ? only : new OrCondition([.. parsed.OfType<ConditionSyntax>()]);
    }

    private ImmutableArray<RelatedRule> ReadRelated()
    {
        if (_root["related"] is not { } node)
            return [];
        var related = ImmutableArray.CreateBuilder<RelatedRule>();
        foreach (var item in (node as YamlSequence)?.Items ?? [node])
        {
            if (item is YamlMapping map && TextOf(map, "id") is { } id && TextOf(map, "type") is { } type)
                related.Add(new RelatedRule(id, type));
            else
                Invalid(item.Position, "Each entry of 'related' is a map with 'id' and 'type'. Write both.");
        }

        return related.ToImmutable();
    }

    private string? Known(string key, FrozenSet<string> values, DiagnosticCode code)
    {
        string? text = Text(key);
        if (text is not null && !values.Contains(text))
            _sink.Report(code, PositionOf(key), $"The {key} '{Shorten(text)}' is unknown. Use one of {string.Join(", ", values.Order(StringComparer.Ordinal))}.");
        return text;
    }

    private string? Text(string key) => TextOf(_root, key);

    private string? TextOf(YamlMapping map, string key)
    {
        switch (map[key])
        {
            case null or YamlScalar { IsNull: true }:
                return null;
            case YamlScalar scalar:
                return scalar.Value;
            case var other:
                Invalid(other.Position, $"'{key}' is a single text. Write it behind the colon.");
                return null;
        }
    }

    private ImmutableArray<string> List(string key)
    {
        switch (_root[key])
        {
            case null or YamlScalar { IsNull: true }:
                return [];
            case YamlScalar scalar:
                return [scalar.Value];
            case YamlSequence list:
                foreach (var item in list.Items)
                    if (item is not YamlScalar)
                        Invalid(item.Position, $"'{key}' is a list of texts. Write each behind a dash.");
                return [.. list.Items.OfType<YamlScalar>().Select(item => item.Value)];
            case var other:
                Invalid(other.Position, $"'{key}' is a list of texts. Write each behind a dash.");
                return [];
        }
    }

    private void Invalid(Position position, string message) => _sink.Report(DiagnosticCode.InvalidMetadata, position, message);

    private Position PositionOf(string key)
    {
        foreach (var entry in _root.Entries)
            if (entry.Key.Value == key)
                return entry.Key.Position;
        return _root.Position;
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
