namespace SigmaFunctions.App.Options;

/// <summary>Which mappings of further sources the app has: settings <c>Mappings__*</c>.</summary>
public sealed class MappingOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Mappings";

    private const string DefaultFolder = "mappings";

    /// <summary>
    /// Files and folders of mappings, separated by <c>;</c>; relative ones start from the app's folder. The mappings that ship with the
    /// app where nothing is set.
    /// </summary>
    public string? Path { get; set; }

    /// <summary>The files and folders, with full names. Without a setting the folder need not be there.</summary>
    /// <param name="applicationFolder">The folder of the app's binaries.</param>
    public IReadOnlyList<string> FullPaths(string applicationFolder)
    {
        string[] paths = (Path ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (paths is not [])
        {
            return [.. paths.Select(path => System.IO.Path.GetFullPath(path, applicationFolder))];
        }

        string folder = System.IO.Path.Combine(applicationFolder, DefaultFolder);
        return Directory.Exists(folder) ? [folder] : [];
    }
}
