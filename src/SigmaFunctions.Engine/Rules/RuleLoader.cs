using System.Security.Cryptography;
using System.Text;
using SigmaFunctions.Engine.Compilation;

namespace SigmaFunctions.Engine.Rules;

/// <summary>
/// Reads files on every processor and puts the rule set together in the order of their names, so that the result does not depend on
/// which was read first.
/// </summary>
internal sealed class RuleLoader(PlaceholderSet placeholders)
{
    private readonly RuleCompiler _compiler = new(placeholders);

    /// <summary>Reads files at hand.</summary>
    public RuleSet Load(IEnumerable<RuleFile> files) =>
        Load([.. files.OrderBy(file => file.Path, StringComparer.Ordinal)], Read);

    /// <summary>Reads files by their paths; one that cannot be read is a diagnostic.</summary>
    public RuleSet Load(IEnumerable<RulePath> paths) =>
        Load([.. paths.OrderBy(path => path.Path, StringComparer.Ordinal)], Read);

    private RuleSet Load<T>(T[] sources, Func<T, LoadedFile?> read)
    {
        var files = new LoadedFile?[sources.Length];
        if (sources.Length == 1)
            files[0] = read(sources[0]);
        else
            Parallel.For(0, sources.Length, i => files[i] = read(sources[i]));

        var builder = new RuleSetBuilder();
        var unreadable = new List<Diagnostic>();
        var hashes = new List<string>();
        for (int i = 0; i < files.Length; i++)
        {
            if (files[i] is not { } file)
                continue;
            if (file.Unreadable is { } diagnostic)
                unreadable.Add(diagnostic);
            else
                hashes.Add(file.Hash);
            foreach (var document in file.Documents)
                builder.Add(document);
            files[i] = null;
        }

        return builder.Build(unreadable, RevisionOf(hashes), _compiler.UsesPlaceholders);
    }

    private LoadedFile? Read(RulePath path)
    {
        try
        {
            return path.ReadText() is { } text ? Read(new RuleFile(path.Path, text)) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var code = DiagnosticCode.UnreadableFile;
            return new LoadedFile("", [])
            {
                Unreadable = new Diagnostic(code.Id, code.Severity, path.Path, 1, 1, $"The file cannot be read: {error.Message} Check its permissions and size."),
            };
        }
    }

    private LoadedFile Read(RuleFile file) => new(HashOf(file.Text), LoadedDocument.Load(file, _compiler));

    private static string HashOf(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string RevisionOf(List<string> hashes)
    {
        hashes.Sort(StringComparer.Ordinal);
        byte[] hash = SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(hashes)));
        return Convert.ToHexStringLower(hash.AsSpan(0, 8));
    }

    private sealed record LoadedFile(string Hash, List<LoadedDocument> Documents)
    {
        public Diagnostic? Unreadable { get; init; }
    }
}
