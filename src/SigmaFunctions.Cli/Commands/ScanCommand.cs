using System.CommandLine;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf scan</c>: runs rules over files of events.</summary>
internal static class ScanCommand
{
    public const string RulesName = "--rules";

    // How many rejected rules and unreadable records are told one by one.
    private const int MaxReports = 20;

    /// <summary>
    /// Gives each of several values of <c>--rules</c> the option's name, so that the parser need not guess where they end: the
    /// folders, YAML files and packs that follow <c>--rules</c> are its values, and anything else is not.
    /// </summary>
    public static IReadOnlyList<string> SeparateRules(IReadOnlyList<string> arguments)
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

            if (arguments[i] != RulesName || i + 1 >= arguments.Count)
            {
                continue;
            }

            separated.Add(arguments[++i]);
            while (i + 1 < arguments.Count && IsRulePath(arguments[i + 1]))
            {
                separated.Add(RulesName);
                separated.Add(arguments[++i]);
            }
        }

        return separated;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        var events = new Argument<string[]>("EVENTS")
        {
            Description = "Files of one Event Hub body a line, plain or gzip; - is standard input.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var rules = new Option<string[]>(RulesName)
        {
            Description = "Rule files and folders, or one pack. The folders and *.yml, *.yaml or *.pack files that follow belong to it; "
                + "the first other word begins EVENTS.",
            Required = true,
            Arity = ArgumentArity.OneOrMore,
            HelpName = "PATH...",
        };
        var bodies = new Option<string[]>("--body")
        {
            Description = "A file that is one body as a whole (gzip, several lines). It counts as one line, after EVENTS.",
            Arity = ArgumentArity.OneOrMore,
            HelpName = "FILE",
        };
        var format = new Option<string>("--format")
        {
            Description = "ndjson (one JSON object a match) or table.",
            DefaultValueFactory = _ => "ndjson",
            HelpName = "FORMAT",
        };
        format.AcceptOnlyFromAmong("ndjson", "table");
        Option<LogSource?> logSource = CommandOptions.LogSource();
        Option<string[]> mappings = CommandOptions.Mappings();
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        var stats = new Option<bool>("--stats") { Description = "Ends with one line of JSON on standard error: counts, times, memory." };
        Option<int?> threads = CommandOptions.Positive("--threads", "Threads that decode and match. [default: one a processor]");
        Option<int?> repeat = CommandOptions.Positive(
            "--repeat", "Scans the input that often from memory, for measuring; matches are printed once. [default: 1]");
        var command = new DocumentedCommand(
            "scan",
            "Runs rules over events and prints the matches, in the order of the input.",
            """
            "line" counts input lines from 0, over all
            files and blank lines too; "record" counts the records of a body from 0, unreadable ones too. Rejected rules and
            unreadable records are told on standard error and do not stop the scan. Exit code 0 whether or not anything matched.

            Examples:
              sigmaf scan --rules rules/ events.ndjson
              sigmaf scan --rules rules/windows my.yml --stats events.ndjson.gz
              zcat events.gz | sigmaf scan --rules rules/ --format table -
              sigmaf scan --rules rules/ --body export.json
              sigmaf scan --rules rules/ --logsource product=linux,category=process_creation events.ndjson
              sigmaf scan --rules rules/ --mapping proxy.yml events.ndjson
              sigmaf scan --rules rules/ --repeat 20 --stats events.ndjson > /dev/null
            """)
        {
            events,
            rules,
            bodies,
            format,
            logSource,
            mappings,
            placeholders,
            stats,
            threads,
            repeat,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(events) is not { Tokens.Count: > 0 } && result.GetResult(bodies) is not { Tokens.Count: > 0 })
            {
                result.AddError("No EVENTS: give files of events, - for standard input, or --body FILE.");
            }
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Request(
                parsed.GetRequiredValue(rules),
                parsed.GetValue(events) ?? [],
                parsed.GetValue(bodies) ?? [],
                parsed.GetRequiredValue(format) == "table",
                parsed.GetValue(logSource),
                parsed.GetValue(mappings) ?? [],
                parsed.GetValue(placeholders),
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
        await ReportRejectedAsync(rules, terminal);
        if (rules.Rules.IsEmpty)
        {
            throw new CommandException("no rule was loaded");
        }

        var scanner = new Scanner(
            await CommandOptions.DecoderAsync(request.Mappings, request.LogSource, terminal),
            detector,
            request.Table ? () => new TableMatchWriter() : () => new NdjsonMatchWriter(),
            request.Threads);
        IAsyncEnumerable<Scanner.Chunk> chunks =
            Scanner.ChunksAsync(new EventInput(terminal).ReadAsync(request.Events, request.Bodies, cancellationToken));
        if (request.Repeat > 1)
        {
            chunks = (await chunks.ToListAsync(cancellationToken)).ToAsyncEnumerable();
        }

        if (request.Table)
        {
            await terminal.Text.WriteAsync(TableMatchWriter.Header);
        }

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
                foreach ((long line, UndecodedRecord record) in result.Undecoded)
                {
                    if (totals.Undecoded++ < MaxReports)
                    {
                        await terminal.Errors.WriteLineAsync(
                            $"sigmaf: line {line}, record {record.Record}: {record.Reason} (byte {record.Offset})");
                    }
                }
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
                cancellationToken);
        }

        if (request.Repeat > 1)
        {
            totals.Scan = time.GetElapsedTime(started);
        }

        totals.RulesAlwaysEvaluated = detector.RulesAlwaysEvaluated;
        if (totals.Undecoded > MaxReports)
        {
            await terminal.Errors.WriteLineAsync($"sigmaf: {totals.Undecoded - MaxReports} more records could not be read");
        }

        if (request.Stats)
        {
            await terminal.Errors.WriteLineAsync(totals.ToJson());
        }

        return ExitCode.Success;
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

    private static async Task ReportRejectedAsync(RuleSet rules, Terminal terminal)
    {
        List<Diagnostic> errors = [.. rules.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error || RulePack.IsPack(diagnostic.File))];
        foreach (Diagnostic error in errors.Take(MaxReports))
        {
            await terminal.Errors.WriteLineAsync(error.ToString());
        }

        if (!rules.Correlations.IsEmpty)
        {
            await terminal.Errors.WriteLineAsync(
                $"sigmaf: correlations are not evaluated yet ({rules.Correlations.Length} loaded): the rules that they refer to alert alone");
        }

        if (rules.Rejected > 0)
        {
            await terminal.Errors.WriteLineAsync(
                $"sigmaf: {rules.Rejected} {(rules.Rejected == 1 ? "rule was" : "rules were")} rejected; 'sigmaf check' tells all about them");
        }
    }

    private static bool IsRulePath(string argument) =>
        !argument.StartsWith('-')
        && (argument.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)
            || argument.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase)
            || RulePack.IsPack(argument)
            || Directory.Exists(argument));

    private sealed record Request(
        string[] Rules,
        string[] Events,
        string[] Bodies,
        bool Table,
        LogSource? LogSource,
        string[] Mappings,
        string? Placeholders,
        bool Stats,
        int Threads,
        int Repeat);
}
