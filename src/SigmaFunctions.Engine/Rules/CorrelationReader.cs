using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>Reads a YAML document as a correlation rule and reports everything that is wrong with its shape.</summary>
internal sealed class CorrelationReader
{
    private static readonly FrozenSet<string> KnownKeys = FrozenSet.ToFrozenSet(
        ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"], StringComparer.Ordinal);

    // What a decimal has, whatever they are.
    private const int MaxDigits = 28;

    // The work for an event at a time with others grows with the third power of rules, for each way.
    private const int MaxOrderedRules = 64;
    private const int MaxOrderedWays = 256;

    private readonly AttributeReader _document;
    private readonly AttributeReader _section;
    private readonly DiagnosticSink _sink;
    private readonly CorrelationPlaces _places;

    private CorrelationReader(YamlMapping root, YamlMapping section, DiagnosticSink sink)
    {
        _document = new AttributeReader(root, sink);
        _section = new AttributeReader(section, sink);
        _sink = sink;
        _places = new CorrelationPlaces(section);
    }

    /// <summary>The correlation, or null after reporting why there is none.</summary>
    public static CorrelationSyntax? Read(YamlMapping root, DiagnosticSink sink)
    {
        if (root["correlation"] is YamlMapping section)
        {
            return new CorrelationReader(root, section, sink).Read();
        }

        sink.Report(DiagnosticCode.InvalidCorrelation, root["correlation"]!.Position, "'correlation' is a map with 'type', 'rules', 'timespan' and 'condition'. Write them below it.");
        return null;
    }

    private CorrelationSyntax? Read()
    {
        string? title = RuleReader.ReadTitle(_document, _sink);
        string id = RuleReader.ReadId(_document, _sink);
        CorrelationType? type = ReadType();
        (ImmutableArray<string> rules, CorrelationTerms? expression) = ReadRules(type);

        int ways = expression?.Terms.Length ?? 1;
        if (type == CorrelationType.TemporalOrdered && (rules.Length > MaxOrderedRules || rules.Length * ways > MaxOrderedWays))
        {
            Invalid("rules", rules.Length > MaxOrderedRules
                ? $"An order has at most {MaxOrderedRules} rules. Split the correlation."
                : $"The expression over {rules.Length} rules can be true in {ways} ways; in an order, rules times ways are at most {MaxOrderedWays}. Split the correlation.");
        }

        TimeSpan? timespan = ReadTimespan();
        bool generate = ReadGenerate();

        // A name that stands there twice groups as one that stands there once.
        ImmutableArray<string> groupBy = [.. _section.List("group-by").Distinct(StringComparer.Ordinal)];
        (ImmutableArray<CorrelationBound> bounds, ImmutableArray<string> fields, decimal? percentile) =
            type is null || expression is not null ? ([], [], null) : ReadCondition(type.Value);
        ImmutableArray<CorrelationAlias> aliases = ReadAliases();
        foreach ((YamlScalar? key, YamlNode _) in _section.Map.Entries)
        {
            if (!KnownKeys.Contains(key.Value))
            {
                _sink.Report(DiagnosticCode.InvalidCorrelation, key.Position, $"A correlation has no '{Shortened.Of(key.Value)}'.{Spelling.DidYouMean(KnownKeys, key.Value)} Use {string.Join(", ", KnownKeys.Order(StringComparer.Ordinal))}.");
            }
        }

        if (_sink.HasErrors || title is null || type is null || timespan is null)
        {
            return null;
        }

        var correlation = new SigmaCorrelation
        {
            Id = id,
            Title = title,
            Name = _document.Note("name"),
            Description = _document.Note("description"),
            Level = _document.Note("level"),
            Status = _document.Note("status"),
            Tags = _document.Notes("tags"),
            Author = _document.Note("author"),
            Date = _document.Note("date"),
            Modified = _document.Note("modified"),
            License = _document.Note("license"),
            References = _document.Notes("references"),
            FalsePositives = _document.Notes("falsepositives"),
            Type = type.Value,
            Rules = rules,
            GroupBy = groupBy,
            Timespan = timespan.Value,
            Bounds = bounds,
            Fields = fields,
            Percentile = percentile,
            Aliases = aliases,
            Generate = generate,
            Expression = expression,
            Condition = expression is null ? null : _section.Text("condition"),
            File = _sink.File,
            Line = _document.Map.Position.Line,
        };
        return new CorrelationSyntax(correlation, _places);
    }

    /// <summary>The rules, and the expression over them if there is one, which may name them alone.</summary>
    private (ImmutableArray<string> Rules, CorrelationTerms? Expression) ReadRules(CorrelationType? type)
    {
        ImmutableArray<string> rules = _section.List("rules");
        if (_section.Map["condition"] is not YamlScalar { IsNull: false } text || type is not (CorrelationType.Temporal or CorrelationType.TemporalOrdered))
        {
            if (rules.Length == 0)
            {
                Invalid("rules", "The correlation names no rules. Give 'rules' a list of ids or names.");
            }

            return (rules, null);
        }

        if (CorrelationExpressionReader.Parse(text, _sink) is not var (condition, identifiers))
        {
            return (rules, null);
        }

        _places.AddNames(identifiers);
        ImmutableArray<string> names = [.. identifiers.Select(identifier => identifier.Name)];
        rules = rules.IsEmpty ? names : rules;
        List<string> others = [.. rules.Except(names, RuleIdComparer.Instance).Concat(names.Except(rules, RuleIdComparer.Instance))];
        if (others.Count > 0)
        {
            _sink.Report(
                DiagnosticCode.InvalidCorrelation, text.Position, $"The expression and 'rules' do not name the same rules: '{Shortened.Of(others[0])}' is in one alone. Name it in both, or leave 'rules' out.");
            return (rules, null);
        }

        return (rules, CorrelationExpressionReader.Read(condition, rules, text.Position, _sink));
    }

    private CorrelationType? ReadType()
    {
        string? text = _section.Text("type");
        if (text is not null && CorrelationNames.Types.TryGetValue(text, out CorrelationType type))
        {
            return type;
        }

        Invalid("type", text is null ? $"The correlation needs a 'type'. Use one of {Types()}." : $"The type '{Shortened.Of(text)}' is unknown.{Spelling.DidYouMean(CorrelationNames.Types.Keys, text)} There are {Types()}.");
        return null;

        static string Types() => string.Join(", ", CorrelationNames.Types.Keys.Order(StringComparer.Ordinal));
    }

    private TimeSpan? ReadTimespan()
    {
        string text = _section.Text("timespan") ?? "";
        long seconds = text.Length < 2 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => 0 };
        if (seconds > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= 100_000)
        {
            return TimeSpan.FromSeconds(count * seconds);
        }

        Invalid("timespan", "The correlation needs a 'timespan': a number up to 100000 and s, m, h or d, such as 5m.");
        return null;
    }

