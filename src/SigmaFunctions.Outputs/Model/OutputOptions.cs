using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Outputs.Model;

/// <summary>One output: where alerts go, which of them, and how much of each. Settings <c>Outputs__NAME__*</c>, checked.</summary>
public sealed record OutputOptions
{
    /// <summary>Stream of the table <c>SigmaDetections_CL</c>.</summary>
    public const string DefaultStream = "Custom-SigmaDetections_CL";

    /// <summary>Name: a lower-case letter, and up to 23 more letters and digits; not <c>poison</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What receives it.</summary>
    public required OutputType Type { get; init; }

    /// <summary>What is sent.</summary>
    public required OutputFormat Format { get; init; }

    /// <summary>Least level of the rules whose alerts go there. A rule without a level, or with one that Sigma does not have, always does.</summary>
    public RuleLevel MinimumLevel { get; init; } = RuleLevel.Informational;

    /// <summary>Tags and products of the rules whose alerts go there.</summary>
    public RuleSelection Selection { get; init; } = new();

    /// <summary>For how long an alert stands for those of the same rule on the same entity; zero: all go there.</summary>
    public TimeSpan SuppressFor { get; init; }

    /// <summary>Parts of an alert that leave; those that are always there are not among them.</summary>
    public ImmutableHashSet<AlertPart> Parts { get; init; } = [.. Enum.GetValues<AlertPart>()];

    /// <summary>Whether what looks like a secret in command lines and fields is masked.</summary>
    public bool MasksSecrets { get; init; }

    /// <summary>Address of a webhook. It is a secret; null for other types.</summary>
    public Uri? Url { get; init; }

    /// <summary>Key with which bodies of a webhook are signed; a secret. Empty where they are not.</summary>
    public ImmutableArray<byte> SigningKey { get; init; } = [];

    /// <summary>Name of a setting that is a reference to a secret which the platform did not resolve; null where there is none. Such an output waits.</summary>
    public string? UnresolvedSecret { get; init; }

    /// <summary>Whether the webhook may be at a private or loopback address.</summary>
    public bool AllowsPrivateAddresses { get; init; }

    /// <summary>Alerts of one rule in <see cref="BurstWindow"/> that a webhook is told one by one; what comes beyond is told as one message. 0: all one by one.</summary>
    public int BurstAfter { get; init; } = 5;

    /// <summary>The time in which these count.</summary>
    public TimeSpan BurstWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Messages to a webhook a minute and instance; 0: no limit.</summary>
    public int MaximumPerMinute { get; init; } = 60;

    /// <summary>Logs ingestion address of a data collection endpoint or rule; null for other types.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Immutable id of the data collection rule (<c>dcr-</c> and 32 hex digits); null for other types.</summary>
    public string? DataCollectionRuleId { get; init; }

    /// <summary>Stream of the rule; null for other types.</summary>
    public string? Stream { get; init; }

    /// <summary>Whether a burst is told as one message.</summary>
    public bool GroupsBursts => Type == OutputType.Webhook && BurstAfter > 0;
}

/// <summary>What receives alerts.</summary>
public enum OutputType
{
    /// <summary>Whoever takes an https request.</summary>
    Webhook,

    /// <summary>A table of a Log Analytics workspace, by the Logs Ingestion API of Azure Monitor.</summary>
    Sentinel,
}

/// <summary>What is sent.</summary>
public enum OutputFormat
{
    /// <summary>The alert as on the queue (docs/alert.schema.json); of a webhook.</summary>
    Alert,

    /// <summary>A message of Slack's Block Kit; of a webhook.</summary>
    Slack,

    /// <summary>An Adaptive Card in the message that Teams' workflows take; of a webhook.</summary>
    Teams,

    /// <summary>A row of the table <c>SigmaDetections_CL</c>; of Sentinel.</summary>
    Table,

    /// <summary>A Detection Finding of OCSF (class 2004); of either.</summary>
    Ocsf,
}

/// <summary>Parts of an alert that an output need not be told.</summary>
public enum AlertPart
{
    /// <summary>The host's name.</summary>
    Host,

    /// <summary>The account's name.</summary>
    User,

    /// <summary>The Entra tenant.</summary>
    Tenant,

    /// <summary>The fields that made the rule match.</summary>
    Fields,

    /// <summary>The process and its parent.</summary>
    Process,

    /// <summary>Hashes of the file.</summary>
    Hashes,

    /// <summary>IP addresses.</summary>
    Addresses,

    /// <summary>Group, values and events of a correlation.</summary>
    Correlation,
}
