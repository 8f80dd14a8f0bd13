using Microsoft.Extensions.Options;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.App.Options;

/// <summary>Which detections alert: settings <c>Alerts__*</c>. All detections are recorded, whatever these say.</summary>
public sealed class AlertOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Alerts";

    /// <summary>Least level of a rule that alerts. A rule that states no level, or one that Sigma does not have, always does.</summary>
    public RuleLevel MinimumLevel { get; set; } = RuleLevel.Informational;

    /// <summary>For how long an alert stands for all that the same rule finds on the same entity; zero: every detection alerts.</summary>
    public TimeSpan SuppressFor { get; set; }

    /// <summary>What an entity is.</summary>
    public AlertEntity SuppressBy { get; set; } = AlertEntity.Host;

    /// <summary>
    /// Alerts of one rule in <see cref="RateWindow"/> and one instance, beyond which the rule is muted on all hosts; zero: it never is.
    /// One host counts for at most <see cref="MaximumPerHost"/> of them.
    /// </summary>
    public int MaximumPerRule { get; set; } = 1_000;

    /// <summary>
    /// Alerts of one rule on one host of a tenant in <see cref="RateWindow"/> and one instance, beyond which the rule is muted on that host;
    /// null: a tenth of <see cref="MaximumPerRule"/>, at least 1, and no limit where that is zero.
    /// </summary>
    public int? MaximumPerHost { get; set; }

    /// <summary>The time in which these count, and for which a rule is muted.</summary>
    public TimeSpan RateWindow { get; set; } = TimeSpan.FromMinutes(10);
}

/// <summary>What repeated alerts of a rule have in common.</summary>
public enum AlertEntity
{
    /// <summary>Tenant and host.</summary>
    Host,

    /// <summary>Tenant, host and account.</summary>
    HostAndUser,

    /// <summary>Nothing but the rule.</summary>
    Rule,
}

/// <summary>Checks <see cref="AlertOptions"/>.</summary>
internal sealed class AlertOptionsValidator : IValidateOptions<AlertOptions>
{
    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(7);
    private static readonly TimeSpan ShortestRateWindow = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, AlertOptions options)
    {
        string[] failures = [.. Failures(options)];
        return failures is [] ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(AlertOptions options)
    {
        if (!Enum.IsDefined(options.MinimumLevel))
        {
            yield return $"Alerts__MinimumLevel must be one of {string.Join(", ", Enum.GetNames<RuleLevel>())}.";
        }

        if (!Enum.IsDefined(options.SuppressBy))
        {
            yield return $"Alerts__SuppressBy must be one of {string.Join(", ", Enum.GetNames<AlertEntity>())}.";
        }

        if (options.SuppressFor < TimeSpan.Zero || options.SuppressFor > LongestWindow)
        {
            yield return "Alerts__SuppressFor must be a time from 00:00:00 (every detection alerts) to 7.00:00:00.";
        }

        if (options.MaximumPerRule < 0)
        {
            yield return "Alerts__MaximumPerRule must be 0 (no rule is muted) or more.";
        }

        if (options.MaximumPerHost < 1)
        {
            yield return "Alerts__MaximumPerHost must be 1 or more; without it a host has a tenth of Alerts__MaximumPerRule.";
        }

        if (options.MaximumPerRule > 0 && options.MaximumPerHost > Math.Max(1, options.MaximumPerRule - 1))
        {
            yield return "Alerts__MaximumPerHost must be less than Alerts__MaximumPerRule, or one host would mute a rule on all others.";
        }

        if (options.RateWindow < ShortestRateWindow || options.RateWindow > LongestWindow)
        {
            yield return "Alerts__RateWindow must be a time from 00:00:01 to 7.00:00:00.";
        }
    }
}
