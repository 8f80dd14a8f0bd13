using System.Globalization;
using System.Text;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>
/// Timestamps as telemetry writes them: ISO 8601 or Sysmon's <c>yyyy-MM-dd HH:mm:ss.fff</c>, UTC where no offset is given or <c>UTC</c>
/// stands behind it; seconds or milliseconds since 1970; .NET's <c>/Date(milliseconds)/</c>.
/// </summary>
internal static class EventTime
{
    // Numbers outside of 1990 to 2100 are no times. As seconds and as milliseconds these are different numbers.
    private const long MinSeconds = 631_152_000;
    private const long MaxSeconds = 4_102_444_800;

    private const string DatePrefix = "/Date(";

    /// <summary>The first of the values that is a timestamp.</summary>
    public static DateTimeOffset? FirstOf(params ReadOnlySpan<RecordValue> values)
    {
        foreach (RecordValue value in values)
        {
            if (value.HasText && Parse(value.Text) is { } time)
            {
                return time;
            }
        }

        return null;
    }

    /// <summary>The instant, or <see langword="null"/> where the text, in UTF-8, is no full date and time.</summary>
    public static DateTimeOffset? Parse(ReadOnlySpan<byte> text) => OfUtc(text) ?? Parse(Encoding.UTF8.GetString(text));

    /// <summary>The form that nearly all telemetry has, in UTC: others are null here, and so is what is none.</summary>
    private static DateTimeOffset? OfUtc(ReadOnlySpan<byte> text)
    {
        if (text is not [_, _, _, _, (byte)'-', _, _, (byte)'-', _, _, (byte)'T' or (byte)' ', _, _, (byte)':', _, _, (byte)':', _, _, .. var rest])
        {
            return null;
        }

        int fraction = 0;
        if (rest is [(byte)'.', .. var behind])
        {
            int digits = behind.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            digits = digits < 0 ? behind.Length : digits;
            if (digits is 0 or > 7)
            {
                return null;
            }

            fraction = NumberOf(behind[..digits]);
            for (int i = digits; i < 7; i++)
            {
                fraction *= 10;
            }

            rest = behind[digits..];
        }

        (int year, int month, int day) = (NumberOf(text[..4]), NumberOf(text[5..7]), NumberOf(text[8..10]));
        (int hour, int minute, int second) = (NumberOf(text[11..13]), NumberOf(text[14..16]), NumberOf(text[17..19]));
        return rest is [] or [(byte)'Z'] && year > 0 && month is > 0 and <= 12 && day > 0 && day <= DateTime.DaysInMonth(year, month)
            && hour is >= 0 and < 24 && minute is >= 0 and < 60 && second is >= 0 and < 60
            ? new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero).AddTicks(fraction)
            : null;
    }

    /// <summary>The number that digits are; negative where one is none.</summary>
    private static int NumberOf(ReadOnlySpan<byte> digits)
    {
        int number = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return -1;
            }

            number = (number * 10) + (digit - '0');
        }

        return number;
    }

    private static DateTimeOffset? Parse(string text)
    {
        if (text.EndsWith(" UTC", StringComparison.Ordinal))
        {
            text = text[..^4];
        }

        // Anything shorter would be completed from today's date.
        bool full = text.Length >= 16 && char.IsAsciiDigit(text[0]) && text[4] == '-' && text[7] == '-' && text[10] is 'T' or ' ';
        if (full)
        {
            return DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
                ? time
                : null;
        }

        return text.StartsWith(DatePrefix, StringComparison.Ordinal) ? OfDate(text.AsSpan(DatePrefix.Length)) : OfNumber(text);
    }

    // An offset behind the number only says how to show it.
    private static DateTimeOffset? OfDate(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny('+', '-', ')');
        return end > 0 && text.EndsWith(")/")
            && long.TryParse(text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
            && milliseconds is >= MinSeconds * 1000 and < MaxSeconds * 1000
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;
    }

    private static DateTimeOffset? OfNumber(string text)
    {
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
        {
            return null;
        }

        return number switch
        {
            >= MinSeconds and < MaxSeconds => DateTimeOffset.UnixEpoch.AddTicks((long)(number * TimeSpan.TicksPerSecond)),
            >= MinSeconds * 1000 and < MaxSeconds * 1000 => DateTimeOffset.UnixEpoch.AddTicks((long)(number * TimeSpan.TicksPerMillisecond)),
            _ => null,
        };
    }
}
