namespace SigmaFunctions.Engine.Files;

/// <summary>Finds the files that hold rules.</summary>
internal static class RuleFiles
{
    /// <summary>What stands before the extension in the name of a file of tests.</summary>
    public const string TestSuffix = ".test";

    /// <summary>The files at or below several paths, each once.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at one of the paths.</exception>
    public static List<RulePath> FindAll(IEnumerable<string> paths)
    {
        var files = new List<RulePath>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            foreach (RulePath file in Find(path))
            {
                if (seen.Add(file.Path))
                {
                    files.Add(file);
                }
            }
        }

        return files;
    }

    /// <summary>The path itself if it is a file, or the rule files below it.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at this path.</exception>
    public static IEnumerable<RulePath> Find(string path)
    {
        if (File.Exists(path))
        {
            return [new RulePath(path, IsNamed: true)];
        }

        if (!Directory.Exists(path))
        {
            throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        }

        return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(IsRuleFile).Select(file => new RulePath(file, IsNamed: false));
    }

    /// <summary>Whether a file holds tests of rules, by its name.</summary>
    public static bool IsTestFile(string path) =>
        IsYaml(path) && Path.GetFileNameWithoutExtension(path.AsSpan()).EndsWith(TestSuffix, StringComparison.Ordinal);

    /// <summary>Whether a file may hold rules, by its name.</summary>
    public static bool IsRuleFile(string path) => IsYaml(path) && !IsTestFile(path);

    private static bool IsYaml(string path) => Path.GetExtension(path.AsSpan()) is ".yml" or ".yaml";
}
