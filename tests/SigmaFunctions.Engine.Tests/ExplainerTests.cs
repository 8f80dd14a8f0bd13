using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Explanations say what held and what did not, with the values, and agree with the verdict.</summary>
public sealed class ExplainerTests
{
    private const string Detection = """
        img:
            - Image|endswith: '\node.exe'
            - OriginalFileName: node.exe
        act:
            CommandLine|contains|all: [' -e ', net.socket]
        filter:
            User: admin
        condition: img and act and not filter
        """;

    [Fact]
    public void A_match_is_explained_predicate_by_predicate() => Assert.Equal(
        """
        + and
          + img
            + or
              + Image endswith '\node.exe' [C:\node.exe]
              - OriginalFileName equals 'node.exe' []: the field is absent
          + act
            + and
              + CommandLine contains ' -e ' [node -e net.socket]
              + CommandLine contains 'net.socket' [node -e net.socket]
          + not
            - filter
              - User equals 'admin' [bob]: the value does not satisfy it

        """,
        Write(Explain(Detection, """{"Image":"C:\\node.exe","CommandLine":"node -e net.socket","User":"bob"}""").Condition!));

    [Theory]
    [InlineData("F: a", "{}", "F equals 'a' []: the field is absent")]
    [InlineData("F: a", """{"F":null}""", "F equals 'a' []: the field is null")]
    [InlineData("F: a", """{"F":[]}""", "F equals 'a' []: the field is an empty array")]
    [InlineData("F: a", """{"F":{"x":1}}""", "F equals 'a' []: the field is an object")]
    [InlineData("F: a", """{"F":["b","c"]}""", "F equals 'a' [b, c]: the value does not satisfy it")]
    [InlineData("F|cased: a", """{"F":"A"}""", "F equals|cased 'a' [A]: the value does not satisfy it")]
    [InlineData("F|startswith: a", """{"F":"b"}""", "F startswith 'a' [b]: the value does not satisfy it")]
    [InlineData("F: 'a*b?'", """{"F":"b"}""", "F wildcard 'a*b?' [b]: the value does not satisfy it")]
    [InlineData("F: 5", """{"F":"x"}""", "F equals '5' [x]: the value does not satisfy it")]
    [InlineData("F|gte: 5", """{"F":"x"}""", "F gte '5' [x]: the value is not a number")]
    [InlineData("F|hour|lt: 5", """{"F":"x"}""", "F hour|lt '5' [x]: the value is not a timestamp with that part")]
    [InlineData("F|cidr: 10.0.0.0/8", """{"F":"x"}""", "F cidr '10.0.0.0/8' [x]: the value does not satisfy it")]
    [InlineData("F|re|i: a.b", """{"F":"x"}""", "F re|i 'a.b' [x]: the value does not satisfy it")]
    [InlineData("F|fieldref|contains: G", """{"F":"x"}""", "F fieldref|contains 'G' [x]: the field G is absent")]
    [InlineData("F: null", """{"F":"x"}""", "F equals 'null' [x]: the field has a value")]
    [InlineData("F|exists: false", """{"F":"x"}""", "F exists 'false' [x]: the field is present")]
    [InlineData("F|exists: true", "{}", "F exists 'true' []: the field is absent")]
    [InlineData("'|contains': a", """{"F":"x"}""", "any value contains 'a' []: no value of the event satisfies it")]
    public void A_predicate_that_does_not_hold_says_why(string selection, string json, string expected)
    {
        Explanation explanation = Explain($"selection:\n    {selection}\ncondition: selection", json);
        Assert.False(explanation.Matches);
        Assert.Equal("- " + expected, Write(explanation.Condition!).Split('\n')[1].Trim());
    }

    [Fact]
    public void Another_log_source_is_a_reason_too()
    {
        RuleSet ruleSet = RuleText.Load(RuleText.WithSelection("F: a"));
        var linux = new LogSource("process_creation", "linux");
        Explanation explanation = Explainer.Explain(ruleSet, ruleSet.Rules[0].Id, EventText.Parse("""{"F":"a"}""", linux))!;
        Assert.Equal((false, null), (explanation.Matches, explanation.Condition));
        Assert.Equal([linux], explanation.EventLogSources);
    }

    [Fact]
    public void A_filter_is_part_of_the_explanation()
    {
        const string Filter = """

            ---
            title: Known admin
            id: 99999999-9999-4999-8999-999999999999
            logsource: {category: process_creation}
            filter: {rules: any, selection: {User: admin}, condition: not selection}
            """;
        RuleSet ruleSet = RuleText.Load(RuleText.WithSelection("F: a") + Filter);
        Explanation explanation = Explainer.Explain(ruleSet, ruleSet.Rules[0].Id, EventText.Parse("""{"F":"a","User":"admin"}"""))!;
        Assert.False(explanation.Matches);
        Assert.Equal(
            [(ExplainedKind.Identifier, "selection", true), (ExplainedKind.Filter, "Known admin", false)],
            explanation.Condition!.Children.Select(child => (child.Kind, child.Text, child.Holds)));
    }

    [Fact]
    public void A_rule_that_is_not_in_the_set_is_not_explained() =>
        Assert.Null(Explainer.Explain(RuleText.Load(""), "x", EventText.Parse("{}")));

    private static Explanation Explain(string detection, string json)
    {
        RuleSet ruleSet = RuleText.Load(RuleText.WithDetection(detection));
        return Explainer.Explain(ruleSet, ruleSet.Rules.Single().Id, EventText.Parse(json))!;
    }

    private static string Write(ExplainedNode node)
    {
        var text = new StringBuilder();
        Append(node, 0);
        return text.ToString();

        void Append(ExplainedNode node, int depth)
        {
            string label = node.Kind is ExplainedKind.And or ExplainedKind.Or or ExplainedKind.Not ? node.Kind.ToString().ToLowerInvariant() : node.Text;
            text.Append(' ', depth * 2).Append(node.Holds ? '+' : '-').Append(' ').Append(label);
            if (node.Kind == ExplainedKind.Predicate)
            {
                text.Append(" [").AppendJoin(", ", node.Actual).Append(']').Append(node.Reason is null ? "" : ": " + node.Reason);
            }

            text.Append('\n');
            foreach (ExplainedNode child in node.Children)
            {
                Append(child, depth + 1);
            }
        }
    }
}
