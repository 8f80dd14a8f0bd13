using System.Security.Cryptography;
using System.Text;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Linting;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.RuleSets;

/// <summary>
/// Reads files on every processor and puts the rule set together in the order of their names, so that the result does not depend on
/// which was read first.
/// </summary>
/// <param name="placeholders">Values for the modifier <c>expand</c>.</param>
/// <param name="concurrency">Most threads that read at a time; -1 for one on every processor.</param>
/// <param name="events">What events have, for doubts about rules that none can satisfy; without it there are none of these.</param>
internal sealed class RuleLoader(PlaceholderSet placeholders, int concurrency = -1, IEventFields? events = null)
{
    private readonly RuleCompiler _compiler = new(placeholders);

    /// <summary>Reads layers of rules: what a later one holds takes the place of what has the same id in an earlier one.</summary>
    public RuleSet Load(IReadOnlyList<RuleLayer> layers)
    {
        var builder = new RuleSetBuilder(events);
        var unreadable = new List<Diagnostic>();
        var hashes = new List<string>();
        for (int layer = layers.Count - 1; layer >= 0; layer--)
        {
            LayerFile[] sources = [.. layers[layer].Files.OrderBy(source => source.Path, StringComparer.Ordinal)];
            var files = new LoadedFile?[sources.Length];
            if (sources.Length == 1)
            {
                files[0] = Read(sources[0]);
            }
            else
            {
                Parallel.For(0, sources.Length, new ParallelOptions { MaxDegreeOfParallelism = concurrency }, i => files[i] = Read(sources[i]));
            }

            for (int i = 0; i < files.Length; i++)
            {
                if (files[i] is not { } file)
                {
                    continue;
                }

                if (file.Unreadable is { } diagnostic)
                {
                    unreadable.Add(diagnostic);
                }
                else
                {
                    hashes.Add(file.Hash);
                }

                foreach (LoadedDocument document in file.Documents)
                {
                    builder.Add(document, layer);
                }

                files[i] = null;
            }
        }

        return builder.Build(unreadable, RevisionOf(hashes), _compiler.UsesPlaceholders);
    }

    private LoadedFile? Read(LayerFile source)
    {
        try
        {
            return source.ReadText() is { } text
                ? new LoadedFile(Convert.ToHexString(TextHash.Of(text)), LoadedDocument.Load(new RuleFile(source.Path, text), _compiler, events))
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            DiagnosticCode code = DiagnosticCode.UnreadableFile;
            return new LoadedFile("", [])
            {
                Unreadable = new Diagnostic(code.Id, code.Severity, source.Path, 1, 1, $"The file cannot be read: {exception.Message}"),
            };
        }
    }

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
