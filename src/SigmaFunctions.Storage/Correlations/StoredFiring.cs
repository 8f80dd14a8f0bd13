using System.Globalization;
using Azure;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Correlations;

/// <summary>A firing of a correlation in a group, as it is kept. A timespan, counted from the year 1, has one of a group at most.</summary>
public sealed record StoredFiring
{
    private const string TimeColumn = "Time";
    private const string ConditionColumn = "Condition";
    private const string RecordedColumn = "Recorded";
    private const string OutcomeColumn = "Outcome";
    private const string OutcomeForColumn = "OutcomeFor";
    private const string OutcomeByColumn = "OutcomeBy";
    private const string IdColumn = "DetectionId";
    private const string DueColumn = "DueAt";

    /// <summary>The part's partition.</summary>
    public required string Partition { get; init; }

    /// <summary>The correlation's place in its tree.</summary>
    public required int Correlation { get; init; }

    /// <summary>Its group, as <see cref="StateRows.GroupOf"/> tells it.</summary>
    public required string Group { get; init; }

    /// <summary>Length of the timespan, in ticks.</summary>
    public required long Span { get; init; }

    /// <summary>When it fired, in ticks.</summary>
    public required long Time { get; init; }

    /// <summary>The condition of which it is.</summary>
    public required string Condition { get; init; }

    /// <summary>Whether it has turned out to be none.</summary>
    public bool IsSuperseded { get; init; }

    /// <summary>How often it has changed, from 1.</summary>
    public int Revision { get; init; } = 1;

    /// <summary>What is to be recorded of it; null where others only count it.</summary>
    public FiringReport? Report { get; init; }

    /// <summary>What its row was when it was read; the default where it is new.</summary>
    public ETag Tag { get; init; }

    /// <summary>When its row was last written, by the service's clock; null where it is new.</summary>
    public DateTimeOffset? WrittenAt { get; init; }

    /// <summary>Key of its row.</summary>
    internal string RowKey => StateKeys.Firing(StateKeys.EndOf(Time, Span), Correlation, Group);

    /// <summary>Whether it says the same as another, whatever became of it.</summary>
    public bool SaysSameAs(StoredFiring other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return IsSuperseded == other.IsSuperseded
            && Time == other.Time
            && Condition == other.Condition
            && (Report is null) == (other.Report is null)
            && (Report is null || Report.Text == other.Report!.Text);
    }

    /// <summary>Its row.</summary>
    internal TableEntity ToEntity()
    {
        var entity = new TableEntity(Partition, RowKey)
        {
            [TimeColumn] = Time,
            [ConditionColumn] = Condition,
        };
        if (Tag != default)
        {
            entity.ETag = Tag;
        }

        if (Report is not { } report)
        {
            entity[CorrelationColumns.Revision] = Revision;
            if (IsSuperseded)
            {
                entity[CorrelationColumns.Superseded] = true;
            }

            return entity;
        }

        foreach ((string column, object value) in CorrelationColumns.Write(report.Detected with { Revision = Revision, IsSuperseded = IsSuperseded }))
        {
            entity[column] = value;
        }

        foreach ((string column, object? value) in HubEventColumns.Write(report.Completing))
        {
            entity[column] = value;
        }

        entity[IdColumn] = report.Detected.Id.Value;
        entity[DueColumn] = new DateTimeOffset(report.DueAt, TimeSpan.Zero);
        entity[nameof(FiringReport.Host)] = RowValues.Text(report.Host, RowValues.MaxName);
        entity[nameof(FiringReport.User)] = RowValues.Text(report.User, RowValues.MaxName);
        entity[RecordedColumn] = report.Recorded;
        entity[OutcomeColumn] = report.Outcome == FiringOutcome.None ? null : report.Outcome.ToString();
        entity[OutcomeForColumn] = report.Outcome == FiringOutcome.None ? null : report.OutcomeFor;
        entity[OutcomeByColumn] = report.OutcomeBy?.Value;
        return entity;
    }

