using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Visibility;

namespace SigmaFunctions.Telemetry.Sources;

/// <summary>
/// The rows of Defender's device tables (Microsoft's reference of the advanced hunting schema): their columns, and the fields that are
/// made of them.
/// </summary>
internal static class DefenderEventCatalog
{
    private const string WorkingDirectory = "AdditionalFields.ProcessCurrentWorkingDirectory";

    private static readonly ImmutableArray<string> AnyTable = Words(
        "Timestamp TimeGenerated TenantId SourceSystem Type MachineGroup DeviceId DeviceName ActionType AdditionalFields "
        + "AppGuardContainerId ReportId");

    private static readonly ImmutableArray<string> InitiatingProcess =
    [
        "IsInitiatingProcessRemoteSession",
        .. Words(
            "AccountDomain AccountName AccountObjectId AccountSid AccountUpn CommandLine CreationTime FileName FileSize FolderPath Id "
            + "IntegrityLevel LogonId MD5 ParentCreationTime ParentFileName ParentId RemoteSessionDeviceName RemoteSessionIP SHA1 SHA256 "
            + "SessionId SignatureStatus SignerType TokenElevation UniqueId VersionInfoCompanyName VersionInfoFileDescription "
            + "VersionInfoInternalFileName VersionInfoOriginalFileName VersionInfoProductName VersionInfoProductVersion")
            .Select(column => $"InitiatingProcess{column}"),
    ];

    private static readonly ImmutableArray<string> File = Words("FileName FolderPath FileSize SHA1 SHA256 MD5");

    private static readonly ImmutableArray<string> VersionInfo = Words(
        "ProcessVersionInfoCompanyName ProcessVersionInfoFileDescription ProcessVersionInfoInternalFileName "
        + "ProcessVersionInfoOriginalFileName ProcessVersionInfoProductName ProcessVersionInfoProductVersion");

    private static readonly ImmutableArray<string> CreatedProcess = Words(
        "AccountDomain AccountName AccountObjectId AccountSid AccountUpn CreatedProcessSessionId IsProcessRemoteSession LogonId ProcessId "
        + "ProcessCommandLine ProcessCreationTime ProcessIntegrityLevel ProcessRemoteSessionDeviceName ProcessRemoteSessionIP "
        + "ProcessTokenElevation ProcessUniqueId");

    private static readonly ImmutableArray<SourceField> Actor = Fields(
        ("Image", "InitiatingProcessFolderPath InitiatingProcessFileName"),
        ("CommandLine", "InitiatingProcessCommandLine"),
        ("ProcessId", "InitiatingProcessId"),
        ("IntegrityLevel", "InitiatingProcessIntegrityLevel"),
        ("User", "InitiatingProcessAccountDomain InitiatingProcessAccountName"),
        ("ParentImage", "InitiatingProcessParentFileName"),
        ("ParentProcessId", "InitiatingProcessParentId"),
        ("Computer", "DeviceName"));

    private static readonly ImmutableArray<SourceField> FileHashes = Fields(("Hashes", "SHA1 MD5 SHA256"), ("md5", "MD5"), ("sha1", "SHA1"), ("sha256", "SHA256"));

    private static readonly ImmutableArray<SourceField> SourceAndTarget = Fields(
        ("SourceImage", "InitiatingProcessFolderPath InitiatingProcessFileName"),
        ("SourceProcessId", "InitiatingProcessId"),
        ("SourceCommandLine", "InitiatingProcessCommandLine"),
        ("SourceParentImage", "InitiatingProcessParentFileName"),
        ("SourceUser", "InitiatingProcessAccountDomain InitiatingProcessAccountName"),
        ("TargetImage", "FolderPath FileName"),
        ("TargetProcessId", "ProcessId"),
        ("TargetUser", "AccountDomain AccountName"));

    private static readonly ImmutableArray<MissingPart> MissingParts = [new("Hashes", "IMPHASH=", "Hashes (IMPHASH)")];

    /// <summary>Every kind of row that is an event for rules.</summary>
    public static IEnumerable<SourceEvent> Create() =>
        [.. ProcessEvents(), .. NetworkEvents(), .. FileEvents(), .. ImageLoadEvents(), .. RegistryEvents(), .. Events()];

