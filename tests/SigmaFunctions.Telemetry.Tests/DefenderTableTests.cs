using System.Text;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Rows of Defender's device tables other than that of processes: one line a mapping fact.</summary>
public sealed class DefenderTableTests
{
    /// <summary>What all these tables have in common: columns, field, its value.</summary>
    public static TheoryData<string, string, string> InitiatingProcess => new()
    {
        { """ "InitiatingProcessFolderPath":"c:\\windows\\a.exe","InitiatingProcessFileName":"A.exe" """, "Image", @"c:\windows\a.exe" },
        { """ "InitiatingProcessFolderPath":"c:\\windows","InitiatingProcessFileName":"A.exe" """, "Image", @"c:\windows\A.exe" },
        { """ "InitiatingProcessFolderPath":null,"InitiatingProcessFileName":"A.exe" """, "Image", @"\A.exe" },
        { """ "InitiatingProcessFolderPath":"","InitiatingProcessFileName":"System" """, "Image", "System" },
        { """ "InitiatingProcessFolderPath":null,"InitiatingProcessFileName":"system" """, "Image", "system" },
        { """ "InitiatingProcessCommandLine":"a.exe -x" """, "CommandLine", "a.exe -x" },
        { """ "InitiatingProcessCommandLine":null """, "CommandLine", "absent" },
        { """ "InitiatingProcessParentFileName":"services.exe" """, "ParentImage", @"\services.exe" },
        { """ "InitiatingProcessParentFileName":null """, "ParentImage", "absent" },
        { """ "InitiatingProcessAccountDomain":"nt authority","InitiatingProcessAccountName":"system" """, "User", @"nt authority\system" },
        { """ "InitiatingProcessAccountDomain":"corp","InitiatingProcessAccountName":null """, "User", "absent" },
        { """ "InitiatingProcessFolderPath":"C:\\x\\System","InitiatingProcessFileName":"System" """, "Image", @"C:\x\System" },
        { """ "InitiatingProcessId":5692,"ProcessId":17 """, "ProcessId", "5692" },
        { """ "InitiatingProcessId":"5692","ProcessId":"17" """, "ProcessId", "5692" },
        { """ "InitiatingProcessId":9007199254740993 """, "ProcessId", "9007199254740993" },
        { """ "InitiatingProcessId":null,"ProcessId":17 """, "ProcessId", "absent" },
        { """ "InitiatingProcessParentId":812 """, "ParentProcessId", "812" },
        { """ "DeviceName":"h1.corp.example" """, "Computer", "h1.corp.example" },
        { """ "InitiatingProcessIntegrityLevel":"System" """, "IntegrityLevel", "System" },
        { """ "AdditionalFields":"{\"a\":{\"b\":1}}" """, "AdditionalFields", "{a:{b:1}}" },
        { """ "AdditionalFields":{"a":1} """, "AdditionalFields", "{a:1}" },
        { """ "AdditionalFields":"[]" """, "AdditionalFields", "[]" },
        { """ "AdditionalFields":null """, "AdditionalFields", "null" },
        { """ "ReportId":18446744073709551617 """, "ReportId", "18446744073709551617" },
        { """ "InitiatingProcessUniqueId":"33495223187524" """, "InitiatingProcessUniqueId", "33495223187524" },
    };

