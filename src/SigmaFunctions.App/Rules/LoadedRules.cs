using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.App.Rules;

/// <summary>Rules as they run.</summary>
/// <param name="Detector">Those that run, compiled.</param>
/// <param name="All">All that were read, without overrides and selection.</param>
/// <param name="Overrides">What the deployment changes about them.</param>
/// <param name="Version">What the container of rules held; null where there is no container.</param>
internal sealed record LoadedRules(Detector Detector, RuleSet All, RuleOverrides Overrides, RuleStoreVersion? Version)
{
    /// <summary>Keeps what was compiled for the next start; null where it need not be.</summary>
    public Func<CancellationToken, Task>? KeepAsync { get; init; }
}
