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
using SigmaFunctions.Engine.Correlating;
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
    public const string EventName = "--event";

    public static Command Create(Terminal terminal)
    {
        var rule = new Argument<string>("RULE") { Description = "A rule file, or the id of a rule or correlation among --rules." };
        var files = new Option<string[]>(EventName)
        {
            Description = "Files with an event each, one Event Hub body: tells of each of its records why the rule did or did not match. Of a correlation, "
                + "files of events as scan takes them: tells of its groups how near they came.",
            Arity = ArgumentArity.OneOrMore,
            HelpName = "FILE...",
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
            As JSON there is one object for each rule, or, with --event, one for each rule and record instead, or one for each
            correlation. Of a rule in a pack only an event can be explained: a pack does not hold the rules' text. Of a file that holds
            correlations, --event explains these, and not the rules that are their building blocks alone.

            Examples:
              sigmaf explain rule.yml
              sigmaf explain rule.yml --rules rules/
              sigmaf explain rule.yml --event event.json
              sigmaf explain correlation.yml --rules rules/ --event events.ndjson
              sigmaf explain 6640f31c-01ad-49b5-beb5-83498a5cd8bd --rules rules/ --event event.json --format json
            """)
        {
            rule,
            files,
            rules,
            format,
            placeholders,
            logSource,
            mappings,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Request(
                parsed.GetRequiredValue(rule),
                parsed.GetValue(files) ?? [],
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
        (string wanted, string[] events, string[] others, bool isJson) = (request.Rule, request.Events, request.Rules, request.Json);
        EventInput.Require(events);
        bool isFile = File.Exists(wanted);
        if (!isFile && others.Length == 0)
        {
            throw new CommandException($"{wanted} is not a file; to name a rule by its id, say where it is with --rules");
        }

        string[] paths = isFile && !others.Any(path => Holds(path, wanted)) ? [wanted, .. others] : others;
        RuleSet ruleSet = RuleInput.Load(paths, request.Placeholders);
        CorrelationPlan plan = ruleSet.CorrelationPlan;
        int[] correlations = [.. Enumerable.Range(0, plan.Correlations.Length).Where(place => IsWanted(plan.Correlations[place].Correlation.Id, plan.Correlations[place].Correlation.File))];
        SigmaRule[] explained =
        [
            .. ruleSet.Rules.Where(one => IsWanted(one.Id, one.File) && !(isFile && events.Length > 0 && correlations.Length > 0 && plan.SilentRules.Contains(one.Id))),
        ];
        if (explained.Length == 0 && correlations.Length == 0)
        {
            string reason = ruleSet.Diagnostics.FirstOrDefault(item => item.Severity == DiagnosticSeverity.Error) is { } error ? $": {error}"
                : isFile ? ""
                : RuleSuggestion.For(wanted, ruleSet.Rules.Select(one => (one.Id, one.Title)).Concat(ruleSet.Correlations.Select(one => (one.Id, one.Title))));
            throw new CommandException($"no rule {wanted} was loaded{reason}");
        }

        bool isPack = paths.Any(RulePack.IsPack);
        if (events.Length == 0 && isPack)
        {
            throw new CommandException($"{paths[0]} is a pack, which does not hold the rules' text: name the YAML, or an event with --event");
        }

        if (!isPack && (events.Length == 0 || !isJson))
        {
            WritePages(terminal, ruleSet, RuleSource.Parse(paths), explained, correlations, isJson);
        }

        if (events.Length == 0)
        {
            return ExitCode.Success;
        }

        EventDecoder decoder = await CommandOptions.DecoderAsync(request.Mappings, request.LogSource, terminal);
        int exitCode = ExitCode.Success;
        foreach (string file in explained.Length == 0 ? [] : events)
        {
            exitCode = Math.Max(exitCode, await ExplainAsync(terminal, ruleSet, explained, decoder, file, isJson, cancellationToken));
        }

        return correlations.Length == 0 ? exitCode
            : Math.Max(exitCode, await ExplainAsync(terminal, ruleSet, correlations, decoder, events, isJson, cancellationToken));

        bool IsWanted(string id, string file) => isFile ? Path.GetFullPath(file) == Path.GetFullPath(wanted) : RuleIdComparer.Instance.Equals(id, wanted);
    }

    private static async Task<int> ExplainAsync(
        Terminal terminal, RuleSet ruleSet, SigmaRule[] explained, EventDecoder decoder, string events, bool isJson, CancellationToken cancellationToken)
    {
        int exitCode = ExitCode.Success;
        await foreach (BodyLine whole in BodyFile.ReadAsync([new EventInput(terminal).InputOf(events) with { IsWhole = true }], cancellationToken))
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

    private static async Task<int> ExplainAsync(
        Terminal terminal, RuleSet ruleSet, int[] correlations, EventDecoder decoder, string[] events, bool isJson, CancellationToken cancellationToken)
    {
        var unread = new UndecodedReport(terminal.Errors);
        CorrelationEvents read = await CorrelationEvents.ReadAsync(
            ruleSet, correlations, decoder, new EventInput(terminal).ReadAsync(events, [], cancellationToken), unread);
        foreach (CorrelationExplanation explanation in read.Explanations)
        {
            if (isJson)
            {
                TerminalText.WriteJson(terminal, writer => CorrelationExplanationJson.Write(writer, ruleSet, explanation, read.Places));
            }
            else
            {
                CorrelationExplanationText.Write(terminal, ruleSet, explanation, read.Places);
            }
        }

        return await unread.EndAsync(read.Events);
    }

    /// <summary>Whether a path is that of a file, or of a folder around it.</summary>
    private static bool Holds(string path, string file)
    {
        string relative = Path.GetRelativePath(path, file);
        return relative == "." || (relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !Path.IsPathRooted(relative));
    }

    private static void WritePages(
        Terminal terminal, RuleSet ruleSet, ImmutableArray<RuleSource> sources, SigmaRule[] explained, int[] correlations, bool isJson)
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

        foreach (int place in correlations)
        {
            CompiledCorrelation correlation = ruleSet.CorrelationPlan.Correlations[place];
            CorrelationPage page = catalogue.Correlations.Single(page => page.Correlation == correlation.Correlation);
            if (isJson)
            {
                CatalogueJson.Write(terminal.Output, page);
                terminal.Output.Write("\n"u8);
                terminal.Output.Flush();
            }
            else
            {
                CorrelationPageText.Write(terminal, ruleSet, correlation, page);
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
    /// <param name="Events">Files of events.</param>
    /// <param name="Rules">Files, folders or a pack of rules.</param>
    /// <param name="LogSource">The log source of a flat event that does not tell its own.</param>
    /// <param name="Mappings">How records of other sources are read.</param>
    /// <param name="Placeholders">File of placeholders' values.</param>
    /// <param name="Json">Whether JSON is written.</param>
    private sealed record Request(
        string Rule, string[] Events, string[] Rules, LogSource? LogSource, string[] Mappings, string? Placeholders, bool Json);
}
