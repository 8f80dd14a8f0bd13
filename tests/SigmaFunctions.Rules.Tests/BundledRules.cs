using System.Collections.Immutable;
using System.Reflection;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Rules.Tests;

/// <summary>The rules that ship with the app, loaded once, and their test files.</summary>
internal static class BundledRules
{
    private const string TestSuffix = ".test.yml";

    /// <summary>The folder <c>rules/</c> of this repository.</summary>
    public static string Folder { get; } = typeof(BundledRules).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RulesFolder").Value!;

    /// <summary>Everything in <see cref="Folder"/>.</summary>
    public static RuleSet RuleSet { get; } = RuleSet.LoadPaths([Folder]);

    /// <summary><see cref="RuleSet"/>, compiled.</summary>
    public static Detector Detector { get; } = new(RuleSet);

    /// <summary>Rule files relative to <see cref="Folder"/>, with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> RuleFiles { get; } =
        [.. Files().Where(file => !file.EndsWith(TestSuffix, StringComparison.Ordinal))];

    /// <summary>Test files relative to <see cref="Folder"/>, with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> TestFiles { get; } =
        [.. Files().Where(file => file.EndsWith(TestSuffix, StringComparison.Ordinal))];

    /// <summary>The test file that belongs to a rule file.</summary>
    public static string TestFileOf(string ruleFile) => ruleFile[..^".yml".Length] + TestSuffix;

    /// <summary>The rule file that a test file belongs to.</summary>
    public static string RuleFileOf(string testFile) => testFile[..^TestSuffix.Length] + ".yml";

    /// <summary>The cases of a test file that are about one event.</summary>
    public static ImmutableArray<EventTestCase> Tests(string testFile) => [.. RuleTestFile.Load(FullPath(testFile)).Cases.OfType<EventTestCase>()];

    /// <summary>The rule that was read from a file.</summary>
    public static SigmaRule Rule(string ruleFile) =>
        RuleSet.Rules.Single(rule => Path.GetFullPath(rule.File) == FullPath(ruleFile));

    /// <summary>Where a file relative to <see cref="Folder"/> is.</summary>
    public static string FullPath(string file) => Path.GetFullPath(Path.Combine(Folder, file));

    private static IEnumerable<string> Files() =>
        Directory.EnumerateFiles(Folder, "*.yml", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);
}
