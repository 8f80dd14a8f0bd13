using System.CommandLine;
using SigmaFunctions.Cli.Comparing;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.Comparing;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf diff</c>: what differs between two rule sets.</summary>
internal static class DiffCommand
{
    public static Command Create(Terminal terminal)
    {
        var oldRules = new Argument<string>("OLD") { Description = "A rule file, a folder of rules, or a pack." };
        var newRules = new Argument<string>("NEW") { Description = "Likewise." };
        var events = new Option<string[]>("--events")
        {
            Description = "Files of events as scan takes them: tells which verdicts change on them, and what correlations detect.",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
            HelpName = "FILE...",
        };
        Option<string> format = CommandOptions.Format();
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        Option<LogSource?> logSource = CommandOptions.LogSource();
        var command = new DocumentedCommand(
            "diff",
            "Compares two rule sets: rules added, removed, changed in logic, and changed in wording or metadata only.",
            """
            Rules are the same if their ids are. Logic is compared as it was compiled, with filters and placeholders applied: names of
            search identifiers, order of lists and quoting do not count. Exit code 0 whether or not anything differs.

            Examples:
              sigmaf diff old/ new/
              sigmaf diff rules.pack rules/ --events events.ndjson.gz --format json
            """)
        {
            oldRules,
            newRules,
            events,
            format,
            placeholders,
            logSource,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] files = parsed.GetValue(events) ?? [];
            EventInput.Require(files);
            RuleSet before = RuleInput.LoadSome([parsed.GetRequiredValue(oldRules)], parsed.GetValue(placeholders), terminal);
            RuleSet after = RuleInput.LoadSome([parsed.GetRequiredValue(newRules)], parsed.GetValue(placeholders), terminal);
            var comparison = RuleSetComparison.Of(before, after);
            var unread = new UndecodedReport(terminal.Errors);
            VerdictComparison? verdicts = files.Length == 0
                ? null
                : await VerdictComparison.RunAsync(
                    before, after, new EventDecoder(parsed.GetValue(logSource)), new EventInput(terminal).ReadAsync(files, [], cancellationToken), unread);
            if (parsed.GetRequiredValue(format) == "json")
            {
                TerminalText.WriteJson(terminal, writer => ComparisonJson.Write(writer, comparison, verdicts));
            }
            else
            {
                ComparisonText.Write(terminal, comparison, verdicts);
            }

            if (verdicts is null)
            {
                return ExitCode.Success;
            }

            await CorrelationScan.TellAsync(terminal.Errors, verdicts.WithoutTime, verdicts.Cut);
            return await unread.EndAsync(verdicts.Events);
        });
        return command;
    }
}
