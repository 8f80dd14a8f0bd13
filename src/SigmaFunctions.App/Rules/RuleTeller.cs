using System.Collections.Immutable;
using Azure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.App.Rules;

/// <summary>Tells people which rules run and what is wrong with others: in the log, in metrics, and in the table that tells what became of the container's rules.</summary>
/// <param name="options">Which rules.</param>
/// <param name="metrics">What is measured of rules.</param>
/// <param name="timeProvider">Clock of reports.</param>
/// <param name="logger">The log.</param>
/// <param name="reports">The table; null where there is no container.</param>
internal sealed class RuleTeller(
    IOptions<RuleOptions> options, RuleMetrics metrics, TimeProvider timeProvider, ILogger<DetectorProvider> logger, RuleSetTable? reports)
{
    // None of what is told keeps the other rules from running; a log of thousands of them would hide what does.
    private const int MaxReports = 50;

    private readonly RuleOptions _options = options.Value;

    /// <summary>Notes rules that are to run.</summary>
    public void NoteLoaded(LoadedRules loaded, TimeSpan elapsed)
    {
        RuleSet all = loaded.All;
        RuleSet rules = loaded.Detector.RuleSet;
        Note(rules, DiagnosticSeverity.Error, logger.RuleRejected, logger.MoreRejected);
        Note(rules, DiagnosticSeverity.Warning, logger.RuleDoubted, logger.MoreDoubts);
        logger.RulesLoaded(rules.Counts, rules.Rejected, rules.Revision, elapsed.TotalMilliseconds);
        if (loaded.Overrides.Count > 0)
        {
            NoteOverrides(loaded.Overrides, all);
        }

        if (!_options.Selection.IsAll)
        {
            logger.RulesSelected(rules.Rules.Length, all.Rules.Length);
        }

        metrics.SetRules(rules.Rules.Length, rules.Rejected, rules.Revision);
        NoteBlind(rules);
    }

    /// <summary>Notes that rules of a container run from now on.</summary>
    public void NoteUsed(string container, RuleStoreVersion version, TimeSpan elapsed) =>
        logger.StoredRulesUsed(container, version.Key, version.Set ?? "none", elapsed.TotalMilliseconds);

    /// <summary>Notes that the newest rules of a container cannot be used, and what runs instead.</summary>
    public void NoteStale(string container, string revision, string reason)
    {
        metrics.SetStale(true);
        logger.StoredRulesBroken(container, revision, reason);
    }

    /// <summary>Notes that the newest rules run.</summary>
    public void NoteCurrent() => metrics.SetStale(false);

    /// <summary>Tells in the table which rules run.</summary>
    /// <returns>Whether it was told; rules that are not the container's need not be.</returns>
    public Task<bool> ReportAsync(LoadedRules loaded, CancellationToken cancellationToken) => loaded.Version is not { } version
        ? Task.FromResult(true)
        : WriteAsync(
            new RuleSetReport(version.Key, timeProvider.GetUtcNow())
            {
                Set = version.Set,
                Revision = loaded.All.Revision,
                Rules = loaded.Detector.Rules.Length,
                Rejected = loaded.All.Rejected,
                Rejections = [.. loaded.All.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(error => error.ToString())],
            },
            cancellationToken);

    /// <summary>Tells in the table that rules of the container cannot be used.</summary>
    public Task ReportBrokenAsync(RuleStoreVersion version, string reason, CancellationToken cancellationToken) =>
        WriteAsync(new RuleSetReport(version.Key, timeProvider.GetUtcNow()) { Set = version.Set, Broken = reason }, cancellationToken);

    // Detection does not wait for what is only told to people.
    private async Task<bool> WriteAsync(RuleSetReport report, CancellationToken cancellationToken)
    {
        if (reports is null)
        {
            return true;
        }

        try
        {
            await reports.WriteAsync(report, cancellationToken);
            return true;
        }
        catch (RequestFailedException exception)
        {
            logger.RuleReportFailed(_options.TableName, exception.Status, exception.ErrorCode ?? "no answer");
            return false;
        }
    }

    private static void Note(
        RuleSet rules, DiagnosticSeverity severity, Action<string, int, string, string> note, Action<int> noteMore)
    {
        ImmutableArray<Diagnostic> diagnostics = [.. rules.Diagnostics.Where(diagnostic => diagnostic.Severity == severity)];
        foreach (Diagnostic diagnostic in diagnostics.Take(MaxReports))
        {
            note(diagnostic.File, diagnostic.Line, diagnostic.Code, diagnostic.Message);
        }

        if (diagnostics.Length > MaxReports)
        {
            noteMore(diagnostics.Length - MaxReports);
        }
    }

    // An id that no rule has is most likely mistyped, and the rule that was meant runs unchanged.
    private void NoteOverrides(RuleOverrides overrides, RuleSet all)
    {
        var known = all.Rules.Select(rule => rule.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        logger.OverridesApplied(overrides.Ids.Count(known.Contains), all.Rules.Length - all.With(overrides).Rules.Length);
        foreach (string id in overrides.Ids.Where(id => !known.Contains(id)).Order(StringComparer.Ordinal).Take(MaxReports))
        {
            logger.OverrideUnknown(id);
        }
    }

    private void NoteBlind(RuleSet rules)
    {
        ImmutableArray<SourceReport> sources =
            [.. TelemetrySource.All.Select(source => SourceReport.Create(source, rules)).Where(report => report.NotForSource < rules.Rules.Length)];
        metrics.SetBlind(sources.Select(report => (report.Source.Name, report.Count(VisibilityVerdict.Blind))));
        if (!sources.IsEmpty)
        {
            logger.BlindRules(string.Join(
                ", ",
                sources.Select(report => $"{report.Source.Name} {report.Count(VisibilityVerdict.Blind)} of {rules.Rules.Length - report.NotForSource}")));
        }
    }
}
