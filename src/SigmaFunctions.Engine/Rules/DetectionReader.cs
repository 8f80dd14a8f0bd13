using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>
/// Reads the part of a rule or filter that has search identifiers and a condition. What could not be read was reported; the rest
/// is still compiled, so that everything wrong with a document is reported at once.
/// </summary>
internal static class DetectionReader
{
    /// <param name="section">The map.</param>
    /// <param name="otherKeys">Keys that are no search identifiers.</param>
    /// <param name="sink">Where faults are reported.</param>
    public static DetectionSyntax Read(YamlMapping section, ImmutableArray<string> otherKeys, DiagnosticSink sink)
    {
        ImmutableArray<SearchIdentifier>.Builder identifiers = ImmutableArray.CreateBuilder<SearchIdentifier>();
        foreach ((YamlScalar? key, YamlNode? value) in section.Entries)
        {
            if (key.Value != "condition" && !otherKeys.Contains(key.Value))
            {
                identifiers.Add(new SearchIdentifier(key.Value, key.Position, new SearchReader(sink).Read(key, value)));
            }
        }

        return new DetectionSyntax(identifiers.ToImmutable(), ReadCondition(section, sink));
    }

    private static ConditionSyntax? ReadCondition(YamlMapping section, DiagnosticSink sink)
    {
        IReadOnlyList<YamlNode> conditions = section["condition"] switch
        {
            YamlSequence list => list.Items,
            YamlScalar { Value.Length: > 0 } scalar => [scalar],
            _ => [],
        };
        if (conditions.Count == 0)
        {
            sink.Report(DiagnosticCode.MissingCondition, section.Position, "There is no condition. Add a 'condition' over the search identifiers.");
            return null;
        }

        var parsed = new List<ConditionSyntax?>();
        foreach (YamlNode condition in conditions)
        {
            if (condition is YamlScalar scalar)
            {
                parsed.Add(ConditionParser.Parse(scalar, sink));
            }
            else
            {
                sink.Report(DiagnosticCode.ConditionSyntax, condition.Position, "A condition is text. Write it in one line.");
                parsed.Add(null);
            }
        }

        if (parsed.Contains(null))
        {
            return null;
        }

        return parsed is [{ } only] ? only : new OrCondition([.. parsed.OfType<ConditionSyntax>()]);
    }
}
