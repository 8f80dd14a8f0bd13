using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Catalog.Building;

/// <summary>A rule, correlation or filter as its file has it.</summary>
/// <param name="Yaml">Its document, without blank lines around it; the whole file where the documents of a collection go together.</param>
/// <param name="Condition">Its condition; alternatives of a list stand on lines of their own.</param>
/// <param name="Identifiers">The YAML of each search identifier, without indentation and without what comments follow it.</param>
internal sealed record RuleText(string Yaml, string Condition, ImmutableDictionary<string, string> Identifiers)
{
    private static readonly RuleText Unknown = new("", "", ImmutableDictionary<string, string>.Empty);

    /// <summary>The texts of a file's documents, by the line on which each starts.</summary>
    public static Dictionary<int, RuleText> Read(RuleFile file)
    {
        string[] lines = file.Text.ReplaceLineEndings("\n").Split('\n');
        List<(int First, int End)> ranges = DocumentsOf(lines);
        bool isCollection = lines.Any(line => line.StartsWith("action:", StringComparison.Ordinal));
        var texts = new Dictionary<int, RuleText>();
        foreach ((YamlMapping? root, DiagnosticSink _) in RuleCollection.Resolve(YamlDocumentReader.Read(file)))
        {
            if (root is null)
            {
                continue;
            }

            (int first, int end) = ranges.LastOrDefault(range => range.First < root.Position.Line, (First: 0, End: lines.Length));
            string yaml = isCollection ? Trim(lines, 0, lines.Length) : Trim(lines, first, end);
            texts.TryAdd(root.Position.Line, (root["detection"] ?? root["filter"]) is YamlMapping detection
                ? new RuleText(yaml, ConditionOf(detection), IdentifiersOf(root, detection, lines, ranges))
                : Unknown with { Yaml = yaml });
        }

        return texts;
    }

    /// <summary>The lines of each document as [first, end), from 0, without the line that separates it from the one before.</summary>
    private static List<(int First, int End)> DocumentsOf(string[] lines)
    {
        var ranges = new List<(int First, int End)>();
        int first = 0;
        for (int i = 0; i <= lines.Length; i++)
        {
            if (i == lines.Length || lines[i] is "---" or "..." || lines[i].StartsWith("--- ", StringComparison.Ordinal))
            {
                ranges.Add((first, i));
                first = i + 1;
            }
        }

        return ranges;
    }

    private static string ConditionOf(YamlMapping detection) => detection["condition"] switch
    {
        YamlScalar scalar => scalar.Value.Trim(),
        YamlSequence list => string.Join('\n', list.Items.OfType<YamlScalar>().Select(item => item.Value.Trim())),
        _ => "",
    };

    private static ImmutableDictionary<string, string> IdentifiersOf(
        YamlMapping root, YamlMapping detection, string[] lines, List<(int First, int End)> ranges)
    {
        int[] starts = [.. root.Entries.Concat(detection.Entries).Select(entry => entry.Key.Position.Line).Distinct().Order()];
        ImmutableDictionary<string, string>.Builder texts = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (YamlEntry entry in detection.Entries.Where(entry => entry.Key.Value is not ("condition" or "timeframe" or "rules")))
        {
            int line = entry.Key.Position.Line;
            int end = ranges.FirstOrDefault(range => range.End >= line, (First: 0, End: lines.Length)).End;
            int next = starts.FirstOrDefault(start => start > line, int.MaxValue) - 1;
            texts[entry.Key.Value] = Dedent(lines.AsSpan((line - 1)..Math.Max(Math.Min(end, next), line)), entry.Key.Position.Column - 1);
        }

        return texts.ToImmutable();
    }

    private static string Dedent(ReadOnlySpan<string> lines, int columns)
    {
        int count = lines.Length;
        while (count > 1 && IsBlankOrComment(lines[count - 1]))
        {
            count--;
        }

        var text = new System.Text.StringBuilder();
        for (int i = 0; i < count; i++)
        {
            int indentation = lines[i].Length - lines[i].AsSpan().TrimStart(' ').Length;
            text.Append(i == 0 ? "" : "\n").Append(lines[i].AsSpan(Math.Min(indentation, columns)).TrimEnd());
        }

        return text.ToString();
    }

    private static bool IsBlankOrComment(string line) => line.AsSpan().TrimStart() is [] or ['#', ..];

    private static string Trim(string[] lines, int first, int end)
    {
        while (first < end && string.IsNullOrWhiteSpace(lines[first]))
        {
            first++;
        }

        while (end > first && string.IsNullOrWhiteSpace(lines[end - 1]))
        {
            end--;
        }

        return string.Join('\n', lines[first..end]);
    }
}
