using System.Collections.Immutable;

namespace SigmaFunctions.Storage.Model;

/// <summary>A match as it is recorded: one row of the table <c>Detections</c>.</summary>
public sealed record Detection
{
    /// <summary>Version of the row's schema for what a rule detected.</summary>
    public const int RuleSchemaVersion = 1;

    /// <summary>Version of the row's schema for what a correlation detected: it has further columns, and its id does not follow from its event.</summary>
    public const int CorrelationSchemaVersion = 2;

    private CachedId _id;

    /// <summary>Version of the schema this row was written with; of one that is not written yet, that which it will have.</summary>
    public int SchemaVersion { get; init; } = RuleSchemaVersion;

    /// <summary>Where the event came from; of a correlation the completing one.</summary>
    public required EventIdentity Identity
    {
        get;
        init => (field, _id) = (value, default);
    }

    /// <summary>Id of the rule.</summary>
    public required string RuleId
    {
        get;
        init => (field, _id) = (value, default);
    }

    /// <summary>Title of the rule.</summary>
    public required string RuleTitle { get; init; }

    /// <summary>Who wrote the rule, as rule licences ask to be told; null where it does not say.</summary>
    public string? RuleAuthor { get; init; }

    /// <summary>Level of the rule as written; null where it states none.</summary>
    public string? Level { get; init; }

    /// <summary>Tags of the rule.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>When the event happened, by the source's clock; null where it does not say.</summary>
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>Host the event happened on.</summary>
    public string? Host { get; init; }

    /// <summary>Account it happened under.</summary>
    public string? User { get; init; }

    /// <summary>Entra tenant, where known.</summary>
    public string? TenantId { get; init; }

    /// <summary>The fields whose values made the rule match.</summary>
    public ImmutableArray<DetectedField> Fields { get; init; } = [];

    /// <summary>Process, parent, hashes and addresses of the event; null where it has none of them, and in rows of versions that did not keep them.</summary>
    public EventFacts? Facts { get; init; }

    /// <summary>The record as it arrived, JSON or XML; cut where it is too large, see <see cref="OriginalTruncated"/>.</summary>
    public required string Original { get; init; }

    /// <summary>Name of the blob with the whole record; null where <see cref="Original"/> is all of it, or no blob was taken.</summary>
    public string? OriginalBlob { get; init; }

    /// <summary>Whether the row holds only the beginning of <see cref="Original"/>, whatever its length, and a blob all of it.</summary>
    public bool IsOriginalInBlob { get; init; }

    /// <summary>Whether <see cref="Original"/> or <see cref="Fields"/> were cut to fit the row.</summary>
    public bool OriginalTruncated { get; init; }

    /// <summary>
    /// Further matches of the rule in the same message that were counted and not recorded, since they were too many; 0 for nearly all rows.
    /// </summary>
    public int Omitted { get; init; }

    /// <summary>What the correlation detected that is its rule; null for a rule that looks at events one by one.</summary>
    public DetectedCorrelation? Correlation
    {
        get;
        init => (field, _id, SchemaVersion) = (value, default, value is null ? RuleSchemaVersion : CorrelationSchemaVersion);
    }

    /// <summary>When its alert was on the queue (UTC); null before, and where it is held back.</summary>
    public DateTimeOffset? AlertedAt { get; init; }

    /// <summary>Why it is recorded without an alert of its own; null where that is not so.</summary>
    public HoldReason? HeldBack { get; init; }

    /// <summary>With <see cref="HeldBack"/>: the alert that stands for it, where there is one. It is not written with the detection.</summary>
    public DetectionId? HeldBackBy { get; init; }

    /// <summary>The detection's id, derived from the event's identity and the rule; of a correlation <see cref="DetectedCorrelation.Id"/>.</summary>
    public DetectionId Id
    {
        get
        {
            if (_id.Id.Value is null)
            {
                _id = new CachedId(Correlation?.Id ?? DetectionId.Create(Identity, RuleId));
            }

            return _id.Id;
        }
    }

    /// <summary>An id that is computed when it is first asked for, since that takes two hashes; whether it was says nothing of a detection.</summary>
    private readonly struct CachedId(DetectionId id) : IEquatable<CachedId>
    {
        public DetectionId Id { get; } = id;

        public bool Equals(CachedId other) => true;

        public override bool Equals(object? obj) => obj is CachedId;

        public override int GetHashCode() => 0;
    }
}

/// <summary>A field that took part in a match, and its value.</summary>
/// <param name="Field">Field name as the rule writes it; empty for a keyword.</param>
/// <param name="Value">The event's value.</param>
public sealed record DetectedField(string Field, string Value);
