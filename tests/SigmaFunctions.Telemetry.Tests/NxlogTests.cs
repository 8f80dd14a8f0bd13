using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Events as NXLog ships them.</summary>
public sealed class NxlogTests
{
    [Theory]
    [InlineData("""{"EventID":1,"SourceName":"x","SourceModuleType":"im_msvistalog"}""", "nxlog")]
    [InlineData("""{"EventID":1,"SourceName":"x","SourceModuleType":"im_wseventing"}""", "nxlog")]
    [InlineData("""{"EventID":"1","SourceName":"x","EventReceivedTime":"2025-12-06 21:11:02"}""", "nxlog")]
    [InlineData("""{"EventID":1,"SourceName":"x"}""", "flat")]
    [InlineData("""{"SourceName":"x","EventReceivedTime":"2025-12-06 21:11:02"}""", "flat")]
    [InlineData("""{"EventID":1,"EventReceivedTime":"2025-12-06 21:11:02"}""", "flat")]
    public void It_is_recognised_by_its_own_fields(string body, string shape) => Assert.Equal(shape, Decoded.One(body).Shape);

    /// <summary>What the row holds, field, its value.</summary>
    public static TheoryData<string, string, string> Fields => new()
    {
        { """ "ProcessID":4,"ProcessId":"17" """, "ProcessId", "17" },
        { """ "ProcessID":4,"ProcessId":"17" """, "Execution_ProcessID", "4" },
        { """ "ExecutionProcessID":4,"ProcessId":"17" """, "Execution_ProcessID", "4" },
        { """ "ThreadID":8 """, "Execution_ThreadID", "8" },
        { """ "Hostname":"h1" """, "Computer", "h1" },
        { """ "Hostname":"h1" """, "Hostname", "h1" },
        { """ "RecordNumber":17 """, "EventRecordID", "17" },
        { """ "UserID":"S-1-5-18" """, "Security_UserID", "S-1-5-18" },
        { """ "Image":"C:\\a.exe" """, "Image", @"C:\a.exe" },
        { """ "EventType":"INFO" """, "EventType", "INFO" },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void Columns_become_fields(string row, string field, string value) =>
        Assert.Equal(value, Event("System", "Service Control Manager", 7045, row).View(null, service: "system").Field(field));

    [Fact]
    public void The_source_is_the_provider() => Assert.Equal(
        "Service Control Manager", Event("System", "Service Control Manager", 7045).View(null, service: "system").Field("Provider_Name"));

    [Theory]
    [InlineData("security", 4688, "product=windows,category=process_creation|product=windows,service=security")]
    [InlineData("windows powershell", 400, "product=windows,category=ps_classic_start,service=powershell-classic")]
    [InlineData("Contoso", 1, "product=windows")]
    public void The_channel_may_be_lower_case(string channel, int id, string logSources) =>
        Assert.Equal(logSources, string.Join('|', Event(channel, "any", id).LogSources()));

    /// <summary>Event id, what the row holds, the event type, the first category.</summary>
    public static TheoryData<int, string, string, string> EventTypes => new()
    {
        { 12, """ "EventType":"DeleteKey" """, "DeleteKey", "registry_delete" },
        { 12, """ "EventType":"CreateKey","EventTypeOrignal":"INFO" """, "CreateKey", "registry_add" },
        { 12, """ "EventType":"INFO","Message":"Registry object added or deleted:\r\nRuleName: -\r\nEventType: CreateKey\r\nTargetObject: HKLM\\A" """, "CreateKey", "registry_add" },
        { 12, """ "EventType":"INFO","Message":"Registry object added or deleted:\nEventType: DeleteValue" """, "DeleteValue", "registry_delete" },
        { 12, """ "EventType":"INFO","Message":"Registry object added or deleted:\r\nTargetObject: HKLM\\EventType: CreateKey" """, "absent", "registry_event" },
        { 12, """ "EventType":"INFO","Message":"EventType: CreateKey" """, "CreateKey", "registry_add" },
        { 12, """ "EventType":"INFO","Message":"\nEventType: CreateKey\n" """, "CreateKey", "registry_add" },
        { 12, """ "EventType":"INFO","Message":"" """, "absent", "registry_event" },
        { 12, """ "EventType":"INFO" """, "absent", "registry_event" },
        { 13, """ "EventType":"INFO" """, "SetValue", "registry_set" },
        { 14, """ "EventType":"INFO" """, "absent", "registry_rename" },
        { 17, """ "EventType":"INFO" """, "CreatePipe", "pipe_created" },
        { 18, """ "EventType":"INFO" """, "ConnectPipe", "pipe_created" },
        { 12, """ "EventType":"WARNING" """, "absent", "registry_event" },
        { 12, """ "EventType":"ERROR" """, "absent", "registry_event" },
        { 12, """ "EventType":"CRITICAL" """, "absent", "registry_event" },
        { 12, """ "EventType":"VERBOSE" """, "absent", "registry_event" },
        { 19, """ "EventType":"INFO" """, "WmiFilterEvent", "wmi_event" },
        { 20, """ "EventType":"INFO" """, "WmiConsumerEvent", "wmi_event" },
        { 21, """ "EventType":"INFO" """, "WmiBindingEvent", "wmi_event" },
        { 1, """ "EventType":"INFO" """, "absent", "process_creation" },
    };

    [Theory]
    [MemberData(nameof(EventTypes))]
    public void An_overwritten_event_type_is_taken_from_what_the_row_says(int id, string row, string eventType, string category)
    {
        DecodedEvent decoded = Event("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", id, row);

        Assert.Equal(eventType, decoded.View(category).Field("EventType"));
        Assert.Equal(category, decoded.Event.Views.Single().LogSources[0].Category);
    }

    [Theory]
    [InlineData("PowerShell", "\"Message\":\"Engine state is changed.\\r\\n\\tHostVersion=2.0\"", "Engine state is changed.\r\n\tHostVersion=2.0")]
    [InlineData("PowerShell", "\"Message\":\"x\",\"Data\":\"own\"", "own")]
    [InlineData("MSSQLSERVER", "\"Message\":\"x\"", "absent")]
    public void The_data_of_classic_PowerShell_stand_in_its_message(string provider, string row, string data) =>
        Assert.Equal(data, Assert.Single(Event("Windows PowerShell", provider, 400, row).Event.Views).Field("Data"));

    [Theory]
    [InlineData(""" "EventData.Image":"a.exe","EventData.ProcessId":"7","ProcessID":4 """)]
    [InlineData(""" "EventData":{"Image":"a.exe","ProcessId":"7"},"ProcessID":4 """)]
    [InlineData(""" "UserData.Image":"a.exe","UserData.X.ProcessId":"7","ProcessID":4 """)]
    [InlineData(""" "EventData.Image":"a.exe","EventData.Process Id":"7","ExecutionProcessID":4,"EventData.Channel":"x","EventData.EventID":2,"EventData.Computer":"y" """)]
    [InlineData(""" "EventData":{"Image":"a.exe","ProcessId":"7","SourceName":"x","Provider_Name":"x","Hostname":"y","":"z"},"ProcessID":4 """)]
    [InlineData(""" "Image":"a.exe","Process Id":"7","ProcessID":4 """)]
    public void Data_may_have_a_prefix(string row)
    {
        EventView view = Event("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 1, row + ",\"Hostname\":\"h1\"").View("process_creation");

        Assert.Equal(
            "a.exe 7 4 1 Microsoft-Windows-Sysmon/Operational h1 Microsoft-Windows-Sysmon h1 absent",
            string.Join(' ', (string[])[.. "Image ProcessId Execution_ProcessID EventID Channel Computer Provider_Name Hostname".Split(' ').Select(view.Field), view.Field("")]));
    }

    [Theory]
    [InlineData("CreateKey", "registry_add")]
    [InlineData("DeleteKey", "registry_delete")]
    public void An_event_type_with_a_prefix_was_not_overwritten(string eventType, string category) => Assert.Equal(
        eventType,
        Event("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 12, $"\"EventType\":\"INFO\",\"EventData.EventType\":\"{eventType}\"").View(category).Field("EventType"));

    [Theory]
    [InlineData("""{"EventTime":"2025-12-06 22:11:02","UtcTime":"2025-12-06 21:11:02.632"}""", "2025-12-06T21:11:02.632Z")]
    [InlineData("""{"EventTime":"2025-12-06 22:11:02","@timestamp":"2025-12-06T21:11:02Z"}""", "2025-12-06T21:11:02Z")]
    [InlineData("""{"EventTime":"2025-12-06T22:11:02+01:00"}""", "2025-12-06T21:11:02Z")]
    public void The_time_is_one_that_says_its_zone_where_there_is_one(string row, string time) =>
        Assert.Equal(DateTimeOffset.Parse(time, null), Event("Security", "any", 1, row.Trim('{', '}')).Time);

    private static DecodedEvent Event(string channel, string provider, int id, string row = "\"Opcode\":\"Info\"") => Decoded.One(
        $$"""{"EventID":{{id}},"SourceName":"{{provider}}","Channel":"{{channel}}","SourceModuleType":"im_msvistalog",{{row}}}""");
}
