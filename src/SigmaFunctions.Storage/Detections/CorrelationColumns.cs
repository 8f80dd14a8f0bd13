using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>
/// The columns of a row that tell what a correlation detected. What is read and written again is the same text. Together they have at most 96,000
/// characters, whatever events hold: longer texts are cut, and where that is not enough, events in the middle are left out.
/// </summary>
internal static class CorrelationColumns
{
    /// <summary>JSON: what was detected, but for the events.</summary>
    public const string Correlation = "Correlation";

    /// <summary>JSON array of the events, or the first part of its text; further ones have a number from 2.</summary>
    public const string Events = "CorrelationEvents";

    /// <summary>How often it has changed.</summary>
    public const string Revision = nameof(DetectedCorrelation.Revision);

    /// <summary>There and true where it has turned out to be none.</summary>
    public const string Superseded = "Superseded";

    /// <summary>Longest text of an event, or of a value, in UTF-16 units.</summary>
    public const int MaxText = 256;

    private const int MaxParts = 2;
    private const int MinimumText = 32;
    private const int MaxType = 64;

    /// <summary>The columns of a row without the events, which are most of it.</summary>
    public static readonly string[] Summary = [Correlation, Revision, Superseded];

    /// <summary>All columns.</summary>
    public static readonly string[] Names = [.. Summary, .. Enumerable.Range(1, MaxParts).Select(EventsPart)];

    /// <summary>Whether a column is one of these, or further parts of events, as other versions may have them.</summary>
    public static bool IsOne(string column) => Summary.Contains(column) || IsOfEvents(column);

    /// <summary>Whether a column is a part of the events.</summary>
    public static bool IsOfEvents(string column) =>
        column.StartsWith(Events, StringComparison.Ordinal) && column.AsSpan(Events.Length).IndexOfAnyExceptInRange('0', '9') < 0;

    /// <summary>Makes the columns.</summary>
    /// <exception cref="ArgumentException">The value is not a number of JSON.</exception>
    public static Dictionary<string, object> Write(DetectedCorrelation correlation)
    {
        if (!NumberText.IsNumber(correlation.Value))
        {
            throw new ArgumentException("The value is not a number of JSON.", nameof(correlation));
        }

        var columns = new Dictionary<string, object>
        {
            [Correlation] = WriteSummary(correlation),
            [Revision] = correlation.Revision,
        };
        if (correlation.IsSuperseded)
        {
            columns[Superseded] = true;
        }

        string events = WriteEvents(correlation.Events);
        for (int start = 0, number = 1; start < events.Length; number++)
        {
            int length = BoundedText.Boundary(events.AsSpan(start), Math.Min(DetectionRow.MaxProperty, events.Length - start));
            columns[EventsPart(number)] = events.Substring(start, length);
            start += length;
        }
        return columns;
    }

    /// <summary>Reads the columns of a row; null where it is of no correlation.</summary>
    /// <param name="entity">The row; without its events, where only <see cref="Summary"/> was read.</param>
    /// <param name="id">Id of the detection.</param>
    /// <exception cref="FormatException">A column is not of its form.</exception>
    public static DetectedCorrelation? Read(TableEntity entity, DetectionId id)
    {
        if (Column<string>(entity, Correlation) is not { } summary)
        {
            return null;
        }

        using JsonDocument document = Parse(entity, Correlation, summary);
        ImmutableArray<DetectedEvent> events = ReadEvents(entity);
        try
        {
            JsonElement root = document.RootElement;
            JsonElement value = root.GetProperty("value");
            return new DetectedCorrelation
            {
                Id = id,
                Type = Text(root.GetProperty("type")),
                Group =
                [
                    .. root.GetProperty("group").EnumerateArray().Select(one => new DetectedField(Text(one.GetProperty("field")), Text(one.GetProperty("value")))),
                ],
                Value = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : throw new InvalidOperationException(),
                First = root.GetProperty("first").GetDateTimeOffset(),
                Last = root.GetProperty("last").GetDateTimeOffset(),
                EventCount = root.GetProperty("eventCount").GetInt32(),
                Events = events,
                Values = root.TryGetProperty("values", out JsonElement values) ? [.. values.EnumerateArray().Select(Text)] : [],
                IsPartial = root.TryGetProperty("isPartial", out JsonElement isPartial) && isPartial.GetBoolean(),
                Revision = RevisionOf(entity),
                IsSuperseded = Column<bool?>(entity, Superseded) ?? false,
            };
        }
        catch (Exception exception) when (IsOfForm(exception))
        {
            throw Wrong(entity, Correlation, exception);
        }
    }

    /// <summary>How often it has changed; 0 where the row does not say.</summary>
    /// <exception cref="FormatException">That is no number.</exception>
    public static int RevisionOf(TableEntity entity) => Column<int?>(entity, Revision) ?? 0;

    private static string EventsPart(int number) => number == 1 ? Events : string.Create(CultureInfo.InvariantCulture, $"{Events}{number}");

