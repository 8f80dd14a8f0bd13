using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// Which Sigma services and categories an event of the Windows event log belongs to, from its channel or provider and its id
/// (Sigma's taxonomy; Sysmon's and Microsoft's documentation of events).
/// </summary>
internal static class WindowsLogSources
{
    private const string LinuxSysmon = "Linux-Sysmon";
    private const string LinuxSysmonChannel = "Linux-Sysmon/Operational";

    private static readonly NamedServices Channels = new(new Dictionary<string, string>
    {
        ["Application"] = "application",
        ["Security"] = "security",
        ["System"] = "system",
        ["DNS Server"] = "dns-server",
        [LinuxSysmonChannel] = "sysmon",
        ["MSExchange Management"] = "msexchange-management",
        ["Microsoft-IIS-Configuration/Operational"] = "iis-configuration",
        ["Microsoft-ServiceBus-Client/Admin"] = "servicebus-client",
        ["Microsoft-ServiceBus-Client/Operational"] = "servicebus-client",
        ["Microsoft-Windows-AppLocker/EXE and DLL"] = "applocker",
        ["Microsoft-Windows-AppLocker/MSI and Script"] = "applocker",
        ["Microsoft-Windows-AppLocker/Packaged app-Deployment"] = "applocker",
        ["Microsoft-Windows-AppLocker/Packaged app-Execution"] = "applocker",
        ["Microsoft-Windows-AppModel-Runtime/Admin"] = "appmodel-runtime",
        ["Microsoft-Windows-AppXDeploymentServer/Operational"] = "appxdeployment-server",
        ["Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant"] = "application-experience",
        ["Microsoft-Windows-Application-Experience/Program-Telemetry"] = "application-experience",
        ["Microsoft-Windows-AppxPackaging/Operational"] = "appxpackaging-om",
        ["Microsoft-Windows-BitLocker/BitLocker Management"] = "bitlocker",
        ["Microsoft-Windows-Bits-Client/Operational"] = "bits-client",
        ["Microsoft-Windows-CAPI2/Operational"] = "capi2",
        ["Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational"] = "certificateservicesclient-lifecycle-system",
        ["Microsoft-Windows-CodeIntegrity/Operational"] = "codeintegrity-operational",
        ["Microsoft-Windows-DHCP-Server/Operational"] = "dhcp",
        ["Microsoft-Windows-DNS Client Events/Operational"] = "dns-client",
        ["Microsoft-Windows-DNS-Client/Operational"] = "dns-client",
        ["Microsoft-Windows-DNS-Server/Analytical"] = "dns-server-analytic",
        ["Microsoft-Windows-Diagnosis-Scripted/Operational"] = "diagnosis-scripted",
        ["Microsoft-Windows-DriverFrameworks-UserMode/Operational"] = "driver-framework",
        ["Microsoft-Windows-Hyper-V-Worker"] = "hyper-v-worker",
        ["Microsoft-Windows-Hyper-V-Worker-Admin"] = "hyper-v-worker",
        ["Microsoft-Windows-Kernel-EventTracing"] = "kernel-event-tracing",
        ["Microsoft-Windows-Kernel-EventTracing/Admin"] = "kernel-event-tracing",
        ["Microsoft-Windows-Kernel-ShimEngine/Diagnostic"] = "kernel-shimengine",
        ["Microsoft-Windows-Kernel-ShimEngine/Operational"] = "kernel-shimengine",
        ["Microsoft-Windows-LDAP-Client/Debug"] = "ldap",
        ["Microsoft-Windows-LSA/Operational"] = "lsa-server",
        ["Microsoft-Windows-NTLM/Operational"] = "ntlm",
        ["Microsoft-Windows-Ntfs/Operational"] = "ntfs",
        ["Microsoft-Windows-PowerShell/Operational"] = "powershell",
        ["Microsoft-Windows-PrintService/Admin"] = "printservice-admin",
        ["Microsoft-Windows-PrintService/Operational"] = "printservice-operational",
        ["Microsoft-Windows-SENSE/Operational"] = "sense",
        ["Microsoft-Windows-SMBServer/Connectivity"] = "smbserver-connectivity",
        ["Microsoft-Windows-Security-Mitigations/Kernel Mode"] = "security-mitigations",
        ["Microsoft-Windows-Security-Mitigations/KernelMode"] = "security-mitigations",
        ["Microsoft-Windows-Security-Mitigations/User Mode"] = "security-mitigations",
        ["Microsoft-Windows-Security-Mitigations/UserMode"] = "security-mitigations",
        ["Microsoft-Windows-Shell-Core/Operational"] = "shell-core",
        ["Microsoft-Windows-SmbClient/Connectivity"] = "smbclient-connectivity",
        ["Microsoft-Windows-SmbClient/Security"] = "smbclient-security",
        ["Microsoft-Windows-Sysmon/Operational"] = "sysmon",
        ["Microsoft-Windows-TaskScheduler/Operational"] = "taskscheduler",
        ["Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"] = "terminalservices-localsessionmanager",
        ["Microsoft-Windows-VHDMP/Operational"] = "vhdmp",
        ["Microsoft-Windows-VHDMP-Operational"] = "vhdmp",
        ["Microsoft-Windows-WMI-Activity/Operational"] = "wmi",
        ["Microsoft-Windows-Windows Defender/Operational"] = "windefend",
        ["Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"] = "firewall-as",
        ["OpenSSH/Operational"] = "openssh",
        ["PowerShellCore/Operational"] = "powershell",
        ["Windows PowerShell"] = "powershell-classic",
    });

