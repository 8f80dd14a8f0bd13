using System.Xml.Linq;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf test</c>.</summary>
public sealed class TestTests : IDisposable
{
    private const string Id = "aaaaaaaa-0000-4000-8000-000000000001";
    private const string Other = "aaaaaaaa-0000-4000-8000-000000000002";

    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Passed_tests_are_listed_and_rules_without_one_are_named()
    {
        _cli.WriteRule("r.yml", Id, "a", "x");
        _cli.WriteRule("s.yml", Other, "b", "x");
        _cli.Write("r.test.yml", "tests:\n  - {name: hit, event: {a: x}, match: true}\n  - {name: miss, event: {a: y}, match: false}\n");

        CommandLine.Outcome outcome = await RunAsync("test", _cli.Folder);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            """
            passed r.test.yml(2,5): hit
            passed r.test.yml(3,5): miss

            1 rule without a test:
              s.yml(1): b is x

            2 tests, 0 failed

            """,
            Relative(outcome.Output));
        Assert.Equal(1, (await RunAsync("test", _cli.Folder, "--require-tests")).ExitCode);
    }

    [Fact]
    public async Task A_failed_test_is_explained()
    {
        _cli.WriteRule("r.yml", Id, "a", "x");
        _cli.Write("r.test.yml", "tests:\n  - {name: hit, event: {a: x}, match: true}\n  - {name: \"m\\eiss\", event: {a: y}, match: true}\n");

        CommandLine.Outcome outcome = await RunAsync("test", _cli.Folder, "--failures");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(
            """
            FAILED r.test.yml(3,5): m\u001Biss: the rule must match and does not
              ✗ selection
                ✗ a equals 'x': the value does not satisfy it ← "y"

            2 tests, 1 failed

            """,
            Relative(outcome.Output));
    }

    [Fact]
    public async Task Faults_of_test_files_and_rules_are_told_with_their_places()
    {
        _cli.WriteRule("r.yml", Id, "a", "x");
        _cli.Write("r.test.yml", "tests:\n  - {name: hit, event: {a: x}, match: maybe}\n");
        _cli.Write("broken.yml", "title: T\nlogsource: {category: test}\ndetection: {s: {a: x}, condition: t}\n");

        CommandLine.Outcome outcome = await RunAsync("test", _cli.Folder);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("r.test.yml(2,39): error SF0801: 'match' is true or false", Relative(outcome.Output), StringComparison.Ordinal);
        Assert.Contains("broken.yml(3,35): error SF0303:", Relative(outcome.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task JUnit_XML_has_a_suite_a_file_and_tells_failures_from_errors()
    {
        _cli.WriteRule("r.yml", Id, "a", "x");
        _cli.Write("r.test.yml", "tests:\n  - {name: hit, event: {a: x}, match: true}\n  - {name: \"miss \\u0001 & <\", event: {a: y}, match: true}\n");
        _cli.Write("lone.test.yml", "tests:\n  - {name: hit, event: {a: x}, match: true}\n  - {name: bad}\n");
        string file = Path.Combine(_cli.Folder, "results.xml");

        Assert.Equal(1, (await RunAsync("test", _cli.Folder, "--junit", file)).ExitCode);

        XElement root = XDocument.Load(file).Root!;
        Assert.Equal(("testsuites", "5", "1", "3"), (root.Name.LocalName, (string?)root.Attribute("tests"), (string?)root.Attribute("failures"), (string?)root.Attribute("errors")));
        Assert.Equal(["lone.test.yml", "r.test.yml"], root.Elements("testsuite").Select(suite => Relative((string)suite.Attribute("name")!)));
        Assert.Equal(
            ["hit: error", "SF0801 at line 3: error", "SF0801 at line 3: error", "hit: ", "miss \\u0001 & <: failure"],
            root.Descendants("testcase").Select(test => $"{(string?)test.Attribute("name")}: {test.Elements().SingleOrDefault()?.Name.LocalName}"));
        Assert.Contains("✗ a equals 'x'", root.Descendants("failure").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_correlation_that_does_not_detect_what_is_expected_is_explained()
    {
        _cli.Write("c.yml", $$"""
            title: Failed
            name: fai\u001Bled
            id: {{Id}}
            logsource: {category: test}
            detection: {s: {a: x}, condition: s}
            ---
            title: Many failed
            correlation: {type: event_count, rules: [{{Id}}], group-by: [u], timespan: 1m, condition: {gte: 3, lt: 9} }
            """);
        _cli.Write("c.test.yml", """
            tests:
              - name: many
                events:
                  - {repeat: 3 every 1s, event: {a: x, u: v}}
                  - {repeat: 2, event: {a: x, u: w}}
                  - {event: {a: x}}
                detections:
                  - {value: 4, last: 2s, group: {u: v}}
              - {name: quiet, events: [{repeat: 3, event: {a: x, u: v}}], match: false}
              - {name: loud, events: [{event: {a: x, u: v}}], match: true}
              - {name: fine, events: [{event: {a: x, u: v}}], match: false}
              - {name: two, events: [{event: {a: y, u: v}}], detections: 2}
            """);
        string file = Path.Combine(_cli.Folder, "results.xml");

        CommandLine.Outcome outcome = await RunAsync("test", _cli.Folder, "--junit", file);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(
            """
            FAILED c.test.yml(2,5): many: the detections are not the expected ones
              missing   value 4, last 2s, u v
              detected  value 3, first 0s, last 2s, 3 events, u v
              reached   value 2 at 2s; it needs gte 3 and lt 9, u w
              matched   fai\u001Bled by 6 events
              left out  1 event of fai\u001Bled without u
            FAILED c.test.yml(9,5): quiet: the correlation must not detect anything and has 1 detection
              detected  value 3, first 0s, last 0s, 3 events, u v
              matched   fai\u001Bled by 3 events
            FAILED c.test.yml(10,5): loud: the correlation must detect something and does not
              reached   value 1 at 0s; it needs gte 3 and lt 9, u v
              matched   fai\u001Bled by 1 event
            passed c.test.yml(11,5): fine
            FAILED c.test.yml(12,5): two: 2 detections expected, and there are none
              matched   fai\u001Bled by 0 events

            5 tests, 4 failed

            """,
            Relative(outcome.Output));
        XElement root = XDocument.Load(file).Root!;
        Assert.Equal(("5", "4", "0"), ((string?)root.Attribute("tests"), (string?)root.Attribute("failures"), (string?)root.Attribute("errors")));
        Assert.Equal("Many failed", (string?)root.Descendants("testcase").First().Attribute("classname"));
        Assert.Contains("reached   value 2 at 2s", root.Descendants("failure").First().Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a pack holds no tests", "rules.pack")]
    [InlineData("there are no rules and no tests", "empty")]
    [InlineData("none.yml", "none.yml")]
    public async Task What_is_not_usable_is_told(string message, string path)
    {
        Directory.CreateDirectory(Path.Combine(_cli.Folder, "empty"));

        CommandLine.Outcome outcome = await RunAsync("test", Path.Combine(_cli.Folder, path));

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
    }

    private string Relative(string output) => output.Replace(_cli.Folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
