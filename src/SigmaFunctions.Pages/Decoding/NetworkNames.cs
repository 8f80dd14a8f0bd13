using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;

namespace SigmaFunctions.Pages.Decoding;

/// <summary>Addresses that a text names. They are for people to read and copy; a page links to none of them.</summary>
internal static class NetworkNames
{
    /// <summary>Most addresses of one text.</summary>
    public const int Max = 20;

    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    private static readonly Regex Url = new(@"\b(https?|hxxps?|ftp)://[^\s""'<>|^`\\(){}]+", Options);
    private static readonly Regex Address = new(@"\b[0-9]{1,3}(\.|\[\.\])[0-9]{1,3}(\.|\[\.\])[0-9]{1,3}(\.|\[\.\])[0-9]{1,3}\b", Options);

    /// <summary>URLs, and IPv4 addresses that stand in none of them, in their order and each once.</summary>
    public static ImmutableArray<string> In(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<(int Place, string Name)> found = [.. Url.Matches(text).Take(Max).Select(match => (match.Index, match.Value.TrimEnd('.', ',', ';')))];
        foreach (Match match in Address.Matches(text).Take(Max))
        {
            if (IPAddress.TryParse(match.Value.Replace("[.]", ".", StringComparison.Ordinal), out _)
                && !found.Exists(other => match.Index >= other.Place && match.Index < other.Place + other.Name.Length))
            {
                found.Add((match.Index, match.Value));
            }
        }

        return [.. found.OrderBy(one => one.Place).Select(one => one.Name).Distinct(StringComparer.OrdinalIgnoreCase).Take(Max)];
    }
}
