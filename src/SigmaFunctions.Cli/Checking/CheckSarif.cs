using System.Reflection;
using System.Text.Json;
using SigmaFunctions.Engine.Diagnostics;

namespace SigmaFunctions.Cli.Checking;

/// <summary>Diagnostics as SARIF 2.1.0 (OASIS), one run: what code scanning takes.</summary>
internal static class CheckSarif
{
    private const string Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

    public static void Write(Utf8JsonWriter writer, IReadOnlyCollection<Diagnostic> diagnostics)
    {
        List<(string Code, DiagnosticSeverity Severity)> codes =
        [
            .. diagnostics.GroupBy(diagnostic => diagnostic.Code, StringComparer.Ordinal)
                .Select(group => (group.Key, group.First().Severity))
                .OrderBy(one => one.Key, StringComparer.Ordinal),
        ];
        writer.WriteStartObject();
        writer.WriteString("$schema", Schema);
        writer.WriteString("version", "2.1.0");
        writer.WriteStartArray("runs");
        writer.WriteStartObject();
        writer.WriteStartObject("tool");
        writer.WriteStartObject("driver");
        writer.WriteString("name", "sigmaf");
        writer.WriteString("version", typeof(CheckSarif).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0");
        writer.WriteStartArray("rules");
        foreach ((string code, DiagnosticSeverity severity) in codes)
        {
            writer.WriteStartObject();
            writer.WriteString("id", code);
            writer.WriteStartObject("defaultConfiguration");
            writer.WriteString("level", LevelOf(severity));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteString("columnKind", "utf16CodeUnits");
        writer.WriteStartArray("results");
        foreach (Diagnostic diagnostic in diagnostics)
        {
            Write(writer, diagnostic, codes.FindIndex(one => one.Code == diagnostic.Code));
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Diagnostic diagnostic, int rule)
    {
        writer.WriteStartObject();
        writer.WriteString("ruleId", diagnostic.Code);
        writer.WriteNumber("ruleIndex", rule);
        writer.WriteString("level", LevelOf(diagnostic.Severity));
        writer.WriteStartObject("message");
        writer.WriteString("text", diagnostic.Message);
        writer.WriteEndObject();
        writer.WriteStartArray("locations");
        writer.WriteStartObject();
        writer.WriteStartObject("physicalLocation");
        writer.WriteStartObject("artifactLocation");
        writer.WriteString("uri", AddressOf(diagnostic.File));
        writer.WriteEndObject();
        writer.WriteStartObject("region");
        writer.WriteNumber("startLine", diagnostic.Line);
        writer.WriteNumber("startColumn", diagnostic.Column);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Below the current folder relative to it, as a repository's files are named; else absolute.</summary>
    private static string AddressOf(string file)
    {
        string path = Path.GetFullPath(file);
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return Path.IsPathRooted(relative) || relative.StartsWith("..", StringComparison.Ordinal)
            ? new Uri(path).AbsoluteUri
            : string.Join('/', relative.Split(Path.DirectorySeparatorChar).Select(Uri.EscapeDataString));
    }

    private static string LevelOf(DiagnosticSeverity severity) => severity switch
    {
        DiagnosticSeverity.Error => "error",
        DiagnosticSeverity.Warning => "warning",
        _ => "note",
    };
}
