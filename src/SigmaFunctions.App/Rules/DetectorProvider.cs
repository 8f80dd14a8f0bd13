using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.App.Rules;

/// <summary>
/// Gives the detector of the app's rules: compiled at the start, shared by all invocations, and exchanged as a whole by
/// <see cref="RuleWatcher"/> when the container of rules has changed.
/// </summary>
public sealed class DetectorProvider
{
    private volatile RuleSnapshot? _snapshot;

    /// <summary>The detector.</summary>
    /// <exception cref="InvalidOperationException">The rules are not loaded yet.</exception>
    public Detector Current => Snapshot.Rules.Detector;

    /// <summary>What the deployment changes about the rules.</summary>
    /// <exception cref="InvalidOperationException">The rules are not loaded yet.</exception>
    public RuleOverrides Overrides => Snapshot.Rules.Overrides;

    /// <summary>Whether there are newer rules that cannot be used.</summary>
    public bool IsStale => _snapshot?.Fault is not null;

    /// <summary>What runs.</summary>
    /// <exception cref="InvalidOperationException">The rules are not loaded yet.</exception>
    internal RuleSnapshot Snapshot => _snapshot ?? throw new InvalidOperationException("The rules are not loaded yet.");

    /// <summary>Exchanges what runs; only <see cref="RuleWatcher"/> does.</summary>
    internal void Use(RuleSnapshot snapshot) => _snapshot = snapshot;
}
