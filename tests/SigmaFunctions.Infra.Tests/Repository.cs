using System.Reflection;

namespace SigmaFunctions.Infra.Tests;

/// <summary>Where the files under test lie.</summary>
internal static class Repository
{
    public static string Folder { get; } = Metadata("RepositoryFolder");

    public static string InfraFolder { get; } = Path.Combine(Folder, "infra");

    /// <summary>Where the Bicep compiler was restored to.</summary>
    public static string BicepPath { get; } = Metadata("BicepPath");

    /// <summary>What the restore of this project has left.</summary>
    public static string ProjectAssetsFile { get; } = Metadata("ProjectAssetsFile");

    private static string Metadata(string key) => typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
