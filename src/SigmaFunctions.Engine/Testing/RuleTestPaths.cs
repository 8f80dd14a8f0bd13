using SigmaFunctions.Engine.Files;

namespace SigmaFunctions.Engine.Testing;

/// <summary>Which files hold rules and which their tests.</summary>
/// <param name="Rules">Rule files.</param>
/// <param name="Tests">Test files, each with the rule file that it belongs to; null if there is none beside it.</param>
public sealed record RuleTestPaths(IReadOnlyList<string> Rules, IReadOnlyList<(string Test, string? Rule)> Tests)
{
    private static readonly string[] Extensions = [".yml", ".yaml"];

    /// <summary>
    /// Finds rules and tests, in the order of their paths: everything below a folder, and of a rule or test file given by its name also
    /// the other one beside it.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is nothing at one of the paths.</exception>
    /// <exception cref="IOException">A folder cannot be read, or a path is an archive.</exception>
    public static RuleTestPaths Find(IEnumerable<string> paths)
    {
        var rules = new SortedSet<string>(StringComparer.Ordinal);
        var tests = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
            {
                rules.UnionWith(RuleFiles.Find(path).Where(rule => rule.Fault is null).Select(rule => rule.Path));
                foreach (RulePath test in FolderWalk.Below(path, IsTest).Where(test => test.Fault is null))
                {
                    tests[test.Path] = RuleOf(test.Path);
                }
            }
            else if (IsTest(path) && File.Exists(path))
            {
                tests[path] = RuleOf(path);
                if (tests[path] is { } rule)
                {
                    rules.Add(rule);
                }
            }
            else if (RuleArchive.IsArchive(path) && File.Exists(path))
            {
                throw new IOException($"'{path}' is an archive: unpack it to test its rules.");
            }
            else
            {
                rules.UnionWith(RuleFiles.Find(path).Select(rule => rule.Path));
                if (TestOf(path) is { } test)
                {
                    tests[test] = path;
                }
            }
        }

        return new RuleTestPaths([.. rules], [.. tests.Select(pair => (pair.Key, pair.Value))]);
    }

    /// <summary>Whether a file is one of tests by its name.</summary>
    public static bool IsTest(string path) => RuleFiles.IsTestFile(path);

    private static string? RuleOf(string test)
    {
        string stem = Path.ChangeExtension(test, null)[..^RuleFiles.TestSuffix.Length];
        return Extensions.Select(extension => stem + extension).FirstOrDefault(File.Exists);
    }

    private static string? TestOf(string rule)
    {
        string stem = Path.ChangeExtension(rule, null) + RuleFiles.TestSuffix;
        return Extensions.Select(extension => stem + extension).FirstOrDefault(File.Exists);
    }
}
