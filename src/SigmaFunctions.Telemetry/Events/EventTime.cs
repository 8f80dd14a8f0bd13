using System.Globalization;
using System.Text;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>Timestamps as telemetry writes them: ISO 8601 or Sysmon's <c>yyyy-MM-dd HH:mm:ss.fff</c>, UTC where no offset is given.</summary>
internal static class EventTime
{
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
        // Anything shorter would be completed from today's date.
        bool full = text.Length >= 16 && char.IsAsciiDigit(text[0]) && text[4] == '-' && text[7] == '-' && text[10] is 'T' or ' ';
        return full
            && DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : null;
    }
}
