using Microsoft.Extensions.Options;
using SigmaFunctions.App.Canary;
using SigmaFunctions.App.Options;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Storage;

namespace SigmaFunctions.App.Alerting;

/// <summary>Which detections alert, and what with, as the settings say.</summary>
/// <param name="options">Which alert.</param>
/// <param name="detectionOptions">Where the rules' pages are.</param>
/// <param name="overrides">What the deployment changes about rules.</param>
public sealed class AlertPolicy(IOptions<AlertOptions> options, IOptions<DetectionOptions> detectionOptions, Func<RuleOverrides> overrides)
{
    private const char Separator = '\n';

    private readonly AlertOptions _options = options.Value;

    /// <summary>How many alerts a rule may send in <see cref="RateWindow"/>; null where there is no such limit.</summary>
    public int? MaximumPerRule => _options.MaximumPerRule == 0 ? null : _options.MaximumPerRule;

    /// <summary>The time in which alerts of a rule are counted, and for which it is muted.</summary>
    public TimeSpan RateWindow => _options.RateWindow;

    /// <summary>Address of a rule's page in the catalogue; null where that is not configured.</summary>
    public string? PageOf(string ruleId) => detectionOptions.Value.PageOf(ruleId);

    /// <summary>Whether a detection never alerts, for its level or since it is the app's own canary.</summary>
    public bool NeverAlerts(Detection detection)
    {
        ArgumentNullException.ThrowIfNull(detection);
        return detection.RuleId == CanaryRule.Id || IsBelowMinimum(detection.Level);
    }

    private bool IsBelowMinimum(string? level) => Enum.TryParse(level, ignoreCase: true, out RuleLevel parsed) && parsed < _options.MinimumLevel;

    /// <summary>For how long an alert of this rule stands for those that follow on the same entity; zero where it does not.</summary>
    public TimeSpan SuppressFor(string ruleId) => overrides()[ruleId]?.SuppressFor ?? _options.SuppressFor;

    /// <summary>What alerts that may stand for each other have in common.</summary>
    public string EntityKey(Detection detection)
    {
        ArgumentNullException.ThrowIfNull(detection);
        string?[] parts = _options.SuppressBy switch
        {
            AlertEntity.Rule => [],
            AlertEntity.HostAndUser => [detection.TenantId, detection.Host, detection.User],
            _ => [detection.TenantId, detection.Host],
        };
        return string.Join(Separator, ["entity", detection.RuleId, .. parts.Select(part => part?.ToUpperInvariant())]);
    }

    /// <summary>What all alerts of a rule have in common.</summary>
    public static string RuleKey(string ruleId) => $"rule{Separator}{ruleId}";
}
