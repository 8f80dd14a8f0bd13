using System.IO.Enumeration;

namespace SigmaFunctions.Engine.Files;

/// <summary>
/// Walks what lies below a folder, each folder once whatever links lead to it: under its own path where that lies below the folder too. A link to a
/// folder that holds the link is not followed.
/// </summary>
internal sealed class FolderWalk
{
    // Of links that lead to links; the system's own bound.
    private const int MaxLinks = 40;

    private readonly HashSet<string> _walked = new(StringComparer.Ordinal);
    private readonly Queue<string> _links = new();
    private readonly List<RulePath> _found = [];
    private readonly Func<string, bool> _isWanted;

    private FolderWalk(Func<string, bool> isWanted) => _isWanted = isWanted;

    /// <summary>The files below a folder whose names are wanted, and the links that are not followed.</summary>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be read.</exception>
    public static IReadOnlyList<RulePath> Below(string folder, Func<string, bool> isWanted)
    {
        var walk = new FolderWalk(isWanted);
        walk.Walk(folder, RealPath(folder, 0));
        while (walk._links.TryDequeue(out string? link))
        {
            string target = RealPath(link, 0);
            if (IsWithin(RealPath(Path.GetDirectoryName(link)!, 0), target))
            {
                walk._found.Add(new RulePath(link, IsNamed: false) { Fault = $"'{link}' is a link to a folder that holds it, and is not followed." });
            }
            else
            {
                walk.Walk(link, target);
            }
        }

        return walk._found;
    }

    private void Walk(string folder, string realPath)
    {
        if (!_walked.Add(realPath))
        {
            return;
        }

        var folders = new List<string>();
        var entries = new FileSystemEnumerable<(string Path, bool IsFolder, bool IsLink)>(
            folder,
            static (ref FileSystemEntry entry) =>
            {
                bool isFolder = entry.IsDirectory;
                return (entry.ToSpecifiedFullPath(), isFolder, isFolder && (entry.Attributes & FileAttributes.ReparsePoint) != 0);
            },
            new EnumerationOptions { IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None });
        foreach ((string path, bool isFolder, bool isLink) in entries)
        {
            if (isLink)
            {
                _links.Enqueue(path);
            }
            else if (isFolder)
            {
                folders.Add(path);
            }
            else if (_isWanted(path))
            {
                _found.Add(new RulePath(path, IsNamed: false));
            }
        }

        foreach (string inner in folders)
        {
            Walk(inner, Path.Join(realPath, Path.GetFileName(inner)));
        }
    }

    /// <summary>A path without links in it.</summary>
    private static string RealPath(string path, int links)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent)
        {
            return full;
        }

        if (links > MaxLinks)
        {
            throw new IOException($"The links of '{path}' lead to each other.");
        }

        string here = Path.Join(RealPath(parent, links), Path.GetFileName(full));
        return new DirectoryInfo(here).ResolveLinkTarget(returnFinalTarget: false) is { } target ? RealPath(target.FullName, links + 1) : here;
    }

    private static bool IsWithin(string path, string folder) =>
        path == folder || path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
