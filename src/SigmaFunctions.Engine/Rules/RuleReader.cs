using System.Collections.Frozen;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>Reads a YAML document as a rule and reports everything that is wrong with its shape.</summary>
internal sealed class RuleReader
{
    /// <summary>The levels of the specification.</summary>
    public static readonly FrozenSet<string> Levels = FrozenSet.ToFrozenSet(RuleLevels.Names, StringComparer.Ordinal);

    public static readonly FrozenSet<string> Statuses =
        FrozenSet.ToFrozenSet(["stable", "test", "experimental", "deprecated", "unsupported"], StringComparer.Ordinal);

    private static readonly FrozenSet<string> KnownAttributes = FrozenSet.ToFrozenSet(
        [
            "title", "id", "name", "related", "status", "description", "license", "author", "references", "date", "modified",
            "fields", "falsepositives", "level", "tags", "scope", "taxonomy", "logsource", "detection",
        ],
        StringComparer.Ordinal);

    private readonly AttributeReader _attributes;
    private readonly DiagnosticSink _sink;

    private RuleReader(YamlMapping root, DiagnosticSink sink)
    {
        _attributes = new AttributeReader(root, sink);
        _sink = sink;
    }

    private YamlMapping Root => _attributes.Map;

    /// <summary>The rule, as far as it can be read.</summary>
    public static RuleSyntax Read(YamlMapping root, DiagnosticSink sink)
    {
        var reader = new RuleReader(root, sink);
        return new RuleSyntax(reader.ReadMetadata(), reader.ReadDetection(), sink);
    }

    /// <summary>The title, or null after reporting that there is none.</summary>
    public static string? ReadTitle(AttributeReader attributes, DiagnosticSink sink)
    {
        string? title = attributes.Text("title");
        if (!string.IsNullOrWhiteSpace(title))
        {
            return title;
        }

        if (attributes.Map["title"] is null or YamlScalar)
        {
            sink.Report(DiagnosticCode.MissingTitle, attributes.PositionOf("title"), "There is no title. Add a 'title' of a few words.");
        }

        return null;
    }

    /// <summary>The id, or one made from the content.</summary>
    public static string ReadId(AttributeReader attributes, DiagnosticSink sink)
    {
        string? id = attributes.Text("id");
        if (string.IsNullOrEmpty(id))
        {
            string made = ContentId.Of(attributes.Map);
            sink.Report(DiagnosticCode.MissingId, attributes.Map.Position, $"There is no id; '{made}' was made from the content. Add an 'id' (a random UUID).");
            return made;
        }

        if (!RuleIdComparer.IsUuid(id))
        {
            sink.Report(DiagnosticCode.InvalidId, attributes.PositionOf("id"), $"The id '{Shortened.Of(id)}' is not a UUID. Use a random UUID such as {ContentId.Of(attributes.Map)}.");
        }

        return id;
    }

    private SigmaRule? ReadMetadata()
    {
        string? title = ReadTitle(_attributes, _sink);
        string id = ReadId(_attributes, _sink);
        LogSource? logSource = LogSourceReader.Read(_attributes, _sink);
        string? level = Known("level", Levels, DiagnosticCode.UnknownLevel);
        string? status = Known("status", Statuses, DiagnosticCode.UnknownStatus);
        var rule = new SigmaRule
        {
            Id = id,
            Title = title ?? "",
            Name = _attributes.Note("name"),
            Level = level,
            Status = status,
            Description = _attributes.Note("description"),
            Author = _attributes.Note("author"),
            License = _attributes.Note("license"),
            Date = _attributes.Note("date"),
            Modified = _attributes.Note("modified"),
            Taxonomy = _attributes.Note("taxonomy"),
            LogSource = logSource ?? new Events.LogSource(),
            Tags = _attributes.Notes("tags"),
            References = _attributes.Notes("references"),
            Fields = _attributes.Notes("fields"),
            FalsePositives = _attributes.Notes("falsepositives"),
            Scope = _attributes.Notes("scope"),
            Related = ReadRelated(),
            CustomAttributes = ReadCustomAttributes(),
            File = _sink.File,
            Line = Root.Position.Line,
        };
        return title is null || logSource is null ? null : rule;
    }

    private DetectionSyntax ReadDetection()
    {
        if (Root["detection"] is not YamlMapping detection)
        {
            _sink.Report(
                DiagnosticCode.MissingDetection,
                _attributes.PositionOf("detection"),
                Root["detection"] is null ? "The rule has no detection. Add a 'detection' map with search identifiers and a condition."
                    : "'detection' holds nothing, or no map. Write search identifiers and a condition below it, indented.");
            return new DetectionSyntax([], null);
        }

        if (detection["condition"] is null && Root["condition"] is { } outside)
        {
            _sink.Report(DiagnosticCode.MissingCondition, outside.Position, "The condition stands beside 'detection' and not in it. Indent it like the search identifiers.");
            return new DetectionSyntax([], null);
        }

        DetectionSyntax syntax = DetectionReader.Read(detection, ["timeframe"], _sink);
        if (syntax.Condition is not null && detection["timeframe"] is { } timeframe)
        {
            _sink.Report(
                DiagnosticCode.TimeframeWithoutAggregation, timeframe.Position, "'timeframe' means nothing without an aggregation: the rule matches each event by itself. Remove it.");
        }

        return syntax;
    }

    private ImmutableArray<RelatedRule> ReadRelated()
    {
        if (Root["related"] is not { } node || node is YamlScalar { IsNull: true })
        {
            return [];
        }

        ImmutableArray<RelatedRule>.Builder related = ImmutableArray.CreateBuilder<RelatedRule>();
        foreach (YamlNode item in (node as YamlSequence)?.Items ?? [node])
        {
            AttributeReader? attributes = item is YamlMapping map ? new AttributeReader(map, _sink) : null;
            if (attributes?.Note("id") is { } id && attributes.Note("type") is { } type)
            {
                related.Add(new RelatedRule(id, type));
            }
            else
            {
                _attributes.Doubt(item.Position, "Each entry of 'related' is a map with 'id' and 'type'. Write both.");
            }
        }

        return related.ToImmutable();
    }

    private ImmutableSortedDictionary<string, string> ReadCustomAttributes()
    {
        ImmutableSortedDictionary<string, string> custom = SigmaRule.NoCustomAttributes;
        foreach ((YamlScalar? key, YamlNode? value) in Root.Entries)
        {
            if (!KnownAttributes.Contains(key.Value))
            {
                custom = custom.Add(key.Value, YamlText.Write(value));
            }
        }

        return custom;
    }

    private string? Known(string key, FrozenSet<string> values, DiagnosticCode code)
    {
        string? text = _attributes.Note(key);
        if (text is not null && !values.Contains(text))
        {
            _sink.Report(code, _attributes.PositionOf(key), values.Contains(text.ToLowerInvariant())
                ? $"The {key} '{text}' is unknown as it is written. Write '{text.ToLowerInvariant()}'."
                : $"The {key} '{Shortened.Of(text)}' is unknown.{Spelling.DidYouMean(values, text)} There are {string.Join(", ", values.Order(StringComparer.Ordinal))}.");
        }

        return text;
    }
}
