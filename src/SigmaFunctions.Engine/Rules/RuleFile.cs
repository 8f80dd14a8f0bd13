namespace SigmaFunctions.Engine.Rules;

/// <summary>The text of a file that may hold rules.</summary>
/// <param name="Path">Name used in diagnostics.</param>
/// <param name="Text">YAML, one or more documents.</param>
public sealed record RuleFile(string Path, string Text);
