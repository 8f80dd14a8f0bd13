using System.Globalization;

namespace SigmaFunctions.Cli.Storing;

/// <summary>A moment as it is given on the command line: so long ago (<c>90m</c>, <c>24h</c>, <c>7d</c>), or a date or time in UTC.</summary>
internal readonly record struct Moment(TimeSpan Ago, DateTimeOffset? Time)
{
    private const int LongestNumber = 6;

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>The moment, seen from now.</summary>
    public DateTimeOffset At(DateTimeOffset now) => Time ?? (Ago < now - DateTimeOffset.MinValue ? now - Ago : DateTimeOffset.MinValue);

    /// <summary>Reads a moment.</summary>
    public static bool TryParse(string text, out Moment moment)
    {
        moment = default;
        if (DateTimeOffset.TryParseExact(
            text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time))
        {
            moment = new Moment(default, time);
            return true;
        }

        if (text.Length is < 2 or > LongestNumber + 1 || !int.TryParse(text.AsSpan()[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return false;
        }

        TimeSpan? ago = text[^1] switch
        {
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => null,
        };
        moment = new Moment(ago ?? default, null);
        return ago is not null;
    }
}
