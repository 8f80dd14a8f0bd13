using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SigmaFunctions.Storage.Rules;

/// <summary>A set of rules that was pushed whole into the container of rules.</summary>
/// <param name="Name">Its blob: <c>sets/</c>, the time, a hyphen, the hash and <c>.zip</c>. Names sort by time.</param>
/// <param name="PushedAt">When (UTC, to the second).</param>
/// <param name="Hash">Hash of what it holds, 16 hex digits: equal for equal files.</param>
public sealed partial record PushedRuleSet(string Name, DateTimeOffset PushedAt, string Hash)
{
    /// <summary>Number of rules in it; null where that is not known.</summary>
    public int? Rules { get; init; }

    /// <summary>Bytes of its archive.</summary>
    public long Size { get; init; }

    /// <summary>Reads the name of a blob; false if it is not that of a pushed set.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out PushedRuleSet? set)
    {
        Match match = NamePattern().Match(name);
        set = match.Success
            && DateTimeOffset.TryParseExact(
                match.Groups["time"].ValueSpan, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
                ? new PushedRuleSet(name, time, match.Groups["hash"].Value)
                : null;
        return set is not null;
    }

    [GeneratedRegex(@"\Asets/(?<time>[0-9]{8}T[0-9]{6}Z)-(?<hash>[0-9a-f]{16})\.zip\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
