using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Windows events as evtx_dump writes them: log sources and fields, one line a fact.</summary>
public sealed class WindowsTests
{
    private const string Sysmon = "Microsoft-Windows-Sysmon/Operational";
    private const string PowerShell = "Microsoft-Windows-PowerShell/Operational";

    /// <summary>The single hashes of Sigma's taxonomy, wherever a source has them.</summary>
    [Theory]
    [InlineData("""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Hashes":"SHA1=AA,MD5=BB,SHA256=CC,IMPHASH=DD"}""", "BB AA CC DD")]
    [InlineData("""{"EventID":7,"Channel":"Microsoft-Windows-Sysmon/Operational","Hashes":"md5=BB, sha256=CC"}""", "BB absent CC absent")]
    [InlineData("""{"EventID":15,"Channel":"Microsoft-Windows-Sysmon/Operational","Hash":"MD5=BB"}""", "BB absent absent absent")]
    [InlineData("""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Hashes":"MD5=BB","md5":"own"}""", "own absent absent absent")]
    [InlineData("""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Hashes":"MD5=,XMD5=BB,MD5BB,=,SHA1"}""", "absent absent absent absent")]
    [InlineData("""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Hashes":17}""", "absent absent absent absent")]
    [InlineData("""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational"}""", "absent absent absent absent")]
    [InlineData("""{"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":1,"event_data":{}},"process":{"hash":{"sha1":"aa","md5":"bb"},"pe":{"imphash":"dd"}}}""", "BB AA absent DD")]
    [InlineData("""{"category":"AdvancedHunting-DeviceProcessEvents","properties":{"FolderPath":"C:\\a","SHA1":"aa","MD5":"bb","SHA256":"cc"}}""", "bb aa cc absent")]
    [InlineData("""{"category":"AdvancedHunting-DeviceFileEvents","properties":{"ActionType":"FileCreated","InitiatingProcessFileName":"i.exe","SHA1":"aa","MD5":"bb","SHA256":"cc"}}""", "bb aa cc absent")]
    [InlineData("""{"category":"AdvancedHunting-DeviceImageLoadEvents","properties":{"InitiatingProcessFileName":"i.exe","SHA1":"aa","MD5":null}}""", "absent aa absent absent")]
    public void Hashes_are_fields_by_themselves(string body, string hashes)
    {
        EventView view = Decoded.One(body).Event.Views.Single();
        Assert.Equal(hashes, string.Join(' ', HashFields.Fields.Select(view.Field)));

        // Rules that look at nothing else find them too.
        foreach ((string field, string hash) in HashFields.Fields.Zip(hashes.Split(' ')))
        {
            string rule = $"title: t\nlogsource:\n  category: {view.LogSources[0].Category}\ndetection:\n  selection:\n    {field}: '{hash}'\n  condition: selection\n";
            var matcher = new BodyMatcher(new EventDecoder(), new Detector(RuleSet.Load([new RuleFile("t.yml", rule)])));
            Assert.Equal(hash == "absent" ? 0 : 1, matcher.Match(Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken).Records.Length);
        }
    }

    [Theory]
    [InlineData(1, "process_creation")]
    [InlineData(2, "file_change")]
    [InlineData(3, "network_connection")]
    [InlineData(4, "sysmon_status")]
    [InlineData(5, "process_termination")]
    [InlineData(6, "driver_load")]
    [InlineData(7, "image_load")]
    [InlineData(8, "create_remote_thread")]
    [InlineData(9, "raw_access_thread")]
    [InlineData(10, "process_access")]
    [InlineData(11, "file_event")]
    [InlineData(12, "registry_event")]
    [InlineData(13, "registry_event,registry_set")]
    [InlineData(14, "registry_event,registry_rename")]
    [InlineData(15, "create_stream_hash")]
    [InlineData(16, "sysmon_status")]
    [InlineData(17, "pipe_created")]
    [InlineData(18, "pipe_created")]
    [InlineData(19, "wmi_event")]
    [InlineData(20, "wmi_event")]
    [InlineData(21, "wmi_event")]
    [InlineData(22, "dns_query")]
    [InlineData(23, "file_delete")]
    [InlineData(24, "clipboard_capture")]
    [InlineData(25, "process_tampering")]
    [InlineData(26, "file_delete_detected")]
    [InlineData(27, "file_block_executable")]
    [InlineData(28, "file_block_shredding")]
    [InlineData(29, "file_executable_detected")]
    [InlineData(255, "sysmon_error")]
    public void A_sysmon_id_is_a_category(int id, string categories) => Assert.Equal(
        categories.Split(',').Select(category => $"product=windows,category={category},service=sysmon"),
        Event(Sysmon, id).LogSources());

