namespace SigmaFunctions.Engine.Files;

/// <summary>Finds the files that hold rules.</summary>
internal static class RuleFiles
{
    /// <summary>What stands before the extension in the name of a file of tests.</summary>
    public const string TestSuffix = ".test";

    /// <summary>The files at, below or in several paths, each once.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at one of the paths.</exception>
    /// <exception cref="IOException">A folder or an archive cannot be read.</exception>
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

    /// <summary>The path itself if it is a file, or the rule files below the folder, or in the archive, that it is.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at this path.</exception>
    /// <exception cref="IOException">A folder or an archive cannot be read.</exception>
    public static IEnumerable<RulePath> Find(string path)
    {
        if (File.Exists(path))
        {
            return RuleArchive.IsArchive(path) ? InArchive(path) : [new RulePath(path, IsNamed: true)];
        }

        if (!Directory.Exists(path))
        {
            throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        }

        return FolderWalk.Below(path, IsRuleFile);
    }

    private static List<RulePath> InArchive(string path)
    {
        if (new FileInfo(path).Length > RuleArchive.MaxSize)
        {
            throw new IOException($"The archive '{path}' is larger than {RuleArchive.MaxSize / (1024 * 1024)} MiB.");
        }

        try
        {
            var files = new List<RulePath>();
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach ((string name, byte[] content) in RuleArchive.ReadEntries(File.ReadAllBytes(path)))
            {
                if (!names.Add(name))
                {
                    throw new InvalidDataException($"it holds two files named '{name}'");
                }

                files.Add(new RulePath(path + Path.DirectorySeparatorChar + name, IsNamed: false) { Content = content });
            }

            return files;
        }
        catch (InvalidDataException exception)
        {
            throw new IOException($"The archive '{path}' cannot be read: {exception.Message}.", exception);
        }
    }

    /// <summary>Whether a file holds tests of rules, by its name.</summary>
    public static bool IsTestFile(string path) =>
        IsYaml(path) && Path.GetFileNameWithoutExtension(path.AsSpan()).EndsWith(TestSuffix, StringComparison.Ordinal);

    /// <summary>Whether a file may hold rules, by its name.</summary>
    public static bool IsRuleFile(string path) => IsYaml(path) && !IsTestFile(path);

    private static bool IsYaml(string path) =>
        Path.GetExtension(path.AsSpan()) is var extension
        && (extension.Equals(".yml", StringComparison.OrdinalIgnoreCase) || extension.Equals(".yaml", StringComparison.OrdinalIgnoreCase));
}
