using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.App.Canary;

/// <summary>The rule that detects the app's own canary (<see cref="CanaryEvent"/>), and whatever looks like one.</summary>
public static class CanaryRule
{
    /// <summary>Id of the rule.</summary>
    public const string Id = "3b0a7c52-6d0e-4d53-9c0f-5a6a7f0d8e11";

    private const string Yaml = $$"""
        title: Canary Of SigmaFunctions
        id: {{Id}}
        status: stable
        description: Detects the event that the app sends to its own event hub to see that events still become detections. It never alerts.
        author: SigmaFunctions
        logsource: { product: sigmafunctions, category: canary }
        detection: { selection: { Canary: sigmafunctions }, condition: selection }
        level: informational
        """;

    /// <summary>Reads the rule.</summary>
    public static RuleSet Load() => RuleSet.Load([new RuleFile("canary.yml", Yaml)]);
}
