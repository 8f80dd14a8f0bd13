using System.Globalization;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Blobs;

/// <summary>
/// Name of a blob that belongs to an event: <c>{yyyy/MM/dd/HH/mmssfffffff}-{sequence number}-{record}-{hash}</c>, the enqueued time
/// in UTC first, so that names sort by it and a span of time is a few prefixes. It follows from the event's identity alone; the
/// hash stands for all of it, so that namespaces and hubs need no escaping. <c>body</c> in place of a record is the whole message.
/// </summary>
internal static class EventBlobName
{
    /// <summary>The record number of a whole message body.</summary>
    public const int WholeBody = -1;

    private const string BodyWord = "body";
    private const string TimeFormat = "yyyy'/'MM'/'dd'/'HH'/'mmssfffffff";
    private const int TimeLength = 25;

    /// <summary>The name for an event.</summary>
    public static string Create(EventIdentity identity)
    {
        string time = identity.EnqueuedTime.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        string record = identity.Record == WholeBody ? BodyWord : identity.Record.ToString(CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture, $"{time}-{identity.SequenceNumber}-{record}-{DetectionId.Create(identity, "").Hash}");
    }

    /// <summary>Reads a name; false where it is not one of an event.</summary>
    public static bool TryParse(string name, out DateTimeOffset enqueuedTime, out long sequenceNumber, out int record)
    {
        sequenceNumber = 0;
        record = 0;
        enqueuedTime = default;
        if (name.Length <= TimeLength || name[TimeLength] != '-')
        {
            return false;
        }

        string[] parts = name[(TimeLength + 1)..].Split('-');
        if (parts is [_, BodyWord, _])
        {
            record = WholeBody;
        }
        else if (parts is not [_, _, _] || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out record))
        {
            return false;
        }

        return long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out sequenceNumber)
            && DateTimeOffset.TryParseExact(
                name.AsSpan(0, TimeLength),
                TimeFormat,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out enqueuedTime);
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
