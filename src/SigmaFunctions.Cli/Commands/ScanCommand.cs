using System.CommandLine;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf scan</c>: runs rules over files of events.</summary>
internal static class ScanCommand
{
    public const string RulesName = "--rules";

    /// <summary>
    /// Gives each of several values of <c>--rules</c> and <c>--event</c> the option's name, so that the parser need not guess where they end: the
    /// folders, YAML files and packs that follow <c>--rules</c> are its values, and anything else is not; of <c>--event</c>, other files are.
    /// </summary>
    public static IReadOnlyList<string> SeparateFiles(IReadOnlyList<string> arguments)
    {
        var separated = new List<string>(arguments.Count);
        for (int i = 0; i < arguments.Count; i++)
        {
            separated.Add(arguments[i]);
            if (arguments[i] == "--")
            {
                separated.AddRange(arguments.Skip(i + 1));
                break;
            }

            string option = arguments[i];
            if (option is not (RulesName or ExplainCommand.EventName) || i + 1 >= arguments.Count)
            {
                continue;
            }

            separated.Add(arguments[++i]);
            while (i + 1 < arguments.Count && (option == RulesName ? IsRulePath(arguments[i + 1]) : IsEventFile(arguments[i + 1])))
            {
                separated.Add(option);
                separated.Add(arguments[++i]);
            }
        }

        return separated;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        var input = new ScanArguments();
        Option<string> format = CommandOptions.Format("json (one object a line for each match) or text (a few lines for each match).", "json");
        var evidence = new Option<bool>("--evidence") { Description = "Tells for each match the fields that made the rule hold, with their values." };
        var stats = new Option<bool>("--stats") { Description = "Ends with one line of JSON on standard error: counts, times, memory." };
        Option<int?> threads = CommandOptions.Positive("--threads", "Threads that decode and match. [default: one a processor]");
        Option<int?> repeat = CommandOptions.Positive(
            "--repeat", "Scans the input that often from memory, for measuring; matches are printed once. [default: 1]");
        var command = new DocumentedCommand(
            "scan",
            "Runs rules over events and prints the matches, in the order of the input.",
            """
            What is wrong with rules or events goes to standard error and does not stop
            the scan. Exit code 0 whether or not anything matched, 2 where a file could not
            be read to its end. docs/cli.md tells what "line", "record" and "fileLine" count.

            Examples:
              sigmaf scan --rules rules/ events.ndjson
              sigmaf scan --rules rules/ --format text --evidence export.json logs.zip
              sigmaf scan --rules rules/ my.yml --mapping proxy.yml events.ndjson.gz
              generate | sigmaf scan --rules rules/ --stats -
            """);
        input.AddTo(command);
        command.Add(format);
        command.Add(evidence);
        command.Add(stats);
        command.Add(threads);
        command.Add(repeat);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Request(
                parsed.GetRequiredValue(input.Rules),
                parsed.GetValue(input.Events) ?? [],
                parsed.GetValue(input.Bodies) ?? [],
                parsed.GetRequiredValue(format) == "text",
                parsed.GetValue(input.LogSource),
                parsed.GetValue(input.Mappings) ?? [],
                parsed.GetValue(input.Placeholders),
                parsed.GetValue(evidence),
                parsed.GetValue(stats),
                parsed.GetValue(threads) ?? Environment.ProcessorCount,
                parsed.GetValue(repeat) ?? 1),
            terminal,
            time,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Request request, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        EventInput.Require([.. request.Events, .. request.Bodies]);
        long started = time.GetTimestamp();
        RuleSet rules = RuleInput.Load(request.Rules, request.Placeholders);
        var detector = new Detector(rules);
        var totals = new ScanTotals { Rules = rules.Rules.Length, Load = time.GetElapsedTime(started) };
        await RuleInput.RequireAnyAsync(rules, terminal);

        Func<IMatchWriter> writers = () => new NdjsonMatchWriter();
        if (request.Table)
        {
            Dictionary<string, string> titles = TitlesOf(rules);
            writers = () => new TextMatchWriter(titles);
        }

        var scanner = new Scanner(
            await CommandOptions.DecoderAsync(request.Mappings, request.LogSource, terminal),
            detector,
            writers,
            request.Evidence,
            request.Threads);
        IAsyncEnumerable<Scanner.Chunk> chunks =
            Scanner.ChunksAsync(new EventInput(terminal).ReadAsync(request.Events, request.Bodies, cancellationToken));
        if (request.Repeat > 1)
        {
            chunks = (await chunks.ToListAsync(cancellationToken)).ToAsyncEnumerable();
        }

        var undecoded = new UndecodedReport(terminal.Errors);
        var unseen = new UnseenReport();
        var correlations = new CorrelationScan(rules);
        started = time.GetTimestamp();
        await scanner.RunAsync(
            chunks,
            async result =>
            {
                await WriteAsync(result.Output, terminal, cancellationToken);
                totals.Bodies += result.Bodies;
                totals.Events += result.Events;
                totals.Matches += result.Matches;
                totals.Allocated += result.Allocated;
                correlations.Add(result.Correlated);
                foreach ((InputPlace place, UndecodedRecord record) in result.Undecoded)
                {
                    await undecoded.AddAsync(place, record);
                }

                foreach (BodyLine fault in result.Faults)
                {
                    await undecoded.AddAsync(fault);
                }

                foreach ((string file, int count) in result.Omitted)
                {
                    undecoded.AddOmitted(file, count);
                }
                unseen.Add(result.Unseen);
            },
            cancellationToken);
        totals.FirstPass = totals.Scan = time.GetElapsedTime(started);
        if (request.Repeat > 1)
        {
            (totals.Passes, totals.Allocated) = (request.Repeat - 1, 0);
            started = time.GetTimestamp();
        }

        for (int pass = 1; pass < request.Repeat; pass++)
        {
            await scanner.RunAsync(
                chunks,
                result =>
                {
                    totals.Allocated += result.Allocated;
                    return ValueTask.CompletedTask;
                },
                cancellationToken,
                isWritten: false);
        }

        if (request.Repeat > 1)
        {
            totals.Scan = time.GetElapsedTime(started);
        }

        started = time.GetTimestamp();
        using (IMatchWriter writer = writers())
        {
            totals.Correlated = correlations.Count;
            totals.Detections = await correlations.WriteAsync(writer, output => WriteAsync(output, terminal, cancellationToken));
            totals.Correlating = time.GetElapsedTime(started);
        }

        totals.RulesAlwaysEvaluated = detector.RulesAlwaysEvaluated;
        totals.Undecoded = undecoded.Count;
        totals.UnreadableFiles = undecoded.Files;
        totals.Unseen = unseen.Count;
        int exitCode = await undecoded.EndAsync(totals.Events);
        await unseen.EndAsync(terminal.Errors, totals.Events);
        await correlations.EndAsync(terminal.Errors);
        if (totals is { Events: > 0, Matches: 0, Correlated: 0 } && correlations.WithoutTime == 0)
        {
            await terminal.Errors.WriteLineAsync($"sigmaf: no rule matched any of {totals.Events} events");
        }

        if (request.Stats)
        {
            await terminal.Errors.WriteLineAsync(totals.ToJson());
        }

        return exitCode;
    }

