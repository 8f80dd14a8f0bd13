using System.Text.Json;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Events as Fluent Bit ships them: data without names.</summary>
public sealed class FluentBitTests
{
    private const string Guid = "{0197231E-9BE6-6934-5301-000000000B00}";
    private const string Time = "2025-12-06 21:11:02.632";
    private const string Sysmon = "Microsoft-Windows-Sysmon";
    private const string Auditing = "Microsoft-Windows-Security-Auditing";
    private const string Subject = "S-1-5-18|H1$|CORP|0x3e7";
    private const string Created = $"-|{Time}|{Guid}|7|C:\\a.exe|1|a|A|Acme|a.exe|a -x|C:\\|CORP\\amy|{Guid}|0x3e7|1|High|MD5=0a|{Guid}|8|C:\\p.exe|p -y";
    private const string Logon = $"{Subject}|S-1-5-21-1|bob|LAB|0x1f|3|NtLmSsp|NTLM|WS1|{Guid}|-|NTLM V2|128|0x0|-|10.1.2.3|50001";

    [Theory]
    [InlineData("""{"ProviderName":"x","EventID":1,"Channel":"System","StringInserts":[]}""", "fluentbit")]
    [InlineData("""{"SourceName":"x","EventID":1,"Channel":"System","StringInserts":["a"]}""", "fluentbit")]
    [InlineData("""{"ProviderName":"x","EventID":1,"EventData":{}}""", "fluentbit")]
    [InlineData("""{"EventID":1,"Channel":"System","EventData":{}}""", "fluentbit")]
    [InlineData("""{"EventID":1,"EventData":{}}""", "flat")]
    [InlineData("""{"ProviderName":"x","EventID":1,"Channel":"System"}""", "flat")]
    [InlineData("""{"ProviderName":"x","EventID":1,"Channel":"System","StringInserts":"a"}""", "flat")]
    [InlineData("""{"ProviderName":"x","EventID":1,"StringInserts":[]}""", "flat")]
    [InlineData("""{"EventID":1,"Channel":"System","StringInserts":[]}""", "flat")]
    public void It_is_recognised_by_its_list_of_values(string body, string shape) => Assert.Equal(shape, Decoded.One(body).Shape);

    [Theory]
    [InlineData("{}", "Data", "[x]")]
    [InlineData("null", "Data", "[x]")]
    [InlineData("\"\"", "Data", "[x]")]
    [InlineData("{\"A\":\"y\"}", "A", "y")]
    [InlineData("{\"A\":\"y\"}", "Data", "absent")]
    public void An_empty_map_of_data_hides_no_list(string data, string field, string value) => Assert.Equal(
        value,
        Decoded.One($$"""{"ProviderName":"Contoso","EventID":1,"Channel":"System","EventData":{{data}},"StringInserts":["x"]}""").View(null, service: "system").Field(field));

    /// <summary>Provider, channel, event id, number of values, field, its place from 0; "Data" alone where the schema is not known.</summary>
    public static TheoryData<string, string, int, int, string, int> Schemas => new()
    {
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 1, 22, "Image", 4 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 1, 22, "ParentCommandLine", 21 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 1, 23, "CommandLine", 10 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 1, 23, "ParentUser", 22 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 1, 21, "Data", -1 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 3, 18, "DestinationHostname", 15 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 7, 16, "ImageLoaded", 5 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 10, 13, "GrantedAccess", 9 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 11, 8, "TargetFilename", 5 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 13, 9, "Details", 7 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 17, 8, "PipeName", 5 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 22, 9, "QueryName", 4 },
        { "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 29, 8, "TargetFilename", 6 },
        { "Microsoft-Windows-Security-Auditing", "Security", 4624, 27, "LogonType", 8 },
        { "Microsoft-Windows-Security-Auditing", "Security", 4624, 27, "ElevatedToken", 26 },
        { "Microsoft-Windows-Security-Auditing", "Security", 4624, 21, "ProcessName", 17 },
        { "Microsoft-Windows-Security-Auditing", "Security", 4625, 21, "SubStatus", 9 },
        { "Microsoft-Windows-Security-Auditing", "Security", 4662, 14, "Properties", 11 },
        { "Microsoft-Windows-Security-Auditing", "Security", 4702, 11, "TaskContentNew", 5 },
        { "Microsoft-Windows-Security-Auditing", "Security", 4738, 27, "LogonHours", 26 },
        { "Microsoft-Windows-Security-Auditing", "Security", 4769, 11, "TicketEncryptionType", 5 },
        { "Microsoft-Windows-Security-Auditing", "Security", 5136, 15, "AttributeValue", 13 },
        { "Microsoft-Windows-Security-Auditing", "Security", 5145, 13, "RelativeTargetName", 9 },
        { "Microsoft-Windows-Security-Auditing", "Security", 4898, 8, "TemplateContent", 6 },
        { "Microsoft-Windows-Security-Auditing", "Security", 5447, 18, "FilterName", 7 },
        { "Microsoft-Windows-Security-Auditing", "Security", 9999, 2, "Data", -1 },
        { "Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational", 4103, 3, "Payload", 2 },
        { "Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational", 4104, 5, "ScriptBlockText", 2 },
        { "PowerShell", "Windows PowerShell", 400, 3, "Data", -1 },
        { "Service Control Manager", "System", 7045, 5, "ImagePath", 1 },
        { "Contoso", "Application", 4104, 5, "Data", -1 },
    };

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Values_get_the_names_of_the_schema_or_are_data(string provider, string channel, int id, int count, string field, int place)
    {
        // A dash stands for nothing, whatever the field.
        string[] values = [.. Enumerable.Range(0, count).Select(index => index == place ? "7" : "-")];

        DecodedEvent decoded = Event(provider, channel, id, values);

        Assert.Equal(place < 0 ? $"[{string.Join(',', values)}]" : "7", decoded.Event.Views[0].Field(field));
        Assert.Equal(place < 0, decoded.Event.Views[0].Fields.ContainsKey("Data"));
    }