    /// <summary>Columns of DeviceNetworkEvents, field, its value.</summary>
    public static TheoryData<string, string, string> Connections => new()
    {
        { """ "ActionType":"ConnectionSuccess","LocalIP":"10.0.0.1" """, "SourceIp", "10.0.0.1" },
        { """ "ActionType":"ConnectionSuccess","LocalPort":50258 """, "SourcePort", "50258" },
        { """ "ActionType":"ConnectionSuccess","RemoteIP":"192.0.2.1" """, "DestinationIp", "192.0.2.1" },
        { """ "ActionType":"ConnectionSuccess","RemotePort":443 """, "DestinationPort", "443" },
        { """ "ActionType":"ConnectionSuccess","RemotePort":null """, "DestinationPort", "absent" },
        { """ "ActionType":"ConnectionSuccess","RemoteIP":"::ffff:192.0.2.1" """, "DestinationIp", "192.0.2.1" },
        { """ "ActionType":"ConnectionSuccess","RemoteIP":"::FFFF:192.0.2.1" """, "DestinationIsIpv6", "false" },
        { """ "ActionType":"ConnectionSuccess","RemoteIP":"2001:db8::1" """, "DestinationIp", "2001:db8::1" },
        { """ "ActionType":"ConnectionSuccess","RemoteIP":"2001:db8::1" """, "DestinationIsIpv6", "true" },
        { """ "ActionType":"ConnectionSuccess","RemoteIP":"::ffff:c000:201" """, "DestinationIp", "::ffff:c000:201" },
        { """ "ActionType":"ConnectionSuccess","LocalIP":"10.0.0.1" """, "SourceIsIpv6", "false" },
        { """ "ActionType":"ConnectionSuccess","RemoteIP":null """, "DestinationIsIpv6", "absent" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"www.example.com" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"https://www.example.com/a?b=c" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"www.example.com/a" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"http://www.example.com:8080?x" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"2001:db8::1" """, "DestinationHostname", "2001:db8::1" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"https://www.microsoft.com:x@evil.example/" """, "DestinationHostname", "evil.example" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"https://user@www.example.com" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"a@b@www.example.com/@c" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"www.example.com/?next=https://www.microsoft.com/" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"www.example.com#@www.microsoft.com" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"https://evil.example\\@www.microsoft.com/" """, "DestinationHostname", "evil.example" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"//www.example.com/a" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"https://[2001:db8::1]:8443/a" """, "DestinationHostname", "2001:db8::1" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"[2001:db8::1]" """, "DestinationHostname", "2001:db8::1" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"https://[2001:db8::1" """, "DestinationHostname", "[2001:db8::1" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"https://u:p@[::1]:1/" """, "DestinationHostname", "::1" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"www.example.com:" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"git+ssh://www.example.com/a" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"1.2.3.4:443" """, "DestinationHostname", "1.2.3.4" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"user@" """, "DestinationHostname", "absent" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"https:///a" """, "DestinationHostname", "absent" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"://www.example.com/a" """, "DestinationHostname", "www.example.com" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":":443" """, "DestinationHostname", "absent" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":"" """, "DestinationHostname", "absent" },
        { """ "ActionType":"ConnectionSuccess","RemoteUrl":null """, "DestinationHostname", "absent" },
        { """ "ActionType":"ConnectionSuccess","Protocol":"Tcp" """, "Protocol", "tcp" },
        { """ "ActionType":"ConnectionSuccess","Protocol":"TcpV4" """, "Protocol", "tcp" },
        { """ "ActionType":"ConnectionSuccess","Protocol":"Udp" """, "Protocol", "udp" },
        { """ "ActionType":"ConnectionSuccess","Protocol":"Icmp" """, "Protocol", "Icmp" },
        { """ "ActionType":"ConnectionSuccess","Protocol":null """, "Protocol", "null" },
        { """ "ActionType":"ConnectionSuccess" """, "Initiated", "true" },
        { """ "ActionType":"ConnectionSuccessAggregatedReport" """, "Initiated", "true" },
        { """ "ActionType":"ConnectionFailed" """, "Initiated", "true" },
        { """ "ActionType":"ConnectionRequest" """, "Initiated", "true" },
        { """ "ActionType":"ConnectionFound" """, "Initiated", "absent" },
        { """ "ActionType":"InboundConnectionAccepted" """, "Initiated", "false" },
        { """ "ActionType":"InboundConnectionAccepted","RemoteIP":"192.0.2.1","LocalIP":"10.0.0.1" """, "SourceIp", "192.0.2.1" },
        { """ "ActionType":"InboundConnectionAccepted","RemoteIP":"192.0.2.1","LocalIP":"10.0.0.1" """, "DestinationIp", "10.0.0.1" },
        { """ "ActionType":"InboundConnectionAccepted","RemotePort":54022,"LocalPort":135 """, "DestinationPort", "135" },
        { """ "ActionType":"InboundConnectionAccepted","RemoteUrl":"www.example.com" """, "SourceHostname", "www.example.com" },
    };

    /// <summary>Columns of DeviceFileEvents, category, field, its value.</summary>
    public static TheoryData<string, string, string, string> Files => new()
    {
        { """ "ActionType":"FileCreated","FolderPath":"C:\\x\\a.dll","FileName":"a.dll" """, "file_event", "TargetFilename", @"C:\x\a.dll" },
        { """ "ActionType":"FileCreated","FolderPath":"C:\\x","FileName":"a.dll" """, "file_event", "TargetFilename", @"C:\x\a.dll" },
        { """ "ActionType":"FileModified","FolderPath":"C:\\x\\a.dll" """, "file_event", "TargetFilename", @"C:\x\a.dll" },
        { """ "ActionType":"FileDeleted","FolderPath":"C:\\x\\a.dll" """, "file_delete", "TargetFilename", @"C:\x\a.dll" },
        { """ "ActionType":"FileRenamed","FolderPath":"C:\\x\\b.dll" """, "file_rename", "TargetFilename", @"C:\x\b.dll" },
        { """ "ActionType":"FileRenamed","PreviousFolderPath":"C:\\x","PreviousFileName":"a.dll" """, "file_rename", "SourceFilename", @"C:\x\a.dll" },
        { """ "ActionType":"FileRenamed","PreviousFolderPath":"","PreviousFileName":"a.dll" """, "file_rename", "SourceFilename", @"\a.dll" },
        { """ "ActionType":"FileRenamed","PreviousFolderPath":"C:\\x\\a.dll","PreviousFileName":null """, "file_rename", "SourceFilename", @"C:\x\a.dll" },
        { """ "ActionType":"FileRenamed","PreviousFolderPath":null,"PreviousFileName":null """, "file_rename", "SourceFilename", "absent" },
        { """ "ActionType":"FileCreated","PreviousFileName":"a.dll" """, "file_event", "SourceFilename", "absent" },
        { """ "ActionType":"FileDeleted","SHA1":"ab","MD5":"cd","SHA256":"ef" """, "file_delete", "Hashes", "SHA1=AB,MD5=CD,SHA256=EF" },
    };

