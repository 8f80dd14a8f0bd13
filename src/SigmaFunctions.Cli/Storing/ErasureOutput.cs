using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Storage.Erasing;
using Spectre.Console;

namespace SigmaFunctions.Cli.Storing;

/// <summary>What <c>sigmaf erase</c> found, for people and tools.</summary>
internal static class ErasureOutput
{
    /// <summary>How far a store is, in a line.</summary>
    public static string Line(ErasureResult result) => result.IsMissing
        ? $"there is no table or container {result.Store}"
        : $"{result.Store}: {Number(result.LookedAt)} looked at, {Number(result.Found)} found, {Number(result.Removed)} erased";

    /// <summary>Writes the outcome for people.</summary>
    public static void WriteText(Terminal terminal, ImmutableArray<ErasureResult> results, bool removes, bool isAnywhere)
    {
        Table table = TerminalText.Table(terminal, "where", "#looked at", "#found", "#with originals", "#erased", "#alert owed", "#not searched whole");
        foreach (ErasureResult result in results)
        {
            table.Row(
                result.Store,
                result.IsMissing ? "not there" : Number(result.LookedAt),
                Number(result.Found),
                Number(result.Blobs),
                Number(result.Removed),
                Number(result.Owed),
                Number(result.Unsearchable));
        }

        TerminalText.Write(terminal, table);
        foreach (ErasureResult result in results)
        {
            WriteIds(terminal, $"{result.Store}, found:", result.Samples, result.Found);
            WriteIds(terminal, $"{result.Store}, not searched whole:", result.UnsearchableSamples, result.Unsearchable);
        }

        terminal.Text.WriteLine();
        terminal.Text.WriteLine(removes ? "Erased. What is beyond reach: docs/privacy.md" : "Nothing was erased: --yes erases what was found");
        if (results.Any(result => result.Owed > 0))
        {
            terminal.Text.WriteLine("Detections whose alerts are owed stay until these are sent: run it again");
        }

        if (!isAnywhere)
        {
            terminal.Text.WriteLine("Detections of others were not searched for the name: --anywhere");
        }
    }

    /// <summary>
    /// Writes the outcome as <c>{"erased":false,"stores":[{"store","missing","lookedAt","found","blobs","erased","owed","unsearchable","ids","unsearchableIds"}]}</c>,
    /// where ids are those of the first ten.
    /// </summary>
    public static void WriteJson(Utf8JsonWriter writer, ImmutableArray<ErasureResult> results, bool removes)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("erased", removes);
        writer.WriteStartArray("stores");
        foreach (ErasureResult result in results)
        {
            writer.WriteStartObject();
            writer.WriteString("store", result.Store);
            writer.WriteBoolean("missing", result.IsMissing);
            writer.WriteNumber("lookedAt", result.LookedAt);
            writer.WriteNumber("found", result.Found);
            writer.WriteNumber("blobs", result.Blobs);
            writer.WriteNumber("erased", result.Removed);
            writer.WriteNumber("owed", result.Owed);
            writer.WriteNumber("unsearchable", result.Unsearchable);
            writer.WriteTexts("ids", result.Samples);
            writer.WriteTexts("unsearchableIds", result.UnsearchableSamples);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteIds(Terminal terminal, string heading, ImmutableArray<string> ids, long count)
    {
        if (ids.IsEmpty)
        {
            return;
        }

        terminal.Text.WriteLine();
        terminal.Text.WriteLine(heading);
        foreach (string id in ids)
        {
            terminal.Text.WriteLine("  " + id);
        }

        if (count > ids.Length)
        {
            terminal.Text.WriteLine($"  and {Number(count - ids.Length)} more");
        }
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
