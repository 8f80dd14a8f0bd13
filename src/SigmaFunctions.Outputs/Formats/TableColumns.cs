using System.Collections.Immutable;

namespace SigmaFunctions.Outputs.Formats;

/// <summary>The columns of the table <c>SigmaDetections_CL</c>; infra/modules/sentinel.bicep makes them.</summary>
public static class TableColumns
{
    /// <summary>Names and types of Log Analytics: <c>datetime</c>, <c>string</c>, <c>int</c>, <c>dynamic</c>.</summary>
    public static ImmutableArray<(string Name, string Type)> All { get; } =
    [
        ("TimeGenerated", "datetime"),
        ("DetectionId", "string"),
        ("Kind", "string"),
        ("RuleId", "string"),
        ("RuleTitle", "string"),
        ("RuleAuthor", "string"),
        ("RuleLevel", "string"),
        ("RulePage", "string"),
        ("Severity", "string"),
        ("Tags", "dynamic"),
        ("Tactics", "dynamic"),
        ("Techniques", "dynamic"),
        ("TechniqueNames", "dynamic"),
        ("EventTime", "datetime"),
        ("Host", "string"),
        ("HostName", "string"),
        ("HostDomain", "string"),
        ("User", "string"),
        ("UserName", "string"),
        ("UserDomain", "string"),
        ("EntraTenantId", "string"),
        ("ProcessImage", "string"),
        ("ProcessCommandLine", "string"),
        ("ProcessId", "string"),
        ("ParentImage", "string"),
        ("ParentCommandLine", "string"),
        ("ParentProcessId", "string"),
        ("Md5", "string"),
        ("Sha1", "string"),
        ("Sha256", "string"),
        ("FileHash", "string"),
        ("FileHashAlgorithm", "string"),
        ("SourceIp", "string"),
        ("SourcePort", "int"),
        ("DestinationIp", "string"),
        ("DestinationPort", "int"),
        ("Fields", "dynamic"),
        ("Correlation", "dynamic"),
        ("HeldBack", "int"),
        ("Omitted", "int"),
        ("MutedUntil", "datetime"),
        ("MutedOn", "string"),
        ("DetectionTable", "string"),
        ("DetectionPartitionKey", "string"),
        ("DetectionRowKey", "string"),
    ];
}
