using System.Reflection;

namespace SigmaFunctions.LocalHost.Processes;

/// <summary>Where the build put what this program starts.</summary>
internal static class LocalPaths
{
    /// <summary>Folder that Azurite's package is installed in.</summary>
    public static string AzuriteDirectory => Metadata("AzuriteDirectory");

    /// <summary>The function app's assembly.</summary>
    public static string AppAssembly => Metadata("AppAssembly");

    /// <summary>The rules that ship with the app.</summary>
    public static string AppRules => Path.Combine(Path.GetDirectoryName(AppAssembly)!, "rules");

    /// <summary>The sample: one event hub body a line.</summary>
    public static string SampleEvents => Path.Combine(AppContext.BaseDirectory, "sample", "events.ndjson");

    /// <summary>The script that ends Azurite with this process.</summary>
    public static string ExitWithParentScript => Path.Combine(AppContext.BaseDirectory, "Azurite", "exit-with-parent.js");

    /// <summary>What makes Azurite find rows of large partitions fast.</summary>
    public static string FindRowsByKeyScript => Path.Combine(AppContext.BaseDirectory, "Azurite", "find-rows-by-key.js");

    private static string Metadata(string key) =>
        typeof(LocalPaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