    /// <summary>Columns of DeviceImageLoadEvents, field, its value.</summary>
    public static TheoryData<string, string, string> Images => new()
    {
        { """ "FolderPath":"C:\\x\\a.dll","FileName":"a.dll" """, "ImageLoaded", @"C:\x\a.dll" },
        { """ "FolderPath":"C:\\x","FileName":"a.dll" """, "ImageLoaded", @"C:\x\a.dll" },
        { """ "SHA1":"ab","MD5":null,"SHA256":"ef" """, "Hashes", "SHA1=AB,SHA256=EF" },
        { """ "InitiatingProcessVersionInfoOriginalFileName":"a.exe" """, "OriginalFileName", "absent" },
        { """ "InitiatingProcessSignatureStatus":"Valid" """, "SignatureStatus", "absent" },
    };

    /// <summary>Columns of DeviceRegistryEvents, category, field, its value.</summary>
    public static TheoryData<string, string, string, string> Registry => new()
    {
        { """ "ActionType":"RegistryValueSet" """, "registry_set", "EventType", "SetValue" },
        { """ "ActionType":"RegistryKeyCreated" """, "registry_add", "EventType", "CreateKey" },
        { """ "ActionType":"RegistryKeyDeleted" """, "registry_delete", "EventType", "DeleteKey" },
        { """ "ActionType":"RegistryValueDeleted" """, "registry_delete", "EventType", "DeleteValue" },
        { """ "ActionType":"RegistryKeyRenamed" """, "registry_rename", "EventType", "RenameKey" },
        { """ "ActionType":"RegistryValueSet","RegistryKey":"HKEY_LOCAL_MACHINE\\SOFTWARE\\X","RegistryValueName":"v" """, "registry_set", "TargetObject", @"HKLM\SOFTWARE\X\v" },
        { """ "ActionType":"RegistryValueSet","RegistryKey":"HKEY_LOCAL_MACHINE\\SOFTWARE\\X","RegistryValueName":"v" """, "registry_event", "TargetObject", @"HKLM\SOFTWARE\X\v" },
        { """ "ActionType":"RegistryValueSet","RegistryKey":"HKEY_LOCAL_MACHINE\\SOFTWARE\\X","RegistryValueName":"a\\b" """, "registry_set", "TargetObject", @"HKLM\SOFTWARE\X\a\b" },
        { """ "ActionType":"RegistryValueSet","RegistryKey":"HKEY_LOCAL_MACHINE\\SOFTWARE\\X","RegistryValueName":"" """, "registry_set", "TargetObject", @"HKLM\SOFTWARE\X\(Default)" },
        { """ "ActionType":"RegistryValueSet","RegistryKey":"HKEY_LOCAL_MACHINE\\SOFTWARE\\X","RegistryValueName":null """, "registry_set", "TargetObject", @"HKLM\SOFTWARE\X\(Default)" },
        { """ "ActionType":"RegistryValueSet","RegistryKey":"HKEY_LOCAL_MACHINE\\SOFTWARE\\X","PreviousRegistryValueName":"old" """, "registry_set", "TargetObject", @"HKLM\SOFTWARE\X\(Default)" },
        { """ "ActionType":"RegistryValueSet","RegistryKey":null,"RegistryValueName":"v" """, "registry_set", "TargetObject", "absent" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_LOCAL_MACHINE\\SOFTWARE\\X","RegistryValueName":"v" """, "registry_add", "TargetObject", @"HKLM\SOFTWARE\X" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_LOCAL_MACHINE" """, "registry_add", "TargetObject", "HKLM" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"hkey_local_machine\\x" """, "registry_add", "TargetObject", @"HKLM\x" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_LOCAL_MACHINES\\x" """, "registry_add", "TargetObject", @"HKEY_LOCAL_MACHINES\x" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_USERS\\S-1-5-20\\x" """, "registry_add", "TargetObject", @"HKU\S-1-5-20\x" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_CURRENT_USER\\S-1-5-21-1-2-3-500\\Software" """, "registry_add", "TargetObject", @"HKU\S-1-5-21-1-2-3-500\Software" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_CURRENT_USER\\Software" """, "registry_add", "TargetObject", @"HKCU\Software" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_CLASSES_ROOT\\x" """, "registry_add", "TargetObject", @"HKCR\x" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_CURRENT_CONFIG\\x" """, "registry_add", "TargetObject", @"HKCC\x" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\x" """, "registry_add", "TargetObject", @"HKLM\SYSTEM\CurrentControlSet\Services\x" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_LOCAL_MACHINE\\System\\controlset001" """, "registry_add", "TargetObject", @"HKLM\SYSTEM\CurrentControlSet" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet002\\x" """, "registry_add", "TargetObject", @"HKLM\SYSTEM\ControlSet002\x" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet0010\\x" """, "registry_add", "TargetObject", @"HKLM\SYSTEM\ControlSet0010\x" },
        { """ "ActionType":"RegistryKeyCreated","RegistryKey":"HKEY_USERS\\SYSTEM\\ControlSet001\\x" """, "registry_add", "TargetObject", @"HKU\SYSTEM\ControlSet001\x" },
        { """ "ActionType":"RegistryKeyDeleted","RegistryKey":"","PreviousRegistryKey":"HKEY_USERS\\x" """, "registry_delete", "TargetObject", @"HKU\x" },
        { """ "ActionType":"RegistryKeyDeleted","RegistryKey":"HKEY_USERS\\y","PreviousRegistryKey":"HKEY_USERS\\x" """, "registry_delete", "TargetObject", @"HKU\y" },
        { """ "ActionType":"RegistryValueDeleted","RegistryKey":"","RegistryValueName":"","PreviousRegistryKey":"HKEY_USERS\\x","PreviousRegistryValueName":"v" """, "registry_delete", "TargetObject", @"HKU\x\v" },
        { """ "ActionType":"RegistryKeyRenamed","RegistryKey":"HKEY_USERS\\y","PreviousRegistryKey":"HKEY_USERS\\x" """, "registry_rename", "TargetObject", @"HKU\x" },
        { """ "ActionType":"RegistryKeyRenamed","RegistryKey":"HKEY_USERS\\y","PreviousRegistryKey":"HKEY_USERS\\x" """, "registry_rename", "NewName", @"HKU\y" },
        { """ "ActionType":"RegistryKeyRenamed","RegistryKey":"HKEY_USERS\\y","PreviousRegistryKey":"" """, "registry_rename", "TargetObject", "absent" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"Dword","RegistryValueData":"1" """, "registry_set", "Details", "DWORD (0x00000001)" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"Dword","RegistryValueData":4294967295 """, "registry_set", "Details", "DWORD (0xffffffff)" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"Dword","RegistryValueData":"4294967296" """, "registry_set", "Details", "4294967296" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"Dword","RegistryValueData":"x" """, "registry_set", "Details", "x" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"Dword","RegistryValueData":null """, "registry_set", "Details", "absent" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"Qword","RegistryValueData":"x" """, "registry_set", "Details", "x" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"Qword","RegistryValueData":"4294967298" """, "registry_set", "Details", "QWORD (0x00000001-0x00000002)" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"Qword","RegistryValueData":18446744073709551615 """, "registry_set", "Details", "QWORD (0xffffffff-0xffffffff)" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"Binary","RegistryValueData":null """, "registry_set", "Details", "Binary Data" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"None","RegistryValueData":"" """, "registry_set", "Details", "Binary Data" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"String","RegistryValueData":"C:\\a.exe" """, "registry_set", "Details", @"C:\a.exe" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"ExpandString","RegistryValueData":"%x%" """, "registry_set", "Details", "%x%" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"MultiString","RegistryValueData":"a b" """, "registry_set", "Details", "a b" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"String","RegistryValueData":"" """, "registry_set", "Details", "(Empty)" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":"String","RegistryValueData":null """, "registry_set", "Details", "(Empty)" },
        { """ "ActionType":"RegistryValueSet","RegistryValueType":null,"RegistryValueData":"1" """, "registry_set", "Details", "1" },
        { """ "ActionType":"RegistryValueDeleted","RegistryValueType":"Dword","RegistryValueData":"1" """, "registry_delete", "Details", "absent" },
    };

