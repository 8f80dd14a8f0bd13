namespace SigmaFunctions.Engine.Diagnostics;

/// <summary>Collects what is wrong with one document of one file.</summary>
internal sealed class DiagnosticSink(string file)
{
    private readonly List<Diagnostic> _diagnostics = [];

    public IReadOnlyList<Diagnostic> Diagnostics => _diagnostics;

    public bool HasErrors { get; private set; }

    public string File { get; } = file;

    public void Report(DiagnosticCode code, Position position, string message)
    {
        _diagnostics.Add(new Diagnostic(code.Id, code.Severity, File, Math.Max(position.Line, 1), Math.Max(position.Column, 1), message));
        HasErrors |= code.Severity == DiagnosticSeverity.Error;
    }
}
