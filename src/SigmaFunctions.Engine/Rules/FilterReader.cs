using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>A filter as it is written; <paramref name="Filter"/> is null where it could not be read.</summary>
internal sealed record FilterSyntax(SigmaFilter? Filter, DetectionSyntax Detection, YamlMapping Root, DiagnosticSink Diagnostics);

/// <summary>Reads a YAML document as a filter and reports everything that is wrong with its shape.</summary>
internal static class FilterReader
{
    public static FilterSyntax Read(YamlMapping root, DiagnosticSink sink)
    {
        var attributes = new AttributeReader(root, sink);
        string? title = RuleReader.ReadTitle(attributes, sink);
        string id = RuleReader.ReadId(attributes, sink);
        LogSource? logSource = LogSourceReader.Read(attributes, sink);
        if (root["filter"] is not YamlMapping section)
        {
            sink.Report(DiagnosticCode.InvalidFilter, root["filter"]!.Position, "'filter' is a map with 'rules', search identifiers and a 'condition'. Write them below it.");
            return new FilterSyntax(null, new DetectionSyntax([], null), root, sink);
        }

        ImmutableArray<string> rules = new AttributeReader(section, sink).List("rules");
        if (rules.Length == 0)
        {
            YamlScalar? near = section["rules"] is null ? section.Entries.Select(entry => entry.Key).FirstOrDefault(key => Spelling.Near(["rules"], key.Value).Count > 0) : null;
            sink.Report(
                DiagnosticCode.InvalidFilter,
                near?.Position ?? section.Position,
                $"The filter names no rules.{(near is null ? "" : $" Did you mean 'rules' by '{Shortened.Of(near.Value)}'?")} Give 'rules' a list of ids or names, or 'any'.");
        }

        SigmaFilter? filter = title is null || logSource is null ? null : new SigmaFilter
        {
            Id = id,
            Title = title,
            Name = attributes.Note("name"),
            Description = attributes.Note("description"),
            LogSource = logSource,
            Rules = rules is ["any"] ? [] : rules,
            File = sink.File,
            Line = root.Position.Line,
        };
        DetectionSyntax detection = DetectionReader.Read(section, ["rules"], sink);
        if (detection.Condition is not null && !HasNot(detection.Condition))
        {
            sink.Report(
                DiagnosticCode.FilterWithoutNot,
                section["condition"]?.Position ?? section.Position,
                "The condition has no 'not', so the rules would match only what this filter selects. To exclude that, write 'not' before it.");
        }

        return new FilterSyntax(filter, detection, root, sink);
    }

    private static bool HasNot(ConditionSyntax condition) => condition switch
    {
        NotCondition => true,
        AndCondition and => and.Operands.Any(HasNot),
        OrCondition or => or.Operands.Any(HasNot),
        _ => false,
    };
}
