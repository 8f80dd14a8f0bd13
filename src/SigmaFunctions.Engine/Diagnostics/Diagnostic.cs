namespace SigmaFunctions.Engine.Diagnostics;

/// <summary>How serious a <see cref="Diagnostic"/> is.</summary>
public enum DiagnosticSeverity
{
    /// <summary>Worth knowing; the rule works.</summary>
    Info,

    /// <summary>Probably a mistake; the rule is loaded.</summary>
    Warning,

    /// <summary>The document is not loaded.</summary>
    Error,
}

/// <summary>What is wrong with a rule, where, and how to mend it.</summary>
/// <param name="Code">Stable code, such as <c>SF0107</c> (docs/diagnostics.md lists them).</param>
/// <param name="Severity">How serious it is.</param>
/// <param name="File">The file as it was given.</param>
/// <param name="Line">Line from 1.</param>
/// <param name="Column">Column from 1.</param>
/// <param name="Message">One sentence of what is wrong and one of how to mend it.</param>
public sealed record Diagnostic(string Code, DiagnosticSeverity Severity, string File, int Line, int Column, string Message)
{
    /// <summary>The form that compilers use: <c>file(line,column): severity code: message</c>.</summary>
    public override string ToString() =>
        $"{File}({Line},{Column}): {Severity.ToString().ToLowerInvariant()} {Code}: {Message}";
}