    /// <summary>Providers that write to one channel only, for events that do not name theirs.</summary>
    private static readonly NamedServices Providers = new(new Dictionary<string, string>
    {
        [LinuxSysmon] = "sysmon",
        ["MSExchange CmdletLogs"] = "msexchange-management",
        ["Microsoft-Windows-AppLocker"] = "applocker",
        ["Microsoft-Windows-AppXDeployment-Server"] = "appxdeployment-server",
        ["Microsoft-Windows-AppxPackagingOM"] = "appxpackaging-om",
        ["Microsoft-Windows-BitLocker-API"] = "bitlocker",
        ["Microsoft-Windows-Bits-Client"] = "bits-client",
        ["Microsoft-Windows-CAPI2"] = "capi2",
        ["Microsoft-Windows-CodeIntegrity"] = "codeintegrity-operational",
        ["Microsoft-Windows-DNS-Client"] = "dns-client",
        ["Microsoft-Windows-NTLM"] = "ntlm",
        ["Microsoft-Windows-PowerShell"] = "powershell",
        ["Microsoft-Windows-Security-Auditing"] = "security",
        ["Microsoft-Windows-Security-Mitigations"] = "security-mitigations",
        ["Microsoft-Windows-Shell-Core"] = "shell-core",
        ["Microsoft-Windows-Sysmon"] = "sysmon",
        ["Microsoft-Windows-TaskScheduler"] = "taskscheduler",
        ["Microsoft-Windows-TerminalServices-LocalSessionManager"] = "terminalservices-localsessionmanager",
        ["Microsoft-Windows-WMI-Activity"] = "wmi",
        ["Microsoft-Windows-Windows Defender"] = "windefend",
        ["Microsoft-Windows-Windows Firewall With Advanced Security"] = "firewall-as",
        ["OpenSSH"] = "openssh",
        ["PowerShell"] = "powershell-classic",
        ["PowerShellCore"] = "powershell",
        ["Service Control Manager"] = "system",
    });

    private static readonly ImmutableArray<(string Service, int EventId, ImmutableArray<string> Names)> Categories =
        [
            ("sysmon", 1, ["process_creation"]),
            ("sysmon", 2, ["file_change"]),
            ("sysmon", 3, ["network_connection"]),
            ("sysmon", 4, ["sysmon_status"]),
            ("sysmon", 5, ["process_termination"]),
            ("sysmon", 6, ["driver_load"]),
            ("sysmon", 7, ["image_load"]),
            ("sysmon", 8, ["create_remote_thread"]),
            ("sysmon", 9, ["raw_access_thread"]),
            ("sysmon", 10, ["process_access"]),
            ("sysmon", 11, ["file_event"]),
            ("sysmon", 12, ["registry_event"]),
            ("sysmon", 13, ["registry_set", "registry_event"]),
            ("sysmon", 14, ["registry_rename", "registry_event"]),
            ("sysmon", 15, ["create_stream_hash"]),
            ("sysmon", 16, ["sysmon_status"]),
            ("sysmon", 17, ["pipe_created"]),
            ("sysmon", 18, ["pipe_created"]),
            ("sysmon", 19, ["wmi_event"]),
            ("sysmon", 20, ["wmi_event"]),
            ("sysmon", 21, ["wmi_event"]),
            ("sysmon", 22, ["dns_query"]),
            ("sysmon", 23, ["file_delete"]),
            ("sysmon", 24, ["clipboard_capture"]),
            ("sysmon", 25, ["process_tampering"]),
            ("sysmon", 26, ["file_delete_detected"]),
            ("sysmon", 27, ["file_block_executable"]),
            ("sysmon", 28, ["file_block_shredding"]),
            ("sysmon", 29, ["file_executable_detected"]),
            ("sysmon", 255, ["sysmon_error"]),
            ("powershell", 4103, ["ps_module"]),
            ("powershell", 4104, ["ps_script"]),
            ("powershell-classic", 400, ["ps_classic_start"]),
            ("powershell-classic", 600, ["ps_classic_provider_start"]),
            ("powershell-classic", 800, ["ps_classic_script"]),
        ];

