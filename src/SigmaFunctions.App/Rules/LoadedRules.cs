using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
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
    /// <summary>What is to be kept of it for the next start; null where that need not be.</summary>
    public UnkeptPack? Unkept { get; init; }
}

/// <summary>What was compiled and is not kept yet.</summary>
/// <param name="Key">Key under which it is kept.</param>
/// <param name="Placeholders">What it was compiled with.</param>
internal sealed record UnkeptPack(string Key, PlaceholderSet? Placeholders);