    /// <summary>Provider, event id, its version, values, a field and what it is; absent where no names are sure.</summary>
    public static TheoryData<string, int, int?, string, string, string> Versions => new()
    {
        { Sysmon, 1, 5, $"{Created}|CORP\\eve", "ParentUser", @"CORP\eve" },
        { Sysmon, 1, 5, Created, "ParentCommandLine", "p -y" },
        { Sysmon, 1, 5, $"{Created}|CORP\\eve".Replace("|Acme|", "|", StringComparison.Ordinal), "Image", "absent" },
        { Sysmon, 1, 5, $"{Created}|CORP\\eve".Replace("|p -y|", "|", StringComparison.Ordinal), "ParentCommandLine", "absent" },
        { Sysmon, 1, null, $"{Created}|CORP\\eve"[2..], "Image", "absent" },
        { Sysmon, 11, 2, $"-|{Time}|{Guid}|7|C:\\a.exe|C:\\t.txt|{Time}|CORP\\amy", "Image", @"C:\a.exe" },
        { Sysmon, 11, 2, $"-|{Time}|{Guid}|7|C:\\a.exe|C:\\t.txt|{Time}", "TargetFilename", @"C:\t.txt" },
        { Sysmon, 11, 2, $"{Time}|{Guid}|7|C:\\a.exe|C:\\t.txt|{Time}|CORP\\amy", "Image", "absent" },
        { Sysmon, 13, 2, $"-|SetValue|{Time}|{Guid}|7|C:\\a.exe|HKLM\\x|1|CORP\\amy", "Details", "1" },
        { Sysmon, 13, 2, $"-|SetValue|{Time}|{Guid}|7|C:\\a.exe|HKLM\\x|C:\\b.exe", "Details", @"C:\b.exe" },
        { Sysmon, 13, 2, $"-|SetValue|{Time}|{Guid}|7|C:\\a.exe|HKLM\\x|CORP\\amy", "Details", "absent" },
        { Sysmon, 13, 2, $"SetValue|{Time}|{Guid}|7|C:\\a.exe|HKLM\\x|1|CORP\\amy", "Image", "absent" },
        { Sysmon, 22, 5, $"-|{Time}|{Guid}|7|x.example|0|C:\\a.exe|NT AUTHORITY\\SYSTEM", "QueryName", "absent" },
        { Sysmon, 7, 3, $"-|{Time}|{Guid}|7|a.exe|b.dll|1|b|B|Acme|b.dll|0a0b|true|Acme|Valid|CORP\\amy", "ImageLoaded", "absent" },
        { Sysmon, 7, 3, $"-|{Time}|{Guid}|7|a.exe|b.dll|1|b|B|Acme|b.dll|MD5=0a|maybe|Acme|Valid|CORP\\amy", "ImageLoaded", "absent" },
        { Auditing, 4624, 0, Logon, "IpAddress", "10.1.2.3" },
        { Auditing, 4624, null, Logon, "IpAddress", "10.1.2.3" },
        { Auditing, 4624, 1, $"{Logon}|%%1833", "IpAddress", "10.1.2.3" },
        { Auditing, 4624, 1, Logon, "IpAddress", "absent" },
        { Auditing, 4624, 2, $"{Logon}|%%1833", "IpAddress", "absent" },
        { Auditing, 4624, null, $"{Logon}|%%1833".Replace("|WS1|", "|", StringComparison.Ordinal), "ProcessName", "absent" },
        { Auditing, 4624, 0, Logon.Replace("S-1-5-18", "18", StringComparison.Ordinal), "IpAddress", "absent" },
        { Auditing, 4624, 0, Logon.Replace("|128|", "|NTLM|", StringComparison.Ordinal), "IpAddress", "absent" },
        { Auditing, 4688, 1, $"{Subject}|0x1f4|C:\\a.exe|%%1936|0x4|a -x", "CommandLine", "a -x" },
        { Auditing, 4688, 2, $"{Subject}|0x1f4|C:\\a.exe|%%1936|0x4|a -x", "CommandLine", "absent" },
        { "Service Control Manager", 7045, 0, @"s|i|t|d|CORP\svc", "AccountName", @"CORP\svc" },
    };

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_value_that_was_lost_gives_no_other_a_wrong_name(string provider, int id, int? version, string values, string field, string value)
    {
        EventView view = Decoded.One(JsonSerializer.Serialize(new
        {
            ProviderName = provider,
            EventID = id,
            Version = version,
            Channel = provider == Auditing ? "Security" : "System",
            StringInserts = values.Split('|'),
        })).Event.Views[^1];

        Assert.Equal(value, view.Field(field));
        Assert.Equal(value == "absent" ? $"[{values.Replace('|', ',')}]" : "absent", view.Field("Data"));
    }

