using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SigmaFunctions.Storage.Correlations;

/// <summary>
/// Keys of the table of correlations. The rows of a part are newest first: their keys begin with the end of the time that they are of, so that those which
/// have anything from a time on are those up to a key, and a reader who has enough of them has the newest.
/// </summary>
internal static class StateKeys
{
    private const string MinuteFormat = "yyyyMMddHHmm";
    private const string HourFormat = "yyyyMMddHH";
    private const string Due = "due-";
    private const string Expiry = "expiry-";

    /// <summary>A key behind those of all rows of a part.</summary>
    public const string BehindAll = "~";

    /// <summary>The partition of what is in force.</summary>
    public const string InForce = "in-force";

    /// <summary>The row there that tells when anybody looked, whichever correlations were in force; behind those of correlations.</summary>
    public const string AnyInForce = "~";

    /// <summary>The partition of a part of a correlation.</summary>
    /// <param name="tree">The correlation's key.</param>
    /// <param name="part">The part.</param>
    public static string Partition(string tree, ReadOnlySpan<byte> part) => Hash([.. Encoding.UTF8.GetBytes(tree), .. part]);

    /// <summary>32 hex digits of a group of a correlation of a tree.</summary>
    public static string Group(int correlation, ReadOnlySpan<byte> group) =>
        Hash([.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{correlation}\n")), .. group]);

    /// <summary>Row of matches.</summary>
    /// <param name="end">The last tick of the slice that they are of.</param>
    /// <param name="content">What is written.</param>
    /// <param name="isCompacted">Whether it stands for others, behind which it is then.</param>
    public static string Matches(long end, ReadOnlySpan<byte> content, bool isCompacted) => $"{Descending(end)}-m{(isCompacted ? "~" : "")}{Hash(content)}";

    /// <summary>Row of a firing.</summary>
    /// <param name="end">The last tick of the timespan that it is of.</param>
    /// <param name="correlation">The correlation's place in its tree.</param>
    /// <param name="group">Its group, from <see cref="Group"/>.</param>
    public static string Firing(long end, int correlation, string group) => string.Create(CultureInfo.InvariantCulture, $"{Descending(end)}-f{correlation:x4}{group}");

    /// <summary>Whether a row is one of matches; false for a firing.</summary>
    public static bool IsMatches(string row) => row.Length > 17 && row[17] == 'm';

    /// <summary>Whether a row of matches stands for others.</summary>
    public static bool IsCompacted(string row) => row.Length > 18 && row[18] == '~';

    /// <summary>The last key of rows that have anything from a time on.</summary>
    public static string Since(long ticks) => Descending(ticks) + "~";

    /// <summary>The first key behind those of rows whose time ends after a time.</summary>
    public static string After(long ticks) => Descending(ticks);

    /// <summary>The last tick of the slice of a time, of slices of a length.</summary>
    public static long EndOf(long ticks, long length) => (((ticks / length) + 1) * length) - 1;

    /// <summary>The partition of what is due in a minute.</summary>
    public static string DueAt(DateTimeOffset time) => Due + time.UtcDateTime.ToString(MinuteFormat, CultureInfo.InvariantCulture);

    /// <summary>The first and the last partition of what is due up to a time.</summary>
    public static (string From, string To) DueUntil(DateTimeOffset time) => (Due, DueAt(time));

    /// <summary>The partition of what may go in an hour.</summary>
    public static string ExpiresAt(DateTimeOffset time) => Expiry + time.UtcDateTime.ToString(HourFormat, CultureInfo.InvariantCulture);

    /// <summary>The first and the last partition of what may go before a time.</summary>
    public static (string From, string To) ExpiredAt(DateTimeOffset time) => (Expiry, ExpiresAt(time.AddHours(-1)));

    private static string Descending(long ticks) => (long.MaxValue - ticks).ToString("x16", CultureInfo.InvariantCulture);

    private static string Hash(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 16));
}
