using System.CommandLine;
using System.Globalization;
using System.Text;
using Azure.Data.Tables;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Storing;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf detections</c>: reads what was detected.</summary>
internal static class DetectionsCommand
{
    private const int DefaultLimit = 100;
    private const int MaxRulesLookedAt = 1_000;
    private const int MaxIdsCounted = 1_000;

    public static Command Create(Terminal terminal, TimeProvider time) => new("detections", "Reads detections in a storage account.")
    {
        List(terminal, time),
        Show(terminal),
        Reindex(terminal, time),
    };

    private static DocumentedCommand List(Terminal terminal, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        Option<string> table = TableOption();
        Option<Moment?> since = StorageArguments.Since("Only what was enqueued since: so long ago (90m, 24h, 7d), or a date or time in UTC. [default: 1h]");
        Option<Moment?> until = StorageArguments.Until();
        var rule = new Option<string?>("--rule") { Description = "Only detections of the rule with this id.", HelpName = "ID" };
        var host = new Option<string?>("--host") { Description = "Only on this host: its whole name, or up to the first dot.", HelpName = "NAME" };
        Option<string?> level = CommandOptions.Level("Only of rules of this level.");
        Option<int?> limit = CommandOptions.Positive("--limit", $"At most that many. [default: {DefaultLimit}]");
        var superseded = new Option<bool>("--superseded") { Description = "Also those of correlations of which late events have shown that they were none." };
        Option<string> format = CommandOptions.Format();
        var command = new DocumentedCommand(
            "list",
            "Lists detections, newest first.",
            """
            Time is when the event hub took the event in. Of each hour its 16 table partitions are asked, newest hour first, until --limit is
            reached; with --rule, --level or --host all rows of the time that is asked for are looked through (docs/storage.md).
            Of a correlation, group and value stand in place of host and user.

            Examples:
              sigmaf detections list --account mystorage --since 24h --level high
              DetectionStorage="DefaultEndpointsProtocol=..." sigmaf detections list --host ws-017 --format json
            """)
        {
            since,
            until,
            rule,
            host,
            level,
            limit,
            superseded,
            format,
            table,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            DateTimeOffset now = time.GetUtcNow();
            var filter = new DetectionFilter(
                (parsed.GetValue(since) ?? new Moment(TimeSpan.FromHours(1), null)).At(now), (parsed.GetValue(until) ?? default).At(now))
            {
                RuleId = parsed.GetValue(rule),
                Host = parsed.GetValue(host),
                Level = parsed.GetValue(level),
                IncludesSuperseded = parsed.GetValue(superseded),
            };
            int most = parsed.GetValue(limit) ?? DefaultLimit;
            var search = new DetectionSearch(storage.Table(parsed, parsed.GetRequiredValue(table)));

            // One more, to tell whether there are more.
            int asked = most == int.MaxValue ? most : most + 1;
            await DetectionOutput.List(terminal).WriteAsync(
                search.NewestAsync(filter, asked, cancellationToken),
                most,
                parsed.GetRequiredValue(format),
                cancellationToken,
                () => RequireRuleAsync(search, filter, cancellationToken));
            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>
    /// Refuses what is no rule's id. Which rules there are is not in the table: what has the form of an id may be that of a rule which detected nothing.
    /// </summary>
    private static async Task RequireRuleAsync(DetectionSearch search, DetectionFilter filter, CancellationToken cancellationToken)
    {
        if (filter.RuleId is not { } wanted || Guid.TryParse(wanted, out _))
        {
            return;
        }

        List<(string Id, string Title)> rules = await search
            .NewestAsync(filter with { RuleId = null, Host = null, Level = null }, MaxRulesLookedAt, cancellationToken)
            .Select(detection => (detection.RuleId, detection.RuleTitle))
            .ToListAsync(cancellationToken);
        if (!rules.Exists(rule => string.Equals(rule.Id, wanted, StringComparison.OrdinalIgnoreCase)))
        {
            throw new CommandException(
                $"no detection of this time is of a rule with the id '{wanted}'{(RuleSuggestion.For(wanted, rules) is { Length: > 0 } meant ? meant : " (--rule takes the id, not the title)")}");
        }
    }

    private static DocumentedCommand Show(Terminal terminal)
    {
        var storage = new StorageArguments(terminal);
        Option<string> table = TableOption();
        Option<string> originals = StorageArguments.Name("--originals", "Container of records that are too large for the table.", OriginalStore.DefaultName);
        var id = new Argument<string>("ID") { Description = "Id of the detection, which its alert has too, or as much of its beginning as no other has." };
        Option<string> format = CommandOptions.Format();
        var raw = new Option<bool>("--original") { Description = "Only the record as it arrived." };
        var events = new Option<bool>("--events") { Description = "Only the events of a correlation, by time, with the detections of their own rules." };
        var command = new DocumentedCommand(
            "show",
            "Shows one detection with the record as it arrived.",
            """
            The beginning of an id has at least the 10 digits of its hour. Exit code 1 if
            there is none of that id, 2 if several begin so. Of a correlation, the record is
            that of the event which completed it.

            Examples:
              sigmaf detections show 202611260956315210000-ae1 --account mystorage
              sigmaf detections show 202611260956315210000-ae1 --events
              sigmaf detections show 202611260956315210000-ae1 --original > event.json
            """)
        {
            id,
            format,
            raw,
            events,
            table,
            originals,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            if (!DetectionIdPrefix.TryParse(parsed.GetRequiredValue(id), out DetectionIdPrefix? prefix))
            {
                throw new CommandException(
                    "ID is not that of a detection: 21 digits of time, a hyphen and 32 lower-case hex digits, or the beginning of that from its 10 digits of the hour on");
            }

            if (parsed.GetValue(raw) && parsed.GetValue(events))
            {
                throw new CommandException("--original and --events exclude each other");
            }

            TableClient rows = storage.Table(parsed, parsed.GetRequiredValue(table));
            DetectionId wanted = await FindAsync(new DetectionSearch(rows), prefix, cancellationToken);
            var detections = new DetectionTable(
                rows,
                originals: new OriginalStore(storage.Container(parsed, parsed.GetRequiredValue(originals))));
            Detection detection = await detections.FindAsync(wanted, cancellationToken)
                ?? throw NoDetection();
            if (parsed.GetValue(events))
            {
                await WriteEventsAsync(terminal, detections, detection, parsed.GetRequiredValue(format), cancellationToken);
                return ExitCode.Success;
            }

            string original = await detections.ReadOriginalAsync(detection, cancellationToken);
            if (parsed.GetValue(raw))
            {
                if (original.Length == 0)
                {
                    await terminal.Errors.WriteLineAsync($"sigmaf: original {DetectionOutput.NoOriginal}");
                }

                await terminal.WriteBytesAsync(Encoding.UTF8.GetBytes(original), cancellationToken);
            }
            else if (parsed.GetRequiredValue(format) == "json")
            {
                TerminalText.WriteJson(terminal, writer => DetectionOutput.WriteJson(writer, detection, original));
            }
            else
            {
                await DetectionOutput.WriteTextAsync(terminal, detection, original);
            }

            return ExitCode.Success;
        }));
        return command;
    }

