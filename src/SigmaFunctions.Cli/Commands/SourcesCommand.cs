using System.CommandLine;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Storing;
using SigmaFunctions.Storage.Sources;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf sources</c>: what arrives at a deployed app.</summary>
internal static class SourcesCommand
{
    public static Command Create(Terminal terminal, TimeProvider time)
    {
        var storage = new StorageArguments(terminal);
        Option<string> table = StorageArguments.Name("--table", "Table of what arrives.", SourceTable.DefaultName);
        Option<string> format = CommandOptions.Format();
        var command = new DocumentedCommand(
            "sources",
            "Lists what arrives at a deployed app, and what has changed.",
            """
            A source is a hub, the form that events come in, their channel and provider or table, and their tenant. The app writes what it counts
            every five minutes. When a source is silent or has lost a field is in docs/operations.md.

            Examples:
              sigmaf sources --account mystorage
              DetectionStorage="DefaultEndpointsProtocol=..." sigmaf sources --format json
            """)
        {
            format,
            table,
        };
        storage.AddTo(command);
        command.SetAction((parsed, cancellationToken) => StorageArguments.RunAsync(async () =>
        {
            IReadOnlyList<SourceState> states = await ReadAsync(
                new SourceTable(storage.Table(parsed, parsed.GetRequiredValue(table))), time.GetUtcNow(), cancellationToken);
            if (parsed.GetRequiredValue(format) == "json")
            {
                TerminalText.WriteJson(terminal, writer => SourceOutput.WriteJson(writer, states));
            }
            else
            {
                await SourceOutput.WriteTextAsync(terminal, states);
            }

            return ExitCode.Success;
        }));
        return command;
    }

    private static async Task<IReadOnlyList<SourceState>> ReadAsync(SourceTable table, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var told = (await table.ListToldAsync(cancellationToken)).ToDictionary(row => row.Told.Source, row => row.Told);
        SourceHistory history = await table.ListAsync(
            today.AddDays(-SourceJudge.DaysNeeded), today.AddDays(-SourceJudge.DaysOfFields), today, cancellationToken);

        // How far hubs are done is not known here. What the app told stands all the same.
        var horizons = history.Sources.GroupBy(days => days[0].Source.Hub, StringComparer.OrdinalIgnoreCase).ToDictionary(
            hub => hub.Key, hub => HubHorizon.Of([], hub.Max(days => days.Max(day => day.LastEnqueued)), now), StringComparer.OrdinalIgnoreCase);
        return
        [
            .. history.Sources
                .Select(days => SourceJudge.Judge(
                    days, told.GetValueOrDefault(days[0].Source), history.HorizonOf(days, horizons[days[0].Source.Hub]), now))
                .OrderBy(state => state.Source.ToString(), StringComparer.Ordinal),
        ];
    }
}
