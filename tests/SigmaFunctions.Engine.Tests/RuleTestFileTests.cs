using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Engine.Tests;

public sealed class RuleTestFileTests
{
    private const string Good = "tests:\n  - {name: n, event: {A: 1}, match: true}\n";

    [Fact]
    public void Cases_are_read_with_their_places()
    {
        RuleTestFile file = Parse("""
            tests:
                - name: first
                  event: {A: x}
                  match: true
                - name: second
                  rule: 11111111-1111-4111-8111-111111111111
                  event: {}
                  match: false
            """);

        Assert.Empty(file.Diagnostics);
        Assert.Equal(
            [("first", true, null, 2, 7), ("second", false, "11111111-1111-4111-8111-111111111111", 5, 7)],
            file.Cases.Select(test => (test.Name, test.Match, test.Rule, test.Line, test.Column)));
    }

    [Theory]
    [InlineData("text", FieldValueKind.Text, "text")]
    [InlineData("'12'", FieldValueKind.Text, "12")]
    [InlineData("12", FieldValueKind.Number, "12")]
    [InlineData("-1.50", FieldValueKind.Number, "-1.50")]
    [InlineData("007", FieldValueKind.Text, "007")]
    [InlineData("1e3", FieldValueKind.Text, "1e3")]
    [InlineData("true", FieldValueKind.Boolean, "true")]
    [InlineData("False", FieldValueKind.Boolean, "false")]
    [InlineData("'true'", FieldValueKind.Text, "true")]
    [InlineData("", FieldValueKind.Null, "")]
    [InlineData("null", FieldValueKind.Null, "")]
    [InlineData("~", FieldValueKind.Null, "")]
    [InlineData("''", FieldValueKind.Text, "")]
    [InlineData("[a, 1]", FieldValueKind.Array, "")]
    [InlineData("{b: c}", FieldValueKind.Object, "")]
    public void A_value_is(string yaml, FieldValueKind kind, string text)
    {
        FieldValue value = Assert.Single(Parse($"tests:\n  - name: n\n    match: true\n    event:\n      A: {yaml}\n").Cases).Fields["A"];

        Assert.Equal((kind, text), (value.Kind, value.Text));
    }

    [Theory]
    [InlineData("", "t.test.yml(1,1): error SF0801: ")]
    [InlineData("- a", "t.test.yml(1,1): error SF0801: A test file is a map")]
    [InlineData("tests: []", "t.test.yml(1,8): error SF0801: 'tests' is a list of cases")]
    [InlineData("cases: []", "t.test.yml(1,1): error SF0801: The key 'cases' is unknown")]
    [InlineData("tests:\n  - a", "t.test.yml(2,5): error SF0801: A case is a map")]
    [InlineData("tests:\n  - {name: n, event: {}, match: yes}", "t.test.yml(2,33): error SF0801: 'match' is true or false")]
    [InlineData("tests:\n  - {name: n, event: {}}", "t.test.yml(2,5): error SF0801: 'match' is true or false")]
    [InlineData("tests:\n  - {name: n, event: x, match: true}", "t.test.yml(2,22): error SF0801: 'event' is a map")]
    [InlineData("tests:\n  - {event: {}, match: true}", "t.test.yml(2,5): error SF0801: 'name' is a text")]
    [InlineData("tests:\n  - {name: n, event: {}, match: true, rule: [a]}", "t.test.yml(2,45): error SF0801: 'rule' is a text")]
    [InlineData("tests:\n  - {name: n, event: {}, match: true, also: 1}", "t.test.yml(2,39): error SF0801: The key 'also' is unknown")]
    [InlineData("tests:\n  - {name: n, event: {A: 1, A: 2}, match: true}", "t.test.yml(2,29): error SF0002: ")]
    [InlineData(Good + "---\n" + Good, "t.test.yml(4,1): error SF0801: A test file is one document")]
    [InlineData("tests:\n  - {name: n, event: {}, match: true}\n  - {name: n, event: {}, match: true}", "t.test.yml(3,12): error SF0801: Another case")]
    [InlineData("tests: [", "t.test.yml(2,1): error SF0001: ")]
    public void What_is_wrong_is_told_with_its_place(string text, string expected) =>
        Assert.Contains(Parse(text).Diagnostics, diagnostic => diagnostic.ToString().StartsWith(expected, StringComparison.Ordinal));

    [Fact]
    public void What_is_wrong_with_one_case_does_not_stop_the_others() =>
        Assert.Equal(["good"], Parse("tests:\n  - {name: bad, event: {}}\n  - {name: good, event: {}, match: true}").Cases.Select(test => test.Name));

    private static RuleTestFile Parse(string text) => RuleTestFile.Parse(new RuleFile("t.test.yml", text));
}
