namespace SigmaFunctions.Engine.Rules;

/// <summary>Finds the files that hold rules.</summary>
internal static class RuleFiles
{
    private const string TestSuffix = ".test";

    /// <summary>The path itself if it is a file, or the rule files below it.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at this path.</exception>
    public static IEnumerable<string> Find(string path)
    {
        if (File.Exists(path))
            return [path];
        if (!Directory.Exists(path))
            throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => IsRuleFile(file) && !IsEndless(file));
    }

    /// <summary>Pipes and devices have no length, and reading them need not end; an empty file holds no rule either.</summary>
    private static bool IsEndless(string path)
    {
        var file = new FileInfo(path);
        try
        {
            return (file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file) is { Exists: true, Length: 0 };
        }
        catch (IOException)
        {
            // Links in a circle: reading it says so, with the file's name.
            return false;
        }
    }

    private static bool IsRuleFile(string path) =>
        Path.GetExtension(path) is ".yml" or ".yaml"
        && !Path.GetFileNameWithoutExtension(path).EndsWith(TestSuffix, StringComparison.Ordinal);
}
