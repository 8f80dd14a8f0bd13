using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Pages.Model;

/// <summary>Where pages read, and the verdicts that they write.</summary>
public sealed record PageSources
{
    /// <summary>Single detections and their originals.</summary>
    public required DetectionTable Detections { get; init; }

    /// <summary>Detections of a range.</summary>
    public required DetectionSearch Search { get; init; }

    /// <summary>How often rules fired.</summary>
    public required DetectionIndex Index { get; init; }

    /// <summary>Mutes of rules.</summary>
    public required AlertWindows Windows { get; init; }

    /// <summary>Verdicts.</summary>
    public required VerdictStore Verdicts { get; init; }

    /// <summary>The rules that run, one object as long as they are the same; null while they are not at hand.</summary>
    public required Func<RuleSet?> Rules { get; init; }

    /// <summary>Reads records again as the app read them.</summary>
    public required EventDecoder Decoder { get; init; }
}
