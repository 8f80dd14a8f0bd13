using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>What every form of an event of Windows says beside its data: the fields of its <c>System</c> element, time, host and account.</summary>
public sealed class SystemTests
{
    private const string Sysmon = "Microsoft-Windows-Sysmon/Operational";

    /// <summary>A row with all columns that its form has, and the fields that they are.</summary>
    public static TheoryData<string, string> Columns => new()
    {
        {
            """{"EventID":1,"Channel":"System","Provider":"p","Computer":"h1","Version":2,"EventLevel":3,"Task":4,"Opcode":5,"Keywords":"0x6","EventRecordId":7,"SystemProcessId":8,"SystemThreadId":9,"SystemUserId":"S-1","EventData":{}}""",
            "EventID=1 Channel=System Provider_Name=p Computer=h1 Version=2 Level=3 Task=4 Opcode=5 Keywords=0x6 EventRecordID=7 Execution_ProcessID=8 Execution_ThreadID=9 Security_UserID=S-1"
        },
        {
            """{"EventID":1,"Channel":"System","Provider":"p","Computer":"h1","EventLevel":3,"EventData":null,"RawEventData":"<Event><EventData/></Event>"}""",
            "EventID=1 Channel=System Provider_Name=p Computer=h1 Level=3"
        },
        {
            """{"EventID":1,"EventLog":"System","Source":"p","Computer":"h1","EventLevel":3,"EventCategory":4}""",
            "EventID=1 Channel=System Provider_Name=p Computer=h1 Level=3 Task=4"
        },
        {
            """{"winlog":{"channel":"System","event_id":1,"provider_name":"p","computer_name":"h1","version":2,"record_id":7,"provider_guid":"{g}","process":{"pid":8,"thread":{"id":9}},"user":{"identifier":"S-1"},"activity_id":"{a}"}}""",
            "EventID=1 Channel=System Provider_Name=p Computer=h1 Version=2 EventRecordID=7 Provider_Guid={g} Execution_ProcessID=8 Execution_ThreadID=9 Security_UserID=S-1 Correlation_ActivityID={a}"
        },
        {
            """{"EventID":1,"Channel":"System","SourceName":"p","SourceModuleType":"im_x","Hostname":"h1","RecordNumber":7,"ProviderGuid":"{g}","ProcessID":8,"ThreadID":9,"UserID":"S-1","ActivityID":"{a}"}""",
            "EventID=1 Channel=System Provider_Name=p Computer=h1 EventRecordID=7 Provider_Guid={g} Execution_ProcessID=8 Execution_ThreadID=9 Security_UserID=S-1 Correlation_ActivityID={a}"
        },
        {
            """{"EventID":1,"Channel":"System","ProviderName":"p","Computer":"h1","Level":3,"ProviderGuid":"{g}","ProcessID":8,"ThreadID":9,"UserID":"S-1","ActivityID":"{a}","StringInserts":[]}""",
            "EventID=1 Channel=System Provider_Name=p Computer=h1 Level=3 Provider_Guid={g} Execution_ProcessID=8 Execution_ThreadID=9 Security_UserID=S-1 Correlation_ActivityID={a}"
        },
        {
            """{"EventID":1,"Channel":"System","Provider_Name":"p","ComputerName":"h1","EventData":{"EventID":"data","Channel":"data","Computer":"data","Provider_Name":"data"}}""",
            "EventID=1 Channel=System Provider_Name=p Computer=h1"
        },
        {
            """{"event_id":{"id":1,"qualifiers":10},"channel":"System","provider":{"name":"p","guid":"{g}","event_source":"e"},"computer":"h1","version":2,"level":3,"task":4,"opcode":9,"keywords":["0x6"],"record_id":7,"execution":{"process_id":8,"thread_id":9},"security":{"user_id":"S-1"},"correlation":{"activity_id":"{a}"}}""",
            "EventID=1 Channel=System Provider_Name=p Computer=h1 Version=2 Level=3 Task=4 Opcode=9 Keywords=0x6 EventRecordID=7 Provider_Guid={g} EventID_Qualifiers=10 Execution_ProcessID=8 Execution_ThreadID=9 Security_UserID=S-1 Correlation_ActivityID={a}"
        },
        {
            """{"event_id":{"id":1},"channel":"System","provider":{"event_source":"e"},"computer":"h1","version":"v","level":"Information","task":"Logon","opcode":"Info","keywords":["Audit"],"record_id":"r"}""",
            "EventID=1 Channel=System Provider_Name=e Computer=h1 Version=v EventRecordID=r"
        },
        {
            """{"Id":1,"LogName":"System","ProviderName":"p","MachineName":"h1","Version":2,"Level":3,"Task":4,"Opcode":5,"RecordId":7,"ProviderId":"{g}","ProcessId":8,"ThreadId":9,"UserId":{"Value":"S-1"},"ActivityId":"{a}","Properties":[]}""",
            "EventID=1 Channel=System Provider_Name=p Computer=h1 Version=2 Level=3 Task=4 Opcode=5 EventRecordID=7 Provider_Guid={g} Execution_ProcessID=8 Execution_ThreadID=9 Security_UserID=S-1 Correlation_ActivityID={a}"
        },
    };

