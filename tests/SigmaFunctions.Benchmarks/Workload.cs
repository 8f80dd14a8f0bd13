using System.IO.Compression;
using System.Reflection;
using System.Text;
using SigmaFunctions.Engine.Files;

namespace SigmaFunctions.Benchmarks;

/// <summary>
/// Rules and event bodies to measure with: SigmaHQ's and real events where the corpus is present (the folder that the environment
/// variable <c>SIGMA_CORPUS</c> names, or <c>shared/corpus</c> beside the repository), else the bundled rules and sample.
/// </summary>
internal static class Workload
{
    /// <summary>Bodies in one operation of an event benchmark; shorter inputs are repeated, longer ones thinned out evenly.</summary>
    public const int Bodies = 4_096;

    private const string Sample = "sample";

    private static readonly Dictionary<string, string> Files = new()
    {
        ["process_creation"] = "mordor/process_creation.ndjson",
        ["mixed"] = "mordor/mixed.ndjson.gz",
        ["defender"] = "defender/process_events.records.ndjson",
    };

    /// <summary>The kinds of events that are there.</summary>
    public static IEnumerable<string> Kinds => Corpus is null ? [Sample] : Files.Keys;

    /// <summary>The folders of rules.</summary>
    public static IReadOnlyList<string> RuleFolders => Corpus is { } corpus
        ? [.. new[] { "rules", "rules-emerging-threats", "rules-threat-hunting" }.Select(folder => Path.Combine(corpus, "sigmahq", folder))]
        : [Path.Combine(Repository, "rules")];

    private static string Repository => typeof(Workload).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(attribute => attribute.Key == "Repository").Value!;

    private static string? Corpus =>
        Environment.GetEnvironmentVariable("SIGMA_CORPUS") is { Length: > 0 } folder ? folder
        : Path.Combine(Repository, "..", "shared", "corpus") is var beside && Directory.Exists(beside) ? beside
        : null;

    /// <summary>The bodies of one kind of events, one for each line of its file.</summary>
    public static byte[][] Read(string kind)
    {
        string path = kind == Sample
            ? Path.Combine(Repository, "src", "SigmaFunctions.LocalHost", "sample", "events.ndjson")
            : Path.Combine(Corpus!, Files[kind]);
        using Stream file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var lines = new List<byte[]>();
        while (reader.ReadLine() is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                lines.Add(Encoding.UTF8.GetBytes(line));
            }
        }

        return [.. lines];
    }

    /// <summary>As <see cref="Read(string)"/>, brought to a number of bodies.</summary>
    public static byte[][] Read(string kind, int count)
    {
        byte[][] all = Read(kind);
        return [.. Enumerable.Range(0, count).Select(i => all[all.Length > count ? (int)((long)i * all.Length / count) : i % all.Length])];
    }

    /// <summary>The rules as files in memory.</summary>
    public static IReadOnlyList<RuleFile> RuleFiles() =>
    [
        .. RuleFolders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.yml", SearchOption.AllDirectories))
            .Where(path => !path.EndsWith(".test.yml", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(path => new RuleFile(path, File.ReadAllText(path))),
    ];
}
