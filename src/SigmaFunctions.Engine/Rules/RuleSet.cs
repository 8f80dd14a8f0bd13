using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using SigmaFunctions.Engine.Compilation;

namespace SigmaFunctions.Engine.Rules;

/// <summary>An immutable snapshot of rules that were read together, with what was wrong with those that were not.</summary>
public sealed class RuleSet
{
    /// <summary>Largest file that is read, in bytes.</summary>
    private const long MaxFileSize = 64 * 1024 * 1024;

    internal RuleSet(
        ImmutableArray<CompiledRule> compiled,
        ImmutableArray<SigmaFilter> filters,
        ImmutableArray<SigmaCorrelation> correlations,
        ImmutableArray<Diagnostic> diagnostics,
        int rejected,
        string revision)
    {
        Compiled = compiled;
        Rules = [.. compiled.Select(rule => rule.Rule)];
        Filters = filters;
        Correlations = correlations;
        Diagnostics = diagnostics;
        Rejected = rejected;
        Revision = revision;
    }

    /// <summary>The rules that loaded, ordered by id.</summary>
    public ImmutableArray<SigmaRule> Rules { get; }

    /// <summary>The filters that loaded, ordered by id; they are already applied to the rules.</summary>
    public ImmutableArray<SigmaFilter> Filters { get; }

    /// <summary>The correlation rules that loaded, ordered by id.</summary>
    public ImmutableArray<SigmaCorrelation> Correlations { get; }

    /// <summary>What was found wrong, ordered by file and line.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; }

    /// <summary>Number of documents that were not loaded.</summary>
    public int Rejected { get; }

    /// <summary>Hash of everything that was read (16 hex digits): equal for equal files, whatever their order.</summary>
    public string Revision { get; }

    internal ImmutableArray<CompiledRule> Compiled { get; }

    /// <summary>Reads rules from files already in memory. Never throws for what the files hold.</summary>
    /// <param name="files">The files.</param>
    /// <param name="placeholders">Values for the modifier <c>expand</c>; without it no placeholder is defined.</param>
    public static RuleSet Load(IEnumerable<RuleFile> files, PlaceholderSet? placeholders = null) => Load(files, [], placeholders);

    /// <summary>
    /// Reads every <c>*.yml</c> and <c>*.yaml</c> below the given folders, and the given files; <c>*.test.yml</c> files
    /// (events for testing a rule) are passed over. A file that cannot be read is a diagnostic.
    /// </summary>
    /// <param name="paths">Folders and files.</param>
    /// <param name="placeholders">Values for the modifier <c>expand</c>; without it no placeholder is defined.</param>
    /// <exception cref="IOException">A path does not exist.</exception>
    public static RuleSet LoadPaths(IEnumerable<string> paths, PlaceholderSet? placeholders = null)
    {
        var files = new List<RuleFile>();
        var unreadable = new List<Diagnostic>();
        foreach (string path in paths.SelectMany(RuleFiles.Find).Distinct(StringComparer.Ordinal))
        {
            try
            {
                if (new FileInfo(path).Length > MaxFileSize)
                    throw new IOException($"It is larger than {MaxFileSize / (1024 * 1024)} MiB.");
                files.Add(new RuleFile(path, File.ReadAllText(path)));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                var code = DiagnosticCode.UnreadableFile;
                unreadable.Add(new Diagnostic(code.Id, code.Severity, path, 1, 1, $"The file cannot be read: {error.Message} Check its permissions and size."));
            }
        }

        return Load(files, unreadable, placeholders);
    }

    private static RuleSet Load(IEnumerable<RuleFile> files, List<Diagnostic> unreadable, PlaceholderSet? placeholders)
    {
        var ordered = files.OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
        var builder = new RuleSetBuilder(placeholders ?? PlaceholderSet.Empty);
        foreach (var file in ordered)
            builder.Add(file);
        return builder.Build(unreadable, RevisionOf(ordered));
    }

    private static string RevisionOf(IEnumerable<RuleFile> files)
    {
        var hashes = files
            .Select(file => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(file.Text))))
            .Order(StringComparer.Ordinal);
        byte[] hash = SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(hashes)));
        return Convert.ToHexStringLower(hash.AsSpan(0, 8));
    }
}
