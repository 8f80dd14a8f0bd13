using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;

namespace SigmaFunctions.Catalog.Tests;

/// <summary>Follows links within a site.</summary>
internal static partial class LinkCheck
{
    private static readonly ConcurrentDictionary<string, bool> Exists = new(StringComparer.Ordinal);

    /// <summary>Fails where a page refers to a file, or to a part of itself, that there is not.</summary>
    public static void AssertLinksLead(string file)
    {
        string html = File.ReadAllText(file);
        foreach (Match match in Reference().Matches(html))
        {
            string reference = WebUtility.HtmlDecode(match.Groups[1].Value);
            if (reference.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || reference.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            string[] parts = reference.Split('#', 2);
            string target = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, parts[0]));
            if (parts[0].Length == 0)
            {
                Assert.True(html.Contains($"id=\"{WebUtility.HtmlEncode(parts[1])}\"", StringComparison.Ordinal), $"{file}: {reference}");
            }
            else
            {
                Assert.True(Exists.GetOrAdd(target, File.Exists), $"{file}: {reference}");
            }
        }
    }

    [GeneratedRegex("(?:href|src|action)=\"([^\"]*)\"")]
    private static partial Regex Reference();
}
