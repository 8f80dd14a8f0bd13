using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>What each construct of the rule language means; the cases are in the files under <c>Cases/</c>.</summary>
public sealed class SemanticsTests
{
    private static readonly PlaceholderSet Placeholders = new(
    [
        new("admins", ["root", "adm*n"]),
        new("net", ["10.0.0.0/8", "fe80::/10"]),
        new("one", ["a.c"]),
        new("a_b-c.d", ["x"]),
    ]);

    public static TheoryData<int, string, string, string, string> Items => CaseFile.Read("items.cases");

    public static TheoryData<int, string, string, string, string> Conditions => CaseFile.Read("conditions.cases");

    [Theory]
    [MemberData(nameof(Items))]
    public void Item(int line, string group, string selection, string arrow, string expected) =>
        Check($"items.cases({line}) {group}", RuleText.WithSelection(selection), arrow, expected);

    /// <summary>Left is a condition over the identifiers a, b, c, d, _e, a_1 and a_2; right names those that hold.</summary>
    [Theory]
    [MemberData(nameof(Conditions))]
    public void Condition(int line, string group, string condition, string arrow, string expected)
    {
        string[] names = ["a", "b", "c", "d", "_e", "a_1", "a_2"];
        string detection = string.Join('\n', names.Select(name => $"{name}:\n    Holds: '{name}'")) + $"\ncondition: {condition}";
        string right = arrow is "=>" or "=/>"
            ? "{\"Holds\":[" + string.Join(',', expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(name => name != "-").Select(name => $"\"{name}\"")) + "]}"
            : expected;
        Check($"conditions.cases({line}) {group}", RuleText.WithDetection(detection), arrow, right);
    }

    /// <summary>A text, or a regular expression, is as long as its bound at most.</summary>
    [Theory]
    [InlineData("F|contains", 8_190, null)]
    [InlineData("F|contains", 8_193, "SF0003")]
    [InlineData("F", 8_192, null)]
    [InlineData("F", 8_193, "SF0003")]
    [InlineData("F|re", 8_193, null)]
    [InlineData("F|re", 16_384, null)]
    [InlineData("F|re", 16_385, "SF0206")]
    public void A_value_is_no_longer_than_its_bound(string item, int length, string? code)
    {
        string value = new('a', length);
        Check(item, RuleText.WithSelection($"{item}: {value}"), code is null ? "=>" : "!!", code ?? $$"""{"F":"{{value}}"}""");
    }

    private static void Check(string place, string rule, string arrow, string expected)
    {
        if (arrow is "=>" or "=/>")
        {
            Assert.True(RuleText.Matches(rule, expected, Placeholders) == (arrow == "=>"), $"{place}: expected {arrow} {expected} of\n{rule}");
            return;
        }

        RuleSet ruleSet = RuleText.Load(rule, Placeholders);
        DiagnosticSeverity severity = arrow == "!!" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
        Assert.True(
            ruleSet.Diagnostics.Any(diagnostic => diagnostic.Code == expected && (diagnostic.Severity == DiagnosticSeverity.Error) == (severity == DiagnosticSeverity.Error)),
            $"{place}: expected {expected}, got [{string.Join("; ", ruleSet.Diagnostics)}] of\n{rule}");
        Assert.Equal(arrow == "!!" ? 0 : 1, ruleSet.Rules.Length);
    }
}
