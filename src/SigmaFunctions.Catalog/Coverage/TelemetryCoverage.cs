using System.Collections.Immutable;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.Catalog.Coverage;

/// <summary>Event coverage by the sources whose fields are known, as <c>sigmaf check --source</c> reports it.</summary>
public sealed class TelemetryCoverage : IEventCoverage
{
    private readonly ImmutableArray<(TelemetryName Name, SourceReport Report)> _reports;

    /// <summary>Analyses the rules of a set.</summary>
    public TelemetryCoverage(RuleSet rules) => _reports =
    [
        .. TelemetrySource.All
            .Select(source => (Name: new TelemetryName(source.Name, source.Title), Report: SourceReport.Create(source, rules)))
            .Where(one => one.Report.Rules.Any(rule => rule is not null)),
    ];

    /// <inheritdoc/>
    public ImmutableArray<TelemetryName> Telemetry => [.. _reports.Select(one => one.Name)];

    /// <inheritdoc/>
    public ImmutableArray<SourceCoverage> Of(int rule)
    {
        ImmutableArray<SourceCoverage>.Builder coverage = ImmutableArray.CreateBuilder<SourceCoverage>();
        foreach ((TelemetryName name, SourceReport report) in _reports)
        {
            if (report.Rules[rule] is { } seen)
            {
                coverage.Add(new SourceCoverage(
                    name,
                    VerdictOf(seen.Visibility),
                    seen.Visibility.Missing,
                    [.. seen.Events.Select(one => new EventCoverage(one.Event.Name, one.Event.Action, VerdictOf(one.Visibility), one.Visibility.Missing))]));
            }
        }

        return coverage.ToImmutable();
    }

    private static CoverageVerdict VerdictOf(RuleVisibility visibility) => visibility.Verdict switch
    {
        VisibilityVerdict.Full => CoverageVerdict.Full,
        VisibilityVerdict.Weakened => CoverageVerdict.Weakened,
        VisibilityVerdict.Blind => CoverageVerdict.Blind,
        _ => throw new ArgumentOutOfRangeException(nameof(visibility)),
    };
}
