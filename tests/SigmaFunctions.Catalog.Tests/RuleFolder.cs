using SigmaFunctions.Catalog.Building;
using SigmaFunctions.Catalog.Coverage;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site;

namespace SigmaFunctions.Catalog.Tests;

/// <summary>A folder of made-up rules, and the catalogue of them.</summary>
public sealed class RuleFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("catalogue-").FullName;

    /// <summary>Where sites are written.</summary>
    public string Site => Path.Combine(_folder, "site");

    /// <summary>An id that is the same for the same number.</summary>
    public static string Id(int number) => $"aaaaaaaa-0000-4000-8000-{number:D12}";

    /// <summary>Writes a file below the folder of a source.</summary>
    public RuleFolder File(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        return this;
    }

    /// <summary>Writes a rule of which only the detection matters.</summary>
    public RuleFolder Rule(int number, string detection, string more = "", string source = "rules") => File(
        $"{source}/{number}.yml",
        $"""
        title: Rule {number}
        id: {Id(number)}
        status: test
        level: high
        logsource:
            category: process_creation
            product: windows
        detection:
        {string.Join('\n', detection.Split('\n').Select(line => "    " + line))}
        {more}
        """);

    /// <summary>The catalogue of the rules in the named sources.</summary>
    public RuleCatalogue Read(params string[] sources) => CatalogueBuilder.Load(
        RuleSource.Parse((sources.Length == 0 ? ["rules"] : sources).Select(name => Path.Combine(_folder, name))),
        coverage: rules => new TelemetryCoverage(rules)).Catalogue;

    /// <summary>Writes the site of the rules and gives the text of one of its files.</summary>
    public string Write(string page, SiteOptions? options = null)
    {
        SiteWriter.Write(Read(), Site, options);
        return System.IO.File.ReadAllText(Path.Combine(Site, page));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
