using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Rows of Log Analytics' and Azure Diagnostics' tables of Windows events, and rows with event XML as a message.</summary>
public sealed class LogAnalyticsTests
{
    internal const string WindowsEvent =
        """{"records":[{"TimeGenerated":"2025-12-06T21:11:03Z","TenantId":"t","Computer":"h1","Provider":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","Task":1,"EventLevel":4,"EventID":1,"EventData":"{\"UtcTime\":\"2025-12-06 21:11:02.632\",\"Image\":\"C:\\\\a.exe\",\"User\":\"CORP\\\\amy\",\"Threat Name\":\"x\"}","EventRecordId":"5","SystemProcessId":7,"Type":"WindowsEvent"}]}""";

    internal const string Event =
        """{"records":[{"TimeGenerated":"2025-12-06T21:11:03Z","TenantId":"t","Computer":"h1","Source":"Microsoft-Windows-Sysmon","EventLog":"Microsoft-Windows-Sysmon/Operational","EventLevel":4,"EventCategory":1,"EventID":1,"ParameterXml":"","UserName":"NT AUTHORITY\\SYSTEM","EventData":"<DataItem type=\"System.XmlData\" time=\"x\"><EventData xmlns=\"u\"><Data Name=\"UtcTime\">2025-12-06 21:11:02.632</Data><Data Name=\"Image\">C:\\a&amp;b.exe</Data><Data Name=\"User\">CORP\\amy</Data></EventData></DataItem>","Type":"Event"}]}""";

    internal const string SecurityEvent =
        """{"TimeGenerated":"2025-12-06T21:11:03Z","TenantId":"t","Computer":"h1","EventSourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","EventID":4688,"Activity":"4688 - ","Account":"CORP\\amy","SubjectUserName":"amy","SubjectDomainName":"CORP","NewProcessName":"C:\\a.exe","NewProcessId":"0x1f4","ProcessId":"0x4","Process":"a.exe","CommandLine":"a -x","ParentProcessName":"C:\\b.exe","Type":"SecurityEvent"}""";

    internal const string AzureDiagnostics =
        """{"records":[{"time":"2025-12-06T21:11:03Z","category":"WindowsEventLogsTable","properties":{"ProviderName":"p","EventId":4688,"Channel":"Security","RawXml":"<Event xmlns=\"u\"><System><Provider Name=\"Microsoft-Windows-Security-Auditing\"/><EventID>4688</EventID><TimeCreated SystemTime=\"2025-12-06T21:11:02.632Z\"/><Channel>Security</Channel><Computer>h1</Computer></System><EventData><Data Name=\"SubjectUserName\">amy</Data><Data Name=\"SubjectDomainName\">CORP</Data><Data Name=\"NewProcessName\">C:\\a.exe</Data><Data Name=\"ProcessId\">0x4</Data></EventData></Event>"}}]}""";

    internal const string Syslog =
        """{"records":[{"TimeGenerated":"2025-12-06T21:11:03Z","Computer":"h1","Facility":"user","SeverityLevel":"info","ProcessName":"sysmon","SyslogMessage":"<Event><System><Provider Name=\"Linux-Sysmon\" Guid=\"{g}\"/><EventID>1</EventID><Channel>Linux-Sysmon/Operational</Channel><Computer>h1</Computer><Security UserId=\"0\"/></System><EventData><Data Name=\"UtcTime\">2025-12-06 21:11:02.632</Data><Data Name=\"Image\">/usr/bin/id</Data><Data Name=\"User\">root</Data></EventData></Event>","Type":"Syslog"}]}""";

    /// <summary>Rows of every kind, whole and broken.</summary>
    public static IEnumerable<string> Rows =>
    [
        WindowsEvent,
        Event,
        SecurityEvent,
        AzureDiagnostics,
        Syslog,
        Of("WindowsEvent", """ "EventData":{"ServiceName":"s","Data":["a","b"],"n":1} """),
        Of("WindowsEvent", """ "EventData":"{\u0022A\u0022:\u0022\u005cu0041\u005c\u005c\u0022}" """),
        Of("WindowsEvent", """ "EventData":"" """),
        Of("WindowsEvent", """ "EventData":"{" """),
        Of("WindowsEvent", """ "EventData":null,"RawEventData":"<Event><System/><EventData><Data>a</Data></EventData></Event>" """),
        Of("WindowsEvent", """ "RawEventData":"<Event>" """),
        Of("Event", """ "EventData":"" """),
        Of("Event", """ "EventData":"\u003cEventData\u003e\u003cData\u003ea&#98;c\u003c/Data\u003e\u003cData\u003ed\u003c/Data\u003e\u003c/EventData\u003e" """),
        Of("Event", """ "EventData":"<DataItem><UserData><X xmlns='u'><A>b</A></X></UserData></DataItem>" """),
        Of("Event", """ "EventData":"","ParameterXml":"<Param>a</Param><Param>b</Param>" """),
        Of("Event", """ "EventData":"<DataItem>" """),
        Of("SecurityEvent", """ "EventData":"<EventData><Data Name='A'>b</Data></EventData>" """),
        Of("SecurityEvent", """ "EventData":"<EventData>" """),
        """[{"category":"WindowsEventLogsTable","properties":{"RawXml":"<Event>"}},{"category":"WindowsEventLogsTable","properties":{}}]""",
        """[{"message":"<Event><System><Channel>System</Channel></System></Event>\u0000"},{"SyslogMessage":"sysmon: <Event><System"},{"message":"Event System"}]""",
    ];

