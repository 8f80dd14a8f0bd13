namespace SigmaFunctions.Engine.Diagnostics;

/// <summary>Collects what is wrong with one document of one file.</summary>
internal sealed class DiagnosticSink(string file)
{
    // Looking for what was meant takes time with the number of words: a document full of faults gets it for the first of them.
    private const int MaxSuggestions = 100;

    private readonly List<Diagnostic> _diagnostics = [];

    public IReadOnlyList<Diagnostic> Diagnostics => _diagnostics;

    public bool HasErrors { get; private set; }

    public string File { get; } = file;

    /// <summary>As <see cref="Spelling.DidYouMean"/>; empty where the document has many faults already.</summary>
    public string DidYouMean(IReadOnlyCollection<string> words, string text) =>
        _diagnostics.Count < MaxSuggestions ? Spelling.DidYouMean(words, text) : "";

    public void Report(DiagnosticCode code, Position position, string message)
    {
        _diagnostics.Add(new Diagnostic(code.Id, code.Severity, File, Math.Max(position.Line, 1), Math.Max(position.Column, 1), message));
        HasErrors |= code.Severity == DiagnosticSeverity.Error;
    }
}
