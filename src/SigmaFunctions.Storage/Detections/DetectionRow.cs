using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>
/// The row of a detection. Limits of the Table service that it stays within, whatever an event holds: 32 K characters a string,
/// 1 MiB a row, times from 1601.
/// </summary>
internal static class DetectionRow
{
    /// <summary>Set once the alert is on the queue.</summary>
    public const string AlertedAt = nameof(Detection.AlertedAt);

    /// <summary>Set once it is decided that there will be no alert.</summary>
    public const string HeldBack = nameof(Detection.HeldBack);

    /// <summary>Set with <see cref="HeldBack"/> where another alert stands for this detection: its id.</summary>
    public const string HeldBackBy = "HeldBackBy";

    /// <summary>Longest string property, in UTF-16 units; the service's own limit is 32,768.</summary>
    public const int MaxProperty = 32_000;

    /// <summary>Longest original over all its properties, in UTF-16 units: half of what a row may hold.</summary>
    public const int MaxOriginal = 8 * MaxProperty;

    /// <summary>Longest original, in UTF-16 units, in a row whose original is in a blob for the sake of the many rules that it matched.</summary>
    public const int BriefOriginal = 1_024;

    private const int MaxShortName = 128;
    private const int MaxField = 512;
    private const int MaxValue = 8_192;
    private const int MinimumValue = 32;

    /// <summary>The properties of a row without its original, which is most of it.</summary>
    public static readonly string[] Summary =
    [
        "PartitionKey",
        "RowKey",
        nameof(Detection.SchemaVersion),
        nameof(Detection.RuleId),
        nameof(Detection.RuleTitle),
        nameof(Detection.RuleAuthor),
        nameof(Detection.Level),
        nameof(Detection.Tags),
        nameof(Detection.EventTime),
        nameof(Detection.Host),
        nameof(Detection.User),
        nameof(Detection.TenantId),
        .. HubEventColumns.Names,
        nameof(Detection.Fields),
        nameof(Detection.Facts),
        nameof(Detection.OriginalTruncated),
        nameof(Detection.OriginalBlob),
        nameof(Detection.Omitted),
        .. CorrelationColumns.Summary,
    ];

    /// <summary>The same, and what became of its alert.</summary>
    public static readonly string[] SummaryAndOutcome = [.. Summary, AlertedAt, HeldBack, HeldBackBy];

    // Of the event that completes what a correlation detects, which may become another.
    private static readonly string[] RevisedColumns =
    [
        nameof(Detection.SchemaVersion), nameof(Detection.EventTime), nameof(Detection.Host), nameof(Detection.User), .. HubEventColumns.Names,
    ];

    /// <summary>Makes the row.</summary>
    public static TableEntity ToEntity(Detection detection)
    {
        DetectionId id = detection.Id;
        int longest = MaxOriginalOf(detection);
        string original = BoundedText.Clean(BoundedText.Cut(detection.Original, longest));
        string fields = WriteFields(detection.Fields, out bool fieldsCut);
        var entity = new TableEntity(id.PartitionKey, id.RowKey)
        {
            [nameof(Detection.SchemaVersion)] = detection.SchemaVersion,
            [nameof(Detection.RuleId)] = RowValues.Text(detection.RuleId, RowValues.MaxName),
            [nameof(Detection.RuleTitle)] = RowValues.Text(detection.RuleTitle, RowValues.MaxName),
            [nameof(Detection.RuleAuthor)] = RowValues.Text(detection.RuleAuthor, RowValues.MaxName),
            [nameof(Detection.Level)] = RowValues.Text(detection.Level, MaxShortName),
            [nameof(Detection.Tags)] = WriteTags(detection.Tags),
            [nameof(Detection.EventTime)] = RowValues.Time(detection.EventTime),
            [nameof(Detection.Host)] = RowValues.Text(detection.Host, RowValues.MaxName),
            [nameof(Detection.User)] = RowValues.Text(detection.User, RowValues.MaxName),
            [nameof(Detection.TenantId)] = RowValues.Text(detection.TenantId, MaxShortName),
            [nameof(Detection.Fields)] = fields,
            [nameof(Detection.OriginalTruncated)] = detection.OriginalTruncated || fieldsCut || detection.Original.Length > longest,
            [nameof(Detection.OriginalBlob)] = detection.OriginalBlob,
        };
        foreach ((string column, object? value) in detection.Identity.ByKind(HubEventColumns.Write))
        {
            entity[column] = value;
        }

        if (detection.Facts is { } facts)
        {
            entity[nameof(Detection.Facts)] = FactsJson.Write(facts);
        }

        if (detection.HeldBack is { } reason)
        {
            entity[HeldBack] = Name(reason);
        }

        if (detection.Omitted > 0)
        {
            entity[nameof(Detection.Omitted)] = detection.Omitted;
        }

        if (detection.Correlation is { } correlation)
        {
            foreach ((string column, object value) in CorrelationColumns.Write(correlation))
            {
                entity[column] = value;
            }
        }

        WriteOriginal(entity, original);
        return entity;
    }

