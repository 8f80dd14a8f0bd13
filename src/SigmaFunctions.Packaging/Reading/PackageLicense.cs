using System.Xml.Linq;

namespace SigmaFunctions.Packaging.Reading;

/// <summary>What a package says of its author's rights and of what others may do.</summary>
/// <param name="Expression">An SPDX expression; null if the package has none.</param>
/// <param name="Address">Where the license is; null if the package does not say.</param>
/// <param name="Copyright">The author's own line, or who the authors are.</param>
/// <param name="Project">The project's address; null if the package does not say.</param>
/// <param name="Texts">Licenses and notices that must go with the package's files, by title.</param>
internal sealed record PackageLicense(
    string? Expression, string? Address, string Copyright, string? Project, IReadOnlyList<(string Title, string Text)> Texts)
{
    private static readonly string[] TextNames = ["LICENSE", "LICENCE", "NOTICE", "THIRD-PARTY-NOTICES", "THIRDPARTYNOTICES", "COPYING"];

    /// <summary>Packages from before there were expressions name a page; what these have is known.</summary>
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["https://github.com/Azure/azure-storage-net/blob/master/LICENSE.txt"] = "Apache-2.0",
        ["https://github.com/dotnet/corefx/blob/master/LICENSE.TXT"] = "MIT",
        ["https://go.microsoft.com/fwlink/?linkid=2028464"] = "MIT",
    };

    /// <summary>Reads an unpacked package.</summary>
    /// <param name="folder">The package's folder, with its nuspec.</param>
    /// <param name="id">The package's id.</param>
    public static PackageLicense Read(string folder, string id)
    {
        XElement metadata = XDocument.Load(Path.Combine(folder, id.ToLowerInvariant() + ".nuspec")).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
        string? Value(string name) =>
            metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value.Trim() is { Length: > 0 } text ? text : null;
        XElement? license = metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "license");
        string? file = (string?)license?.Attribute("type") == "file" ? license!.Value.Trim() : null;
        string? expression = (string?)license?.Attribute("type") == "expression" ? license!.Value.Trim() : null;
        string? address = license is null ? Value("licenseUrl") : null;
        if (address is not null)
        {
            expression = Known.GetValueOrDefault(address);
        }

        var texts = new List<(string Title, string Text)>();
        foreach (string path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(path);
            if (name == file || TextNames.Contains(Path.GetFileNameWithoutExtension(name), StringComparer.OrdinalIgnoreCase))
            {
                texts.Add((name, Lines(File.ReadAllText(path))));
            }
        }
        // What a package has itself is nearer to its author's word than a license's plain text.
        bool hasLicense = texts.Exists(text => text.Title == file || text.Title.StartsWith("LICEN", StringComparison.OrdinalIgnoreCase));
        if (!hasLicense && (Text(id) ?? (expression is null ? null : Text(expression))) is { } known)
        {
            texts.Insert(0, (expression ?? id, known));
        }

        return new PackageLicense(expression, address, Value("copyright") ?? Value("authors") ?? id, Value("projectUrl"), texts);
    }

    /// <summary>The text that is kept here of a license, by its SPDX id, or of a package's license, by the package's id; null if there is none.</summary>
    /// <param name="name">The id.</param>
    public static string? Text(string name)
    {
        using Stream? stream = typeof(PackageLicense).Assembly.GetManifestResourceStream(name);
        if (stream is null)
        {
            return null;
        }

        using var reader = new StreamReader(stream);
        return Lines(reader.ReadToEnd());
    }

    private static string Lines(string text) => text.ReplaceLineEndings("\n").Trim('\n', '\uFEFF');
}
