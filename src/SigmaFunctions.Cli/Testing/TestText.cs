using SigmaFunctions.Cli.Explaining;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Cli.Testing;

/// <summary>Results for people: a line a case, below a failed one why, and at the end what has no tests.</summary>
internal static class TestText
{
    public static void Write(Terminal terminal, RuleTestReport report, bool onlyFailures)
    {
        foreach (Diagnostic fault in report.Faults)
        {
            terminal.Text.WriteLine(fault.ToString());
        }

        foreach (RuleTestResult result in report.Results.Where(result => !onlyFailures || !result.Passed))
        {
            terminal.Text.Write(result.Passed ? "passed" : "FAILED", result.Passed ? Ink.Green : Ink.Red);
            string reason = result.Passed ? "" : $": {VerdictOf(result)}";
            terminal.Text.WriteLine($" {result.File}({result.Case.Line},{result.Case.Column}): {result.Case.Name}{reason}");
            foreach (string line in DetailOf(result))
            {
                terminal.Text.WriteLine(line);
            }
        }

        if (!report.Untested.IsEmpty)
        {
            terminal.Text.WriteLine();
            terminal.Text.WriteLine($"{TerminalText.Plural(report.Untested.Length, "rule")} without a test:");
            foreach (TestedRule rule in report.Untested)
            {
                terminal.Text.WriteLine($"  {rule.File}({rule.Line}): {rule.Title}");
            }
        }

        terminal.Text.WriteLine();
        int failed = report.Results.Count(result => !result.Passed);
        terminal.Text.WriteLine(
            $"{TerminalText.Plural(report.Results.Length, "test")}, {TerminalText.Number(failed)} failed"
            + (report.Faults.IsEmpty ? "" : $"; {TerminalText.Plural(report.Faults.Length, "error")} in files"));
    }

    /// <summary>Why a case did not pass, in a few words.</summary>
    public static string VerdictOf(RuleTestResult result) => result switch
    {
        { Fault: { } fault } => fault,
        { Case: StreamTestCase stream } => StreamText.VerdictOf(result.Stream!, stream.Expected),
        _ => ((EventTestCase)result.Case).Match ? "the rule must match and does not" : "the rule must not match and does",
    };

    /// <summary>What stands below that, indented, line by line; nothing for a case that passed or could not be run.</summary>
    public static IEnumerable<string> DetailOf(RuleTestResult result) => result switch
    {
        { Explanation: { } explanation } => ExplanationText.Tree(explanation),
        { Passed: false, Stream: { } stream } => StreamText.Lines(stream),
        _ => [],
    };
}
