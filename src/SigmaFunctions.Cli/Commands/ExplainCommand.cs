using System.CommandLine;
using SigmaFunctions.Cli.Explaining;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf explain</c>: why a rule did or did not match.</summary>
internal static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        var rule = new Argument<string>("RULE") { Description = "A rule file, or the id of a rule among --rules." };
        var file = new Option<string>("--event")
        {
            Description = "File with the event: one Event Hub body. Each of its records is explained.",
            Required = true,
            HelpName = "FILE",
        };
        var rules = new Option<string[]>(ScanCommand.RulesName)
        {
            Description = "Rule files and folders, or one pack; filters among them apply.",
            HelpName = "PATH...",
        };
        var format = new Option<string>("--format") { Description = "text or json (one object a line).", DefaultValueFactory = _ => "text", HelpName = "FORMAT" };
        format.AcceptOnlyFromAmong("text", "json");
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        Option<LogSource?> logSource = CommandOptions.LogSource();
        Option<string[]> mappings = CommandOptions.Mappings();
        var command = new DocumentedCommand(
            "explain",
            "Shows which parts of a rule hold on an event, with the event's values, and why the others do not.",
            """
            Every part is evaluated, also those that no longer matter for the verdict. Exit code 0 whatever the verdict.

            Examples:
              sigmaf explain rule.yml --event event.json
              sigmaf explain 6640f31c-01ad-49b5-beb5-83498a5cd8bd --rules rules/ --event event.json --format json
            """)
        {
            rule,
            file,
            rules,
            format,
            placeholders,
            logSource,
            mappings,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string wanted = parsed.GetRequiredValue(rule);
            string events = parsed.GetRequiredValue(file);
            EventInput.Require([events]);
            bool isFile = File.Exists(wanted);
            if (!isFile && parsed.GetValue(rules) is not { Length: > 0 })
            {
                throw new CommandException($"{wanted} is not a file; to name a rule by its id, say where it is with --rules");
            }

            RuleSet ruleSet = RuleInput.Load([.. isFile ? [wanted] : Array.Empty<string>(), .. parsed.GetValue(rules) ?? []], parsed.GetValue(placeholders));
            SigmaRule[] explained = [.. ruleSet.Rules.Where(one => isFile ? Path.GetFullPath(one.File) == Path.GetFullPath(wanted) : one.Id == wanted)];
            if (explained.Length == 0)
            {
                string reason = ruleSet.Diagnostics.FirstOrDefault(item => item.Severity == DiagnosticSeverity.Error) is { } error ? $"\n{error}" : "";
                throw new CommandException($"no rule {wanted} was loaded{reason}");
            }

            EventDecoder decoder = await CommandOptions.DecoderAsync(parsed.GetValue(mappings) ?? [], parsed.GetValue(logSource), terminal);
            DecodedBody body = decoder.Decode(await File.ReadAllBytesAsync(events, cancellationToken));
            foreach (UndecodedRecord record in body.Undecoded)
            {
                await terminal.Errors.WriteLineAsync($"sigmaf: record {record.Record}: {record.Reason} (byte {record.Offset})");
            }

            if (body.Events.IsEmpty)
            {
                throw new CommandException($"{events} holds no event that can be read");
            }

            foreach (DecodedEvent decoded in body.Events)
            {
                foreach (SigmaRule one in explained)
                {
                    Explanation explanation = Explainer.Explain(ruleSet, one.Id, decoded.Event)!;
                    await terminal.Text.WriteAsync(parsed.GetRequiredValue(format) == "json"
                        ? ExplanationJson.Write(decoded.Record, explanation)
                        : ExplanationText.Write(decoded.Record, explanation));
                }
            }

            return ExitCode.Success;
        });
        return command;
    }
}
