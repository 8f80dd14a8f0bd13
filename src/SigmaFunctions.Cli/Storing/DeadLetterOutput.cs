using System.Globalization;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Storage.DeadLetters;

namespace SigmaFunctions.Cli.Storing;

/// <summary>Dead letters for people and tools.</summary>
internal static class DeadLetterOutput
{
    /// <summary>A list of letters.</summary>
    public static ListOutput<StoredDeadLetter> List(Terminal terminal) => new(
        terminal, ["enqueued", "hub", "partition", "#sequence", "record", "#bytes", "reason", "name"], Cells, WriteJson);

    /// <summary>A letter in a few words.</summary>
    public static string Line(StoredDeadLetter letter) => TerminalText.Brief($"{letter.Name} ({letter.Reason ?? "reason not known"})");

    private static string[] Cells(StoredDeadLetter letter) =>
    [
        letter.EnqueuedTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        letter.EventHub ?? "",
        letter.Partition ?? "",
        letter.SequenceNumber.ToString(CultureInfo.InvariantCulture),
        letter.Record?.ToString(CultureInfo.InvariantCulture) ?? "body",
        letter.Size.ToString(CultureInfo.InvariantCulture),
        letter.Reason ?? "",
        letter.Name,
    ];

    private static void WriteJson(Utf8JsonWriter writer, StoredDeadLetter letter)
    {
        writer.WriteStartObject();
        writer.WriteString("name", letter.Name);
        writer.WriteString("enqueuedTime", letter.EnqueuedTime);
        writer.WriteString("namespace", letter.Namespace);
        writer.WriteString("eventHub", letter.EventHub);
        writer.WriteString("partition", letter.Partition);
        writer.WriteNumber("sequenceNumber", letter.SequenceNumber);
        writer.WriteNumberOrNull("record", letter.Record);
        writer.WriteString("reason", letter.Reason);
        writer.WriteNumberOrNull("offset", letter.Offset);
        writer.WriteNumber("size", letter.Size);
        writer.WriteString("appVersion", letter.AppVersion);
        writer.WriteTimeOrNull("writtenTime", letter.WrittenTime);
        writer.WriteEndObject();
    }
}
