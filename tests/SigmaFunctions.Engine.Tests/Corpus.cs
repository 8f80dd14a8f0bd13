namespace SigmaFunctions.Engine.Tests;

/// <summary>
/// SigmaHQ's rules and real events, where they are present: in the folder that the environment variable <c>SIGMA_CORPUS</c>
/// names, or in <c>shared/corpus</c> beside the repository. Tests that need them are skipped where they are not.
/// </summary>
internal static class Corpus
{
    public static string? Folder { get; } = Find();

    public static string Require(string path)
    {
        Assert.SkipWhen(Folder is null, "The corpus is not present; set SIGMA_CORPUS to its folder.");
        return Path.Combine(Folder!, path);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("SIGMA_CORPUS") is { Length: > 0 } folder)
            return Directory.Exists(folder) ? folder : null;
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (!File.Exists(Path.Combine(directory.FullName, "SigmaFunctions.sln")))
                continue;
            string beside = Path.GetFullPath(Path.Combine(directory.FullName, "..", "shared", "corpus"));
            return Directory.Exists(beside) ? beside : null;
        }

        return null;
    }
}
