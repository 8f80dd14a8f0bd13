using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// The names of events' data in their order, for shippers that send values without names. An event is told from its other versions by
/// the number of its values, and by its version where Windows counts those: there is no entry where two versions have the same number and
/// different names. An event that was forwarded may have lost empty values and look like an older version: names are only good if the
/// values that show what they are stand where the names say. Sources: the order of data in event XML, and the manifests of Windows and
/// Sysmon.
/// </summary>
internal sealed class EventSchemas
{
    // Sysmon has added values without counting its versions on.
    private const int Any = -1;

    private const string Sysmon = "Microsoft-Windows-Sysmon";
    private const string Security = "Microsoft-Windows-Security-Auditing";
    private const string PowerShell = "Microsoft-Windows-PowerShell";
    private const string Services = "Service Control Manager";
    private const string DnsClient = "Microsoft-Windows-DNS-Client";

    // Beginnings and parts that many events have in common.
    private const string Process = "RuleName UtcTime ProcessGuid ProcessId Image";
    private const string Registry = "RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject";
    private const string Pipe = "RuleName EventType UtcTime ProcessGuid ProcessId PipeName Image";
    private const string Deleted = "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes";
    private const string Loaded = "FileVersion Description Product Company OriginalFileName";
    private const string Subject = "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId";
    private const string TargetUser = "TargetUserSid TargetUserName TargetDomainName TargetLogonId";
    private const string TargetAccount = "TargetUserName TargetDomainName TargetSid";
    private const string Account =
        "PrivilegeList SamAccountName DisplayName UserPrincipalName HomeDirectory HomePath ScriptPath ProfilePath UserWorkstations "
        + "PasswordLastSet AccountExpires PrimaryGroupId AllowedToDelegateTo OldUacValue NewUacValue UserAccountControl UserParameters "
        + "SidHistory LogonHours";

    private const string Logon =
        $"{Subject} {TargetUser} LogonType LogonProcessName AuthenticationPackageName WorkstationName LogonGuid TransmittedServices "
        + "LmPackageName KeyLength ProcessId ProcessName IpAddress IpPort";

    private const string Task = $"{Subject} TaskName TaskContent";
    private const string NewerTask = "ClientProcessStartKey ClientProcessId ParentProcessId RpcCallClientLocality FQDN";
    private const string Member = $"MemberName MemberSid {TargetAccount} {Subject} PrivilegeList";
    private const string Group = $"{TargetAccount} {Subject} PrivilegeList";
    private const string DirectoryChange = $"OpCorrelationID AppCorrelationID {Subject} DSName DSType ObjectDN ObjectGUID ObjectClass";

    private const string Template =
        "TemplateInternalName TemplateVersion TemplateSchemaVersion TemplateOID TemplateDSObjectFQDN DCDNSName";

    private const string Filter =
        "FilterKey FilterName FilterType FilterId LayerKey LayerName LayerId Weight Conditions Action CalloutKey CalloutName";

    private const string Connection =
        "ProcessID Application Direction SourceAddress SourcePort DestAddress DestPort Protocol FilterRTID LayerName LayerRTID";

    private static readonly ImmutableArray<string> Providers = [Sysmon, Security, PowerShell, Services, DnsClient];