    [Theory]
    [InlineData("""{"System":"  {xml}","Message":"m"}""", "a.exe")]
    [InlineData("""{"System":"{xml}","Message":"<Event>","StringInserts":["b.exe"]}""", "a.exe")]
    [InlineData("""{"date":1,"ProviderName":"p","EventID":1,"Version":5,"Channel":"System","Computer":"h1","EventData":{"Image":"a.exe","Channel":"x"}}""", "a.exe")]
    [InlineData("""{"ProviderName":"p","EventID":1,"Channel":"System","EventData":{"The Image":"x","Image":"a.exe"},"StringInserts":["x","a.exe"]}""", "a.exe")]
    [InlineData("""{"Provider_Name":"p","EventID":"1","Channel":"System","EventData":"{\"Image\":\"a.exe\"}"}""", "a.exe")]
    public void The_data_may_have_their_names(string row, string image)
    {
        DecodedEvent decoded = Decoded.One(row.Replace("{xml}", XmlTests.Event(
            "<Provider Name='p'/><EventID>1</EventID><Channel>System</Channel>", "<EventData><Data Name='Image'>a.exe</Data></EventData>").Replace("\"", "'", StringComparison.Ordinal), StringComparison.Ordinal));
        EventView view = decoded.View(null, service: "system");

        Assert.Equal(("fluentbit", image, "1", "p"), (decoded.Shape, view.Field("Image"), view.Field("EventID"), view.Field("Provider_Name")));
        Assert.Equal("System", view.Field("Channel"));
    }

    [Theory]
    [InlineData("""{"System":"<Event><System>","Message":"m"}""", "System is no event XML that can be read")]
    [InlineData("""{"System":"<Event><EventData/></Event>","Message":"m"}""", "System is no event XML that can be read")]
    [InlineData("""{"ProviderName":"p","EventID":1,"Channel":"System","EventData":"{broken"}""", "EventData is not the JSON text of an object")]
    [InlineData("""{"ProviderName":"p","EventID":1,"Channel":"System","EventData":{"Data":[{"key":"Image","val":"a"}]}}""", "EventData is in a form that is not known")]
    public void Data_that_cannot_be_read_are_told(string row, string reason) =>
        Assert.Equal(reason, Assert.Single(Decoded.Body(row).Undecoded).Reason);

    [Fact]
    public void The_XML_of_a_row_is_read_without_that_of_the_row_before()
    {
        DecodedBody decoded = Decoded.Body(string.Join('\n', new[] { "a comment that ends late", "" }.Select(comment =>
            $$"""{"System":"<Event><System><Channel>System</Channel></System><EventData><Data Name='A'>x<!--{{comment}}-->y</Data></EventData></Event>"}""")));

        Assert.Equal(["xy", "xy"], decoded.Events.Select(e => e.View(null, service: "system").Field("A")));
    }