    [Theory]
    [InlineData("CreateKey", "registry_add")]
    [InlineData("DeleteKey", "registry_delete")]
    [InlineData("DeleteValue", "registry_delete")]
    public void The_kind_of_a_registry_event_is_a_category(string eventType, string category)
    {
        DecodedEvent decoded = Event(Sysmon, 12, $$"""{"EventType":"{{eventType}}"}""");

        Assert.Equal(
            [$"product=windows,category={category},service=sysmon", "product=windows,category=registry_event,service=sysmon"],
            decoded.LogSources().OrderByDescending(source => source.Contains(category, StringComparison.Ordinal)));
        Assert.Single(decoded.Event.Views);
    }

    [Fact]
    public void Only_event_12_is_of_the_kind_that_its_type_says() => Assert.Equal(
        ["product=windows,category=registry_event,service=sysmon", "product=windows,category=registry_set,service=sysmon"],
        Event(Sysmon, 13, """{"EventType":"DeleteKey"}""").LogSources());

    [Theory]
    [InlineData(PowerShell, 4103, "category=ps_module,service=powershell")]
    [InlineData(PowerShell, 4104, "category=ps_script,service=powershell")]
    [InlineData(PowerShell, 4105, "service=powershell")]
    [InlineData("PowerShellCore/Operational", 4104, "category=ps_script,service=powershell")]
    [InlineData("Windows PowerShell", 400, "category=ps_classic_start,service=powershell-classic")]
    [InlineData("Windows PowerShell", 600, "category=ps_classic_provider_start,service=powershell-classic")]
    [InlineData("Windows PowerShell", 800, "category=ps_classic_script,service=powershell-classic")]
    [InlineData("Security", 4624, "service=security")]
    [InlineData("security", 4624, "service=security")]
    [InlineData("Application", 4104, "service=application")]
    [InlineData("System", 1, "service=system")]
    [InlineData("Microsoft-Windows-TaskScheduler/Operational", 1, "service=taskscheduler")]
    [InlineData("Microsoft-Windows-WMI-Activity/Operational", 5858, "service=wmi")]
    [InlineData("Microsoft-Windows-AppLocker/EXE and DLL", 8004, "service=applocker")]
    [InlineData("Microsoft-Windows-Windows Defender/Operational", 5001, "service=windefend")]
    [InlineData("Microsoft-Windows-CodeIntegrity/Operational", 3033, "service=codeintegrity-operational")]
    [InlineData("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", 2004, "service=firewall-as")]
    public void A_channel_is_a_service(string channel, int id, string expected) =>
        Assert.Equal([$"product=windows,{expected}"], Event(channel, id).LogSources());

    [Fact]
    public void An_unknown_channel_is_windows_and_no_more() =>
        Assert.Equal(["product=windows"], Event("Contoso-Agent/Operational", 1).LogSources());