    [Theory]
    [MemberData(nameof(Columns))]
    public void Columns_are_fields_of_System(string row, string fields)
    {
        EventView view = Decoded.One(row).View(null, service: "system");

        Assert.Equal(
            fields,
            string.Join(' ', "EventID Channel Provider_Name Computer Version Level Task Opcode Keywords EventRecordID Provider_Guid EventID_Qualifiers Execution_ProcessID Execution_ThreadID Security_UserID Correlation_ActivityID"
                .Split(' ').Where(view.Fields.ContainsKey).Select(field => $"{field}={view.Field(field)}")));
    }

    /// <summary>Sysmon's event 12 in a form, whose type is none of its columns.</summary>
    [Theory]
    [InlineData($$"""{"EventID":12,"Channel":"{{Sysmon}}","EventType":"DeleteKey"}""")]
    [InlineData($$"""{"EventID":12,"Channel":"{{Sysmon}}","Provider":"p","EventData":{"EventType":"DeleteKey"} }""")]
    [InlineData($$$"""{"winlog":{"channel":"{{{Sysmon}}}","event_id":12,"event_data":{"EventType":"DeleteKey"} } }""")]
    [InlineData($$"""{"event_id":{"id":12},"channel":"{{Sysmon}}","event_data":{"EventType":"DeleteKey"} }""")]
    [InlineData($$"""{"Id":12,"LogName":"{{Sysmon}}","ProviderName":"Microsoft-Windows-Sysmon","Properties":[{"Value":"-"},{"Value":"DeleteKey"},{"Value":"-"},{"Value":"-"},{"Value":7},{"Value":"-"},{"Value":"HKLM"}]}""")]
    public void The_type_of_a_registry_event_tells_its_category_in_every_form(string row) => Assert.Equal(
        ["product=windows,category=registry_delete,service=sysmon", "product=windows,category=registry_event,service=sysmon"],
        Decoded.One(row).LogSources());

    /// <summary>A row and what keywords search in it.</summary>
    public static TheoryData<string, string> Own => new()
    {
        { """{"EventID":1,"Channel":"System","Provider":"p","Computer":"h1","Task":4,"EventData":{"A":"x"}}""", "x p 1 System h1" },
        { """{"EventID":1,"Channel":"System","Provider":"p","Computer":"h1","Task":4,"EventData":null,"RawEventData":"<Event><EventData><Data Name='A'>x</Data></EventData></Event>"}""", "x p 1 System h1" },
        { """{"EventID":1,"EventLog":"System","Source":"p","Computer":"h1","EventLevel":3,"EventData":"<EventData><Data Name='A'>x</Data></EventData>"}""", "p 1 System h1 x" },
        { """{"EventID":1,"EventLog":"System","Source":"p","Computer":"h1","EventLevel":3,"ParameterXml":"<Param>x</Param><Param>y</Param>"}""", "p 1 System h1 [x,y]" },
        { """{"EventID":1,"EventSourceName":"p","Channel":"System","A":"x","EventData":"<EventData><Data Name='B'>y</Data></EventData>"}""", "1 p System x <EventData><Data Name='B'>y</Data></EventData> y" },
        { """{"winlog":{"channel":"System","event_id":1,"provider_name":"p","computer_name":"h1","api":"a","event_data":{"A":"x"}}}""", "System p 1 h1 x" },
        { """{"winlog.channel":"System","winlog.event_id":1,"winlog.provider_name":"p","winlog.computer_name":"h1","winlog.api":"a","winlog.event_data.A":"x","winlog.user_data.B":"y","process.pid":4,"agent.name":"b","processes":"c"}""", "System p 1 h1 x y 4" },
        { """{"EventID":1,"Channel":"System","SourceName":"p","SourceModuleType":"im_x","Hostname":"h1","A":"x"}""", "1 System p im_x h1 x" },
        { """{"EventID":1,"Channel":"System","ProviderName":"p","Computer":"h1","Level":3,"StringInserts":["x","y"]}""", "p 1 System h1 [x,y]" },
        { """{"EventID":1,"Channel":"System","ProviderName":"p","Computer":"h1","Level":3,"EventData":{"A":"x"}}""", "p 1 System h1 x" },
        { """{"Id":1,"LogName":"System","ProviderName":"p","MachineName":"h1","Level":3,"Properties":[{"Value":"x"},{"Value":"y"}]}""", "p 1 System h1 [x,y]" },
        { """{"value":{"a":"{"},"message":"{\"EventID\":","a":"x"}""", "{a:{} {\"EventID\": x" },
    };

