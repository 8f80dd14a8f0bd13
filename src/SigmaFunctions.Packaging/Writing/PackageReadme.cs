using System.Text.RegularExpressions;

namespace SigmaFunctions.Packaging.Writing;

/// <summary>A document of the repository as the page of a package, which is shown far from the repository.</summary>
internal static partial class PackageReadme
{
    /// <summary>The document with links that lead somewhere from everywhere.</summary>
    /// <param name="markdown">The document.</param>
    /// <param name="document">Its path in the repository, with slashes.</param>
    /// <param name="address">Address of the repository's files; null if none is known: then links into the repository become plain words.</param>
    public static string Write(string markdown, string document, string? address) => Link().Replace(markdown, link =>
    {
        string target = link.Groups["target"].Value;
        if (Uri.TryCreate(target, UriKind.Absolute, out _) || target.StartsWith('#'))
        {
            return link.Value;
        }

        string words = link.Groups["words"].Value;
        return address is null ? words : $"[{words}]({new Uri(new Uri($"{address.TrimEnd('/')}/{document}"), target)})";
    });

    [GeneratedRegex(@"\[(?<words>[^\[\]]*)\]\((?<target>[^()\s]+)\)")]
    private static partial Regex Link();
}
