using System.Security.Cryptography;
using System.Text;

namespace SigmaFunctions.Engine.Model;

/// <summary>The name that a rule's page has wherever rules are shown: what writes pages and what links to them agree by it.</summary>
public static class RulePageName
{
    /// <summary>Most characters of the address of a page within its site.</summary>
    public const int MaxPathLength = 47;

    /// <summary>
    /// The name of the page of an id, without extension: a UUID in lower case, or <c>x</c> and a hash of anything else, which no file
    /// system changes.
    /// </summary>
    public static string Of(string id) => Guid.TryParseExact(id, "D", out Guid uuid)
        ? uuid.ToString("D")
        : "x" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 16));

    /// <summary>The place of the page in a site of rules, such as <c>rules/6640f31c-01ad-49b5-beb5-83498a5cd8bd.html</c>.</summary>
    public static string PathOf(string id) => $"rules/{Of(id)}.html";
}
