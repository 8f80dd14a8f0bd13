using System.Collections.Immutable;
using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Engine.Tests;

public sealed class RuleTesterTests : IDisposable
{
    private const string First = "aaaaaaaa-0000-4000-8000-000000000001";
    private const string Second = "aaaaaaaa-0000-4000-8000-000000000002";

    private readonly string _folder = Directory.CreateTempSubdirectory("rule-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("event: {a: X}, match: true", "passed")]
    [InlineData("event: {a: y}, match: false", "passed")]
    [InlineData("event: {a: y}, match: true", "failed")]
    [InlineData("event: {a: x}, match: false", "failed")]
    [InlineData("event: {a: x}, match: true, rule: " + First, "passed")]
    [InlineData("event: {a: x}, match: true, rule: " + Second, "rules.yml has no rule " + Second)]
    public void A_case_gives(string test, string expected)
    {
        Write("rules.yml", Rule(First, "x"));
        Write("rules.test.yml", Tests(test));

        Assert.Equal([expected], Run(_folder));
    }

    [Fact]
    public void Of_several_rules_in_a_file_a_case_says_which()
    {
        Write("rules.yml", Rule(First, "x") + "---\n" + Rule(Second, "y"));
        Write("rules.test.yml", Tests($"event: {{a: y}}, match: true, rule: {Second}", "event: {a: y}, match: true"));

        Assert.Equal(["passed", "rules.yml has several rules: say which with 'rule', by its id or name"], Run(_folder));

        Write("rules.yml", (Rule(First, "x") + "---\n" + Rule(Second, "y")).Replace(Second, Second.ToUpperInvariant(), StringComparison.Ordinal));
        Assert.Equal("passed", Run(_folder)[0]);
    }

    [Theory]
    [InlineData("rules.yml", "passed")]
    [InlineData("rules.test.yml", "passed")]
    [InlineData("lone.test.yml", "there is no rule file beside the test file")]
    [InlineData("other.yaml", "passed")]
    [InlineData("broken.yml", "no rule of broken.yml was loaded")]
    public void Rule_and_test_file_find_each_other(string path, string expected)
    {
        Write("rules.yml", Rule(First, "x"));
        Write("other.yaml", Rule(Second, "x"));
        Write("broken.yml", "title: none");
        foreach (string name in (string[])["rules", "lone", "other", "broken"])
        {
            Write($"{name}.test.yml", Tests("event: {a: x}, match: true"));
        }

        Assert.Equal([expected], Run(Path.Combine(_folder, path)));
    }

    [Fact]
    public void Rules_without_a_case_are_named_and_faults_of_files_are_gathered()
    {
        Write("a.yml", Rule(First, "x"));
        Write("b.yml", Rule(Second, "x"));
        Write("b.test.yml", "tests: none");

        RuleTestReport report = RuleTester.Run(RuleTestPaths.Find([_folder]));

        Assert.Equal([First, Second], report.Untested.Select(rule => rule.Id));
        Assert.Equal(("SF0801", 1, 8), (report.Faults.Single().Code, report.Faults.Single().Line, report.Faults.Single().Column));
        Assert.False(report.Passed);
    }

    [Fact]
    public void A_failed_case_is_explained_and_a_passed_one_is_not()
    {
        Write("rules.yml", Rule(First, "x"));
        Write("rules.test.yml", Tests("event: {a: y}, match: true", "event: {a: y}, match: false"));

        ImmutableArray<RuleTestResult> results = RuleTester.Run(RuleTestPaths.Find([_folder])).Results;

        Assert.Equal([false, null], results.Select(result => result.Explanation?.Matches));
    }

    [Fact]
    public void Filters_among_the_rules_apply()
    {
        Write("rules.yml", Rule(First, "x"));
        Write("filter.yml", "title: F\nlogsource: {category: test}\nfilter: {rules: any, selection: {b: 1}, condition: not selection}\n");
        Write("rules.test.yml", Tests("event: {a: x}, match: true", "event: {a: x, b: 1}, match: false"));

        Assert.Equal(["passed", "passed"], Run(_folder));
    }

    private static string Rule(string id, string value) =>
        $"title: T\nid: {id}\nlogsource: {{category: test}}\ndetection:\n    s:\n        a: {value}\n    condition: s\n";

    private static string Tests(params string[] cases) =>
        "tests:\n" + string.Concat(cases.Select((test, index) => $"  - {{name: '{index}', {test}}}\n"));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    private List<string> Run(string path) =>
    [
        .. RuleTester.Run(RuleTestPaths.Find([path])).Results.Select(result =>
            result.Fault?.Replace(_folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal) ?? (result.Passed ? "passed" : "failed")),
    ];
}
