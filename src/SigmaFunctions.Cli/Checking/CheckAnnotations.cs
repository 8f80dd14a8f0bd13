using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;

namespace SigmaFunctions.Cli.Checking;

/// <summary>Diagnostics as GitHub's workflow commands, which show them beside the lines of a pull request.</summary>
internal static class CheckAnnotations
{
    public static void Write(Terminal terminal, IEnumerable<Diagnostic> diagnostics)
    {
        foreach (Diagnostic diagnostic in diagnostics)
        {
            terminal.Text.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"::{KindOf(diagnostic.Severity)} file={Property(diagnostic.File)},line={diagnostic.Line},col={diagnostic.Column},title={diagnostic.Code}::{Data(diagnostic.Message)}"));
        }
    }

    private static string Data(string text) => text
        .Replace("%", "%25", StringComparison.Ordinal)
        .Replace("\r", "%0D", StringComparison.Ordinal)
        .Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text)
        .Replace(":", "%3A", StringComparison.Ordinal)
        .Replace(",", "%2C", StringComparison.Ordinal);

    private static string KindOf(DiagnosticSeverity severity) => severity switch
    {
        DiagnosticSeverity.Error => "error",
        DiagnosticSeverity.Warning => "warning",
        _ => "notice",
    };
}