    private static string WriteSummary(DetectedCorrelation correlation)
    {
        int longest = MaxText;
        int values = Math.Min(correlation.Values.Length, DetectedCorrelation.MaxValues);
        int group = correlation.Group.Length;
        string text;
        while ((text = RowValues.Json(Write)).Length > DetectionRow.MaxProperty)
        {
            if (longest > MinimumText)
            {
                longest /= 2;
            }
            else if (values > 0)
            {
                values /= 2;
            }
            else
            {
                group /= 2;
            }
        }
        return text;

        void Write(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            writer.WriteString("type", RowValues.Text(correlation.Type, MaxType));
            writer.WriteStartArray("group");
            foreach (DetectedField one in correlation.Group.AsSpan()[..group])
            {
                writer.WriteStartObject();
                writer.WriteString("field", RowValues.Text(one.Field, longest));
                writer.WriteString("value", BoundedText.Clean(BoundedText.CutApart(one.Value, longest)));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WritePropertyName("value");
            writer.WriteRawValue(NumberText.Shorten(correlation.Value, RowValues.MaxName));
            writer.WriteString("first", correlation.First.UtcDateTime);
            writer.WriteString("last", correlation.Last.UtcDateTime);
            writer.WriteNumber("eventCount", correlation.EventCount);
            if (values > 0)
            {
                writer.WriteStartArray("values");
                foreach (string value in correlation.Values.AsSpan()[..values])
                {
                    writer.WriteStringValue(RowValues.Text(value, longest));
                }

                writer.WriteEndArray();
            }

            if (correlation.IsPartial)
            {
                writer.WriteBoolean("isPartial", true);
            }

            writer.WriteEndObject();
        }
    }

    private static string WriteEvents(ImmutableArray<DetectedEvent> events)
    {
        int longest = MaxText;
        int count = Math.Min(events.Length, DetectedCorrelation.MaxEvents);
        string text;
        while ((text = RowValues.Json(Write)).Length > MaxParts * DetectionRow.MaxProperty - MaxParts)
        {
            if (longest > MinimumText)
            {
                longest /= 2;
            }
            else
            {
                count /= 2;
            }
        }
        return text;

        void Write(Utf8JsonWriter writer)
        {
            writer.WriteStartArray();
            HubEventIdentity? before = null;
            foreach (DetectedEvent one in DetectedCorrelation.FirstAndLast(events, count))
            {
                writer.WriteStartObject();
                WriteWhereChanged(writer, "namespace", before?.Namespace, one.Identity.Namespace, longest);
                WriteWhereChanged(writer, "eventHub", before?.EventHub, one.Identity.EventHub, longest);
                WriteWhereChanged(writer, "partition", before?.Partition, one.Identity.Partition, longest);
                before = one.Identity;
                writer.WriteString("enqueuedTime", one.Identity.EnqueuedTime.UtcDateTime);
                writer.WriteNumber("sequenceNumber", one.Identity.SequenceNumber);
                writer.WriteNumber("record", one.Identity.Record);
                writer.WriteString("time", one.Time.UtcDateTime);
                writer.WriteString("rule", RowValues.Text(one.RuleId, longest));
                WriteWhereThere(writer, "host", one.Host, longest);
                WriteWhereThere(writer, "user", one.User, longest);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
    }

    private static void WriteWhereChanged(Utf8JsonWriter writer, string name, string? before, string text, int longest)
    {
        string written = RowValues.Text(text, longest)!;
        if (written != RowValues.Text(before, longest))
        {
            writer.WriteString(name, written);
        }
    }

    private static void WriteWhereThere(Utf8JsonWriter writer, string name, string? text, int longest)
    {
        if (text is not null)
        {
            writer.WriteString(name, RowValues.Text(text, longest));
        }
    }

    private static ImmutableArray<DetectedEvent> ReadEvents(TableEntity entity)
    {
        var text = new StringBuilder();
        for (int number = 1; Column<string>(entity, EventsPart(number)) is { } part; number++)
        {
            text.Append(part);
        }

        if (text.Length == 0)
        {
            return [];
        }

        using JsonDocument document = Parse(entity, Events, text.ToString());
        try
        {
            ImmutableArray<DetectedEvent>.Builder events = ImmutableArray.CreateBuilder<DetectedEvent>();
            foreach (JsonElement one in document.RootElement.EnumerateArray())
            {
                HubEventIdentity? before = events.Count == 0 ? null : events[^1].Identity;
                var identity = new HubEventIdentity(
                    Optional(one, "namespace") ?? before?.Namespace ?? throw new KeyNotFoundException(),
                    Optional(one, "eventHub") ?? before?.EventHub ?? throw new KeyNotFoundException(),
                    Optional(one, "partition") ?? before?.Partition ?? throw new KeyNotFoundException(),
                    one.GetProperty("enqueuedTime").GetDateTimeOffset(),
                    one.GetProperty("sequenceNumber").GetInt64(),
                    one.GetProperty("record").GetInt32());
                events.Add(new DetectedEvent(
                    identity,
                    one.GetProperty("time").GetDateTimeOffset(),
                    Text(one.GetProperty("rule")),
                    Optional(one, "host"),
                    Optional(one, "user")));
            }

            return events.DrainToImmutable();
        }
        catch (Exception exception) when (IsOfForm(exception))
        {
            throw Wrong(entity, Events, exception);
        }
    }

    // A column that was asked for and is not there may come as one without a value.
    private static T? Column<T>(TableEntity entity, string column) => entity.TryGetValue(column, out object? value) && value is not null
        ? value is T typed ? typed : throw Wrong(entity, column, null)
        : default;

    private static string Text(JsonElement element) => element.GetString() ?? throw new InvalidOperationException();

    private static string? Optional(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static JsonDocument Parse(TableEntity entity, string column, string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException exception)
        {
            throw Wrong(entity, column, exception);
        }
    }

    // What JSON's elements throw where they are of another kind, not there, or no time or number of the size.
    private static bool IsOfForm(Exception exception) => exception is InvalidOperationException or KeyNotFoundException or FormatException;

    private static FormatException Wrong(TableEntity entity, string column, Exception? exception) =>
        new($"Row {entity.PartitionKey}/{entity.RowKey}: {column} is not of its form.", exception);
}
