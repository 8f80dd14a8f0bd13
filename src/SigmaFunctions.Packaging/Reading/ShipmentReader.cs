using System.Text.Json;

namespace SigmaFunctions.Packaging.Reading;

/// <summary>
/// Finds the packages that the assemblies of an output are of. The dependency files (<c>*.deps.json</c>) in the output say it, each for its
/// folder and those below; what a build's tools add is looked for in the packages that were restored.
/// </summary>
internal sealed class ShipmentReader
{
    private readonly string _folder;
    private readonly List<Dependencies> _dependencies = [];
    private readonly List<Restored> _restored = [];

    /// <param name="folder">The output's folder.</param>
    /// <param name="assets">Files that restores have left (<c>project.assets.json</c>); those that do not exist count for nothing.</param>
    public ShipmentReader(string folder, IEnumerable<string> assets)
    {
        _folder = Path.GetFullPath(folder);
        foreach (string file in Directory.EnumerateFiles(_folder, "*.deps.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            _dependencies.Add(Dependencies.Read(file));
        }

        foreach (string file in assets.Where(File.Exists))
        {
            _restored.Add(Restored.Read(file));
        }
    }

    /// <summary>What the output ships.</summary>
    /// <param name="name">The output's name.</param>
    /// <param name="version">The output's version.</param>
    /// <param name="appHost">Version of .NET's launcher, which becomes the program's own file.</param>
    /// <exception cref="InvalidDataException">The files of a package that is shipped are not on this machine.</exception>
    public Shipment Read(string name, string version, string appHost)
    {
        var files = new SortedDictionary<(string Id, string Version), SortedSet<string>>();
        List<string> unknown = [];
        foreach (string path in Directory.EnumerateFiles(_folder, "*.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string file = Path.GetFileName(path);
            Dependencies[] near = [.. _dependencies
                .Where(dependencies => path.StartsWith(dependencies.Folder, StringComparison.Ordinal))
                .OrderByDescending(dependencies => dependencies.Folder.Length)];
            if (near.Any(dependencies => dependencies.Own.Contains(file)))
            {
                continue;
            }

            (string Id, string Version)? package = near.Select(dependencies => dependencies.PackageOf(file))
                .Concat(_restored.Select(restored => restored.PackageOf(file)))
                .FirstOrDefault(found => found is not null);
            if (package is null)
            {
                unknown.Add(Path.GetRelativePath(_folder, path));
                continue;
            }
            if (!files.TryGetValue(package.Value, out SortedSet<string>? names))
            {
                files.Add(package.Value, names = new SortedSet<string>(StringComparer.Ordinal));
            }

            names.Add(file);
        }

        string[] Needed(IEnumerable<(string Id, string Version)> packages) =>
            [.. packages.Where(files.ContainsKey).Select(Component.UrlOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        List<Component> components = [.. files.Select(package => new Component(
            package.Key.Id,
            package.Key.Version,
            _restored.Select(restored => restored.HashOf(package.Key)).FirstOrDefault(hash => hash is not null) ?? "",
            [.. package.Value],
            Needed(_dependencies.SelectMany(dependencies => dependencies.NeedsOf(package.Key))),
            PackageLicense.Read(FolderOf(package.Key), package.Key.Id)))];
        components.AddRange(Launchers(appHost));
        components.Sort((one, other) => string.CompareOrdinal(one.PackageUrl, other.PackageUrl));
        return new Shipment(name, version, components, Needed(_dependencies.SelectMany(dependencies => dependencies.OwnNeeds)), unknown);
    }

    private IEnumerable<Component> Launchers(string version)
    {
        string[] names = [.. _dependencies
            .Where(dependencies => dependencies.Folder == _folder + Path.DirectorySeparatorChar)
            .SelectMany(dependencies => new[] { dependencies.Program, dependencies.Program + ".exe" })
            .Where(name => File.Exists(Path.Combine(_folder, name)))];
        if (names.Length == 0)
        {
            yield break;
        }

        var license = new PackageLicense(
            "MIT", null, "© Microsoft Corporation. All rights reserved.", "https://dot.net/", [("MIT", PackageLicense.Text("MIT")!)]);
        yield return new Component("Microsoft.NETCore.App.Host", version, "", names, [], license);
    }

    private string FolderOf((string Id, string Version) package) =>
        _restored.Select(restored => restored.FolderOf(package)).FirstOrDefault(folder => folder is not null)
        ?? throw new InvalidDataException($"{package.Id} {package.Version} is shipped, and no restore that was named has its files.");

    private static (string Id, string Version) Package(string key)
    {
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        return (key[..slash], key[(slash + 1)..]);
    }

    /// <summary>A dependency file: which assemblies of its folder are of which package.</summary>
    private sealed class Dependencies
    {
        private readonly Dictionary<string, (string Id, string Version)> _packages = new(StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<(string Id, string Version), (string Id, string Version)[]> _needs = [];

        /// <summary>The file's folder, with a separator at the end.</summary>
        public required string Folder { get; init; }

        /// <summary>The program's name, without extension.</summary>
        public required string Program { get; init; }

        /// <summary>Assemblies of the projects themselves.</summary>
        public HashSet<string> Own { get; } = new(StringComparer.OrdinalIgnoreCase);

        /// <summary>What the projects themselves need.</summary>
        public List<(string Id, string Version)> OwnNeeds { get; } = [];

        public (string Id, string Version)? PackageOf(string file) => _packages.TryGetValue(file, out (string Id, string Version) package) ? package : null;

        public (string Id, string Version)[] NeedsOf((string Id, string Version) package) => _needs.GetValueOrDefault(package) ?? [];

        public static Dependencies Read(string file)
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            JsonElement libraries = document.RootElement.GetProperty("libraries");
            string fileName = Path.GetFileName(file);
            var result = new Dependencies
            {
                Folder = Path.GetDirectoryName(file) + Path.DirectorySeparatorChar,
                Program = fileName[..^".deps.json".Length],
            };
            foreach (JsonProperty target in document.RootElement.GetProperty("targets").EnumerateObject())
            {
                foreach (JsonProperty library in target.Value.EnumerateObject())
                {
                    (string Id, string Version)[] needs = library.Value.TryGetProperty("dependencies", out JsonElement dependencies)
                        ? [.. dependencies.EnumerateObject().Select(item => (item.Name, item.Value.GetString()!))]
                        : [];
                    bool isPackage = libraries.GetProperty(library.Name).GetProperty("type").GetString() == "package";
                    if (isPackage)
                    {
                        result._needs[Package(library.Name)] = needs;
                    }
                    else
                    {
                        result.OwnNeeds.AddRange(needs);
                    }

                    foreach (string kind in (string[])["runtime", "resources", "runtimeTargets", "native"])
                    {
                        if (!library.Value.TryGetProperty(kind, out JsonElement assets))
                        {
                            continue;
                        }

                        foreach (JsonProperty asset in assets.EnumerateObject())
                        {
                            if (isPackage)
                            {
                                result._packages.TryAdd(Path.GetFileName(asset.Name), Package(library.Name));
                            }
                            else
                            {
                                result.Own.Add(Path.GetFileName(asset.Name));
                            }
                        }
                    }
                }
            }
            return result;
        }
    }

    /// <summary>What a restore has left: the packages of a project, with all their files.</summary>
    private sealed class Restored
    {
        private readonly Dictionary<string, (string Id, string Version)> _files = new(StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<(string Id, string Version), (string Path, string Hash)> _packages = [];
        private string[] _folders = [];

        public (string Id, string Version)? PackageOf(string file) => _files.TryGetValue(file, out (string Id, string Version) package) ? package : null;

        public string? HashOf((string Id, string Version) package) => _packages.TryGetValue(package, out (string Path, string Hash) found) ? found.Hash : null;

        public string? FolderOf((string Id, string Version) package) => _packages.TryGetValue(package, out (string Path, string Hash) found)
            ? _folders.Select(folder => Path.Combine(folder, found.Path)).FirstOrDefault(Directory.Exists)
            : null;

        public static Restored Read(string file)
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            var result = new Restored { _folders = [.. document.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name)] };
            foreach (JsonProperty library in document.RootElement.GetProperty("libraries").EnumerateObject())
            {
                if (library.Value.GetProperty("type").GetString() != "package")
                {
                    continue;
                }

                (string Id, string Version) package = Package(library.Name);
                string hash = Convert.ToHexStringLower(Convert.FromBase64String(library.Value.GetProperty("sha512").GetString()!));
                result._packages.Add(package, (library.Value.GetProperty("path").GetString()!, hash));
                foreach (JsonElement path in library.Value.GetProperty("files").EnumerateArray())
                {
                    result._files.TryAdd(Path.GetFileName(path.GetString()!), package);
                }
            }
            return result;
        }
    }
}