    /// <summary>EventData of Security 4688, field of process_creation, its value.</summary>
    public static TheoryData<string, string, string> Created => new()
    {
        { """ "NewProcessName":"C:\\a.exe" """, "Image", @"C:\a.exe" },
        { """ "ParentProcessName":"C:\\b.exe" """, "ParentImage", @"C:\b.exe" },
        { """ "CommandLine":"a -x" """, "CommandLine", "a -x" },
        { """ "NewProcessName":"C:\\a.exe" """, "CommandLine", "absent" },
        { """ "NewProcessId":"0x1f4","ProcessId":"0x4" """, "ProcessId", "500" },
        { """ "NewProcessId":"0x1f4","ProcessId":"0x4" """, "ParentProcessId", "4" },
        { """ "NewProcessId":500,"ProcessId":4 """, "ProcessId", "500" },
        { """ "ProcessId":"0x4" """, "ProcessId", "absent" },
        { """ "MandatoryLabel":"S-1-16-4096" """, "IntegrityLevel", "Low" },
        { """ "MandatoryLabel":"S-1-16-8192" """, "IntegrityLevel", "Medium" },
        { """ "MandatoryLabel":"S-1-16-12288" """, "IntegrityLevel", "High" },
        { """ "MandatoryLabel":"S-1-16-16384" """, "IntegrityLevel", "System" },
        { """ "MandatoryLabel":"S-1-16-1" """, "IntegrityLevel", "absent" },
        { """ "SubjectUserName":"amy","SubjectDomainName":"CORP","TargetUserName":"-","TargetDomainName":"-" """, "User", @"CORP\amy" },
        { """ "SubjectUserName":"amy","SubjectDomainName":"CORP","TargetUserName":"bob","TargetDomainName":"LAB" """, "User", @"LAB\bob" },
        { """ "SubjectUserSid":"S-1-5-18","SubjectUserName":"HOST1$","SubjectDomainName":"CORP" """, "User", @"NT AUTHORITY\SYSTEM" },
        { """ "SubjectUserName":"amy","SubjectLogonId":"0x3e7","TargetUserName":"-","TargetLogonId":"0x0" """, "LogonId", "0x3e7" },
        { """ "SubjectUserName":"amy","SubjectLogonId":"0x3e7","TargetUserName":"bob","TargetLogonId":"0x99" """, "LogonId", "0x99" },
        { """ "NewProcessName":"C:\\a.exe" """, "NewProcessName", @"C:\a.exe" },
    };

    [Theory]
    [MemberData(nameof(Created))]
    public void Security_4688_maps_to_process_creation(string data, string field, string value) =>
        Assert.Equal(value, Event("Security", 4688, $"{{{data}}}").View("process_creation").Field(field));

    [Fact]
    public void Security_4688_keeps_its_own_names_for_the_service()
    {
        DecodedEvent decoded = Event("Security", 4688, """{"NewProcessId":"0x1f4","ProcessId":"0x4","NewProcessName":"a"}""");
        EventView security = decoded.View(null, service: "security");

        Assert.Equal(["product=windows,category=process_creation", "product=windows,service=security"], decoded.LogSources());
        Assert.Equal("0x4", security.Field("ProcessId"));
        Assert.Equal("absent", security.Field("Image"));
    }

    [Fact]
    public void Defender_antivirus_events_map_to_antivirus()
    {
        DecodedEvent decoded = Event(
            "Microsoft-Windows-Windows Defender/Operational", 1116, """{"Threat Name":"HackTool:Win32/Mimikatz","Path":"file:_C:\\m.exe"}""");

        Assert.Equal("HackTool:Win32/Mimikatz", decoded.View("antivirus").Field("Signature"));
        Assert.Equal(@"file:_C:\m.exe", decoded.View("antivirus").Field("Filename"));
        Assert.Equal("absent", decoded.View(null, service: "windefend").Field("Signature"));
        Assert.Equal("HackTool:Win32/Mimikatz", decoded.View(null, service: "windefend").Field("ThreatName"));
    }

