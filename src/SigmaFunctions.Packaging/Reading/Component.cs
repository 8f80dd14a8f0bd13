namespace SigmaFunctions.Packaging.Reading;

/// <summary>A package of others of which an output ships files.</summary>
/// <param name="Id">The package's id, as its author writes it.</param>
/// <param name="Version">The package's version.</param>
/// <param name="Sha512">The hash of the package's archive, in hexadecimal digits; empty if none is known.</param>
/// <param name="Files">Names of the shipped files, in ordinal order.</param>
/// <param name="Dependencies">Package URLs of the shipped packages that this one needs, in ordinal order.</param>
/// <param name="License">What its author says of rights and licenses.</param>
internal sealed record Component(
    string Id, string Version, string Sha512, IReadOnlyList<string> Files, IReadOnlyList<string> Dependencies, PackageLicense License)
{
    /// <summary>The component's address among packages.</summary>
    public string PackageUrl => UrlOf((Id, Version));

    /// <summary>A package's address among packages (package URL).</summary>
    /// <param name="package">The package's id and version.</param>
    public static string UrlOf((string Id, string Version) package) => $"pkg:nuget/{package.Id}@{package.Version}";
}

/// <summary>What an output is: its name and version, what it ships of others, and what it needs of those itself.</summary>
/// <param name="Name">The output's name.</param>
/// <param name="Version">The output's version.</param>
/// <param name="Components">
/// Packages of which files are shipped, in ordinal order of their package URLs. The worker and the host's side may have a package in two versions.
/// </param>
/// <param name="Dependencies">Package URLs of those among them that the output's own projects ask for, in ordinal order.</param>
/// <param name="Unknown">Assemblies, relative to the output's folder, that no package is known for.</param>
internal sealed record Shipment(
    string Name, string Version, IReadOnlyList<Component> Components, IReadOnlyList<string> Dependencies, IReadOnlyList<string> Unknown);
