using System.Collections.Immutable;
using System.Net;
using Azure;
using Azure.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Starting;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.App.Rules;

/// <summary>
/// Gives the detector of the app's rules: compiled at the start, shared by all invocations, and exchanged as a whole when the
/// container of rules has changed. Rules of the container that cannot be used leave the former ones running.
/// </summary>
public sealed class DetectorProvider
{
    // Neither keeps the other rules from running; a log of thousands of them would hide what does.
    private const int MaxReports = 50;
    private const int MaxChanges = 10;

    private readonly RuleSetLoader _loader;
    private readonly RuleOptions _options;
    private readonly RuleMetrics _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<DetectorProvider> _logger;
    private readonly RuleStore? _store;
    private readonly RuleSetTable? _reports;
    private volatile LoadedRules? _current;

    // Written by the one loop that checks: what was found broken, and what was new last time.
    private volatile string? _broken;
    private string? _unsettled;

    /// <summary>Makes a provider without rules; <see cref="StartAsync"/> loads them.</summary>
    /// <param name="loader">Reads and compiles rules.</param>
    /// <param name="options">Which rules.</param>
    /// <param name="metrics">What is measured of rules.</param>
    /// <param name="timeProvider">Clock of reports.</param>
    /// <param name="logger">Where the rules that cannot be used are reported.</param>
    /// <param name="store">The container of rules; null where there is none.</param>
    /// <param name="reports">Table that is told what became of the container's rules; null where there is no container.</param>
    internal DetectorProvider(
        RuleSetLoader loader,
        IOptions<RuleOptions> options,
        RuleMetrics metrics,
        TimeProvider timeProvider,
        ILogger<DetectorProvider> logger,
        RuleStore? store,
        RuleSetTable? reports)
    {
        _loader = loader;
        _options = options.Value;
        _metrics = metrics;
        _timeProvider = timeProvider;
        _logger = logger;
        _store = store;
        _reports = reports;
    }

    /// <summary>The detector.</summary>
    /// <exception cref="InvalidOperationException">The rules are not loaded yet.</exception>
    public Detector Current => Loaded.Detector;

    /// <summary>What the deployment changes about the rules.</summary>
    /// <exception cref="InvalidOperationException">The rules are not loaded yet.</exception>
    public RuleOverrides Overrides => Loaded.Overrides;

    /// <summary>Whether there are newer rules that cannot be used.</summary>
    public bool IsStale => _broken is not null;

    /// <summary>Whether there is a container of rules, so that they may change.</summary>
    public bool MayChange => _store is not null;

    private LoadedRules Loaded => _current ?? throw new InvalidOperationException("The rules are not loaded yet.");

