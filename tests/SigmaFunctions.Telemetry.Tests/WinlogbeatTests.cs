using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Events as Winlogbeat and Elastic Agent ship them, with and without Elastic's modules.</summary>
public sealed class WinlogbeatTests
{
    private const string Sysmon = "Microsoft-Windows-Sysmon/Operational";
    private const string PowerShell = "Microsoft-Windows-PowerShell/Operational";

    [Theory]
    [InlineData("""{"winlog":{"channel":"Security","event_id":4624}}""", "winlogbeat")]
    [InlineData("""{"winlog":{"provider_name":"Microsoft-Windows-Sysmon","event_id":"1"}}""", "winlogbeat")]
    [InlineData("""{"winlog.channel":"Security","winlog.event_id":4624}""", "winlogbeat")]
    [InlineData("""{"winlog.provider_name":"Microsoft-Windows-Sysmon","winlog.event_id":1}""", "winlogbeat")]
    [InlineData("""{"winlog":{"event_id":1}}""", "flat")]
    [InlineData("""{"winlog":"Security"}""", "flat")]
    [InlineData("""{"winlog":{"channel":{"name":"Security"}}}""", "flat")]
    public void It_is_recognised_by_its_channel_or_provider(string body, string shape) => Assert.Equal(shape, Decoded.One(body).Shape);

    [Theory]
    [InlineData("""{"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":"1"}}""")]
    [InlineData("""{"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":1}}""")]
    [InlineData("""{"winlog":{"provider_name":"Microsoft-Windows-Sysmon"},"event":{"code":"1"}}""")]
    [InlineData("""{"winlog.channel":"Microsoft-Windows-Sysmon/Operational","winlog.event_id":1}""")]
    public void The_log_source_is_that_of_the_event(string body) =>
        Assert.Equal(["product=windows,category=process_creation,service=sysmon"], Decoded.One(body).LogSources());

    /// <summary>What stands beside and in <c>winlog</c>, field, its value.</summary>
    public static TheoryData<string, string, string> Raw => new()
    {
        { """ "winlog":{"channel":"System","event_data":{"ServiceName":"x"}} """, "ServiceName", "x" },
        { """ "winlog":{"channel":"System","event_data.ServiceName":"x"} """, "ServiceName", "x" },
        { """ "winlog.channel":"System","winlog.event_data.ServiceName":"x" """, "ServiceName", "x" },
        { """ "winlog.channel":"System","winlog.event_data":{"ServiceName":"x"} """, "ServiceName", "x" },
        { """ "winlog":{"channel":"System"},"winlog.event_data.ServiceName":"x" """, "ServiceName", "x" },
        { """ "winlog":{"channel":"System","user_data":{"SubjectUserName":"amy"}} """, "SubjectUserName", "amy" },
        { """ "winlog.channel":"System","winlog.user_data.SubjectUserName":"amy" """, "SubjectUserName", "amy" },
        { """ "winlog":{"channel":"System","user_data.SubjectUserName":"amy"} """, "SubjectUserName", "amy" },
        { """ "winlog":{"channel":"System","event_id":7045} """, "EventID", "7045" },
        { """ "winlog":{"channel":"System","event_id":7045,"event_data":{"EventID":"data"}} """, "EventID", "7045" },
        { """ "winlog":{"channel":"System","provider_name":"Service Control Manager"} """, "Provider_Name", "Service Control Manager" },
        { """ "winlog":{"channel":"System","computer_name":"h1"} """, "Computer", "h1" },
        { """ "winlog":{"channel":"System","record_id":17} """, "EventRecordID", "17" },
        { """ "winlog":{"channel":"System","process":{"pid":4,"thread":{"id":8}}} """, "Execution_ThreadID", "8" },
        { """ "winlog":{"channel":"System","process.thread":{"id":8}} """, "Execution_ThreadID", "8" },
        { """ "winlog":{"channel":"System","user":{"identifier":"S-1-5-18"}} """, "Security_UserID", "S-1-5-18" },
        { """ "winlog":{"channel":"System","event_data":{"param1":"a","param2":"b","Binary":"00"}} """, "Data", "[a,b]" },
        { """ "winlog":{"channel":"System","event_data":{"param1":"a"}} """, "param1", "a" },
        { """ "winlog":{"channel":"System","event_data":"text"} """, "Data", "absent" },
        { """ "winlog":{"channel":"System"},"agent":{"name":"beat"} """, "agent", "absent" },
    };

