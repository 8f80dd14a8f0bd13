using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Model;

/// <summary>What a rule set looks like to people: a page for every rule, correlation and filter, and what they share.</summary>
/// <param name="Sources">Where the rules come from, in the order they were named.</param>
/// <param name="Revision">Hash of everything that was read, as the rule set has it.</param>
/// <param name="Rejected">Number of documents that were not loaded.</param>
/// <param name="Telemetry">The sources of telemetry that rules were looked at with, in the order they are shown.</param>
/// <param name="Rules">Rules, ordered by id.</param>
/// <param name="Correlations">Correlation rules, ordered by id.</param>
/// <param name="Filters">Filters, ordered by id.</param>
/// <param name="SharedIndicators">Indicators of more than one rule, those of most rules first.</param>
public sealed record RuleCatalogue(
    ImmutableArray<RuleSource> Sources,
    string Revision,
    int Rejected,
    ImmutableArray<TelemetryName> Telemetry,
    ImmutableArray<RulePage> Rules,
    ImmutableArray<CorrelationPage> Correlations,
    ImmutableArray<FilterPage> Filters,
    ImmutableArray<SharedIndicator> SharedIndicators);

/// <summary>A source of telemetry.</summary>
/// <param name="Name">Short name, such as <c>sysmon</c>.</param>
/// <param name="Title">Name for people.</param>
public sealed record TelemetryName(string Name, string Title);
