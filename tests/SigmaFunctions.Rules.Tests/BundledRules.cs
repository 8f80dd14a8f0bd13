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

    /// <summary>The folder of correlations, each in a file with the rules that it is built of.</summary>
    private const string CorrelationFolder = "correlations/";

    /// <summary>The folder <c>rules/</c> of this repository.</summary>
    public static string Folder { get; } = typeof(BundledRules).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RulesFolder").Value!;

    /// <summary>Everything in <see cref="Folder"/>.</summary>
    public static RuleSet RuleSet { get; } = RuleSet.LoadPaths([Folder]);

    /// <summary><see cref="RuleSet"/>, compiled.</summary>
    public static Detector Detector { get; } = new(RuleSet);

    /// <summary>Files of one rule each, relative to <see cref="Folder"/>, with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> RuleFiles { get; } = [.. YamlFiles().Where(file => !IsCorrelation(file))];

    /// <summary>Files of one correlation each and its building blocks, relative to <see cref="Folder"/>, with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> CorrelationFiles { get; } = [.. YamlFiles().Where(IsCorrelation)];

    /// <summary>Test files relative to <see cref="Folder"/>, with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> TestFiles { get; } =
        [.. Files().Where(file => file.EndsWith(TestSuffix, StringComparison.Ordinal))];

    /// <summary>The test file that belongs to a rule file.</summary>
    public static string TestFileOf(string ruleFile) => ruleFile[..^".yml".Length] + TestSuffix;

    /// <summary>The rule file that a test file belongs to.</summary>
    public static string RuleFileOf(string testFile) => testFile[..^TestSuffix.Length] + ".yml";

    /// <summary>What came of all test files.</summary>
    public static RuleTestReport Report { get; } = RuleTester.Run(RuleTestPaths.Find([Folder]));

    /// <summary>The cases of a test file that are about one event.</summary>
    public static ImmutableArray<EventTestCase> Tests(string testFile) => [.. RuleTestFile.Load(FullPath(testFile)).Cases.OfType<EventTestCase>()];

    /// <summary>What came of the cases of a test file, in its order.</summary>
    public static ImmutableArray<RuleTestResult> Results(string testFile) =>
        [.. Report.Results.Where(result => Path.GetFullPath(result.File) == FullPath(testFile))];

    /// <summary>The rule that was read from a file.</summary>
    public static SigmaRule Rule(string ruleFile) => RulesOf(ruleFile).Single();

    /// <summary>The rules that were read from a file.</summary>
    public static IEnumerable<SigmaRule> RulesOf(string file) => RuleSet.Rules.Where(rule => Path.GetFullPath(rule.File) == FullPath(file));

    /// <summary>The correlations that were read from a file.</summary>
    public static IEnumerable<SigmaCorrelation> CorrelationsOf(string file) =>
        RuleSet.Correlations.Where(correlation => Path.GetFullPath(correlation.File) == FullPath(file));

    /// <summary>The correlation of a file that has detections of its own.</summary>
    public static SigmaCorrelation Correlation(string file) => CorrelationsOf(file).Single(correlation => !IsSilent(correlation.Id));

    /// <summary>Whether a rule or correlation is a building block of others alone.</summary>
    public static bool IsSilent(string id) => RuleSet.CorrelationPlan.SilentRules.Contains(id);

    /// <summary>Where a file relative to <see cref="Folder"/> is.</summary>
    public static string FullPath(string file) => Path.GetFullPath(Path.Combine(Folder, file));

    private static bool IsCorrelation(string file) => file.StartsWith(CorrelationFolder, StringComparison.Ordinal);

    private static IEnumerable<string> YamlFiles() => Files().Where(file => !file.EndsWith(TestSuffix, StringComparison.Ordinal));

    private static IEnumerable<string> Files() =>
        Directory.EnumerateFiles(Folder, "*.yml", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);
}
