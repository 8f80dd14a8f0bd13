using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Cli.Testing;

/// <summary>Why a correlation did not detect what is expected of a stream, for people.</summary>
internal static class StreamText
{
    /// <summary>The difference in a few words.</summary>
    public static string VerdictOf(StreamVerdict verdict, ExpectedDetections expected)
    {
        int detected = verdict.Detected.Length;
        return expected.Count switch
        {
            null => "the correlation must detect something and does not",
            0 => $"the correlation must not detect anything and has {TerminalText.Plural(detected, "detection")}",
            { } count when count != detected => $"{TerminalText.Plural(count, "detection")} expected, and there {(detected == 1 ? "is" : "are")} {(detected == 0 ? "none" : TerminalText.Number(detected))}",
            _ => "the detections are not the expected ones",
        };
    }

    /// <summary>What is missing, what was detected instead, how near other groups came, and what matched; indented, line by line.</summary>
    public static IEnumerable<string> Lines(StreamVerdict verdict)
    {
        SigmaCorrelation correlation = verdict.Correlation.Correlation;
        foreach (ExpectedDetection missing in verdict.Missing)
        {
            yield return Line("missing", [
                missing.Value is { } value ? $"value {value}" : null,
                missing.First is { } first ? $"first {StreamTime.TextOf(first)}" : null,
                missing.Last is { } last ? $"last {StreamTime.TextOf(last)}" : null,
                missing.Events is { } events ? TerminalText.Plural(events, "event") : null,
                .. missing.Group.Select(entry => $"{TerminalText.Brief(entry.Key)} {TerminalText.Brief(entry.Value)}")]);
        }

        foreach (StreamDetection detection in verdict.Detected)
        {
            yield return Line("detected", [
                $"value {detection.Value}",
                $"first {StreamTime.TextOf(detection.First)}",
                $"last {StreamTime.TextOf(detection.Last)}",
                TerminalText.Plural(detection.Events, "event"),
                .. correlation.GroupBy.Zip(detection.Group, Part)]);
        }

        foreach (ReachedValue reached in verdict.Reached)
        {
            yield return Line("reached", [$"value {reached.Value} at {StreamTime.TextOf(reached.Last)}; it needs {ConditionOf(correlation)}", .. correlation.GroupBy.Zip(reached.Group, Part)]);
        }

        foreach (MatchedRule matched in verdict.Matches)
        {
            yield return Line("matched", [$"{TerminalText.Brief(matched.Rule)} by {TerminalText.Plural(matched.Events, "event")}"]);
        }

        foreach (LackingField lacking in verdict.Lacking)
        {
            yield return Line("left out", [$"{TerminalText.Plural(lacking.Events, "event")} of {TerminalText.Brief(lacking.Rule)} without {TerminalText.Brief(lacking.Field)}"]);
        }
    }

    private static string ConditionOf(SigmaCorrelation correlation) =>
        correlation.Condition is { } expression ? TerminalText.Brief(expression)
        : correlation.Bounds.IsEmpty ? $"all {TerminalText.Number(correlation.Rules.Length)} rules"
        : string.Join(" and ", correlation.Bounds.Select(bound => $"{bound.OperatorName} {bound.ValueText}"));

    private static string Part(string name, string text) => $"{TerminalText.Brief(name)} {TerminalText.Brief(text)}";

    private static string Line(string label, IEnumerable<string?> parts) => $"  {label,-8}  {string.Join(", ", parts.OfType<string>())}";
}
