using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Explaining;

namespace SigmaFunctions.Cli.Explaining;

/// <summary>An explanation for people: a tree, <c>✓</c> before what holds and <c>✗</c> before what does not.</summary>
internal static class ExplanationText
{
    public static void Write(Terminal terminal, int record, Explanation explanation)
    {
        string verdict = explanation.Matches ? "matches" : "does not match";
        terminal.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{TerminalText.Brief(explanation.Rule.Title)} ({explanation.Rule.Id}) {verdict} record {record}"));
        foreach (string line in Tree(explanation))
        {
            terminal.Text.WriteLine(line);
        }

        terminal.Text.WriteLine();
    }

    /// <summary>The tree alone, indented, line by line.</summary>
    public static IEnumerable<string> Tree(Explanation explanation)
    {
        if (explanation.Condition is { } condition)
        {
            return Lines(condition, depth: 1);
        }

        string seen = explanation.EventLogSources.IsEmpty
            ? "no log source that is known"
            : string.Join(" and ", explanation.EventLogSources.Select(source => TerminalText.Brief(source.ToString())));
        return [$"  ✗ log source {TerminalText.Brief(explanation.Rule.LogSource.ToString())}: the event is of {seen}"];
    }

    private static IEnumerable<string> Lines(ExplainedNode node, int depth)
    {
        string label = node.Kind switch
        {
            ExplainedKind.And => "all of",
            ExplainedKind.Or => "any of",
            ExplainedKind.Not => "not",
            ExplainedKind.Filter => "filter " + node.Text,
            _ => node.Text,
        };
        string reason = node.Reason is null ? "" : $": {TerminalText.Brief(node.Reason)}";
        string actual = node.Actual.IsEmpty ? "" : " ← " + string.Join(", ", node.Actual.Select(value => $"\"{TerminalText.Brief(value)}\""));
        yield return $"{new string(' ', depth * 2)}{(node.Holds ? '✓' : '✗')} {TerminalText.Brief(label)}{reason}{actual}";
        foreach (string line in node.Children.SelectMany(child => Lines(child, depth + 1)))
        {
            yield return line;
        }
    }
}