    /// <summary>Microsoft Defender Antivirus events that name a threat or a path.</summary>
    private static readonly ImmutableArray<int> AntivirusIds = [1006, 1007, 1008, 1009, 1010, 1011, 1012, 1017, 1018, 1019, 1115, 1116];

    private static readonly FrozenDictionary<string, WindowsService> WindowsServices = ServicesOf("windows");
    private static readonly FrozenDictionary<string, WindowsService> LinuxServices = ServicesOf("linux");

    /// <summary>The log sources of an event of which no more is known than that it is of Windows: for rules that name the product alone.</summary>
    public static LogSourceSet Unknown { get; } = [new LogSource(Product: "windows")];

    /// <summary>The services of Windows, in the order of their names.</summary>
    public static IEnumerable<string> Services => WindowsServices.Keys.Order(StringComparer.Ordinal);

    /// <summary>The kinds of events of a service of Windows, by event id; without one for all other events.</summary>
    public static IEnumerable<(int? EventId, WindowsEventKind Kind)> KindsOf(string service) => WindowsServices[service].Kinds;

    /// <summary>
    /// What an event is, by channel, or where none is stated by provider; <see langword="null"/> if the service is not known.
    /// </summary>
    /// <param name="channel">Channel, in any case; empty where it is not stated.</param>
    /// <param name="provider">Provider, in any case; empty where it is not stated.</param>
    /// <param name="eventId">Event id as text; empty where it is not stated.</param>
    /// <param name="eventType">Sysmon's <c>EventType</c>, which tells the kinds of event 12 apart.</param>
    public static WindowsEventKind? KindOf(
        ReadOnlySpan<byte> channel, ReadOnlySpan<byte> provider, ReadOnlySpan<byte> eventId, ReadOnlySpan<byte> eventType)
    {
        string? service = !channel.IsEmpty ? Channels.Find(channel) : Providers.Find(provider);
        if (service is null)
        {
            return null;
        }

        bool linux = Ascii.EqualsIgnoreCase(provider, "Linux-Sysmon"u8) || Ascii.EqualsIgnoreCase(channel, "Linux-Sysmon/Operational"u8);
        return (linux ? LinuxServices : WindowsServices)[service].KindOf(eventId, eventType);
    }

    private static FrozenDictionary<string, WindowsService> ServicesOf(string product) =>
        Channels.Services.Concat(Providers.Services).Distinct().ToFrozenDictionary(service => service, service => ServiceOf(product, service));

    private static WindowsService ServiceOf(string product, string service)
    {
        var kinds = new Dictionary<int, WindowsEventKind>();
        foreach ((_, int eventId, ImmutableArray<string> names) in Categories.Where(category => category.Service == service))
        {
            kinds[eventId] = new WindowsEventKind { Own = OfCategories(names) };
        }

        if (service == "security")
        {
            kinds[4688] = new WindowsEventKind { Own = OfService(), ProcessCreation = [new LogSource("process_creation", product)] };
        }

        if (service == "windefend")
        {
            foreach (int eventId in AntivirusIds)
            {
                kinds[eventId] = new WindowsEventKind { Own = OfService(), Antivirus = [new LogSource("antivirus", product)] };
            }
        }

        return service != "sysmon"
            ? new WindowsService(kinds, new WindowsEventKind { Own = OfService() })
            : new WindowsService(kinds, new WindowsEventKind { Own = OfService() })
            {
                KeyAdded = new WindowsEventKind { Own = OfCategories(["registry_add", "registry_event"]) },
                KeyDeleted = new WindowsEventKind { Own = OfCategories(["registry_delete", "registry_event"]) },
            };

        LogSourceSet OfCategories(IEnumerable<string> categories) =>
            [.. categories.Select(category => new LogSource(category, product, service))];

        // The names that rules use for a service: mostly its own alone.
        LogSourceSet OfService() => service == "servicebus-client"
            ? [new LogSource(Product: product, Service: service), new LogSource(Product: product, Service: "microsoft-servicebus-client")]
            : [new LogSource(Product: product, Service: service)];
    }

    /// <summary>Services by names that events give, in any case.</summary>
    private sealed class NamedServices
    {
        private const int Longest = 128;

        private readonly NameTable _names;

        public NamedServices(Dictionary<string, string> services)
        {
            _names = new NameTable([.. services.Keys.Select(name => name.ToLowerInvariant())]);
            Services = [.. services.Values];
        }

        public ImmutableArray<string> Services { get; }

        public string? Find(ReadOnlySpan<byte> name)
        {
            // All names are ASCII and shorter.
            Span<byte> lower = stackalloc byte[Longest];
            return Ascii.ToLower(name, lower, out int length) == OperationStatus.Done && _names.Find(lower[..length]) is { Id: >= 0 and int id }
                ? Services[id]
                : null;
        }
    }
}