    private static readonly ImmutableArray<(string Provider, int[] EventIds, string Names, int Version)> Known =
    [
        (Sysmon, [1], $"{Process} {Loaded} CommandLine CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes "
            + "ParentProcessGuid ParentProcessId ParentImage ParentCommandLine", Any),
        (Sysmon, [1], $"{Process} {Loaded} CommandLine CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes "
            + "ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser", Any),
        (Sysmon, [2], $"{Process} TargetFilename CreationUtcTime PreviousCreationUtcTime", Any),
        (Sysmon, [2], $"{Process} TargetFilename CreationUtcTime PreviousCreationUtcTime User", Any),
        (Sysmon, [3], $"{Process} User Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName "
            + "DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort DestinationPortName", Any),
        (Sysmon, [4], "UtcTime State Version SchemaVersion", Any),
        (Sysmon, [5], Process, Any),
        (Sysmon, [5], $"{Process} User", Any),
        (Sysmon, [6], "RuleName UtcTime ImageLoaded Hashes Signed Signature SignatureStatus", Any),
        (Sysmon, [7], $"{Process} ImageLoaded {Loaded} Hashes Signed Signature SignatureStatus", Any),
        (Sysmon, [7], $"{Process} ImageLoaded {Loaded} Hashes Signed Signature SignatureStatus User", Any),
        (Sysmon, [8], "RuleName UtcTime SourceProcessGuid SourceProcessId SourceImage TargetProcessGuid TargetProcessId TargetImage "
            + "NewThreadId StartAddress StartModule StartFunction", Any),
        (Sysmon, [8], "RuleName UtcTime SourceProcessGuid SourceProcessId SourceImage TargetProcessGuid TargetProcessId TargetImage "
            + "NewThreadId StartAddress StartModule StartFunction SourceUser TargetUser", Any),
        (Sysmon, [9], $"{Process} Device", Any),
        (Sysmon, [9], $"{Process} Device User", Any),
        (Sysmon, [10], "RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID TargetProcessId "
            + "TargetImage GrantedAccess CallTrace", Any),
        (Sysmon, [10], "RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID TargetProcessId "
            + "TargetImage GrantedAccess CallTrace SourceUser TargetUser", Any),
        (Sysmon, [11], $"{Process} TargetFilename CreationUtcTime", Any),
        (Sysmon, [11], $"{Process} TargetFilename CreationUtcTime User", Any),
        (Sysmon, [12], Registry, Any),
        (Sysmon, [12], $"{Registry} User", Any),
        (Sysmon, [13], $"{Registry} Details", Any),
        (Sysmon, [13], $"{Registry} Details User", Any),
        (Sysmon, [14], $"{Registry} NewName", Any),
        (Sysmon, [14], $"{Registry} NewName User", Any),
        (Sysmon, [15], $"{Process} TargetFilename CreationUtcTime Hash Contents", Any),
        (Sysmon, [15], $"{Process} TargetFilename CreationUtcTime Hash Contents User", Any),
        (Sysmon, [16], "UtcTime Configuration ConfigurationFileHash", Any),
        (Sysmon, [17, 18], Pipe, Any),
        (Sysmon, [17, 18], $"{Pipe} User", Any),
        (Sysmon, [19], "RuleName EventType UtcTime Operation User EventNamespace Name Query", Any),
        (Sysmon, [20], "RuleName EventType UtcTime Operation User Name Type Destination", Any),
        (Sysmon, [21], "RuleName EventType UtcTime Operation User Consumer Filter", Any),
        (Sysmon, [22], "RuleName UtcTime ProcessGuid ProcessId QueryName QueryStatus QueryResults Image", Any),
        (Sysmon, [22], "RuleName UtcTime ProcessGuid ProcessId QueryName QueryStatus QueryResults Image User", Any),
        (Sysmon, [23], $"{Deleted} IsExecutable Archived", Any),
        (Sysmon, [24], $"{Process} Session ClientInfo Hashes Archived User", Any),
        (Sysmon, [25], $"{Process} Type User", Any),
        (Sysmon, [26, 28], $"{Deleted} IsExecutable", Any),
        (Sysmon, [27, 29], Deleted, Any),
        (Sysmon, [255], "UtcTime ID Description", Any),
        (PowerShell, [4103], "ContextInfo UserData Payload", Any),
        (PowerShell, [4104], "MessageNumber MessageTotal ScriptBlockText ScriptBlockId Path", Any),
        (Services, [7045], "ServiceName ImagePath ServiceType StartType AccountName", Any),
        (Services, [7023, 7034, 7036], "param1 param2", Any),
        (Services, [7040], "param1 param2 param3 param4", Any),
        (DnsClient, [3008], "QueryName QueryType QueryOptions QueryStatus QueryResults", Any),
        (Security, [4611], $"{Subject} LogonProcessName", Any),
        (Security, [4616], $"{Subject} PreviousTime NewTime ProcessId ProcessName", Any),
        (Security, [4624], Logon, 0),
        (Security, [4624], $"{Logon} ImpersonationLevel", 1),
        (Security, [4624], $"{Logon} ImpersonationLevel RestrictedAdminMode TargetOutboundUserName TargetOutboundDomainName VirtualAccount "
            + "TargetLinkedLogonId ElevatedToken", 2),
        (Security, [4625], $"{Subject} TargetUserSid TargetUserName TargetDomainName Status FailureReason SubStatus LogonType LogonProcessName "
            + "AuthenticationPackageName WorkstationName TransmittedServices LmPackageName KeyLength ProcessId ProcessName IpAddress IpPort", Any),
        (Security, [4634], $"{TargetUser} LogonType", Any),
        (Security, [4647], TargetUser, Any),
        (Security, [4648], $"{Subject} LogonGuid TargetUserName TargetDomainName TargetLogonGuid TargetServerName TargetInfo ProcessId "
            + "ProcessName IpAddress IpPort", Any),
        (Security, [4649], $"{Subject} TargetUserName TargetDomainName RequestType LogonProcessName AuthenticationPackage WorkstationName "
            + "TransmittedServices ProcessId ProcessName", Any),
        (Security, [4656], $"{Subject} ObjectServer ObjectType ObjectName HandleId TransactionId AccessList AccessMask PrivilegeList "
            + "RestrictedSidCount ProcessId ProcessName", 0),
        (Security, [4656], $"{Subject} ObjectServer ObjectType ObjectName HandleId TransactionId AccessList AccessReason AccessMask "
            + "PrivilegeList RestrictedSidCount ProcessId ProcessName ResourceAttributes", 1),
        (Security, [4657], $"{Subject} ObjectName ObjectValueName HandleId OperationType OldValueType OldValue NewValueType NewValue "
            + "ProcessId ProcessName", Any),
        (Security, [4658], $"{Subject} ObjectServer HandleId ProcessId ProcessName", Any),
        (Security, [4661], $"{Subject} ObjectServer ObjectType ObjectName HandleId TransactionId AccessList AccessMask PrivilegeList "
            + "Properties RestrictedSidCount ProcessId ProcessName", 0),
        (Security, [4661], $"{Subject} ObjectServer ObjectType ObjectName HandleId TransactionId AccessList AccessReason AccessMask "
            + "PrivilegeList Properties RestrictedSidCount ProcessId ProcessName", 1),
        (Security, [4662], $"{Subject} ObjectServer ObjectType ObjectName OperationType HandleId AccessList AccessMask Properties "
            + "AdditionalInfo AdditionalInfo2", Any),
        (Security, [4663], $"{Subject} ObjectServer ObjectType ObjectName HandleId AccessList AccessMask ProcessId ProcessName", 0),
        (Security, [4663], $"{Subject} ObjectServer ObjectType ObjectName HandleId AccessList AccessMask ProcessId ProcessName "
            + "ResourceAttributes", 1),
        (Security, [4672], $"{Subject} PrivilegeList", Any),
        (Security, [4673], $"{Subject} ObjectServer Service PrivilegeList ProcessId ProcessName", Any),
        (Security, [4674], $"{Subject} ObjectServer ObjectType ObjectName HandleId AccessMask PrivilegeList ProcessId ProcessName", Any),
        (Security, [4675], "TargetUserSid TargetUserName TargetDomainName TdoDirection TdoAttributes TdoType TdoSid SidList", Any),
        (Security, [4688], $"{Subject} NewProcessId NewProcessName TokenElevationType ProcessId", 0),
        (Security, [4688], $"{Subject} NewProcessId NewProcessName TokenElevationType ProcessId CommandLine", 1),
        (Security, [4688], $"{Subject} NewProcessId NewProcessName TokenElevationType ProcessId CommandLine {TargetUser} "
            + "ParentProcessName MandatoryLabel", 2),
        (Security, [4692], $"{Subject} MasterKeyId RecoveryServer RecoveryKeyId FailureReason", Any),
        (Security, [4697], $"{Subject} ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount", 0),
        (Security, [4697], $"{Subject} ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount ClientProcessStartKey "
            + "ClientProcessId ParentProcessId", 1),
        (Security, [4698, 4699, 4700, 4701], Task, 0),
        (Security, [4698, 4699, 4700, 4701], $"{Task} {NewerTask}", 1),
        (Security, [4702], $"{Task}New", 0),
        (Security, [4702], $"{Task}New {NewerTask}", 1),
        (Security, [4704], $"{Subject} TargetSid PrivilegeList", Any),
        (Security, [4706], $"DomainName DomainSid {Subject} TdoType TdoDirection TdoAttributes SidFilteringEnabled", Any),
        (Security, [4719], $"{Subject} CategoryId SubcategoryId SubcategoryGuid AuditPolicyChanges", Any),
        (Security, [4720], $"{TargetAccount} {Subject} {Account}", Any),
        (Security, [4722, 4724, 4725, 4740, 4767], $"{TargetAccount} {Subject}", Any),
        (Security, [4723, 4726, 4730, 4734, 4743], Group, Any),
        (Security, [4727, 4731, 4735, 4737, 4754, 4755], $"{Group} SamAccountName SidHistory", Any),
        (Security, [4728, 4729, 4732, 4733, 4756, 4757], Member, 0),
        (Security, [4728, 4732, 4756], $"{Member} MembershipExpirationTime", Any),
        (Security, [4738], $"Dummy {TargetAccount} {Subject} {Account}", Any),
        (Security, [4741], $"{TargetAccount} {Subject} {Account} DnsHostName ServicePrincipalNames", Any),
        (Security, [4742], $"ComputerAccountChange {TargetAccount} {Subject} {Account} DnsHostName ServicePrincipalNames", Any),
        (Security, [4765], $"SourceUserName SourceSid {TargetAccount} {Subject} PrivilegeList SidList", Any),
        (Security, [4768], $"{TargetAccount} ServiceName ServiceSid TicketOptions Status TicketEncryptionType PreAuthType IpAddress IpPort "
            + "CertIssuerName CertSerialNumber CertThumbprint", Any),
        (Security, [4769], "TargetUserName TargetDomainName ServiceName ServiceSid TicketOptions TicketEncryptionType IpAddress IpPort Status "
            + "LogonGuid TransmittedServices", Any),
        (Security, [4771], "TargetUserName TargetSid ServiceName TicketOptions Status PreAuthType IpAddress IpPort CertIssuerName "
            + "CertSerialNumber CertThumbprint", Any),
        (Security, [4776], "PackageName TargetUserName Workstation Status", Any),
        (Security, [4781], $"OldTargetUserName NewTargetUserName TargetDomainName TargetSid {Subject} PrivilegeList", Any),
        (Security, [4794], $"{Subject} Workstation Status", Any),
        (Security, [4799], $"{TargetAccount} {Subject} CallerProcessId CallerProcessName", Any),
        (Security, [4800, 4801], $"{TargetUser} SessionId", Any),
        (Security, [4825], "AccountName AccountDomain LogonID ClientAddress", Any),
        (Security, [4886], "RequestId Requester Attributes", Any),
        (Security, [4887], "RequestId Requester Attributes Disposition SubjectKeyIdentifier Subject", Any),
        (Security, [4898], $"{Template} TemplateContent SecurityDescriptor", Any),
        (Security, [4899], $"{Template} NewTemplateContent OldTemplateContent", Any),
        (Security, [4904, 4905], $"{Subject} AuditSourceName EventSourceId ProcessId ProcessName", Any),
        (Security, [4964], $"{Subject} LogonGuid {TargetUser} TargetLogonGuid SidList", Any),
        (Security, [5136], $"{DirectoryChange} AttributeLDAPDisplayName AttributeSyntaxOID AttributeValue OperationType", Any),
        (Security, [5137], DirectoryChange, Any),
        (Security, [5140], $"{Subject} IpAddress IpPort ShareName", 0),
        (Security, [5140], $"{Subject} ObjectType IpAddress IpPort ShareName ShareLocalPath AccessMask AccessList", 1),
        (Security, [5145], $"{Subject} ObjectType IpAddress IpPort ShareName ShareLocalPath RelativeTargetName AccessMask AccessList AccessReason", Any),
        (Security, [5156, 5157], Connection, 0),
        (Security, [5156, 5157], $"{Connection} RemoteUserID RemoteMachineID", 1),
        (Security, [5379], $"{Subject} TargetName Type CountOfCredentialsReturned ReadOperation ReturnCode ProcessCreationTime ClientProcessId", Any),
        (Security, [5441], $"ProviderKey ProviderName {Filter}", Any),
        (Security, [5447], $"ProcessId UserSid UserName ProviderKey ProviderName ChangeType {Filter}", Any),
        (Security, [5449], "ProcessId UserSid UserName ProviderKey ProviderName ChangeType ProviderContextKey ProviderContextName "
            + "ProviderContextType", Any),
    ];

