using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace SigmaFunctions.Tests;

/// <summary>
/// SigmaHQ's rules and real events, where they are present: in the folder that the environment variable <c>SIGMA_CORPUS</c>
/// names, or in <c>shared/corpus</c> beside the repository. Tests that need them are skipped where they are not.
/// </summary>
internal static class Corpus
{
    /// <summary>Full path of a file or folder of the corpus; skips the test where it is absent.</summary>
    public static string Require(string relative)
    {
        string? path = Find(relative);
        Assert.SkipWhen(path is null, $"{relative} of the corpus is absent; set SIGMA_CORPUS to its folder.");
        return path!;
    }

    /// <summary>Full path of a file or folder of the corpus; null where it is absent.</summary>
    public static string? Find(string relative) => Root() is { } root && Path.Combine(root, relative) is var path && Path.Exists(path) ? path : null;

    /// <summary>The lines of a file, unpacked where it is gzip.</summary>
    public static IEnumerable<byte[]> Lines(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            yield return Encoding.UTF8.GetBytes(line);
        }
    }

    /// <summary>
    /// The bodies of a file of <c>{"file":"…","line":0,"expect":[…],"body":"…"}</c> lines, with the ids of the rules that must fire and
    /// where the event is from: the same event may have come in several ways.
    /// </summary>
    public static IEnumerable<(byte[] Body, string[] Expected, string Origin)> Wire(string relative)
    {
        foreach (byte[] line in Lines(Require(relative)))
        {
            using var document = JsonDocument.Parse(line);
            yield return (
                Encoding.UTF8.GetBytes(document.RootElement.GetProperty("body").GetString()!),
                [.. document.RootElement.GetProperty("expect").EnumerateArray().Select(id => id.GetString()!)],
                $"{document.RootElement.GetProperty("file").GetString()}:{document.RootElement.GetProperty("line")}");
        }
    }

    private static string? Root()
    {
        if (Environment.GetEnvironmentVariable("SIGMA_CORPUS") is { Length: > 0 } folder)
        {
            return folder;
        }

        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "SigmaFunctions.sln")))
            {
                return Path.Combine(directory.FullName, "..", "shared", "corpus");
            }
        }

        return null;
    }
}
