using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Canary;
using SigmaFunctions.App.Options;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Alerting;

/// <summary>Which detections alert, and what with, as the settings say.</summary>
/// <param name="options">Which alert.</param>
/// <param name="detectionOptions">Where the rules' pages are.</param>
/// <param name="overrides">What the deployment changes about rules.</param>
public sealed class AlertPolicy(IOptions<AlertOptions> options, IOptions<DetectionOptions> detectionOptions, Func<RuleOverrides> overrides)
{
    private const char Separator = '\n';

    // Ten hosts that flood at once are no longer a matter of one machine.
    private const int DefaultHostShare = 10;

    private readonly AlertOptions _options = options.Value;

    /// <summary>How many alerts are too many.</summary>
    internal AlertLimits Limits { get; } = LimitsOf(options.Value);

    /// <summary>Address of a rule's page in the catalogue; null where that is not configured.</summary>
    public string? PageOf(string ruleId) => detectionOptions.Value.PageOf(ruleId);

    /// <summary>
    /// Whether a detection never alerts, for its level or since it is the app's own canary. One that tells of matches which are recorded
    /// nowhere alerts whatever its level.
    /// </summary>
    public bool NeverAlerts(Detection detection)
    {
        ArgumentNullException.ThrowIfNull(detection);
        return detection.RuleId == CanaryRule.Id || (detection.Omitted == 0 && IsBelowMinimum(detection.Level));
    }

    private bool IsBelowMinimum(string? level) => RuleLevels.Parse(level) < _options.MinimumLevel;

    /// <summary>For how long an alert of this rule stands for those that follow on the same entity; zero where it does not.</summary>
    public TimeSpan SuppressFor(string ruleId) => overrides()[ruleId]?.SuppressFor ?? _options.SuppressFor;

    /// <summary>
    /// What alerts that may stand for each other have in common: host, or host and user; of a correlation the group, whose host and user are of one of
    /// many events.
    /// </summary>
    public string EntityKey(Detection detection)
    {
        ArgumentNullException.ThrowIfNull(detection);
        IEnumerable<string?> parts = (_options.SuppressBy, detection.Correlation) switch
        {
            (AlertEntity.Rule, _) => [],

            // With their lengths, since values may hold the separator.
            (_, { } correlation) => ["group", .. correlation.Group.Select(one => $"{one.Value.Length} {one.Value}")],
            (AlertEntity.HostAndUser, _) => [detection.TenantId, detection.Host, detection.User],
            _ => [detection.TenantId, detection.Host],
        };
        return string.Join(Separator, ["entity", detection.RuleId, .. parts.Select(part => part?.ToUpperInvariant())]);
    }

    /// <summary>
    /// Under what a detection's host counts: tenant and host, whichever case they are written in. Events without a host are on one of their tenant.
    /// </summary>
    public static UInt128 HostKey(Detection detection)
    {
        ArgumentNullException.ThrowIfNull(detection);
        string host = $"{detection.TenantId?.ToUpperInvariant()}{Separator}{detection.Host?.ToUpperInvariant()}";
        return BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(host)));
    }

    private static AlertLimits LimitsOf(AlertOptions options) => new(
        options.MaximumPerRule == 0 ? null : options.MaximumPerRule,
        options.MaximumPerHost ?? (options.MaximumPerRule == 0 ? null : Math.Max(1, options.MaximumPerRule / DefaultHostShare)),
        options.RateWindow);
}