    [Fact]
    public void A_number_among_the_values_stays_as_it_was_written() => Assert.Equal(
        "255",
        Decoded.One("""{"ProviderName":"Microsoft-Windows-Security-Auditing","EventID":4776,"Channel":"Security","StringInserts":["p","u","w",255]}""")
            .View(null, service: "security").Field("Status"));

    [Fact]
    public void A_named_4688_is_a_process_creation()
    {
        DecodedEvent decoded = Event(
            "Microsoft-Windows-Security-Auditing", "Security", 4688,
            "S-1-5-18", "H1$", "CORP", "0x3e7", "0x1f4", @"C:\a.exe", "%%1936", "0x4", "a -x", "S-1-0-0", "-", "-", "0x0", @"C:\p.exe", "S-1-16-16384");
        EventView view = decoded.View("process_creation");

        Assert.Equal(
            (@"C:\a.exe", "a -x", @"C:\p.exe", "500", "System"),
            (view.Field("Image"), view.Field("CommandLine"), view.Field("ParentImage"), view.Field("ProcessId"), view.Field("IntegrityLevel")));
    }

    [Theory]
    [InlineData("CreateKey", "registry_add")]
    [InlineData("DeleteValue", "registry_delete")]
    public void The_event_type_is_the_events_own(string eventType, string category) => Assert.Equal(
        category,
        Event("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 12, "-", eventType, "2025-12-06 21:11:02.632", "-", "1", "i", "HKLM").Event.Views.Single().LogSources[0].Category);

    [Fact]
    public void The_envelope_is_the_events_System()
    {
        DecodedEvent decoded = Event("Service Control Manager", "System", 7036, "a", "b");
        EventView view = decoded.View(null, service: "system");

        Assert.Equal(
            ("Service Control Manager", "h1", "4", "S-1-5-18", "a"),
            (view.Field("Provider_Name"), view.Field("Computer"), view.Field("Execution_ProcessID"), view.Field("Security_UserID"), view.Field("param1")));
        Assert.Equal((DateTimeOffset.Parse("2025-12-06T21:11:02Z", null), "h1"), (decoded.Time, decoded.Host));
        Assert.Equal(["Service Control Manager", "7036", "System", "h1", "[a,b]"], decoded.Event.OwnValues.Select(Decoded.Show));
    }

    /// <summary>Real events with their names taken away get them back.</summary>
    [Fact]
    public void Schemas_are_those_of_real_events()
    {
        int named = 0;
        foreach (string file in Directory.GetFiles(Corpus.Require("regression/evtx_json"), "*.ndjson"))
        {
            foreach (byte[] line in Corpus.Lines(file))
            {
                using var document = JsonDocument.Parse(line);
                JsonElement @event = document.RootElement.GetProperty("Event");
                JsonElement system = @event.GetProperty("System");
                string provider = system.GetProperty("Provider").GetProperty("#attributes").GetProperty("Name").GetString()!;
                if (!@event.TryGetProperty("EventData", out JsonElement data)
                    || data.ValueKind != JsonValueKind.Object
                    || provider == "Microsoft-Windows-TaskScheduler")
                {
                    continue;
                }

                JsonProperty[] properties = [.. data.EnumerateObject().Where(property => property.Name != "#attributes")];
                DecodedEvent decoded = Decoded.One(JsonSerializer.Serialize(new
                {
                    ProviderName = provider,
                    EventID = system.GetProperty("EventID"),
                    Channel = system.GetProperty("Channel"),
                    StringInserts = properties.Select(property => property.Value),
                }));

                Assert.All(properties, property => Assert.Equal(property.Value.ToString(), decoded.Event.Views[0].Field(property.Name)));
                named++;
            }
        }

        Assert.InRange(named, 100, int.MaxValue);
    }

    private static DecodedEvent Event(string provider, string channel, int id, params string[] values) => Decoded.One(
        $$"""
        {"ProviderName":"{{provider}}","EventID":{{id}},"Level":4,"TimeCreated":"2025-12-06 22:11:02 +0100","ProcessID":4,"ThreadID":8,
        "Channel":"{{channel}}","Computer":"h1","UserID":"S-1-5-18","Message":"rendered","StringInserts":{{JsonSerializer.Serialize(values)}}}
        """);
}