    private static IEnumerable<SourceEvent> ProcessEvents()
    {
        var table = new Table("DeviceProcessEvents", [.. File, .. CreatedProcess, .. VersionInfo]);
        ImmutableArray<SourceField> fields = Fields(
            ("Image", "FolderPath FileName"),
            ("CommandLine", "ProcessCommandLine"),
            ("ParentImage", "InitiatingProcessFolderPath InitiatingProcessFileName"),
            ("ParentCommandLine", "InitiatingProcessCommandLine"),
            ("ParentProcessId", "InitiatingProcessId"),
            ("ParentUser", "InitiatingProcessAccountDomain InitiatingProcessAccountName"),
            ("GrandParentImage", "InitiatingProcessParentFileName"),
            ("OriginalFileName", "ProcessVersionInfoOriginalFileName"),
            ("Product", "ProcessVersionInfoProductName"),
            ("Company", "ProcessVersionInfoCompanyName"),
            ("Description", "ProcessVersionInfoFileDescription"),
            ("FileVersion", "ProcessVersionInfoProductVersion"),
            ("User", "AccountDomain AccountName"),
            ("IntegrityLevel", "ProcessIntegrityLevel"),
            ("ProcessId", "ProcessId"),
            ("LogonId", "LogonId"),
            ("CurrentDirectory", WorkingDirectory)).AddRange(FileHashes);
        yield return table.Event(null, "process_creation", fields, leftEmpty: [WorkingDirectory]);

        // Only files of Windows have version information.
        yield return table.Event(null, "process_creation", fields, "linux", VersionInfo);
        yield return table.Event(null, "process_creation", fields, "macos", VersionInfo);
    }

    private static IEnumerable<SourceEvent> NetworkEvents()
    {
        var table = new Table(
            "DeviceNetworkEvents", Words("LocalIP LocalIPType LocalPort Protocol RemoteIP RemoteIPType RemotePort RemoteUrl"));
        ImmutableArray<SourceField> actor = [.. Actor, .. Fields(("Protocol", "Protocol"))];
        ImmutableArray<SourceField> initiated = Fields(("Initiated", "ActionType"));
        ImmutableArray<SourceField> outbound =
            [.. actor, .. Ends("Source", "Local", "Destination", "Remote"), .. Fields(("DestinationHostname", "RemoteUrl"))];
        ImmutableArray<SourceField> inbound =
            [.. actor, .. Ends("Source", "Remote", "Destination", "Local"), .. Fields(("SourceHostname", "RemoteUrl"))];
        foreach (string product in Products)
        {
            foreach (string action in Words("ConnectionSuccess ConnectionFailed ConnectionRequest"))
            {
                yield return table.Event(action, "network_connection", [.. outbound, .. initiated], product);
            }

            yield return table.Event("ConnectionFound", "network_connection", outbound, product);
            yield return table.Event("InboundConnection", "network_connection", [.. inbound, .. initiated], product);
        }
    }

    private static IEnumerable<SourceEvent> FileEvents()
    {
        var table = new Table(
            "DeviceFileEvents",
            [
                .. File,
                .. Words(
                    "FileOriginIP FileOriginReferrerUrl FileOriginUrl IsAzureInfoProtectionApplied PreviousFileName PreviousFolderPath "
                    + "RequestAccountDomain RequestAccountName RequestAccountSid RequestProtocol RequestSourceIP RequestSourcePort "
                    + "SensitivityLabel SensitivitySubLabel ShareName"),
            ]);
        ImmutableArray<SourceField> fields = [.. Actor, .. FileHashes, .. Fields(("TargetFilename", "FolderPath FileName"))];
        ImmutableArray<SourceField> renamed = [.. fields, .. Fields(("SourceFilename", "PreviousFolderPath PreviousFileName"))];
        foreach (string product in Products)
        {
            yield return table.Event("FileCreated", "file_event", fields, product);
            yield return table.Event("FileModified", "file_event", fields, product);
            yield return table.Event("FileDeleted", "file_delete", fields, product);
            yield return table.Event("FileRenamed", "file_rename", renamed, product);
        }
    }

    private static IEnumerable<SourceEvent> ImageLoadEvents() =>
        [new Table("DeviceImageLoadEvents", File).Event(null, "image_load", [.. Actor, .. FileHashes, .. Fields(("ImageLoaded", "FolderPath FileName"))])];

    private static IEnumerable<SourceEvent> RegistryEvents()
    {
        var table = new Table(
            "DeviceRegistryEvents",
            Words(
                "PreviousRegistryKey PreviousRegistryValueData PreviousRegistryValueName RegistryKey RegistryValueData RegistryValueName "
                + "RegistryValueType"));
        ImmutableArray<SourceField> fields = [.. Actor, .. Fields(("EventType", "ActionType"))];
        yield return table.Event(
            "RegistryValueSet",
            ["registry_set", "registry_event"],
            [.. fields, .. Fields(("TargetObject", "RegistryKey"), ("Details", "RegistryValueType RegistryValueData"))]);
        yield return table.Event("RegistryKeyCreated", ["registry_add", "registry_event"], [.. fields, .. Fields(("TargetObject", "RegistryKey"))]);
        ImmutableArray<SourceField> deleted = [.. fields, .. Fields(("TargetObject", "RegistryKey PreviousRegistryKey"))];
        yield return table.Event("RegistryKeyDeleted", ["registry_delete", "registry_event"], deleted);
        yield return table.Event("RegistryValueDeleted", ["registry_delete", "registry_event"], deleted);
        yield return table.Event(
            "RegistryKeyRenamed",
            ["registry_rename", "registry_event"],
            [.. fields, .. Fields(("TargetObject", "PreviousRegistryKey"), ("NewName", "RegistryKey"))]);
    }

