namespace SigmaFunctions.App.Options;

/// <summary>Which rules run: settings <c>Rules__*</c>.</summary>
public sealed class RuleOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Rules";

    /// <summary>
    /// Files and folders of rules, or one pack, separated by <c>;</c>; relative ones start from the app's folder. The rules that ship with the app
    /// where nothing is set.
    /// </summary>
    public string? Path { get; set; }

    /// <summary>
    /// File with the values of placeholders (modifier <c>expand</c>), a YAML map of names; a relative one starts from the app's folder.
    /// </summary>
    public string? Placeholders { get; set; }

    /// <summary>
    /// File with what is changed about rules without editing them (<see cref="Engine.Rules.RuleOverrides"/>); a relative one starts from the
    /// app's folder.
    /// </summary>
    public string? Overrides { get; set; }

    /// <summary>The file of overrides with its full name; null where there is none.</summary>
    /// <param name="applicationFolder">The folder of the app's binaries.</param>
    public string? FullOverrides(string applicationFolder) =>
        string.IsNullOrWhiteSpace(Overrides) ? null : System.IO.Path.GetFullPath(Overrides, applicationFolder);

    /// <summary>The placeholder file with its full name; null where there is none.</summary>
    /// <param name="applicationFolder">The folder of the app's binaries.</param>
    public string? FullPlaceholders(string applicationFolder) =>
        string.IsNullOrWhiteSpace(Placeholders) ? null : System.IO.Path.GetFullPath(Placeholders, applicationFolder);

    /// <summary>The files and folders, with full names.</summary>
    /// <param name="applicationFolder">The folder of the app's binaries.</param>
    public IReadOnlyList<string> FullPaths(string applicationFolder)
    {
        string[] paths = (Path ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return [.. (paths is [] ? ["rules"] : paths).Select(path => System.IO.Path.GetFullPath(path, applicationFolder))];
    }
}
