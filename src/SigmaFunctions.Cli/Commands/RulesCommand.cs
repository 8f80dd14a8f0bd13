using System.CommandLine;
using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Storing;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf rules</c>: changes the rules of an app that runs.</summary>
internal static class RulesCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public static Command Create(Terminal terminal, TimeProvider time) => new("rules", "Changes the rules that an app runs, without deploying it.")
    {
        Push(terminal, time),
        Status(terminal),
        Rollback(terminal, time),
    };

    private static DocumentedCommand Push(Terminal terminal, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        Option<string> container = ContainerOption();
        Option<string> table = TableOption();
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Rule files, folders (every *.yml and *.yaml below them) and zip archives.",
            Arity = ArgumentArity.OneOrMore,
        };
        var overrides = new Option<string?>("--overrides")
        {
            Description = "YAML file of what is changed about rules: level, suppression, whether they run.",
            HelpName = "FILE",
        };
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        var allowRejected = new Option<bool>("--allow-rejected") { Description = "Pushes although some rules are rejected." };
        Option<bool> wait = WaitOption();
        var command = new DocumentedCommand(
            "push",
            "Puts a set of rules into the app's container, in place of the set before.",
            """
            The set is checked first, and pushed only if every rule of it loads. The app takes it within a minute, as a whole, beside the
            rules of its package; of the same id, the pushed rule counts. Exit code 1 if a rule is rejected (nothing is pushed), or if the
            app does not take it in time (--wait).

            Examples:
              sigmaf rules push my-rules/ sigma_core.zip --overrides overrides.yml --account mystorage --wait
            """)
        {
            paths,
            overrides,
            placeholders,
            allowRejected,
            container,
            table,
            wait,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            var content = RuleStoreContent.Of(Read(parsed.GetRequiredValue(paths)));
            RuleFile? overridesFile = Extra("--overrides", parsed.GetValue(overrides), content.Overrides);
            RuleFile? placeholdersFile = Extra(RuleInput.PlaceholdersName, parsed.GetValue(placeholders), content.Placeholders);
            var rules = RuleSet.Load(content.Files, RuleInput.Placeholders(placeholdersFile));
            await RuleInput.RequireAnyAsync(rules, terminal);
            await CheckOverridesAsync(overridesFile, rules, terminal);
            if (rules.Rejected > 0 && !parsed.GetValue(allowRejected))
            {
                await terminal.Errors.WriteLineAsync("sigmaf: nothing was pushed; --allow-rejected pushes the others");
                return ExitCode.Failure;
            }

            PushedRuleSet set;
            try
            {
                set = await new RuleStore(storage.Container(parsed, parsed.GetRequiredValue(container)), time)
                    .PushAsync(content.Files, overridesFile, placeholdersFile, rules.Rules.Length, cancellationToken);
            }
            catch (InvalidDataException exception)
            {
                throw new CommandException(exception.Message);
            }

            await terminal.Text.WriteLineAsync($"{set.Name}: {TerminalText.Plural(rules.Rules.Length, "rule")} pushed");
            return await WaitAsync(parsed.GetValue(wait) ? storage.Table(parsed, parsed.GetRequiredValue(table)) : null, set.Name, terminal, time, cancellationToken);
        }));
        return command;
    }

    private static DocumentedCommand Status(Terminal terminal)
    {
        var storage = new StorageArguments(terminal);
        Option<string> container = ContainerOption();
        Option<string> table = TableOption();
        Option<string> format = CommandOptions.Format();
        var command = new DocumentedCommand(
            "status",
            "Tells which rules are in the container, and what the app made of them.",
            """
            Exit code 1 if the app could not use the rules that are in the container now.

            Examples:
              sigmaf rules status --account mystorage
            """)
        {
            container,
            table,
            format,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            var store = new RuleStore(storage.Container(parsed, parsed.GetRequiredValue(container)));
            RuleSetStatus status;
            try
            {
                status = await RuleSetStatus.ReadAsync(store, new RuleSetTable(storage.Table(parsed, parsed.GetRequiredValue(table))), cancellationToken);
            }
            catch (InvalidDataException exception)
            {
                throw new CommandException(exception.Message, ExitCode.Failure);
            }

            if (parsed.GetRequiredValue(format) == "json")
            {
                TerminalText.WriteJson(terminal, status.WriteJson);
            }
            else
            {
                status.WriteText(terminal);
            }

            return status.Report?.Broken is null ? ExitCode.Success : ExitCode.Failure;
        }));
        return command;
    }

    private static DocumentedCommand Rollback(Terminal terminal, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        Option<string> container = ContainerOption();
        Option<string> table = TableOption();
        var wanted = new Argument<string?>("SET")
        {
            Description = "The set to go back to, as 'status' names it; that pushed before the current one where it is not given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> wait = WaitOption();
        var command = new DocumentedCommand(
            "rollback",
            "Makes an earlier pushed set the one that counts.",
            """
            No set is removed, so that one can go forward again by naming it. Exit code 1 if there is none, or if the app does not take it in
            time (--wait).

            Examples:
              sigmaf rules rollback --account mystorage --wait
            """)
        {
            wanted,
            container,
            table,
            wait,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            var store = new RuleStore(storage.Container(parsed, parsed.GetRequiredValue(container)), time);
            string set = parsed.GetValue(wanted) ?? await FormerAsync(store, cancellationToken);
            if (!await store.TryPointAsync(set, cancellationToken))
            {
                throw new CommandException($"there is no pushed set '{set}': 'sigmaf rules status' lists them", ExitCode.Failure);
            }

            await terminal.Text.WriteLineAsync($"{set} counts now");
            return await WaitAsync(parsed.GetValue(wait) ? storage.Table(parsed, parsed.GetRequiredValue(table)) : null, set, terminal, time, cancellationToken);
        }));
        return command;
    }

    private static Option<string> ContainerOption() => StorageArguments.Name("--container", "Container of rules.", RuleStore.DefaultName);

    private static Option<string> TableOption() => StorageArguments.Name("--table", "Table in which the app tells which rules it runs.", RuleSetTable.DefaultName);

    private static Option<bool> WaitOption() =>
        new("--wait") { Description = $"Waits until the app says that it runs them, up to {Patience.TotalMinutes:F0} minutes." };

    private static List<RuleFile> Read(string[] paths)
    {
        var files = new List<RuleFile>();
        try
        {
            files.AddRange(RuleFile.ReadAll(paths.Where(path => !RuleArchive.IsArchive(path))));
        }
        catch (InvalidDataException exception)
        {
            throw new CommandException(exception.Message);
        }

        foreach (string archive in paths.Where(RuleArchive.IsArchive))
        {
            try
            {
                files.AddRange(RuleArchive.Read(File.ReadAllBytes(archive), Path.GetFileNameWithoutExtension(archive) + "/"));
            }
            catch (InvalidDataException exception)
            {
                throw new CommandException($"the archive '{archive}' cannot be read: {exception.Message}");
            }
        }

        return files.GroupBy(file => file.Path, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice
            ? throw new CommandException($"two files are named '{twice.Key}': push a folder that holds both")
            : files;
    }

    /// <summary>A file that goes with the rules: the one that an option names, or the one at their top.</summary>
    private static RuleFile? Extra(string option, string? path, RuleFile? atTop) => (path, atTop) switch
    {
        (null, _) => atTop,
        (_, null) => new RuleFile(path, File.ReadAllText(path)),
        _ => throw new CommandException($"there is '{atTop.Path}' at the top of the rules, and {option} names another: keep one"),
    };

    private static async Task CheckOverridesAsync(RuleFile? file, RuleSet rules, Terminal terminal)
    {
        if (file is null)
        {
            return;
        }

        RuleOverrides overrides;
        try
        {
            overrides = RuleOverrides.Parse(file);
        }
        catch (InvalidDataException exception)
        {
            throw new CommandException(exception.Message);
        }

        var known = rules.Rules.Select(rule => rule.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (string id in overrides.Ids.Where(id => !known.Contains(id)).Order(StringComparer.Ordinal))
        {
            await terminal.Errors.WriteLineAsync($"sigmaf: the overrides change {id}, which is not among these rules; the app's package may have it");
        }
    }

    private static async Task<string> FormerAsync(RuleStore store, CancellationToken cancellationToken)
    {
        string current = await store.GetCurrentAsync(cancellationToken)
            ?? throw new CommandException("no set was pushed into this container: there is none to go back from", ExitCode.Failure);
        IReadOnlyList<PushedRuleSet> sets = await store.ListSetsAsync(cancellationToken);
        return sets.FirstOrDefault(set => string.CompareOrdinal(set.Name, current) < 0)?.Name
            ?? throw new CommandException($"no set was pushed before {current}", ExitCode.Failure);
    }

    private static async Task<int> WaitAsync(
        Azure.Data.Tables.TableClient? table, string set, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        if (table is null)
        {
            return ExitCode.Success;
        }

        // Rows hold the time of the app's clock, which need not be this one; the set's row may be there from earlier.
        var reports = new RuleSetTable(table);
        string key = RuleStore.VersionOf(set).Key;
        long started = time.GetTimestamp();
        DateTimeOffset? before = null;
        for (bool first = true; time.GetElapsedTime(started) < Patience; first = false)
        {
            IReadOnlyList<RuleSetReport> all = await reports.ListAsync(cancellationToken);
            RuleSetReport? report = all.FirstOrDefault(one => one.Key == key);
            bool isNewest = report is not null && all[0] == report;
            if (first && !isNewest)
            {
                before = report?.At;
            }

            if (report is not null && (isNewest || report.At > before))
            {
                if (report.Broken is { } reason)
                {
                    await terminal.Errors.WriteLineAsync($"sigmaf: the app cannot use it: {reason}");
                    return ExitCode.Failure;
                }

                await terminal.Text.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"the app runs it: {TerminalText.Plural(report.Rules, "rule")}, {report.Rejected} rejected, revision {report.Revision}"));
                return ExitCode.Success;
            }

            await Task.Delay(Interval, time, cancellationToken);
        }

        await terminal.Errors.WriteLineAsync("sigmaf: the app has not said in time that it runs it: an app that is scaled to zero looks when the next event comes");
        return ExitCode.Failure;
    }
}
