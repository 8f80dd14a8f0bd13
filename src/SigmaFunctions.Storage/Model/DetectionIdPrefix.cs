using System.Buffers;
using System.Globalization;

namespace SigmaFunctions.Storage.Model;

/// <summary>
/// The beginning of ids of detections, down to their hour: the first 10 digits of one, or more of it. What an id is after is ordered as the rows are, so
/// that a beginning is a range of keys in the 16 table partitions of an hour, and in one of them where it has digits of the hash.
/// </summary>
public sealed record DetectionIdPrefix
{
    /// <summary>Fewest characters.</summary>
    public const int MinLength = 10;

    private const string TimeFormat = "yyyyMMddHHmmssfffffff";
    private const int MaxLength = 21 + 1 + DetectionId.HashLength;
    private const string Buckets = "0123456789abcdef";

    private static readonly SearchValues<char> LowerHex = SearchValues.Create(Buckets);

    // How long the ids begin so of which the digits end at the hour, the tens of minutes, and so on.
    private static readonly TimeSpan[] Units =
    [
        TimeSpan.FromHours(1), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1),
        .. Enumerable.Range(1, 7).Select(digits => new TimeSpan(TimeSpan.TicksPerSecond / (long)Math.Pow(10, digits))),
    ];

    private DetectionIdPrefix(string value, DateTimeOffset from)
    {
        Value = value;
        string hash = value.Length > TimeFormat.Length ? value[(TimeFormat.Length + 1)..] : "";
        string hour = $"{value.AsSpan(0, 8)}T{value.AsSpan(8, 2)}";
        PartitionKeys = [.. (hash.Length > 0 ? hash[..1] : Buckets).Select(bucket => $"{hour}-{bucket}")];

        // '~' sorts after the hyphen and the hashes.
        string first = DetectionId.DescendingTicks(from);
        if (value.Length > TimeFormat.Length)
        {
            (From, To) = ($"{first}-{hash}", $"{first}-{hash}~");
            return;
        }

        long end = Math.Min(from.UtcTicks + Units[value.Length - MinLength].Ticks, DateTime.MaxValue.Ticks);
        (From, To) = (DetectionId.DescendingTicks(new DateTimeOffset(end, TimeSpan.Zero)) + "~", first + "~");
    }

    /// <summary>The text.</summary>
    public string Value { get; }

    /// <summary>The table partitions that have such ids.</summary>
    internal IReadOnlyList<string> PartitionKeys { get; }

    /// <summary>No row of theirs is before this key.</summary>
    internal string From { get; }

    /// <summary>All rows of theirs are before this key.</summary>
    internal string To { get; }

    /// <summary>Reads a beginning of an id, or a whole one.</summary>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DetectionIdPrefix? prefix)
    {
        prefix = null;
        if (text is null || text.Length is < MinLength || text.Length > MaxLength || text.AsSpan(0, Math.Min(text.Length, TimeFormat.Length)).ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        bool isBeyondTime = text.Length > TimeFormat.Length;
        if (isBeyondTime && (text[TimeFormat.Length] != '-' || text.AsSpan(TimeFormat.Length + 1).ContainsAnyExcept(LowerHex)))
        {
            return false;
        }

        string time = isBeyondTime ? text[..TimeFormat.Length] : text.PadRight(TimeFormat.Length, '0');
        if (!DateTimeOffset.TryParseExact(
            time, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset from))
        {
            return false;
        }

        prefix = new DetectionIdPrefix(text, from);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