    private static Dictionary<string, string> TitlesOf(RuleSet rules)
    {
        var titles = rules.Rules.ToDictionary(rule => rule.Id, rule => rule.Title, RuleIdComparer.Instance);
        foreach (SigmaCorrelation correlation in rules.Correlations)
        {
            titles.TryAdd(correlation.Id, correlation.Title);
        }

        return titles;
    }

    private static async ValueTask WriteAsync(ReadOnlyMemory<byte> output, Terminal terminal, CancellationToken cancellationToken)
    {
        if (output.IsEmpty)
        {
            return;
        }

        await terminal.Output.WriteAsync(output, cancellationToken);
        await terminal.Output.FlushAsync(cancellationToken);
    }

    private static bool IsRulePath(string argument) =>
        !argument.StartsWith('-')
        && (argument.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)
            || argument.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase)
            || RulePack.IsPack(argument)
            || RuleArchive.HoldsRules(argument)
            || Directory.Exists(argument));

    private static bool IsEventFile(string argument) => !argument.StartsWith('-') && !IsRulePath(argument) && File.Exists(argument);

    private sealed record Request(
        string[] Rules,
        string[] Events,
        string[] Bodies,
        bool Table,
        LogSource? LogSource,
        string[] Mappings,
        string? Placeholders,
        bool Evidence,
        bool Stats,
        int Threads,
        int Repeat);
}