    [Theory]
    [InlineData(WindowsEvent, "log-analytics", "C:\\a.exe")]
    [InlineData(Event, "log-analytics", "C:\\a&b.exe")]
    public void Sysmon_is_its_category(string body, string shape, string image)
    {
        DecodedEvent decoded = Decoded.One(body);
        EventView view = decoded.View("process_creation");

        Assert.Equal(shape, decoded.Shape);
        Assert.Equal(image, view.Field("Image"));
        Assert.Equal("1", view.Field("EventID"));
        Assert.Equal("Microsoft-Windows-Sysmon", view.Field("Provider_Name"));
        Assert.Equal("Microsoft-Windows-Sysmon/Operational", view.Field("Channel"));
        Assert.Equal("4", view.Field("Level"));
        Assert.Equal("1", view.Field("Task"));
        Assert.Equal(DateTimeOffset.Parse("2025-12-06T21:11:02.632Z", null), decoded.Time);
        Assert.Equal("h1", decoded.Host);
        Assert.Equal(@"CORP\amy", decoded.User);
        Assert.Equal("t", decoded.TenantId);
    }

    [Theory]
    [InlineData(SecurityEvent, "log-analytics")]
    [InlineData(AzureDiagnostics, "azure-diagnostics")]
    public void Security_4688_is_seen_in_both_ways(string body, string shape)
    {
        DecodedEvent decoded = Decoded.One(body);

        Assert.Equal(shape, decoded.Shape);
        Assert.Equal(@"C:\a.exe", decoded.View("process_creation").Field("Image"));
        Assert.Equal("4", decoded.View("process_creation").Field("ParentProcessId"));
        Assert.Equal("0x4", decoded.View(null, service: "security").Field("ProcessId"));
        Assert.Equal("Microsoft-Windows-Security-Auditing", decoded.View(null, service: "security").Field("Provider_Name"));
        Assert.Equal("h1", decoded.Host);
        Assert.Equal(@"CORP\amy", decoded.User);
    }

    /// <summary>Table, its data, a field, its value.</summary>
    public static TheoryData<string, string, string, string> Data => new()
    {
        { "WindowsEvent", """ "EventData":{"ServiceName":"s"} """, "ServiceName", "s" },
        { "WindowsEvent", """ "EventData":{"Service Name":"s"} """, "ServiceName", "s" },
        { "WindowsEvent", """ "EventData":"{\"A\":{\"B\":1}}" """, "A", "{B:1}" },
        { "WindowsEvent", """ "EventData":{"Data":["a","b"]} """, "Data", "[a,b]" },
        { "WindowsEvent", """ "EventData":{"Channel":"x"} """, "Channel", "System" },
        { "WindowsEvent", """ "EventData":null """, "Computer", "h1" },
        { "WindowsEvent", """ "EventData":"" """, "Computer", "h1" },
        { "WindowsEvent", """ "EventData":"","SystemProcessId":7,"SystemThreadId":8,"SystemUserId":"S-1-5-18" """, "Execution_ProcessID", "7" },
        { "WindowsEvent", """ "EventData":"","SystemProcessId":7,"SystemThreadId":8,"SystemUserId":"S-1-5-18" """, "Security_UserID", "S-1-5-18" },
        { "WindowsEvent", """ "EventData":"","ManagementGroupName":"AOI" """, "ManagementGroupName", "absent" },
        { "WindowsEvent", """ "EventData":null,"RawEventData":"<Event><System><EventID>1</EventID></System><EventData><Data Name='A'>b</Data></EventData></Event>" """, "A", "b" },
        { "WindowsEvent", """ "RawEventData":"<UserData><X><A>b</A></X></UserData>" """, "A", "b" },
        { "WindowsEvent", """ "EventData":{"A":"b"},"RawEventData":"<" """, "A", "b" },
        { "Event", """ "EventData":"<DataItem><EventData><Data Name='A B'>x</Data></EventData></DataItem>" """, "AB", "x" },
        { "Event", """ "EventData":"<EventData><Data>x</Data><Data>y</Data></EventData>" """, "Data", "[x,y]" },
        { "Event", """ "EventData":"<DataItem><UserData><X xmlns='u'><A>b</A></X></UserData></DataItem>" """, "A", "b" },
        { "Event", """ "EventData":"","ParameterXml":"<Param>a</Param><Param>b</Param>" """, "Data", "[a,b]" },
        { "Event", """ "EventData":"","ParameterXml":"<Param>a</Param>" """, "Data", "a" },
        { "Event", """ "EventData":"<EventData/>","ParameterXml":"<Param>a</Param>" """, "Data", "absent" },
        { "Event", """ "RenderedDescription":"text" """, "Provider_Name", "p" },
        { "SecurityEvent", """ "ServiceFileName":"x.sys" """, "ServiceFileName", "x.sys" },
        { "SecurityEvent", """ "EventData":"<EventData><Data Name='A'>b</Data></EventData>" """, "A", "b" },
        { "SecurityEvent", """ "EventData":"" """, "Provider_Name", "p" },
        { "SecurityEvent", """ "Level":"0","Task":12544 """, "Level", "0" },
        { "SecurityEvent", """ "SystemProcessId":4 """, "Execution_ProcessID", "4" },
    };

