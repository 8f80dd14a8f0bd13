using System.Text.RegularExpressions;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>A line of a code block that begins as a command does.</summary>
/// <param name="Place">File, relative to the repository, and line from 1.</param>
/// <param name="Text">The line without indentation and comment.</param>
/// <param name="Program">Its first word, after assignments of variables.</param>
internal sealed record CodeLine(string Place, string Text, string Program);

/// <summary>What users read: every Markdown file but the changelog.</summary>
internal static partial class Documents
{
    private static readonly string[] Folders = ["docs", "infra", "rules", "samples", "src"];
    private static readonly string[] ShellLanguages = ["sh", "bash", "console", "shell", "powershell", "pwsh"];

    /// <summary>All lines of fenced code that begin with a word in lower case; other languages than a shell's are passed over.</summary>
    public static IReadOnlyList<CodeLine> CodeLines() =>
        [.. Files().SelectMany(file => CodeLines(Path.GetRelativePath(Repository.Folder, file).Replace('\\', '/'), File.ReadAllLines(file)))];

    public static IEnumerable<CodeLine> CodeLines(string name, IReadOnlyList<string> lines)
    {
        string? language = null;
        for (int i = 0; i < lines.Count; i++)
        {
            string line = lines[i];
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                language = language is null ? line.Trim().TrimStart('`').Trim() : null;
            }
            else if (language is not null && ShellLanguages.Contains(language) && Read(line.Trim()) is { } command)
            {
                yield return command with { Place = $"{name}({i + 1})" };
            }
        }
    }

    private static IEnumerable<string> Files() => Directory.EnumerateFiles(Repository.Folder, "*.md")
        .Concat(Folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Folder, folder), "*.md", SearchOption.AllDirectories)))
        .Where(file => Path.GetFileName(file) != "CHANGELOG.md" && !BuildOutput().IsMatch(Path.GetRelativePath(Repository.Folder, file)))
        .Order(StringComparer.Ordinal);

    private static CodeLine? Read(string line)
    {
        Match match = Command().Match(Comment().Replace(line, ""));
        return match.Success ? new CodeLine("", match.Value, match.Groups["program"].Value) : null;
    }

    [GeneratedRegex(@"^(?:[A-Za-z_]+=(?:'[^']*'|\S+) )*(?<program>[a-z.~/][a-z0-9_./-]*)(?: .*)?$")]
    private static partial Regex Command();

    [GeneratedRegex(@"\s+# .*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"(^|[\\/])(bin|obj|node_modules)[\\/]")]
    private static partial Regex BuildOutput();
}
