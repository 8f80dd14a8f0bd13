using System.Reflection;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>Where the documentation lies, and how what it starts was built.</summary>
internal static class Repository
{
    public static string Folder { get; } = Metadata("Repository");

    /// <summary>Of this build: what is documented was built beside it.</summary>
    public static string Configuration { get; } = Metadata("Configuration");

    private static string Metadata(string key) => typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
