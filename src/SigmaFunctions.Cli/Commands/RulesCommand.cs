using System.CommandLine;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Storing;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf rules</c>: changes the rules of an app that runs.</summary>
internal static class RulesCommand
{
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
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(() => PushAsync(
            new PushRequest(
                parsed.GetRequiredValue(paths),
                parsed.GetValue(overrides),
                parsed.GetValue(placeholders),
                parsed.GetValue(allowRejected),
                () => new RuleStore(storage.Container(parsed, parsed.GetRequiredValue(container)), time),
                parsed.GetValue(wait) ? () => new RuleSetTable(storage.Table(parsed, parsed.GetRequiredValue(table))) : null),
            terminal,
            time,
            cancellationToken)));
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
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(() => TellAsync(
            new RuleStore(storage.Container(parsed, parsed.GetRequiredValue(container))),
            new RuleSetTable(storage.Table(parsed, parsed.GetRequiredValue(table))),
            parsed.GetRequiredValue(format) == "json",
            terminal,
            cancellationToken)));
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
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(() => RollbackAsync(
            new RuleStore(storage.Container(parsed, parsed.GetRequiredValue(container)), time),
            parsed.GetValue(wanted),
            parsed.GetValue(wait) ? () => new RuleSetTable(storage.Table(parsed, parsed.GetRequiredValue(table))) : null,
            terminal,
            time,
            cancellationToken)));
        return command;
    }

    private static Option<string> ContainerOption() => StorageArguments.Name("--container", "Container of rules.", RuleStore.DefaultName);

    private static Option<string> TableOption() => StorageArguments.Name("--table", "Table in which the app tells which rules it runs.", RuleSetTable.DefaultName);

    private static Option<bool> WaitOption() =>
        new("--wait") { Description = $"Waits until the app says that it runs them, up to {RuleSetWait.Patience.TotalMinutes:F0} minutes." };

    private static async Task<int> PushAsync(PushRequest request, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var content = RuleStoreContent.Of(PushInput.Read(request.Paths));
        RuleFile? overrides = PushInput.Extra("--overrides", request.Overrides, content.Overrides);
        RuleFile? placeholders = PushInput.Extra(RuleInput.PlaceholdersName, request.Placeholders, content.Placeholders);
        var rules = RuleSet.Load(content.Files, RuleInput.Placeholders(placeholders));
        await RuleInput.RequireAnyAsync(rules, terminal);
        await PushInput.CheckOverridesAsync(overrides, rules, terminal);
        if (rules.Rejected > 0 && !request.AllowRejected)
        {
            await terminal.Errors.WriteLineAsync("sigmaf: nothing was pushed; --allow-rejected pushes the others");
            return ExitCode.Failure;
        }

        PushedRuleSet set;
        try
        {
            set = await request.Store().PushAsync(content.Files, overrides, placeholders, rules.Rules.Length, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new CommandException(exception.Message);
        }

        await terminal.Text.WriteLineAsync($"{set.Name}: {TerminalText.Plural(rules.Rules.Length, "rule")} pushed");
        return await WaitAsync(request.Reports, set.Name, terminal, time, cancellationToken);
    }

    private static async Task<int> TellAsync(RuleStore store, RuleSetTable reports, bool asJson, Terminal terminal, CancellationToken cancellationToken)
    {
        RuleSetStatus status;
        try
        {
            status = await RuleSetStatus.ReadAsync(store, reports, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new CommandException(exception.Message, ExitCode.Failure);
        }

        if (asJson)
        {
            TerminalText.WriteJson(terminal, status.WriteJson);
        }
        else
        {
            status.WriteText(terminal);
        }

        return status.Report?.Broken is null ? ExitCode.Success : ExitCode.Failure;
    }

    private static async Task<int> RollbackAsync(
        RuleStore store, string? wanted, Func<RuleSetTable>? reports, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        string set = wanted ?? await FormerAsync(store, cancellationToken);
        if (!await store.TryPointAsync(set, cancellationToken))
        {
            throw new CommandException($"there is no pushed set '{set}': 'sigmaf rules status' lists them", ExitCode.Failure);
        }

        await terminal.Text.WriteLineAsync($"{set} counts now");
        return await WaitAsync(reports, set, terminal, time, cancellationToken);
    }

    private static async Task<string> FormerAsync(RuleStore store, CancellationToken cancellationToken)
    {
        string current = await store.GetCurrentAsync(cancellationToken)
            ?? throw new CommandException("no set was pushed into this container: there is none to go back from", ExitCode.Failure);
        IReadOnlyList<PushedRuleSet> sets = await store.ListSetsAsync(cancellationToken);
        return sets.FirstOrDefault(set => string.CompareOrdinal(set.Name, current) < 0)?.Name
            ?? throw new CommandException($"no set was pushed before {current}", ExitCode.Failure);
    }

    private static async Task<int> WaitAsync(Func<RuleSetTable>? reports, string set, Terminal terminal, TimeProvider time, CancellationToken cancellationToken) =>
        reports is null ? ExitCode.Success : await RuleSetWait.RunAsync(reports(), set, terminal, time, cancellationToken);

    /// <summary>What <c>push</c> is asked for.</summary>
    /// <param name="Paths">Files, folders and archives of rules.</param>
    /// <param name="Overrides">File of overrides.</param>
    /// <param name="Placeholders">File of placeholders' values.</param>
    /// <param name="AllowRejected">Whether the set is pushed although rules of it are rejected.</param>
    /// <param name="Store">Opens the container, once the rules were read.</param>
    /// <param name="Reports">Opens the table in which the app tells which rules it runs; null where it is not waited for.</param>
    private sealed record PushRequest(
        string[] Paths, string? Overrides, string? Placeholders, bool AllowRejected, Func<RuleStore> Store, Func<RuleSetTable>? Reports);
}
