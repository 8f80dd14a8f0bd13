using System.Globalization;
using System.Text;
using SigmaFunctions.Engine.Explaining;

namespace SigmaFunctions.Cli.Explaining;

/// <summary>An explanation for people: a tree, <c>✓</c> before what holds and <c>✗</c> before what does not.</summary>
internal static class ExplanationText
{
    public static string Write(int record, Explanation explanation)
    {
        var text = new StringBuilder();
        string verdict = explanation.Matches ? "matches" : "does not match";
        text.Append(CultureInfo.InvariantCulture, $"{PrintableText.Of(explanation.Rule.Title)} ({explanation.Rule.Id}) {verdict} record {record}\n");
        return text.Append(Tree(explanation)).Append('\n').ToString();
    }

    /// <summary>The tree alone, indented.</summary>
    public static string Tree(Explanation explanation)
    {
        var text = new StringBuilder();
        if (explanation.Condition is { } condition)
        {
            Append(text, condition, depth: 1);
        }
        else
        {
            string seen = explanation.EventLogSources.IsEmpty ? "no log source that is known" : string.Join(" and ", explanation.EventLogSources.Select(source => PrintableText.Of(source.ToString())));
            text.Append(CultureInfo.InvariantCulture, $"  ✗ log source {PrintableText.Of(explanation.Rule.LogSource.ToString())}: the event is of {seen}\n");
        }

        return text.ToString();
    }

    private static void Append(StringBuilder into, ExplainedNode node, int depth)
    {
        string label = node.Kind switch
        {
            ExplainedKind.And => "all of",
            ExplainedKind.Or => "any of",
            ExplainedKind.Not => "not",
            ExplainedKind.Filter => "filter " + node.Text,
            _ => node.Text,
        };
        into.Append(' ', depth * 2).Append(node.Holds ? '✓' : '✗').Append(' ').Append(PrintableText.Of(label));
        if (node.Reason is not null)
        {
            into.Append(": ").Append(PrintableText.Of(node.Reason));
        }

        if (!node.Actual.IsEmpty)
        {
            into.Append(" ← ").AppendJoin(", ", node.Actual.Select(value => '"' + PrintableText.Of(value) + '"'));
        }

        into.Append('\n');
        foreach (ExplainedNode child in node.Children)
        {
            Append(into, child, depth + 1);
        }
    }
}
