using System.CommandLine;
using SigmaFunctions.Cli.Checking;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Framing;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf fields</c>: which fields of events rules do not use, and which fields of rules do not arrive.</summary>
internal static class FieldsCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = new ScanArguments();
        var format = new Option<string>("--format")
        {
            Description = "text or json.",
            DefaultValueFactory = _ => "text",
            HelpName = "FORMAT",
        };
        format.AcceptOnlyFromAmong("text", "json");
        var command = new DocumentedCommand(
            "fields",
            "Compares the fields of a sample of events with those that rules look at, log source by log source.",
            """
            A field arrives where it has a value other than null. What never arrives in a sample may still come in other events;
            'sigmaf check --source' tells what a source never carries.

            Examples:
              sigmaf fields --rules rules/ events.ndjson
              zcat events.gz | sigmaf fields --rules rules/ --format json -
            """);
        input.AddTo(command);
        command.Add(format);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] events = parsed.GetValue(input.Events) ?? [];
            string[] bodies = parsed.GetValue(input.Bodies) ?? [];
            EventInput.Require([.. events, .. bodies]);
            RuleSet rules = RuleInput.Load(parsed.GetRequiredValue(input.Rules), parsed.GetValue(input.Placeholders));
            await RuleInput.RequireAnyAsync(rules, terminal);
            EventDecoder decoder = await CommandOptions.DecoderAsync(parsed.GetValue(input.Mappings) ?? [], parsed.GetValue(input.LogSource), terminal);
            var census = new FieldCensus(rules);
            var undecoded = new UndecodedReport(terminal.Errors);
            var totals = new FieldTotals();
            await foreach (BodyLine body in new EventInput(terminal).ReadAsync(events, bodies, cancellationToken))
            {
                DecodedBody decoded = body.Fault is { } fault
                    ? new DecodedBody([], [new UndecodedRecord(0, fault, 0, default)])
                    : decoder.Decode(body.Body);
                foreach (DecodedEvent one in decoded.Events)
                {
                    census.Add(one.Event);
                    totals.Events++;
                    totals.Unseen += one.Event.Views.IsEmpty ? 1 : 0;
                }

                foreach (UndecodedRecord record in decoded.Undecoded)
                {
                    await undecoded.AddAsync(body.Line, record);
                }

                undecoded.AddOmitted(decoded.UndecodedCount - decoded.Undecoded.Length);
            }

            await undecoded.EndAsync();
            totals.Undecoded = undecoded.Count;
            if (parsed.GetRequiredValue(format) == "json")
            {
                FieldsOutput.WriteJson(terminal.Output, totals, census);
            }
            else
            {
                FieldsOutput.WriteText(terminal, totals, census);
            }

            return ExitCode.Success;
        });
        return command;
    }
}
