using System.Globalization;
using System.Text.RegularExpressions;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>What a start position counts by.</summary>
internal enum StartPositionKind
{
    /// <summary>After the newest event.</summary>
    Latest,

    /// <summary>Position in the partition's log.</summary>
    Offset,

    /// <summary>Sequence number.</summary>
    SequenceNumber,

    /// <summary>Enqueued time, as Unix milliseconds.</summary>
    EnqueuedTime,
}

/// <summary>Where a receiver starts to read, as its attach frame states it in a selector filter.</summary>
/// <param name="Kind">What <paramref name="Value"/> counts.</param>
/// <param name="Value">The value compared with; −1 comes before everything.</param>
/// <param name="Inclusive">Whether an event at exactly the value is read.</param>
internal readonly partial record struct StartPosition(StartPositionKind Kind, long Value, bool Inclusive)
{
    /// <summary>After the newest event; also what a receiver without a filter gets.</summary>
    public static StartPosition Latest => new(StartPositionKind.Latest, 0, false);

    /// <summary>Reads a selector such as <c>amqp.annotation.x-opt-offset &gt; '-1'</c>.</summary>
    /// <returns>Whether the selector is one that Event Hubs knows.</returns>
    public static bool TryParse(string selector, out StartPosition position)
    {
        position = Latest;
        Match match = Selector().Match(selector);
        if (!match.Success)
        {
            return false;
        }

        if (match.Groups["value"].ValueSpan is "@latest")
        {
            return true;
        }

        StartPositionKind kind = match.Groups["annotation"].Value switch
        {
            "offset" => StartPositionKind.Offset,
            "sequence-number" => StartPositionKind.SequenceNumber,
            _ => StartPositionKind.EnqueuedTime,
        };
        if (!long.TryParse(match.Groups["value"].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            return false;
        }

        position = new StartPosition(kind, value, match.Groups["comparison"].ValueSpan is ">=");
        return true;
    }

    [GeneratedRegex(@"^\s*amqp\.annotation\.x-opt-(?<annotation>offset|sequence-number|enqueued-time)\s*(?<comparison>>=?)\s*'?(?<value>@latest|-?\d{1,19})'?\s*$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Selector();
}