    private static DocumentedCommand Reindex(Terminal terminal, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        Option<string> table = StorageArguments.Name("--table", "Table of detections; that of pointers has its name with Index behind it.", DetectionTable.DefaultName);
        Option<Moment?> since = StorageArguments.Since("Only what was enqueued since: so long ago (90m, 24h, 7d), or a date or time in UTC. [default: ever]");
        Option<Moment?> until = StorageArguments.Until();
        var command = new DocumentedCommand(
            "reindex",
            "Writes the pointers by which detections are found by host, user, rule and hash of a file.",
            """
            The app writes pointers with each detection. Versions before the index did not: run this once for detections that they recorded. It
            may be run while the app writes, ended, and run again: the same pointers are written. Detections are read once, without their
            originals, and not changed. It needs the role Storage Table Data Contributor.

            Examples:
              sigmaf detections reindex --account mystorage
              sigmaf detections reindex --account mystorage --since 90d
            """)
        {
            since,
            until,
            table,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            DateTimeOffset now = time.GetUtcNow();
            string name = parsed.GetRequiredValue(table);
            var detections = new DetectionTable(storage.Table(parsed, name), index: new DetectionIndex(storage.Table(parsed, name + DetectionIndex.NameSuffix)));
            (long indexed, long passedOver) = await detections.ReindexAsync(
                parsed.GetValue(since)?.At(now) ?? DateTimeOffset.MinValue,
                parsed.GetValue(until)?.At(now) ?? DateTimeOffset.MaxValue,
                count => terminal.Errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sigmaf: {count} detections indexed")),
                cancellationToken);
            if (passedOver > 0)
            {
                await terminal.Errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"sigmaf: {passedOver} rows are not of a detection and were passed over"));
            }

            await terminal.Text.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{indexed} detections have pointers in {name}{DetectionIndex.NameSuffix}"));
            return ExitCode.Success;
        }));
        return command;
    }

    private static async Task WriteEventsAsync(
        Terminal terminal, DetectionTable detections, Detection detection, string format, CancellationToken cancellationToken)
    {
        DetectedCorrelation correlation = detection.Correlation
            ?? throw new CommandException("--events is for what a correlation detected: this is a match of a rule on one event");
        IReadOnlyDictionary<DetectionId, Detection> recorded = await detections.FindBriefAsync(
            [.. correlation.Events.Select(IdOf)], cancellationToken);
        await CorrelationOutput.Events(terminal).WriteAsync(
            correlation.Events.Select(one => new CorrelatedDetection(one, recorded.GetValueOrDefault(IdOf(one)))).ToAsyncEnumerable(),
            int.MaxValue,
            format,
            cancellationToken);
        if (correlation.Events.Length < correlation.EventCount)
        {
            await terminal.Errors.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"sigmaf: of {correlation.EventCount} events these {correlation.Events.Length} are kept: the first and the last"));
        }

        static DetectionId IdOf(DetectedEvent one) => DetectionId.Create(one.Identity, one.RuleId);
    }

    /// <summary>The one id that begins so.</summary>
    private static async Task<DetectionId> FindAsync(DetectionSearch search, DetectionIdPrefix prefix, CancellationToken cancellationToken)
    {
        if (DetectionId.TryParse(prefix.Value, out DetectionId whole))
        {
            return whole;
        }

        IReadOnlyList<DetectionId> found = await search.FindAsync(prefix, MaxIdsCounted, cancellationToken);
        return found.Count switch
        {
            0 => throw NoDetection(),
            1 => found[0],
            MaxIdsCounted => throw new CommandException($"{MaxIdsCounted} detections or more have an id that begins with {prefix}: give more of it"),
            _ => throw new CommandException($"{found.Count} detections have an id that begins with {prefix}: give more of it"),
        };
    }

    private static CommandException NoDetection() => new("there is no detection of this id", ExitCode.Failure);

    private static Option<string> TableOption() => StorageArguments.Name("--table", "Table of detections.", DetectionTable.DefaultName);
}