    [Theory]
    [MemberData(nameof(Data))]
    public void Data_become_fields(string table, string data, string field, string value)
    {
        DecodedEvent decoded = Decoded.One(Of(table, data));

        Assert.Equal("log-analytics", decoded.Shape);
        Assert.Equal(value, decoded.View(null, service: "system").Field(field));
    }

    /// <summary>A row whose table shows in its columns need not name it; one that names another is of that.</summary>
    [Theory]
    [InlineData("""{"EventID":1,"Provider":"p","Channel":"System","EventData":{}}""", "log-analytics")]
    [InlineData("""{"EventID":1,"Source":"p","EventLog":"System"}""", "log-analytics")]
    [InlineData("""{"EventID":1,"EventSourceName":"p","Channel":"System"}""", "log-analytics")]
    [InlineData("""{"EventID":1,"EventSourceName":"p","Channel":"System","Type":"Other"}""", "flat")]
    [InlineData("""{"EventID":1,"Source":"p","EventLog":"System","Type":"Other"}""", "flat")]
    [InlineData("""{"EventID":1,"Source":"p","Channel":"System"}""", "flat")]
    [InlineData("""{"EventLog":"System","Source":"p"}""", "flat")]
    [InlineData("""{"EventID":1,"Provider":"p","Channel":"System"}""", "flat")]
    [InlineData("""{"category":"Other","properties":{"RawXml":""}}""", "flat")]
    [InlineData("""{"category":"WindowsEventLogsTable","RawXml":""}""", "flat")]
    [InlineData("""{"Provider":"p","Channel":"System","EventData":{}}""", "flat")]
    public void A_row_shows_its_table(string row, string shape) => Assert.Equal(shape, Decoded.One(row).Shape);

    [Theory]
    [InlineData("WindowsEvent", """ "EventData":"{\"A\":" """, "EventData is not the JSON text of an object")]
    [InlineData("WindowsEvent", """ "EventData":"text" """, "EventData is not the JSON text of an object")]
    [InlineData("WindowsEvent", """ "EventData":null,"RawEventData":"<Event>" """, "RawEventData is not XML that can be read")]
    [InlineData("Event", """ "EventData":"<DataItem><EventData>" """, "EventData is not XML that can be read")]
    [InlineData("Event", """ "EventData":"<!DOCTYPE a><DataItem/>" """, "EventData is not XML that can be read")]
    [InlineData("SecurityEvent", """ "EventData":"<EventData>&x;</EventData>" """, "EventData is not XML that can be read")]
    [InlineData("WindowsEvent", """ "EventData":null,"RawEventData":"<Event/>x" """, "RawEventData is not XML that can be read")]
    [InlineData("Event", """ "EventData":"<EventData/>x" """, "EventData is not XML that can be read")]
    [InlineData("SecurityEvent", """ "EventData":"<EventData/>x" """, "EventData is not XML that can be read")]
    public void Data_that_cannot_be_read_cost_the_record(string table, string data, string reason)
    {
        string row = Of(table, data);
        DecodedBody decoded = Decoded.Body($$"""{"records":[{{SecurityEvent}},{{row}},{{SecurityEvent}}]}""");

        UndecodedRecord undecoded = Assert.Single(decoded.Undecoded);
        Assert.Equal((1, reason), (undecoded.Record, undecoded.Reason));
        Assert.Equal(row, System.Text.Encoding.UTF8.GetString(undecoded.Original.Span));
        Assert.Equal([0, 2], decoded.Events.Select(e => e.Record));
    }