    [Theory]
    [MemberData(nameof(Own))]
    public void Keywords_search_what_identifies_the_event_and_its_data(string row, string values) =>
        Assert.Equal(values, string.Join(' ', Decoded.One(row).Event.OwnValues.Select(Decoded.Show)));

    /// <summary>A row, its time within a minute, host, account and tenant.</summary>
    public static TheoryData<string, string?, string?, string?, string?> Facts => new()
    {
        { """{"EventTime":"2025-12-06T21:11:02Z","ComputerName":"h1","SubjectDomainName":"CORP","SubjectUserName":"amy","tenantId":"t1"}""", "02", "h1", @"CORP\amy", "t1" },
        { """{"time":"2025-12-06T21:11:03Z"}""", "03", null, null, null },
        { """{"EventID":1,"Channel":"System","ProviderName":"p","ComputerName":"h1","EventData":{"UtcTime":"2025-12-06 21:11:04","User":"CORP\\amy"},"TimeGenerated":"2025-12-06T21:11:05Z"}""", "04", "h1", @"CORP\amy", null },
        { """{"EventID":1,"Channel":"System","Provider":"p","StringInserts":[],"TimeGenerated":"2025-12-06T21:11:05Z","@timestamp":"2025-12-06T21:11:06Z"}""", "05", null, null, null },
        { """{"EventID":1,"Channel":"System","Provider_Name":"p","StringInserts":[],"@timestamp":"2025-12-06T21:11:06Z"}""", "06", null, null, null },
        { """{"EventID":1,"Channel":"System","Provider":"p","Computer":"h1","EventData":{},"TimeCreated":"2025-12-06T21:11:07Z","TimeGenerated":"2025-12-06T21:11:09Z"}""", "07", "h1", null, null },
        { """{"EventID":1,"Channel":"System","Provider":"p","EventData":{},"TimeCreatedUtc":"2025-12-06T21:11:08Z","TimeGenerated":"2025-12-06T21:11:09Z"}""", "08", null, null, null },
        { """{"EventID":1,"Channel":"System","Provider":"p","EventData":{},"TimeGenerated":"2025-12-06T21:11:09Z"}""", "09", null, null, null },
        { """{"EventID":1,"Channel":"System","SourceName":"p","SourceModuleType":"im_x","Hostname":"h1","SubjectUserName":"amy","EventTime":"2025-12-06T21:11:10Z"}""", "10", "h1", "amy", null },
        { """{"event_id":{"id":1},"channel":"System","system_time":"2025-12-06T21:11:12Z","event_data":{"UtcTime":"2025-12-06 21:11:11"}}""", "11", null, null, null },
        { """{"Id":1,"LogName":"System","ProviderName":"p","MachineName":"h1","Properties":[],"TimeCreated":{"DateTime":"2025-12-06T21:11:13Z"}}""", "13", "h1", null, null },
        { """{"Id":5,"LogName":"s","ProviderName":"Microsoft-Windows-Sysmon","Properties":[{"Value":"-"},{"Value":"2025-12-06 21:11:14"},{"Value":"-"},{"Value":7},{"Value":"a"},{"Value":"CORP\\amy"}],"TimeCreated":"2025-12-06T21:11:15Z"}""", "14", null, @"CORP\amy", null },
        { """{"category":"AdvancedHunting-DeviceFileEvents","properties":{"InitiatingProcessAccountDomain":"corp","InitiatingProcessAccountName":"amy"}}""", null, null, @"corp\amy", null },
    };

    [Theory]
    [MemberData(nameof(Facts))]
    public void Time_host_account_and_tenant_are_where_the_form_has_them(string row, string? second, string? host, string? user, string? tenant)
    {
        DecodedEvent decoded = Decoded.One(row);

        Assert.Equal(second is null ? (DateTimeOffset?)null : DateTimeOffset.Parse($"2025-12-06T21:11:{second}Z", null), decoded.Time);
        Assert.Equal((host, user, tenant), (decoded.Host, decoded.User, decoded.TenantId));
    }
}