    /// <summary>Columns of DeviceEvents, category, field, its value.</summary>
    public static TheoryData<string, string, string, string> Others => new()
    {
        { """ "ActionType":"CreateRemoteThreadApiCall","InitiatingProcessFolderPath":"c:\\a.exe" """, "create_remote_thread", "SourceImage", @"c:\a.exe" },
        { """ "ActionType":"CreateRemoteThreadApiCall","InitiatingProcessId":17 """, "create_remote_thread", "SourceProcessId", "17" },
        { """ "ActionType":"CreateRemoteThreadApiCall","InitiatingProcessCommandLine":"a -x" """, "create_remote_thread", "SourceCommandLine", "a -x" },
        { """ "ActionType":"CreateRemoteThreadApiCall","InitiatingProcessParentFileName":"p.exe" """, "create_remote_thread", "SourceParentImage", @"\p.exe" },
        { """ "ActionType":"CreateRemoteThreadApiCall","InitiatingProcessAccountDomain":"corp","InitiatingProcessAccountName":"amy" """, "create_remote_thread", "SourceUser", @"corp\amy" },
        { """ "ActionType":"CreateRemoteThreadApiCall","FolderPath":"C:\\Windows\\System32","FileName":"lsass.exe" """, "create_remote_thread", "TargetImage", @"C:\Windows\System32\lsass.exe" },
        { """ "ActionType":"CreateRemoteThreadApiCall","ProcessId":4 """, "create_remote_thread", "TargetProcessId", "4" },
        { """ "ActionType":"CreateRemoteThreadApiCall","AccountDomain":"corp","AccountName":"bob" """, "create_remote_thread", "TargetUser", @"corp\bob" },
        { """ "ActionType":"OpenProcessApiCall","FolderPath":null,"FileName":"lsass.exe" """, "process_access", "TargetImage", @"\lsass.exe" },
        { """ "ActionType":"OpenProcessApiCall","InitiatingProcessFolderPath":"c:\\a.exe" """, "process_access", "SourceImage", @"c:\a.exe" },
        { """ "ActionType":"OpenProcessApiCall","AdditionalFields":"{\"DesiredAccess\":2097151}" """, "process_access", "GrantedAccess", "0x1fffff" },
        { """ "ActionType":"OpenProcessApiCall","AdditionalFields":{"DesiredAccess":"5136"} """, "process_access", "GrantedAccess", "0x1410" },
        { """ "ActionType":"OpenProcessApiCall","AdditionalFields":"{\"Desired\\u0041ccess\":16}" """, "process_access", "GrantedAccess", "0x10" },
        { """ "ActionType":"OpenProcessApiCall","AdditionalFields":null """, "process_access", "GrantedAccess", "absent" },
        { """ "ActionType":"OpenProcessApiCall","AdditionalFields":"{broken DesiredAccess" """, "process_access", "GrantedAccess", "absent" },
        { """ "ActionType":"NamedPipeEvent","AdditionalFields":"{\"PipeName\":\"\\\\Device\\\\NamedPipe\\\\a\\\\b\"}" """, "pipe_created", "PipeName", @"\a\b" },
        { """ "ActionType":"NamedPipeEvent","AdditionalFields":{"PipeName":"\\device\\namedpipe\\a"} """, "pipe_created", "PipeName", @"\a" },
        { """ "ActionType":"NamedPipeEvent","AdditionalFields":{"PipeName":"\\Device\\Mup\\192.0.2.1\\PIPE\\srvsvc"} """, "pipe_created", "PipeName", @"\Device\Mup\192.0.2.1\PIPE\srvsvc" },
        { """ "ActionType":"NamedPipeEvent","AdditionalFields":{"PipeName":"\\Device\\NamedPipes"} """, "pipe_created", "PipeName", @"\Device\NamedPipes" },
        { """ "ActionType":"NamedPipeEvent","AdditionalFields":{"FileOperation":"File created"} """, "pipe_created", "EventType", "CreatePipe" },
        { """ "ActionType":"NamedPipeEvent","AdditionalFields":{"FileOperation":"File opened"} """, "pipe_created", "EventType", "ConnectPipe" },
        { """ "ActionType":"NamedPipeEvent","AdditionalFields":{"FileOperation":"x"} """, "pipe_created", "EventType", "absent" },
        { """ "ActionType":"DriverLoad","FolderPath":"C:\\x","FileName":"a.sys" """, "driver_load", "ImageLoaded", @"C:\x\a.sys" },
        { """ "ActionType":"DriverLoad","SHA256":"ef" """, "driver_load", "Hashes", "SHA256=EF" },
        { """ "ActionType":"DnsQueryResponse","AdditionalFields":"{\"DnsQueryString\":\"www.example.com\"}" """, "dns_query", "QueryName", "www.example.com" },
        { """ "ActionType":"PowerShellCommand","AdditionalFields":"{\"Command\":\"Get-Process\"}" """, "ps_script", "ScriptBlockText", "Get-Process" },
        { """ "ActionType":"PowerShellCommand","InitiatingProcessFolderPath":"c:\\a.exe" """, "ps_script", "Image", @"c:\a.exe" },
        { """ "ActionType":"SensitiveFileRead","FolderPath":"C:\\x","FileName":"Login Data" """, "file_access", "FileName", @"C:\x\Login Data" },
        { """ "ActionType":"GetClipboardData","InitiatingProcessFolderPath":"c:\\a.exe" """, "clipboard_capture", "Image", @"c:\a.exe" },
        { """ "ActionType":"AntivirusDetection","AdditionalFields":"{\"ThreatName\":\"Trojan:Win32/X\"}" """, "antivirus", "Signature", "Trojan:Win32/X" },
        { """ "ActionType":"AntivirusReport","FolderPath":"C:\\x","FileName":"a.exe","AdditionalFields":{"ThreatName":"X"} """, "antivirus", "Filename", @"C:\x\a.exe" },
    };