    /// <summary>What stands under Event, field, its value.</summary>
    public static TheoryData<string, string, string> Fields => new()
    {
        { """ "System":{"Channel":"System","EventID":7045} """, "EventID", "7045" },
        { """ "System":{"Channel":"System","EventID":{"#attributes":{"Qualifiers":16384},"#text":7045}} """, "EventID", "7045" },
        { """ "System":{"Channel":"System","EventID":{"#attributes":{"Qualifiers":16384},"#text":7045}} """, "EventID_Qualifiers", "16384" },
        { """ "System":{"Channel":"System","EventID":7045,"EventID_attributes":{"Qualifiers":1}} """, "EventID_Qualifiers", "1" },
        { """ "System":{"Channel":"System","Provider":{"#attributes":{"Name":"Service Control Manager"}}} """, "Provider_Name", "Service Control Manager" },
        { """ "System":{"Channel":"System","Provider_attributes":{"Name":"Service Control Manager"}} """, "Provider_Name", "Service Control Manager" },
        { """ "System":{"Channel":"System","Execution":{"#attributes":{"ProcessID":4,"ThreadID":8}}} """, "Execution_ProcessID", "4" },
        { """ "System":{"Channel":"System","Security":{"#attributes":{"UserID":"S-1-5-18"}}} """, "Security_UserID", "S-1-5-18" },
        { """ "System":{"Channel":"System","Computer":"h1","Level":2,"Keywords":"0x80"} """, "Computer", "h1" },
        { """ "System":{"Channel":"System","Computer":"h1","Level":2,"Keywords":"0x80"} """, "Level", "2" },
        { """ "System":{"Channel":"System","Computer":"h1","Level":2,"Keywords":"0x80"} """, "Keywords", "0x80" },
        { """ "System":{"Channel":"System","Correlation":null} """, "Correlation", "absent" },
        { """ "System":{"Channel":"System"},"EventData":{"ServiceName":"x"} """, "ServiceName", "x" },
        { """ "System":{"Channel":"System"},"EventData":{"Service Name":"x"} """, "ServiceName", "x" },
        { """ "System":{"Channel":"System"},"EventData":{"A":"","B":null} """, "A", "" },
        { """ "System":{"Channel":"System"},"EventData":{"A":"","B":null} """, "B", "null" },
        { """ "System":{"Channel":"System"},"EventData":{"Channel":"data"} """, "Channel", "System" },
        { """ "System":{"Channel":"System","EventID":7045},"EventData":{"EventID":"data"} """, "EventID", "7045" },
        { """ "System":{"Channel":"System","Computer":"h1"},"EventData":{"Computer":"data"} """, "Computer", "h1" },
        { """ "System":{"Channel":"System","Provider":{"#attributes":{"Name":"p"}}},"EventData":{"Provider_Name":"data"} """, "Provider_Name", "p" },
        { """ "System":{"Channel":"System","EventID":{"Value":7045,"Qualifiers":16384}} """, "EventID", "7045" },
        { """ "System":{"Channel":"System","Level":{"@a":"b","#text":2}} """, "Level_#text", "absent" },
        { """ "System":{"Channel":"System","Level":{"@a":"b","#cdata-section":2}} """, "Level_#cdata-section", "absent" },
        { """ "System":{"Channel":"System","Level":{"@a":"b","_":2}} """, "Level__", "absent" },
        { """ "System":{"Channel":"System","Level":{"@a":"b","content":2}} """, "Level_content", "absent" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":"one"} """, "Data", "one" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":["one","two"]} """, "Data", "[one,two]" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":{"#text":["one","two"]}} """, "Data", "[one,two]" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"#attributes":{"Name":"A B"},"#text":"x"}]} """, "AB", "x" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":{"#attributes":{"Name":"A"}}} """, "A", "" },
        { """ "System":{"Channel":"System"},"EventData":{"#attributes":{"Name":"n"},"A":"x"} """, "Name", "absent" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"#attributes":{"Name":""},"#text":"x"},{"#attributes":{"Name":""}},"y"]} """, "Data", "[x,,y]" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"#attributes":{"Name":"A"},"#text":"x"},{"#text":"y"}]} """, "Data", "y" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"#attributes":{"Name":"A"},"#text":"x"},"y"]} """, "Data", "y" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"#attributes":{"Name":"A"},"#text":"x"},{"#attributes":{"Name":""}}]} """, "Data", "" },
        { """ "System":{"Channel":"System"},"EventData":["x"] """, "Data", "[x]" },
        { """ "System":{"Channel":"System"},"EventData":["x"] """, "", "absent" },
        { """ "System":{"Channel":"System"},"EventData":{"ComplexData":{"#attributes":{"Name":"A"},"#text":"1,2"}} """, "A", "1,2" },
        { """ "System":{"Channel":"System"},"EventData":"text" """, "Data", "text" },
        { """ "System":{"Channel":"System"},"EventData":"{\"A\":\"x\"}" """, "A", "x" },
        { """ "System":{"Channel":"System"},"EventData":"{g}" """, "Data", "{g}" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":{"A":"x"}} """, "A", "x" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":{"A":"x"}} """, "Data", "absent" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"Name":"A","Value":"x"},{"Name":"B","Value":7}]} """, "B", "7" },

        // Attributes with a mark (Newtonsoft, xmltodict, fast-xml-parser), under $ (xml2js), or like elements (Logstash).
        { """ "System":{"Channel":"System","EventID":{"@Qualifiers":"16384","#text":"7045"}} """, "EventID", "7045" },
        { """ "System":{"Channel":"System","EventID":{"@Qualifiers":"16384","#text":"7045"}} """, "EventID_Qualifiers", "16384" },
        { """ "System":{"Channel":"System","Provider":{"@Name":"Service Control Manager","@Guid":"{g}"}} """, "Provider_Name", "Service Control Manager" },
        { """ "System":{"Channel":"System","Provider":{"@_Name":"Service Control Manager"}} """, "Provider_Name", "Service Control Manager" },
        { """ "System":{"Channel":"System","Provider":{"$":{"Name":"Service Control Manager"}}} """, "Provider_Name", "Service Control Manager" },
        { """ "System":{"Channel":"System","Provider":{"Name":"Service Control Manager"}} """, "Provider_Name", "Service Control Manager" },
        { """ "System":{"Channel":"System","Execution":{"@ProcessID":"4","@ThreadID":"8"},"Correlation":null} """, "Execution_ProcessID", "4" },
        { """ "@xmlns":"u","System":{"Channel":{"@xmlns":"u","#text":"System"}} """, "Channel_xmlns", "absent" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"@Name":"A B","#text":"x"},{"@Name":"C"}]} """, "AB", "x" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"@Name":"A B","#text":"x"},{"@Name":"C"}]} """, "C", "" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"@Name":"A","#text":"x"}]} """, "Data", "absent" },
        { """ "System":{"Channel":"System"},"EventData":{"@Name":"n","Data":{"@Name":"A","#text":"x"}} """, "A", "x" },
        { """ "System":{"Channel":"System"},"EventData":{"@Name":"n","Data":{"@Name":"A","#text":"x"}} """, "Name", "absent" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":{"@Name":"GrantedAccess","#text":"0x001fffff"}} """, "GrantedAccess", "0x1fffff" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":{"@Name":"A","#cdata-section":"x"}} """, "A", "x" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"@_Name":"A","#text":"x"}]} """, "A", "x" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"$":{"Name":"A"},"_":"x"}]} """, "A", "x" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"Name":"A","content":"x"}]} """, "A", "x" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":[{"@Name":"","#text":"x"},"y",null]} """, "Data", "[x,y,null]" },
        { """ "System":{"Channel":"System"},"EventData":{"Data":["x","y"]} """, "Data", "[x,y]" },
        { """ "System":{"Channel":"System"},"EventData":[{"@Name":"A","#text":"x"}] """, "A", "x" },
        { """ "System":{"Channel":"System"},"UserData":{"X":{"@xmlns":"u","A":"x"}} """, "A", "x" },
        { """ "System":{"Channel":"System"},"UserData":{"X":{"@xmlns":"u","A":"x"}} """, "@xmlns", "absent" },
        { """ "System":{"Channel":"System"},"UserData":{"LogFileCleared":{"SubjectUserName":"amy"}} """, "SubjectUserName", "amy" },
        { """ "System":{"Channel":"System"},"UserData":{"X":{"#attributes":{"xmlns":"u"},"A":{"B":"c"}}} """, "A", "{B:c}" },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void System_and_data_become_fields(string @event, string field, string value) =>
        Assert.Equal(value, Decoded.One("{\"Event\":{" + @event + "}}").View(null, service: "system").Field(field));

    [Theory]
    [InlineData(""" "System":{"Channel":"System","EventID":{"value":1}} """, "EventID is in a form that is not known")]
    [InlineData(""" "System":{"Channel":"System"},"EventData":{"Data":[{"key":"A","val":"x"}]} """, "EventData is in a form that is not known")]
    [InlineData(""" "System":{"Channel":"System"},"EventData":{"Data":[{"key":"A","Value":"x"}]} """, "EventData is in a form that is not known")]
    [InlineData(""" "System":{"Channel":"System"},"UserData":{"X":{"Data":[{"key":"A","val":"x"}]}} """, "EventData is in a form that is not known")]
    [InlineData(""" "System":{"Channel":"System"},"UserData":{"X":[{"A":"x"},{"A":"y"}]} """, "UserData is in a form that is not known")]
    [InlineData(""" "System":{"Channel":"System"},"EventData":"{\"A\":\"x" """, "EventData is not the JSON text of an object")]
    public void What_is_in_no_known_form_is_no_half_event(string @event, string reason) =>
        Assert.Equal(reason, Assert.Single(Decoded.Body("{\"Event\":{" + @event + "}}").Undecoded).Reason);

    [Theory]
    [InlineData(248, "x")]
    [InlineData(249, "absent")]
    public void A_long_name_of_an_attribute_makes_no_field(int length, string value)
    {
        string name = new('n', length);

        Assert.Equal(
            value,
            Decoded.One($$"""{"Event":{"System":{"Channel":"System","Provider":{"@{{name}}":"x"} } } }""").View(null, service: "system").Field($"Provider_{name}"));
    }

    [Fact]
    public void Without_a_channel_the_provider_beside_its_element_tells_the_log_source() => Assert.Equal(
        ["product=windows,category=process_creation,service=sysmon"],
        Decoded.One("""{"Event":{"System":{"Provider_attributes":{"Name":"Microsoft-Windows-Sysmon"},"EventID":1}}}""").LogSources());

    [Fact]
    public void The_element_may_stand_alone()
    {
        DecodedEvent decoded = Decoded.One(
            """{"System":{"Provider":{"Name":"p"},"EventID":1,"Channel":"System","Computer":"h1","TimeCreated":{"SystemTime":"2025-12-06T21:11:02Z"}},"EventData":{"A":"x"}}""");

        Assert.Equal(("evtx", "x", "p"), (decoded.Shape, decoded.View(null, service: "system").Field("A"), decoded.View(null, service: "system").Field("Provider_Name")));
        Assert.Equal(("h1", DateTimeOffset.Parse("2025-12-06T21:11:02Z", null)), (decoded.Host, decoded.Time));
    }

    [Fact]
    public void Keywords_search_texts_of_marked_elements_but_no_names_of_data()
    {
        DecodedEvent decoded = Decoded.One(
            """{"Event":{"@xmlns":"u","System":{"Channel":"Security","EventID":"4688"},"EventData":{"@Name":"n","Data":[{"@Name":"A","#text":"a.exe"},{"@Name":"B"},"x"],"Binary":"00"}}}""");

        Assert.Equal(["Security", "4688", "a.exe", "x", "00"], decoded.Event.OwnValues.Select(Decoded.Show));
    }

    /// <summary>Data, and what of them keywords find.</summary>
    [Theory]
    [InlineData(""" "EventData":"{\"Path\":\"C:\\\\a\"}" """, @"C:\a")]
    [InlineData(""" "EventData":{"Data":[{"Name":"A","Value":"x"},{"Name":"B","Value":7}]} """, "x", "7")]
    [InlineData(""" "EventData":{"Data":{"A":"x","B":"y"}} """, "x", "y")]
    [InlineData(""" "EventData":{"ComplexData":{"#attributes":{"Name":"A"},"#text":"x"}} """, "x")]
    [InlineData(""" "EventData":{"@Name":"n","A":"x"} """, "x")]
    [InlineData(""" "EventData":[{"@Name":"A","#text":"x"},{"@Name":"B","#text":"y"}] """, "x", "y")]
    [InlineData(""" "EventData":["x","y"] """, "[x,y]")]
    [InlineData(""" "EventData":"x" """, "x")]
    [InlineData(""" "UserData":{"X":{"A":"x"}} """, "{A:x}")]
    public void Keywords_search_data_in_every_form(string data, params string[] values) => Assert.Equal(
        ["System", .. values],
        Decoded.One($$$"""{"Event":{"System":{"Channel":"System"},{{{data}}}}}""").Event.OwnValues.Select(Decoded.Show));

    /// <summary>Rows of all forms with a name that has spaces.</summary>
    public static TheoryData<string> Spaced =>
    [
        """{"Type":"WindowsEvent","EventID":1116,"Channel":"System","Provider":"p","EventData":{"Threat Name":"x"}}""",
        """{"Type":"SecurityEvent","EventID":1116,"Channel":"System","EventSourceName":"p","Threat Name":"x"}""",
        """{"EventLog":"System","Source":"p","EventID":1116,"EventData":"<DataItem><EventData><Data Name=\"Threat Name\">x</Data></EventData></DataItem>"}""",
        """{"winlog":{"channel":"System","event_id":1116,"event_data":{"Threat Name":"x"}}}""",
        """{"winlog":{"channel":"System","event_id":1116,"user_data":{"Threat Name":"x"}}}""",
        """{"winlog.channel":"System","winlog.event_id":1116,"winlog.event_data.Threat Name":"x"}""",
        """{"EventID":1116,"SourceName":"p","Channel":"System","SourceModuleType":"im_msvistalog","Threat Name":"x"}""",
        """{"EventID":1116,"SourceName":"p","Channel":"System","SourceModuleType":"im_msvistalog","EventData.Threat Name":"x"}""",
        """{"EventID":1116,"ProviderName":"p","Channel":"System","StringInserts":[],"Threat Name":"x"}""",
        """{"EventID":1116,"ProviderName":"p","Channel":"System","EventData":{"Threat Name":"x"}}""",
        """{"EventID":1116,"Channel":"System","Threat Name":"x"}""",
        """{"EventID":1116,"Channel":"System","Threat Name":"replaced","Threat Name":"x"}""",
        """{"EventID":1116,"Channel":"System","Threat Name":"other","ThreatName":"x"}""",
        """{"EventID":1116,"Channel":"System","ThreatName":"x","Threat Name":"other"}""",
        """{"EventID":1116,"Channel":"System","Thr\u0065at N\u0061me":"x"}""",
        """{"Event":{"System":{"EventID":1116,"Channel":"System"},"EventData":{"Threat Name":"x"}}}""",
        """{"Event":{"System":{"EventID":1116,"Channel":"System"},"EventData":{"Data":{"@Name":"Threat Name","#text":"x"}}}}""",
        """{"Event":{"System":{"EventID":1116,"Channel":"System"},"EventData":{"Data":{"Name":"Threat Name","content":"x"}}}}""",
        """{"Event":{"System":{"EventID":1116,"Channel":"System"},"EventData":{"Data":[{"Name":"Threat Name","Value":"x"}]}}}""",
    ];

    [Theory]
    [MemberData(nameof(Spaced))]
    public void Names_lose_their_spaces_in_every_form(string row)
    {
        DecodedEvent decoded = Decoded.One(row);

        Assert.Equal("x", decoded.View(null, service: "system").Field("ThreatName"));
        BodyMatcherTests.AssertSame(new EventDecoder(), new BodyMatcher(new EventDecoder(), FieldRules.Of([decoded])), System.Text.Encoding.UTF8.GetBytes(row));
    }

    [Fact]
    public void A_name_longer_than_a_block_loses_its_spaces_too() => Assert.Equal(
        "x",
        Decoded.One("""{"EventID":1116,"Channel":"System","Additional Actions String With Many Words":"x"}""")
            .View(null, service: "system").Field("AdditionalActionsStringWithManyWords"));

    /// <summary>Neither many names nor equal ones make a row of many bytes slow.</summary>
    [Fact]
    public void Many_names_with_spaces_take_little()
    {
        string[] names = [.. Enumerable.Range(0, 30_000).Select(n => $"\"Threat  Name{(n % 2 == 0 ? "" : n)}\":{n}")];
        string row = $$"""{"EventID":1116,"Channel":"System",{{string.Join(',', names)}},"o":[{{string.Join(',', Enumerable.Repeat("{\"ThreatName\":1}", 20))}}]}""";
        var decoder = new EventDecoder();
        var started = System.Diagnostics.Stopwatch.StartNew();

        Assert.Equal("29998", Assert.Single(decoder.Decode(System.Text.Encoding.UTF8.GetBytes(row)).Events).View(null, service: "system").Field("ThreatName"));
        Assert.InRange(started.Elapsed.TotalSeconds, 0, 5);
    }

    [Fact]
    public void Keywords_search_system_and_data_but_no_names()
    {
        DecodedEvent decoded = Decoded.One(
            """{"Event":{"#attributes":{"xmlns":"u"},"System":{"Channel":"Security","EventID":4688,"Correlation":null},"EventData":{"NewProcessName":"a.exe","Data":["x"]}}}""");

        Assert.Equal(["Security", "4688", "a.exe", "[x]"], decoded.Event.OwnValues.Select(Decoded.Show));
    }

    [Theory]
    [InlineData("""{"UtcTime":"2025-12-06 21:11:02.632"}""", "2025-12-06T21:11:02.632Z")]
    [InlineData("{}", "2025-12-06T21:11:02.6491508Z")]
    [InlineData("""{"UtcTime":"-"}""", "2025-12-06T21:11:02.6491508Z")]
    public void The_time_is_sysmons_else_that_of_the_log(string data, string time) =>
        Assert.Equal(DateTimeOffset.Parse(time, null), Event(Sysmon, 1, data).Time);

    [Fact]
    public void The_time_may_stand_beside_its_element() => Assert.Equal(
        DateTimeOffset.Parse("2025-12-06T21:11:02Z", null),
        Decoded.One("""{"Event":{"System":{"Channel":"System","TimeCreated_attributes":{"SystemTime":"2025-12-06T21:11:02Z"}}}}""").Time);

    [Theory]
    [InlineData("""{"User":"CORP\\amy"}""", @"CORP\amy")]
    [InlineData("""{"SubjectDomainName":"CORP","SubjectUserName":"amy"}""", @"CORP\amy")]
    [InlineData("""{"SubjectUserName":"-","TargetDomainName":"LAB","TargetUserName":"bob"}""", @"LAB\bob")]
    [InlineData("{}", null)]
    public void The_account_is_the_events_own(string data, string? account) =>
        Assert.Equal(account, Event("Security", 4624, data).User);

    private static DecodedEvent Event(string channel, int id, string data = "{}") => Decoded.One(
        $$$"""
        {"Event":{"System":{"Provider":{"#attributes":{"Name":"any"}},"EventID":{{{id}}},"Channel":"{{{channel}}}","Computer":"h1",
        "TimeCreated":{"#attributes":{"SystemTime":"2025-12-06T21:11:02.649150800Z"}} },"EventData":{{{data}}} } }
        """);
}
