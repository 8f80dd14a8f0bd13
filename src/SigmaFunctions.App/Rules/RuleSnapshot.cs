namespace SigmaFunctions.App.Rules;

/// <summary>What runs at a time, and what is wrong with what does not.</summary>
/// <param name="Rules">The rules that run, and where they are from.</param>
/// <param name="Fault">Why the newest rules of the container do not run; null where they do.</param>
internal sealed record RuleSnapshot(LoadedRules Rules, RuleFault? Fault = null);

/// <summary>Why rules of the container do not run.</summary>
/// <param name="VersionKey">Key of the version that cannot be used; null where the container does not even tell its version.</param>
/// <param name="Reason">What is wrong, for an operator.</param>
internal sealed record RuleFault(string? VersionKey, string Reason);
