using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Explaining;

namespace SigmaFunctions.Cli.Explaining;

/// <summary>
/// An explanation as JSON: <c>{"record":0,"rule":"…","title":"…","matches":true,"logSources":["…"],"condition":node}</c>,
/// a node being <c>{"kind":"and|or|not|identifier|filter|predicate","text":"…","holds":true,"actual":[…],"reason":"…","children":[…]}</c>
/// without what is empty; <c>condition</c> is null if the event is of no log source that the rule sees.
/// </summary>
internal static class ExplanationJson
{
    public static void Write(Utf8JsonWriter writer, int record, Explanation explanation)
    {
        writer.WriteStartObject();
        writer.WriteNumber("record", record);
        writer.WriteString("rule", explanation.Rule.Id);
        writer.WriteString("title", explanation.Rule.Title);
        writer.WriteBoolean("matches", explanation.Matches);
        writer.WriteTexts("logSources", explanation.EventLogSources.Select(source => source.ToString()));
        writer.WritePropertyName("condition");
        if (explanation.Condition is { } condition)
        {
            Write(writer, condition);
        }
        else
        {
            writer.WriteNullValue();
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ExplainedNode node)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", node.Kind.ToString().ToLowerInvariant());
        if (node.Text.Length > 0)
        {
            writer.WriteString("text", node.Text);
        }

        writer.WriteBoolean("holds", node.Holds);
        if (!node.Actual.IsEmpty)
        {
            writer.WriteTexts("actual", node.Actual);
        }

        if (node.Reason is not null)
        {
            writer.WriteString("reason", node.Reason);
        }

        if (!node.Children.IsEmpty)
        {
            writer.WriteStartArray("children");
            foreach (ExplainedNode child in node.Children)
            {
                Write(writer, child);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