    [Theory]
    [MemberData(nameof(Raw))]
    public void The_data_have_the_events_own_names(string content, string field, string value) =>
        Assert.Equal(value, Decoded.One($"{{{content}}}").View(null, service: "system").Field(field));

    /// <summary>Event id, what Elastic's Sysmon module leaves, field, its value.</summary>
    public static TheoryData<int, string, string, string> MovedBySysmonModule => new()
    {
        { 1, """ "process":{"executable":"C:\\a.exe"} """, "Image", @"C:\a.exe" },
        { 1, """ "process.executable":"C:\\a.exe" """, "Image", @"C:\a.exe" },
        { 1, """ "process":{"command_line":"a -x"} """, "CommandLine", "a -x" },
        { 1, """ "process":{"working_directory":"C:\\"} """, "CurrentDirectory", @"C:\" },
        { 1, """ "process":{"pid":17,"entity_id":"{g}"} """, "ProcessId", "17" },
        { 1, """ "process":{"pid":17,"entity_id":"{g}"} """, "ProcessGuid", "{g}" },
        { 1, """ "process":{"parent":{"executable":"C:\\p.exe","command_line":"p","pid":4,"entity_id":"{p}"}} """, "ParentImage", @"C:\p.exe" },
        { 1, """ "process":{"parent":{"executable":"C:\\p.exe","command_line":"p","pid":4,"entity_id":"{p}"}} """, "ParentCommandLine", "p" },
        { 1, """ "process":{"parent":{"executable":"C:\\p.exe","command_line":"p","pid":4,"entity_id":"{p}"}} """, "ParentProcessId", "4" },
        { 1, """ "process":{"parent.executable":"C:\\p.exe"} """, "ParentImage", @"C:\p.exe" },
        { 1, """ "process":{"pe":{"original_file_name":"A.EXE","product":"P"}} """, "OriginalFileName", "A.EXE" },
        { 1, """ "process":{"pe":{"original_file_name":"A.EXE","product":"P"}} """, "Product", "P" },
        { 1, """ "process":{"hash":{"md5":"ab","sha1":"cd","sha256":"ef"},"pe":{"imphash":"01"}} """, "Hashes", "SHA1=CD,MD5=AB,SHA256=EF,IMPHASH=01" },
        { 1, """ "process":{"hash":{"md5":"ab","imphash":"01"}} """, "Hashes", "MD5=AB,IMPHASH=01" },
        {
            1, $$$"""  "process":{"hash":{"sha1":"{{{new string('a', 40)}}}","md5":"{{{new string('b', 32)}}}","sha256":"{{{new string('c', 64)}}}","imphash":"{{{new string('d', 32)}}}"}} """,
            "Hashes", $"SHA1={new string('A', 40)},MD5={new string('B', 32)},SHA256={new string('C', 64)},IMPHASH={new string('D', 32)}"
        },
        { 1, """ "process":{"hash":{"md5":"\u00e9b"}} """, "Hashes", "MD5=éb" },
        { 1, """ "hash":{"md5":"ab"},"pe":{"imphash":"01"} """, "Hashes", "MD5=AB,IMPHASH=01" },
        { 1, """ "process":{"name":"a.exe"} """, "Hashes", "absent" },
        { 1, """ "process":{},"user":{"domain":"CORP","name":"amy"} """, "User", @"CORP\amy" },
        { 1, """ "process":{},"user":{"id":"S-1-5-18"} """, "User", "absent" },
        { 1, """ "process":{},"rule":{"name":"T1059"} """, "RuleName", "T1059" },
        { 2, """ "process":{},"file":{"path":"C:\\f"} """, "TargetFilename", @"C:\f" },
        { 3, """ "process":{},"source":{"ip":"10.0.0.1","port":50000},"destination":{"ip":"10.0.0.2","port":443,"domain":"x.test"} """, "DestinationIp", "10.0.0.2" },
        { 3, """ "process":{},"source":{"ip":"10.0.0.1","port":50000},"destination":{"ip":"10.0.0.2","port":443,"domain":"x.test"} """, "DestinationPort", "443" },
        { 3, """ "process":{},"source":{"ip":"10.0.0.1","port":50000},"destination":{"ip":"10.0.0.2","port":443,"domain":"x.test"} """, "DestinationHostname", "x.test" },
        { 3, """ "process":{},"source":{"ip":"10.0.0.1","port":50000},"destination":{"ip":"10.0.0.2","port":443,"domain":"x.test"} """, "SourcePort", "50000" },
        { 3, """ "process":{},"network":{"direction":"egress","transport":"tcp"} """, "Initiated", "true" },
        { 3, """ "process":{},"network":{"direction":"ingress"} """, "Initiated", "false" },
        { 3, """ "process":{},"network":{"direction":"internal"} """, "Initiated", "absent" },
        { 6, """ "user":{},"file":{"path":"C:\\d.sys","hash":{"md5":"ab"},"pe":{"imphash":"01"}} """, "ImageLoaded", @"C:\d.sys" },
        { 7, """ "process":{},"file":{"path":"C:\\l.dll","hash":{"md5":"ab"},"pe":{"imphash":"01","original_file_name":"L"}} """, "Hashes", "MD5=AB,IMPHASH=01" },
        { 7, """ "process":{},"file":{"path":"C:\\l.dll","pe":{"original_file_name":"L"}} """, "OriginalFileName", "L" },
        { 7, """ "process":{},"file":{"path":"C:\\l.dll"} """, "TargetFilename", "absent" },
        { 8, """ "process":{"executable":"C:\\s.exe","pid":4} """, "SourceImage", @"C:\s.exe" },
        { 8, """ "process":{"executable":"C:\\s.exe","pid":4} """, "Image", "absent" },
        { 10, """ "process":{"entity_id":"{g}","thread":{"id":5}} """, "SourceProcessGUID", "{g}" },
        { 10, """ "process":{"entity_id":"{g}","thread":{"id":5}} """, "SourceThreadId", "5" },
        { 11, """ "process":{"executable":"C:\\a.exe"},"file":{"path":"C:\\f.txt"} """, "TargetFilename", @"C:\f.txt" },
        { 13, """ "process":{},"registry":{"path":"HKLM\\A\\B","data":{"type":"SZ_DWORD","strings":["1"]}} """, "TargetObject", @"HKLM\A\B" },
        { 13, """ "process":{},"registry":{"data":{"type":"SZ_DWORD","strings":["26"]}} """, "Details", "DWORD (0x0000001a)" },
        { 13, """ "process":{},"registry":{"data":{"type":"SZ_DWORD","strings":["4294967296"]}} """, "Details", "absent" },
        { 13, """ "process":{},"registry":{"data":{"type":"SZ_QWORD","strings":["1"]}} """, "Details", "absent" },
        { 13, """ "process":{},"registry":{"data":{"type":"REG_SZ","strings":["text"]}} """, "Details", "text" },
        { 13, """ "process":{},"registry":{"data":{"type":"REG_SZ","strings":["text","other"]}} """, "Details", "text" },
        { 13, """ "process":{},"registry":{"data":{"type":"REG_SZ","strings":"text"}} """, "Details", "text" },
        { 13, """ "process":{},"registry":{"data":{"type":"REG_SZ","strings":[]}} """, "Details", "absent" },
        { 15, """ "process":{},"file":{"hash":{"md5":"ab"}} """, "Hash", "MD5=AB" },
        { 15, """ "process":{},"file":{"hash":{"md5":"ab"}} """, "Hashes", "absent" },
        { 17, """ "process":{},"file":{"name":"\\pipe"} """, "PipeName", @"\pipe" },
        { 20, """ "process":{"executable":"cmd"} """, "Destination", "cmd" },
        { 22, """ "process":{},"dns":{"question":{"name":"x.test"}} """, "QueryName", "x.test" },
        { 25, """ "process":{},"message":"Image is replaced" """, "Type", "Image is replaced" },
        { 25, """ "process":{},"message":"Process Tampering:\nType: Image is replaced" """, "Type", "absent" },
        { 26, """ "process":{"hash":{"md5":"ab"}},"sysmon":{"file":{"is_executable":true}} """, "IsExecutable", "true" },
    };

    [Theory]
    [MemberData(nameof(MovedBySysmonModule))]
    public void Sysmons_names_are_restored(int id, string content, string field, string value)
    {
        string body = $$$"""{"winlog":{"channel":"{{{Sysmon}}}","event_id":"{{{id}}}"},{{{content}}}}""";

        Assert.Equal(value, Assert.Single(Decoded.One(body).Event.Views).Field(field));
    }

    private const string OfOneProcess = "1 2 3 5 7 9 11 12 13 14 15 17 18 22 23 24 25 26 27 28 29";

    /// <summary>Field, where Elastic's Sysmon module has it, the ids of the events that it is restored in.</summary>
    public static TheoryData<string, string, string> PlacesOfSysmonModule => new()
    {
        { "RuleName", "rule.name", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29" },
        { "ProcessGuid", "process.entity_id", OfOneProcess },
        { "ProcessId", "process.pid", OfOneProcess },
        { "Image", "process.executable", OfOneProcess },
        { "CommandLine", "process.command_line", "1" },
        { "CurrentDirectory", "process.working_directory", "1" },
        { "ParentProcessGuid", "process.parent.entity_id", "1" },
        { "ParentProcessId", "process.parent.pid", "1" },
        { "ParentImage", "process.parent.executable", "1" },
        { "ParentCommandLine", "process.parent.command_line", "1" },
        { "OriginalFileName", "process.pe.original_file_name", "1" },
        { "FileVersion", "process.pe.file_version", "1" },
        { "Description", "process.pe.description", "1" },
        { "Product", "process.pe.product", "1" },
        { "Company", "process.pe.company", "1" },
        { "OriginalFileName", "file.pe.original_file_name", "7" },
        { "FileVersion", "file.pe.file_version", "7" },
        { "Description", "file.pe.description", "7" },
        { "Product", "file.pe.product", "7" },
        { "Company", "file.pe.company", "7" },
        { "Signature", "file.code_signature.subject_name", "6 7" },
        { "SignatureStatus", "file.code_signature.status", "6 7" },
        { "ImageLoaded", "file.path", "6 7" },
        { "SourceProcessGuid", "process.entity_id", "8" },
        { "SourceProcessGUID", "process.entity_id", "10" },
        { "SourceProcessId", "process.pid", "8 10" },
        { "SourceThreadId", "process.thread.id", "10" },
        { "SourceImage", "process.executable", "8 10" },
        { "Destination", "process.executable", "20" },
        { "Device", "file.path", "9" },
        { "TargetFilename", "file.path", "2 11 15 23 26 27 28 29" },
        { "PipeName", "file.name", "17 18" },
        { "IsExecutable", "sysmon.file.is_executable", "23 26 28" },
        { "Archived", "sysmon.file.archived", "23 24" },
        { "Protocol", "network.transport", "3" },
        { "SourceIp", "source.ip", "3" },
        { "SourceHostname", "source.domain", "3" },
        { "SourcePort", "source.port", "3" },
        { "DestinationIp", "destination.ip", "3" },
        { "DestinationHostname", "destination.domain", "3" },
        { "DestinationPort", "destination.port", "3" },
        { "QueryName", "dns.question.name", "22" },
        { "TargetObject", "registry.path", "12 13 14" },
        { "ID", "error.code", "255" },
    };

    [Theory]
    [MemberData(nameof(PlacesOfSysmonModule))]
    public void A_field_is_restored_in_its_events_and_no_others(string field, string path, string ids)
    {
        DecodedBody decoded = Decoded.Body(string.Join('\n', Enumerable.Range(1, 29).Append(255).Select(id =>
            $$$"""{"winlog":{"channel":"{{{Sysmon}}}","event_id":{{{id}}}},"{{{path}}}":"x"}""")));

        Assert.Equal(
            ids,
            string.Join(' ', decoded.Events.Select(e => e.Event.Views.Single()).Where(view => view.Field(field) == "x").Select(view => view.Field("EventID"))));
    }

    [Fact]
    public void Names_with_dots_are_restored_too() => Assert.Equal(
        (@"C:\a.exe", "SHA1=CD", @"CORP\amy"),
        Decoded.One(
            $$"""{"winlog.channel":"{{Sysmon}}","winlog.event_id":1,"process.executable":"C:\\a.exe","process.hash.sha1":"cd","user.name":"amy","user.domain":"CORP"}""")
            .View("process_creation") is var view ? (view.Field("Image"), view.Field("Hashes"), view.Field("User")) : default);

    [Fact]
    public void What_the_data_still_hold_is_not_replaced() => Assert.Equal(
        "own SHA1=OWN own own own own",
        Decoded.One(
            $$$"""
            {"winlog":{"channel":"{{{Sysmon}}}","event_id":25,"event_data":{"Image":"own","Hashes":"SHA1=OWN","User":"own","Initiated":"own","Details":"own","Type":"own"}},
            "process":{"executable":"moved","hash":{"sha1":"moved"}},"user":{"name":"moved"},"network":{"direction":"egress"},"registry":{"data":{"type":"SZ","strings":["moved"]}},"message":"moved"}
            """)
            .View("process_tampering") is var view ? string.Join(' ', "Image Hashes User Initiated Details Type".Split(' ').Select(view.Field)) : "");

    /// <summary>Event id, what Elastic's Security module leaves, field, its value.</summary>
    public static TheoryData<int, string, string, string> MovedBySecurityModule => new()
    {
        { 4624, """ "process":{"executable":"C:\\a.exe","pid":26},"source":{"ip":"10.0.0.1","port":50000,"domain":"ws"} """, "ProcessName", @"C:\a.exe" },
        { 4624, """ "process":{"executable":"C:\\a.exe","pid":26},"source":{"ip":"10.0.0.1","port":50000,"domain":"ws"} """, "ProcessId", "0x1a" },
        { 4624, """ "process":{"executable":"C:\\a.exe","pid":26},"source":{"ip":"10.0.0.1","port":50000,"domain":"ws"} """, "IpAddress", "10.0.0.1" },
        { 4624, """ "process":{"executable":"C:\\a.exe","pid":26},"source":{"ip":"10.0.0.1","port":50000,"domain":"ws"} """, "IpPort", "50000" },
        { 4624, """ "process":{"executable":"C:\\a.exe","pid":26},"source":{"ip":"10.0.0.1","port":50000,"domain":"ws"} """, "WorkstationName", "ws" },
        { 4688, """ "process":{"executable":"C:\\a.exe","pid":26,"parent":{"executable":"C:\\p.exe"}} """, "NewProcessName", @"C:\a.exe" },
        { 4688, """ "process":{"executable":"C:\\a.exe","pid":26,"parent":{"executable":"C:\\p.exe"}} """, "NewProcessId", "0x1a" },
        { 4688, """ "process":{"executable":"C:\\a.exe","pid":26,"parent":{"executable":"C:\\p.exe"}} """, "ParentProcessName", @"C:\p.exe" },
        { 4688, """ "process":{"executable":"C:\\a.exe","pid":26,"parent":{"executable":"C:\\p.exe"}} """, "ProcessName", "absent" },
        { 4688, """ "process":{"command_line":"a -x"} """, "CommandLine", "a -x" },
        { 4689, """ "process":{"command_line":"a -x"} """, "CommandLine", "absent" },
    };

    [Theory]
    [MemberData(nameof(MovedBySecurityModule))]
    public void The_names_of_the_Security_log_are_restored(int id, string content, string field, string value)
    {
        string body = $$$"""{"winlog":{"channel":"Security","event_id":"{{{id}}}"},{{{content}}}}""";

        Assert.Equal(value, Decoded.One(body).View(null, service: "security").Field(field));
    }

    [Fact]
    public void A_restored_4688_is_a_process_creation() => Assert.Equal(
        (@"C:\a.exe", "26", @"C:\p.exe", "4"),
        Decoded.One(
            """{"winlog":{"channel":"Security","event_id":"4688","event_data":{"ProcessId":"0x4"}},"process":{"executable":"C:\\a.exe","pid":26,"parent":{"executable":"C:\\p.exe","pid":4}}}""")
            .View("process_creation") is var view
            ? (view.Field("Image"), view.Field("ProcessId"), view.Field("ParentImage"), view.Field("ParentProcessId"))
            : default);

    /// <summary>What the lines of PowerShell's texts are put together of, each with its own place as its value.</summary>
    private static string EachLine => string.Join(',', """
        process.title process.entity_id process.command_line powershell.process.executable_version powershell.engine.version powershell.engine.new_state
        powershell.engine.previous_state powershell.provider.name powershell.provider.new_state powershell.runspace_id powershell.pipeline_id powershell.id
        powershell.command.name powershell.command.type powershell.command.path powershell.command.value file.path event.sequence
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(path => $"\"{path}\":\"{path}\""));

    /// <summary>Channel, event id, what Elastic's PowerShell module leaves, field, its value.</summary>
    public static TheoryData<string, int, string, string, string> MovedByPowerShellModule => new()
    {
        { PowerShell, 4104, """ "user":{},"powershell":{"file":{"script_block_text":"iex"},"sequence":1,"total":2},"file":{"path":"C:\\s.ps1"} """, "ScriptBlockText", "iex" },
        { PowerShell, 4104, """ "user":{},"powershell":{"file":{"script_block_text":"iex"},"sequence":1,"total":2},"file":{"path":"C:\\s.ps1"} """, "Path", @"C:\s.ps1" },
        { PowerShell, 4104, """ "user":{},"powershell":{"file":{"script_block_text":"iex"},"sequence":1,"total":2} """, "MessageTotal", "2" },
        { PowerShell, 4104, """ "user":{},"powershell":{"file":{"script_block_id":"i"},"sequence":1,"total":2} """, "MessageNumber", "1" },
        { PowerShell, 4104, """ "user":{},"powershell":{"file":{"script_block_id":"i"},"sequence":1,"total":2} """, "ScriptBlockId", "i" },
        {
            PowerShell, 4103, """ "process":{"title":"ConsoleHost","command_line":"powershell -enc x"},"powershell":{"engine":{"version":"5.1"}} """,
            "ContextInfo", "        Host Name = ConsoleHost\r\n        Host Application = powershell -enc x\r\n        Engine Version = 5.1\r\n"
        },
        {
            PowerShell, 4103, EachLine, "ContextInfo",
            "        Host Name = process.title\r\n        Host Version = powershell.process.executable_version\r\n        Host ID = process.entity_id\r\n"
            + "        Host Application = process.command_line\r\n        Engine Version = powershell.engine.version\r\n        Runspace ID = powershell.runspace_id\r\n"
            + "        Pipeline ID = powershell.pipeline_id\r\n        Command Name = powershell.command.name\r\n        Command Type = powershell.command.type\r\n"
            + "        Script Name = file.path\r\n        Command Path = powershell.command.path\r\n        Sequence Number = event.sequence\r\n"
            + "        Shell ID = powershell.id\r\n"
        },
        {
            PowerShell, 4103,
            """ "process":{},"powershell":{"command":{"invocation_details":[{"type":"CommandInvocation","related_command":"A","value":"\"A\""},{"type":"ParameterBinding","related_command":"A","name":"\"n\"","value":"\"v\u0041\""},{"value":"other"}]}} """,
            "Payload", "CommandInvocation(A): \"A\"\r\nParameterBinding(A): name=\"n\"; value=\"vA\"\r\nother\r\n"
        },
        { PowerShell, 4103, """ "process":{} """, "Payload", "absent" },
        { PowerShell, 4103, """ "powershell":{"file":{"script_block_text":"iex"}} """, "ScriptBlockText", "absent" },
        { PowerShell, 4104, EachLine, "ContextInfo", "absent" },
        { PowerShell, 4104, EachLine, "Data", "absent" },
        { "Windows PowerShell", 99, """ "process":{"title":"t"} """, "Data", "absent" },
        { "Windows PowerShell", 100, """ "process":{"title":"t"} """, "Data", "\tHostName=t\r\n" },
        { "Windows PowerShell", 999, """ "process":{"title":"t"} """, "Data", "\tHostName=t\r\n" },
        { "Windows PowerShell", 1000, """ "process":{"title":"t"} """, "Data", "absent" },
        {
            "Windows PowerShell", 400, """ "process":{"command_line":"powershell -v 2"},"powershell":{"engine":{"version":"2.0","new_state":"Available"}} """,
            "Data", "\tNewEngineState=Available\r\n\tHostApplication=powershell -v 2\r\n\tEngineVersion=2.0\r\n"
        },
        {
            "Windows PowerShell", 600, EachLine, "Data",
            "\tProviderName=powershell.provider.name\r\n\tNewProviderState=powershell.provider.new_state\r\n\tNewEngineState=powershell.engine.new_state\r\n"
            + "\tPreviousEngineState=powershell.engine.previous_state\r\n\tSequenceNumber=event.sequence\r\n\tHostName=process.title\r\n"
            + "\tHostVersion=powershell.process.executable_version\r\n\tHostId=process.entity_id\r\n\tHostApplication=process.command_line\r\n"
            + "\tEngineVersion=powershell.engine.version\r\n\tRunspaceId=powershell.runspace_id\r\n\tPipelineId=powershell.pipeline_id\r\n"
            + "\tCommandName=powershell.command.name\r\n\tCommandType=powershell.command.type\r\n\tScriptName=file.path\r\n"
            + "\tCommandPath=powershell.command.path\r\n\tCommandLine=powershell.command.value\r\n"
        },
        {
            "Windows PowerShell", 800, """ "process":{},"powershell":{"command":{"invocation_details":[{"type":"CommandInvocation","related_command":"A","value":"x"}]}} """,
            "Data", "CommandInvocation(A): x\r\n"
        },
    };

    [Theory]
    [MemberData(nameof(MovedByPowerShellModule))]
    public void The_texts_of_PowerShell_are_put_together_again(string channel, int id, string content, string field, string value)
    {
        string body = $$$"""{"winlog":{"channel":"{{{channel}}}","event_id":"{{{id}}}"},{{{content}}}}""";

        Assert.Equal(value, Assert.Single(Decoded.One(body).Event.Views).Field(field));
    }

    [Theory]
    [InlineData(PowerShell, 4103, "ContextInfo")]
    [InlineData(PowerShell, 4103, "Payload")]
    [InlineData("Windows PowerShell", 400, "Data")]
    public void A_text_that_the_data_still_hold_is_not_put_together(string channel, int id, string field) => Assert.Equal(
        "own",
        Assert.Single(Decoded.One(
            $$$"""{"winlog":{"channel":"{{{channel}}}","event_id":{{{id}}},"event_data":{"{{{field}}}":"own"}},"process":{"title":"t"},"powershell":{"command":{"invocation_details":[{"value":"v"}]} } }""")
            .Event.Views).Field(field));

    [Fact]
    public void Time_host_and_account_are_the_events()
    {
        DecodedEvent raw = Decoded.One(
            $$$"""{"@timestamp":"2025-12-06T21:12:00Z","host":{"name":"shipper"},"winlog":{"channel":"{{{Sysmon}}}","event_id":1,"computer_name":"h1","event_data":{"UtcTime":"2025-12-06 21:11:02.632","User":"CORP\\amy"} } }""");
        DecodedEvent moved = Decoded.One(
            $$$"""{"@timestamp":"2025-12-06T21:11:02.632Z","host":{"name":"h1"},"winlog":{"channel":"{{{Sysmon}}}","event_id":1},"user":{"domain":"CORP","name":"amy"}}""");

        Assert.All([raw, moved], decoded => Assert.Equal(
            (DateTimeOffset.Parse("2025-12-06T21:11:02.632Z", null), "h1", @"CORP\amy"), (decoded.Time, decoded.Host, decoded.User)));
    }

    [Fact]
    public void Keywords_search_the_event_but_not_the_shipper()
    {
        DecodedEvent decoded = Decoded.One(
            """{"@timestamp":"2025-12-06T21:12:00Z","agent":{"name":"beat"},"message":"rendered","winlog":{"channel":"Security","event_id":4624,"api":"wineventlog","event_data":{"A":"x"},"user_data":{"B":"y"}},"process":{"pid":4}}""");

        Assert.Equal(["Security", "4624", "4", "x", "y"], decoded.Event.OwnValues.Select(Decoded.Show));
    }
}
