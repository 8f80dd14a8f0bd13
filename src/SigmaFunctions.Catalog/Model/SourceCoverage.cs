using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Model;

/// <summary>How much a rule can do on telemetry.</summary>
public enum CoverageVerdict
{
    /// <summary>Every field that the rule looks at can come.</summary>
    Full,

    /// <summary>The rule can match, but parts of it look at fields that never come.</summary>
    Weakened,

    /// <summary>The rule never matches: fields that it needs do not come.</summary>
    Blind,
}

/// <summary>What a rule can do on a source of telemetry.</summary>
/// <param name="Telemetry">The source.</param>
/// <param name="Verdict">On all of its events together.</param>
/// <param name="Missing">Fields that the rule looks at and no event has.</param>
/// <param name="Events">The kinds of events that the rule sees.</param>
public sealed record SourceCoverage(
    TelemetryName Telemetry, CoverageVerdict Verdict, ImmutableArray<string> Missing, ImmutableArray<EventCoverage> Events);

/// <summary>What a rule can do on one kind of events.</summary>
/// <param name="Name">A table or event id, such as <c>DeviceProcessEvents</c> or <c>Sysmon 1</c>.</param>
/// <param name="Action">The <c>ActionType</c> of a table's rows, where it matters.</param>
/// <param name="Verdict">What the rule can do.</param>
/// <param name="Missing">Fields that the rule looks at and such events do not have.</param>
public sealed record EventCoverage(string Name, string? Action, CoverageVerdict Verdict, ImmutableArray<string> Missing);
