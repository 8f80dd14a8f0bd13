using System.Globalization;

namespace SigmaFunctions.Outputs.Delivering;

/// <summary>The header <c>Retry-After</c> (RFC 9110, 10.2.3).</summary>
internal static class RetryAfter
{
    /// <summary>The longest that a receiver is left alone for its asking; it may ask again.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>How long to wait: more than nothing and at most <see cref="Longest"/>; null where the value says nothing of the kind.</summary>
    /// <param name="value">Seconds, or a date of HTTP; null where there is no such header.</param>
    /// <param name="now">What such a date is compared with.</param>
    public static TimeSpan? Read(string? value, DateTimeOffset now)
    {
        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds))
        {
            return Bound(TimeSpan.FromSeconds(Math.Min(seconds, (long)Longest.TotalSeconds)));
        }

        return DateTimeOffset.TryParseExact(value, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date)
            ? Bound(date - now)
            : null;
    }

    private static TimeSpan? Bound(TimeSpan wait) => wait <= TimeSpan.Zero ? null : wait < Longest ? wait : Longest;
}
