using System.Collections.Immutable;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Sources;

/// <summary>Events of the Windows event log other than Sysmon's.</summary>
internal static class WindowsEventCatalog
{
    /// <summary>What every event has: the elements of <c>System</c> and their attributes.</summary>
    private static readonly ImmutableArray<string> SystemFields =
    [
        "Channel", "Computer", "Correlation_ActivityID", "Correlation_RelatedActivityID", "EventID", "EventID_Qualifiers", "EventRecordID",
        "Execution_ProcessID", "Execution_ThreadID", "Keywords", "Level", "Opcode", "Provider_EventSourceName", "Provider_Guid",
        "Provider_Name", "Security_UserID", "Task", "TimeCreated_SystemTime", "Version",
    ];

    /// <summary>The Security log: event 4688 as <c>process_creation</c>, and all events under their own names.</summary>
    public static IEnumerable<SourceEvent> Security()
    {
        const string Service = "security";
        string[] data =
        [
            "SubjectUserSid", "SubjectUserName", "SubjectDomainName", "SubjectLogonId", "NewProcessId", "NewProcessName", "TokenElevationType",
            "CommandLine", "TargetUserSid", "TargetUserName", "TargetDomainName", "TargetLogonId", "ParentProcessName", "MandatoryLabel",
        ];
        ImmutableArray<SourceField> mapped =
        [
            new("Image", ["NewProcessName"]),
            new("ParentImage", ["ParentProcessName"]),
            new("ProcessId", ["NewProcessId"]),
            new("ParentProcessId", ["ProcessId"]),
            new("IntegrityLevel", ["MandatoryLabel"]),
            new("User", ["TargetUserSid", "TargetDomainName", "TargetUserName", "SubjectUserSid", "SubjectDomainName", "SubjectUserName"]),
            new("LogonId", ["TargetLogonId", "SubjectLogonId"]),
        ];
        foreach ((int? id, WindowsEventKind kind) in WindowsLogSources.KindsOf(Service))
        {
            yield return SourceEvent.Open(NameOf("Security", id), kind.Own);
            if (kind.ProcessCreation is { } processCreation)
            {
                yield return new SourceEvent(NameOf("Security", id), null, processCreation, Fields(data, mapped));
            }
        }
    }

    /// <summary>The events of all other services.</summary>
    public static IEnumerable<SourceEvent> Others()
    {
        foreach (string service in WindowsLogSources.Services.Where(service => service is not ("sysmon" or "security")))
        {
            foreach ((int? id, WindowsEventKind kind) in WindowsLogSources.KindsOf(service))
            {
                yield return (service, id) switch
                {
                    ("powershell", 4103) => new SourceEvent(
                        NameOf(service, id), null, kind.Own, Fields(["ContextInfo", "UserData", "Payload"])),
                    ("powershell", 4104) => new SourceEvent(
                        NameOf(service, id), null, kind.Own, Fields(["MessageNumber", "MessageTotal", "ScriptBlockText", "ScriptBlockId", "Path"])),
                    _ => SourceEvent.Open(NameOf(service, id), kind.Own),
                };
                if (kind.Antivirus is { } antivirus)
                {
                    yield return SourceEvent.Open(NameOf(service, id), antivirus);
                }
            }
        }
    }

    /// <summary>The fields of an event: those that are mapped, its data and what every event has.</summary>
    public static ImmutableArray<SourceField> Fields(IEnumerable<string> data, IEnumerable<SourceField>? mapped = null) =>
    [
        .. (mapped ?? []).Concat(data.Concat(SystemFields).Select(name => new SourceField(name, [name])))
            .DistinctBy(field => field.Name)
            .OrderBy(field => field.Name, StringComparer.Ordinal),
    ];

    private static string NameOf(string service, int? id) => id is null ? service : $"{service} {id}";
}
