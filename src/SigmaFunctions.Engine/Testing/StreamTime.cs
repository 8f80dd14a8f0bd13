using System.Buffers;
using System.Globalization;
using System.Text;

namespace SigmaFunctions.Engine.Testing;

/// <summary>Times of a stream since its begin, as test files write them: <c>90s</c>, <c>1m30s</c>, <c>0.5s</c>.</summary>
public static class StreamTime
{
    /// <summary>The latest time, in ticks of 100 ns: 100,000 days.</summary>
    internal const long MaxTicks = 100_000 * TimeSpan.TicksPerDay;

    private static readonly (char Unit, long Ticks)[] Units =
        [('d', TimeSpan.TicksPerDay), ('h', TimeSpan.TicksPerHour), ('m', TimeSpan.TicksPerMinute), ('s', TimeSpan.TicksPerSecond)];

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    /// <summary>Reads a time: numbers with a unit each, the larger ones first. Only seconds have decimals, at most seven.</summary>
    internal static bool TryParse(string text, out long ticks)
    {
        ticks = 0;
        ReadOnlySpan<char> rest = text;
        int unit = -1;
        while (rest.Length > 0)
        {
            int length = rest.IndexOfAnyExcept(Digits);
            int next = length < 1 ? -1 : PlaceOf(rest[length]);
            if (next <= unit || !decimal.TryParse(rest[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal count) || count > MaxTicks)
            {
                return false;
            }

            decimal added = count * Units[next].Ticks;
            if (added != decimal.Truncate(added) || (Units[next].Unit != 's' && rest[..length].Contains('.')) || ticks + added > MaxTicks)
            {
                return false;
            }

            ticks += (long)added;
            unit = next;
            rest = rest[(length + 1)..];
        }

        return unit >= 0;
    }

    private static int PlaceOf(char unit) => Array.FindIndex(Units, one => one.Unit == unit);

    /// <summary>A time as <see cref="TryParse"/> reads it.</summary>
    /// <param name="ticks">Ticks of 100 ns since the stream's begin.</param>
    public static string TextOf(long ticks)
    {
        var text = new StringBuilder();
        long rest = ticks;
        foreach ((char unit, long length) in Units)
        {
            if (unit == 's' ? rest > 0 || text.Length == 0 : rest >= length)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(unit == 's' ? (decimal)rest / length : rest / length):0.#######}{unit}");
                rest %= length;
            }
        }

        return text.ToString();
    }
}
