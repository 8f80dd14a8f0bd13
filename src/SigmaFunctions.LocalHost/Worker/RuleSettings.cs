using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;
using SigmaFunctions.LocalHost.Processes;

namespace SigmaFunctions.LocalHost.Worker;

/// <summary>The rules that the worker runs: what the command line asks for and, as the worker has it from its environment, <c>Rules__*</c>.</summary>
/// <param name="Paths">Files and folders, or one pack, with full paths.</param>
/// <param name="Placeholders">File with the values of placeholders; null for none.</param>
/// <param name="Overrides">File with what is changed about rules; null for none.</param>
internal sealed record RuleSettings(ImmutableArray<string> Paths, string? Placeholders = null, string? Overrides = null)
{
    /// <summary>The rules of this run.</summary>
    /// <param name="asked">Rules that the command line names; empty for none.</param>
    /// <param name="environment">The environment of this process, which the worker inherits.</param>
    public static RuleSettings Create(ImmutableArray<string> asked, IConfiguration environment)
    {
        IConfigurationSection rules = environment.GetSection("Rules");
        string[] paths = (rules["Path"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new RuleSettings(
            asked is not [] ? asked : paths is [] ? [LocalPaths.AppRules] : [.. paths.Select(FullPath)],
            string.IsNullOrWhiteSpace(rules["Placeholders"]) ? null : FullPath(rules["Placeholders"]!),
            string.IsNullOrWhiteSpace(rules["Overrides"]) ? null : FullPath(rules["Overrides"]!));
    }

    // Relative paths start from the app's folder.
    private static string FullPath(string path) => Path.GetFullPath(path, Path.GetDirectoryName(LocalPaths.AppAssembly)!);
}
