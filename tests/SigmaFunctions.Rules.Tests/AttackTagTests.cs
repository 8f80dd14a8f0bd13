namespace SigmaFunctions.Rules.Tests;

/// <summary>
/// Holds tags against MITRE's lists where they are present: <c>techniques.tsv</c> and <c>tactics.tsv</c> in the folder that the
/// environment variable <c>ATTACK_LISTS</c> names, or in <c>shared/attack</c> beside the repository.
/// </summary>
public sealed class AttackTagTests
{
    private const string TagPrefix = "attack.";

    /// <summary>Tactics of the next version of ATT&amp;CK, which together replace defense-evasion.</summary>
    private static readonly string[] NewTactics = ["stealth", "defense-impairment"];

    public static TheoryData<string> RuleFiles => [.. BundledRules.RuleFiles];

    [Theory]
    [MemberData(nameof(RuleFiles))]
    public void Tags_name_techniques_in_force_and_tactics_they_serve(string file)
    {
        string lists = Environment.GetEnvironmentVariable("ATTACK_LISTS") is { Length: > 0 } folder
            ? folder
            : Path.GetFullPath(Path.Combine(BundledRules.Folder, "..", "..", "shared", "attack"));
        Assert.SkipUnless(Directory.Exists(lists), "MITRE's lists are not present; set ATTACK_LISTS to their folder.");
        var techniques = Rows(lists, "techniques.tsv").ToDictionary(row => row[0], StringComparer.OrdinalIgnoreCase);
        var tactics = Rows(lists, "tactics.tsv").Select(row => row[1]).ToHashSet(StringComparer.Ordinal);

        string[] tags = [.. BundledRules.Rule(file).Tags.Where(tag => tag.StartsWith(TagPrefix, StringComparison.Ordinal))
            .Select(tag => tag[TagPrefix.Length..])];
        string[] techniqueTags = [.. tags.Where(IsTechnique)];
        string[] tacticTags = [.. tags.Where(tag => !IsTechnique(tag))];

        Assert.NotEmpty(techniqueTags);
        Assert.All(techniqueTags, tag => Assert.True(techniques.TryGetValue(tag, out var row) && row[4] is "", $"{tag} is no technique in force"));
        Assert.All(tacticTags, tag => Assert.True(tactics.Contains(tag) || NewTactics.Contains(tag), $"{tag} is no tactic"));
        if (tacticTags.Any(NewTactics.Contains))
            return;
        var served = techniqueTags.SelectMany(tag => techniques[tag][2].Split(',')).ToHashSet(StringComparer.Ordinal);
        Assert.All(tacticTags, tag => Assert.Contains(tag, served));
        Assert.All(techniqueTags, tag => Assert.NotEmpty(techniques[tag][2].Split(',').Intersect(tacticTags)));
    }

    private static bool IsTechnique(string tag) =>
        tag.Length > 1 && tag[0] == 't' && char.IsBetween(tag[1], '0', '9');

    private static IEnumerable<string[]> Rows(string folder, string name) =>
        File.ReadLines(Path.Combine(folder, name)).Skip(1).Select(line => line.Split('\t'));
}