    [Theory]
    [InlineData("", "RawXml is no event XML that can be read")]
    [InlineData("\"RawXml\":\"<Event>\"", "RawXml is no event XML that can be read")]
    [InlineData("\"RawXml\":\"<html/>\"", "RawXml is no event XML that can be read")]
    [InlineData("\"RawXml\":\"<Event><System><EventID>1</EventID></System></Event>x\"", "RawXml is no event XML that can be read")]
    public void A_diagnostics_record_without_its_xml_is_none(string properties, string reason) => Assert.Equal(
        reason, Assert.Single(Decoded.Body($$$"""{"category":"WindowsEventLogsTable","properties":{{{{properties}}}}}""").Undecoded).Reason);

    /// <summary>A row without its end, and whether its XML is read.</summary>
    [Theory]
    [InlineData("\"SyslogMessage\":\"{0}\"", true)]
    [InlineData("\"SyslogMessage\":\"sysmon: {0}\"", true)]
    [InlineData("\"SyslogMessage\":\"<14>Nov 26 10:00:00 h1 sysmon[12]: {0}\"", true)]
    [InlineData("\"SyslogMessage\":\"<14>1 2025-11-26T10:00:00Z h1 sysmon 12 - - {0}\\n\"", true)]
    [InlineData("\"ProcessName\":\"sysmon\",\"SyslogMessage\":\"any text {0}\"", true)]
    [InlineData("\"ProcessName\":\"sysmon\",\"SyslogMessage\":\"{0}#012\"", true)]
    [InlineData("\"host\":\"h\",\"ident\":\"sysmon\",\"message\":\"{0}\"", true)]
    [InlineData("\"message\":\"\uFEFF{0}\"", true)]
    [InlineData("\"message\":\"<?xml version='1.0'?>{0}\"", true)]
    [InlineData("\"message\":\"<?xml version='1.0'?> Invalid user {0}\"", false)]
    [InlineData("\"message\":\"Invalid user ?>{0}\"", false)]
    [InlineData("\"message\":\"sysmonitor: {0}\"", false)]
    [InlineData("\"message\":\"syslog[1]: {0}\"", false)]
    [InlineData("\"ProcessName\":\"sshd\",\"SyslogMessage\":\"Invalid user {0}\"", false)]
    [InlineData("\"message\":\"Invalid user {0}\"", false)]
    [InlineData("\"comment\":\"{0}\"", false)]
    public void Sysmon_for_linux_writes_to_syslog(string template, bool isRead)
    {
        string xml = "<Event><System><Provider Name='Linux-Sysmon'/><EventID>1</EventID></System><EventData><Data Name='Image'>/usr/bin/id</Data></EventData></Event>";
        DecodedEvent decoded = Decoded.One("{" + template.Replace("{0}", xml, StringComparison.Ordinal) + "}");

        Assert.Equal(isRead ? "xml-message" : "flat", decoded.Shape);
        Assert.Equal(isRead ? ["product=linux,category=process_creation,service=sysmon"] : [], decoded.LogSources());
        Assert.True(!isRead || decoded.View("process_creation", "linux").Field("Image") == "/usr/bin/id");
    }

    [Theory]
    [InlineData("<Event><System>")]
    [InlineData("<Event><EventData>System</EventData></Event>")]
    public void A_message_that_is_no_whole_event_is_told(string message) => Assert.Equal(
        "the message is no event XML that can be read", Assert.Single(Decoded.Body($$"""{"message":"{{message}}"}""").Undecoded).Reason);

    [Fact]
    public void A_syslog_row_is_the_event_of_its_xml()
    {
        DecodedEvent decoded = Decoded.One(Syslog);

        Assert.Equal("/usr/bin/id", decoded.View("process_creation", "linux").Field("Image"));
        Assert.Equal("h1", decoded.Host);
        Assert.Equal("root", decoded.User);
        Assert.Equal(DateTimeOffset.Parse("2025-12-06T21:11:02.632Z", null), decoded.Time);
    }

    private static string Of(string table, string columns)
    {
        (string provider, string channel) = table switch
        {
            "Event" => ("Source", "EventLog"),
            "WindowsEvent" => ("Provider", "Channel"),
            _ => ("EventSourceName", "Channel"),
        };
        return $$"""{"TimeGenerated":"2025-12-06T21:11:03Z","Computer":"h1","{{provider}}":"p","{{channel}}":"System","EventID":1,"Type":"{{table}}",{{columns}}}""";
    }
}
