using System.Collections.Immutable;
using System.CommandLine;
using SigmaFunctions.Archives;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Catalog.Building;
using SigmaFunctions.Catalog.Coverage;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site;
using SigmaFunctions.Cli.Explaining;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf explain</c>: what a rule does, and why it did or did not match.</summary>
internal static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        var rule = new Argument<string>("RULE") { Description = "A rule file, or the id of a rule among --rules." };
        var file = new Option<string?>("--event")
        {
            Description = "File with an event: one Event Hub body. Tells of each of its records why the rule did or did not match.",
            HelpName = "FILE",
        };
        var rules = new Option<string[]>(ScanCommand.RulesName)
        {
            Description = "Rule files, folders and zip archives, or one pack; filters among them apply, and indicators are counted over them.",
            HelpName = "PATH...",
        };
        Option<string> format = CommandOptions.Format("text or json (one object a line).");
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        Option<LogSource?> logSource = CommandOptions.LogSource();
        Option<string[]> mappings = CommandOptions.Mappings();
        var command = new DocumentedCommand(
            "explain",
            "Shows what a rule does, what telemetry can trigger it and how common its indicators are; with an event, why it did or did not match.",
            """
            On an event every part is evaluated, also those that no longer matter for the verdict. Exit code 0 whatever the verdict.
            As JSON there is one object for each rule, or, with --event, one for each rule and record instead. Of a rule in a pack only
            an event can be explained: a pack does not hold the rules' text.

            Examples:
              sigmaf explain rule.yml
              sigmaf explain rule.yml --rules rules/
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
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Request(
                parsed.GetRequiredValue(rule),
                parsed.GetValue(file),
                parsed.GetValue(rules) ?? [],
                parsed.GetValue(logSource),
                parsed.GetValue(mappings) ?? [],
                parsed.GetValue(placeholders),
                parsed.GetRequiredValue(format) == "json"),
            terminal,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Request request, Terminal terminal, CancellationToken cancellationToken)
    {
        (string wanted, string? events, string[] others, bool isJson) = (request.Rule, request.Event, request.Rules, request.Json);
        EventInput.Require(events is null ? [] : [events]);
        bool isFile = File.Exists(wanted);
        if (!isFile && others.Length == 0)
        {
            throw new CommandException($"{wanted} is not a file; to name a rule by its id, say where it is with --rules");
        }

        string[] paths = isFile && !others.Any(path => Holds(path, wanted)) ? [wanted, .. others] : others;
        RuleSet ruleSet = RuleInput.Load(paths, request.Placeholders);
        SigmaRule[] explained = [.. ruleSet.Rules.Where(one => isFile ? Path.GetFullPath(one.File) == Path.GetFullPath(wanted) : RuleIdComparer.Instance.Equals(one.Id, wanted))];
        if (explained.Length == 0)
        {
            string reason = ruleSet.Diagnostics.FirstOrDefault(item => item.Severity == DiagnosticSeverity.Error) is { } error ? $": {error}"
                : isFile ? ""
                : RuleSuggestion.For(wanted, ruleSet.Rules.Select(one => (one.Id, one.Title)));
            throw new CommandException($"no rule {wanted} was loaded{reason}");
        }

        bool isPack = paths.Any(RulePack.IsPack);
        if (events is null && isPack)
        {
            throw new CommandException($"{paths[0]} is a pack, which does not hold the rules' text: name the YAML, or an event with --event");
        }

        if (!isPack && (events is null || !isJson))
        {
            WritePages(terminal, ruleSet, RuleSource.Parse(paths), explained, isJson);
        }

        if (events is not null)
        {
            EventDecoder decoder = await CommandOptions.DecoderAsync(request.Mappings, request.LogSource, terminal);
            return await ExplainAsync(terminal, ruleSet, explained, decoder, events, isJson, cancellationToken);
        }

        return ExitCode.Success;
    }

    private static async Task<int> ExplainAsync(
        Terminal terminal, RuleSet ruleSet, SigmaRule[] explained, EventDecoder decoder, string events, bool isJson, CancellationToken cancellationToken)
    {
        int exitCode = ExitCode.Success;
        await foreach (BodyLine whole in BodyFile.ReadAsync([BodyInput.OfFile(events) with { IsWhole = true }], cancellationToken))
        {
            DecodedBody body = whole.Fault is null ? decoder.Decode(whole.Body) : new DecodedBody([], []);
            await WriteExplanationsAsync(terminal, ruleSet, explained, whole, body, isJson);
            if (body.Events.IsEmpty)
            {
                await terminal.Errors.WriteLineAsync($"sigmaf: {whole.Fault ?? $"{whole.Source.Name} holds no event that can be read"}");
                exitCode = ExitCode.Unusable;
            }
        }

        return exitCode;
    }

    /// <summary>Whether a path is that of a file, or of a folder around it.</summary>
    private static bool Holds(string path, string file)
    {
        string relative = Path.GetRelativePath(path, file);
        return relative == "." || (relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !Path.IsPathRooted(relative));
    }

    private static void WritePages(Terminal terminal, RuleSet ruleSet, ImmutableArray<RuleSource> sources, SigmaRule[] explained, bool isJson)
    {
        RuleCatalogue catalogue = CatalogueBuilder.Build(ruleSet, sources, new TelemetryCoverage(ruleSet));
        foreach (RulePage page in catalogue.Rules.Where(page => explained.Contains(page.Rule)))
        {
            if (isJson)
            {
                CatalogueJson.Write(terminal.Output, page);
                terminal.Output.Write("\n"u8);
                terminal.Output.Flush();
            }
            else
            {
                RulePageText.Write(terminal, catalogue, page);
            }
        }
    }

    private static async Task WriteExplanationsAsync(
        Terminal terminal, RuleSet ruleSet, SigmaRule[] explained, BodyLine whole, DecodedBody body, bool isJson)
    {
        var places = new BodyPlaces(whole);
        foreach (UndecodedRecord record in body.Undecoded)
        {
            await terminal.Errors.WriteLineAsync($"sigmaf: {InputPlace.Of(ref places, record.Offset, record.Record)}: record {record.Record}: {record.Reason} (byte {record.Offset})");
        }

        if (body.UndecodedCount > body.Undecoded.Length)
        {
            await terminal.Errors.WriteLineAsync($"sigmaf: {body.UndecodedCount - body.Undecoded.Length} more records could not be read");
        }

        foreach (DecodedEvent decoded in body.Events)
        {
            foreach (SigmaRule one in explained)
            {
                Explanation explanation = Explainer.Explain(ruleSet, one.Id, decoded.Event)!;
                if (isJson)
                {
                    TerminalText.WriteJson(terminal, writer => ExplanationJson.Write(writer, decoded.Record, explanation));
                }
                else
                {
                    ExplanationText.Write(terminal, decoded.Record, explanation);
                }
            }
        }
    }

    /// <param name="Rule">A file, or the id of one of the rules.</param>
    /// <param name="Event">File of an event; null for none.</param>
    /// <param name="Rules">Files, folders or a pack of rules.</param>
    /// <param name="LogSource">The log source of a flat event that does not tell its own.</param>
    /// <param name="Mappings">How records of other sources are read.</param>
    /// <param name="Placeholders">File of placeholders' values.</param>
    /// <param name="Json">Whether JSON is written.</param>
    private sealed record Request(
        string Rule, string? Event, string[] Rules, LogSource? LogSource, string[] Mappings, string? Placeholders, bool Json);
}
