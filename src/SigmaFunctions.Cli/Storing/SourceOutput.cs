using System.Globalization;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Storage.Sources;

namespace SigmaFunctions.Cli.Storing;

/// <summary>Sources for people and tools.</summary>
internal static class SourceOutput
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm'Z'";

    /// <summary>Writes sources as a JSON array.</summary>
    public static void WriteJson(Utf8JsonWriter writer, IEnumerable<SourceState> states)
    {
        writer.WriteStartArray();
        foreach (SourceState state in states)
        {
            writer.WriteStartObject();
            writer.WriteString("hub", state.Source.Hub);
            writer.WriteString("shape", state.Source.Shape);
            writer.WriteString("channel", state.Source.Channel);
            writer.WriteString("provider", state.Source.Provider);
            writer.WriteString("tenant", state.Source.Tenant);
            writer.WriteString("status", StatusOf(state));
            writer.WriteNumber("eventsIn24Hours", state.EventsOfDay);
            writer.WriteString("first", state.First);
            writer.WriteString("last", state.Last);
            writer.WriteNumber("longestGapHours", state.LongestGap.TotalHours);
            writer.WritePropertyName("silentAfterHours");
            if (state.SilentAfter is { } after)
            {
                writer.WriteNumberValue(Math.Round(after.TotalHours, 1));
            }
            else
            {
                writer.WriteNullValue();
            }

            writer.WriteStartArray("lost");
            foreach (LostField lost in state.Lost)
            {
                writer.WriteStartObject();
                writer.WriteString("logSource", lost.LogSources);
                writer.WriteString("field", lost.Field);
                writer.WriteString("since", lost.Since.ToString("O", CultureInfo.InvariantCulture));
                writer.WriteString("lastSeen", lost.LastSeen.ToString("O", CultureInfo.InvariantCulture));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes sources for people: two lines each, and one for each field that was lost.</summary>
    public static async Task WriteTextAsync(Terminal terminal, IReadOnlyCollection<SourceState> states)
    {
        foreach (SourceState state in states)
        {
            await terminal.Text.WriteLineAsync(state.Source.ToString());
            string status = state.Status == SourceStatus.Silent ? $"silent since {Text(state.Last)}" : $"{StatusOf(state)}, last {Text(state.Last)}";
            await terminal.Text.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"  {status}, longest gap {state.LongestGap.TotalHours:F0} h, {state.EventsOfDay} events in 24 h"));
            foreach (LostField lost in state.Lost)
            {
                await terminal.Text.WriteLineAsync($"  lost {lost.Field} since {lost.Since.ToString("O", CultureInfo.InvariantCulture)} ({lost.LogSources})");
            }
        }

        if (states.Count == 0)
        {
            await terminal.Errors.WriteLineAsync("sigmaf: there are none");
        }
    }

    private static string StatusOf(SourceState state) => state.Status switch
    {
        SourceStatus.Silent => "silent",
        SourceStatus.Young => "young",
        SourceStatus.Irregular => "irregular",
        _ => "ok",
    };

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
}
