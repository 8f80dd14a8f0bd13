using System.CommandLine;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Cli.Checking;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf fields</c>: which fields of events rules do not use, and which fields of rules do not arrive.</summary>
internal static class FieldsCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = new ScanArguments();
        Option<string> format = CommandOptions.Format();
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
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Request(
                parsed.GetRequiredValue(input.Rules),
                parsed.GetValue(input.Events) ?? [],
                parsed.GetValue(input.Bodies) ?? [],
                parsed.GetValue(input.LogSource),
                parsed.GetValue(input.Mappings) ?? [],
                parsed.GetValue(input.Placeholders),
                parsed.GetRequiredValue(format) == "json"),
            terminal,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Request request, Terminal terminal, CancellationToken cancellationToken)
    {
        EventInput.Require([.. request.Events, .. request.Bodies]);
        RuleSet rules = RuleInput.Load(request.Rules, request.Placeholders);
        await RuleInput.RequireAnyAsync(rules, terminal);
        EventDecoder decoder = await CommandOptions.DecoderAsync(request.Mappings, request.LogSource, terminal);
        var census = new FieldCensus(rules);
        var undecoded = new UndecodedReport(terminal.Errors);
        var totals = new FieldTotals();
        await foreach (BodyLine body in new EventInput(terminal).ReadAsync(request.Events, request.Bodies, cancellationToken))
        {
            if (body.Fault is not null)
            {
                await undecoded.AddAsync(body);
                continue;
            }

            DecodedBody decoded = decoder.Decode(body.Body);
            foreach (DecodedEvent one in decoded.Events)
            {
                census.Add(one.Event);
                totals.Events++;
                totals.Unseen += one.Event.Views.IsEmpty ? 1 : 0;
            }

            var places = new BodyPlaces(body);
            foreach (UndecodedRecord record in decoded.Undecoded)
            {
                await undecoded.AddAsync(InputPlace.Of(ref places, record.Offset, record.Record), record);
            }

            undecoded.AddOmitted(body.Source.Name, decoded.UndecodedCount - decoded.Undecoded.Length);
        }

        int exitCode = await undecoded.EndAsync(totals.Events);
        totals.Undecoded = undecoded.Count;
        if (request.Json)
        {
            TerminalText.WriteJson(terminal, writer => FieldsOutput.WriteJson(writer, totals, census));
        }
        else
        {
            FieldsOutput.WriteText(terminal, totals, census);
        }

        return exitCode;
    }

    private sealed record Request(
        string[] Rules, string[] Events, string[] Bodies, LogSource? LogSource, string[] Mappings, string? Placeholders, bool Json);
}