    private static IEnumerable<SourceEvent> Events()
    {
        var table = new Table(
            "DeviceEvents",
            [
                .. File,
                .. CreatedProcess,
                .. Words(
                    "FileOriginIP FileOriginUrl LocalIP LocalPort RegistryKey RegistryValueData RegistryValueName RemoteDeviceName RemoteIP "
                    + "RemotePort RemoteUrl"),
            ]);
        yield return table.Event("CreateRemoteThreadApiCall", "create_remote_thread", [.. Actor, .. SourceAndTarget]);
        yield return table.Event(
            "OpenProcessApiCall",
            "process_access",
            [.. Actor, .. SourceAndTarget, .. Fields(("GrantedAccess", "AdditionalFields.DesiredAccess"))]);
        yield return table.Event(
            "NamedPipeEvent",
            "pipe_created",
            [.. Actor, .. Fields(("PipeName", "AdditionalFields.PipeName"), ("EventType", "AdditionalFields.FileOperation"))]);
        yield return table.Event("DriverLoad", "driver_load", [.. Actor, .. FileHashes, .. Fields(("ImageLoaded", "FolderPath FileName"))]);
        yield return table.Event("DnsQueryResponse", "dns_query", [.. Actor, .. Fields(("QueryName", "AdditionalFields.DnsQueryString"))]);
        yield return table.Event("PowerShellCommand", "ps_script", [.. Actor, .. Fields(("ScriptBlockText", "AdditionalFields.Command"))]);
        yield return table.Event("GetClipboardData", "clipboard_capture", Actor);
        yield return table.Event("SensitiveFileRead", "file_access", [.. Actor, .. Fields(("FileName", "FolderPath FileName"))]);
        yield return table.Event(
            "Antivirus",
            "antivirus",
            [.. Actor, .. Fields(("Signature", "AdditionalFields.ThreatName"), ("Filename", "FolderPath FileName"))]);
    }

    private static ImmutableArray<string> Products { get; } = ["windows", "linux", "macos"];

    private static ImmutableArray<SourceField> Ends(string one, string oneColumns, string other, string otherColumns) => Fields(
        ($"{one}Ip", $"{oneColumns}IP"),
        ($"{one}Port", $"{oneColumns}Port"),
        ($"{one}IsIpv6", $"{oneColumns}IP"),
        ($"{other}Ip", $"{otherColumns}IP"),
        ($"{other}Port", $"{otherColumns}Port"),
        ($"{other}IsIpv6", $"{otherColumns}IP"));

    private static ImmutableArray<SourceField> Fields(params ReadOnlySpan<(string Name, string From)> fields)
    {
        ImmutableArray<SourceField>.Builder made = ImmutableArray.CreateBuilder<SourceField>(fields.Length);
        foreach ((string name, string from) in fields)
        {
            made.Add(new SourceField(name, Words(from)));
        }

        return made.MoveToImmutable();
    }

    private static ImmutableArray<string> Words(string words) => [.. words.Split(' ')];

    /// <summary>A table.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Columns">Its own columns.</param>
    private sealed record Table(string Name, ImmutableArray<string> Columns)
    {
        public SourceEvent Event(
            string? action, string category, ImmutableArray<SourceField> fields, string product = "windows", ImmutableArray<string>? leftEmpty = null) =>
            Event(action, [category], fields, product, leftEmpty);

        /// <summary>A kind of its rows.</summary>
        /// <param name="action">The <c>ActionType</c>, or what it begins with; null for any.</param>
        /// <param name="categories">The categories of the event.</param>
        /// <param name="fields">The fields that are made of columns.</param>
        /// <param name="product">The operating system.</param>
        /// <param name="leftEmpty">What Defender leaves empty in such rows: these columns, and fields made of these alone, never come.</param>
        public SourceEvent Event(
            string? action,
            ReadOnlySpan<string> categories,
            ImmutableArray<SourceField> fields,
            string product = "windows",
            ImmutableArray<string>? leftEmpty = null)
        {
            ImmutableArray<string> empty = leftEmpty ?? [];
            IEnumerable<SourceField> own = AnyTable.Concat(InitiatingProcess).Concat(Columns).Select(column => new SourceField(column, [column]));
            ImmutableArray<SourceField> all =
            [
                .. fields.Concat(own)
                    .DistinctBy(field => field.Name)
                    .Where(field => !field.From.All(column => empty.Contains(column)))
                    .OrderBy(field => field.Name, StringComparer.Ordinal),
            ];
            var logSources = new LogSource[categories.Length];
            for (int i = 0; i < categories.Length; i++)
            {
                logSources[i] = new LogSource(categories[i], product);
            }

            return new SourceEvent(Name, action, LogSourceSet.Create(logSources), all, MissingParts);
        }
    }
}
