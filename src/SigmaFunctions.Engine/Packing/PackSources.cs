using SigmaFunctions.Engine.Files;

namespace SigmaFunctions.Engine.Packing;

/// <summary>A rule file that went into a pack.</summary>
/// <param name="Root">Index of the folder it was found in, or of the file itself, among the paths that were packed.</param>
/// <param name="Name">Its path below that, with <c>/</c>; empty for the file itself.</param>
/// <param name="Hash">Hash of its bytes.</param>
internal sealed record PackSource(int Root, string Name, ulong Hash)
{
    // Starting threads for so few takes longer than reading them.
    private const int FewFiles = 64;

    /// <summary>Its path, given that of its root.</summary>
    public string PathBelow(string root) =>
        Name.Length == 0 ? root : Path.Join(root, Path.DirectorySeparatorChar == '/' ? Name : Name.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>The name of a file that was found below a root.</summary>
    public static string NameOf(string root, string path) =>
        path == root ? "" : Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>
    /// Whether the files below the roots are those that were packed, by their names and contents: times of files do not survive every
    /// way that an app is deployed.
    /// </summary>
    /// <returns>What differs, as the end of a sentence; null if nothing does.</returns>
    public static string? Difference(PackSource[] sources, string[] roots)
    {
        try
        {
            var expected = new Dictionary<string, PackSource>(sources.Length, StringComparer.Ordinal);
            foreach (PackSource source in sources)
            {
                expected[source.PathBelow(roots[source.Root])] = source;
            }

            List<RulePath> paths = RuleFiles.FindAll(roots);
            string?[] differences = new string?[paths.Count];
            bool[] found = new bool[paths.Count];
            if (paths.Count <= FewFiles)
            {
                for (int i = 0; i < paths.Count; i++)
                {
                    Compare(i);
                }
            }
            else
            {
                Parallel.For(0, paths.Count, Compare);
            }

            foreach (string? difference in differences)
            {
                if (difference is not null)
                {
                    return difference;
                }
            }

            return found.AsSpan().Count(true) == expected.Count ? null : "a file that was packed is no longer there";

            void Compare(int i)
            {
                string path = paths[i].Path;
                found[i] = paths[i].Read(false, bytes =>
                {
                    if (!expected.TryGetValue(path, out PackSource? source))
                    {
                        differences[i] = $"'{path}' is new";
                    }
                    else if (source.Hash != PackFormat.HashOf(bytes))
                    {
                        differences[i] = $"'{path}' has changed";
                    }

                    return true;
                });
            }
        }
        catch (AggregateException exception) when (exception.InnerExceptions.All(inner => inner is IOException or UnauthorizedAccessException))
        {
            return $"a file cannot be read: {exception.InnerExceptions[0].Message}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"a file cannot be read: {exception.Message}";
        }
    }
}
