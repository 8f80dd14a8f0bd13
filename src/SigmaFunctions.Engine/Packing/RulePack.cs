using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Packing;

/// <summary>
/// A rule set in one file, compiled: it loads many times faster than the YAML it was made of and behaves as that does. A pack is
/// only used by the build of the engine that made it, and only while the YAML it was made of, where that is present, is unchanged.
/// </summary>
public static class RulePack
{
    /// <summary>How the name of a pack ends.</summary>
    public const string Extension = ".pack";

    /// <summary>Most bytes of a pack.</summary>
    public const int MaxSize = PackFormat.MaxSize;

    /// <summary>The pack of a folder or file of rules: beside it, with its name.</summary>
    public static string PathFor(string rules) => Path.TrimEndingDirectorySeparator(rules) + Extension;

    /// <summary>Whether a path is that of a pack by its name.</summary>
    public static bool IsPack(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads rules and writes them as a pack, which takes the place of an older one at once.</summary>
    /// <param name="paths">Folders and files of rules, as for <see cref="RuleSet.LoadPaths"/>.</param>
    /// <param name="file">The pack.</param>
    /// <param name="placeholders">Values for the modifier <c>expand</c>.</param>
    /// <returns>The rules that were packed, as YAML gives them.</returns>
    /// <exception cref="IOException">A file cannot be read or the pack cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read or the pack may not be written.</exception>
    /// <exception cref="InvalidDataException">The rules are too much for a pack.</exception>
    public static RuleSet Write(IReadOnlyList<string> paths, string file, PlaceholderSet? placeholders = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        placeholders ??= PlaceholderSet.Empty;
        string folder = FolderOf(file);
        var texts = new List<RuleFile>();
        var sources = new Dictionary<string, PackSource>(StringComparer.Ordinal);
        for (int root = 0; root < paths.Count; root++)
        {
            foreach (RulePath path in RuleFiles.Find(paths[root]))
            {
                if (sources.ContainsKey(path.Path) || path.Read<byte[]?>(null, bytes => bytes.ToArray()) is not { } content)
                {
                    continue;
                }
                // Rules are made of the very bytes that are hashed.
                texts.Add(new RuleFile(path.Path, RulePath.Decode(content)));
                sources.Add(path.Path, new PackSource(root, PackSource.NameOf(paths[root], path.Path), PackFormat.HashOf(content)));
            }
        }

        var rules = RuleSet.Load(texts, placeholders);
        byte[] pack = PackWriter.Write(rules, [.. paths.Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'))], sources, placeholders);
        string unfinished = file + ".new";
        File.WriteAllBytes(unfinished, pack);
        File.Move(unfinished, file, overwrite: true);
        return rules;
    }

    /// <summary>Identifies the build of the engine: a pack is only used by the build that made it.</summary>
    public static string Build => PackFormat.Compiler.ToString("N");

    /// <summary>A rule set as a pack that names none of the files it was made of.</summary>
    /// <param name="rules">The rules, as YAML gave them: all that were read, with their own levels.</param>
    /// <param name="placeholders">The values that they were read with.</param>
    /// <exception cref="InvalidDataException">The rules are too much for a pack.</exception>
    public static byte[] Write(RuleSet rules, PlaceholderSet? placeholders = null)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var sources = rules.Rules.Select(rule => rule.File)
            .Concat(rules.Filters.Select(filter => filter.File))
            .Concat(rules.Correlations.Select(correlation => correlation.File))
            .Concat(rules.Diagnostics.Select(diagnostic => diagnostic.File))
            .Distinct(StringComparer.Ordinal)
            .ToDictionary(file => file, file => new PackSource(0, file, 0), StringComparer.Ordinal);
        return PackWriter.Write(rules, [""], sources, placeholders ?? PlaceholderSet.Empty);
    }

    /// <summary>Reads a pack that is in memory. Never throws for what it holds.</summary>
    /// <param name="pack">What <see cref="Write(RuleSet, PlaceholderSet?)"/> gave.</param>
    /// <param name="name">Its name.</param>
    /// <param name="placeholders">Values for the modifier <c>expand</c>; those of the pack must be the same.</param>
    /// <param name="reason">Why it cannot be used, as the end of a sentence; null if it can.</param>
    /// <returns>The rules; null if it cannot be used.</returns>
    public static RuleSet? TryRead(byte[] pack, string name, PlaceholderSet? placeholders, out string? reason)
    {
        string[]? none = [];
        try
        {
            reason = null;
            return new PackReader(pack).Read(name, placeholders, ref none);
        }
        catch (PackException exception)
        {
            reason = exception.Message;
            return null;
        }
    }

    /// <summary>
    /// Reads a pack, if it can be used, and else the YAML that it was made of. Never throws for what the pack holds: why it is not used
    /// is a diagnostic (SF0601 to SF0604), a warning where YAML takes its place, and otherwise an error of a rule set without rules.
    /// </summary>
    /// <param name="file">The pack.</param>
    /// <param name="placeholders">Values for the modifier <c>expand</c>; those of the pack must be the same.</param>
    /// <param name="paths">
    /// The folders and files that it was made of; the pack is not used if it was made of others or they have changed. By default those
    /// that it names, from its own folder, where they are present.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">A path of YAML that takes the pack's place does not exist.</exception>
    public static RuleSet Load(string file, PlaceholderSet? placeholders = null, IReadOnlyList<string>? paths = null)
    {
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"There is no pack '{file}'.", file);
        }

        string[]? roots = paths?.ToArray();
        try
        {
            return new PackReader(ReadFile(file)).Read(file, placeholders, ref roots);
        }
        catch (PackException exception)
        {
            // A pack that cannot be read does not say what it was made of; its name does, where it stands beside that.
            roots ??= file.EndsWith(Extension, StringComparison.Ordinal) && file[..^Extension.Length] is var beside && Path.Exists(beside) ? [beside] : [];
            bool hasYaml = roots.Length > 0;
            string remedy = hasYaml ? "The YAML it was made of is used. " : "";
            var diagnostic = new Diagnostic(
                exception.Code.Id,
                hasYaml ? exception.Code.Severity : DiagnosticSeverity.Error,
                file,
                1,
                1,
                $"The pack cannot be used: {exception.Message}. {remedy}Make it again with 'sigmaf pack'.");
            return hasYaml ? RuleSet.LoadPaths(roots, placeholders).With(diagnostic) : RuleSet.Rejecting(diagnostic);
        }
    }

    internal static string FolderOf(string file) => Path.GetDirectoryName(Path.GetFullPath(file))!;

    private static byte[] ReadFile(string file)
    {
        try
        {
            if (new FileInfo(file).Length > PackFormat.MaxSize)
            {
                throw new PackException(DiagnosticCode.DamagedPack, $"it is larger than {PackFormat.MaxSize / (1024 * 1024)} MiB");
            }

            return File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PackException(DiagnosticCode.DamagedPack, $"it cannot be read ({exception.Message})");
        }
    }
}