    /// <summary>Table, columns and the log sources of the views, of rows that are not seen alike.</summary>
    public static TheoryData<string, string, string> LogSources => new()
    {
        { "DeviceNetworkEvents", """ "ActionType":"ConnectionSuccess" """, "product=windows,category=network_connection" },
        { "DeviceNetworkEvents", """ "ActionType":"ConnectionAttempt" """, "" },
        { "DeviceNetworkEvents", """ "ActionType":"ConnectionAcknowledged" """, "" },
        { "DeviceNetworkEvents", """ "ActionType":"ListeningConnectionCreated" """, "" },
        { "DeviceNetworkEvents", """ "ActionType":"InboundInternetScanInspected" """, "" },
        { "DeviceNetworkEvents", """ "ActionType":"SslConnectionInspected","AdditionalFields":{"server_name":"x"} """, "" },
        { "DeviceNetworkEvents", """ "ActionType":"DnsConnectionInspected","AdditionalFields":{"direction":"Out","query":"x"} """, "" },
        { "DeviceNetworkEvents", """ "ActionType":null """, "" },
        { "DeviceFileEvents", """ "ActionType":"FileCreated" """, "product=windows,category=file_event" },
        { "DeviceFileEvents", """ "ActionType":"SensitiveFileRead" """, "" },
        { "DeviceImageLoadEvents", """ "ActionType":"ImageLoaded" """, "product=windows,category=image_load" },
        { "DeviceRegistryEvents", """ "ActionType":"RegistryValueSet" """, "product=windows,category=registry_event product=windows,category=registry_set" },
        { "DeviceRegistryEvents", """ "ActionType":"RegistryKeyRenamed" """, "product=windows,category=registry_event product=windows,category=registry_rename" },
        { "DeviceRegistryEvents", """ "ActionType":17 """, "" },
        { "DeviceEvents", """ "ActionType":"AntivirusScanCompleted","AdditionalFields":{"a":1} """, "" },
        { "DeviceEvents", """ "ActionType":"AntivirusDetection","AdditionalFields":{"ThreatName":null} """, "" },
        { "DeviceEvents", """ "ActionType":"DpapiAccessed" """, "" },
        { "DeviceEvents", """ "ActionType":{"a":1} """, "" },
        { "DeviceLogonEvents", """ "ActionType":"LogonSuccess","LogonType":"Network" """, "" },

        // Nobody knows who acts: rules that leave out processes would hold.
        { "DeviceNetworkEvents", """ "ActionType":"ConnectionSuccess","InitiatingProcessFileName":null """, "" },
        { "DeviceNetworkEvents", """ "ActionType":"InboundConnectionAccepted","InitiatingProcessFolderPath":"","InitiatingProcessFileName":"" """, "" },
        { "DeviceFileEvents", """ "ActionType":"FileCreated","InitiatingProcessFileName":null """, "" },
        { "DeviceImageLoadEvents", """ "ActionType":"ImageLoaded","InitiatingProcessFileName":null """, "" },
        { "DeviceRegistryEvents", """ "ActionType":"RegistryValueSet","InitiatingProcessFileName":null """, "" },
        { "DeviceEvents", """ "ActionType":"DnsQueryResponse","InitiatingProcessFileName":null """, "" },
        { "DeviceEvents", """ "ActionType":"OpenProcessApiCall","InitiatingProcessFileName":null """, "" },
        { "DeviceEvents", """ "ActionType":"NamedPipeEvent","InitiatingProcessFileName":null """, "" },
        { "DeviceEvents", """ "ActionType":"DriverLoad","InitiatingProcessFileName":null """, "product=windows,category=driver_load" },
        { "DeviceEvents", """ "ActionType":"PowerShellCommand","InitiatingProcessFileName":null """, "product=windows,category=ps_script" },
        { "DeviceEvents", """ "ActionType":"AntivirusDetection","InitiatingProcessFileName":null,"AdditionalFields":{"ThreatName":"X"} """, "product=windows,category=antivirus" },

        // The initiating process's path arrives in lower case.
        { "DeviceNetworkEvents", """ "ActionType":"ConnectionRequest","InitiatingProcessFolderPath":"/applications/a.app/contents/macos/a" """, "product=macos,category=network_connection" },
        { "DeviceNetworkEvents", """ "ActionType":"ConnectionRequest","InitiatingProcessFolderPath":"/usr/bin/curl" """, "product=linux,category=network_connection" },
        { "DeviceNetworkEvents", """ "ActionType":"ConnectionRequest","InitiatingProcessFolderPath":"/usr/bin/curl","AdditionalFields":{"InitiatingProcessCurrentWorkingDirectory":"/Users/amy"} """, "product=macos,category=network_connection" },
        { "DeviceFileEvents", """ "ActionType":"FileCreated","FolderPath":"/home/amy/a","InitiatingProcessFolderPath":"/usr/bin/cp" """, "product=linux,category=file_event" },
        { "DeviceFileEvents", """ "ActionType":"FileCreated","FolderPath":"/users/amy/a","InitiatingProcessFolderPath":"/usr/bin/cp" """, "product=linux,category=file_event" },
        { "DeviceFileEvents", """ "ActionType":"FileCreated","FolderPath":"/Users/amy/a","InitiatingProcessFolderPath":"/bin/cp" """, "product=macos,category=file_event" },
        { "DeviceEvents", """ "ActionType":"DnsQueryResponse","InitiatingProcessParentFileName":"/sbin/launchd" """, "product=macos,category=dns_query" },
    };

