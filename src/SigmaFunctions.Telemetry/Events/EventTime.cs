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
            if (value.HasText && Parse(Encoding.UTF8.GetString(value.Text)) is { } time)
            {
                return time;
            }
        }

        return null;
    }

    /// <summary>The instant, or <see langword="null"/> where the text is no full date and time.</summary>
    public static DateTimeOffset? Parse(string text)
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
