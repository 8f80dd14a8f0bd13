using System.Collections.Immutable;
using System.Security.Cryptography;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Files;

/// <summary>
/// Files of rules that belong together. Of several layers, a later one takes the place of what has the same id in an earlier one, so that
/// a deployment can change or replace rules that came with the app.
/// </summary>
public sealed class RuleLayer
{
    private RuleLayer(IEnumerable<LayerFile> files) => Files = [.. files];

    /// <summary>A layer without rules.</summary>
    public static RuleLayer Empty { get; } = new([]);

    internal ImmutableArray<LayerFile> Files { get; }

    /// <summary>The files at and below paths, as <see cref="RuleSet.LoadPaths"/> finds them; they are read when the rules are.</summary>
    /// <exception cref="IOException">A path does not exist.</exception>
    public static RuleLayer FromPaths(IEnumerable<string> paths) =>
        new(RuleFiles.FindAll(paths).Select(path => new LayerFile(path.Path, path.ReadText)));

    /// <summary>Files already in memory.</summary>
    public static RuleLayer FromFiles(IEnumerable<RuleFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return new(files.Select(file => new LayerFile(file.Path, () => file.Text)));
    }

    /// <summary>What the layer holds, names and texts: 64 hex digits, equal for equal files whatever their order.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (LayerFile? source in Files.OrderBy(source => source.Path, StringComparer.Ordinal))
        {
            Append(source.Path);
            Append(source.ReadText() ?? "");
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        // A name and a text of fixed length each, so that nothing can move from one to the other.
        void Append(string text) => hash.AppendData(TextHash.Of(text));
    }
}
