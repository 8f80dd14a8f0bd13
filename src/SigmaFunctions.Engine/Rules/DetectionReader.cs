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
    private const string Condition = "condition";

    /// <param name="section">The map.</param>
    /// <param name="otherKeys">Keys that are no search identifiers.</param>
    /// <param name="sink">Where faults are reported.</param>
    public static DetectionSyntax Read(YamlMapping section, ImmutableArray<string> otherKeys, DiagnosticSink sink)
    {
        ImmutableArray<SearchIdentifier>.Builder identifiers = ImmutableArray.CreateBuilder<SearchIdentifier>();
        foreach ((YamlScalar? key, YamlNode? value) in section.Entries)
        {
            if (key.Value != Condition && !otherKeys.Contains(key.Value))
            {
                identifiers.Add(new SearchIdentifier(key.Value, key.Position, new SearchReader(sink).Read(key, value)));
            }
        }

        return new DetectionSyntax(identifiers.ToImmutable(), ReadCondition(section, sink));
    }

    private static void ReportMissing(YamlMapping section, DiagnosticSink sink)
    {
        YamlScalar? near = section.Entries.Select(entry => entry.Key).FirstOrDefault(key => Spelling.Near([Condition], key.Value).Count > 0);
        sink.Report(
            DiagnosticCode.MissingCondition,
            near?.Position ?? section.Position,
            near is null ? "There is no condition. Add a 'condition' over the search identifiers."
                : near.Value == Condition ? "The condition is empty. Name search identifiers in it."
                : $"There is no condition, and '{Shortened.Of(near.Value)}' is read as a search identifier. Write 'condition'.");
    }

    private static ConditionSyntax? ReadCondition(YamlMapping section, DiagnosticSink sink)
    {
        IReadOnlyList<YamlNode> conditions = section[Condition] switch
        {
            YamlSequence list => list.Items,
            YamlScalar { Value.Length: > 0 } scalar => [scalar],
            _ => [],
        };
        if (conditions.Count == 0)
        {
            ReportMissing(section, sink);
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
