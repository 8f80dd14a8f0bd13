namespace SigmaFunctions.Engine.Files;

/// <summary>The text of a file that may hold rules.</summary>
/// <param name="Path">Name used in diagnostics.</param>
/// <param name="Text">YAML, one or more documents.</param>
public sealed record RuleFile(string Path, string Text)
{
    /// <summary>A file of bytes: UTF-8, or what a byte order mark says.</summary>
    public static RuleFile Decode(string path, ReadOnlySpan<byte> content) => new(path, RulePath.Decode(content));

    /// <summary>Whether a file may hold rules, by its name: <c>*.yml</c> and <c>*.yaml</c>, but not <c>*.test.yml</c>.</summary>
    public static bool HasName(string path) => RuleFiles.IsRuleFile(path);

    /// <summary>Reads the rule files at and below paths. Names are those below the path, of a file its own name, with <c>/</c>.</summary>
    /// <exception cref="IOException">A path does not exist, or a file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="InvalidDataException">Two files would have the same name.</exception>
    public static IReadOnlyList<RuleFile> ReadAll(IEnumerable<string> paths)
    {
        var files = new SortedDictionary<string, RuleFile>(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            foreach (RulePath found in RuleFiles.Find(path))
            {
                string name = (found.IsNamed ? System.IO.Path.GetFileName(path) : System.IO.Path.GetRelativePath(path, found.Path))
                    .Replace(System.IO.Path.DirectorySeparatorChar, '/');
                if (found.ReadText() is { } text && !files.TryAdd(name, new RuleFile(name, text)))
                {
                    throw new InvalidDataException($"Two files are named '{name}': name a folder above both.");
                }
            }
        }

        return [.. files.Values];
    }
}