    [Theory]
    [MemberData(nameof(InitiatingProcess))]
    public void The_initiating_process_is_who_acts(string columns, string field, string value)
    {
        string created = $""" "ActionType":"FileCreated",{columns}""";

        Assert.Equal(value, DefenderRows.Streamed("DeviceFileEvents", created).View("file_event").Field(field));
        Assert.Equal(value, DefenderRows.Streamed("DeviceImageLoadEvents", columns).View("image_load").Field(field));
    }

    [Theory]
    [MemberData(nameof(Connections))]
    public void Network_columns_map_to_network_connection(string columns, string field, string value) =>
        Assert.Equal(value, DefenderRows.Streamed("DeviceNetworkEvents", columns).View("network_connection").Field(field));

    [Theory]
    [MemberData(nameof(Files))]
    public void File_columns_map_by_action(string columns, string category, string field, string value) =>
        Assert.Equal(value, DefenderRows.Streamed("DeviceFileEvents", columns).View(category).Field(field));

    [Theory]
    [MemberData(nameof(Images))]
    public void Image_columns_map_to_image_load(string columns, string field, string value) =>
        Assert.Equal(value, DefenderRows.Streamed("DeviceImageLoadEvents", columns).View("image_load").Field(field));

    [Theory]
    [MemberData(nameof(Registry))]
    public void Registry_columns_map_by_action_to_what_Sysmon_writes(string columns, string category, string field, string value) =>
        Assert.Equal(value, DefenderRows.Streamed("DeviceRegistryEvents", columns).View(category).Field(field));

