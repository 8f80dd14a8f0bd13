using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Options;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.Visibility;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.App.Rules;

/// <summary>Gives the detector of the app's rules: compiled once, at the start, and shared by all invocations.</summary>
/// <param name="options">Which rules.</param>
/// <param name="metrics">Where it is measured how many rules can never fire.</param>
/// <param name="logger">Where the rules that cannot be used are reported.</param>
public sealed class DetectorProvider(IOptions<RuleOptions> options, RuleMetrics metrics, ILogger<DetectorProvider> logger)
{
    // Doubts do not keep a rule from running; a log of thousands of them would hide what does.
    private const int MaximumDoubts = 50;

    private readonly Lazy<Loaded> _current = new(() => Load(options.Value, metrics, logger));

    /// <summary>The detector.</summary>
    /// <exception cref="StartException">There are no rules.</exception>
    public Detector Current => _current.Value.Detector;

    /// <summary>What the deployment changes about the rules.</summary>
    /// <exception cref="StartException">There are no rules.</exception>
    public RuleOverrides Overrides => _current.Value.Overrides;

    private static Loaded Load(RuleOptions options, RuleMetrics metrics, ILogger logger)
    {
        IReadOnlyList<string> paths = options.FullPaths(AppContext.BaseDirectory);
        RuleOverrides overrides = ReadOverrides(options.FullOverrides(AppContext.BaseDirectory));
        RuleSet all = Read(paths, ReadPlaceholders(options.FullPlaceholders(AppContext.BaseDirectory)));
        RuleSet rules = all.With(overrides);
        if (rules.Pack is { } pack)
            logger.PackUsed(pack);
        else
            logger.YamlUsed();
        ImmutableArray<Diagnostic> errors =
            [.. rules.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)];
        foreach (Diagnostic error in errors)
            logger.RuleRejected(error.File, error.Line, error.Code, error.Message);
        ImmutableArray<Diagnostic> doubts =
            [.. rules.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Warning)];
        foreach (Diagnostic doubt in doubts.Take(MaximumDoubts))
            logger.RuleDoubted(doubt.File, doubt.Line, doubt.Code, doubt.Message);
        if (doubts.Length > MaximumDoubts)
            logger.MoreDoubts(doubts.Length - MaximumDoubts);
        if (rules.Rules.IsEmpty)
            throw new StartException(NoRules(paths, rules.Rejected, errors));
        logger.RulesLoaded(rules.Rules.Length, rules.Rejected, rules.Revision);
        if (overrides.Count > 0)
            ReportOverrides(overrides, all, rules, logger);
        metrics.SetRules(rules.Rules.Length, rules.Rejected, rules.Revision);
        ReportBlind(rules, metrics, logger);
        return new Loaded(new Detector(rules), overrides);
    }

    // An id that no rule has is most likely mistyped, and the rule that was meant runs unchanged.
    private static void ReportOverrides(RuleOverrides overrides, RuleSet all, RuleSet rules, ILogger logger)
    {
        HashSet<string> known = all.Rules.Select(rule => rule.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        logger.OverridesApplied(overrides.Ids.Count(known.Contains), all.Rules.Length - rules.Rules.Length);
        foreach (string id in overrides.Ids.Where(id => !known.Contains(id)).Order(StringComparer.Ordinal).Take(MaximumDoubts))
            logger.OverrideUnknown(id);
    }

    private static RuleOverrides ReadOverrides(string? path)
    {
        try
        {
            return path is null ? RuleOverrides.None : RuleOverrides.Load(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new StartException($"The file of overrides that Rules__Overrides names cannot be used: {exception.Message}", exception);
        }
    }

    private static void ReportBlind(RuleSet rules, RuleMetrics metrics, ILogger logger)
    {
        ImmutableArray<SourceReport> reports =
            [.. TelemetrySource.All.Select(source => SourceReport.Create(source, rules)).Where(report => report.NotForSource < rules.Rules.Length)];
        metrics.SetBlind(reports.Select(report => (report.Source.Name, report.Count(VisibilityVerdict.Blind))));
        if (!reports.IsEmpty)
            logger.BlindRules(string.Join(
                ", ",
                reports.Select(report => $"{report.Source.Name} {report.Count(VisibilityVerdict.Blind)} of {rules.Rules.Length - report.NotForSource}")));
    }

    private static PlaceholderSet? ReadPlaceholders(string? path)
    {
        try
        {
            return path is null ? null : PlaceholderFile.Load(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new StartException($"The placeholder file that Rules__Placeholders names cannot be used: {exception.Message}", exception);
        }
    }

    private static RuleSet Read(IReadOnlyList<string> paths, PlaceholderSet? placeholders)
    {
        try
        {
            if (paths is not [var path])
                return RuleSet.LoadPaths(paths, placeholders);
            if (RulePack.IsPack(path))
                return RulePack.Load(path, placeholders);
            string pack = RulePack.PathFor(path);
            if (!File.Exists(pack))
                return RuleSet.LoadPaths(paths, placeholders);
            return RulePack.Load(pack, placeholders, Path.Exists(path) ? [path] : []);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"The rules cannot be read: {exception.Message} Rules__Path names the files and folders.", exception);
        }
    }

    private static string NoRules(IReadOnlyList<string> paths, int rejected, ImmutableArray<Diagnostic> errors)
    {
        string first = errors.IsEmpty ? "" : $" The first error: {errors[0]}";
        return $"There is no usable rule in {string.Join("; ", paths)} ({rejected} rejected). "
            + $"Rules__Path names the files and folders of rules.{first}";
    }

    private sealed record Loaded(Detector Detector, RuleOverrides Overrides);
}
