using System.Collections.Frozen;

namespace SigmaFunctions.Engine.Linting;

/// <summary>What tags of the namespace <c>attack</c> named in earlier versions of ATT&amp;CK, and what names it now (docs/attack.md).</summary>
internal static class RetiredTags
{
    private static readonly Lazy<FrozenDictionary<string, string>> Replacements = new(() =>
        ReadRevoked().Append(("attack.defense-evasion", "attack.stealth or attack.defense-impairment")).ToFrozenDictionary(pair => pair.Item1, pair => pair.Item2));

    /// <summary>The tag or tags that replace one; null where it is in force, unknown, or has no replacement.</summary>
    public static string? ReplacementOf(string tag) => Replacements.Value.GetValueOrDefault(tag);

    private static IEnumerable<(string Tag, string Replacement)> ReadRevoked()
    {
        using Stream stream = typeof(RetiredTags).Assembly.GetManifestResourceStream("attack/revoked.tsv")
            ?? throw new InvalidOperationException("revoked.tsv is not built in.");
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            string[] columns = line.ToLowerInvariant().Split('\t');
            yield return ($"attack.{columns[0]}", $"attack.{columns[2]}");
        }
    }
}