    private readonly NameTable _providers = new(Providers);
    private readonly Dictionary<(int Provider, int EventId, int Count), Schema> _schemas = [];

    /// <summary>Makes the table.</summary>
    /// <param name="names">Where the names are added.</param>
    public EventSchemas(NameTable.Builder names)
    {
        foreach ((string provider, int[] eventIds, string text, int version) in Known)
        {
            string[] texts = text.Split(' ');

            // Newer Sysmon ends these events with an account.
            bool hasNewer = provider == Sysmon && Known.Any(other => other.Provider == Sysmon && other.EventIds.SequenceEqual(eventIds)
                && other.Names.StartsWith($"{text} ", StringComparison.Ordinal));
            var schema = new Schema([.. texts.Select(names.Add)], [.. texts.Select(EventValues.SignOf)], version, hasNewer);
            foreach (int eventId in eventIds)
            {
                _schemas.Add((Providers.IndexOf(provider), eventId, texts.Length), schema);
            }
        }
    }

    /// <summary>The names of an event's data in their order; none where they are not known for sure.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="eventId">Event id.</param>
    /// <param name="version">The event's version; absent where it is not stated.</param>
    /// <param name="values">The data, a list.</param>
    public ImmutableArray<Name> Find(RecordValue provider, RecordValue eventId, RecordValue version, RecordValue values)
    {
        int count = 0;
        foreach (RecordValue _ in values.Children)
        {
            count++;
        }

        return EventIds.TryRead(eventId.Text, out int id)
            && _schemas.TryGetValue((_providers.Find(provider.Text).Id, id, count), out Schema? schema)
            && (schema.Version == Any || NumberOf(version) is not { } stated || stated == schema.Version)
            && Fit(schema, values)
                ? schema.Names
                : [];
    }

    private static int? NumberOf(RecordValue value) =>
        int.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static bool Fit(Schema schema, RecordValue values)
    {
        int index = 0;
        RecordValue last = default;
        foreach (RecordValue value in values.Children)
        {
            if (!EventValues.Fits(value, schema.Signs[index++]))
            {
                return false;
            }

            last = value;
        }

        // Where an older event seems to end with an account, it is a newer one that has lost a value before it.
        return !schema.HasNewer || !EventValues.IsAccount(last.Text);
    }

    private sealed record Schema(ImmutableArray<Name> Names, ImmutableArray<ValueSign> Signs, int Version, bool HasNewer);
}
