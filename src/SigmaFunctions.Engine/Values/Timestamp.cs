using System.Globalization;

namespace SigmaFunctions.Engine.Values;

/// <summary>
/// The parts of a timestamp as it is written, without any conversion of time zones: ISO 8601 (<c>2025-12-06T21:11:02.64Z</c>,
/// <c>2025-12-06T21:11+01:00</c>, <c>2025-12-06</c>) or Sysmon's <c>2025-12-06 21:11:02.632</c>.
/// </summary>
internal static class Timestamp
{
    /// <summary>A part of a timestamp; null if the text is no timestamp or is a date, which has no minute and hour.</summary>
    public static int? Part(ReadOnlySpan<char> text, TimestampPart part)
    {
        if (!TryParse(text, out DateOnly date, out int hour, out int minute))
        {
            return null;
        }

        return part switch
        {
            TimestampPart.Minute => minute < 0 ? null : minute,
            TimestampPart.Hour => hour < 0 ? null : hour,
            TimestampPart.Day => date.Day,
            TimestampPart.Week => ISOWeek.GetWeekOfYear(date.ToDateTime(TimeOnly.MinValue)),
            TimestampPart.Month => date.Month,
            _ => date.Year,
        };
    }

    private static bool TryParse(ReadOnlySpan<char> text, out DateOnly date, out int hour, out int minute)
    {
        hour = minute = -1;
        date = default;
        if (text.Length < 10 || !DateOnly.TryParseExact(text[..10], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date))
        {
            return false;
        }

        if (text.Length == 10)
        {
            return true;
        }

        if (text[10] is not ('T' or 't' or ' ') || text.Length < 16 || text[13] != ':')
        {
            return false;
        }

        if (!TwoDigits(text[11..13], 23, out hour) || !TwoDigits(text[14..16], 59, out minute))
        {
            return false;
        }

        ReadOnlySpan<char> rest = text[16..];
        if (rest is [':', ..])
        {
            // 60 is a leap second.
            if (rest.Length < 3 || !TwoDigits(rest[1..3], 60, out _))
            {
                return false;
            }

            rest = rest[3..];
            if (rest is ['.' or ',', ..])
            {
                int digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
                digits = digits < 0 ? rest.Length - 1 : digits;
                if (digits == 0)
                {
                    return false;
                }

                rest = rest[(digits + 1)..];
            }
        }

        return IsZone(rest);
    }

    private static bool IsZone(ReadOnlySpan<char> text) => text switch
    {
        [] or ['Z' or 'z'] => true,
        ['+' or '-', _, _] => TwoDigits(text[1..], 23, out _),
        ['+' or '-', _, _, _, _] => TwoDigits(text[1..3], 23, out _) && TwoDigits(text[3..], 59, out _),
        ['+' or '-', _, _, ':', _, _] => TwoDigits(text[1..3], 23, out _) && TwoDigits(text[4..], 59, out _),
        _ => false,
    };

    private static bool TwoDigits(ReadOnlySpan<char> text, int maximum, out int value)
    {
        value = -1;
        if (text is not [>= '0' and <= '9', >= '0' and <= '9'])
        {
            return false;
        }

        value = ((text[0] - '0') * 10) + text[1] - '0';
        return value <= maximum;
    }
}
