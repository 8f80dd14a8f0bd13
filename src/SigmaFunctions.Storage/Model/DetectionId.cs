using System.Buffers;
using System.Globalization;

namespace SigmaFunctions.Storage.Model;

/// <summary>
/// Id of a detection, from which its table keys follow. Text form <c>{yyyyMMddHHmmssfffffff}-{hash}</c>: the identity's time in UTC
/// (21 digits; for a hub's event the enqueued time) and 32 lower-case hex digits. The first of these is the bucket, taken from the origin alone
/// (namespace, hub and partition), so that the detections of one batch share a table partition and those of other hub partitions spread over 16; the
/// rest are 124 bits of SHA-256 over the whole identity and the rule id.
/// </summary>
/// <param name="Value">The text form.</param>
/// <exception cref="ArgumentException">The text is not of that form.</exception>
public readonly record struct DetectionId(string Value)
{
    private const string TimeFormat = "yyyyMMddHHmmssfffffff";
    private const int TimeLength = 21;
    private const int HourLength = 10;
    private const int TicksLength = 19;

    /// <summary>Number of hex digits.</summary>
    internal const int HashLength = 32;

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>The text form.</summary>
    public string Value { get; } = IsValid(Value)
        ? Value
        : throw new ArgumentException("A detection id is 21 digits of time, a hyphen and 32 lower-case hex digits.", nameof(Value));

    /// <summary>Table partition: hour and bucket, <c>20261125T03-a</c>.</summary>
    public string PartitionKey => $"{Value.AsSpan(0, 8)}T{Value.AsSpan(8, HourLength - 8)}-{Value[TimeLength + 1]}";

    /// <summary>Row within the partition, newest first: 19 digits that fall as time rises, a hyphen and the hash.</summary>
    public string RowKey => $"{DescendingTicks(Time)}-{Value.AsSpan(TimeLength + 1)}";

    /// <summary>The 32 hex digits.</summary>
    internal string Hash => Value[(TimeLength + 1)..];

    /// <summary>The identity's time (UTC): of a hub's event when the hub took the message in.</summary>
    public DateTimeOffset Time => ParseTime(Value.AsSpan(0, TimeLength), out DateTimeOffset time)
        ? time
        : throw new InvalidOperationException("The default value is not a detection id.");

    /// <summary>Derives the id of a rule's detection on an event.</summary>
    public static DetectionId Create(EventIdentity identity, string ruleId)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(ruleId);
        var encoding = new IdentityEncoding();
        identity.EncodeOrigin(encoding);
        char bucket = encoding.Hash()[0];
        identity.EncodeEvent(encoding);
        encoding.Add(ruleId);
        string time = identity.Time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        return new DetectionId($"{time}-{bucket}{encoding.Hash().AsSpan(1, HashLength - 1)}");
    }

    /// <summary>Derives the id of a correlation's detection.</summary>
    /// <param name="completing">The completing event, as whoever was first to find the detection saw that.</param>
    /// <param name="correlationId">Id of the correlation.</param>
    /// <param name="group">What tells its group from others.</param>
    /// <param name="timespan">The number of the timespan, counted from the year 1, in which it fired.</param>
    public static DetectionId OfCorrelation(EventIdentity completing, string correlationId, string group, long timespan)
    {
        ArgumentNullException.ThrowIfNull(completing);
        ArgumentNullException.ThrowIfNull(correlationId);
        ArgumentNullException.ThrowIfNull(group);
        var origin = new IdentityEncoding();
        completing.EncodeOrigin(origin);
        var encoding = new IdentityEncoding();
        encoding.Add(correlationId.ToUpperInvariant());
        encoding.Add(group);
        encoding.Add(timespan);
        string time = completing.Time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        return new DetectionId($"{time}-{origin.Hash()[0]}{encoding.Hash().AsSpan(1, HashLength - 1)}");
    }

    /// <summary>Reads the text form.</summary>
    public static bool TryParse(string? text, out DetectionId id)
    {
        bool valid = IsValid(text);
        id = valid ? new DetectionId(text!) : default;
        return valid;
    }

    /// <summary>The id of which these are the keys; false where they are of none.</summary>
    internal static bool TryOfKeys(string partitionKey, string rowKey, out DetectionId id) => TryOfRowKey(rowKey, out id) && id.PartitionKey == partitionKey;

    /// <summary>The id of which this is the row key, from which the partition follows; false where it is of none.</summary>
    internal static bool TryOfRowKey(string rowKey, out DetectionId id)
    {
        id = default;
        return rowKey is { Length: TicksLength + 1 + HashLength }
            && long.TryParse(rowKey.AsSpan(0, TicksLength), NumberStyles.None, CultureInfo.InvariantCulture, out long descending)
            && descending <= DateTime.MaxValue.Ticks
            && TryParse(
                string.Create(CultureInfo.InvariantCulture, $"{new DateTime(DateTime.MaxValue.Ticks - descending).ToString(TimeFormat, CultureInfo.InvariantCulture)}{rowKey.AsSpan(TicksLength)}"),
                out id);
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>The 19 digits by which rows of a partition are ordered, newest first.</summary>
    internal static string DescendingTicks(DateTimeOffset time) =>
        (DateTime.MaxValue.Ticks - time.UtcTicks).ToString("D19", CultureInfo.InvariantCulture);

    private static bool IsValid(string? text) =>
        text is { Length: TimeLength + 1 + HashLength }
        && text[TimeLength] == '-'
        && !text.AsSpan(TimeLength + 1).ContainsAnyExcept(LowerHex)
        && !text.AsSpan(0, TimeLength).ContainsAnyExceptInRange('0', '9')
        && ParseTime(text.AsSpan(0, TimeLength), out _);

    private static bool ParseTime(ReadOnlySpan<char> text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
