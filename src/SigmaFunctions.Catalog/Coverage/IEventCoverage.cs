using System.Collections.Immutable;
using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Coverage;

/// <summary>Tells what telemetry can trigger the rules of a set.</summary>
public interface IEventCoverage
{
    /// <summary>The sources of telemetry that are known, in the order they are shown.</summary>
    ImmutableArray<TelemetryName> Telemetry { get; }

    /// <summary>What a rule can do on each source that has events of its log source.</summary>
    /// <param name="rule">Index of the rule in its set.</param>
    ImmutableArray<SourceCoverage> Of(int rule);
}