    /// <summary>Reads a row.</summary>
    /// <exception cref="FormatException">It is not one of a firing.</exception>
    internal static StoredFiring FromEntity(TableEntity entity, IReadOnlyList<long> spans)
    {
        string key = entity.RowKey;
        if (key.Length != 18 + 4 + 32 || !int.TryParse(key.AsSpan(18, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int correlation) || correlation >= spans.Count
            || entity[TimeColumn] is not long time)
        {
            throw new FormatException($"Row {entity.PartitionKey}/{key}: it is not one of a firing.");
        }

        return new StoredFiring
        {
            Partition = entity.PartitionKey,
            Correlation = correlation,
            Group = key[22..],
            Span = spans[correlation],
            Time = time,
            Condition = RowValues.Required(entity, ConditionColumn),
            IsSuperseded = entity.GetBoolean(CorrelationColumns.Superseded) ?? false,
            Revision = CorrelationColumns.RevisionOf(entity),
            Report = DetectionId.TryParse(entity.GetString(IdColumn), out DetectionId id) ? ReportOf(entity, id) : null,
            Tag = entity.ETag,
            WrittenAt = entity.Timestamp,
        };
    }

    private static FiringReport ReportOf(TableEntity entity, DetectionId id) => new()
    {
        Detected = CorrelationColumns.Read(entity, id) ?? throw RowValues.Missing(entity, CorrelationColumns.Correlation),
        Completing = new HubEventIdentity(
            RowValues.Required(entity, nameof(HubEventIdentity.Namespace)),
            RowValues.Required(entity, nameof(HubEventIdentity.EventHub)),
            RowValues.Required(entity, nameof(HubEventIdentity.Partition)),
            entity.GetDateTimeOffset(nameof(HubEventIdentity.EnqueuedTime)) ?? throw RowValues.Missing(entity, nameof(HubEventIdentity.EnqueuedTime)),
            entity.GetInt64(nameof(HubEventIdentity.SequenceNumber)) ?? throw RowValues.Missing(entity, nameof(HubEventIdentity.SequenceNumber)),
            entity.GetInt32(nameof(HubEventIdentity.Record)) ?? throw RowValues.Missing(entity, nameof(HubEventIdentity.Record))),
        DueAt = (entity.GetDateTimeOffset(DueColumn) ?? throw RowValues.Missing(entity, DueColumn)).UtcTicks,
        Host = entity.GetString(nameof(FiringReport.Host)),
        User = entity.GetString(nameof(FiringReport.User)),
        Recorded = entity.GetInt32(RecordedColumn) ?? 0,
        Outcome = Enum.TryParse(entity.GetString(OutcomeColumn), out FiringOutcome outcome) ? outcome : FiringOutcome.None,
        OutcomeFor = entity.GetInt64(OutcomeForColumn) ?? 0,
        OutcomeBy = DetectionId.TryParse(entity.GetString(OutcomeByColumn), out DetectionId by) ? by : null,
    };
}

/// <summary>What is to be recorded of a firing, and what was.</summary>
public sealed record FiringReport
{
    /// <summary>What was detected. Its revision and whether it is superseded are those of the firing.</summary>
    public required DetectedCorrelation Detected { get; init; }

    /// <summary>The completing event.</summary>
    public required HubEventIdentity Completing { get; init; }

    /// <summary>From when on it is recorded and announced, in ticks.</summary>
    public required long DueAt { get; init; }

    /// <summary>The completing event's host.</summary>
    public string? Host { get; init; }

    /// <summary>The completing event's account.</summary>
    public string? User { get; init; }

    /// <summary>The revision that is recorded; 0 for none.</summary>
    public int Recorded { get; init; }

    /// <summary>What was decided about its alert.</summary>
    public FiringOutcome Outcome { get; init; }

    /// <summary>When it fired as that was decided, in ticks; it may have moved since.</summary>
    public long OutcomeFor { get; init; }

    /// <summary>The detection whose alert stands for it, where it has moved.</summary>
    public DetectionId? OutcomeBy { get; init; }

    /// <summary>What it says, as it is written.</summary>
    internal string Text => field ??= string.Join(
        '\n',
        [
            .. CorrelationColumns.Write(Detected with { Revision = 1, IsSuperseded = false }).Select(column => $"{column.Key} {column.Value}"),
            .. HubEventColumns.Write(Completing).Select(column => $"{column.Key} {column.Value}"),
            DueAt.ToString(CultureInfo.InvariantCulture),
            RowValues.Text(Host, RowValues.MaxName) ?? "",
            RowValues.Text(User, RowValues.MaxName) ?? "",
        ]);
}

/// <summary>What was decided about a firing's alert, before it was recorded.</summary>
public enum FiringOutcome
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>It alerts, as far as the settings let it.</summary>
    Alerts,

    /// <summary>Another one of its group that it has taken the place of has alerted within the timespan.</summary>
    Moved,

    /// <summary>The correlation was not in force for long enough.</summary>
    Warming,
}
