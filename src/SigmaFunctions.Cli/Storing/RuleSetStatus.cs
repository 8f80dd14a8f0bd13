using System.Globalization;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Storage.Rules;
using Spectre.Console;

namespace SigmaFunctions.Cli.Storing;

/// <summary>Which rules a container holds, and what an app made of them.</summary>
/// <param name="Version">What counts in the container.</param>
/// <param name="Report">What the app says of it; null where it has said nothing yet.</param>
/// <param name="Running">The newest rules that ran.</param>
/// <param name="Sets">Pushed sets, newest first.</param>
internal sealed record RuleSetStatus(RuleStoreVersion Version, RuleSetReport? Report, RuleSetReport? Running, IReadOnlyList<PushedRuleSet> Sets)
{
    private const int MaxSets = 20;

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidDataException">The container is not as it should be.</exception>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    public static async Task<RuleSetStatus> ReadAsync(RuleStore store, RuleSetTable table, CancellationToken cancellationToken)
    {
        RuleStoreVersion version = await store.GetVersionAsync(cancellationToken);
        IReadOnlyList<RuleSetReport> reports = await table.ListAsync(cancellationToken);
        return new RuleSetStatus(
            version,
            reports.FirstOrDefault(report => report.Key == version.Key),
            reports.FirstOrDefault(report => report.Broken is null),
            await store.ListSetsAsync(cancellationToken));
    }

    /// <summary>Writes it for people.</summary>
    public void WriteText(Terminal terminal)
    {
        terminal.Text.WriteLine($"container  {(Version.Set is { } set ? $"set {set}" : TerminalText.Plural(Version.Blobs.Length, "blob") + " of rules, put there one by one")}");
        terminal.Text.WriteLine($"app        {Saying()}");
        if (Report is { Broken: not null } or null && Running is { } running)
        {
            terminal.Text.WriteLine($"runs       {Described(running)}, since {Time(running.At)}");
        }

        if (Report is { Rejections.IsEmpty: false } report)
        {
            terminal.Text.WriteLine();
            foreach (string rejection in report.Rejections)
            {
                terminal.Text.WriteLine(rejection);
            }
        }

        if (Sets.Count == 0)
        {
            return;
        }

        terminal.Text.WriteLine();
        Table sets = TerminalText.Table(terminal, "pushed", "#rules", "#bytes", "set");
        foreach (PushedRuleSet one in Sets.Take(MaxSets))
        {
            sets.Row(
                Time(one.PushedAt),
                one.Rules is { } rules ? TerminalText.Number(rules) : "",
                one.Size.ToString(CultureInfo.InvariantCulture),
                one.Name + (one.Name == Version.Set ? " (counts)" : ""));
        }

        TerminalText.Write(terminal, sets);
    }

    /// <summary>Writes one JSON object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("version", Version.Key);
        writer.WriteString("set", Version.Set);
        writer.WriteNumber("blobs", Version.Blobs.Length);
        WriteReport(writer, "app", Report);
        WriteReport(writer, "running", Running);
        writer.WriteStartArray("sets");
        foreach (PushedRuleSet one in Sets)
        {
            writer.WriteStartObject();
            writer.WriteString("set", one.Name);
            writer.WriteString("pushedAt", one.PushedAt);
            if (one.Rules is { } rules)
            {
                writer.WriteNumber("rules", rules);
            }

            writer.WriteNumber("bytes", one.Size);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteReport(Utf8JsonWriter writer, string name, RuleSetReport? report)
    {
        if (report is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        writer.WriteString("version", report.Key);
        writer.WriteString("set", report.Set);
        writer.WriteString("at", report.At);
        writer.WriteString("broken", report.Broken);
        writer.WriteString("revision", report.Revision);
        writer.WriteNumber("rules", report.Rules);
        writer.WriteNumber("rejected", report.Rejected);
        writer.WriteTexts("rejections", report.Rejections);
        writer.WriteEndObject();
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Described(RuleSetReport report) => string.Create(
        CultureInfo.InvariantCulture, $"{TerminalText.Plural(report.Rules, "rule")}, {report.Rejected} rejected, revision {report.Revision}{(report.Set is { } set ? $", set {set}" : "")}");

    private string Saying() => Report switch
    {
        null => "has not looked at it yet (it does within a minute while it runs, or when it starts)",
        { Broken: { } reason } => $"cannot use it, at {Time(Report.At)}: {reason}",
        _ => $"runs it since {Time(Report.At)}: {Described(Report)}",
    };
}
