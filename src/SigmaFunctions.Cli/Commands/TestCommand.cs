using System.CommandLine;
using SigmaFunctions.Archives;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Testing;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf test</c>: runs rules and correlations over the events that stand beside them.</summary>
internal static class TestCommand
{
    public static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Folders of rules and their tests, rule files, or test files (*.test.yml).",
            Arity = ArgumentArity.OneOrMore,
        };
        var junit = new Option<string?>("--junit") { Description = "Writes the results as JUnit XML.", HelpName = "FILE" };
        var failures = new Option<bool>("--failures") { Description = "Prints only the tests that fail." };
        var requireTests = new Option<bool>("--require-tests") { Description = "A rule or correlation without a test is a failure." };
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        var command = new DocumentedCommand(
            "test",
            "Runs rules and correlations over the events in the *.test.yml files beside them and compares the verdicts.",
            """
            Exit code 1 if a verdict or detection is another than expected, or a test file or rule is not valid.

            Examples:
              sigmaf test rules/
              sigmaf test rules/windows/process_creation/certutil.yml
              sigmaf test rules/ --failures --junit results.xml
            """)
        {
            paths,
            junit,
            failures,
            requireTests,
            placeholders,
        };
        command.SetAction(parsed =>
        {
            string[] wanted = parsed.GetRequiredValue(paths);
            if (wanted.Any(RulePack.IsPack))
            {
                throw new CommandException("a pack holds no tests: name the YAML that it was made of");
            }

            foreach (string path in wanted.Where(File.Exists))
            {
                if (BodyFile.WhatIsNoText(path) is { } what)
                {
                    throw new CommandException($"{path} {what}; 'test' takes YAML: rules, and *.test.yml files of events. 'scan' runs rules over files of events");
                }
            }

            var found = RuleTestPaths.Find(wanted);
            if (found is { Rules.Count: 0, Tests.Count: 0 })
            {
                throw new CommandException("there are no rules and no tests");
            }

            RuleTestReport report = RuleTester.Run(found, RuleInput.Placeholders(parsed.GetValue(placeholders)));
            if (parsed.GetValue(junit) is { } file)
            {
                using FileStream output = File.Create(file);
                JUnitReport.Write(output, report);
            }

            TestText.Write(terminal, report, parsed.GetValue(failures));
            return report.Passed && (report.Untested.IsEmpty || !parsed.GetValue(requireTests)) ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }
}
