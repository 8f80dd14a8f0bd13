using System.Globalization;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Blobs;

/// <summary>
/// Name of a blob that belongs to an event: <c>{yyyy/MM/dd/HH/mmssfffffff}-{middle}-{hash}</c>, the identity's time in UTC first, so that names sort by it
/// and a span of time is a few prefixes. It follows from the event's identity alone. The middle is for people and depends on the kind of identity
/// (<see cref="HubEventName"/>); the hash stands for all of it, so that namespaces and hubs need no escaping.
/// </summary>
internal static class EventBlobName
{
    private const string TimeFormat = "yyyy'/'MM'/'dd'/'HH'/'mmssfffffff";
    private const int TimeLength = 25;

    /// <summary>The name for an event.</summary>
    public static string Create(EventIdentity identity)
    {
        string time = identity.Time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        return $"{time}-{identity.ByKind(HubEventName.Create)}-{DetectionId.Create(identity, "").Hash}";
    }

    /// <summary>Reads the time of a name; false where it is not one of an event.</summary>
    public static bool TryParse(string name, out DateTimeOffset time) =>
        TrySplit(name, out time, out string middle) && HubEventName.TryParse(middle, out _, out _);

    /// <summary>Parts the time of a name from its middle, whatever kind that is of; false where a name has no such parts.</summary>
    public static bool TrySplit(string name, out DateTimeOffset time, out string middle)
    {
        time = default;
        middle = "";
        int end = name.LastIndexOf('-');
        if (end <= TimeLength || name[TimeLength] != '-')
        {
            return false;
        }

        middle = name[(TimeLength + 1)..end];
        return DateTimeOffset.TryParseExact(
            name.AsSpan(0, TimeLength),
            TimeFormat,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out time);
    }

    /// <summary>
    /// The prefixes, in order of time, that all names of a span begin with: hours, or for longer spans days, months or years, or
    /// none, so that a span is some tens of questions at most.
    /// </summary>
    public static IEnumerable<string> Prefixes(DateTimeOffset from, DateTimeOffset to)
    {
        // No year comes after 9999.
        DateTime last = DateTime.MaxValue.AddYears(-1);
        DateTime end = to.UtcDateTime < last ? to.UtcDateTime : last;
        DateTime start = from.UtcDateTime;
        (string format, DateTime first, Func<DateTime, DateTime> next) = (to - from).TotalDays switch
        {
            <= 2 => ("yyyy'/'MM'/'dd'/'HH'/'", start.Date.AddHours(start.Hour), (Func<DateTime, DateTime>)(time => time.AddHours(1))),
            <= 62 => ("yyyy'/'MM'/'dd'/'", start.Date, time => time.AddDays(1)),
            <= 1_100 => ("yyyy'/'MM'/'", new DateTime(start.Year, start.Month, 1), time => time.AddMonths(1)),
            <= 11_000 => ("yyyy'/'", new DateTime(start.Year, 1, 1), time => time.AddYears(1)),
            _ => ("", start, _ => DateTime.MaxValue),
        };
        for (DateTime time = first; time < end; time = next(time))
        {
            yield return format.Length == 0 ? "" : time.ToString(format, CultureInfo.InvariantCulture);
        }
    }
}
