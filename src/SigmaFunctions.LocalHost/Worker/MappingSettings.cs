using Microsoft.Extensions.Configuration;
using SigmaFunctions.LocalHost.Processes;

namespace SigmaFunctions.LocalHost.Worker;

/// <summary>The mappings of further sources that the worker has from its environment, <c>Mappings__Path</c>, or those that ship with it.</summary>
internal static class MappingSettings
{
    private const string DefaultFolder = "mappings";

    /// <summary>Files and folders, with full paths.</summary>
    /// <param name="environment">The environment of this process, which the worker inherits.</param>
    public static IReadOnlyList<string> Paths(IConfiguration environment)
    {
        string folder = Path.GetDirectoryName(LocalPaths.AppAssembly)!;
        string[] paths = (environment["Mappings:Path"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return paths is not [] ? [.. paths.Select(path => Path.GetFullPath(path, folder))]
            : Directory.Exists(Path.Combine(folder, DefaultFolder)) ? [Path.Combine(folder, DefaultFolder)]
            : [];
    }
}