    /// <summary>
    /// Loads the rules. Where those of the container cannot be used, the set that was pushed before them and ran is taken; where there is none, the
    /// app must not start: events wait in the hub, whereas events that run through the wrong rules are gone.
    /// </summary>
    /// <exception cref="StartException">There are no rules that can be used, or the container cannot be read.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        long started = _timeProvider.GetTimestamp();
        try
        {
            if (_store is null)
            {
                Use(await _loader.LoadAsync(null, -1, cancellationToken), started);
            }
            else
            {
                Use(await LoadStoredAsync(_store, cancellationToken), started);
            }
        }
        catch (UnusableRulesException exception)
        {
            throw new StartException(exception.Message, exception);
        }
        catch (RequestFailedException exception)
        {
            throw new StartException(
                $"The container of rules {_options.BlobContainer} (Rules__BlobContainer) in the storage account of DetectionStorage cannot be read: "
                + $"{exception.ErrorCode ?? exception.InnerException?.Message ?? "no answer"} (status {exception.Status}).",
                exception);
        }
        catch (AggregateException exception)
        {
            throw new StartException(
                $"The storage account of DetectionStorage, which has the rules, cannot be reached: {exception.InnerExceptions[^1].Message}", exception);
        }
        catch (AuthenticationFailedException exception)
        {
            throw StartException.NoToken(exception);
        }
    }

    /// <summary>
    /// Keeps what was compiled of the container's rules, and tells which of them run: after the start and after each exchange, when
    /// nothing waits for it.
    /// </summary>
    /// <returns>Whether it was told; if not, it is due again.</returns>
    public async Task<bool> SettleAsync(CancellationToken cancellationToken)
    {
        LoadedRules loaded = Loaded;
        if (loaded.KeepAsync is { } keepAsync)
        {
            await keepAsync(cancellationToken);
        }

        _current = loaded with { KeepAsync = null };
        return await ReportAsync(loaded, cancellationToken);
    }

    /// <summary>
    /// Looks whether the container holds other rules, and exchanges them. A pushed set is taken at once; what people put there blob by blob when two
    /// looks have found the same, so that half of an upload is not taken for all of it.
    /// </summary>
    /// <returns>Whether the rules that count are other ones than before, and run: <see cref="SettleAsync"/> is due.</returns>
    /// <exception cref="RequestFailedException">The container could not be reached or refused.</exception>
    public async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        if (_store is null)
        {
            return false;
        }

        RuleStoreVersion version;
        try
        {
            version = await _store.GetVersionAsync(cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            if (_broken != exception.Message)
            {
                ReportBroken(exception.Message);
            }

            _broken = exception.Message;
            return false;
        }
        if (version.Key == Loaded.Version?.Key)
        {
            bool mended = _broken is not null;
            _metrics.SetStale(false);
            (_broken, _unsettled) = (null, null);
            return mended;
        }
        if (version.Key == _broken)
        {
            return false;
        }

        if (version.Set is null && version.Key != _unsettled)
        {
            _unsettled = version.Key;
            return false;
        }
        _unsettled = null;
        return await TryExchangeAsync(version, cancellationToken);
    }

    private async Task<bool> TryExchangeAsync(RuleStoreVersion version, CancellationToken cancellationToken)
    {
        long started = _timeProvider.GetTimestamp();
        LoadedRules loaded;
        try
        {
            // One thread: batches are under way.
            loaded = await _loader.LoadAsync(version, 1, cancellationToken);
        }
        catch (RequestFailedException exception) when (HasChanged(exception))
        {
            return false;
        }
        catch (UnusableRulesException exception)
        {
            _broken = version.Key;
            ReportBroken(exception.Message);
            await TellAsync(BrokenReport(version, exception.Message), cancellationToken);
            return false;
        }
        loaded.Detector.Warm(Loaded.Detector);
        Use(loaded, started);
        _broken = null;
        _metrics.SetStale(false);
        return true;
    }

    private async Task<LoadedRules> LoadStoredAsync(RuleStore store, CancellationToken cancellationToken)
    {
        for (int changes = 0; ; changes++)
        {
            try
            {
                return await LoadNewestAsync(store, cancellationToken);
            }
            catch (RequestFailedException exception) when (HasChanged(exception) && changes < MaxChanges)
            {
                // Someone is putting rules there: what there is now.
            }
        }
    }

    private async Task<LoadedRules> LoadNewestAsync(RuleStore store, CancellationToken cancellationToken)
    {
        RuleStoreVersion? version = null;
        string reason;
        try
        {
            version = await store.GetVersionAsync(cancellationToken);
            return await _loader.LoadAsync(version, -1, cancellationToken);
        }
        catch (Exception exception) when (exception is UnusableRulesException or InvalidDataException)
        {
            reason = exception.Message;
        }
        if (version is not null)
        {
            await TellAsync(BrokenReport(version, reason), cancellationToken);
        }

        IReadOnlyList<RuleSetReport> reports = _reports is null ? [] : await _reports.ListAsync(cancellationToken);
        string former = reports.FirstOrDefault(report => report is { Broken: null, Set: not null } && report.Set != version?.Set)?.Set
            ?? throw new UnusableRulesException($"The rules of container {store.Name} cannot be used, and no set that was pushed before has run: {reason}");
        LoadedRules loaded = await _loader.LoadAsync(RuleStore.VersionOf(former), -1, cancellationToken);
        _broken = version?.Key ?? reason;
        _metrics.SetStale(true);
        _logger.StoredRulesBroken(store.Name, loaded.All.Revision, reason);
        return loaded;
    }

    // A blob was written between the listing and its reading.
    private static bool HasChanged(RequestFailedException exception) => exception.Status == (int)HttpStatusCode.PreconditionFailed;

    private void ReportBroken(string reason)
    {
        _metrics.SetStale(true);
        _logger.StoredRulesBroken(_store!.Name, Current.RuleSet.Revision, reason);
    }

    private void Use(LoadedRules loaded, long started)
    {
        RuleSet all = loaded.All;
        RuleSet rules = loaded.Detector.RuleSet;
        Report(rules, DiagnosticSeverity.Error, _logger.RuleRejected, _logger.MoreRejected);
        Report(rules, DiagnosticSeverity.Warning, _logger.RuleDoubted, _logger.MoreDoubts);
        _logger.RulesLoaded(rules.Rules.Length, rules.Rejected, rules.Revision, _timeProvider.GetElapsedTime(started).TotalMilliseconds);
        if (loaded.Overrides.Count > 0)
        {
            ReportOverrides(loaded.Overrides, all);
        }

        if (!_options.Selection.IsAll)
        {
            _logger.RulesSelected(rules.Rules.Length, all.Rules.Length);
        }

        _metrics.SetRules(rules.Rules.Length, rules.Rejected, rules.Revision);
        ReportBlind(rules);
        _current = loaded;
        if (loaded.Version is { } version)
        {
            _logger.StoredRulesUsed(_store!.Name, version.Key, version.Set ?? "none", _timeProvider.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private static void Report(
        RuleSet rules, DiagnosticSeverity severity, Action<string, int, string, string> report, Action<int> reportMore)
    {
        ImmutableArray<Diagnostic> diagnostics = [.. rules.Diagnostics.Where(diagnostic => diagnostic.Severity == severity)];
        foreach (Diagnostic diagnostic in diagnostics.Take(MaxReports))
        {
            report(diagnostic.File, diagnostic.Line, diagnostic.Code, diagnostic.Message);
        }

        if (diagnostics.Length > MaxReports)
        {
            reportMore(diagnostics.Length - MaxReports);
        }
    }

    // An id that no rule has is most likely mistyped, and the rule that was meant runs unchanged.
    private void ReportOverrides(RuleOverrides overrides, RuleSet all)
    {
        var known = all.Rules.Select(rule => rule.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        _logger.OverridesApplied(overrides.Ids.Count(known.Contains), all.Rules.Length - all.With(overrides).Rules.Length);
        foreach (string id in overrides.Ids.Where(id => !known.Contains(id)).Order(StringComparer.Ordinal).Take(MaxReports))
        {
            _logger.OverrideUnknown(id);
        }
    }

    private void ReportBlind(RuleSet rules)
    {
        ImmutableArray<SourceReport> reports =
            [.. TelemetrySource.All.Select(source => SourceReport.Create(source, rules)).Where(report => report.NotForSource < rules.Rules.Length)];
        _metrics.SetBlind(reports.Select(report => (report.Source.Name, report.Count(VisibilityVerdict.Blind))));
        if (!reports.IsEmpty)
        {
            _logger.BlindRules(string.Join(
                ", ",
                reports.Select(report => $"{report.Source.Name} {report.Count(VisibilityVerdict.Blind)} of {rules.Rules.Length - report.NotForSource}")));
        }
    }

    private Task<bool> ReportAsync(LoadedRules loaded, CancellationToken cancellationToken) => loaded.Version is not { } version
        ? Task.FromResult(true)
        : TellAsync(
            new RuleSetReport(version.Key, _timeProvider.GetUtcNow())
            {
                Set = version.Set,
                Revision = loaded.All.Revision,
                Rules = loaded.Detector.Rules.Length,
                Rejected = loaded.All.Rejected,
                Rejections = [.. loaded.All.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(error => error.ToString())],
            },
            cancellationToken);

    private RuleSetReport BrokenReport(RuleStoreVersion version, string reason) =>
        new(version.Key, _timeProvider.GetUtcNow()) { Set = version.Set, Broken = reason };

    // Detection does not wait for what is only told to people.
    private async Task<bool> TellAsync(RuleSetReport report, CancellationToken cancellationToken)
    {
        if (_reports is null)
        {
            return true;
        }

        try
        {
            await _reports.WriteAsync(report, cancellationToken);
            return true;
        }
        catch (RequestFailedException exception)
        {
            _logger.RuleReportFailed(_options.TableName, exception.Status, exception.ErrorCode ?? "no answer");
            return false;
        }
    }
}
