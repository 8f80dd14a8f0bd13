using System.Reflection;

namespace SigmaFunctions.Storage.Model;

/// <summary>The build that is running.</summary>
public static class AppBuild
{
    /// <summary>Its version and commit, such as <c>1.2.0+5d9ef89…</c>; all assemblies of a build have the same.</summary>
    public static string Version { get; } =
        typeof(AppBuild).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
}
