using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Storing;
using SigmaFunctions.Storage;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Erasing;
using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf erase</c>: removes what is kept of a host or user.</summary>
internal static class EraseCommand
{
    public static Command Create(Terminal terminal, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        Option<DataSubject?> host = SubjectOption(
            "--host", "A host: its whole name, or up to one of its dots; 'ws01' is also 'ws01.corp.example'.", DataSubject.OfHost);
        Option<DataSubject?> user = SubjectOption(
            "--user", @"A user: ann of whatever domain, or CORP\ann or ann@corp.example where the domain agrees.", DataSubject.OfUser);
        Option<Moment?> since = StorageArguments.Since("Only what was enqueued since: so long ago (90m, 24h, 7d), or a date or time in UTC. [default: ever]");
        Option<Moment?> until = StorageArguments.Until();
        var anywhere = new Option<bool>("--anywhere") { Description = "Also detections on other hosts or of other users that name it in their evidence or original." };
        var yes = new Option<bool>("--yes") { Description = "Erases. Without it nothing is changed." };
        Option<string> format = CommandOptions.Format();
        Option<string> table = StorageArguments.Name("--table", "Table of detections; those of pointers and verdicts have its name with Index and Verdicts behind it.", DetectionTable.DefaultName);
        Option<string> originals = StorageArguments.Name("--originals", "Container of records that are too large for the table.", OriginalStore.DefaultName);
        Option<string> letters = StorageArguments.Name("--dead-letters", "Container of dead letters.", DeadLetterStore.DefaultName);
        var command = new DocumentedCommand(
            "erase",
            "Tells which detections, verdicts, originals and dead letters are of a host or user, and with --yes erases them.",
            """
            Detections, and verdicts on them, are of a host or user if their host or user is it; dead letters, and originals without a detection, if the name stands
            anywhere in them. Without --since and --until the whole table and both containers are looked through. It may be ended and run again.
            A detection whose alert is still to be sent stays until it is. Exit code 1 if there are such, if something could not be searched, or a table
            or container is not there. What it does not reach: docs/privacy.md.

            Examples:
              sigmaf erase --user ann --account mystorage
              sigmaf erase --host ws-017 --since 30d --account mystorage --yes
            """)
        {
            host,
            user,
            since,
            until,
            anywhere,
            yes,
            format,
            table,
            originals,
            letters,
        };
        storage.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(host) is null == result.GetResult(user) is null)
            {
                result.AddError("Give either --host NAME or --user NAME: whose data it is.");
            }
        });
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            DateTimeOffset now = time.GetUtcNow();
            var search = new ErasureSearch(
                (parsed.GetValue(host) ?? parsed.GetValue(user))!,
                parsed.GetValue(since)?.At(now) ?? DateTimeOffset.MinValue,
                parsed.GetValue(until)?.At(now) ?? DateTimeOffset.MaxValue,
                parsed.GetValue(anywhere),
                now);
            bool removes = parsed.GetValue(yes);
            ImmutableArray<IErasableStore> stores = PersonalData.Stores(
                new DetectionTable(
                    storage.Table(parsed, parsed.GetRequiredValue(table)),
                    index: new DetectionIndex(storage.Table(parsed, parsed.GetRequiredValue(table) + DetectionIndex.NameSuffix))),
                new VerdictStore(storage.Table(parsed, parsed.GetRequiredValue(table) + VerdictStore.NameSuffix)),
                new OriginalStore(storage.Container(parsed, parsed.GetRequiredValue(originals))),
                new DeadLetterStore(storage.Container(parsed, parsed.GetRequiredValue(letters))));
            var erasure = new Erasure(stores, result => terminal.Errors.WriteLine("sigmaf: " + ErasureOutput.Line(result)));
            ImmutableArray<ErasureResult> results = await erasure.RunAsync(search, removes, cancellationToken);
            if (parsed.GetRequiredValue(format) == "json")
            {
                TerminalText.WriteJson(terminal, writer => ErasureOutput.WriteJson(writer, results, removes));
            }
            else
            {
                ErasureOutput.WriteText(terminal, results, removes, search.Anywhere);
            }

            return results.Any(result => result.IsMissing || result.Unsearchable + result.Owed > 0) ? ExitCode.Failure : ExitCode.Success;
        }));
        return command;
    }

    private static Option<DataSubject?> SubjectOption(string name, string description, Func<string, DataSubject> parse) => new(name)
    {
        Description = description,
        HelpName = "NAME",
        CustomParser = (ArgumentResult result) =>
        {
            try
            {
                return parse(result.Tokens[^1].Value);
            }
            catch (FormatException exception)
            {
                result.AddError($"{name}: {exception.Message}.");
                return null;
            }
        },
    };
}