    [Theory]
    [MemberData(nameof(Others))]
    public void Other_columns_map_by_action(string columns, string category, string field, string value) =>
        Assert.Equal(value, DefenderRows.Streamed("DeviceEvents", columns).View(category).Field(field));

    [Theory]
    [MemberData(nameof(LogSources))]
    public void The_action_and_the_paths_tell_the_log_sources(string table, string columns, string logSources) =>
        Assert.Equal(logSources, string.Join(' ', DefenderRows.Streamed(table, columns).LogSources()));

    [Theory]
    [InlineData("FolderPath\":\"/usr/bin\",\"FileName\":\"a", "TargetFilename", "/usr/bin/a")]
    [InlineData("FolderPath\":\"/a\",\"InitiatingProcessFolderPath\":\"/usr/bin\",\"InitiatingProcessFileName\":\"cp", "Image", "/usr/bin/cp")]
    [InlineData("FolderPath\":\"/a\",\"InitiatingProcessParentFileName\":\"bash", "ParentImage", "/bash")]
    [InlineData("FolderPath\":\"/a\",\"InitiatingProcessAccountDomain\":\"h1\",\"InitiatingProcessAccountName\":\"root", "User", "root")]
    public void Unix_hosts_have_unix_paths_and_plain_accounts(string columns, string field, string value) =>
        Assert.Equal(
            value, DefenderRows.Streamed("DeviceFileEvents", $""" "ActionType":"FileCreated","{columns}" """).View("file_event", "linux").Field(field));

    /// <summary>Table, columns, category and the fields that are composed.</summary>
    public static TheoryData<string, string, string, string[]> Composed => new()
    {
        { "DeviceNetworkEvents", """ "ActionType":"ConnectionSuccess","RemoteIP":"::ffff:10.0.0.1","RemoteUrl":"https://x.example/y" """, "network_connection", ["DestinationIp", "DestinationIsIpv6", "DestinationHostname", "Initiated"] },
        { "DeviceEvents", """ "ActionType":"DnsQueryResponse","AdditionalFields":"{\"DnsQueryString\":\"x\"}" """, "dns_query", ["QueryName"] },
        { "DeviceFileEvents", """ "ActionType":"FileRenamed","FolderPath":"C:\\x","FileName":"a","PreviousFolderPath":"C:\\x","PreviousFileName":"b","SHA1":"ab" """, "file_rename", ["TargetFilename", "SourceFilename", "Hashes"] },
        { "DeviceImageLoadEvents", """ "FolderPath":"C:\\x","FileName":"a.dll","SHA1":"ab" """, "image_load", ["ImageLoaded", "Hashes"] },
        { "DeviceRegistryEvents", """ "ActionType":"RegistryValueSet","RegistryKey":"HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\x","RegistryValueType":"Dword","RegistryValueData":"1" """, "registry_set", ["TargetObject", "Details", "EventType"] },
        { "DeviceEvents", """ "ActionType":"OpenProcessApiCall","FolderPath":"C:\\x","FileName":"a.exe","AdditionalFields":"{\"DesiredAccess\":4112}" """, "process_access", ["SourceImage", "TargetImage", "SourceUser", "GrantedAccess"] },
        { "DeviceEvents", """ "ActionType":"NamedPipeEvent","AdditionalFields":"{\"PipeName\":\"\\\\Device\\\\NamedPipe\\\\a\",\"FileOperation\":\"File created\"}" """, "pipe_created", ["PipeName", "EventType"] },
    };