    /// <summary>Whether a row cannot hold the whole original of a detection.</summary>
    public static bool NeedsBlob(Detection detection) => detection.Original.Length > MaxOriginalOf(detection);

    private static int MaxOriginalOf(Detection detection) => detection.IsOriginalInBlob ? BriefOriginal : MaxOriginal;

    /// <summary>Reads a row.</summary>
    /// <param name="entity">The row, or its <see cref="Summary"/>.</param>
    /// <param name="isSummary">Whether it was read without its original.</param>
    /// <exception cref="FormatException">The row is not of a detection.</exception>
    public static Detection FromEntity(TableEntity entity, bool isSummary = false)
    {
        try
        {
            return Read(entity, isSummary);
        }
        catch (Exception exception) when (exception is InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"Row {entity.PartitionKey}/{entity.RowKey}: a property is not of its type.", exception);
        }
    }

    /// <summary>
    /// Puts what a detection of a correlation tells now in place of what its row tells, if it has changed more often. What became of the alert stays, and
    /// so do the rule, the evidence and the original, which are of the event that completed it when it was recorded.
    /// </summary>
    /// <returns>Whether the row has changed.</returns>
    /// <exception cref="FormatException">The row's revision is no number.</exception>
    public static bool TryRevise(TableEntity entity, Detection detection, DetectedCorrelation correlation)
    {
        if (CorrelationColumns.RevisionOf(entity) >= correlation.Revision)
        {
            return false;
        }

        TableEntity now = ToEntity(detection with { Original = "" });
        foreach (string column in entity.Keys.Where(CorrelationColumns.IsOne).ToArray())
        {
            entity.Remove(column);
        }

        foreach (string column in now.Keys.Where(CorrelationColumns.IsOne).Concat(RevisedColumns))
        {
            entity[column] = now[column];
        }

        return true;
    }

    private static Detection Read(TableEntity entity, bool isSummary) => Read(
        entity,
        isSummary,
        entity[CorrelationColumns.Correlation] is not null ? CorrelationColumns.Read(entity, RowValues.IdOf(entity)) : null);

    private static Detection Read(TableEntity entity, bool isSummary, DetectedCorrelation? correlation) => new()
    {
        Correlation = correlation,
        SchemaVersion = entity.GetInt32(nameof(Detection.SchemaVersion)) ?? throw RowValues.Missing(entity, nameof(Detection.SchemaVersion)),
        Identity = HubEventColumns.Read(entity, isKeyOfEvent: correlation is null),
        RuleId = RowValues.Required(entity, nameof(Detection.RuleId)),
        RuleTitle = RowValues.Required(entity, nameof(Detection.RuleTitle)),
        RuleAuthor = entity.GetString(nameof(Detection.RuleAuthor)),
        Level = entity.GetString(nameof(Detection.Level)),
        Tags = ReadTags(entity),
        EventTime = entity.GetDateTimeOffset(nameof(Detection.EventTime)),
        Host = entity.GetString(nameof(Detection.Host)),
        User = entity.GetString(nameof(Detection.User)),
        TenantId = entity.GetString(nameof(Detection.TenantId)),
        Fields = ReadFields(entity),
        Facts = FactsJson.Read(entity),
        Original = isSummary ? "" : ReadOriginal(entity),
        OriginalBlob = entity.GetString(nameof(Detection.OriginalBlob)),
        OriginalTruncated = entity.GetBoolean(nameof(Detection.OriginalTruncated)) ?? false,
        Omitted = entity.GetInt32(nameof(Detection.Omitted)) ?? 0,
        AlertedAt = entity.GetDateTimeOffset(AlertedAt),
        HeldBack = Enum.TryParse(entity.GetString(HeldBack), ignoreCase: true, out HoldReason reason) ? reason : null,
        HeldBackBy = DetectionId.TryParse(entity.GetString(HeldBackBy), out DetectionId by) ? by : null,
    };

    /// <summary>The part of a row that tells what became of the alert.</summary>
    public static TableEntity ToEntity(AlertOutcome outcome, DateTimeOffset now)
    {
        var entity = new TableEntity(outcome.Id.PartitionKey, outcome.Id.RowKey);
        if (outcome.HeldBack is { } reason)
        {
            entity[HeldBack] = Name(reason);
            entity[HeldBackBy] = outcome.HeldBackBy?.Value;
        }
        else
        {
            entity[AlertedAt] = now;
        }
        return entity;
    }

    /// <summary>Whether the row's alert is still owed.</summary>
    public static bool IsPending(TableEntity entity) => entity.GetDateTimeOffset(AlertedAt) is null && entity.GetString(HeldBack) is null;

    /// <summary>Whether it may be: a row of which that cannot be told is not settled.</summary>
    public static bool MayBeOwed(TableEntity entity) => entity[AlertedAt] is not DateTimeOffset && entity[HeldBack] is not string;

    /// <summary>An upper bound of the row's size in a transaction, in bytes: what is not plainly ASCII may be written as <c>\uXXXX</c>.</summary>
    public static int WireSize(TableEntity entity)
    {
        const int overheadOfPart = 1_024;
        const int overheadOfProperty = 96;
        const int longestEscape = 6;
        int size = overheadOfPart;
        foreach ((_, object? value) in entity)
        {
            size += overheadOfProperty;
            if (value is not string text)
            {
                continue;
            }

            foreach (char character in text)
            {
                size += char.IsAsciiLetterOrDigit(character) || character is ' ' or ',' or '.' or ':' or '-' or '_' or '/' ? 1 : longestEscape;
            }
        }
        return size;
    }

    private static string Name(HoldReason reason) => reason.ToString().ToLowerInvariant();

    /// <summary>
    /// Makes what a row tells smaller, down to some 30 KiB: its original and evidence are cut, and facts, tags and the events of a correlation are left out
    /// where they are longer.
    /// </summary>
    /// <param name="entity">The row.</param>
    /// <param name="detection">What it is of.</param>
    /// <param name="longest">Most UTF-16 units of the original, from 1,024; of other texts likewise, where that is less than a property takes.</param>
    public static void Shorten(TableEntity entity, Detection detection, int longest)
    {
        bool cut = detection.Original.Length > longest;
        bool isBrief = longest < MaxProperty;
        foreach (string column in entity.Keys.Where(column => IsOriginalPart(column) || (isBrief && CorrelationColumns.IsOfEvents(column))).ToArray())
        {
            entity.Remove(column);
        }

        WriteOriginal(entity, BoundedText.Clean(BoundedText.Cut(detection.Original, Math.Min(longest, MaxOriginalOf(detection)))));
        if (isBrief)
        {
            entity[nameof(Detection.Fields)] = WriteFields(detection.Fields, out bool fieldsCut, longest);
            cut |= fieldsCut;
            if (entity.GetString(nameof(Detection.Facts)) is { } facts && facts.Length > longest)
            {
                entity.Remove(nameof(Detection.Facts));
            }

            if (entity.GetString(nameof(Detection.Tags)).Length > longest)
            {
                entity[nameof(Detection.Tags)] = WriteTags([]);
            }
        }

        entity[nameof(Detection.OriginalTruncated)] = cut || entity.GetBoolean(nameof(Detection.OriginalTruncated)) == true;
    }

    /// <summary>Whether a column is a part of the original.</summary>
    public static bool IsOriginalPart(string column) => column.StartsWith(nameof(Detection.Original), StringComparison.Ordinal)
        && column.AsSpan(nameof(Detection.Original).Length).IndexOfAnyExceptInRange('0', '9') < 0;

    private static void WriteOriginal(TableEntity entity, string original)
    {
        for (int start = 0, number = 1; number == 1 || start < original.Length; number++)
        {
            int length = BoundedText.Boundary(original.AsSpan(start), Math.Min(MaxProperty, original.Length - start));
            entity[OriginalPart(number)] = original.Substring(start, length);
            start += length;
        }
    }

    private static string ReadOriginal(TableEntity entity)
    {
        var original = new StringBuilder(RowValues.Required(entity, nameof(Detection.Original)));
        for (int number = 2; entity.GetString(OriginalPart(number)) is { } part; number++)
        {
            original.Append(part);
        }

        return original.ToString();
    }

    private static string OriginalPart(int number) =>
        number == 1 ? nameof(Detection.Original) : string.Create(null, $"{nameof(Detection.Original)}{number}");

    private static string WriteTags(ImmutableArray<string> tags)
    {
        int count = tags.Length;
        string text;
        while ((text = JsonArray(writer => WriteItems(writer, count))).Length > MaxProperty)
        {
            count /= 2;
        }

        return text;

        void WriteItems(Utf8JsonWriter writer, int taken)
        {
            foreach (string tag in tags.AsSpan()[..taken])
            {
                writer.WriteStringValue(BoundedText.Cut(BoundedText.Clean(tag), MaxShortName));
            }

            if (taken < tags.Length)
            {
                writer.WriteStringValue(BoundedText.Mark);
            }
        }
    }

    private static ImmutableArray<string> ReadTags(TableEntity entity)
    {
        using JsonDocument document = Parse(entity, nameof(Detection.Tags));
        return [.. document.RootElement.EnumerateArray().Select(tag => tag.GetString() ?? "")];
    }

    /// <summary>Cuts the values ever shorter until all fit in one property, and only then leaves fields out.</summary>
    private static string WriteFields(ImmutableArray<DetectedField> fields, out bool cut, int longestText = MaxProperty)
    {
        int count = fields.Length;
        int maximum = MaxValue;
        string text;
        while ((text = JsonArray(writer => WriteItems(writer, count, maximum))).Length > longestText)
        {
            if (maximum > MinimumValue)
            {
                maximum /= 2;
            }
            else
            {
                count /= 2;
            }
        }
        cut = count < fields.Length || fields.Any(field => field.Value.Length > maximum || field.Field.Length > MaxField);
        return text;

        void WriteItems(Utf8JsonWriter writer, int taken, int longest)
        {
            foreach (DetectedField field in fields.AsSpan()[..taken])
            {
                WriteField(writer, BoundedText.Cut(field.Field, MaxField), BoundedText.Cut(field.Value, longest));
            }

            if (taken < fields.Length)
            {
                WriteField(writer, "", BoundedText.Mark);
            }
        }
    }

    private static void WriteField(Utf8JsonWriter writer, string field, string value)
    {
        writer.WriteStartObject();
        writer.WriteString("field", BoundedText.Clean(field));
        writer.WriteString("value", BoundedText.Clean(value));
        writer.WriteEndObject();
    }

    private static ImmutableArray<DetectedField> ReadFields(TableEntity entity)
    {
        using JsonDocument document = Parse(entity, nameof(Detection.Fields));
        return
        [
            .. document.RootElement.EnumerateArray().Select(field =>
                new DetectedField(field.GetProperty("field").GetString() ?? "", field.GetProperty("value").GetString() ?? "")),
        ];
    }

    private static string JsonArray(Action<Utf8JsonWriter> writeItems) => RowValues.Json(writer =>
    {
        writer.WriteStartArray();
        writeItems(writer);
        writer.WriteEndArray();
    });

    private static JsonDocument Parse(TableEntity entity, string property)
    {
        try
        {
            return JsonDocument.Parse(RowValues.Required(entity, property));
        }
        catch (JsonException exception)
        {
            throw new FormatException($"Row {entity.PartitionKey}/{entity.RowKey}: {property} is not JSON.", exception);
        }
    }
}
