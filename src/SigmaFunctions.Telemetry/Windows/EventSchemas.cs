using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// The names of events' data in their order, for shippers that send values without names. An event is told from its other versions by
/// the number of its values: there is no entry where two versions have the same number and different names. Sources: the order of data
/// in event XML, and the manifests of Windows and Sysmon.
/// </summary>
internal sealed class EventSchemas
{
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

    private static readonly ImmutableArray<(string Provider, int[] EventIds, string Names)> Known =
    [
        (Sysmon, [1], $"{Process} {Loaded} CommandLine CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes "
            + "ParentProcessGuid ParentProcessId ParentImage ParentCommandLine"),
        (Sysmon, [1], $"{Process} {Loaded} CommandLine CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes "
            + "ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser"),
        (Sysmon, [2], $"{Process} TargetFilename CreationUtcTime PreviousCreationUtcTime"),
        (Sysmon, [2], $"{Process} TargetFilename CreationUtcTime PreviousCreationUtcTime User"),
        (Sysmon, [3], $"{Process} User Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName "
            + "DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort DestinationPortName"),
        (Sysmon, [4], "UtcTime State Version SchemaVersion"),
        (Sysmon, [5], Process),
        (Sysmon, [5], $"{Process} User"),
        (Sysmon, [6], "RuleName UtcTime ImageLoaded Hashes Signed Signature SignatureStatus"),
        (Sysmon, [7], $"{Process} ImageLoaded {Loaded} Hashes Signed Signature SignatureStatus"),
        (Sysmon, [7], $"{Process} ImageLoaded {Loaded} Hashes Signed Signature SignatureStatus User"),
        (Sysmon, [8], "RuleName UtcTime SourceProcessGuid SourceProcessId SourceImage TargetProcessGuid TargetProcessId TargetImage "
            + "NewThreadId StartAddress StartModule StartFunction"),
        (Sysmon, [8], "RuleName UtcTime SourceProcessGuid SourceProcessId SourceImage TargetProcessGuid TargetProcessId TargetImage "
            + "NewThreadId StartAddress StartModule StartFunction SourceUser TargetUser"),
        (Sysmon, [9], $"{Process} Device"),
        (Sysmon, [9], $"{Process} Device User"),
        (Sysmon, [10], "RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID TargetProcessId "
            + "TargetImage GrantedAccess CallTrace"),
        (Sysmon, [10], "RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID TargetProcessId "
            + "TargetImage GrantedAccess CallTrace SourceUser TargetUser"),
        (Sysmon, [11], $"{Process} TargetFilename CreationUtcTime"),
        (Sysmon, [11], $"{Process} TargetFilename CreationUtcTime User"),
        (Sysmon, [12], Registry),
        (Sysmon, [12], $"{Registry} User"),
        (Sysmon, [13], $"{Registry} Details"),
        (Sysmon, [13], $"{Registry} Details User"),
        (Sysmon, [14], $"{Registry} NewName"),
        (Sysmon, [14], $"{Registry} NewName User"),
        (Sysmon, [15], $"{Process} TargetFilename CreationUtcTime Hash Contents"),
        (Sysmon, [15], $"{Process} TargetFilename CreationUtcTime Hash Contents User"),
        (Sysmon, [16], "UtcTime Configuration ConfigurationFileHash"),
        (Sysmon, [17, 18], Pipe),
        (Sysmon, [17, 18], $"{Pipe} User"),
        (Sysmon, [19], "RuleName EventType UtcTime Operation User EventNamespace Name Query"),
        (Sysmon, [20], "RuleName EventType UtcTime Operation User Name Type Destination"),
        (Sysmon, [21], "RuleName EventType UtcTime Operation User Consumer Filter"),
        (Sysmon, [22], "RuleName UtcTime ProcessGuid ProcessId QueryName QueryStatus QueryResults Image"),
        (Sysmon, [22], "RuleName UtcTime ProcessGuid ProcessId QueryName QueryStatus QueryResults Image User"),
        (Sysmon, [23], $"{Deleted} IsExecutable Archived"),
        (Sysmon, [24], $"{Process} Session ClientInfo Hashes Archived User"),
        (Sysmon, [25], $"{Process} Type User"),
        (Sysmon, [26, 28], $"{Deleted} IsExecutable"),
        (Sysmon, [27, 29], Deleted),
        (Sysmon, [255], "UtcTime ID Description"),
        (PowerShell, [4103], "ContextInfo UserData Payload"),
        (PowerShell, [4104], "MessageNumber MessageTotal ScriptBlockText ScriptBlockId Path"),
        (Services, [7045], "ServiceName ImagePath ServiceType StartType AccountName"),
        (Services, [7023, 7034, 7036], "param1 param2"),
        (Services, [7040], "param1 param2 param3 param4"),
        (DnsClient, [3008], "QueryName QueryType QueryOptions QueryStatus QueryResults"),
        (Security, [4611], $"{Subject} LogonProcessName"),
        (Security, [4616], $"{Subject} PreviousTime NewTime ProcessId ProcessName"),
        (Security, [4624], Logon),
        (Security, [4624], $"{Logon} ImpersonationLevel"),
        (Security, [4624], $"{Logon} ImpersonationLevel RestrictedAdminMode TargetOutboundUserName TargetOutboundDomainName VirtualAccount "
            + "TargetLinkedLogonId ElevatedToken"),
        (Security, [4625], $"{Subject} TargetUserSid TargetUserName TargetDomainName Status FailureReason SubStatus LogonType LogonProcessName "
            + "AuthenticationPackageName WorkstationName TransmittedServices LmPackageName KeyLength ProcessId ProcessName IpAddress IpPort"),
        (Security, [4634], $"{TargetUser} LogonType"),
        (Security, [4647], TargetUser),
        (Security, [4648], $"{Subject} LogonGuid TargetUserName TargetDomainName TargetLogonGuid TargetServerName TargetInfo ProcessId "
            + "ProcessName IpAddress IpPort"),
        (Security, [4649], $"{Subject} TargetUserName TargetDomainName RequestType LogonProcessName AuthenticationPackage WorkstationName "
            + "TransmittedServices ProcessId ProcessName"),
        (Security, [4656], $"{Subject} ObjectServer ObjectType ObjectName HandleId TransactionId AccessList AccessMask PrivilegeList "
            + "RestrictedSidCount ProcessId ProcessName"),
        (Security, [4656], $"{Subject} ObjectServer ObjectType ObjectName HandleId TransactionId AccessList AccessReason AccessMask "
            + "PrivilegeList RestrictedSidCount ProcessId ProcessName ResourceAttributes"),
        (Security, [4657], $"{Subject} ObjectName ObjectValueName HandleId OperationType OldValueType OldValue NewValueType NewValue "
            + "ProcessId ProcessName"),
        (Security, [4658], $"{Subject} ObjectServer HandleId ProcessId ProcessName"),
        (Security, [4661], $"{Subject} ObjectServer ObjectType ObjectName HandleId TransactionId AccessList AccessMask PrivilegeList "
            + "Properties RestrictedSidCount ProcessId ProcessName"),
        (Security, [4661], $"{Subject} ObjectServer ObjectType ObjectName HandleId TransactionId AccessList AccessReason AccessMask "
            + "PrivilegeList Properties RestrictedSidCount ProcessId ProcessName"),
        (Security, [4662], $"{Subject} ObjectServer ObjectType ObjectName OperationType HandleId AccessList AccessMask Properties "
            + "AdditionalInfo AdditionalInfo2"),
        (Security, [4663], $"{Subject} ObjectServer ObjectType ObjectName HandleId AccessList AccessMask ProcessId ProcessName"),
        (Security, [4663], $"{Subject} ObjectServer ObjectType ObjectName HandleId AccessList AccessMask ProcessId ProcessName "
            + "ResourceAttributes"),
        (Security, [4672], $"{Subject} PrivilegeList"),
        (Security, [4673], $"{Subject} ObjectServer Service PrivilegeList ProcessId ProcessName"),
        (Security, [4674], $"{Subject} ObjectServer ObjectType ObjectName HandleId AccessMask PrivilegeList ProcessId ProcessName"),
        (Security, [4675], "TargetUserSid TargetUserName TargetDomainName TdoDirection TdoAttributes TdoType TdoSid SidList"),
        (Security, [4688], $"{Subject} NewProcessId NewProcessName TokenElevationType ProcessId"),
        (Security, [4688], $"{Subject} NewProcessId NewProcessName TokenElevationType ProcessId CommandLine"),
        (Security, [4688], $"{Subject} NewProcessId NewProcessName TokenElevationType ProcessId CommandLine {TargetUser} "
            + "ParentProcessName MandatoryLabel"),
        (Security, [4692], $"{Subject} MasterKeyId RecoveryServer RecoveryKeyId FailureReason"),
        (Security, [4697], $"{Subject} ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount"),
        (Security, [4697], $"{Subject} ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount ClientProcessStartKey "
            + "ClientProcessId ParentProcessId"),
        (Security, [4698, 4699, 4700, 4701], Task),
        (Security, [4698, 4699, 4700, 4701], $"{Task} {NewerTask}"),
        (Security, [4702], $"{Task}New"),
        (Security, [4702], $"{Task}New {NewerTask}"),
        (Security, [4704], $"{Subject} TargetSid PrivilegeList"),
        (Security, [4706], $"DomainName DomainSid {Subject} TdoType TdoDirection TdoAttributes SidFilteringEnabled"),
        (Security, [4719], $"{Subject} CategoryId SubcategoryId SubcategoryGuid AuditPolicyChanges"),
        (Security, [4720], $"{TargetAccount} {Subject} {Account}"),
        (Security, [4722, 4724, 4725, 4740, 4767], $"{TargetAccount} {Subject}"),
        (Security, [4723, 4726, 4730, 4734, 4743], Group),
        (Security, [4727, 4731, 4735, 4737, 4754, 4755], $"{Group} SamAccountName SidHistory"),
        (Security, [4728, 4729, 4732, 4733, 4756, 4757], Member),
        (Security, [4728, 4732, 4756], $"{Member} MembershipExpirationTime"),
        (Security, [4738], $"Dummy {TargetAccount} {Subject} {Account}"),
        (Security, [4741], $"{TargetAccount} {Subject} {Account} DnsHostName ServicePrincipalNames"),
        (Security, [4742], $"ComputerAccountChange {TargetAccount} {Subject} {Account} DnsHostName ServicePrincipalNames"),
        (Security, [4765], $"SourceUserName SourceSid {TargetAccount} {Subject} PrivilegeList SidList"),
        (Security, [4768], $"{TargetAccount} ServiceName ServiceSid TicketOptions Status TicketEncryptionType PreAuthType IpAddress IpPort "
            + "CertIssuerName CertSerialNumber CertThumbprint"),
        (Security, [4769], "TargetUserName TargetDomainName ServiceName ServiceSid TicketOptions TicketEncryptionType IpAddress IpPort Status "
            + "LogonGuid TransmittedServices"),
        (Security, [4771], "TargetUserName TargetSid ServiceName TicketOptions Status PreAuthType IpAddress IpPort CertIssuerName "
            + "CertSerialNumber CertThumbprint"),
        (Security, [4776], "PackageName TargetUserName Workstation Status"),
        (Security, [4781], $"OldTargetUserName NewTargetUserName TargetDomainName TargetSid {Subject} PrivilegeList"),
        (Security, [4794], $"{Subject} Workstation Status"),
        (Security, [4799], $"{TargetAccount} {Subject} CallerProcessId CallerProcessName"),
        (Security, [4800, 4801], $"{TargetUser} SessionId"),
        (Security, [4825], "AccountName AccountDomain LogonID ClientAddress"),
        (Security, [4886], "RequestId Requester Attributes"),
        (Security, [4887], "RequestId Requester Attributes Disposition SubjectKeyIdentifier Subject"),
        (Security, [4898], $"{Template} TemplateContent SecurityDescriptor"),
        (Security, [4899], $"{Template} NewTemplateContent OldTemplateContent"),
        (Security, [4904, 4905], $"{Subject} AuditSourceName EventSourceId ProcessId ProcessName"),
        (Security, [4964], $"{Subject} LogonGuid {TargetUser} TargetLogonGuid SidList"),
        (Security, [5136], $"{DirectoryChange} AttributeLDAPDisplayName AttributeSyntaxOID AttributeValue OperationType"),
        (Security, [5137], DirectoryChange),
        (Security, [5140], $"{Subject} IpAddress IpPort ShareName"),
        (Security, [5140], $"{Subject} ObjectType IpAddress IpPort ShareName ShareLocalPath AccessMask AccessList"),
        (Security, [5145], $"{Subject} ObjectType IpAddress IpPort ShareName ShareLocalPath RelativeTargetName AccessMask AccessList AccessReason"),
        (Security, [5156, 5157], Connection),
        (Security, [5156, 5157], $"{Connection} RemoteUserID RemoteMachineID"),
        (Security, [5379], $"{Subject} TargetName Type CountOfCredentialsReturned ReadOperation ReturnCode ProcessCreationTime ClientProcessId"),
        (Security, [5441], $"ProviderKey ProviderName {Filter}"),
        (Security, [5447], $"ProcessId UserSid UserName ProviderKey ProviderName ChangeType {Filter}"),
        (Security, [5449], "ProcessId UserSid UserName ProviderKey ProviderName ChangeType ProviderContextKey ProviderContextName "
            + "ProviderContextType"),
    ];

    private readonly NameTable _providers = new(Providers);
    private readonly Dictionary<(int Provider, int EventId, int Count), ImmutableArray<Name>> _schemas = [];

    /// <summary>Makes the table.</summary>
    /// <param name="names">Where the names are added.</param>
    public EventSchemas(NameTable.Builder names)
    {
        foreach ((string provider, int[] eventIds, string text) in Known)
        {
            ImmutableArray<Name> schema = [.. text.Split(' ').Select(names.Add)];
            foreach (int eventId in eventIds)
            {
                _schemas.Add((Providers.IndexOf(provider), eventId, schema.Length), schema);
            }
        }
    }

    /// <summary>The names of an event's data in their order; none where they are not known.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="eventId">Event id as text.</param>
    /// <param name="count">How many data the event has.</param>
    public ImmutableArray<Name> Find(ReadOnlySpan<byte> provider, ReadOnlySpan<byte> eventId, int count) =>
        int.TryParse(eventId, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
        && _schemas.TryGetValue((_providers.Find(provider).Id, id, count), out ImmutableArray<Name> schema)
            ? schema
            : [];
}