    private bool ReadGenerate()
    {
        if (_section.Map["generate"] is not { } node)
        {
            return false;
        }

        if (node is YamlScalar { AsBoolean: { } value })
        {
            return value;
        }

        Invalid("generate", "'generate' takes true or false. Write one of them, without quotes.");
        return false;
    }

    private (ImmutableArray<CorrelationBound> Bounds, ImmutableArray<string> Fields, decimal? Percentile) ReadCondition(CorrelationType type)
    {
        bool isTemporal = type is CorrelationType.Temporal or CorrelationType.TemporalOrdered;
        if (_section.Map["condition"] is not YamlMapping map)
        {
            // What is wrong with an expression was reported.
            if (!isTemporal || _section.Map["condition"] is not (null or YamlScalar))
            {
                Invalid("condition", _section.Map["condition"] is YamlScalar { IsNull: false }
                    ? "An expression over rules is for temporal and temporal_ordered. This type takes a map with gt, gte, lt, lte, eq or neq and a number."
                    : "The correlation needs a 'condition': a map with gt, gte, lt, lte, eq or neq and a number.");
            }

            return ([], [], null);
        }

        var condition = new AttributeReader(map, _sink);
        ImmutableArray<CorrelationBound>.Builder bounds = ImmutableArray.CreateBuilder<CorrelationBound>();
        decimal? percentile = null;
        foreach ((YamlScalar? key, YamlNode? value) in map.Entries)
        {
            if (key.Value == "field")
            {
                continue;
            }

            if (!CorrelationNames.Operators.TryGetValue(key.Value, out CorrelationOperator correlationOperator) && key.Value != "percentile")
            {
                _sink.Report(DiagnosticCode.InvalidCorrelation, key.Position, $"'{Shortened.Of(key.Value)}' is no part of a correlation's condition. Use gt, gte, lt, lte, eq, neq, field or percentile.");
            }
            else if (value is not YamlScalar { AsNumber: not null } scalar || !decimal.TryParse(scalar.Value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
                || scalar.Value.Count(char.IsAsciiDigit) > MaxDigits)
            {
                _sink.Report(DiagnosticCode.InvalidCorrelation, value.Position, $"'{key.Value}' takes a number of at most {MaxDigits} digits, such as 5 or 1.5, without quotes.");
            }
            else if (key.Value == "percentile")
            {
                percentile = number;
            }
            else
            {
                bounds.Add(new CorrelationBound(correlationOperator, number));
            }
        }

        if (bounds.Count == 0 && !map.Entries.Any(entry => CorrelationNames.Operators.ContainsKey(entry.Key.Value)))
        {
            Invalid("condition", "The condition bounds nothing. Add gt, gte, lt, lte, eq or neq.");
        }

        ImmutableArray<string> fields = condition.List("field");
        if (fields.Length > 1 && type != CorrelationType.ValueCount)
        {
            _sink.Report(DiagnosticCode.InvalidCorrelation, _places.Of("field", fields[1]), "Numbers come from one 'field'. Name one; only value_count takes several.");
        }

        bool needsField = type is not CorrelationType.EventCount && !isTemporal;
        if (needsField != fields.Length > 0)
        {
            _sink.Report(
                DiagnosticCode.InvalidCorrelation,
                _places.Of("condition", "field"),
                needsField ? "This type of correlation needs a 'field' in its condition. Name the field whose values count." : "This type of correlation has no 'field' in its condition. Remove it.");
        }

        if (type == CorrelationType.ValuePercentile ? percentile is null or < 0 or > 100 : percentile is not null)
        {
            _sink.Report(
                DiagnosticCode.InvalidCorrelation, _places.Of("condition", "percentile"), "'percentile' is the rank of a value_percentile, from 0 to 100. Write it there and only there.");
        }

        return (bounds.ToImmutable(), fields, percentile);
    }

    private ImmutableArray<CorrelationAlias> ReadAliases()
    {
        if (_section.Map["aliases"] is not { } node)
        {
            return [];
        }

        if (node is not YamlMapping map)
        {
            Invalid("aliases", "'aliases' is a map of names, each a map of rule to field. Write it so.");
            return [];
        }

        ImmutableArray<CorrelationAlias>.Builder aliases = ImmutableArray.CreateBuilder<CorrelationAlias>();
        foreach ((YamlScalar? key, YamlNode? value) in map.Entries)
        {
            if (value is not YamlMapping fields || fields.Entries.Any(entry => entry.Value is not YamlScalar))
            {
                _sink.Report(DiagnosticCode.InvalidCorrelation, value.Position, $"The alias '{Shortened.Of(key.Value)}' is a map of rule to field. Write 'rule: field' lines.");
                continue;
            }

            aliases.Add(new CorrelationAlias(
                key.Value,
                fields.Entries.ToImmutableSortedDictionary(entry => entry.Key.Value, entry => ((YamlScalar)entry.Value).Value, StringComparer.Ordinal)));
        }

        return aliases.ToImmutable();
    }

    private void Invalid(string key, string message) => _sink.Report(DiagnosticCode.InvalidCorrelation, _section.PositionOf(key), message);
}