    /// <summary>Rules look at the fields and hold on none.</summary>
    [Theory]
    [MemberData(nameof(Composed))]
    public void Composing_fields_allocates_nothing(string table, string columns, string category, string[] fields)
    {
        var rules = RuleSet.Load([new RuleFile("rules.yml",
            $$"""
            title: Every field, and what a row has in common with all
            id: 00000000-0000-0000-0000-000000000001
            logsource: {category: {{category}}}
            detection:
                s:
            {{string.Join('\n', fields.Concat(["Image", "ParentImage", "User", "ProcessId"]).Select(field => $"        - {field}: never"))}}
                condition: s
            """)]);
        Assert.Equal(0, rules.Rejected);
        byte[] body = Encoding.UTF8.GetBytes(DefenderRows.StreamedText(
            table, $""" "InitiatingProcessFolderPath":"c:\\x","InitiatingProcessFileName":"a.exe","InitiatingProcessParentFileName":"p.exe","InitiatingProcessAccountDomain":"corp","InitiatingProcessAccountName":"amy",{columns}"""));
        Assert.All(fields, field => Assert.NotEqual("absent", new EventDecoder().Decode(body).Events[0].View(category).Field(field)));
        var matcher = new BodyMatcher(new EventDecoder(), new Detector(rules));
        for (int warm = 0; warm < 3; warm++)
        {
            Assert.True(matcher.Match(body, TestContext.Current.CancellationToken).Records.IsEmpty);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 10; round++)
        {
            matcher.Match(body, TestContext.Current.CancellationToken);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_row_without_a_view_keeps_its_values() =>
        Assert.Equal(
            ["LogonFailed", "Network", "192.0.2.1"],
            DefenderRows.Streamed("DeviceLogonEvents", """ "ActionType":"LogonFailed","LogonType":"Network","RemoteIP":"192.0.2.1","FailureReason":null """)
                .Event.OwnValues.Select(Decoded.Show));

    /// <summary>Table, columns, category, field, its value.</summary>
    [Theory]
    [InlineData("DeviceProcessEvents", "\"ActionType\":\"ProcessCreated\",\"ProcessCommandLine\":\"a -x\"", "process_creation", "CommandLine", "a -x")]
    [InlineData("DeviceNetworkEvents", "\"ActionType\":\"ConnectionSuccess\",\"RemotePort\":443", "network_connection", "DestinationPort", "443")]
    [InlineData("DeviceRegistryEvents", "\"ActionType\":\"RegistryValueSet\",\"RegistryKey\":\"HKEY_USERS\\\\x\",\"RegistryValueName\":\"v\"", "registry_set", "TargetObject", @"HKU\x\v")]
    [InlineData("DeviceEvents", "\"ActionType\":\"DnsQueryResponse\",\"AdditionalFields\":{\"DnsQueryString\":\"x\"}", "dns_query", "QueryName", "x")]
    public void The_copy_in_a_workspace_reads_as_the_streamed_row(string table, string columns, string category, string field, string value)
    {
        DecodedEvent exported = DefenderRows.Exported(table, columns);
        DecodedEvent streamed = DefenderRows.Streamed(table, columns);

        Assert.Equal("defender", exported.Shape);
        Assert.Equal(value, exported.View(category).Field(field));
        Assert.Equal(value, streamed.View(category).Field(field));
        Assert.Equal(streamed.LogSources(), exported.LogSources());
    }

    [Theory]
    [InlineData(""" "Timestamp":"2025-03-04T05:06:07Z" """, "2025-03-04T05:06:07Z")]
    [InlineData(""" "Timestamp":null """, "2025-01-02T03:04:05Z")]
    public void A_row_in_a_workspace_tells_time_and_host(string columns, string time)
    {
        DecodedEvent decoded = DefenderRows.Exported("DeviceFileEvents", $""" "DeviceName":"h1",{columns}""");

        Assert.Equal(DateTimeOffset.Parse(time, null), decoded.Time);
        Assert.Equal(("h1", null), (decoded.Host, decoded.TenantId));
    }

    [Theory]
    [InlineData("""{"Type":"DeviceProcessEvents","ActionType":"ProcessCreated"}""", "defender")]
    [InlineData("""{"Type":"DeviceInfo","DeviceId":"d"}""", "defender")]
    [InlineData("""{"Type":"DeviceProcessEvents"}""", "flat")]
    [InlineData("""{"Type":"Heartbeat","DeviceId":"d"}""", "flat")]
    [InlineData("""{"Type":17,"DeviceId":"d"}""", "flat")]
    public void A_row_in_a_workspace_is_known_by_its_type_and_columns(string row, string shape) =>
        Assert.Equal(shape, Decoded.One(row).Shape);
}

/// <summary>Rows in the forms in which they arrive.</summary>
internal static class DefenderRows
{
    /// <summary>A record of the streaming API.</summary>
    public static DecodedEvent Streamed(string table, string columns) => Decoded.One(StreamedText(table, columns));

    /// <summary>The text of a record of the streaming API.</summary>
    public static string StreamedText(string table, string columns) =>
        $$$"""
        {"records":[{"time":"2025-01-02T03:04:05Z","tenantId":"t1","operationName":"Publish",
        "category":"AdvancedHunting-{{{table}}}","properties":{{{{Actor(table, columns)}}}{{{columns}}}}}]}
        """;

    /// <summary>A record of a workspace's export.</summary>
    public static DecodedEvent Exported(string table, string columns) => Decoded.One(
        $$"""
        {"records":[{"TimeGenerated":"2025-01-02T03:04:05Z","TenantId":"w1","SourceSystem":"","DeviceId":"d1",{{Actor(table, columns)}}{{columns}},"Type":"{{table}}"}]}
        """);

    /// <summary>Who acts, in the tables where a row is of no view without, unless the columns say it.</summary>
    private static string Actor(string table, string columns) =>
        table is "DeviceProcessEvents" or "DeviceLogonEvents" || columns.Contains("\"InitiatingProcessF", StringComparison.Ordinal)
            ? ""
            : "\"InitiatingProcessFileName\":\"i.exe\",";
}
