namespace SigmaFunctions.Engine.Files;

/// <summary>Lines of rule files, for people who look at what was found there. The files are read again, as they are now.</summary>
/// <param name="paths">Files, folders and archives, as rules were read from them.</param>
public sealed class RuleLines(IEnumerable<string> paths)
{
    private Dictionary<string, RulePath>? _files;
    private (string File, string[] Lines) _last = ("", []);

    /// <summary>A line, counted from 1, without its end; null where there is no such file or line any more.</summary>
    /// <param name="file">The file, by its name in diagnostics.</param>
    /// <param name="line">The line.</param>
    public string? LineOf(string file, int line)
    {
        if (_last.File != file)
        {
            _last = (file, Read(file));
        }

        return line >= 1 && line <= _last.Lines.Length ? _last.Lines[line - 1] : null;
    }

    // YAML 1.2 breaks lines at these alone.
    private static string[] Lines(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r');

    private string[] Read(string file)
    {
        try
        {
            _files ??= RuleFiles.FindAll(paths).ToDictionary(path => path.Path, StringComparer.Ordinal);
            return _files.TryGetValue(file, out RulePath? path) ? Lines(path.ReadText() ?? "") : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // That it cannot be read is what was found.
            return [];
        }
    }
}
