using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Outputs.Formats;

/// <summary>A row of <c>SigmaDetections_CL</c>: columns of <see cref="TableColumns"/>, those without a value left out.</summary>
internal static class TableRow
{
    // Azure Monitor replaces a TimeGenerated that is older than two days or more than a day ahead by the time of arrival. What is later than this is delivered late.
    private static readonly TimeSpan EarliestBefore = TimeSpan.FromDays(1);
    private static readonly TimeSpan LatestAfter = TimeSpan.FromMinutes(5);

    // The names that Sentinel knows tactics by.
    private static readonly FrozenDictionary<string, string> TacticNames = new Dictionary<string, string>
    {
        ["attack.reconnaissance"] = "Reconnaissance",
        ["attack.resource-development"] = "ResourceDevelopment",
        ["attack.initial-access"] = "InitialAccess",
        ["attack.execution"] = "Execution",
        ["attack.persistence"] = "Persistence",
        ["attack.privilege-escalation"] = "PrivilegeEscalation",
        ["attack.defense-evasion"] = "DefenseEvasion",
        ["attack.stealth"] = "DefenseEvasion",
        ["attack.defense-impairment"] = "DefenseEvasion",
        ["attack.credential-access"] = "CredentialAccess",
        ["attack.discovery"] = "Discovery",
        ["attack.lateral-movement"] = "LateralMovement",
        ["attack.collection"] = "Collection",
        ["attack.command-and-control"] = "CommandAndControl",
        ["attack.exfiltration"] = "Exfiltration",
        ["attack.impact"] = "Impact",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static byte[] Write(Notification notification)
    {
        // Cut as on the queue.
        byte[] json = notification.Alert.ToJson();
        var alert = Alert.Parse(json);
        var row = new JsonObject
        {
            ["TimeGenerated"] = TimeGenerated(alert),
            ["DetectionId"] = notification.Id,
            ["Kind"] = alert.Kind == AlertKind.RuleMuted ? "ruleMuted" : "detection",
            ["RuleId"] = alert.Rule.Id,
            ["RuleTitle"] = alert.Rule.Title,
            ["RuleAuthor"] = alert.Rule.Author,
            ["RuleLevel"] = alert.Rule.Level,
            ["RulePage"] = AlertNames.Page(alert),
            ["Severity"] = SeverityOf(alert.Rule.Level),
            ["Tags"] = Texts(alert.Rule.Tags),
            ["Tactics"] = Texts([.. alert.Rule.Tags.Select(tag => TacticNames.GetValueOrDefault(tag.Replace('_', '-'))).OfType<string>().Distinct()]),
            ["Techniques"] = Texts(alert.Rule.Techniques.IsDefault ? [] : [.. alert.Rule.Techniques.Select(technique => technique.Id)]),
            ["TechniqueNames"] = Texts(alert.Rule.Techniques.IsDefault ? [] : [.. alert.Rule.Techniques.Select(technique => technique.Name)]),
            ["EventTime"] = alert.EventTime,
            ["EntraTenantId"] = alert.TenantId,
            ["ProcessImage"] = alert.Process?.Image,
            ["ProcessCommandLine"] = alert.Process?.CommandLine,
            ["ProcessId"] = alert.Process?.Id,
            ["ParentImage"] = alert.Parent?.Image,
            ["ParentCommandLine"] = alert.Parent?.CommandLine,
            ["ParentProcessId"] = alert.Parent?.Id,
            ["Md5"] = alert.Hashes?.Md5,
            ["Sha1"] = alert.Hashes?.Sha1,
            ["Sha256"] = alert.Hashes?.Sha256,
            ["HeldBack"] = alert.HeldBack,
            ["Omitted"] = alert.Omitted,
            ["MutedUntil"] = alert.MutedUntil,
            ["MutedOn"] = alert.MutedOn?.ToString().ToLowerInvariant(),
            ["DetectionTable"] = alert.Detection.Table,
            ["DetectionPartitionKey"] = alert.Detection.PartitionKey,
            ["DetectionRowKey"] = alert.Detection.RowKey,
        };
        AddEntities(row, alert);
        JsonNode written = JsonNode.Parse(json)!;
        row["Fields"] = written["fields"]?.DeepClone();
        row["Correlation"] = written["correlation"]?.DeepClone();
        foreach (string absent in row.Where(column => column.Value is null).Select(column => column.Key).ToList())
        {
            row.Remove(absent);
        }

        return JsonSerializer.SerializeToUtf8Bytes(row);
    }

    private static void AddEntities(JsonObject row, Alert alert)
    {
        if (alert.Host is { } host)
        {
            row["Host"] = host;
            (row["HostName"], row["HostDomain"]) = Pair(AlertNames.Host(host));
        }

        if (alert.User is { } user)
        {
            row["User"] = user;
            (row["UserName"], row["UserDomain"]) = Pair(AlertNames.Account(user));
        }

        (row["FileHash"], row["FileHashAlgorithm"]) = alert.Hashes switch
        {
            { Sha256: { } hash } => (hash, "SHA256"),
            { Sha1: { } hash } => (hash, "SHA1"),
            { Md5: { } hash } => (hash, "MD5"),
            _ => ((JsonNode?)null, (JsonNode?)null),
        };
        foreach (NetworkAddress address in alert.Addresses.IsDefault ? [] : alert.Addresses)
        {
            string role = address.Role == AddressRole.Source ? "Source" : "Destination";
            row[$"{role}Ip"] = address.Ip;
            row[$"{role}Port"] = address.Port;
        }
    }

    private static (JsonNode? Name, JsonNode? Domain) Pair((string Name, string? Domain) name) => (name.Name, name.Domain);

    private static DateTimeOffset TimeGenerated(Alert alert)
    {
        DateTimeOffset? enqueued = AlertNames.EnqueuedTime(alert);
        return (alert.EventTime, enqueued) switch
        {
            ({ } time, { } arrived) when time < arrived - EarliestBefore || time > arrived + LatestAfter => arrived,
            ({ } time, _) => time,
            (null, { } arrived) => arrived,
            _ => DateTimeOffset.UnixEpoch,
        };
    }

    private static string SeverityOf(string? level) => RuleLevels.Parse(level) switch
    {
        RuleLevel.Informational => "Informational",
        RuleLevel.Low => "Low",
        RuleLevel.High or RuleLevel.Critical => "High",
        _ => "Medium",
    };

    private static JsonArray? Texts(ImmutableArray<string> texts) => texts.IsDefaultOrEmpty ? null : new JsonArray([.. texts.Select(text => JsonValue.Create(text))]);
}
